//! One visit to every word of a text, for all who look words up.

use super::super::bytes::ByteSet;
use super::first_bytes::{FirstBytes, SMALL};
use super::heads::Head;
use super::machine::{Machine, WORD};
use super::starts::{Parts, WordStarts};
use super::windows::{self, eight};
use std::ops::Range;

/// Places of a text, a bit each. Reused.
#[derive(Default)]
pub(in super::super) struct Places(Vec<u64>);

impl Places {
    fn open(&mut self, len: usize) {
        self.0.clear();
        self.0.resize(len.div_ceil(WORD), 0);
    }

    /// Sixty-four places each, from the first on.
    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    /// Calls `each` with the places in a range, in order.
    pub(in super::super) fn each(&self, range: &Range<usize>, mut each: impl FnMut(usize)) {
        let words = range.start / WORD..range.end.div_ceil(WORD);
        for (number, bits) in words.clone().zip(&self.0[words]) {
            windows::each(*bits, |bit| {
                let place = number * WORD + bit as usize;
                if range.contains(&place) {
                    each(place);
                }
            });
        }
    }
}

/// What is asked at every word of a text where many beginnings are looked up: whether one of them
/// or a keyword may stand there.
#[derive(Debug)]
pub(in super::super) struct Visits {
    starts: WordStarts,
    heads: FirstBytes,
}

impl Visits {
    /// For these beginnings, and keywords that begin with certain bytes.
    pub(super) fn new<'a>(heads: impl Iterator<Item = &'a Head>, keywords: &ByteSet) -> Visits {
        let mut begins = *keywords;
        let mut first_bytes = FirstBytes::default();
        for head in heads {
            let word: Vec<u8> = head.word().collect();
            first_bytes.add(&word, u32::MAX);
            begins.add(word[0].to_ascii_lowercase());
            begins.add(word[0].to_ascii_uppercase());
        }
        Visits { starts: WordStarts::new(&begins), heads: first_bytes }
    }

    pub(super) fn run_on(&mut self, machine: Machine) {
        self.starts.run_on(machine);
    }

    /// Notes the places where a keyword may start, and those where a beginning may.
    pub(in super::super) fn each(
        &self,
        parts: &mut Parts,
        text: &[u8],
        keywords: &FirstBytes,
        of_keywords: &mut Places,
        of_heads: &mut Places,
    ) {
        of_keywords.open(text.len());
        of_heads.open(text.len());
        self.starts.each_word(parts, text, 0..text.len(), |from, starts, window| {
            let (mut some, mut others) = (0, 0);
            windows::each(starts, |bit| {
                let small = eight(window, bit) | SMALL;
                let may = keywords.may_be_short(small) | keywords.may_be_long(small);
                some |= u64::from(may) << bit;
                others |= u64::from(self.heads.may_be_long(small)) << bit;
            });
            of_keywords.0[from / WORD] = some;
            of_heads.0[from / WORD] = others;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_visited_for_beginnings_and_for_keywords() {
        let heads = [Head::of(b"AKIA", false), Head::of(b"bearer", true)];
        let mut keywords = FirstBytes::default();
        keywords.add(b"no", u32::MAX);
        keywords.add(b"account", u32::MAX);
        let begins = ByteSet::of(|b| b"aAnN".contains(&b));
        let text = "no. AKIA myAccount Bearer éno bean ".repeat(40);
        let (mut of_keywords, mut of_heads) = (Places::default(), Places::default());
        for machine in Machine::all() {
            let mut visits = Visits::new(heads.iter(), &begins);
            visits.run_on(machine);
            let parts = &mut Parts::default();
            visits.each(parts, text.as_bytes(), &keywords, &mut of_keywords, &mut of_heads);
            let found = |places: &Places, range| {
                let mut all = Vec::new();
                places.each(&range, |place| all.push(text[place..].split(['.', ' ']).next()));
                all.into_iter().flatten().collect::<Vec<_>>()
            };
            assert_eq!(found(&of_keywords, 0..36), ["no", "Account", "no"], "{machine:?}");
            assert_eq!(found(&of_keywords, 1..28), ["Account"]);
            assert_eq!(found(&of_heads, 0..30), ["AKIA", "Bearer"]);
            assert_eq!(found(&of_heads, 0..text.len()).len(), 80);
        }
    }
}
