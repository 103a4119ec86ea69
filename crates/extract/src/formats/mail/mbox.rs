//! Mailboxes in the mbox format: message after message, each behind a `From ` line.

use super::eml::Eml;
use super::header::field_name;
use super::lines::{Line, Lines};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::Store;
use crate::formats::raw;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Segment};
use std::io::{BufRead, BufReader};
use std::ops::Range;

/// Mailboxes. Each message is a part named by its number, from 1.
pub struct Mbox;

impl Extractor for Mbox {
    fn name(&self) -> &'static str {
        "mbox"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let mut lines = head.split(|&b| b == b'\n');
        let first = lines.next().unwrap_or_default();
        let second = lines.next().unwrap_or_default();
        let follows = field_name(second).is_some() || second.starts_with(b">From ");
        match (is_from_line(first), first.starts_with(b"From ") && follows) {
            (true, _) => Sure::Exact,
            (_, true) => Sure::Exact,
            _ => Sure::No,
        }
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let len = part.content.len();
        let flow = match Store::of(&part.content) {
            Some(store) => {
                let lines = Lines::new(store.reader(0..store.len()));
                Reading { lines, keep: Keep::Range(store), number: 0, over: false, parted: false }
                    .all(descent)
            }
            None => {
                let lines = Lines::new(BufReader::with_capacity(64 << 10, part.content.reader()));
                Reading {
                    lines,
                    keep: Keep::Bytes(Vec::new()),
                    number: 0,
                    over: false,
                    parted: false,
                }
                .all(descent)
            }
        };
        if let Some(len) = len
            && flow.is_continue()
            && descent.budget().check().is_ok()
        {
            descent.claim(0..len, Fate::Scanned);
        }
        flow
    }
}

/// Where the message being read is kept: nowhere, where it can be read again.
enum Keep<'a> {
    Range(Store<'a>),
    Bytes(Vec<u8>),
}

struct Reading<'a, R> {
    lines: Lines<R>,
    keep: Keep<'a>,
    number: u64,
    /// The message being read is too large to hold.
    over: bool,
    /// A `From ` line has been met.
    parted: bool,
}

impl<R: BufRead> Reading<'_, R> {
    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let mut line = Line::default();
        let mut blank = true;
        let mut start = 0;
        let mut end = 0;
        // A `From ` line without a date counts once a header field has followed it.
        let mut maybe: Option<(u64, Vec<u8>)> = None;
        loop {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            match self.lines.next(&mut line) {
                Ok(true) if line.cut => descent.note(Reason::LimitMemory),
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    descent.fault(&error);
                    break;
                }
            }
            if line.start == 0 && line.bytes.starts_with(b"\xef\xbb\xbf") {
                line.bytes.drain(..3);
            }
            if let Some((at, from)) = maybe.take() {
                if field_name(&line.bytes).is_some() || line.bytes.starts_with(b">From ") {
                    self.message(start..at.max(start), descent)?;
                    self.give_from(&from, descent)?;
                    start = line.start;
                } else {
                    self.add(&from, descent)?;
                }
            }
            let from = line.bytes.starts_with(b"From ");
            if from && blank && is_from_line(&line.bytes) {
                self.message(start..line.start, descent)?;
                self.give_from(&line.bytes, descent)?;
                start = line.end;
            } else if from && (blank || is_from_line(&line.bytes)) {
                maybe = Some((line.start, line.bytes.clone()));
            } else {
                self.add(&line.bytes, descent)?;
            }
            blank = line.is_blank() || start == line.end;
            end = line.end;
        }
        if let Some((_, from)) = maybe.take() {
            self.add(&from, descent)?;
        }
        self.message(start..end, descent)
    }

    /// Adds a line to the message, where it has to be kept.
    fn add(&mut self, line: &[u8], descent: &mut Descent<'_>) -> Flow {
        let Keep::Bytes(bytes) = &mut self.keep else { return Flow::Continue(()) };
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        if bytes.len() as u64 <= descent.budget().limits().buffer {
            return Flow::Continue(());
        }
        if !self.over {
            self.over = true;
            descent.note_inside(&(self.number + 1).to_string(), Reason::LimitMemory, None);
        }
        let bytes = std::mem::take(bytes);
        raw::strings(&bytes[..], 0, descent)
    }

    fn give_from(&mut self, line: &[u8], descent: &mut Descent<'_>) -> Flow {
        self.parted = true;
        let place = Place::Header { name: "From".to_owned() };
        descent.segment(&Segment::new(line, place))
    }

    fn message(&mut self, range: Range<u64>, descent: &mut Descent<'_>) -> Flow {
        let over = std::mem::take(&mut self.over);
        match &mut self.keep {
            Keep::Range(store) => {
                let store = *store;
                let begins = store.read(range.start..range.end.min(range.start + 64));
                let short = range.end - range.start <= 64;
                if short && begins.is_ok_and(|b| b.trim_ascii().is_empty()) {
                    return Flow::Continue(());
                }
                self.number += 1;
                // A mailbox without a line that parts its messages is one message, not a part
                // that holds itself.
                if !self.parted && range == (0..store.len()) {
                    return Eml.extract(message(self.number, whole(store)), descent);
                }
                descent.part(message(self.number, store.content(range)))
            }
            Keep::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                if bytes.trim_ascii().is_empty() && !over {
                    return Flow::Continue(());
                }
                self.number += 1;
                if over {
                    return raw::strings(&bytes[..], range.start, descent);
                }
                descent.part(message(self.number, Content::Bytes(&bytes)))
            }
        }
    }
}

/// All of a mailbox.
fn whole(store: Store<'_>) -> Content<'_> {
    match store {
        Store::Bytes(bytes) => Content::Bytes(bytes),
        Store::File(file, start, len) => Content::Within(file, start..start + len),
    }
}

fn message(number: u64, content: Content<'_>) -> Part<'_> {
    let mut part = Part::new(number.to_string(), content);
    part.media = Some("message/rfc822".to_owned());
    part
}

/// True for `From somebody Tue Jan  2 03:04:05 2024`: a sender, a time and a year.
fn is_from_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words: Vec<&[u8]> =
        rest.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty()).take(20).collect();
    let time = |w: &&[u8]| {
        w.contains(&b':') && w.iter().all(|b| b.is_ascii_digit() || *b == b':') && w.len() >= 4
    };
    let year = |w: &&[u8]| w.len() == 4 && w.iter().all(u8::is_ascii_digit);
    words.len() >= 4 && words.iter().any(time) && words.iter().any(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_has_a_sender_a_time_and_a_year() {
        assert!(is_from_line(b"From a@b Tue Jan  2 03:04:05 2024"));
        assert!(is_from_line(b"From MAILER-DAEMON Fri Jul  8 12:08:34 2011 +0100"));
        assert!(is_from_line(b"From - Sat Jan 03 01:05:34 1996"));
        assert!(!is_from_line(b"From not a separator in body"));
        assert!(!is_from_line(b"From x"));
    }
}
