//! One visit to every word of a text, for all who look words up.

use super::super::bytes::ByteSet;
use super::first_bytes::{FirstBytes, SMALL};
use super::heads::Head;
use super::machine::{Machine, WORD, Work};
use super::starts::{InWords, Parts, WordStarts};
use super::whole_words::{BEFORE_OTHERS, BEGINNING, KEYWORD, WholeWords, Word};
use super::windows::{Bits, eight};
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
            for bit in Bits(*bits) {
                let place = number * WORD + bit as usize;
                if range.contains(&place) {
                    each(place);
                }
            }
        }
    }
}

/// What is asked at every word of a text where many beginnings are looked up: whether one of them
/// or a keyword may stand there.
#[derive(Debug)]
pub(in super::super) struct Visits {
    starts: WordStarts,
    /// Keywords, and beginnings that tell where their first word ends.
    whole: WholeWords,
    /// All other beginnings.
    heads: FirstBytes,
}

impl Visits {
    /// For these beginnings, of each of which it is said whether nothing of a word stands behind it,
    /// and for keywords.
    pub(super) fn new<'a>(
        heads: impl Iterator<Item = (&'a Head, bool)>,
        keywords: &Keywords,
    ) -> Visits {
        let mut begins = keywords.begins;
        let mut whole = WholeWords::default();
        let mut first_bytes = FirstBytes::default();
        keywords.words.iter().for_each(|word| whole.add(*word, KEYWORD));
        for (head, is_whole) in heads {
            let word: Vec<u8> = head.word().collect();
            begins.add(word[0].to_ascii_lowercase());
            begins.add(word[0].to_ascii_uppercase());
            match Word::of_head(head, is_whole) {
                Some((word, of)) => whole.add(word, of),
                None => first_bytes.add(&word, u32::MAX),
            }
        }
        Visits { starts: WordStarts::new(&begins), whole, heads: first_bytes }
    }

    pub(super) fn run_on(&mut self, machine: Machine) {
        self.starts.run_on(machine);
    }

    /// Notes the places where a keyword may start, and those where a beginning may.
    pub(in super::super) fn each(
        &self,
        parts: &mut Parts,
        text: &[u8],
        of_keywords: &mut Places,
        of_heads: &mut Places,
    ) {
        of_keywords.open(text.len());
        of_heads.open(text.len());
        let words = self.starts.in_words(parts, text, 0..text.len());
        self.starts.machine().work(Visit { visits: self, words, of_keywords, of_heads });
    }
}

/// The words of a text, to be visited.
struct Visit<'a> {
    visits: &'a Visits,
    words: InWords<'a>,
    of_keywords: &'a mut Places,
    of_heads: &'a mut Places,
}

impl Work for Visit<'_> {
    #[inline(always)]
    fn run(mut self) {
        let Visits { whole, heads: beginnings, .. } = self.visits;
        while let Some(started) = self.words.next() {
            let (mut keywords, mut heads) = (0, 0);
            for bit in Bits(started.starts) {
                let eight = eight(started.window, bit);
                let len = started.len(bit);
                let of = whole.of(Word::new(eight, len));
                let is_head = beginnings.may_be_long(eight | SMALL);
                if of == 0 && !is_head {
                    continue;
                }
                // What stands behind the sign after the word, if it is among the eight.
                let then = (eight >> (8 * len - 8) >> 16) as u8;
                let others = BEFORE_OTHERS * u32::from(!then.is_ascii_lowercase());
                keywords |= u64::from(of & KEYWORD != 0) << bit;
                heads |= u64::from(is_head || of & (BEGINNING | others) != 0) << bit;
            }
            if started.has_humps() {
                // What holds one may be two words, or one that is written so.
                for bit in Bits(started.starts) {
                    let some = u64::from(started.has_hump(bit)) << bit;
                    (keywords, heads) = (keywords | some, heads | some);
                }
            }
            self.of_keywords.0[started.from / WORD] = keywords;
            self.of_heads.0[started.from / WORD] = heads;
        }
    }
}

/// What words are visited for besides beginnings.
pub(in super::super) struct Keywords {
    /// The bytes that keywords begin with.
    pub(in super::super) begins: ByteSet,
    /// The words that a text begins with where one stands.
    pub(in super::super) words: Vec<Word>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_visited_for_beginnings_and_for_keywords() {
        let heads = [Head::of(b"AKIA", false), Head::of(b"bearer", true), Head::of(b"to X", false)];
        let keywords = Keywords {
            begins: ByteSet::of(|b| b"aAnN".contains(&b)),
            words: vec![Word::of(b"no"), Word::of(b"account"), Word::of(b"accountnumber")],
        };
        let text =
            "no. AKIA4 myAccount Bearer éno to X to x bearers accountNo accounts ".repeat(40);
        let (mut of_keywords, mut of_heads) = (Places::default(), Places::default());
        for machine in Machine::all() {
            let heads = heads.iter().zip([false, true, false]);
            let mut visits = Visits::new(heads, &keywords);
            visits.run_on(machine);
            let parts = &mut Parts::default();
            visits.each(parts, text.as_bytes(), &mut of_keywords, &mut of_heads);
            let found = |places: &Places, range| {
                let mut all = Vec::new();
                places.each(&range, |place| all.push(text[place..].split(['.', ' ']).next()));
                all.into_iter().flatten().collect::<Vec<_>>()
            };
            assert_eq!(found(&of_keywords, 0..69), ["no", "Account", "no", "accountNo", "No"]);
            assert_eq!(found(&of_keywords, 1..28), ["Account"]);
            assert_eq!(found(&of_heads, 0..69), ["AKIA4", "Bearer", "to", "accountNo"]);
            assert_eq!(found(&of_heads, 0..text.len()).len(), 160);
        }
    }
}
