//! What the machine at hand can do: byte classes and bit streams with the widest instructions
//! there are. Every way gives the same streams; only this file knows how.

use super::super::bytes::ByteSet;

/// Bytes to a word of a stream.
pub(super) const WORD: usize = 64;
/// Words of a stream that are worked on at a time; the rest of a block is looked ahead at.
pub(super) const BODY: usize = 64;
/// Words looked ahead at: more than a shape looks ahead.
pub(super) const AHEAD: usize = 8;
/// Words of a block.
pub(super) const BLOCK: usize = BODY + AHEAD;

/// The words of a stream in a block. The word after the last in use has every bit set: what lies
/// ahead of a block may be anything.
#[derive(Clone)]
#[repr(align(64))]
pub(super) struct Words(pub(super) [u64; BLOCK + 8]);

/// Instructions to run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Machine {
    /// Any machine.
    Portable,
    /// x86-64 with AVX2.
    Avx2,
    /// x86-64 with AVX-512 F and BW.
    Avx512,
}

impl Machine {
    /// The ways this machine knows, the best last.
    pub fn all() -> Vec<Machine> {
        let mut all = vec![Machine::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2") {
                all.push(Machine::Avx2);
            }
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512bw")
            {
                all.push(Machine::Avx512);
            }
        }
        all
    }

    /// The best of them.
    pub(super) fn best() -> Machine {
        Machine::all().last().copied().unwrap_or(Machine::Portable)
    }
}

/// Sets of bytes, ready to be told apart.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// By set and low four bits of a byte: the high four bits, below eight, that it may have.
    low: Vec<[u8; 16]>,
    /// By set: every bit where bytes that are not ASCII belong to it, none where they do not.
    high: Vec<u64>,
    /// By eight sets and byte: to which of them it belongs.
    portable: Vec<[u8; 256]>,
}

impl Classes {
    /// # Panics
    ///
    /// In a debug build, where a set has some but not all of the bytes that are not ASCII.
    pub(super) fn new(sets: &[ByteSet]) -> Self {
        let mut classes = Classes::default();
        for (number, set) in sets.iter().enumerate() {
            debug_assert!(!set.has_high() || set.union(&ByteSet::HIGH) == *set);
            let mut low = [0; 16];
            (0..128u8)
                .filter(|&b| set.has(b))
                .for_each(|b| low[usize::from(b & 15)] |= 1 << (b >> 4));
            classes.low.push(low);
            classes.high.push(if set.has_high() { !0 } else { 0 });
            if number % 8 == 0 {
                classes.portable.push([0; 256]);
            }
            let table = &mut classes.portable[number / 8];
            set.bytes().for_each(|b| table[usize::from(b)] |= 1 << (number % 8));
        }
        classes
    }

    pub(super) fn len(&self) -> usize {
        self.low.len()
    }

    /// Tells bytes apart, 64 by 64: for each set, in its slot from the word `from` on, those that
    /// belong to it.
    pub(super) fn tell(
        &self,
        machine: Machine,
        bytes: &[[u8; WORD]],
        slots: &mut [Words],
        from: usize,
    ) {
        debug_assert!(slots.len() == self.len() && from + bytes.len() <= BLOCK);
        match machine {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Machine::all` yields this way only where the machine has AVX2.
            Machine::Avx2 => unsafe { avx2(self, bytes, slots, from) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Machine::all` yields this way only where the machine has AVX-512 F and BW.
            Machine::Avx512 => unsafe { avx512(self, bytes, slots, from) },
            #[cfg(not(target_arch = "x86_64"))]
            Machine::Avx2 | Machine::Avx512 => self.portable(bytes, slots, from),
            Machine::Portable => self.portable(bytes, slots, from),
        }
    }

    fn portable(&self, bytes: &[[u8; WORD]], slots: &mut [Words], from: usize) {
        for (i, bytes) in bytes.iter().enumerate() {
            for (table, slots) in self.portable.iter().zip(slots.chunks_mut(8)) {
                let words = squares(table, bytes);
                slots.iter_mut().zip(words).for_each(|(slot, word)| slot.0[from + i] = word);
            }
        }
    }
}

/// For eight sets the word of the bytes that belong to it.
fn squares(table: &[u8; 256], bytes: &[u8; WORD]) -> [u64; 8] {
    let mut words = [0u64; 8];
    for (i, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        let mut square = 0;
        for (j, &byte) in eight.iter().enumerate() {
            square |= u64::from(table[usize::from(byte)]) << (8 * j);
        }
        for (word, row) in words.iter_mut().zip(transposed(square).to_le_bytes()) {
            *word |= u64::from(row) << (8 * i);
        }
    }
    words
}

/// A square of eight by eight bits, rows for columns (Hacker's Delight, section 7-3).
fn transposed(mut x: u64) -> u64 {
    let mut t = (x ^ (x >> 7)) & 0x00AA_00AA_00AA_00AA;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000_CCCC_0000_CCCC;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x0000_0000_F0F0_F0F0;
    x ^ t ^ (t << 28)
}

/// For each high half of a byte: the bit that stands for it; for one of a byte that is not ASCII
/// what no set has.
#[cfg(target_arch = "x86_64")]
const HALVES: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 255, 255, 255, 255, 255, 255, 255, 255];

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(classes: &Classes, bytes: &[[u8; WORD]], slots: &mut [Words], from: usize) {
    use std::arch::x86_64::*;
    // SAFETY: sixteen bytes are read from an array of sixteen; the load asks for no alignment.
    let table = |table: &[u8; 16]| unsafe {
        _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()))
    };
    let halves = table(&HALVES);
    let nibble = _mm256_set1_epi8(15);
    let half = |x| _mm256_shuffle_epi8(halves, _mm256_and_si256(_mm256_srli_epi16::<4>(x), nibble));
    let mask = |a, b| {
        let (a, b) = (_mm256_movemask_epi8(a) as u32, _mm256_movemask_epi8(b) as u32);
        u64::from(a) | u64::from(b) << 32
    };
    for (i, bytes) in bytes.iter().enumerate() {
        // SAFETY: 32 bytes are read from either half of an array of 64; no alignment is asked for.
        let (a, b) = unsafe {
            let start = bytes.as_ptr();
            (_mm256_loadu_si256(start.cast()), _mm256_loadu_si256(start.add(32).cast()))
        };
        let (half_a, half_b) = (half(a), half(b));
        let high = mask(a, b);
        for (number, slot) in slots[..classes.low.len()].iter_mut().enumerate() {
            let low = table(&classes.low[number]);
            // A shuffle by a byte that is not ASCII gives zero, which its half is not.
            let some = |x, half| {
                _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(low, x), half), half)
            };
            slot.0[from + i] =
                mask(some(a, half_a), some(b, half_b)) | (high & classes.high[number]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn avx512(classes: &Classes, bytes: &[[u8; WORD]], slots: &mut [Words], from: usize) {
    use std::arch::x86_64::*;
    // SAFETY: sixteen bytes are read from an array of sixteen; the load asks for no alignment.
    let table = |table: &[u8; 16]| unsafe {
        _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()))
    };
    let halves = table(&HALVES);
    let nibble = _mm512_set1_epi8(15);
    for (i, bytes) in bytes.iter().enumerate() {
        // SAFETY: 64 bytes are read from an array of 64; the load asks for no alignment.
        let x = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        let half = _mm512_shuffle_epi8(halves, _mm512_and_si512(_mm512_srli_epi16::<4>(x), nibble));
        let high = _mm512_movepi8_mask(x);
        for ((low, with_high), slot) in classes.low.iter().zip(&classes.high).zip(&mut *slots) {
            // A shuffle by a byte that is not ASCII gives zero.
            let word = _mm512_test_epi8_mask(_mm512_shuffle_epi8(table(low), x), half);
            slot.0[from + i] = word | (high & with_high);
        }
    }
}

/// `out = f(a, b >> k)` for the first `words` words, and the word after them; whether any of the
/// first is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// `a & (b >> k)`.
    And,
    /// `b >> k`.
    Ahead,
    /// `a | b`.
    Or,
    /// `a | (b & (a >> k))`.
    OrAnd,
}

/// Takes a step with the widest instructions of a machine. `k` is less than 64, and not zero where
/// only what lies ahead counts.
pub(super) fn step(
    machine: Machine,
    step: Step,
    k: u32,
    (a, b): (&Words, &Words),
    out: &mut Words,
    words: usize,
) -> bool {
    debug_assert!(k < 64 && words <= BLOCK);
    debug_assert!(k > 0 || matches!(step, Step::And | Step::Or));
    match machine {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX2.
        Machine::Avx2 => unsafe { step_avx2(step, k, a, b, out, words) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX-512 F and BW.
        Machine::Avx512 => unsafe { step_avx512(step, k, a, b, out, words) },
        #[cfg(not(target_arch = "x86_64"))]
        Machine::Avx2 | Machine::Avx512 => take(step, k, a, b, out, words),
        Machine::Portable => take(step, k, a, b, out, words),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn step_avx2(step: Step, k: u32, a: &Words, b: &Words, out: &mut Words, words: usize) -> bool {
    take(step, k, a, b, out, words)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn step_avx512(step: Step, k: u32, a: &Words, b: &Words, out: &mut Words, words: usize) -> bool {
    take(step, k, a, b, out, words)
}

#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "the next word is looked at as well")]
fn take(step: Step, k: u32, a: &Words, b: &Words, out: &mut Words, words: usize) -> bool {
    let words = words.min(BLOCK);
    let (a, b, out) = (&a.0, &b.0, &mut out.0);
    let mut any = 0;
    // Only where `k` is not zero: shifted by 64 a word would stay as it is.
    let ahead = |x: &[u64; BLOCK + 8], i: usize| x[i] >> (k & 63) | x[i + 1] << ((64 - k) & 63);
    match step {
        Step::And if k == 0 => {
            for i in 0..words {
                out[i] = a[i] & b[i];
                any |= out[i];
            }
        }
        Step::And => {
            for i in 0..words {
                out[i] = a[i] & ahead(b, i);
                any |= out[i];
            }
        }
        Step::Ahead => {
            for i in 0..words {
                out[i] = ahead(b, i);
                any |= out[i];
            }
        }
        Step::Or => {
            for i in 0..words {
                out[i] = a[i] | b[i];
                any |= out[i];
            }
        }
        Step::OrAnd => {
            for i in 0..words {
                out[i] = a[i] | (b[i] & ahead(a, i));
                any |= out[i];
            }
        }
    }
    out[words] = !0;
    any != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_tells_the_same_bytes_apart() {
        let mut sets = vec![ByteSet::HIGH, ByteSet::of(|b| b != b'\n')];
        for i in 0..13u8 {
            sets.push(ByteSet::of(|b| b < 128 && (b.wrapping_mul(37) ^ b >> 3) % 13 == i));
        }
        let classes = Classes::new(&sets);
        for start in 0..=255u8 {
            let bytes: [u8; WORD] =
                std::array::from_fn(|i| start.wrapping_add((i as u8).wrapping_mul(5)));
            for machine in Machine::all() {
                let mut slots = vec![Words([0; BLOCK + 8]); sets.len()];
                classes.tell(machine, &[[b'x'; WORD], bytes], &mut slots, 3);
                for (set, slot) in sets.iter().zip(slots) {
                    for (i, byte) in bytes.iter().enumerate() {
                        assert_eq!(slot.0[4] >> i & 1 != 0, set.has(*byte), "{machine:?} {byte}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_way_takes_the_same_steps() {
        let mut x = 1u64;
        let mut words = || {
            Words(std::array::from_fn(|_| {
                x = x
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                x ^ x >> 31
            }))
        };
        let (a, b) = (words(), words());
        let bit = |x: &Words, i: usize| x.0[i / 64] >> (i % 64) & 1 != 0;
        for machine in Machine::all() {
            for (kind, k) in [
                (Step::And, 0),
                (Step::And, 9),
                (Step::Ahead, 63),
                (Step::Or, 0),
                (Step::OrAnd, 1),
                (Step::OrAnd, 32),
            ] {
                let mut out = words();
                assert!(step(machine, kind, k, (&a, &b), &mut out, 20));
                assert_eq!(out.0[20], !0);
                for i in 0..20 * 64 {
                    let far = i + k as usize;
                    let want = match kind {
                        Step::And => bit(&a, i) && bit(&b, far),
                        Step::Ahead => bit(&b, far),
                        Step::Or => bit(&a, i) || bit(&b, i),
                        Step::OrAnd => bit(&a, i) || (bit(&b, i) && bit(&a, far)),
                    };
                    assert_eq!(bit(&out, i), want, "{machine:?} {kind:?} {k} at {i}");
                }
            }
        }
    }
}
