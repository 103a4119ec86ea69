//! Numbers and texts of which the lowest byte comes first.

/// The number of two bytes at a place.
pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The number of four bytes at a place.
pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The number of eight bytes at a place.
pub(crate) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The 16-bit units in bytes; an odd byte at the end is none.
pub(crate) fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks().0.iter().map(|&unit| u16::from_le_bytes(unit)).collect()
}

/// A text in UTF-16; what is no character becomes U+FFFD.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    String::from_utf16_lossy(&units(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_that_are_cut_are_none() {
        let bytes = [b'a', 0, 0xAC, 0x20, 7];
        assert_eq!((le16(&bytes, 2), le32(&bytes, 1)), (Some(0x20AC), Some(0x0720_AC00)));
        assert_eq!(
            (le16(&bytes, 4), le32(&bytes, 2), le16(&bytes, usize::MAX)),
            (None, None, None)
        );
        assert_eq!(utf16(&bytes), "a€");
        assert_eq!(utf16(&[0, 0xD8]), "\u{FFFD}");
    }
}
