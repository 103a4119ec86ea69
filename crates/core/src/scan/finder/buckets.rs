//! Beginnings put into buckets, so that all of them are looked for at once.
//!
//! What a bucket takes at a place is told by a shuffle or two for eight buckets at a time: a set of
//! kinds, or a set of high halves of bytes and one of low halves. Numbers of many figures are told by
//! kinds, all else by halves. Where several beginnings share a bucket, it takes what is mixed of them as
//! well. It may lie upwards, never downwards.

use super::super::bytes::ByteSet;
use super::background::Background;
use super::beginning::{BYTES, Beginning, tidy};
use super::kinds::Kinds;
use super::teddy::Where;
use serde::{Deserialize, Serialize};

/// Of words so many bytes are looked at.
pub(super) const HALVES: usize = 4;
/// Sets of eight buckets there are at most.
const MOST: usize = 3;
/// So few that it is tried whether they can do with kinds alone.
const FEW: usize = 256;
/// What one costs more, in nanoseconds for each byte of a text.
const SET: f32 = 0.1;
/// What a place costs that begins like something.
const CANDIDATE: f32 = 2.0;
/// What is taken by kinds so much more rarely than by halves is told by kinds: numbers of many
/// figures.
const RARER: f32 = 0.4;
/// What telling these by kinds is worth: there are more of them in a log than in the background.
const WORTH: f32 = 0.9;
/// What is taken so much more often than it should be is taken apart.
const APART: f32 = 0.004;

/// Eight buckets, a bit each, of which it is known by place and kind which take it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct ByKind {
    pub(super) takes: [[u8; 16]; BYTES],
    /// So many places are told; all others may be anything.
    pub(super) reach: usize,
    pub(super) place: Where,
}

/// Eight buckets, a bit each, of which it is known by place and half of a byte which take it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct ByHalf {
    pub(super) low: [[u8; 16]; HALVES],
    pub(super) high: [[u8; 16]; HALVES],
    pub(super) place: Where,
}

/// All buckets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Buckets {
    pub(super) by_kind: Vec<ByKind>,
    pub(super) by_half: Vec<ByHalf>,
}

#[derive(Clone, Copy)]
struct Bucket {
    takes: Beginning,
    frequency: f32,
}

impl Buckets {
    /// Adds buckets for beginnings that count somewhere.
    pub(super) fn add(
        &mut self,
        background: &mut Background,
        mut some: Vec<Beginning>,
        place: Where,
    ) {
        some.sort_unstable();
        some.dedup();
        // A few may do with kinds alone.
        let ways = match some.len() <= FEW {
            true => [(f32::MAX, 1.0), (RARER, WORTH)],
            false => [(RARER, WORTH), (0.0, 1.0)],
        };
        let filled = ways.map(|(rarer, worth)| {
            let (cost, buckets) = Buckets::parted(background, &some, place, rarer);
            (cost * worth, buckets)
        });
        if let Some((_, best)) = filled.into_iter().min_by(|(a, _), (b, _)| a.total_cmp(b)) {
            self.by_kind.extend(best.by_kind);
            self.by_half.extend(best.by_half);
        }
    }

    /// Those that are taken by kinds so much more rarely are told by kinds, the others by halves;
    /// and what that costs.
    fn parted(
        background: &mut Background,
        all: &[Beginning],
        place: Where,
        rarer: f32,
    ) -> (f32, Buckets) {
        let fresh = place != Where::Anywhere;
        let (mut by_kind, mut by_half, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for beginning in all {
            let (of_kinds, of_halves) = (kinds(beginning), rounded_by_half(beginning));
            let (by_kinds, by_halves) =
                (of_kinds.frequency(background, fresh), of_halves.frequency(background, fresh));
            let known = beginning.cut(HALVES).frequency(background, fresh);
            if by_kinds <= rarer * by_halves {
                by_kind.push(of_kinds);
            } else if by_halves > APART + known {
                parts.extend(apart(background, beginning, fresh));
            } else {
                by_half.push(of_halves);
            }
        }
        for all in [&mut by_kind, &mut by_half] {
            // Many are mixed anyway.
            match all.len() <= FEW {
                true => tidy(all),
                false => all.dedup(),
            }
        }
        by_half.append(&mut parts);
        let (a, by_kind) = filled(background, by_kind, fresh, kinds);
        let (b, by_half) = filled(background, by_half, fresh, rounded_by_half);
        let by_kind = by_kind.chunks(8).map(|eight| of_kinds(eight, place)).collect();
        let by_half = by_half.chunks(8).map(|eight| of_halves(eight, place)).collect();
        (a + b, Buckets { by_kind, by_half })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_kind.is_empty() && self.by_half.is_empty()
    }
}

/// What it costs, and as many buckets as pay, filled.
fn filled(
    background: &mut Background,
    all: Vec<Beginning>,
    fresh: bool,
    rounded: fn(&Beginning) -> Beginning,
) -> (f32, Vec<Bucket>) {
    let mut bucket = |takes: Beginning| {
        let takes = rounded(&takes);
        Bucket { takes, frequency: takes.frequency(background, fresh) }
    };
    let mut sorted: Vec<Bucket> = all.into_iter().map(&mut bucket).collect();
    sorted.sort_by(|a, b| b.frequency.total_cmp(&a.frequency));
    let mut best: Option<(f32, Vec<Bucket>)> = None;
    // So many beginnings need all the buckets there may be: nothing else has to be tried.
    let least = if sorted.len() > 16 * MOST { MOST } else { 1 };
    for sets in least..=MOST.min(sorted.len().div_ceil(8)) {
        let buckets = shared(&sorted, 8 * sets, &mut bucket);
        let often = buckets.iter().map(|bucket| bucket.frequency).sum::<f32>();
        let cost = often * CANDIDATE + sets as f32 * SET;
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, buckets));
        }
    }
    best.unwrap_or_default()
}

/// Each beginning goes where it does the least harm, the commonest first.
fn shared(
    sorted: &[Bucket],
    most: usize,
    mut bucket: impl FnMut(Beginning) -> Bucket,
) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    for one in sorted {
        let own = if buckets.len() < most { one.frequency } else { f32::MAX };
        let mut best = (own, None);
        for (i, other) in buckets.iter().enumerate() {
            let both = bucket(other.takes.union(&one.takes));
            let more = both.frequency - other.frequency;
            if more < best.0 {
                best = (more, Some((i, both)));
            }
        }
        match best.1 {
            Some((i, both)) => buckets[i] = both,
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
fn rounded_by_half(beginning: &Beginning) -> Beginning {
    let mut rounded = beginning.cut(HALVES);
    for set in &mut rounded.0[..HALVES] {
        let (low, high) = halves_of(set);
        *set = ByteSet::of_rows(std::array::from_fn(|i| if high >> i & 1 != 0 { low } else { 0 }));
    }
    rounded
}

/// The same beginning, taken apart where halves mix the bytes of a place the worst.
fn apart(background: &mut Background, beginning: &Beginning, fresh: bool) -> Vec<Beginning> {
    let mut best = (f32::MAX, Vec::new());
    for place in 0..HALVES {
        let with = |set| {
            let mut one = *beginning;
            one.0[place] = set;
            rounded_by_half(&one)
        };
        let all: Vec<Beginning> = told_by_halves(&beginning.0[place]).map(with).collect();
        let often = all.iter().map(|one| one.frequency(background, fresh)).sum::<f32>();
        if often < best.0 {
            best = (often, all);
        }
    }
    best.1
}

/// The parts of a set of which the halves of bytes tell all.
fn told_by_halves(set: &ByteSet) -> impl Iterator<Item = ByteSet> {
    let rows = set.rows();
    let mut kinds: Vec<u16> = rows.into_iter().filter(|row| *row != 0).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let with = move |kind| rows.map(|row| if row == kind { row } else { 0 });
    kinds.into_iter().map(move |kind| ByteSet::of_rows(with(kind)))
}

/// The low halves of the bytes of a set, and the high ones.
fn halves_of(set: &ByteSet) -> (u16, u16) {
    let rows = set.rows().into_iter().enumerate();
    rows.fold((0, 0), |(low, high), (i, row)| (low | row, high | u16::from(row != 0) << i))
}

fn of_kinds(buckets: &[Bucket], place: Where) -> ByKind {
    let mut takes = [[0; 16]; BYTES];
    each_place(buckets, |bit, place, set| {
        let kinds = Kinds::of(set);
        fill(&mut takes[place], kinds.0, bit);
    });
    let known = |i: &usize| takes[*i] != [bits(buckets); 16];
    let reach = (0..BYTES).rev().find(known).map_or(0, |last| last + 1);
    ByKind { takes, reach, place }
}

fn of_halves(buckets: &[Bucket], place: Where) -> ByHalf {
    let (mut lows, mut highs) = ([[0; 16]; HALVES], [[0; 16]; HALVES]);
    each_place(buckets, |bit, place, set| {
        if place < HALVES {
            let (low, high) = halves_of(set);
            fill(&mut lows[place], low, bit);
            fill(&mut highs[place], high, bit);
        }
    });
    ByHalf { low: lows, high: highs, place }
}

/// A bit for each bucket.
fn bits(buckets: &[Bucket]) -> u8 {
    0xFF >> (8 - buckets.len())
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
    use super::super::teddy::Begins;
    use super::super::told::Told;
    use super::*;

    #[test]
    fn what_halves_mix_is_taken_apart() {
        let first = ByteSet::of(|b| b"\n\t:\"(|\x80".contains(&b));
        let parts: Vec<ByteSet> = told_by_halves(&first).collect();
        assert!(parts.iter().all(|part| rounded_by_half(&Beginning::of(&[*part])).0[0] == *part));
        assert_eq!(parts.iter().fold(ByteSet::default(), |all, part| all.union(part)), first);
        assert!(rounded_by_half(&Beginning::of(&[first])).0[0].has(b'*'));
    }

    #[test]
    fn every_beginning_is_taken_by_a_bucket() {
        let digits = ByteSet::range(b'0', b'9');
        let capitals = ByteSet::range(b'A', b'Z');
        let small = ByteSet::range(b'a', b'z');
        let one = |b: u8| ByteSet::range(b, b);
        let fresh = vec![
            Beginning::of(&[digits, digits, digits, one(b'-')]),
            Beginning::of(&[capitals, capitals, digits, digits]),
        ];
        let mut anywhere = vec![
            Beginning::of(&[one(b'+'), digits, digits, digits]),
            Beginning::of(&[digits; BYTES]),
            // Of which halves mix the first byte with others.
            Beginning::of(&[ByteSet::of(|b| b"\n\t:\"(|".contains(&b)), small, small, small]),
        ];
        let mut words = Vec::new();
        for word in [b"pass", b"auth", b"http", b"wifi", b"imap", b"smtp", b"bank", b"code"] {
            anywhere.push(Beginning::of(&word.map(one)));
            words.push(Beginning::of(&word.map(|b| one(b.to_ascii_uppercase()))));
        }
        let mut buckets = Buckets::default();
        let all = [(Where::Fresh, fresh), (Where::Anywhere, anywhere), (Where::Words, words)];
        for (place, beginnings) in &all {
            buckets.add(&mut Background::default(), beginnings.clone(), *place);
        }
        assert!(!buckets.by_kind.is_empty() && !buckets.by_half.is_empty());
        for (place, beginnings) in all {
            for beginning in beginnings {
                let bytes = beginning.0.map(|set| set.bytes().next().unwrap());
                let told = Told { buckets: buckets.clone(), ..Told::default() };
                let begins = Begins::of(Machine::Portable, &told, &bytes, 1);
                assert!(begins.at(place)[0] & 1 != 0, "{place:?} {bytes:?}");
            }
        }
    }
}
