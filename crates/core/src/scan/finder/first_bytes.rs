//! Words told roughly by their first bytes, so that most words of a text are compared with none.

/// What makes letters small.
pub(in super::super) const SMALL: u64 = 0x2020_2020_2020_2020;
/// Bits of a hash of three bytes.
const BITS: u32 = 13;
/// So many hashes there are.
pub(in super::super) const HASHES: usize = 1 << BITS;

/// Words, told by up to four of their first bytes; letters of either case are alike. It may take
/// others for one of them.
#[derive(Debug)]
pub(in super::super) struct FirstBytes {
    /// By first byte: which bytes may come second where a word of one or two bytes stands.
    short: Box<[u32; 256]>,
    /// By hash of three bytes: which may come fourth.
    long: Box<[u32; HASHES]>,
}

impl Default for FirstBytes {
    fn default() -> Self {
        FirstBytes { short: Box::new([0; 256]), long: Box::new([0; HASHES]) }
    }
}

impl FirstBytes {
    /// Adds a word; a word of one byte needs that behind it stands a byte of certain [`bit`]s.
    pub(in super::super) fn add(&mut self, word: &[u8], then: u32) {
        let small = word.iter().take(4).rev().fold(0, |all, b| all << 8 | u64::from(*b)) | SMALL;
        let first = usize::from(small as u8);
        match word.len() {
            0 => {}
            1 => self.short[first] |= then,
            2 => self.short[first] |= bit(small >> 8),
            3 => self.long[hash(small, 3)] = u32::MAX,
            _ => self.long[hash(small, 3)] |= bit(small >> 24),
        }
    }

    /// Whether a word of one or two bytes may stand where these eight do, the first lowest, letters
    /// small.
    #[inline(always)]
    pub(in super::super) fn may_be_short(&self, small: u64) -> bool {
        self.short[usize::from(small as u8)] & bit(small >> 8) != 0
    }

    /// The same of a word of more bytes.
    #[inline(always)]
    pub(in super::super) fn may_be_long(&self, small: u64) -> bool {
        self.long[hash(small, 3)] & bit(small >> 24) != 0
    }
}

/// A hash of the first two or three of eight bytes.
#[inline(always)]
pub(in super::super) fn hash(small: u64, len: u32) -> usize {
    let bytes = small as u32 & (u32::MAX >> (32 - 8 * len));
    (bytes.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// A byte as one bit of 32: no two letters are the same.
#[inline(always)]
pub(in super::super) fn bit(byte: u64) -> u32 {
    1 << (byte & 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_taken_and_few_others_are() {
        let words: [&[u8]; 6] = [b"a", b"no", b"pin", b"iban", b"account", b"\xC3\xA9t\xC3\xA9"];
        let mut firsts = FirstBytes::default();
        words.iter().for_each(|word| firsts.add(word, bit(u64::from(b'/'))));
        let small = |text: &[u8]| {
            let mut eight = [0; 8];
            eight[..text.len().min(8)].copy_from_slice(&text[..text.len().min(8)]);
            u64::from_le_bytes(eight) | SMALL
        };
        let may = |text: &[u8]| firsts.may_be_short(small(text)) || firsts.may_be_long(small(text));
        for text in ["a/c", "A/C", "no.", "NO", "pin 1", "IBAN", "Accounts", "été"] {
            assert!(may(text.as_bytes()), "{text}");
        }
        for text in ["and", "ne", "pan", "ibex", "across", "a", ""] {
            assert!(!may(text.as_bytes()), "{text}");
        }
    }
}
