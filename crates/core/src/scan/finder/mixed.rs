//! Many beginnings mixed into few, so that there is a bit for each of them.

use super::super::bytes::ByteSet;
use super::beginning::Beginning;

/// By so many of their first bytes it is judged which are alike.
const TELLING: usize = 4;

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

/// One part in so many of the room is left for beginnings that are added later.
const LATER: usize = 8;

/// What takes all that these beginnings take, of each of which it is said whether it needs a fresh
/// start, and as little else as can be, in beginnings of the same kind: as many as there is room for
/// beside those that are there already.
pub(super) fn mixed(
    all: &[(Beginning, bool)],
    there: usize,
    most: usize,
) -> Vec<(Beginning, bool)> {
    let room = most - there - if there == 0 { most / LATER } else { 0 };
    let mut all = all.to_vec();
    all.sort_unstable();
    all.dedup();
    let weights = Weights::new();
    let mut buckets: Vec<Bucket> = Vec::new();
    for (takes, fresh) in all {
        let of_places = std::array::from_fn(|i| weights.of(&takes.0[i]));
        let one = Bucket { takes, fresh, weights: of_places, weight: weight(&of_places, fresh) };
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
    buckets.into_iter().map(|bucket| (bucket.takes, bucket.fresh)).collect()
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
