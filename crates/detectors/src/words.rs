//! A list of words, and what of a word its look-up goes by.

use crate::tables::lines;

/// A list of words, for look-ups.
pub(crate) struct Words {
    /// Sorted by hash.
    all: Vec<&'static str>,
    /// By hash of a word: where the words of it start; those of the next one end them.
    from: Vec<u16>,
    /// By the first byte of a word, letters of either case alike: a bit for each length there is.
    firsts: [u32; 32],
    /// The same by its last byte.
    lasts: [u32; 32],
}

/// The lengths of words as bits, all long ones alike.
fn length(word: &[u8]) -> u32 {
    1 << word.len().min(31)
}

/// The place of a byte, letters of either case alike, in [`Words::firsts`] and [`Words::lasts`].
fn place(byte: Option<&u8>) -> usize {
    usize::from(byte.copied().unwrap_or(0) & 31)
}

/// A word's first eight bytes and its last eight, capitals of ASCII as small letters: all of one that is
/// no longer than both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    first: u64,
    last: u64,
    len: usize,
}

/// As many bytes as [`Ends`] hold.
const IN_ENDS: usize = 16;

impl Ends {
    pub(crate) fn of(word: &[u8]) -> Self {
        let (first, last) = match (word.first_chunk(), word.last_chunk(), word) {
            (Some(first), Some(last), _) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            (_, _, [a, b, c, d, ..]) => {
                let four = |bytes| u64::from(u32::from_le_bytes(bytes));
                let last = word.last_chunk().map_or(0, |last| four(*last));
                (four([*a, *b, *c, *d]), last)
            }
            _ => (word.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
        };
        Self { first: small(first), last: small(last), len: word.len() }
    }

    /// Whether the word they are of is ASCII.
    pub(crate) fn are_of_ascii(self, word: &[u8]) -> bool {
        (self.first | self.last) & (EACH << 7) == 0 && (word.len() <= IN_ENDS || word.is_ascii())
    }

    /// Whether a word of ASCII, which they are of, is another, letters of either case alike.
    pub(crate) fn are_of_alike(self, word: &[u8], other: &str) -> bool {
        let other = other.as_bytes();
        Ends::of(other) == self && (word.len() <= IN_ENDS || word.eq_ignore_ascii_case(other))
    }

    pub(crate) fn hash(self) -> u32 {
        let all = self.first.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.last;
        let all = (all ^ self.len as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (all >> 32) as u32
    }
}

/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Eight bytes, capitals of ASCII as small letters.
fn small(bytes: u64) -> u64 {
    // What a byte of 0 to 127 is added to tells in its highest bit whether it is as large.
    let low = bytes & (0x7F * EACH);
    let from = low + (0x80 - u64::from(b'A')) * EACH;
    let beyond = low + (0x80 - u64::from(b'Z') - 1) * EACH;
    let capitals = (from ^ beyond) & !bytes & (EACH << 7);
    bytes | capitals >> 2
}

impl Words {
    pub(crate) fn read(text: &'static str) -> Self {
        let listed: Vec<_> = lines(text).collect();
        // Most words that are asked for are in no list: then there should be none to compare.
        let size = (4 * listed.len()).next_power_of_two();
        let keys: Vec<_> =
            listed.iter().map(|word| key(Ends::of(word.as_bytes()).hash(), size)).collect();
        let mut from = vec![0_u16; size + 1];
        for key in &keys {
            from[key + 1] += 1;
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        // Counted, each finds its place at once: a long list is read in no time.
        let (mut all, mut next) = (vec![""; listed.len()], from.clone());
        for (word, key) in listed.iter().zip(&keys) {
            all[usize::from(next[*key])] = word;
            next[*key] += 1;
        }
        let (mut firsts, mut lasts) = ([0; 32], [0; 32]);
        for word in all.iter().map(|word| word.as_bytes()) {
            firsts[place(word.first())] |= length(word);
            lasts[place(word.last())] |= length(word);
        }
        Words { all, from, firsts, lasts }
    }

    /// Whether the list holds the word, as written.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.alike(word.as_bytes(), Ends::of(word.as_bytes())).any(|known| known == word)
    }

    /// Whether the list holds the word, letters of either case alike; a word with letters beyond
    /// ASCII only in a list of small letters.
    pub(crate) fn has_any_case(&self, word: &[u8]) -> bool {
        let ends = Ends::of(word);
        if !ends.are_of_ascii(word) {
            let low = String::from_utf8_lossy(word).to_lowercase();
            return self.has(&low) || self.has(&without_accents(&low));
        }
        self.alike(word, ends).any(|known| ends.are_of_alike(word, known))
    }

    /// The words of the hash of a word.
    fn alike(&self, word: &[u8], ends: Ends) -> impl Iterator<Item = &'static str> + '_ {
        let lengths = self.firsts[place(word.first())] & self.lasts[place(word.last())];
        let range = match lengths & length(word) {
            0 => 0..0,
            _ => {
                let key = key(ends.hash(), self.from.len() - 1);
                usize::from(self.from[key])..usize::from(self.from[key + 1])
            }
        };
        self.all[range].iter().copied()
    }

    /// All words, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.all.iter().copied()
    }
}

/// Letters with accents, by the one without.
const ACCENTS: [(&str, &str); 24] = [
    ("a", "àáâãäåāăą"),
    ("ae", "æ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉ"),
    ("o", "òóôõöøōŏő"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűų"),
    ("w", "ŵ"),
    ("y", "ýÿŷ"),
    ("z", "źżž"),
    ("'", "\u{2019}"),
];

/// A word in small letters, its Latin letters without their accents.
pub(crate) fn without_accents(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars() {
        match ACCENTS.iter().find(|(_, those)| !c.is_ascii() && those.contains(c)) {
            Some((letter, _)) => plain.push_str(letter),
            None => plain.push(c),
        }
    }
    plain
}

/// The first bits of a hash, as many as tell so many keys apart.
pub(crate) fn key(hash: u32, keys: usize) -> usize {
    (hash >> (32 - keys.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_and_nothing_else_become_small() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut bytes = [b'Q', 0xFF, b'@', b'[', 0, b'z', b'A', b'Z'];
                bytes[at] = byte;
                let folded = small(u64::from_le_bytes(bytes));
                assert_eq!(folded.to_le_bytes(), bytes.map(|b| b.to_ascii_lowercase()));
            }
        }
    }
}
