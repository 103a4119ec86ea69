//! Words told by all of their bytes, up to eight: what a text has to hold where one of few words
//! stands, so that nearly all others are passed over.

use super::first_bytes::SMALL;
use super::heads::{Head, LONGEST};

/// Where a word stands that keywords begin with.
pub(super) const KEYWORD: u32 = 1;
/// Where a word stands that is a beginning.
pub(super) const BEGINNING: u32 = 2;
/// The same, unless what stands behind the sign after it is a small letter.
pub(super) const BEFORE_OTHERS: u32 = 4;

/// Bits of a hash.
const BITS: u32 = 15;
/// Words to a number of the table, with four bits each.
const EACH: usize = 8;

/// Which words are of interest, and as what. It may take others for one of them.
#[derive(Debug)]
pub(super) struct WholeWords(Box<[u32; (1 << BITS) / EACH]>);

impl Default for WholeWords {
    fn default() -> WholeWords {
        WholeWords(Box::new([0; (1 << BITS) / EACH]))
    }
}

impl WholeWords {
    /// Adds a word as what it is of interest.
    pub(super) fn add(&mut self, word: Word, of: u32) {
        let (number, shift) = place(word);
        self.0[number] |= of << shift;
    }

    /// As what a word is of interest.
    #[inline(always)]
    pub(super) fn of(&self, word: Word) -> u32 {
        let (number, shift) = place(word);
        self.0[number] >> shift & 7
    }
}

#[inline(always)]
fn place(Word(word): Word) -> (usize, u32) {
    let hash = (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize;
    (hash / EACH, (hash % EACH * 4) as u32)
}

/// The first bytes of a word of a text: its first, whatever it is, and the letters and figures
/// behind it, eight at most, letters small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Word(u64);

impl Word {
    /// The first `len` of eight bytes, which are one to eight.
    #[inline(always)]
    pub(super) fn new(eight: u64, len: u32) -> Word {
        Word((eight | SMALL) << (64 - 8 * len))
    }

    /// The word that a text begins with.
    pub(in super::super) fn of(text: &[u8]) -> Word {
        let more = text.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric());
        let len = 1 + more.count().min(LONGEST - 1);
        let mut eight = [0; LONGEST];
        eight[..len.min(text.len())].copy_from_slice(&text[..len.min(text.len())]);
        Word::new(u64::from_le_bytes(eight), len as u32)
    }

    /// The word that every text begins with that has a beginning, and as what it is of interest;
    /// `None` where it may be of many kinds. `whole` where nothing of a word stands behind it.
    pub(super) fn of_head(head: &Head, whole: bool) -> Option<(Word, u32)> {
        let mut places = head.places().skip(1);
        let mut len = 1;
        while let Some(some) = places.next() {
            if !some.has_any(|byte| byte.is_ascii_alphanumeric()) {
                let then = places.next();
                let others = then.is_some_and(|then| !then.has_any(|b| b.is_ascii_lowercase()));
                let of = if others { BEFORE_OTHERS } else { BEGINNING };
                return Some((Word::new(head.value, len as u32), of));
            }
            if !some.is_one() {
                return None;
            }
            len += 1;
        }
        (whole || len == LONGEST).then(|| (Word::new(head.value, len as u32), BEGINNING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_its_first_byte_and_the_letters_and_figures_behind_it() {
        for (text, word) in [
            ("Pin: 4", "pin"),
            ("p.o. box", "p"),
            ("accountant", "accounta"),
            (".net core", ".net"),
            ("m\u{e3} s\u{1ed1}", "m"),
            ("p60", "P60"),
        ] {
            assert_eq!(Word::of(text.as_bytes()), Word::of(word.as_bytes()), "{text}");
        }
        assert_ne!(Word::of(b"pin"), Word::of(b"pint"));
        assert_ne!(Word::of(b"accountant"), Word::of(b"account"));
    }

    #[test]
    fn a_beginning_is_one_word_where_it_tells_its_end() {
        let of = |word: &[u8], whole| Word::of_head(&Head::of(word, true), whole);
        assert_eq!(of(b"mr x", false), Some((Word::of(b"Mr"), BEGINNING)));
        assert_eq!(of(b"password", false), Some((Word::of(b"passwords"), BEGINNING)));
        assert_eq!(of(b"akia", false), None);
        assert_eq!(of(b"akia", true), Some((Word::of(b"AKIA"), BEGINNING)));
        let told = Head::of(b"told X", false);
        assert_eq!(Word::of_head(&told, false), Some((Word::of(b"told"), BEFORE_OTHERS)));
    }

    #[test]
    fn words_are_kept_with_what_they_are_of_interest_as() {
        let mut words = WholeWords::default();
        words.add(Word::of(b"from"), BEFORE_OTHERS);
        words.add(Word::of(b"from"), KEYWORD);
        words.add(Word::of(b"sort"), KEYWORD);
        assert_eq!(words.of(Word::of(b"From: me")), KEYWORD | BEFORE_OTHERS);
        assert_eq!(words.of(Word::of(b"sort code")), KEYWORD);
        assert_eq!(words.of(Word::of(b"sorts")), 0);
    }
}
