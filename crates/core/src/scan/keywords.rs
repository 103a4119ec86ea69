//! Keywords and phrases: all detectors' words, each word of a text matched once and shared by all
//! who asked for it.

use super::text::{char_after, char_before, is_letter};
use crate::detector::Case;
use std::collections::HashMap;
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
    known: HashMap<Entry, u32>,
}

impl WordsBuilder {
    /// Adds an entry, or finds it again. `None` where it holds no word.
    pub(super) fn add(&mut self, text: &str, joint: Joint, case: Case) -> Option<u32> {
        let split = |c: char| c == ' ' || (joint == Joint::Loose && (c == '_' || c == '-'));
        let fold = |word: &str| match case {
            Case::Insensitive => word.to_ascii_lowercase(),
            Case::Sensitive => word.to_owned(),
        };
        let words: Vec<Box<[u8]>> = text
            .split(split)
            .filter(|word| !word.is_empty())
            .map(|word| fold(word).into_bytes().into())
            .collect();
        if words.is_empty() {
            return None;
        }
        let entry = Entry { words, joint, case };
        let next = self.entries.len() as u32;
        let id = *self.known.entry(entry.clone()).or_insert(next);
        if id == next {
            self.entries.push(entry);
        }
        Some(id)
    }

    pub(super) fn build(self) -> Words {
        let mut firsts: Vec<First> = Vec::new();
        let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
        let keywords = |(_, entry): &(usize, &Entry)| entry.joint == Joint::Loose;
        for (id, entry) in self.entries.iter().enumerate().filter(keywords) {
            let word = entry.words[0].to_ascii_lowercase();
            let at = *known.entry(word.clone()).or_insert_with(|| {
                let mask = u64::MAX >> (8 * (8 - word.len().min(8)));
                let start = (eight(&word) | SMALL) & mask;
                firsts.push(First { word: word.into(), start, mask, users: Vec::new() });
                firsts.len() - 1
            });
            firsts[at].users.push(id as u32);
        }
        let key = |first: &First| hash(&first.word[..first.word.len().min(LOOKED_UP)]);
        firsts.sort_by_cached_key(key);
        let mut words = Words {
            begins: [false; 256],
            lengths: [false; LOOKED_UP],
            from: vec![0; (1 << BITS) + 1],
            firsts: Vec::new(),
            entries: self.entries,
        };
        for first in &firsts {
            words.begins[usize::from(first.word[0])] = true;
            words.begins[usize::from(first.word[0].to_ascii_uppercase())] = true;
            words.lengths[first.word.len().min(LOOKED_UP) - 1] = true;
            words.from[key(first) + 1] += 1;
        }
        for i in 1..words.from.len() {
            words.from[i] += words.from[i - 1];
        }
        words.firsts = firsts;
        words
    }
}

/// A word that keywords begin with, and which of them do.
#[derive(Debug)]
struct First {
    /// In lower case.
    word: Box<[u8]>,
    /// The first eight bytes of it, letters of either case alike, and which of them there are.
    start: u64,
    mask: u64,
    users: Vec<u32>,
}

/// Words are looked up by so many of their first bytes, or by all if they have fewer.
const LOOKED_UP: usize = 3;
/// Bits of a hash.
const BITS: u32 = 12;

/// What makes letters small.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// The first eight bytes of a text, the first lowest.
fn eight(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => {
            let mut eight = [0; 8];
            eight[..text.len()].copy_from_slice(text);
            u64::from_le_bytes(eight)
        }
    }
}

fn hash(word: &[u8]) -> usize {
    let folded = word.iter().fold(0u32, |all, b| all << 8 | u32::from(b.to_ascii_lowercase()));
    (folded.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// All words, compiled.
#[derive(Debug)]
pub(super) struct Words {
    /// Bytes that a keyword may begin with.
    begins: [bool; 256],
    /// By length less one: whether words are looked up by so many bytes.
    lengths: [bool; LOOKED_UP],
    /// By hash: where the words of it start; those of the next hash end them.
    from: Vec<u32>,
    firsts: Vec<First>,
    entries: Vec<Entry>,
}

impl Words {
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

    /// Adds every keyword of `text` that starts in `range` to `hits`, sorted by start.
    pub(super) fn find(&self, text: &[u8], range: Range<usize>, hits: &mut Vec<Hit>) {
        if self.is_empty() {
            return;
        }
        let added = hits.len();
        for start in range {
            let byte = text[start];
            if !self.begins[usize::from(byte)] {
                continue;
            }
            if byte.is_ascii_alphanumeric()
                && let Some(&before) = start.checked_sub(1).map(|i| &text[i])
                && before.is_ascii_alphanumeric()
                && !(before.is_ascii_lowercase() && byte.is_ascii_uppercase())
            {
                continue;
            }
            let rest = &text[start..];
            let small = eight(rest) | SMALL;
            for len in (1..=LOOKED_UP.min(rest.len())).filter(|len| self.lengths[len - 1]) {
                let hash = hash(&rest[..len]);
                let firsts = self.from[hash] as usize..self.from[hash + 1] as usize;
                for first in &self.firsts[firsts] {
                    let word = &first.word;
                    let here = small & first.mask == first.start
                        && word.len().min(LOOKED_UP) == len
                        && rest.len() >= word.len()
                        && rest[..word.len()].eq_ignore_ascii_case(word);
                    if !here || !starts_word(text, start) {
                        continue;
                    }
                    for &id in &first.users {
                        let span = start..start + word.len();
                        if let Some(end) = self.entries[id as usize].end(text, span) {
                            hits.push(Hit { start, end, entry: id });
                        }
                    }
                }
            }
        }
        hits[added..].sort_unstable();
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

/// Bytes of blanks, `_`, `-` and at most one line break, up to eight.
fn loose_joint(text: &[u8]) -> usize {
    let mut breaks = 0;
    text.iter()
        .take(8)
        .take_while(|&&b| {
            breaks += usize::from(b == b'\n');
            matches!(b, b' ' | b'\t' | b'_' | b'-' | b'\r' | b'\n') && breaks < 2
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
        words.find(text.as_bytes(), 0..text.len(), &mut hits);
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
        words.find(b"Account number", 0..14, &mut hits);
        assert_eq!(hits.iter().map(|h| h.entry).collect::<Vec<_>>(), [0, 1]);
    }
}
