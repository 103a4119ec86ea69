//! The lines of a message or mailbox, however they end.

use std::io::{self, BufRead};

/// One line.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Its first bytes, without the line break; a longer one is cut here, not where it stands.
    pub(crate) bytes: Vec<u8>,
    /// It is longer than what is kept of it.
    pub(crate) cut: bool,
    /// Where it begins.
    pub(crate) start: u64,
    /// Where the line before it ends without its line break.
    pub(crate) start_without_break: u64,
    /// Where the next line begins.
    pub(crate) end: u64,
}

impl Line {
    /// True when there is nothing on it.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Longest line that is kept, in bytes.
const LONGEST: usize = 16 << 20;

/// Reads lines that end in a line feed, a carriage return and a line feed, or (in files that have
/// only those) a carriage return.
pub(crate) struct Lines<R> {
    reader: R,
    ending: Option<u8>,
    at: u64,
    /// Length of the last line's break.
    broke: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Lines { reader, ending: None, at: 0, broke: 0 }
    }

    /// The lines of a `reader` that begins further on, at `at`, in what `beginning` reads from its
    /// start.
    pub(crate) fn further(mut beginning: R, reader: R, at: u64) -> Self {
        // What cannot be read there is a fault here as well.
        let ending = ending(&mut beginning).ok();
        Lines { reader, ending, at, broke: 0 }
    }

    /// Where the next line begins.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Reads the next line; false at the end.
    pub(crate) fn next(&mut self, line: &mut Line) -> io::Result<bool> {
        line.bytes.clear();
        line.start = self.at;
        line.start_without_break = self.at - self.broke;
        let ending = match self.ending {
            Some(ending) => ending,
            None => *self.ending.insert(ending(&mut self.reader)?),
        };
        line.cut = false;
        let mut ended = false;
        while !ended {
            let ahead = self.reader.fill_buf()?;
            if ahead.is_empty() {
                break;
            }
            let used = match memchr::memchr(ending, ahead) {
                Some(i) => {
                    ended = true;
                    i + 1
                }
                None => ahead.len(),
            };
            let keep = used.min(LONGEST.saturating_sub(line.bytes.len()));
            line.cut |= keep < used;
            line.bytes.extend_from_slice(&ahead[..keep]);
            self.reader.consume(used);
            self.at += used as u64;
        }
        let whole = line.bytes.len();
        if ended && line.bytes.last() == Some(&ending) {
            line.bytes.pop();
        }
        if line.bytes.last() == Some(&b'\r') {
            line.bytes.pop();
        }
        self.broke = (whole - line.bytes.len()) as u64;
        line.end = self.at;
        Ok(line.end > line.start)
    }
}

/// What ends the lines that begin like this.
fn ending(reader: &mut impl BufRead) -> io::Result<u8> {
    let ahead = reader.fill_buf()?;
    let feeds = memchr::memchr(b'\n', ahead).is_some();
    let returns = memchr::memchr(b'\r', ahead).is_some();
    Ok(if !feeds && returns { b'\r' } else { b'\n' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_all_three_ways() {
        for (text, ends) in [("a\nb\n", [2, 4]), ("a\r\nb\r\n", [3, 6]), ("a\rb\r", [2, 4])] {
            let mut lines = Lines::new(text.as_bytes());
            let mut line = Line::default();
            assert!(lines.next(&mut line).unwrap());
            assert_eq!((line.bytes.as_slice(), line.end), (&b"a"[..], ends[0]));
            assert!(lines.next(&mut line).unwrap());
            assert_eq!((line.bytes.as_slice(), line.end), (&b"b"[..], ends[1]));
            assert_eq!(line.start_without_break, 1);
            assert!(!lines.next(&mut line).unwrap());
        }
    }
}
