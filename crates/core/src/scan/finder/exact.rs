//! What may begin at a place, told byte by byte: asked where the shuffles of `teddy`, which mix
//! much, said yes, and before anything is walked.
//!
//! It may lie upwards, never downwards: beginnings that share a bit are mixed.

use super::super::bytes::ByteSet;
use super::beginning::{BYTES, Beginning};
use serde::{Deserialize, Serialize};

/// A bit for each bucket.
pub(super) type Bits = u128;
/// Beginnings that are told apart,
const MOST: usize = Bits::BITS as usize;
/// of which so many are left for those that are added later.
const LATER: usize = 16;
/// By so many of their first bytes it is judged which are alike.
const TELLING: usize = 4;

/// By place and byte, a bit for each bucket: whether it takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Kept", from = "Kept")]
pub(super) struct Exact {
    takes: Box<[[Bits; 256]; BYTES]>,
    /// Those of beginnings before which a letter, digit or underscore may stand.
    anywhere: Bits,
    /// Buckets in use.
    used: u32,
}

/// As it is written down.
#[derive(Serialize, Deserialize)]
struct Kept {
    takes: Vec<Bits>,
    anywhere: Bits,
    used: u32,
}

impl From<Exact> for Kept {
    fn from(exact: Exact) -> Kept {
        let Exact { takes, anywhere, used } = exact;
        Kept { takes: takes.concat(), anywhere, used }
    }
}

impl From<Kept> for Exact {
    fn from(kept: Kept) -> Exact {
        let Kept { takes, anywhere, used } = kept;
        let mut exact = Exact { anywhere, used, ..Exact::default() };
        let tables = takes.as_chunks().0.iter();
        exact.takes.iter_mut().zip(tables).for_each(|(to, from)| *to = *from);
        exact
    }
}

impl Default for Exact {
    fn default() -> Exact {
        Exact { takes: Box::new([[0; 256]; BYTES]), anywhere: 0, used: 0 }
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    takes: Beginning,
    fresh: bool,
    weights: [f32; TELLING],
    weight: f32,
}

/// How often something is to be expected, given how often each of its first bytes is.
fn weight(of_places: &[f32; TELLING], fresh: bool) -> f32 {
    of_places.iter().product::<f32>() * if fresh { 0.2 } else { 1.0 }
}

impl Exact {
    /// Adds beginnings, of each of which it is said whether it needs a fresh start.
    pub(super) fn add(&mut self, all: &[(Beginning, bool)]) {
        let room = MOST - self.used as usize - if self.used == 0 { LATER } else { 0 };
        let mut all = all.to_vec();
        all.sort_unstable();
        all.dedup();
        let weights = Weights::new();
        let mut buckets: Vec<Bucket> = Vec::new();
        for (takes, fresh) in all {
            let of_places = std::array::from_fn(|i| weights.of(&takes.0[i]));
            let one =
                Bucket { takes, fresh, weights: of_places, weight: weight(&of_places, fresh) };
            let own = if buckets.len() < room { one.weight } else { f32::MAX };
            let mut best = (own, None);
            for (i, bucket) in buckets.iter().enumerate() {
                let (weights, weight) = weights.mixed(bucket, &one);
                let more = weight - bucket.weight;
                if more < best.0 {
                    best = (more, Some((i, weights, weight)));
                }
            }
            match best.1 {
                Some((i, weights, weight)) => {
                    let bucket = &mut buckets[i];
                    let (takes, fresh) = (bucket.takes.union(&one.takes), bucket.fresh && fresh);
                    *bucket = Bucket { takes, fresh, weights, weight };
                }
                None => buckets.push(one),
            }
        }
        for bucket in &buckets {
            let bit = 1 << self.used;
            self.used += 1;
            self.anywhere |= if bucket.fresh { 0 } else { bit };
            for (set, table) in bucket.takes.0.iter().zip(self.takes.iter_mut()) {
                set.bytes().for_each(|byte| table[usize::from(byte)] |= bit);
            }
        }
    }

    /// Whether something may begin with these eight bytes, the first lowest; zeros stand for what is
    /// behind the end of a text.
    #[inline(always)]
    pub(super) fn may(&self, eight: u64, fresh: bool) -> bool {
        let bytes = eight.to_le_bytes();
        let take = |i: usize| self.takes[i][usize::from(bytes[i])];
        let left = take(0) & take(1) & take(2) & if fresh { !0 } else { self.anywhere };
        let left = if left == 0 { return false } else { left & take(3) & take(4) };
        left != 0 && left & take(5) & take(6) & take(7) != 0
    }

    /// By place, a bit for each bucket that takes a byte there.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn taking(&self, byte: u8) -> [Bits; BYTES] {
        std::array::from_fn(|i| self.takes[i][usize::from(byte)])
    }

    /// A bit for each bucket before which a letter, digit or underscore may stand.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn anywhere(&self) -> Bits {
        self.anywhere
    }

    /// Buckets in use.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn used(&self) -> usize {
        self.used as usize
    }
}

/// How often a byte is to be expected, roughly.
pub(super) fn expected(byte: u8) -> f32 {
    match byte {
        b'0'..=b'9' => 0.04,
        b'a'..=b'z' => 0.025,
        b'A'..=b'Z' => 0.004,
        b' ' => 0.15,
        b'\n' | b'.' | b',' | b'-' | b':' | b'/' => 0.02,
        _ => 0.002,
    }
}

/// The same of sets: by eight bytes, which of them are in a set.
struct Weights(Box<[[f32; 256]; 16]>);

impl Weights {
    fn new() -> Self {
        let mut all = Box::new([[0.0; 256]; 16]);
        for (eight, table) in all.iter_mut().enumerate() {
            for some in 1..256usize {
                let last = some.trailing_zeros() as usize;
                table[some] = table[some & (some - 1)] + expected((8 * eight + last) as u8);
            }
        }
        Weights(all)
    }

    fn of(&self, set: &ByteSet) -> f32 {
        let rows = set.rows().into_iter().take(8).enumerate();
        rows.map(|(i, row)| {
            let [low, high] = row.to_le_bytes();
            self.0[2 * i][usize::from(low)] + self.0[2 * i + 1][usize::from(high)]
        })
        .sum()
    }

    /// What two have when they are mixed.
    fn mixed(&self, a: &Bucket, b: &Bucket) -> ([f32; TELLING], f32) {
        let of_places = std::array::from_fn(|i| {
            let (of_a, of_b) = (&a.takes.0[i], &b.takes.0[i]);
            let both = of_a.union(of_b);
            if both == *of_a {
                a.weights[i]
            } else if both == *of_b {
                b.weights[i]
            } else {
                self.of(&both)
            }
        });
        (of_places, weight(&of_places, a.fresh && b.fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_taken_and_little_else() {
        let one = |b: u8| ByteSet::range(b, b);
        let digits = ByteSet::range(b'0', b'9');
        let mut all = vec![(Beginning([digits; BYTES]), true)];
        let letter = |i: u8| b'a' + i % 26;
        for i in 0..200u8 {
            let word = [i, i / 3, i / 7, 5, i, 7, i, 9].map(|i| one(letter(i)));
            all.push((Beginning(word), i % 2 == 0));
        }
        let mut exact = Exact::default();
        let (before, later) = all.split_at(120);
        exact.add(before);
        exact.add(later);
        for (beginning, fresh) in &all {
            let eight = u64::from_le_bytes(beginning.0.map(|set| set.bytes().next().unwrap()));
            assert!(exact.may(eight, true));
            assert!(*fresh || exact.may(eight, false));
        }
        let digits = u64::from_le_bytes(*b"12345678");
        assert!(exact.may(digits, true) && !exact.may(digits, false));
        let mut taken = 0;
        for i in 0..10_000u32 {
            let bytes = std::array::from_fn(|place| letter((i >> (2 * place)) as u8));
            taken += u32::from(exact.may(u64::from_le_bytes(bytes), true));
        }
        assert!(taken < 200, "{taken}");
    }
}
