//! Mailboxes in the mbox format: message after message, each behind a `From ` line.

mod divide;
mod walk;

use super::eml::Eml;
use super::header::field_name;
use super::lines::Lines;
use crate::budget::Budget;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Piece, Sure};
use crate::formats::archive::Store;
use crate::formats::raw;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Segment};
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use walk::{From, Taker, is_from_line, walk};

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

    fn divide(&self, content: &Content<'_>, budget: &Budget, most: usize) -> Vec<Piece> {
        Store::of(content).map_or_else(Vec::new, |store| divide::divide(store, budget, most))
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else {
            let lines = Lines::new(BufReader::with_capacity(64 << 10, part.content.reader()));
            return Reading::new(Keep::Bytes(Vec::new()), 0, descent).all(lines);
        };
        let piece = descent.piece().unwrap_or(Piece { bytes: 0..store.len(), before: 0 });
        let lines = lines(store, piece.bytes.clone());
        let flow = Reading::new(Keep::Range(store), piece.before, descent).all(lines);
        if flow.is_continue() && descent.budget().check().is_ok() {
            descent.claim(piece.bytes, Fate::Scanned);
        }
        flow
    }
}

/// Some of a mailbox's lines. How lines end is told by its beginning.
fn lines<'a>(store: Store<'a>, range: Range<u64>) -> Lines<Box<dyn BufRead + 'a>> {
    match range.start {
        0 => Lines::new(store.reader(range)),
        at => Lines::further(store.reader(0..store.len()), store.reader(range), at),
    }
}

/// True for so little between two `From ` lines that it is no message.
fn is_nothing(store: &Store<'_>, range: &Range<u64>) -> bool {
    range.end - range.start <= 64
        && store.read(range.clone()).is_ok_and(|bytes| bytes.trim_ascii().is_empty())
}

/// Where the message being read is kept: nowhere, where it can be read again.
enum Keep<'a> {
    Range(Store<'a>),
    Bytes(Vec<u8>),
}

struct Reading<'a, 'r, 'd> {
    descent: &'r mut Descent<'d>,
    keep: Keep<'a>,
    number: u64,
    /// The message being read is too large to hold.
    over: bool,
    /// A `From ` line has been met.
    parted: bool,
}

impl<'a, 'r, 'd> Reading<'a, 'r, 'd> {
    /// The reading of messages that so many come before.
    fn new(keep: Keep<'a>, number: u64, descent: &'r mut Descent<'d>) -> Self {
        Reading { descent, keep, number, over: false, parted: false }
    }

    fn all(mut self, lines: Lines<impl BufRead>) -> Flow {
        walk(lines, &mut self)
    }
}

impl Taker for Reading<'_, '_, '_> {
    fn goes_on(&self) -> bool {
        self.descent.budget().check().is_ok()
    }

    /// Adds a line to the message, where it has to be kept.
    fn line(&mut self, line: &[u8]) -> Flow {
        let Keep::Bytes(bytes) = &mut self.keep else { return Flow::Continue(()) };
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        if bytes.len() as u64 <= self.descent.budget().limits().buffer {
            return Flow::Continue(());
        }
        if !self.over {
            self.over = true;
            self.descent.note_inside(&(self.number + 1).to_string(), Reason::LimitMemory, None);
        }
        let bytes = std::mem::take(bytes);
        raw::strings(&bytes[..], 0, self.descent)
    }

    fn from(&mut self, from: From<'_>) -> Flow {
        self.parted = true;
        let place = Place::Header { name: "From".to_owned() };
        self.descent.segment(&Segment::new(from.line, place))
    }

    fn message(&mut self, range: Range<u64>) -> Flow {
        let over = std::mem::take(&mut self.over);
        match &mut self.keep {
            Keep::Range(store) => {
                let store = *store;
                if is_nothing(&store, &range) {
                    return Flow::Continue(());
                }
                self.number += 1;
                // A mailbox without a line that parts its messages is one message, not a part
                // that holds itself.
                if !self.parted && range == (0..store.len()) {
                    return Eml.extract(message(self.number, whole(store)), self.descent);
                }
                self.descent.part(message(self.number, store.content(range)))
            }
            Keep::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                if bytes.trim_ascii().is_empty() && !over {
                    return Flow::Continue(());
                }
                self.number += 1;
                if over {
                    return raw::strings(&bytes[..], range.start, self.descent);
                }
                self.descent.part(message(self.number, Content::Bytes(&bytes)))
            }
        }
    }

    fn cut(&mut self) {
        self.descent.note(Reason::LimitMemory);
    }

    fn fault(&mut self, error: &io::Error) {
        self.descent.fault(error);
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
