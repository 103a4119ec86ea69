//! What the machine at hand can do, and bytes told apart with the widest instructions there are.
//! Every way gives the same streams.

use super::super::bytes::ByteSet;
#[cfg(target_arch = "x86_64")]
use super::vector::Vector;

/// Bytes to a word of a stream.
pub(super) const WORD: usize = 64;
/// Words of a stream that are worked on at a time; the rest of a block is looked ahead at.
pub(super) const BODY: usize = 64;
/// Words looked ahead at: more than a shape looks ahead.
pub(super) const AHEAD: usize = 8;
/// Words that are worked on or passed over together.
pub(super) const GROUP: usize = 8;
/// Words of a block.
pub(super) const BLOCK: usize = BODY + AHEAD;

/// The words of a stream in a block, and some that may be looked at behind it.
#[derive(Clone)]
#[repr(align(64))]
pub(super) struct Words(pub(super) [u64; BLOCK + 8]);

/// Instructions to run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Machine {
    /// Any machine.
    Portable,
    /// x86-64 with AVX2 and BMI2, which came together.
    Avx2,
    /// x86-64 with AVX-512 F and BW.
    Avx512,
    /// x86-64 with AVX-512 F, BW and VBMI.
    Avx512Vbmi,
}

impl Machine {
    /// The ways this machine knows, the best last.
    pub fn all() -> Vec<Machine> {
        let mut all = vec![Machine::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let bits = std::arch::is_x86_feature_detected!("bmi1")
                && std::arch::is_x86_feature_detected!("bmi2")
                && std::arch::is_x86_feature_detected!("popcnt");
            if bits && std::arch::is_x86_feature_detected!("avx2") {
                all.push(Machine::Avx2);
            }
            if bits
                && std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512bw")
            {
                all.push(Machine::Avx512);
                if std::arch::is_x86_feature_detected!("avx512vbmi") {
                    all.push(Machine::Avx512Vbmi);
                }
            }
        }
        all
    }

    /// The best of them.
    pub(super) fn best() -> Machine {
        Machine::all().last().copied().unwrap_or(Machine::Portable)
    }

    /// Works with the machine's instructions for single bits.
    #[inline(always)]
    pub(super) fn work<W: Work>(self, work: W) {
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Machine::all` yields these only where the machine has BMI1, BMI2 and POPCNT.
            Machine::Avx2 | Machine::Avx512 | Machine::Avx512Vbmi => unsafe { with_bits(work) },
            _ => work.run(),
        }
    }
}

/// Something that is compiled for the instructions of each machine: all that is inlined into `run`,
/// which has to be inlined itself. (A closure would not be, where two call it.)
pub(super) trait Work {
    fn run(self);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1,bmi2,popcnt")]
fn with_bits<W: Work>(work: W) {
    work.run();
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
            Machine::Avx512 | Machine::Avx512Vbmi => unsafe { avx512(self, bytes, slots, from) },
            #[cfg(not(target_arch = "x86_64"))]
            Machine::Avx2 | Machine::Avx512 | Machine::Avx512Vbmi => {
                self.portable(bytes, slots, from)
            }
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
    // SAFETY: this is compiled for AVX2, and called only where it is.
    unsafe { tell_by::<std::arch::x86_64::__m256i>(classes, bytes, slots, from) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn avx512(classes: &Classes, bytes: &[[u8; WORD]], slots: &mut [Words], from: usize) {
    // SAFETY: this is compiled for AVX-512 F and BW, and called only where they are.
    unsafe { tell_by::<std::arch::x86_64::__m512i>(classes, bytes, slots, from) }
}

/// # Safety
///
/// As for `V`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn tell_by<V: Vector>(
    classes: &Classes,
    bytes: &[[u8; WORD]],
    slots: &mut [Words],
    from: usize,
) {
    for (number, bytes) in bytes.chunks(GROUP).enumerate() {
        let from = from + number * GROUP;
        let mut halves = [[0; WORD]; GROUP];
        let mut not_ascii = [0; GROUP];
        for ((bytes, halves), word) in bytes.iter().zip(&mut halves).zip(&mut not_ascii) {
            for at in (0..WORD).step_by(V::LEN) {
                // SAFETY: the caller's; a vector fits into an array of 64.
                unsafe {
                    let x = V::load(bytes, at);
                    V::repeat(&HALVES).look_up(x.high()).store(halves, at);
                    *word |= x.above() << at;
                }
            }
        }
        for ((low, with_high), slot) in classes.low.iter().zip(&classes.high).zip(&mut *slots) {
            // SAFETY: the caller's.
            let low = unsafe { V::repeat(low) };
            let out = &mut slot.0[from..from + bytes.len()];
            for ((bytes, halves), out) in bytes.iter().zip(&halves).zip(&mut *out) {
                *out = 0;
                for at in (0..WORD).step_by(V::LEN) {
                    // A byte that is not ASCII finds zero, which its half is not.
                    // SAFETY: the caller's; a vector fits into an array of 64.
                    unsafe {
                        let met = low.look_up(V::load(bytes, at)).meets(V::load(halves, at));
                        *out |= met << at;
                    }
                }
            }
            if *with_high != 0 {
                out.iter_mut().zip(&not_ascii).for_each(|(out, high)| *out |= high);
            }
        }
    }
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
}
