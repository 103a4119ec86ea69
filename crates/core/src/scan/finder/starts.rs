//! Where words start, for those who look words up in a part of a text.

use super::super::bytes::ByteSet;
use super::machine::{BLOCK, BODY, Classes, Machine, WORD, Words};
use super::windows::{Bits, Window, eight, window, within};
use std::ops::Range;

/// What is known of a part of a text. Reused.
#[derive(Default)]
pub(in super::super) struct Parts(Vec<Words>);

/// Sixty-four places of a text at which words may start.
pub(super) struct Started<'w> {
    /// The first of them.
    pub(super) from: usize,
    /// Where they do.
    pub(super) starts: u64,
    /// The bytes that stand there.
    pub(super) window: &'w Window,
    /// What is no ASCII letter or figure, here and at the next sixty-four places.
    signs: [u64; 2],
    /// The humps of camel case.
    humps: [u64; 2],
}

impl Started<'_> {
    /// How many bytes the word at a place has, eight at most: its first, and letters and figures.
    #[inline(always)]
    pub(super) fn len(&self, bit: u32) -> u32 {
        1 + behind(self.signs, bit).trailing_zeros().min(7)
    }

    /// Whether there is any hump of camel case.
    #[inline(always)]
    pub(super) fn has_humps(&self) -> bool {
        self.humps != [0; 2]
    }

    /// Whether a hump of camel case stands in the first bytes of the word at a place.
    #[inline(always)]
    pub(super) fn has_hump(&self, bit: u32) -> bool {
        behind(self.humps, bit) & ((1 << (self.len(bit) - 1)) - 1) != 0
    }
}

/// The bits behind one.
#[inline(always)]
fn behind(bits: [u64; 2], bit: u32) -> u64 {
    bits[0] >> bit >> 1 | bits[1] << (63 - bit)
}

/// Whether a word may start at a place that does not begin with a sign: nothing of a word stands
/// before it, or it is a hump of camel case.
pub(super) fn starts_at(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| text[i]) else { return true };
    !before.is_ascii_alphanumeric()
        || (before.is_ascii_lowercase() && text[at].is_ascii_uppercase())
}

/// The sets, by number.
const BEGINS: usize = 0;
const ALNUM: usize = 1;
const SMALL: usize = 2;
const CAPITAL: usize = 3;

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

    pub(super) fn machine(&self) -> Machine {
        self.machine
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
        let mut all = self.in_words(parts, text, range);
        while let Some(started) = all.next() {
            for bit in Bits(started.starts) {
                each(started.from + bit as usize, eight(started.window, bit));
            }
        }
    }

    /// The same by sixty-four places at a time.
    #[inline(always)]
    pub(super) fn in_words<'a>(
        &'a self,
        parts: &'a mut Parts,
        text: &'a [u8],
        range: Range<usize>,
    ) -> InWords<'a> {
        let slots = &mut parts.0;
        slots.resize(self.classes.len(), Words([0; BLOCK + 8]));
        let before = range.start.checked_sub(1).map_or(0, |i| text[i]);
        InWords {
            of: self,
            slots,
            text,
            base: range.start,
            end: range.end,
            word: BODY,
            after_alnum: u64::from(before.is_ascii_alphanumeric()),
            after_small: u64::from(before.is_ascii_lowercase()),
            humps: 0,
            padded: [0; WORD + 8],
        }
    }
}

/// A text by sixty-four places at a time.
pub(super) struct InWords<'a> {
    of: &'a WordStarts,
    slots: &'a mut [Words],
    text: &'a [u8],
    /// Where the next block starts, or the one that is told.
    base: usize,
    end: usize,
    /// The next of its words; behind the last where no block is told.
    word: usize,
    after_alnum: u64,
    after_small: u64,
    /// Those of the next word.
    humps: u64,
    padded: Window,
}

impl InWords<'_> {
    /// The next places of which one is a start.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<Started<'_>> {
        loop {
            if self.word == BODY {
                if self.base >= self.end {
                    return None;
                }
                self.tell();
            }
            let (word, from) = (self.word, self.base + self.word * WORD);
            if from >= self.end {
                return None;
            }
            self.word += 1;
            if self.word == BODY {
                self.base += BODY * WORD;
            }
            let of = |slot: usize| self.slots[slot].0[word];
            let (begins, alnum, small) = (of(BEGINS), of(ALNUM), of(SMALL));
            let free = !(alnum << 1 | self.after_alnum) | self.humps;
            (self.after_alnum, self.after_small) = (alnum >> 63, small >> 63);
            let next = self.humps_of(word + 1);
            let humps = [std::mem::replace(&mut self.humps, next), next];
            // Nothing begins behind the end, though a set may have the byte that fills it.
            let starts = begins & (!alnum | free) & within(self.end - from);
            if starts != 0 {
                let signs = [!alnum, !self.slots[ALNUM].0[word + 1]];
                let window = window(self.text, from, &mut self.padded);
                return Some(Started { from, starts, window, signs, humps });
            }
        }
    }

    /// The humps of camel case in a word, if those before it were looked at.
    #[inline(always)]
    fn humps_of(&self, word: usize) -> u64 {
        self.slots[CAPITAL].0[word] & (self.slots[SMALL].0[word] << 1 | self.after_small)
    }

    /// Tells the bytes of the next block apart, and of one word more: a text's words may go on there.
    fn tell(&mut self) {
        let end = self.text.len().min(self.base + (BODY + 1) * WORD);
        let (whole, rest) = self.text[self.base..end].as_chunks::<WORD>();
        let WordStarts { classes, machine } = self.of;
        classes.tell(*machine, whole, self.slots, 0);
        if whole.len() <= BODY {
            let mut bytes = [0; WORD];
            bytes[..rest.len()].copy_from_slice(rest);
            classes.tell(*machine, &[bytes], self.slots, whole.len());
        }
        self.word = 0;
        self.humps = self.humps_of(0);
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
