//! Where words start, for those who look words up in a part of a text.

use super::super::bytes::ByteSet;
use super::machine::{BLOCK, Classes, Machine, WORD, Words};
use super::windows::{self, Window, eight, window, within};
use std::ops::Range;

/// What is known of a part of a text. Reused.
#[derive(Default)]
pub(in super::super) struct Parts(Vec<Words>);

/// Where words may start, word by word of the streams: what it needs to know of the one before.
struct Free {
    after_alnum: u64,
    after_small: u64,
}

impl Free {
    /// After this byte.
    fn after(byte: u8) -> Free {
        Free {
            after_alnum: u64::from(byte.is_ascii_alphanumeric()),
            after_small: u64::from(byte.is_ascii_lowercase()),
        }
    }

    /// The places before which nothing of a word stands, and the humps of camel case, given the
    /// ASCII letters and figures of the next word of the streams, its small letters and capitals.
    #[inline(always)]
    fn next(&mut self, alnum: u64, small: u64, capital: u64) -> u64 {
        let hump = capital & (small << 1 | self.after_small);
        let free = !(alnum << 1 | self.after_alnum) | hump;
        (self.after_alnum, self.after_small) = (alnum >> 63, small >> 63);
        free
    }
}

/// Whether a word may start at a place that does not begin with a sign: nothing of a word stands
/// before it, or it is a hump of camel case.
pub(super) fn starts_at(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| text[i]) else { return true };
    !before.is_ascii_alphanumeric()
        || (before.is_ascii_lowercase() && text[at].is_ascii_uppercase())
}

/// Finds the places where a word may start that begins with one of a set of bytes: nothing of a
/// word stands before it, or it is a hump of camel case. A byte that is not ASCII parts words here.
#[derive(Debug)]
pub(in super::super) struct WordStarts {
    /// The set, letters and figures, small letters, capitals.
    classes: Classes,
    machine: Machine,
}

impl WordStarts {
    pub(in super::super) fn new(begins: &ByteSet) -> Self {
        let begins = if begins.has_high() { begins.union(&ByteSet::HIGH) } else { *begins };
        let classes = Classes::new(&[
            begins,
            ByteSet::of(|b| b.is_ascii_alphanumeric()),
            ByteSet::of(|b| b.is_ascii_lowercase()),
            ByteSet::of(|b| b.is_ascii_uppercase()),
        ]);
        WordStarts { classes, machine: Machine::best() }
    }

    pub(in super::super) fn run_on(&mut self, machine: Machine) {
        self.machine = machine;
    }

    /// Yields the places in `range`, in order, each with the eight bytes that stand there, the first
    /// lowest; behind the end of the text there are zeros.
    pub(in super::super) fn each(
        &self,
        parts: &mut Parts,
        text: &[u8],
        range: Range<usize>,
        mut each: impl FnMut(usize, u64),
    ) {
        self.each_word(parts, text, range, |from, starts, window| {
            windows::each(starts, |bit| each(from + bit as usize, eight(window, bit)));
        });
    }

    /// The same by sixty-four places at a time: the first of them, a bit for each, and the bytes that
    /// stand there; where there are none, nothing is yielded.
    #[inline(always)]
    pub(super) fn each_word(
        &self,
        parts: &mut Parts,
        text: &[u8],
        range: Range<usize>,
        mut each: impl FnMut(usize, u64, &Window),
    ) {
        let slots = &mut parts.0;
        slots.resize(self.classes.len(), Words([0; BLOCK + 8]));
        let mut free = Free::after(range.start.checked_sub(1).map_or(0, |i| text[i]));
        for base in range.clone().step_by(BLOCK * WORD) {
            let part = &text[base..range.end.min(base + BLOCK * WORD)];
            let (whole, rest) = part.as_chunks::<WORD>();
            self.classes.tell(self.machine, whole, slots, 0);
            if !rest.is_empty() {
                let mut bytes = [0; WORD];
                bytes[..rest.len()].copy_from_slice(rest);
                self.classes.tell(self.machine, &[bytes], slots, whole.len());
            }
            for word in 0..part.len().div_ceil(WORD) {
                let [begins, alnum, small, capital] = [0, 1, 2, 3].map(|i: usize| slots[i].0[word]);
                let from = base + word * WORD;
                // Nothing begins behind the end, though a set may have the byte that fills it.
                let starts = begins & (!alnum | free.next(alnum, small, capital));
                let starts = starts & within(range.end - from);
                if starts == 0 {
                    continue;
                }
                let mut padded = [0; WORD + 8];
                each(from, starts, window(text, from, &mut padded));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_start_after_what_is_no_word_and_at_humps_in_every_part_of_a_text() {
        let text = "ab cD 1x-é_zZ9 Q ".repeat(700).into_bytes();
        let begins = ByteSet::of(|b| b.is_ascii_alphanumeric() || b == b'-');
        for machine in Machine::all() {
            let mut starts = WordStarts::new(&begins);
            starts.run_on(machine);
            for range in [0..text.len(), 1..77, 64..128, 5..5, 4600..9999] {
                let want = range.clone().filter(|&at| {
                    let (byte, before) = (text[at], at.checked_sub(1).map_or(b' ', |i| text[i]));
                    let hump = before.is_ascii_lowercase() && byte.is_ascii_uppercase();
                    let inside = byte.is_ascii_alphanumeric() && before.is_ascii_alphanumeric();
                    begins.has(byte) && (!inside || hump)
                });
                let mut got = Vec::new();
                starts.each(&mut Parts::default(), &text, range.clone(), |at, eight| {
                    assert_eq!(eight as u8, text[at]);
                    got.push(at);
                });
                assert_eq!(got, want.collect::<Vec<_>>(), "{machine:?} {range:?}");
            }
        }
    }
}
