//! Beginnings put into buckets, so that all of them are looked for at once.
//!
//! What a bucket takes at a place is told by a shuffle or two for eight buckets at a time: a set of
//! kinds, or a set of high halves of bytes and one of low halves. Numbers are told by their kinds,
//! words by halves. Where several beginnings share a bucket, it takes what is mixed of them as
//! well. It may lie upwards, never downwards.

use super::super::bytes::ByteSet;
use super::background::Background;
use super::beginning::{BYTES, Beginning, tidy};
use super::kinds::Kinds;

/// Sets of eight buckets there are at most.
const MOST: usize = 3;
/// What one costs more, in nanoseconds for each byte of a text.
const SET: f32 = 0.06;
/// What a place costs that begins like something.
const CANDIDATE: f32 = 40.0;
/// What is no more often than this is told by kinds.
const BY_KIND: f32 = 0.06;

/// Eight buckets, a bit each, of which it is known by place and kind which take it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ByKind {
    pub(super) takes: [[u8; 16]; BYTES],
    /// Those of beginnings before which no letter, digit or underscore stands.
    pub(super) fresh: u8,
}

/// Eight buckets, a bit each, of which it is known by place and half of a byte which take it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ByHalf {
    pub(super) low: [[u8; 16]; BYTES],
    pub(super) high: [[u8; 16]; BYTES],
    /// As with kinds.
    pub(super) fresh: u8,
}

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    pub(super) by_kind: Vec<ByKind>,
    pub(super) by_half: Vec<ByHalf>,
}

#[derive(Clone, Copy)]
struct Bucket {
    takes: Beginning,
    fresh: bool,
    frequency: f32,
}

impl Buckets {
    /// Buckets for beginnings, of each of which it is said whether it needs a fresh start.
    pub(super) fn new(background: &mut Background, all: &[(Beginning, bool)]) -> Buckets {
        let mut beginnings = all.to_vec();
        beginnings.sort_unstable();
        beginnings.dedup();
        let (mut by_kind, mut by_half) = (Vec::new(), Vec::new());
        for (beginning, fresh) in beginnings {
            match told_by_kind(background, &beginning, fresh) {
                Some(rounded) => by_kind.push((rounded, fresh)),
                None => by_half.push((rounded_by_half(&beginning), fresh)),
            }
        }
        Buckets {
            by_kind: filled(background, &by_kind, kinds).chunks(8).map(of_kinds).collect(),
            by_half: filled(background, &by_half, rounded_by_half)
                .chunks(8)
                .map(of_halves)
                .collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_kind.is_empty() && self.by_half.is_empty()
    }
}

/// What a beginning is told by where its kinds alone are rare.
pub(super) fn told_by_kind(
    background: &mut Background,
    beginning: &Beginning,
    fresh: bool,
) -> Option<Beginning> {
    let rounded = kinds(beginning);
    (rounded.frequency(background, fresh) <= BY_KIND).then_some(rounded)
}

/// As many buckets as pay, filled.
fn filled(
    background: &mut Background,
    all: &[(Beginning, bool)],
    rounded: fn(&Beginning) -> Beginning,
) -> Vec<Bucket> {
    let mut sorted: Vec<Bucket> = Vec::new();
    for fresh in [true, false] {
        let some = all.iter().filter(|(_, f)| *f == fresh);
        let mut some: Vec<Beginning> = some.map(|(beginning, _)| *beginning).collect();
        tidy(&mut some);
        sorted.extend(some.into_iter().map(|takes| {
            let takes = rounded(&takes);
            Bucket { takes, fresh, frequency: takes.frequency(background, fresh) }
        }));
    }
    sorted.sort_by(|a, b| b.frequency.total_cmp(&a.frequency));
    let mut best: Option<(f32, Vec<Bucket>)> = None;
    // So many beginnings need all the buckets there may be: nothing else has to be tried.
    let least = if sorted.len() > 16 * MOST { MOST } else { 1 };
    for sets in least..=MOST.min(sorted.len().div_ceil(8)) {
        let buckets = shared(background, &sorted, 8 * sets, rounded);
        let often = buckets.iter().map(|bucket| bucket.frequency).sum::<f32>();
        let cost = often * CANDIDATE + sets as f32 * SET;
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, buckets));
        }
    }
    best.map(|(_, buckets)| buckets).unwrap_or_default()
}

/// Each beginning goes where it does the least harm, the commonest first.
fn shared(
    background: &mut Background,
    sorted: &[Bucket],
    most: usize,
    rounded: fn(&Beginning) -> Beginning,
) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    for one in sorted {
        let own = if buckets.len() < most { one.frequency } else { f32::MAX };
        let mut best = (own, None);
        for (i, bucket) in buckets.iter().enumerate() {
            let takes = rounded(&bucket.takes.union(&one.takes));
            let fresh = bucket.fresh && one.fresh;
            let frequency = takes.frequency(background, fresh);
            let more = frequency - bucket.frequency;
            if more < best.0 {
                best = (more, Some((i, Bucket { takes, fresh, frequency })));
            }
        }
        match best.1 {
            Some((i, bucket)) => buckets[i] = bucket,
            None => buckets.push(*one),
        }
    }
    buckets
}

/// What has the same kinds at each place.
fn kinds(beginning: &Beginning) -> Beginning {
    Beginning(beginning.0.map(|set| Kinds::of(&set).set()))
}

/// What has the same halves at each place.
pub(super) fn rounded_by_half(beginning: &Beginning) -> Beginning {
    Beginning(beginning.0.map(|set| {
        let (low, high) = halves_of(&set);
        ByteSet::of_rows(std::array::from_fn(|i| if high >> i & 1 != 0 { low } else { 0 }))
    }))
}

/// The low halves of the bytes of a set, and the high ones.
fn halves_of(set: &ByteSet) -> (u16, u16) {
    let rows = set.rows().into_iter().enumerate();
    rows.fold((0, 0), |(low, high), (i, row)| (low | row, high | u16::from(row != 0) << i))
}

fn of_kinds(buckets: &[Bucket]) -> ByKind {
    let mut eight = ByKind { fresh: fresh(buckets), ..ByKind::default() };
    each_place(buckets, |bit, place, set| {
        let kinds = Kinds::of(set);
        fill(&mut eight.takes[place], kinds.0, bit);
    });
    eight
}

fn of_halves(buckets: &[Bucket]) -> ByHalf {
    let mut eight = ByHalf { fresh: fresh(buckets), ..ByHalf::default() };
    each_place(buckets, |bit, place, set| {
        let (low, high) = halves_of(set);
        fill(&mut eight.low[place], low, bit);
        fill(&mut eight.high[place], high, bit);
    });
    eight
}

fn fresh(buckets: &[Bucket]) -> u8 {
    buckets.iter().rev().fold(0, |all, bucket| all << 1 | u8::from(bucket.fresh))
}

fn each_place(buckets: &[Bucket], mut each: impl FnMut(u8, usize, &ByteSet)) {
    for (number, bucket) in buckets.iter().enumerate() {
        let sets = bucket.takes.0.iter().enumerate();
        sets.for_each(|(place, set)| each(1 << number, place, set));
    }
}

fn fill(table: &mut [u8; 16], some: u16, bit: u8) {
    let taken = (0..16).filter(|i| some >> i & 1 != 0);
    taken.for_each(|i| table[i] |= bit);
}

#[cfg(test)]
mod tests {
    use super::super::machine::Machine;
    use super::super::teddy::{Begins, each_word};
    use super::*;

    #[test]
    fn every_beginning_is_taken_by_a_bucket() {
        let digits = ByteSet::range(b'0', b'9');
        let capitals = ByteSet::range(b'A', b'Z');
        let one = |b: u8| ByteSet::range(b, b);
        let mut all = vec![
            (Beginning([digits, digits, digits, one(b'-')]), true),
            (Beginning([capitals, capitals, digits, digits]), true),
            (Beginning([one(b'+'), digits, digits, digits]), false),
        ];
        for word in [b"pass", b"auth", b"http", b"wifi", b"imap", b"smtp", b"bank", b"code"] {
            all.push((Beginning(word.map(one)), false));
            all.push((Beginning(word.map(|b| one(b.to_ascii_uppercase()))), true));
        }
        let buckets = Buckets::new(&mut Background::default(), &all);
        assert!(!buckets.by_kind.is_empty() && !buckets.by_half.is_empty());
        for (beginning, fresh) in all {
            let bytes = beginning.0.map(|set| set.bytes().next().unwrap());
            let mut begins = Begins::default();
            each_word(Machine::Portable, &buckets, &bytes, 1, |_, found| begins = found);
            let taken = begins.anywhere | if fresh { begins.fresh } else { 0 };
            assert!(taken & 1 != 0, "{bytes:?}");
        }
    }
}
