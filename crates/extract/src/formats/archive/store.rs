//! Random access to a part's bytes, in memory or in an open file.

use dlpscan_core::model::Content;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

/// The bytes of a container whose directory points into them.
#[derive(Clone, Copy)]
pub(crate) enum Store<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// An open file, where in it the container begins, and its length.
    File(&'a File, u64, u64),
}

impl<'a> Store<'a> {
    /// The store behind a content; `None` for a stream, which has no random access.
    pub(crate) fn of(content: &Content<'a>) -> Option<Self> {
        match *content {
            Content::Bytes(bytes) => Some(Store::Bytes(bytes)),
            Content::File(file, len) => Some(Store::File(file, 0, len)),
            Content::Within(file, ref range) => {
                Some(Store::File(file, range.start, range.end - range.start))
            }
            Content::Stream(_) => None,
        }
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Store::Bytes(bytes) => bytes.len() as u64,
            Store::File(_, _, len) => *len,
        }
    }

    /// A range of it, cut at its end.
    pub(crate) fn read(&self, range: Range<u64>) -> io::Result<Cow<'a, [u8]>> {
        let range = self.clip(range);
        match self {
            Store::Bytes(bytes) => {
                Ok(Cow::Borrowed(&bytes[range.start as usize..range.end as usize]))
            }
            Store::File(file, start, _) => {
                let mut all = Vec::with_capacity((range.end - range.start) as usize);
                Content::Within(file, moved(range, *start)).reader().read_to_end(&mut all)?;
                Ok(Cow::Owned(all))
            }
        }
    }

    /// A reader of a range, cut at its end.
    pub(crate) fn reader(&self, range: Range<u64>) -> Box<dyn BufRead + 'a> {
        let range = self.clip(range);
        match self {
            Store::Bytes(bytes) => Box::new(&bytes[range.start as usize..range.end as usize]),
            Store::File(file, start, _) => {
                let reader = Content::Within(file, moved(range, *start)).reader();
                Box::new(BufReader::with_capacity(BLOCK, reader))
            }
        }
    }

    /// A range of it as a part's content, cut at its end.
    pub(crate) fn content(&self, range: Range<u64>) -> Content<'a> {
        let range = self.clip(range);
        match self {
            Store::Bytes(bytes) => Content::Bytes(&bytes[range.start as usize..range.end as usize]),
            Store::File(file, start, _) => Content::Within(file, moved(range, *start)),
        }
    }

    /// Where `needle` first begins inside a range.
    pub(crate) fn find(&self, range: Range<u64>, needle: &[u8]) -> io::Result<Option<u64>> {
        let range = self.clip(range);
        if let Store::Bytes(bytes) = self {
            let hay = &bytes[range.start as usize..range.end as usize];
            return Ok(memchr::memmem::find(hay, needle).map(|i| range.start + i as u64));
        }
        let finder = memchr::memmem::Finder::new(needle);
        let mut at = range.start;
        while at < range.end {
            let until = (at + FIND as u64 + needle.len() as u64 - 1).min(range.end);
            let block = self.read(at..until)?;
            if let Some(i) = finder.find(&block) {
                return Ok(Some(at + i as u64));
            }
            at += FIND as u64;
        }
        Ok(None)
    }

    fn clip(&self, range: Range<u64>) -> Range<u64> {
        let end = range.end.min(self.len());
        range.start.min(end)..end
    }
}

/// Bytes read from a file at a time.
const BLOCK: usize = 64 << 10;
/// Bytes searched at a time.
const FIND: usize = 1 << 20;

/// A range so many bytes further on.
fn moved(range: Range<u64>, by: u64) -> Range<u64> {
    range.start + by..range.end + by
}
