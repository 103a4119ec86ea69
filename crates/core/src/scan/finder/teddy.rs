//! Where one of many beginnings stands, sixty-four places at a time: the shuffles that Teddy
//! (Hyperscan's, and aho-corasick's) looks for literals with, over sets of bytes.

use super::beginning::BYTES;
use super::buckets::Buckets;
use super::kinds;
use super::machine::{Machine, WORD};

/// The bytes of a word of places, and those that their beginnings reach into.
type Window = [u8; WINDOW];
const WINDOW: usize = WORD + BYTES - 1;

/// By place, a bit each: whether something begins there that may begin anywhere; and whether
/// something does that needs a fresh start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Begins {
    pub(super) anywhere: u64,
    pub(super) fresh: u64,
}

/// Looks for the beginnings of all buckets in each word of a text. What stands behind the end of
/// the text counts as zero bytes.
pub(super) fn each_word(
    machine: Machine,
    buckets: &Buckets,
    text: &[u8],
    words: usize,
    each: impl FnMut(usize, Begins),
) {
    match machine {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX2.
        Machine::Avx2 => unsafe { each_avx2(buckets, text, words, each) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX-512 F and BW.
        Machine::Avx512 => unsafe { each_avx512(buckets, text, words, each) },
        #[cfg(not(target_arch = "x86_64"))]
        Machine::Avx2 | Machine::Avx512 => through(text, words, |w| portable(buckets, w), each),
        Machine::Portable => through(text, words, |window| portable(buckets, window), each),
    }
}

#[inline(always)]
fn through(
    text: &[u8],
    words: usize,
    begins: impl Fn(&Window) -> Begins,
    mut each: impl FnMut(usize, Begins),
) {
    for word in 0..words {
        let rest = &text[(word * WORD).min(text.len())..];
        let begins = match rest.first_chunk() {
            Some(window) => begins(window),
            None => {
                let mut window = [0; WINDOW];
                window[..rest.len()].copy_from_slice(rest);
                begins(&window)
            }
        };
        each(word, begins);
    }
}

fn portable(buckets: &Buckets, window: &Window) -> Begins {
    let mut begins = Begins::default();
    let mut note = |place, taken: u8, fresh: u8| {
        begins.anywhere |= u64::from(taken & !fresh != 0) << place;
        begins.fresh |= u64::from(taken & fresh != 0) << place;
    };
    let kinds = window.map(kinds::kind);
    for eight in &buckets.by_kind {
        for place in 0..WORD {
            let take = |i: usize| eight.takes[i][usize::from(kinds[place + i])];
            note(place, (0..BYTES).fold(0xFF, |all, i| all & take(i)), eight.fresh);
        }
    }
    for eight in &buckets.by_half {
        for place in 0..WORD {
            let taken = (0..BYTES).fold(0xFF, |all, i| {
                let byte = usize::from(window[place + i]);
                all & eight.low[i][byte & 15] & eight.high[i][byte >> 4]
            });
            note(place, taken, eight.fresh);
        }
    }
    begins
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn each_avx2(buckets: &Buckets, text: &[u8], words: usize, each: impl FnMut(usize, Begins)) {
    through(text, words, |window| avx2(buckets, window), each);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn avx2(buckets: &Buckets, window: &Window) -> Begins {
    use std::arch::x86_64::*;
    let load = |bytes: &Window, at: usize| {
        debug_assert!(at + 32 <= bytes.len());
        // SAFETY: every place that is asked for is 32 bytes or more before the end of the array;
        // the load asks for no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at).cast()) }
    };
    let table = |table: &[u8; 16]| {
        // SAFETY: sixteen bytes are read from an array of sixteen; no alignment is asked for.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
    };
    let nibble = _mm256_set1_epi8(15);
    let halves = |x| {
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(x), nibble);
        (_mm256_and_si256(x, nibble), high)
    };
    let zero = _mm256_setzero_si256();
    let some = |x| !(_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, zero)) as u32);
    let mut begins = Begins::default();
    let mut note = |at: usize, taken, fresh: u8| {
        let fresh = _mm256_set1_epi8(fresh as i8);
        begins.anywhere |= u64::from(some(_mm256_andnot_si256(fresh, taken))) << at;
        begins.fresh |= u64::from(some(_mm256_and_si256(fresh, taken))) << at;
    };
    if !buckets.by_kind.is_empty() {
        let mut kinds = [0; WINDOW];
        for at in [0, 32, WINDOW - 32] {
            let (low, high) = halves(load(window, at));
            let fine = _mm256_shuffle_epi8(table(&kinds::FINE), high);
            let more = _mm256_and_si256(_mm256_shuffle_epi8(table(&kinds::LOW), low), fine);
            let kind = _mm256_add_epi8(_mm256_shuffle_epi8(table(&kinds::HIGH), high), more);
            // SAFETY: 32 bytes are written to one of the places they were read from, in an array of
            // the same size; the store asks for no alignment.
            unsafe { _mm256_storeu_si256(kinds.as_mut_ptr().add(at).cast(), kind) };
        }
        for eight in &buckets.by_kind {
            for at in [0, 32] {
                let take = |i| _mm256_shuffle_epi8(table(&eight.takes[i]), load(&kinds, at + i));
                let taken = (1..BYTES).fold(take(0), |all, i| _mm256_and_si256(all, take(i)));
                note(at, taken, eight.fresh);
            }
        }
    }
    for eight in &buckets.by_half {
        for at in [0, 32] {
            let take = |i| {
                let (low, high) = halves(load(window, at + i));
                let low = _mm256_shuffle_epi8(table(&eight.low[i]), low);
                _mm256_and_si256(low, _mm256_shuffle_epi8(table(&eight.high[i]), high))
            };
            let taken = (1..BYTES).fold(take(0), |all, i| _mm256_and_si256(all, take(i)));
            note(at, taken, eight.fresh);
        }
    }
    begins
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn each_avx512(buckets: &Buckets, text: &[u8], words: usize, each: impl FnMut(usize, Begins)) {
    through(text, words, |window| avx512(buckets, window), each);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn avx512(buckets: &Buckets, window: &Window) -> Begins {
    use std::arch::x86_64::*;
    let load = |bytes: &Window, at: usize| {
        debug_assert!(at + 64 <= bytes.len());
        // SAFETY: every place that is asked for is 64 bytes or more before the end of the array;
        // the load asks for no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().add(at).cast()) }
    };
    let table = |table: &[u8; 16]| {
        // SAFETY: sixteen bytes are read from an array of sixteen; no alignment is asked for.
        _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
    };
    let nibble = _mm512_set1_epi8(15);
    let halves = |x| {
        let high = _mm512_and_si512(_mm512_srli_epi16::<4>(x), nibble);
        (_mm512_and_si512(x, nibble), high)
    };
    let mut begins = Begins::default();
    let mut note = |taken, fresh: u8| {
        begins.anywhere |= _mm512_test_epi8_mask(taken, _mm512_set1_epi8(!fresh as i8));
        begins.fresh |= _mm512_test_epi8_mask(taken, _mm512_set1_epi8(fresh as i8));
    };
    if !buckets.by_kind.is_empty() {
        let mut kinds = [0; WINDOW];
        for at in [0, WINDOW - 64] {
            let (low, high) = halves(load(window, at));
            let fine = _mm512_shuffle_epi8(table(&kinds::FINE), high);
            let more = _mm512_and_si512(_mm512_shuffle_epi8(table(&kinds::LOW), low), fine);
            let kind = _mm512_add_epi8(_mm512_shuffle_epi8(table(&kinds::HIGH), high), more);
            // SAFETY: 64 bytes are written to one of the places they were read from, in an array of
            // the same size; the store asks for no alignment.
            unsafe { _mm512_storeu_si512(kinds.as_mut_ptr().add(at).cast(), kind) };
        }
        for eight in &buckets.by_kind {
            let take = |i| _mm512_shuffle_epi8(table(&eight.takes[i]), load(&kinds, i));
            let taken = (1..BYTES).fold(take(0), |all, i| _mm512_and_si512(all, take(i)));
            note(taken, eight.fresh);
        }
    }
    for eight in &buckets.by_half {
        let take = |i| {
            let (low, high) = halves(load(window, i));
            let low = _mm512_shuffle_epi8(table(&eight.low[i]), low);
            _mm512_and_si512(low, _mm512_shuffle_epi8(table(&eight.high[i]), high))
        };
        let taken = (1..BYTES).fold(take(0), |all, i| _mm512_and_si512(all, take(i)));
        note(taken, eight.fresh);
    }
    begins
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
        let mut tables = || std::array::from_fn(|_| std::array::from_fn(|_| next() | next()));
        let fresh = 0b0101_1010;
        let mut by_half = || ByHalf { low: tables(), high: tables(), fresh };
        let by_half = vec![by_half(), by_half()];
        let mut by_kind = || ByKind { takes: tables(), fresh };
        let buckets = Buckets { by_kind: vec![by_kind(), by_kind()], by_half };
        let text: Vec<u8> = (0..1000).map(|_| next()).collect();
        for len in [0, 1, 63, 64, 66, 67, 68, 131, 1000] {
            let of = |machine| {
                let mut all = Vec::new();
                each_word(machine, &buckets, &text[..len], 17, |word, begins| {
                    all.push((word, begins));
                });
                all
            };
            let want = of(Machine::Portable);
            assert_eq!(want.len(), 17);
            for machine in Machine::all() {
                assert_eq!(of(machine), want, "{machine:?} {len}");
            }
        }
        let found = |machine| {
            let mut any = false;
            each_word(machine, &buckets, &text, 16, |_, begins| {
                any |= begins.fresh != 0 && begins.anywhere != 0;
            });
            any
        };
        assert!(found(Machine::Portable));
    }
}
