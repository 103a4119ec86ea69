//! Sets of byte values.

use regex_syntax::hir::Class;
use serde::{Deserialize, Serialize};

/// A set of byte values.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// Bytes that are no ASCII character.
    pub(super) const HIGH: ByteSet = ByteSet([0, 0, !0, !0]);

    /// ASCII characters from one to another.
    pub(super) const fn range(first: u8, last: u8) -> Self {
        let all = (u128::MAX >> (127 - last)) & (u128::MAX << first);
        ByteSet([all as u64, (all >> 64) as u64, 0, 0])
    }

    pub(super) fn of(keep: impl Fn(u8) -> bool) -> Self {
        let mut set = ByteSet::default();
        (0..=255).filter(|&b| keep(b)).for_each(|b| set.add(b));
        set
    }

    /// The bytes that the characters of a class are made of.
    pub(super) fn of_class(class: &Class) -> Self {
        let mut set = ByteSet::default();
        match class {
            Class::Unicode(class) => {
                for range in class.ranges() {
                    let (start, end) = (u32::from(range.start()), u32::from(range.end()));
                    (start..=end.min(0x7F)).for_each(|c| set.add(c as u8));
                    if end > 0x7F {
                        set = set.union(&ByteSet::HIGH);
                    }
                }
            }
            Class::Bytes(class) => {
                class.ranges().iter().for_each(|r| (r.start()..=r.end()).for_each(|b| set.add(b)));
            }
        }
        set
    }

    /// By high half of a byte: the low halves that stand with it, a bit each.
    pub(super) fn rows(&self) -> [u16; 16] {
        std::array::from_fn(|high| (self.0[high / 4] >> (16 * (high % 4))) as u16)
    }

    pub(super) fn of_rows(rows: [u16; 16]) -> Self {
        let mut set = ByteSet::default();
        for (high, row) in rows.into_iter().enumerate() {
            set.0[high / 4] |= u64::from(row) << (16 * (high % 4));
        }
        set
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    pub(super) fn has_high(&self) -> bool {
        self.0[2] | self.0[3] != 0
    }

    pub(super) const fn union(&self, other: &ByteSet) -> ByteSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        ByteSet([a | e, b | f, c | g, d | h])
    }

    pub(super) fn meets(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    pub(super) fn is_all(&self) -> bool {
        self.0 == [!0; 4]
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> + use<> {
        let words = self.0;
        (0..4u8).flat_map(move |i| {
            let mut left = words[usize::from(i)];
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as u8)?;
                left &= left - 1;
                Some(i * 64 + bit)
            })
        })
    }
}

/// What the half boundaries of an expression call a word.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
