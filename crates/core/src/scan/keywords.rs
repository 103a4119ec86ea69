//! Keywords and phrases: all detectors' words, each word of a text matched once and shared by all
//! who asked for it.

use super::bytes::ByteSet;
use super::finder::first_bytes::{FirstBytes, SMALL};
use super::finder::{Keywords, Machine, Parts, Places, Word, WordStarts};
use super::first_words::{First, KEYS, key, small_eight};
use super::text::{char_after, char_before, is_letter};
use crate::detector::Case;
use rustc_hash::FxHashMap;
use std::collections::hash_map;
use std::ops::Range;

/// How the words of an entry may be joined in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Joint {
    /// Blanks, `_`, `-`, a line break, or nothing: keywords.
    Loose,
    /// One to three blanks or one line break: phrases.
    Blank,
}

/// One distinct word or phrase.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Entry {
    /// Its words, as written.
    words: Vec<Box<[u8]>>,
    joint: Joint,
    case: Case,
}

/// Which entry was found where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) entry: u32,
}

impl Hit {
    pub(super) fn span(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Gathers entries; see [`Words`].
#[derive(Default)]
pub(super) struct WordsBuilder {
    entries: Vec<Entry>,
    /// By its words as they are told, a blank between two of them.
    known: FxHashMap<(Vec<u8>, Joint, Case), u32>,
}

impl WordsBuilder {
    /// Adds an entry, or finds it again. `None` where it holds no word.
    pub(super) fn add(&mut self, text: &str, joint: Joint, case: Case) -> Option<u32> {
        let parts = |b: u8| b == b' ' || (joint == Joint::Loose && (b == b'_' || b == b'-'));
        let mut told = Vec::with_capacity(text.len());
        for byte in text.bytes() {
            if !parts(byte) {
                told.push(byte);
            } else if told.last().is_some_and(|last| *last != b' ') {
                told.push(b' ');
            }
        }
        told.pop_if(|last| *last == b' ');
        if case == Case::Insensitive {
            told.make_ascii_lowercase();
        }
        if told.is_empty() {
            return None;
        }
        let next = self.entries.len() as u32;
        let entry = match self.known.entry((told, joint, case)) {
            hash_map::Entry::Occupied(known) => return Some(*known.get()),
            hash_map::Entry::Vacant(new) => new,
        };
        let words = entry.key().0.split(|b| *b == b' ').map(Into::into).collect();
        self.entries.push(Entry { words, joint, case });
        entry.insert(next);
        Some(next)
    }

    pub(super) fn build(self) -> Words {
        let mut firsts: Vec<First> = Vec::new();
        let mut known: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
        let keywords = |(_, entry): &(usize, &Entry)| entry.joint == Joint::Loose;
        for (id, entry) in self.entries.iter().enumerate().filter(keywords) {
            let word = entry.words[0].to_ascii_lowercase();
            let at = *known.entry(word.clone()).or_insert_with(|| {
                firsts.push(First::of(word));
                firsts.len() - 1
            });
            firsts[at].add(entry.words.get(1).map(|next| &**next), id as u32);
        }
        firsts.sort_by_cached_key(|first| first.key());
        let mut begins = ByteSet::default();
        let mut from = vec![0; KEYS + 1];
        let mut first_bytes = FirstBytes::default();
        for first in &firsts {
            begins.add(first.word[0]);
            begins.add(first.word[0].to_ascii_uppercase());
            from[first.key() + 1] += 1;
            first_bytes.add(&first.word, first.then());
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        let starts = WordStarts::new(&begins);
        Words { begins, starts, first_bytes, from, firsts, entries: self.entries }
    }
}

/// All words, compiled.
#[derive(Debug)]
pub(super) struct Words {
    /// The bytes that keywords begin with.
    begins: ByteSet,
    starts: WordStarts,
    first_bytes: FirstBytes,
    /// By key: where the words of it start; those of the next key end them.
    from: Vec<u32>,
    firsts: Vec<First>,
    entries: Vec<Entry>,
}

impl Words {
    /// What the words of a text are visited for. The words of a keyword may be joined by nothing, so
    /// that the first may be one with those behind it.
    pub(super) fn visited(&self) -> Keywords {
        let keywords = self.entries.iter().filter(|entry| entry.joint == Joint::Loose);
        let words = keywords.flat_map(|entry| {
            (1..=entry.words.len()).map(|count| Word::of(&entry.words[..count].concat()))
        });
        Keywords { begins: self.begins, words: words.collect() }
    }

    /// Whether there are no keywords.
    pub(super) fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }

    /// The phrases: entry, words and case.
    pub(super) fn phrases(&self) -> impl Iterator<Item = (u32, &[Box<[u8]>], Case)> {
        let all = self.entries.iter().enumerate().filter(|(_, e)| e.joint == Joint::Blank);
        all.map(|(id, entry)| (id as u32, &*entry.words, entry.case))
    }

    /// Where the entry ends that starts at `at`, if it is there.
    pub(super) fn at(&self, entry: u32, text: &[u8], at: usize) -> Option<usize> {
        let entry = &self.entries[entry as usize];
        let first = at..at + entry.words[0].len();
        if first.end > text.len() || !starts_word(text, at) {
            return None;
        }
        entry.end(text, first)
    }

    /// Makes the search for keywords use the instructions of a machine.
    pub(super) fn run_on(&mut self, machine: Machine) {
        self.starts.run_on(machine);
    }

    /// Adds every keyword of `text` that starts in `range` to `hits`, sorted by start.
    pub(super) fn find(
        &self,
        parts: &mut Parts,
        text: &[u8],
        range: Range<usize>,
        hits: &mut Vec<Hit>,
    ) {
        if self.is_empty() {
            return;
        }
        self.starts.each(parts, text, range, |start, eight| {
            self.look(text, start, eight | SMALL, hits);
        });
    }

    /// The same, where it is known at which places a keyword may start.
    pub(super) fn find_at(
        &self,
        text: &[u8],
        places: &Places,
        range: &Range<usize>,
        hits: &mut Vec<Hit>,
    ) {
        places.each(range, |start| self.look(text, start, small_eight(&text[start..]), hits));
    }

    /// Adds the keywords at a place whose first eight bytes are `small`, sorted.
    #[inline(always)]
    fn look(&self, text: &[u8], start: usize, small: u64, hits: &mut Vec<Hit>) {
        let added = hits.len();
        // Nearly always none is.
        if self.first_bytes.may_be_short(small) {
            self.look_up(key(small, 1), small, text, start, hits);
            self.look_up(key(small, 2), small, text, start, hits);
        }
        if self.first_bytes.may_be_long(small) {
            self.look_up(key(small, 3), small, text, start, hits);
        }
        if hits.len() > added + 1 {
            hits[added..].sort_unstable();
        }
    }

    /// Adds the keywords at `start` that begin with a word of a key.
    #[inline(never)]
    fn look_up(&self, key: usize, small: u64, text: &[u8], start: usize, hits: &mut Vec<Hit>) {
        for first in &self.firsts[self.from[key] as usize..self.from[key + 1] as usize] {
            if first.start.may(small) {
                self.begins_with(first, text, start, hits);
            }
        }
    }

    /// Adds the keywords that begin with a word at `start`, if it stands there.
    fn begins_with(&self, first: &First, text: &[u8], start: usize, hits: &mut Vec<Hit>) {
        let span = start..start + first.word.len();
        if !text.get(span.end..).is_some_and(|behind| first.goes_on(behind))
            || !text[span.clone()].eq_ignore_ascii_case(&first.word)
            || !starts_word(text, start)
        {
            return;
        }
        let mut then = None;
        for user in &first.users {
            if let Some(next) = user.next {
                let then = *then.get_or_insert_with(|| {
                    let rest = &text[span.end..];
                    small_eight(&rest[loose_joint(rest)..])
                });
                if !next.may(then) {
                    continue;
                }
            }
            if let Some(end) = self.entries[user.entry as usize].end(text, span.clone()) {
                hits.push(Hit { start, end, entry: user.entry });
            }
        }
    }
}

impl Entry {
    /// Where the entry ends whose first word stands at `first`, if all of it is there.
    fn end(&self, text: &[u8], first: Range<usize>) -> Option<usize> {
        if !self.same(&text[first.clone()], &self.words[0]) {
            return None;
        }
        let mut at = first.end;
        for word in &self.words[1..] {
            at += match self.joint {
                Joint::Loose => loose_joint(&text[at..]),
                Joint::Blank => blank_joint(&text[at..])?,
            };
            let end = at + word.len();
            if !self.same(text.get(at..end)?, word) {
                return None;
            }
            at = end;
        }
        ends_word(text, at).then_some(at)
    }

    fn same(&self, text: &[u8], word: &[u8]) -> bool {
        match self.case {
            Case::Insensitive => text.eq_ignore_ascii_case(word),
            Case::Sensitive => text == word,
        }
    }
}

/// What may join the words of a keyword.
pub(super) const JOINTS: [u8; 6] = *b" \t_-\r\n";

/// Bytes of blanks, `_`, `-` and at most one line break, up to eight.
fn loose_joint(text: &[u8]) -> usize {
    let mut breaks = 0;
    text.iter()
        .take(8)
        .take_while(|&&b| {
            breaks += usize::from(b == b'\n');
            JOINTS.contains(&b) && breaks < 2
        })
        .count()
}

/// One to three blanks or one line break (with blanks around it).
fn blank_joint(text: &[u8]) -> Option<usize> {
    let blanks = |from: usize| {
        text[from..].iter().take(8).take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count()
    };
    let before = blanks(0);
    if text.get(before) == Some(&b'\n') {
        return Some(before + 1 + blanks(before + 1));
    }
    (1..=3).contains(&before).then_some(before)
}

/// Whether a word may start at `at`: nothing of a word before it, or a hump of camel case.
fn starts_word(text: &[u8], at: usize) -> bool {
    let (Some(before), Some(first)) = (char_before(text, at), char_after(text, at)) else {
        return true;
    };
    if !is_letter(first) && !first.is_ascii_digit() {
        return true;
    }
    if before.is_ascii_lowercase() && first.is_ascii_uppercase() {
        return true;
    }
    !is_letter(before) && !before.is_ascii_digit()
}

/// Whether a word may end at `at`: nothing of a word after it, or a new hump of camel case.
fn ends_word(text: &[u8], at: usize) -> bool {
    let (Some(last), Some(after)) = (char_before(text, at), char_after(text, at)) else {
        return true;
    };
    if !is_letter(last) && !last.is_ascii_digit() {
        return true;
    }
    if last.is_ascii_lowercase() && after.is_ascii_uppercase() {
        return true;
    }
    !is_letter(after) && !after.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(entry: &str, joint: Joint, case: Case, text: &str) -> Vec<String> {
        let mut builder = WordsBuilder::default();
        builder.add(entry, joint, case).unwrap();
        let words = builder.build();
        if joint == Joint::Blank {
            let hits = (0..text.len()).filter_map(|at| Some(at..words.at(0, text.as_bytes(), at)?));
            return hits.map(|hit| text[hit].to_owned()).collect();
        }
        let mut hits = Vec::new();
        words.find(&mut Parts::default(), text.as_bytes(), 0..text.len(), &mut hits);
        hits.iter().map(|hit| text[hit.span()].to_owned()).collect()
    }

    fn keyword(entry: &str, text: &str) -> usize {
        found(entry, Joint::Loose, Case::Insensitive, text).len()
    }

    #[test]
    fn a_space_in_a_keyword_matches_however_two_words_are_joined() {
        for text in [
            "sort code",
            "Sort Code",
            "sort_code",
            "SortCode",
            "sortcode",
            "Sort-Code",
            "SORT\nCODE",
            "sort  code:",
            "mySortCode",
            "sortCodeOf",
            "(sort code)",
            "sort\tcode",
            "SORT_CODE_1",
        ] {
            assert_eq!(keyword("sort code", text), 1, "{text}");
        }
        for text in ["resort code", "sort codex", "sort, code", "sort\n\ncode", "sort x code"] {
            assert_eq!(keyword("sort code", text), 0, "{text}");
        }
    }

    #[test]
    fn a_keyword_is_a_whole_word_also_next_to_letters_with_accents() {
        assert_eq!(keyword("pin", "PIN: 1"), 1);
        assert_eq!(keyword("pin", "user_pin=1"), 1);
        assert_eq!(keyword("pin", "pinning, spin, épin, pin9"), 0);
        assert_eq!(keyword("a/c", "A/C no"), 1);
        assert_eq!(keyword("d.o.b.", "D.O.B.: 1"), 1);
    }

    #[test]
    fn a_phrase_keeps_its_blanks_and_its_case() {
        let phrase = |text| found("NOT FOR RELEASE", Joint::Blank, Case::Sensitive, text).len();
        assert_eq!(phrase("NOT  FOR\r\nRELEASE."), 1);
        assert_eq!(phrase("not for release"), 0);
        assert_eq!(phrase("NOT-FOR-RELEASE"), 0);
        assert_eq!(phrase("NOTFORRELEASE"), 0);
    }

    #[test]
    fn entries_that_begin_alike_are_all_found() {
        let mut builder = WordsBuilder::default();
        for entry in ["account", "account number", "account no", "count"] {
            builder.add(entry, Joint::Loose, Case::Insensitive);
        }
        let words = builder.build();
        let mut hits = Vec::new();
        words.find(&mut Parts::default(), b"Account number", 0..14, &mut hits);
        assert_eq!(hits.iter().map(|h| h.entry).collect::<Vec<_>>(), [0, 1]);
    }
}
