//! Streams made of streams, with the widest instructions there are: one bit for each byte of a block,
//! and nothing done where there is none.

use super::machine::{BLOCK, GROUP, Machine, Words};

/// How one stream is made of two; `b >> k` is `b` seen from `k` bytes before.
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

/// How one stream is made of others, by the numbers of their slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub(super) to: usize,
    pub(super) step: Step,
    pub(super) a: usize,
    pub(super) b: usize,
    /// Less than 64, and not zero where only what lies ahead counts.
    pub(super) k: u32,
}

/// The streams of a block. Reused.
#[derive(Default)]
pub(super) struct Slots {
    pub(super) words: Vec<Words>,
    /// By stream, a bit for each group: whether some bit of it is set. In all other groups the
    /// words are zero.
    pub(super) some: Vec<u16>,
    /// By stream: the slot that holds it; another's where the two are the same in this block.
    pub(super) at: Vec<usize>,
    /// By slot, a bit for each group: whether something is written there.
    written: Vec<u16>,
}

impl Slots {
    /// Makes room for so many streams.
    pub(super) fn open(&mut self, slots: usize) {
        self.words.resize(slots, Words([0; BLOCK + 8]));
        self.some.resize(slots, 0);
        self.written.resize(slots, 0);
        self.at.clear();
        self.at.extend(0..slots);
    }

    /// Notes which groups of a slot have a bit that was set from outside.
    pub(super) fn note(&mut self, slot: usize) {
        let groups = self.words[slot].0[..BLOCK].chunks_exact(GROUP).enumerate();
        let some = |words: &[u64]| words.iter().fold(0, |all, word| all | word) != 0;
        let bits = groups.fold(0, |all, (i, group)| all | u16::from(some(group)) << i);
        (self.some[slot], self.written[slot]) = (bits, bits);
    }

    /// The words of a stream.
    pub(super) fn of(&self, stream: usize) -> &Words {
        &self.words[self.at[stream]]
    }
}

/// Makes streams of streams, with the widest instructions of a machine.
pub(super) fn make(machine: Machine, made: &[Made], slots: &mut Slots) {
    match machine {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX2.
        Machine::Avx2 => unsafe { make_avx2(made, slots) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX-512 F and BW.
        Machine::Avx512 | Machine::Avx512Vbmi => unsafe { make_avx512(made, slots) },
        #[cfg(not(target_arch = "x86_64"))]
        Machine::Avx2 | Machine::Avx512 | Machine::Avx512Vbmi => make_all(made, slots),
        Machine::Portable => make_all(made, slots),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn make_avx2(made: &[Made], slots: &mut Slots) {
    make_all(made, slots);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn make_avx512(made: &[Made], slots: &mut Slots) {
    make_all(made, slots);
}

#[inline(always)]
fn make_all(made: &[Made], slots: &mut Slots) {
    for &Made { to, step, a, b, k } in made {
        debug_assert!(k < 64 && (k > 0 || matches!(step, Step::And | Step::Or)));
        let (of_a, of_b) = (slots.some[a], slots.some[b]);
        // What is seen ahead may lie in the next group.
        let ahead = |groups: u16| groups | groups >> 1;
        let (groups, same) = match step {
            Step::And if k == 0 => (of_a & of_b, None),
            Step::And => (of_a & ahead(of_b), None),
            Step::Ahead => (ahead(of_b), None),
            Step::Or if of_a == 0 => (of_b, Some(b)),
            Step::Or | Step::OrAnd if of_b == 0 => (of_a, Some(a)),
            Step::Or => (of_a | of_b, None),
            Step::OrAnd => (of_a | (of_b & ahead(of_a)), None),
        };
        if let Some(same) = same {
            slots.at[to] = slots.at[same];
            slots.some[to] = groups;
            continue;
        }
        slots.at[to] = to;
        let (before, rest) = slots.words.split_at_mut(to);
        let out = &mut rest[0];
        let stale = slots.written[to] & !groups;
        each_group(stale, |at| {
            out.0[at..at + GROUP].copy_from_slice(&[0; GROUP]);
            true
        });
        slots.some[to] = if groups == 0 {
            0
        } else {
            take(step, k, groups, (&before[slots.at[a]], &before[slots.at[b]]), out)
        };
        slots.written[to] = slots.some[to];
    }
}

/// The groups of which something is so, by the place of their first word.
#[inline(always)]
fn each_group(mut groups: u16, mut is_so: impl FnMut(usize) -> bool) -> u16 {
    let mut some = 0;
    while groups != 0 {
        let group = groups.trailing_zeros() as usize;
        groups &= groups - 1;
        some |= u16::from(is_so((group * GROUP).min(BLOCK - GROUP))) << group;
    }
    some
}

/// `out = f(a, b >> k)` in some groups; those that then have a bit.
#[inline(always)]
fn take(step: Step, k: u32, groups: u16, (a, b): (&Words, &Words), out: &mut Words) -> u16 {
    match step {
        Step::And if k == 0 => in_groups(groups, a, b, out, |a, b, i| a[i] & b[i]),
        Step::And => in_groups(groups, a, b, out, |a, b, i| a[i] & ahead(b, i, k)),
        Step::Ahead => in_groups(groups, a, b, out, |_, b, i| ahead(b, i, k)),
        Step::Or => in_groups(groups, a, b, out, |a, b, i| a[i] | b[i]),
        Step::OrAnd => in_groups(groups, a, b, out, |a, b, i| a[i] | (b[i] & ahead(a, i, k))),
    }
}

/// Only where `k` is not zero: shifted by 64 a word would stay as it is.
#[inline(always)]
fn ahead(x: &[u64; GROUP + 1], i: usize, k: u32) -> u64 {
    x[i] >> (k & 63) | x[i + 1] << ((64 - k) & 63)
}

#[inline(always)]
fn in_groups(
    groups: u16,
    a: &Words,
    b: &Words,
    out: &mut Words,
    f: impl Fn(&[u64; GROUP + 1], &[u64; GROUP + 1], usize) -> u64,
) -> u16 {
    each_group(groups, |at| {
        let of = |x: &Words| -> [u64; GROUP + 1] { std::array::from_fn(|i| x.0[at + i]) };
        let (a, b) = (of(a), of(b));
        let words: [u64; GROUP] = std::array::from_fn(|i| f(&a, &b, i));
        out.0[at..at + GROUP].copy_from_slice(&words);
        words.iter().fold(0, |all, word| all | word) != 0
    })
}

#[cfg(test)]
mod tests {
    use super::super::machine::{BODY, WORD};
    use super::*;

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
        let kinds = [
            (Step::And, 0),
            (Step::And, 9),
            (Step::Ahead, 63),
            (Step::Or, 0),
            (Step::OrAnd, 1),
            (Step::OrAnd, 32),
        ];
        let made: Vec<Made> = { kinds.into_iter().enumerate() }
            .map(|(i, (step, k))| Made { to: 2 + i, step, a: 0, b: 1, k })
            .collect();
        for machine in Machine::all() {
            let mut slots = Slots::default();
            slots.open(2 + made.len());
            // The second time a part of the words is zero, where something was written before.
            for hole in [0..0, 20..45] {
                for (slot, from) in [&a, &b].into_iter().enumerate() {
                    slots.words[slot] = from.clone();
                    slots.words[slot].0[hole.clone()].fill(0);
                    slots.note(slot);
                }
                make(machine, &made, &mut slots);
                let (a, b) = (&slots.words[0], &slots.words[1]);
                for &Made { to, step, k, .. } in &made {
                    let out = slots.of(to);
                    for i in 0..BODY * WORD {
                        let far = i + k as usize;
                        let want = match step {
                            Step::And => bit(a, i) && bit(b, far),
                            Step::Ahead => bit(b, far),
                            Step::Or => bit(a, i) || bit(b, i),
                            Step::OrAnd => bit(a, i) || (bit(b, i) && bit(a, far)),
                        };
                        assert_eq!(bit(out, i), want, "{machine:?} {step:?} {k} at {i}");
                    }
                    let groups = out.0[..BLOCK].chunks(GROUP).enumerate();
                    for (group, words) in groups {
                        let some = slots.some[to] >> group & 1 != 0;
                        assert_eq!(some, words.iter().any(|word| *word != 0));
                    }
                }
            }
        }
    }
}
