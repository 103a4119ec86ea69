//! MAPI properties as TNEF writes them (MS-OXTNEF 2.1.3.4).

use std::ops::Range;

/// One value of one property.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// Its number; from 0x8000 on the sender chose it.
    pub(super) id: u16,
    /// What the sender called it, where the sender did.
    pub(super) name: Option<Range<usize>>,
    pub(super) kind: Kind,
    /// Where its value lies.
    pub(super) value: Range<usize>,
}

/// The kinds of value whose bytes say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text in the message's own charset.
    Narrow,
    /// Text in UTF-16, little end first.
    Wide,
    /// Bytes.
    Binary,
    /// An object: sixteen bytes that say what, then its bytes.
    Object,
}

/// Reads lists of properties. Everything read lies within `at..end`.
pub(super) struct Properties<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) out: Vec<Property>,
}

impl Properties<'_> {
    /// Reads one list; `None` when it is not what it should be. What came before is in `out`.
    pub(super) fn list(&mut self) -> Option<()> {
        let count = self.number()?;
        for _ in 0..count {
            self.property()?;
        }
        Some(())
    }

    /// Reads a number of lists, as for recipients.
    pub(super) fn lists(&mut self) -> Option<()> {
        let count = self.number()?;
        for _ in 0..count {
            self.list()?;
        }
        Some(())
    }

    fn property(&mut self) -> Option<()> {
        let tag = self.number()?;
        let (kind, id) = (tag as u16, (tag >> 16) as u16);
        let name = if id >= 0x8000 { self.name()? } else { None };
        let (several, kind) = (kind & 0x1000 != 0, kind & 0x0fff);
        let kind = match kind {
            0x001e => Kind::Narrow,
            0x001f => Kind::Wide,
            0x000d => Kind::Object,
            0x0102 => Kind::Binary,
            fixed => {
                let size = match fixed {
                    0x0000 | 0x0001 => 0,
                    0x0002..=0x0004 | 0x000a | 0x000b => 4,
                    0x0005..=0x0007 | 0x0014 | 0x0040 => 8,
                    0x0048 => 16,
                    _ => return None,
                };
                let count = if several { self.number()? } else { 1 };
                self.take(size * count as usize)?;
                return Some(());
            }
        };
        for _ in 0..self.number()? {
            let len = self.number()? as usize;
            let value = self.take(len)?;
            self.out.push(Property { id, name: name.clone(), kind, value });
        }
        Some(())
    }

    fn name(&mut self) -> Option<Option<Range<usize>>> {
        self.take(16)?;
        if self.number()? == 0 {
            self.number()?;
            return Some(None);
        }
        let len = self.number()? as usize;
        self.take(len).map(Some)
    }

    fn number(&mut self) -> Option<u32> {
        let range = self.take(4)?;
        self.bytes[range].first_chunk().map(|&b| u32::from_le_bytes(b))
    }

    /// The next bytes; what fills them up to a multiple of four is passed over.
    fn take(&mut self, len: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.end)?;
        let range = self.at..end;
        self.at = (self.at + len.next_multiple_of(4)).min(self.end);
        Some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<Property>, bool) {
        let mut all = Properties { bytes, at: 0, end: bytes.len(), out: Vec::new() };
        let whole = all.list().is_some();
        (all.out, whole)
    }

    #[test]
    fn values_are_found_behind_numbers_names_and_padding() {
        let mut bytes = 3_u32.to_le_bytes().to_vec();
        bytes.extend(0x0017_0003_u32.to_le_bytes());
        bytes.extend([1, 0, 0, 0]);
        bytes.extend(0x8001_001e_u32.to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend([1, 0, 0, 0, 2, 0, 0, 0, b'n', 0, 0, 0]);
        bytes.extend([1, 0, 0, 0, 3, 0, 0, 0, b'a', b'b', 0, 0]);
        bytes.extend(0x1000_101f_u32.to_le_bytes());
        bytes.extend([1, 0, 0, 0, 2, 0, 0, 0, b'c', 0, 0, 0]);
        let (found, whole) = read(&bytes);
        assert!(whole);
        assert_eq!(found.len(), 2);
        assert_eq!(&bytes[found[0].value.clone()], b"ab\0");
        assert_eq!(&bytes[found[0].name.clone().unwrap()], b"n\0");
        assert_eq!((found[1].kind, &bytes[found[1].value.clone()]), (Kind::Wide, &b"c\0"[..]));
    }

    #[test]
    fn lengths_and_counts_that_lie_end_the_list() {
        let mut bytes = u32::MAX.to_le_bytes().to_vec();
        bytes.extend(0x0037_001e_u32.to_le_bytes());
        bytes.extend([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, b'a']);
        assert_eq!(read(&bytes), (vec![], false));
        bytes = u32::MAX.to_le_bytes().repeat(3);
        assert_eq!(read(&bytes), (vec![], false));
    }
}
