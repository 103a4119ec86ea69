//! The words that keywords begin with, as they are looked up: by a hash of their first bytes, then by
//! up to eight bytes at once, then by what stands behind them.

use super::finder::first_bytes::{self, HASHES, SMALL, bit};
use super::keywords::JOINTS;

/// The first bytes of a word, up to eight, letters of either case alike: `text & mask == value`
/// where a text may begin so. It may say so of a text that does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begin {
    value: u64,
    mask: u64,
}

impl Begin {
    fn of(word: &[u8]) -> Self {
        let mask = u64::MAX >> (8 * (8 - word.len().min(8)));
        Begin { value: small_eight(word) & mask, mask }
    }

    pub(super) fn may(self, eight: u64) -> bool {
        eight & self.mask == self.value
    }
}

/// A word that keywords begin with, and which of them do.
#[derive(Debug)]
pub(super) struct First {
    pub(super) start: Begin,
    /// In lower case.
    pub(super) word: Box<[u8]>,
    /// It ends with a letter or figure and may be a keyword by itself.
    alone: bool,
    /// What may stand behind it otherwise, as bits.
    seconds: u32,
    pub(super) users: Vec<User>,
}

/// A keyword, and the word after its first if it has one.
#[derive(Debug)]
pub(super) struct User {
    pub(super) next: Option<Begin>,
    pub(super) entry: u32,
}

impl User {
    /// What may stand behind the first word, as bits.
    fn second(&self) -> u32 {
        match self.next {
            None => u32::MAX,
            Some(next) => JOINTS.iter().fold(bit(next.value), |all, b| all | bit(u64::from(*b))),
        }
    }
}

impl First {
    /// Of a word in small letters that no keyword begins with yet.
    pub(super) fn of(word: Vec<u8>) -> First {
        let start = Begin::of(&word);
        First { start, word: word.into(), alone: false, seconds: 0, users: Vec::new() }
    }

    /// Adds a keyword that begins with it, and the word after that if it has one.
    pub(super) fn add(&mut self, next: Option<&[u8]>, entry: u32) {
        let user = User { next: next.map(Begin::of), entry };
        match self.word.last().is_some_and(u8::is_ascii_alphanumeric) && next.is_none() {
            true => self.alone = true,
            false => self.seconds |= user.second(),
        }
        self.users.push(user);
    }

    /// What may stand behind it, as bits.
    pub(super) fn then(&self) -> u32 {
        if self.alone { u32::MAX } else { self.seconds }
    }

    /// Whether what stands behind the word may go on as one of its keywords does. It may say so of
    /// what does not.
    pub(super) fn goes_on(&self, behind: &[u8]) -> bool {
        let next = match behind {
            [] => return true,
            // Most words are parted by a blank.
            [b' ', next, ..] | [next, ..] => *next,
        };
        let ends = !behind[0].is_ascii_lowercase() && !behind[0].is_ascii_digit();
        (self.alone && ends) || self.seconds & bit(u64::from(next)) != 0
    }

    /// By what it is looked up.
    pub(super) fn key(&self) -> usize {
        key(self.start.value, self.word.len())
    }
}

/// Words of one byte, of two, and of more are looked up apart, the latter by a hash of their first
/// bytes.
pub(super) const KEYS: usize = LONG + HASHES;
/// Where the keys of words of more than two bytes start.
const LONG: usize = 256 + HASHES;

/// The first eight bytes of a text, the first lowest, letters small.
pub(super) fn small_eight(text: &[u8]) -> u64 {
    let eight = match text.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => {
            let mut eight = [0; 8];
            eight[..text.len()].copy_from_slice(text);
            u64::from_le_bytes(eight)
        }
    };
    eight | SMALL
}

/// By what a word of so many bytes is looked up that begins with `small`.
#[inline(always)]
pub(super) fn key(small: u64, len: usize) -> usize {
    match len {
        1 => (small & 0xFF) as usize,
        2 => 256 + first_bytes::hash(small, 2),
        _ => LONG + first_bytes::hash(small, 3),
    }
}
