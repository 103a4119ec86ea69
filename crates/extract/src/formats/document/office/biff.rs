//! The records that a workbook of Excel until 2003 is made of.

use crate::little_endian::le16;

/// The records of a stream, one after another.
pub(crate) struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

/// One record. The last one of a stream may be cut short.
pub(crate) struct Record<'s> {
    /// Where it begins, and where its data does.
    pub start: usize,
    pub from: usize,
    pub kind: u16,
    pub data: &'s [u8],
}

impl<'s> Records<'s> {
    pub fn new(stream: &'s [u8]) -> Self {
        Records { stream, at: 0 }
    }

    /// The kind of the record that follows.
    pub fn follows(&self) -> Option<u16> {
        le16(self.stream, self.at)
    }
}

impl<'s> Iterator for Records<'s> {
    type Item = Record<'s>;

    fn next(&mut self) -> Option<Record<'s>> {
        let start = self.at;
        let (kind, len) = (self.follows()?, le16(self.stream, start + 2)?);
        let from = start + 4;
        let end = (from + usize::from(len)).min(self.stream.len());
        self.at = end;
        Some(Record { start, from, kind, data: &self.stream[from..end] })
    }
}
