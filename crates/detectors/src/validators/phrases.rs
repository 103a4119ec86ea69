//! Several phrases sought at once, letters of either case alike.

use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::window::{begins_with_word, ends_in_word};

/// Phrases in small letters. What finds them is made when they are first sought: most checks of a
/// run are never asked.
pub(crate) struct Phrases {
    /// What is sought, and the number of the phrase that it is.
    sought: Vec<(String, usize)>,
    count: usize,
    automaton: OnceLock<AhoCorasick>,
}

impl Phrases {
    pub(crate) fn new(list: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut sought = Vec::new();
        let mut count = 0;
        for phrase in list.into_iter().map(Into::into) {
            // To the automaton only the letters of ASCII have small ones.
            if !phrase.is_ascii() {
                sought.push((phrase.to_uppercase(), count));
            }
            sought.push((phrase, count));
            count += 1;
        }
        Phrases { sought, count, automaton: OnceLock::new() }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether any of them stands in a text.
    pub(crate) fn any_in(&self, text: &[u8]) -> bool {
        self.automaton().is_match(text)
    }

    /// Whether any of them begins with a word of a text: `rent account` is none in `current account`.
    pub(crate) fn any_begun_in(&self, text: &[u8]) -> bool {
        let inside = |span: &Range<usize>| {
            begins_with_word(&text[span.start..]) && ends_in_word(&text[..span.start])
        };
        self.any_such(text, |span| !inside(span))
    }

    /// Whether any of them stands where a span is such.
    fn any_such(&self, text: &[u8], is_such: impl Fn(&Range<usize>) -> bool) -> bool {
        self.each_in(text, &mut |_, span| match is_such(&span) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
        .is_break()
    }

    /// Whether any of them stands in a text as whole words.
    pub(crate) fn any_word_in(&self, text: &[u8]) -> bool {
        let alone = |span: &Range<usize>| {
            !ends_in_word(&text[..span.start]) && !begins_with_word(&text[span.end..])
        };
        self.any_such(text, alone)
    }

    /// Tells each place where one of them stands, by where they end: its number and its span.
    pub(crate) fn each_in(
        &self,
        text: &[u8],
        each: &mut dyn FnMut(usize, Range<usize>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.automaton()
            .find_overlapping_iter(text)
            .try_for_each(|found| each(self.sought[found.pattern().as_usize()].1, found.range()))
    }

    /// # Panics
    ///
    /// Where the phrases take gigabytes, which no detector file does.
    fn automaton(&self) -> &AhoCorasick {
        self.automaton.get_or_init(|| {
            let phrases = self.sought.iter().map(|(phrase, _)| phrase);
            let builder = &mut AhoCorasick::builder();
            let builder = builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
            match builder.build(phrases) {
                Ok(automaton) => automaton,
                Err(why) => panic!("phrases of a check cannot be sought: {why}"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_whatever_their_case_and_told_by_number() {
        let phrases = Phrases::new(["sort code", "code", "société"]);
        let mut found = Vec::new();
        let text = "Sort CODE, SOCIÉTÉ".as_bytes();
        let _ = phrases.each_in(text, &mut |number, span| {
            found.push((number, span.start));
            ControlFlow::Continue(())
        });
        assert_eq!(found, [(0, 0), (1, 5), (2, 11)]);
        assert!(!phrases.any_in(b"sort  cod"));
    }

    #[test]
    fn a_phrase_within_a_longer_word_is_no_word() {
        let phrases = Phrases::new(["act"]);
        for text in ["the Act", "act.", "fact act"] {
            assert!(phrases.any_word_in(text.as_bytes()), "{text}");
        }
        for text in ["fact", "acts", "éact", "act2"] {
            assert!(!phrases.any_word_in(text.as_bytes()), "{text}");
        }
    }
}
