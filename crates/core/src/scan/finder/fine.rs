//! What may begin at each of sixty-four places, told byte by byte for all of them at once, where a
//! machine finds a byte in a table of sixty-four with one instruction (AVX-512 VBMI).
//!
//! `exact` says the same of one place, with half as many beginnings: nothing has to be asked place by
//! place then. Bytes that few beginnings tell apart are one kind, so it may lie upwards, never
//! downwards.

use super::beginning::{BYTES, Beginning};
use super::buckets::Buckets;
use super::machine::WORD;
use super::mixed::expected;
use super::teddy::{Begins, Where, Window};
use super::told::MANY;
use std::arch::x86_64::*;

/// Kinds of bytes.
const KINDS: usize = 64;
/// ASCII, and all other bytes as one.
const TOLD: usize = 129;

/// Something for each kind.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Table([u8; KINDS]);

/// Beginnings, ready to be told.
#[derive(Debug, Clone)]
pub(super) struct Fine {
    /// By ASCII byte: its kind.
    kinds: [Table; 2],
    /// The kind of all others.
    high: u8,
    eights: Vec<Eight>,
    /// Beginnings of words, which only buckets know.
    words: Buckets,
}

/// Eight buckets, a bit each, of which it is known by place and kind which take it.
#[derive(Debug, Clone)]
struct Eight {
    takes: [Table; BYTES],
    /// Those of beginnings before which a letter, digit or underscore may stand.
    anywhere: u8,
}

impl Fine {
    /// Of beginnings, of each of which it is said whether it needs a fresh start, at most [`MANY`].
    /// Beginnings of words are taken from the buckets.
    pub(super) fn of(buckets: &Buckets, all: &[(Beginning, bool)]) -> Fine {
        let (kind_of, columns) = kinds(&bytes(all));
        let (low, high) = kind_of[..TOLD - 1].split_at(KINDS);
        let of_bytes = |some: &[u8]| Table(std::array::from_fn(|i| some[i]));
        let eight = |(number, eight): (usize, &[(Beginning, bool)])| {
            let some = |of: Bits| (of >> (8 * number)) as u8;
            let of_place = |i| Table(std::array::from_fn(|kind| some(columns[kind][i])));
            let anywhere = eight.iter().enumerate().filter(|(_, (_, fresh))| !fresh);
            Eight {
                takes: std::array::from_fn(of_place),
                anywhere: anywhere.fold(0, |all, (i, _)| all | 1 << i),
            }
        };
        let eights = all.chunks(8).enumerate().map(eight).collect();
        let (by_kind, by_half) = (buckets.by_kind.iter(), buckets.by_half.iter());
        let words = Buckets {
            by_kind: by_kind.filter(|eight| eight.place == Where::Words).copied().collect(),
            by_half: by_half.filter(|eight| eight.place == Where::Words).copied().collect(),
        };
        Fine { kinds: [of_bytes(low), of_bytes(high)], high: kind_of[TOLD - 1], eights, words }
    }

    pub(super) fn words(&self) -> &Buckets {
        &self.words
    }

    /// Notes in so many words of `begins` where something begins in a window.
    ///
    /// # Safety
    ///
    /// The machine has AVX-512 F, BW and VBMI.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) fn look(&self, window: &Window, begins: &mut Begins, from: usize) {
        let mut kinds = [0; size_of::<Window>()];
        // SAFETY: a table is a word.
        let table = |table: &Table| unsafe { load(&table.0, 0) };
        let [low, high] = [table(&self.kinds[0]), table(&self.kinds[1])];
        let not_ascii = _mm512_set1_epi8(self.high.cast_signed());
        for at in (0..window.len()).step_by(WORD) {
            // SAFETY: a window is a whole number of words.
            let bytes = unsafe { load(window, at) };
            let kind = _mm512_permutex2var_epi8(low, bytes, high);
            let kind = _mm512_mask_mov_epi8(kind, _mm512_movepi8_mask(bytes), not_ascii);
            // SAFETY: there are as many kinds as bytes.
            unsafe { store(kind, &mut kinds, at) };
        }
        for word in 0..window.len() / WORD - 1 {
            // SAFETY: behind the last word that is looked at one more stands in the window.
            let places: [__m512i; BYTES] =
                std::array::from_fn(|i| unsafe { load(&kinds, word * WORD + i) });
            let (mut fresh, mut anywhere) = (_mm512_setzero_si512(), _mm512_setzero_si512());
            for eight in &self.eights {
                let take = |i: usize| _mm512_permutexvar_epi8(places[i], table(&eight.takes[i]));
                let mut all = take(0);
                for i in 1..BYTES {
                    all = _mm512_and_si512(all, take(i));
                }
                fresh = _mm512_or_si512(fresh, all);
                let some = _mm512_set1_epi8(eight.anywhere.cast_signed());
                anywhere = _mm512_or_si512(anywhere, _mm512_and_si512(all, some));
            }
            let bits = |found| _mm512_test_epi8_mask(found, found);
            begins.words(Where::Fresh, from)[word] |= bits(fresh);
            begins.words(Where::Anywhere, from)[word] |= bits(anywhere);
        }
    }
}

/// # Safety
///
/// The machine has AVX-512 F, and a word follows.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(from: &[u8], at: usize) -> __m512i {
    debug_assert!(at + WORD <= from.len());
    // SAFETY: the caller's; the load asks for no alignment.
    unsafe { _mm512_loadu_si512(from.as_ptr().add(at).cast()) }
}

/// # Safety
///
/// The machine has AVX-512 F, and there is room for a word.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store(bytes: __m512i, to: &mut [u8], at: usize) {
    debug_assert!(at + WORD <= to.len());
    // SAFETY: the caller's; the store asks for no alignment.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().add(at).cast(), bytes) }
}

/// A bit for each beginning.
type Bits = u128;
const _: () = assert!(MANY <= Bits::BITS as usize);

/// By place, those that take something there.
type Column = [Bits; BYTES];

/// Bytes that are told as one.
#[derive(Clone, Copy, Default)]
struct Kind {
    takes: Column,
    /// How often they are to be expected.
    often: f32,
}

impl Kind {
    fn with(&self, other: &Kind) -> Kind {
        let takes = std::array::from_fn(|i| self.takes[i] | other.takes[i]);
        Kind { takes, often: self.often + other.often }
    }
}

/// Every byte as a kind of its own.
fn bytes(all: &[(Beginning, bool)]) -> [Kind; 256] {
    let mut kinds = [Kind::default(); 256];
    for (number, (beginning, _)) in all.iter().enumerate() {
        for (place, set) in beginning.0.iter().enumerate() {
            set.bytes().for_each(|byte| kinds[usize::from(byte)].takes[place] |= 1 << number);
        }
    }
    (0..=255u8).for_each(|byte| kinds[usize::from(byte)].often = expected(byte));
    kinds
}

/// The kind of each byte, and what takes each kind: bytes are put together, two kinds at a time,
/// where that lets the least through, until there are no more kinds than there may be.
fn kinds(bytes: &[Kind; 256]) -> ([u8; TOLD], [Column; KINDS]) {
    let harm = Harm::of(bytes);
    let (ascii, others) = bytes.split_at(TOLD - 1);
    let mut kinds = ascii.to_vec();
    kinds.push(others.iter().fold(Kind::default(), |all, other| all.with(other)));
    let mut kind_of: [usize; TOLD] = std::array::from_fn(|byte| byte);
    // What nothing tells apart.
    for byte in 0..TOLD {
        let alike = |earlier: &usize| kinds[*earlier].takes == kinds[byte].takes;
        if let Some(first) = (0..byte).find(alike) {
            kind_of[byte] = first;
            kinds[first] = kinds[first].with(&kinds[byte]);
        }
    }
    let mut left: Vec<usize> = (0..TOLD).filter(|byte| kind_of[*byte] == *byte).collect();
    let cost = |kinds: &[Kind], a: usize, b: usize| harm.of_both(&kinds[a], &kinds[b]);
    // By kind: what it costs to put it together with an earlier one, at the least, and with which.
    let nearest = |kinds: &[Kind], left: &[usize], kind: usize| {
        let earlier = left.iter().take_while(|other| **other < kind);
        let costs = earlier.map(|other| (cost(kinds, kind, *other), *other));
        costs.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f32::MAX, kind))
    };
    let mut near = [(f32::MAX, 0); TOLD];
    if left.len() > KINDS {
        left.iter().for_each(|kind| near[*kind] = nearest(&kinds, &left, *kind));
    }
    while left.len() > KINDS {
        let best = left.iter().copied().min_by(|a, b| near[*a].0.total_cmp(&near[*b].0));
        let Some(gone) = best else { break };
        let kept = near[gone].1;
        kinds[kept] = kinds[kept].with(&kinds[gone]);
        kind_of.iter_mut().filter(|kind| **kind == gone).for_each(|kind| *kind = kept);
        left.retain(|kind| *kind != gone);
        for &kind in left.iter().filter(|kind| **kind >= kept) {
            if kind == kept || near[kind].1 == gone || near[kind].1 == kept {
                near[kind] = nearest(&kinds, &left, kind);
            } else {
                let with_kept = (cost(&kinds, kind, kept), kept);
                near[kind] = if with_kept.0 < near[kind].0 { with_kept } else { near[kind] };
            }
        }
    }
    let number = |kind| left.iter().position(|one| *one == kind).unwrap_or(0) as u8;
    let column = |i: usize| left.get(i).map_or([0; BYTES], |kind| kinds[*kind].takes);
    (kind_of.map(number), std::array::from_fn(column))
}

/// By place and bucket: how much more often the bucket takes something, for each byte more that it
/// takes there, if that byte were all there is.
struct Harm([[f32; MANY]; BYTES]);

impl Harm {
    fn of(bytes: &[Kind; 256]) -> Harm {
        let mut often = [[0.0; MANY]; BYTES];
        for byte in bytes {
            for (often, takes) in often.iter_mut().zip(byte.takes) {
                each_bit(takes, |bucket| often[bucket] += byte.often);
            }
        }
        for bucket in 0..MANY {
            let all: f32 = often.iter().map(|often| often[bucket]).product();
            let alone = |often: f32| all / often.max(f32::MIN_POSITIVE);
            often.iter_mut().for_each(|often| often[bucket] = alone(often[bucket]));
        }
        Harm(often)
    }

    fn of_both(&self, a: &Kind, b: &Kind) -> f32 {
        let mut harm = 0.0;
        for (place, of_place) in self.0.iter().enumerate() {
            let (a_takes, b_takes) = (a.takes[place], b.takes[place]);
            each_bit(b_takes & !a_takes, |bucket| harm += of_place[bucket] * a.often);
            each_bit(a_takes & !b_takes, |bucket| harm += of_place[bucket] * b.often);
        }
        harm
    }
}

fn each_bit(mut bits: Bits, mut each: impl FnMut(usize)) {
    while bits != 0 {
        each(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::bytes::ByteSet;
    use super::super::machine::Machine;
    use super::super::told::Told;
    use super::*;

    #[test]
    fn every_beginning_is_told_and_nothing_else() {
        let one = |b: u8| ByteSet::range(b, b);
        let digits = ByteSet::range(b'0', b'9');
        let letter = |i: u8| one(b'a' + i % 26);
        let mut all = vec![
            (Beginning::of(&[digits; 6]), true),
            (Beginning::of(&[digits, one(b'-'), digits]), false),
            (Beginning::of(&[ByteSet::HIGH, digits]), false),
        ];
        for i in 0..90 {
            let word = [i, i / 3, i / 7, 5].map(letter);
            all.push((Beginning::of(&word), i % 2 == 0));
        }
        let mut told = Told::default();
        told.add(&mut super::super::background::Background::default(), &all);
        told.ready(Machine::Avx512Vbmi);
        let words = ["abcf", "123456", "1-2", "é7", "x", " ", "zzz", "keff", "dbaf"];
        let text: String = (0..200).map(|i| words[(i * i + i / 3) % words.len()]).collect();
        let text = text.as_bytes();
        for machine in Machine::all().into_iter().filter(|machine| told.is_told(*machine)) {
            let begins = Begins::of(machine, &told, text, text.len().div_ceil(WORD));
            for place in 0..text.len() {
                let byte = |i| text.get(place + i).copied().unwrap_or(0);
                let stands = |one: &Beginning| (0..BYTES).all(|i| one.0[i].has(byte(i)));
                let at = |of| begins.at(of)[place / WORD] >> (place % WORD) & 1 != 0;
                let wants = |fresh| all.iter().any(|(one, f)| (fresh || !f) && stands(one));
                assert_eq!(at(Where::Fresh), wants(true), "{place}");
                assert_eq!(at(Where::Anywhere), wants(false), "{place}");
            }
        }
    }

    #[test]
    fn no_kind_takes_less_than_its_bytes() {
        // More kinds of bytes than there may be.
        let of = |byte| [ByteSet::range(byte, byte), ByteSet::range(127 - byte, 127)];
        let all: Vec<_> = (0..120).map(|byte| (Beginning::of(&of(byte)), false)).collect();
        let bytes = bytes(&all);
        let (kind_of, columns) = kinds(&bytes);
        for (byte, own) in bytes.iter().enumerate() {
            let column = columns[usize::from(kind_of[byte.min(TOLD - 1)])];
            assert!(column.iter().zip(own.takes).all(|(all, one)| all | one == *all), "{byte}");
        }
        assert!((0..127).any(|byte| columns[usize::from(kind_of[byte])] == bytes[byte].takes));
    }
}
