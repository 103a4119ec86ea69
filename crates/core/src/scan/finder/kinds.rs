//! Sixteen kinds of bytes, as a few shuffles tell them: figures, capitals, small letters, what
//! parts them, each sign that stands within numbers.

use super::super::bytes::ByteSet;

/// The kinds of the bytes of a set, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(pub(super) u16);

/// By high half of a byte: the first of its kinds.
pub(super) const HIGH: [u8; 16] = [0, 0, 0, 7, 14, 14, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15];
/// By high half: whether the low half tells kinds apart.
pub(super) const FINE: [u8; 16] = [0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// By low half: what it adds.
pub(super) const LOW: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6];

/// The kind of a byte.
pub(super) const fn kind(byte: u8) -> u8 {
    let (high, low) = ((byte >> 4) as usize, (byte & 15) as usize);
    HIGH[high] + (LOW[low] & FINE[high])
}

impl Kinds {
    pub(super) fn of(set: &ByteSet) -> Kinds {
        let mut all = 0;
        for (row, high) in set.rows().into_iter().zip(HIGH.into_iter().zip(FINE)) {
            let (first, fine) = high;
            all |= match fine {
                0 => u16::from(row != 0) << first,
                _ => (u16::from(row & ALIKE != 0) | (row >> 10) << 1) << first,
            };
        }
        Kinds(all)
    }

    /// Every byte of the kinds.
    pub(super) fn set(self) -> ByteSet {
        ByteSet::of_rows(std::array::from_fn(|high| {
            let some = self.0 >> HIGH[high];
            match FINE[high] {
                0 => {
                    if some & 1 != 0 {
                        !0
                    } else {
                        0
                    }
                }
                _ => (if some & 1 != 0 { ALIKE } else { 0 }) | (some >> 1 & 0x3F) << 10,
            }
        }))
    }
}

/// The low halves that add nothing.
const ALIKE: u16 = 0x03FF;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numbers_are_made_of_is_told_apart() {
        let has = |kinds: Kinds, byte| kinds.0 >> kind(byte) & 1 != 0;
        for some in ["0", "A-z", " ./", "é", "^:~"] {
            let set = ByteSet::of(|b| some.bytes().any(|one| one == b));
            let kinds = Kinds::of(&set);
            assert!((0..=255).all(|b| kinds.set().has(b) == has(kinds, b)), "{some}");
            assert!(set.bytes().all(|b| has(kinds, b)), "{some}");
            let of_some = set.bytes().fold(0, |all, b| all | 1u16 << kind(b));
            assert_eq!(kinds.0, of_some, "{some}");
        }
        for alike in ["0123456789", "AZ", "az", " \n\t"] {
            assert_eq!(Kinds::of(&ByteSet::of(|b| alike.contains(b as char))).0.count_ones(), 1);
        }
        let apart = "0A a-./:,+";
        assert_eq!(Kinds::of(&ByteSet::of(|b| apart.contains(b as char))).0.count_ones(), 10);
    }
}
