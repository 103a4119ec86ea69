//! How Parquet packs small numbers: runs and packed bits, and differences.

/// Runs of one number and runs of packed bits, mixed (Parquet's "RLE/bit-packing hybrid").
#[derive(Debug, Default)]
pub(super) struct Runs {
    bytes: Vec<u8>,
    at: usize,
    width: u32,
    left: u64,
    /// The number that is repeated; `None` while bits are unpacked.
    same: Option<u64>,
    /// Where the packed bits begin, and how many were taken.
    packed: usize,
    taken: u64,
}

impl Runs {
    /// Numbers of so many bits.
    pub(super) fn new(bytes: Vec<u8>, width: u32) -> Self {
        Runs { bytes, width: width.min(32), ..Runs::default() }
    }

    fn begin(&mut self) -> Option<()> {
        let (head, took) = varint(self.bytes.get(self.at..)?)?;
        self.at += took;
        self.left = head >> 1;
        if head & 1 == 0 {
            let bytes = self.width.div_ceil(8) as usize;
            let value = self.bytes.get(self.at..self.at + bytes)?;
            self.same = Some(value.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)));
            self.at += bytes;
        } else {
            self.left = self.left.checked_mul(8)?;
            (self.same, self.packed, self.taken) = (None, self.at, 0);
            let bytes = self.left.checked_mul(self.width.into())? / 8;
            self.at = self.at.checked_add(usize::try_from(bytes).ok()?)?;
        }
        Some(())
    }
}

impl Iterator for Runs {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.width == 0 {
            return Some(0);
        }
        while self.left == 0 {
            self.begin()?;
        }
        self.left -= 1;
        if self.same.is_some() {
            return self.same;
        }
        let bit = self.taken * u64::from(self.width);
        self.taken += 1;
        bits(self.bytes.get(self.packed..)?, bit, self.width)
    }
}

/// A number of `width` bits that begins at a bit, the lowest first.
fn bits(bytes: &[u8], bit: u64, width: u32) -> Option<u64> {
    let first = usize::try_from(bit / 8).ok()?;
    let shift = (bit % 8) as u32;
    let count = (shift + width).div_ceil(8) as usize;
    let wide = bytes.get(first..first.checked_add(count)?)?;
    let number = wide.iter().rev().fold(0_u128, |n, &b| n << 8 | u128::from(b));
    Some((number >> shift) as u64 & u64::MAX.checked_shr(64 - width).unwrap_or(0))
}

/// A number in groups of seven bits, and how many bytes it took.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((number, i + 1));
        }
    }
    None
}

/// Numbers written as differences (DELTA_BINARY_PACKED), at most `most` of them, and how many
/// bytes they took.
pub(super) fn differences(bytes: &[u8], most: usize) -> Option<(Vec<i64>, usize)> {
    let mut at = 0;
    let mut number = || {
        let (number, took) = varint(bytes.get(at..)?)?;
        at += took;
        Some(number)
    };
    let (block, minis, count, first) = (number()?, number()?, number()?, number()?);
    let count = usize::try_from(count).ok().filter(|&count| count <= most)?;
    let zigzag = |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
    if minis == 0 || minis > 512 || !block.is_multiple_of(minis) || block > 1 << 20 {
        return None;
    }
    let each = block / minis;
    let mut all = Vec::new();
    let mut last = zigzag(first);
    if count > 0 {
        all.push(last);
    }
    while all.len() < count {
        let (least, took) = varint(bytes.get(at..)?)?;
        at += took;
        let widths = bytes.get(at..at + minis as usize)?;
        at += minis as usize;
        for &width in widths {
            if all.len() >= count {
                break;
            }
            let packed = bytes.get(at..)?;
            for i in 0..each {
                if all.len() >= count {
                    break;
                }
                let step = match width {
                    0 => 0,
                    1..=64 => bits(packed, i * u64::from(width), width.into())?,
                    _ => return None,
                };
                last = last.wrapping_add(zigzag(least)).wrapping_add(step as i64);
                all.push(last);
            }
            at += usize::try_from(each * u64::from(width) / 8).ok()?;
        }
    }
    Some((all, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_bits_alternate() {
        // Four times 5, then eight of three bits: 0 to 7.
        let bytes = vec![8, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let all: Vec<_> = Runs::new(bytes, 3).collect();
        assert_eq!(all, [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn differences_are_added_up() {
        // A block of 128 in 4, five values from 7 on: 7, 5, 3, 1, 2 (Parquet's own example).
        let bytes = [128, 1, 4, 5, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0, 0, 0, 0, 0, 0, 0];
        let (all, _) = differences(&bytes, 100).unwrap();
        assert_eq!(all, [7, 5, 3, 1, 2]);
        assert_eq!(differences(&bytes, 4), None, "more than there should be");
    }

    #[test]
    fn what_is_cut_ends() {
        assert_eq!(Runs::new(vec![8], 3).next(), None);
        assert_eq!(Runs::new(vec![0xff; 20], 3).next(), None);
        assert_eq!(differences(&[128, 1], 10), None);
    }
}
