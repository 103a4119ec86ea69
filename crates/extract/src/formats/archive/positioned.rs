//! A file that is read by position, so that its cursor is left alone.

use dlpscan_core::model::Content;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// A range of a file, for a library that keeps its reader.
pub(crate) struct Positioned {
    file: File,
    range: Range<u64>,
    at: u64,
}

impl Positioned {
    /// A reader of a range of a file.
    ///
    /// # Errors
    ///
    /// When no second handle to the file can be had.
    pub(crate) fn new(file: &File, range: Range<u64>) -> io::Result<Self> {
        Ok(Positioned { file: file.try_clone()?, range, at: 0 })
    }
}

impl Read for Positioned {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut reader = Content::Within(&self.file, self.range.clone()).seekable(0)?;
        reader.seek(SeekFrom::Start(self.at))?;
        let n = reader.read(buf)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Positioned {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => (self.range.end - self.range.start).checked_add_signed(n),
            SeekFrom::Current(n) => self.at.checked_add_signed(n),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
