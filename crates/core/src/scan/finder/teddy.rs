//! Where one of many beginnings stands, sixty-four places at a time: the shuffles that Teddy
//! (Hyperscan's, and aho-corasick's) looks for literals with, over sets of bytes.

use super::beginning::BYTES;
use super::buckets::{Buckets, HALVES};
use super::kinds;
use super::machine::{BODY, GROUP, Machine, WORD};
use super::told::Told;
#[cfg(target_arch = "x86_64")]
use super::vector::Vector;
use super::windows::within;
use serde::{Deserialize, Serialize};

/// Words whose places are looked at together.
const SPAN: usize = GROUP * WORD;
/// The bytes of these places, those that their beginnings reach into, and some that a vector reads
/// besides.
pub(super) type Window = [u8; SPAN + WORD];

/// Where a beginning counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Where {
    /// Where no letter, digit or underscore stands before it.
    Fresh,
    /// Anywhere.
    Anywhere,
    /// Where a word starts, as the look-up of words takes it.
    Words,
}

/// By what counts there, a bit for each place: whether something begins there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begins([[u64; BODY]; 3]);

impl Begins {
    /// Looks for beginnings in so many words of a text. What stands behind the end of the text
    /// counts as zero bytes.
    pub(super) fn of(machine: Machine, told: &Told, text: &[u8], words: usize) -> Begins {
        let buckets = &told.buckets;
        let mut begins = Begins([[0; BODY]; 3]);
        for from in (0..words).step_by(GROUP) {
            let rest = &text[(from * WORD).min(text.len())..];
            let padded;
            let window: &Window = match rest.first_chunk() {
                Some(window) => window,
                None => {
                    let mut window = [0; SPAN + WORD];
                    window[..rest.len()].copy_from_slice(rest);
                    padded = window;
                    &padded
                }
            };
            match machine {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `Machine::all` yields this way only where the machine has AVX2.
                Machine::Avx2 => unsafe { avx2(buckets, window, &mut begins, from) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `Machine::all` yields this way only where the machine has AVX-512 F and
                // BW.
                Machine::Avx512 => unsafe { avx512(buckets, window, &mut begins, from) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `Machine::all` yields this way only where the machine has AVX-512 F, BW
                // and VBMI.
                Machine::Avx512Vbmi => unsafe {
                    match &told.fine {
                        Some(fine) => {
                            fine.look(window, &mut begins, from);
                            avx512(fine.words(), window, &mut begins, from);
                        }
                        None => avx512(buckets, window, &mut begins, from),
                    }
                },
                #[cfg(not(target_arch = "x86_64"))]
                Machine::Avx2 | Machine::Avx512 | Machine::Avx512Vbmi => {
                    portable(buckets, window, &mut begins, from)
                }
                Machine::Portable => portable(buckets, window, &mut begins, from),
            }
        }
        begins
    }

    /// The words of places where something begins that counts there.
    pub(super) fn at(&self, place: Where) -> &[u64; BODY] {
        &self.0[place as usize]
    }

    /// Leaves what counts in a block of a text of which so many bytes are left: where no letter, digit
    /// or underscore stands before a place is told. What is fresh is then among what begins anywhere.
    /// Answered is a bit for each word in which something begins.
    #[inline(always)]
    pub(super) fn settle(&mut self, is_fresh: &[u64; BODY], left: usize) -> u64 {
        let [fresh, anywhere, words] = &mut self.0;
        for ((begins, fresh), is_fresh) in anywhere.iter_mut().zip(fresh).zip(is_fresh) {
            *begins |= *fresh & is_fresh;
        }
        let last = left / WORD;
        if last < BODY {
            // Zeros stand for what is behind the end of a text, and something may begin with them.
            for begins in [&mut *anywhere, &mut *words] {
                begins[last] &= within(left % WORD);
                begins[last + 1..].fill(0);
            }
        }
        let some = anywhere.iter().zip(&*words).map(|(begins, heads)| begins | heads != 0);
        some.rev().fold(0, |all, some| all << 1 | u64::from(some))
    }

    pub(super) fn words(&mut self, place: Where, from: usize) -> &mut [u64] {
        &mut self.0[place as usize][from..from + GROUP]
    }
}

fn portable(buckets: &Buckets, window: &Window, begins: &mut Begins, from: usize) {
    let mut note = |place, taken: &dyn Fn(usize) -> u8| {
        for (word, out) in begins.words(place, from).iter_mut().enumerate() {
            for bit in 0..WORD {
                *out |= u64::from(taken(word * WORD + bit) != 0) << bit;
            }
        }
    };
    let kinds = window.map(kinds::kind);
    for eight in &buckets.by_kind {
        let take = |i: usize, place| eight.takes[i][usize::from(kinds[place + i])];
        note(eight.place, &|place| (0..BYTES).fold(0xFF, |all, i| all & take(i, place)));
    }
    for eight in &buckets.by_half {
        let take = |i: usize, place| {
            let byte = usize::from(window[place + i]);
            eight.low[i][byte & 15] & eight.high[i][byte >> 4]
        };
        note(eight.place, &|place| (0..HALVES).fold(0xFF, |all, i| all & take(i, place)));
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(buckets: &Buckets, window: &Window, begins: &mut Begins, from: usize) {
    // SAFETY: this is compiled for AVX2, and called only where it is.
    unsafe { look_by::<std::arch::x86_64::__m256i>(buckets, window, begins, from) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn avx512(buckets: &Buckets, window: &Window, begins: &mut Begins, from: usize) {
    // SAFETY: this is compiled for AVX-512 F and BW, and called only where they are.
    unsafe { look_by::<std::arch::x86_64::__m512i>(buckets, window, begins, from) }
}

/// # Safety
///
/// As for `V`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn look_by<V: Vector>(buckets: &Buckets, window: &Window, begins: &mut Begins, from: usize) {
    if !buckets.by_kind.is_empty() {
        let mut kinds = [0; SPAN + WORD];
        for at in (0..window.len()).step_by(V::LEN) {
            // SAFETY: the caller's; the window is a whole number of vectors.
            unsafe {
                let x = V::load(window, at);
                let high = x.high();
                let fine = V::repeat(&kinds::FINE).look_up(high);
                let more = V::repeat(&kinds::LOW).look_up(x.low()).and(fine);
                V::repeat(&kinds::HIGH).look_up(high).plus(more).store(&mut kinds, at);
            }
        }
        for eight in &buckets.by_kind {
            // SAFETY: the caller's. No vector is read from more than `BYTES` behind the span, and
            // one fits behind that.
            unsafe {
                let tables = eight.takes.map(|table| V::repeat(&table));
                let out = begins.words(eight.place, from);
                let taken = |i: usize, at| tables[i].look_up(V::load(&kinds, at + i));
                match eight.reach <= HALVES {
                    true => where_all::<V, HALVES>(out, taken),
                    false => where_all::<V, BYTES>(out, taken),
                }
            }
        }
    }
    if !buckets.by_half.is_empty() {
        let (mut low, mut high) = ([0; SPAN + WORD], [0; SPAN + WORD]);
        for at in (0..window.len()).step_by(V::LEN) {
            // SAFETY: as above.
            unsafe {
                let x = V::load(window, at);
                x.low().store(&mut low, at);
                x.high().store(&mut high, at);
            }
        }
        for eight in &buckets.by_half {
            // SAFETY: as above.
            unsafe {
                let lows = eight.low.map(|table| V::repeat(&table));
                let highs = eight.high.map(|table| V::repeat(&table));
                let out = begins.words(eight.place, from);
                where_all::<V, HALVES>(out, |i, at| {
                    let low = lows[i].look_up(V::load(&low, at + i));
                    low.and(highs[i].look_up(V::load(&high, at + i)))
                });
            }
        }
    }
}

/// Notes, of the places of a span, where all `N` vectors that begin there have a bit in common.
///
/// # Safety
///
/// As for `V`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn where_all<V: Vector, const N: usize>(
    words: &mut [u64],
    vector: impl Fn(usize, usize) -> V,
) {
    for (word, out) in words.iter_mut().enumerate() {
        for at in (0..WORD).step_by(V::LEN) {
            let start = word * WORD + at;
            let mut all = vector(0, start);
            for i in 1..N {
                // SAFETY: the caller's.
                all = unsafe { all.and(vector(i, start)) };
            }
            // SAFETY: the caller's.
            *out |= unsafe { all.some() } << at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::buckets::{ByHalf, ByKind};
    use super::*;

    #[test]
    fn every_way_finds_the_same_beginnings() {
        let mut x = 1u32;
        let mut next = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        };
        let mut table = |_| std::array::from_fn(|_| next() | next());
        let mut by_half = |place| {
            let (low, high) = (std::array::from_fn(&mut table), std::array::from_fn(&mut table));
            ByHalf { low, high, place }
        };
        let by_half = vec![by_half(Where::Fresh), by_half(Where::Words)];
        let mut by_kind = |place, reach| {
            let mut takes: [[u8; 16]; BYTES] = std::array::from_fn(&mut table);
            takes[reach..].fill([0xFF; 16]);
            ByKind { takes, reach, place }
        };
        let by_kind = vec![by_kind(Where::Anywhere, BYTES), by_kind(Where::Fresh, HALVES)];
        let told = Told { buckets: Buckets { by_kind, by_half }, ..Told::default() };
        let text: Vec<u8> = (0..1000).map(|_| next()).collect();
        for len in [0, 1, 63, 64, 66, 67, 68, 131, 511, 576, 1000] {
            let of = |machine| Begins::of(machine, &told, &text[..len], 17);
            let want = of(Machine::Portable);
            for machine in Machine::all() {
                assert_eq!(of(machine), want, "{machine:?} {len}");
            }
        }
        let all = Begins::of(Machine::Portable, &told, &text, 16);
        assert!(all.0.iter().all(|words| words.iter().any(|word| *word != 0)));
    }
}
