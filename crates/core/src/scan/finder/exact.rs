//! What may begin at a place, told byte by byte: asked where the shuffles of `teddy`, which mix
//! much, said yes, and before anything is walked.
//!
//! It may lie upwards, never downwards: beginnings that share a bit are mixed.

use super::beginning::{BYTES, Beginning};
use super::mixed::mixed;
use serde::{Deserialize, Serialize};

/// Beginnings that are told apart.
const MOST: usize = 64;

/// By place and byte, a bit for each bucket: whether it takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Kept", from = "Kept")]
pub(super) struct Exact {
    takes: Box<[[u64; 256]; BYTES]>,
    /// Those of beginnings before which a letter, digit or underscore may stand.
    anywhere: u64,
    /// Buckets in use.
    used: u32,
}

/// As it is written down.
#[derive(Serialize, Deserialize)]
struct Kept {
    takes: Vec<u64>,
    anywhere: u64,
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

impl Exact {
    /// Adds beginnings, of each of which it is said whether it needs a fresh start.
    pub(super) fn add(&mut self, all: &[(Beginning, bool)]) {
        for (takes, fresh) in mixed(all, self.used as usize, MOST) {
            let bit = 1 << self.used;
            self.used += 1;
            self.anywhere |= if fresh { 0 } else { bit };
            for (set, table) in takes.0.iter().zip(self.takes.iter_mut()) {
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
}

#[cfg(test)]
mod tests {
    use super::super::super::bytes::ByteSet;
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
