//! Messages (RFC 5322) with everything MIME puts in them.

use super::decode::{Encoding, hidden_base64, unflow, uu_blocks};
use super::header::{Fields, Typed, looks};
use super::lines::{Line, Lines};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store, names};
use crate::formats::text::Gather;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Stopped};
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::ops::{ControlFlow, Range};

/// Single messages: `.eml`, Maildir files, web archives (`.mhtml`), attached messages.
pub struct Eml;

impl Extractor for Eml {
    fn name(&self) -> &'static str {
        "eml"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let looks = looks(head);
        let told = hint.media.starts_with("message/")
            || hint.media == "multipart/related"
            || hint.ends(&["eml", "mht", "mhtml", "emlx"]);
        match (looks.known, looks.fields) {
            (2.., _) => Sure::Certain,
            (_, 1..) if told => Sure::Certain,
            _ => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let mut reading = Reading {
            store,
            claims: Claims::new(store.len()),
            open: Vec::new(),
            boundaries: HashMap::new(),
            number: 0,
        };
        let flow = reading.walk(descent);
        // The lines between parts were read as what they are.
        if flow.is_continue() && descent.budget().check().is_ok() {
            reading.claims.claim(0..store.len(), Fate::Scanned, descent);
        }
        flow
    }
}

/// Longest header block that is held in memory, in bytes.
const LONGEST_HEADER: usize = 16 << 20;
/// Longest boundary that is honoured, in bytes; RFC 2046 allows 70.
const LONGEST_BOUNDARY: usize = 1000;

/// A multipart whose end was not seen yet.
struct Multipart {
    boundary: Vec<u8>,
    /// Its parts are messages unless they say otherwise.
    digest: bool,
}

/// What the lines being read belong to.
enum State {
    /// A header block.
    Header(Vec<u8>),
    /// The body of a part that began at this byte.
    Body(Box<Fields>, u64),
    /// What stands before the first or after the last part of a multipart, from this byte on.
    Between(u64),
}

struct Reading<'a> {
    store: Store<'a>,
    claims: Claims,
    open: Vec<Multipart>,
    /// The multiparts that have this boundary, innermost last.
    boundaries: HashMap<Vec<u8>, Vec<usize>>,
    number: usize,
}

impl Reading<'_> {
    fn walk(&mut self, descent: &mut Descent<'_>) -> Flow {
        let mut lines = Lines::new(self.store.reader(0..self.store.len()));
        let mut line = Line::default();
        let mut state = State::Header(Vec::new());
        let mut begun = false;
        loop {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            match lines.next(&mut line) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    descent.fault(&error);
                    break;
                }
            }
            // Blank lines and marks in front of a message are no end of its header.
            if !begun {
                if let Some(rest) = line.bytes.strip_prefix(b"\xef\xbb\xbf") {
                    line.bytes = rest.to_vec();
                }
                if line.is_blank() {
                    continue;
                }
                begun = true;
            }
            // A delimiter is no header field, even where the blank line before it is missing.
            if let State::Header(block) = &mut state
                && line.bytes.starts_with(b"--")
                && self.delimiter(&line.bytes).is_none()
            {
                let block = std::mem::take(block);
                state = self.header(&block, line.start, descent)?;
            }
            if let Some((depth, close)) = self.delimiter(&line.bytes) {
                let end = line.start_without_break;
                self.finish(state, end, descent)?;
                self.close_to(if close { depth } else { depth + 1 });
                state = if close { State::Between(line.end) } else { State::Header(Vec::new()) };
                continue;
            }
            match &mut state {
                State::Header(block) => {
                    if line.is_blank() {
                        let block = std::mem::take(block);
                        state = self.header(&block, line.end, descent)?;
                    } else if block.len() + line.bytes.len() > LONGEST_HEADER {
                        descent.note(Reason::LimitMemory);
                        let block = std::mem::take(block);
                        state = self.header(&block, line.start, descent)?;
                    } else {
                        block.extend_from_slice(&line.bytes);
                        block.push(b'\n');
                    }
                }
                State::Between(_) | State::Body(..) => {}
            }
        }
        // Many a writer forgets the last line. Something is missing only where a coding was cut.
        let open = !self.open.is_empty();
        if open && self.is_cut(&state) {
            descent.note_with(Reason::Truncated, None, "its last part ends in the middle");
        }
        self.finish(state, self.store.len(), descent)
    }

    /// True when the part that the message ends in was cut off inside its transfer encoding.
    fn is_cut(&self, state: &State) -> bool {
        let State::Body(fields, start) = state else { return false };
        let encoding = fields.get("content-transfer-encoding");
        let encoding = encoding.map_or(Encoding::Plain, |f| Encoding::named(&f.text()));
        encoding.is_cut(self.store.reader(*start..self.store.len()))
    }

    /// The multipart a line delimits, and whether it closes it.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--")?.trim_ascii_end();
        if self.open.is_empty() || rest.len() > LONGEST_BOUNDARY + 2 {
            return None;
        }
        let find = |boundary: &[u8]| self.boundaries.get(boundary)?.last().copied();
        if let Some(depth) = find(rest) {
            return Some((depth, false));
        }
        rest.strip_suffix(b"--").and_then(find).map(|depth| (depth, true))
    }

    fn close_to(&mut self, depth: usize) {
        for closed in self.open.drain(depth..) {
            if let Some(depths) = self.boundaries.get_mut(&closed.boundary) {
                depths.pop();
                if depths.is_empty() {
                    self.boundaries.remove(&closed.boundary);
                }
            }
        }
    }

    /// Gives the fields of a header block that ended before byte `body`, and says what follows.
    fn header(
        &mut self,
        block: &[u8],
        body: u64,
        descent: &mut Descent<'_>,
    ) -> ControlFlow<(), State> {
        let fields = Fields::read(block);
        self.give(&fields, descent)?;
        let Some(kind) = fields.typed("content-type") else {
            return ControlFlow::Continue(State::Body(Box::new(fields), body));
        };
        if let Some(subtype) = kind.kind.strip_prefix("multipart/") {
            if subtype == "encrypted" {
                descent.note(Reason::Encrypted);
            }
            let boundary = kind.parameter("boundary").unwrap_or_default().trim_end().as_bytes();
            if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
                descent.note_with(Reason::Damaged, None, "a multipart without a usable boundary");
                return ControlFlow::Continue(State::Body(Box::new(fields), body));
            }
            let depths = self.boundaries.entry(boundary.to_vec()).or_default();
            depths.push(self.open.len());
            self.open.push(Multipart { boundary: boundary.to_vec(), digest: subtype == "digest" });
            return ControlFlow::Continue(State::Between(body));
        }
        match kind.kind.as_str() {
            "message/external-body" => descent.note(Reason::External),
            "message/partial" => descent.note(Reason::Fragment),
            _ => {}
        }
        ControlFlow::Continue(State::Body(Box::new(fields), body))
    }

    fn give(&self, fields: &Fields, descent: &mut Descent<'_>) -> Flow {
        if fields.broken {
            descent.note_with(Reason::Damaged, None, "a header line is none");
        }
        // Who writes to whom about what is said here and nowhere else, so it is content. In one piece,
        // because each costs something of its own.
        let mut lines = Gather::new();
        for field in fields.iter() {
            lines.place(Place::Header { name: field.name.clone() });
            if !field.name.is_empty() {
                lines.push(field.name.as_bytes());
                lines.push(b": ");
            }
            lines.push(field.text().as_bytes());
            lines.end_line();
            lines.flow(descent)?;
        }
        lines.finish(descent)
    }

    /// Deals with what ended before byte `end`.
    fn finish(&mut self, state: State, end: u64, descent: &mut Descent<'_>) -> Flow {
        match state {
            State::Header(block) => {
                // A part that is all header; or all body, where the blank line is missing.
                let fields = Fields::read(&block);
                self.give(&fields, descent)
            }
            State::Between(start) => {
                let end = end.max(start);
                let text = self.store.read(start..end.min(start + 4096)).unwrap_or_default();
                let nothing = text.iter().all(u8::is_ascii_whitespace) && end - start <= 4096;
                if nothing || start >= end {
                    return Flow::Continue(());
                }
                let mut part = Part::new("around the parts", self.store.content(start..end));
                part.media = Some("text/plain".to_owned());
                descent.part(part)
            }
            State::Body(fields, start) => self.body(&fields, start..end.max(start), descent),
        }
    }

    /// A part that is no multipart.
    fn body(&mut self, fields: &Fields, range: Range<u64>, descent: &mut Descent<'_>) -> Flow {
        let digest = self.open.last().is_some_and(|m| m.digest);
        let default = if digest { "message/rfc822" } else { "text/plain" };
        let kind = fields.typed("content-type").unwrap_or_default();
        let kind = if kind.kind.is_empty() {
            Typed { kind: default.to_owned(), ..Typed::default() }
        } else {
            kind
        };
        let disposition = fields.typed("content-disposition").unwrap_or_default();
        let encoding = fields
            .get("content-transfer-encoding")
            .map_or(Encoding::Plain, |f| Encoding::named(&f.text()));
        self.number += 1;
        let filename = disposition
            .parameter("filename")
            .or_else(|| kind.parameter("name"))
            .map(str::to_owned)
            .or_else(|| fields.get("content-location").map(super::header::Field::text));
        let name = match filename {
            Some(name) => {
                let shown = names::shown(&name, self.number);
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
                if names::is_bad(&names::shown(name, 1)) {
                    descent.note_inside(&shown, Reason::BadName, None);
                }
                shown
            }
            None => match kind.kind.as_str() {
                "text/plain" => "body".to_owned(),
                "text/html" => "body.html".to_owned(),
                "message/rfc822" | "message/global" => "message".to_owned(),
                _ => format!("part {}", self.number),
            },
        };
        if range.is_empty() {
            return Flow::Continue(());
        }
        let leaf = Leaf { kind, encoding, name, range };
        self.leaf(leaf, descent)
    }

    fn leaf(&mut self, leaf: Leaf, descent: &mut Descent<'_>) -> Flow {
        let broken = Cell::new(false);
        let part = |content| Part {
            name: leaf.name.clone(),
            media: Some(leaf.kind.kind.clone()),
            charset: leaf.kind.parameter("charset").map(str::to_owned),
            content,
        };
        let most = descent.budget().limits().buffer;
        let text = leaf.kind.kind == "text/plain";
        let message = leaf.kind.kind.starts_with("message/");
        let small = leaf.range.end - leaf.range.start <= most;
        let flow = if small && (text || (leaf.encoding == Encoding::Plain && !message)) {
            // Text may hold other things: encoded files, armour, wrapped lines.
            match self.decoded(&leaf, &broken, descent) {
                Ok(bytes) => self.text(&leaf, text, &bytes, &part, descent),
                Err(error) => {
                    descent.note_inside(&leaf.name, Stopped::reason(&error), None);
                    Flow::Continue(())
                }
            }
        } else if leaf.encoding == Encoding::Plain {
            descent.part(part(self.store.content(leaf.range.clone())))
        } else {
            let raw = BufReader::new(self.store.reader(leaf.range.clone()));
            let decoded = descent.budget().meter(leaf.encoding.decode(raw, &broken), None);
            descent.part(part(Content::Stream(Box::new(decoded))))
        };
        if broken.get() {
            descent.note_inside(&leaf.name, Reason::Damaged, None);
        }
        flow
    }

    /// A part's decoded bytes in memory.
    fn decoded<'s>(
        &'s self,
        leaf: &Leaf,
        broken: &Cell<bool>,
        descent: &Descent<'_>,
    ) -> std::io::Result<std::borrow::Cow<'s, [u8]>> {
        if leaf.encoding == Encoding::Plain {
            return self.store.read(leaf.range.clone());
        }
        let mut bytes = Vec::new();
        let raw = self.store.reader(leaf.range.clone());
        descent.budget().meter(leaf.encoding.decode(raw, broken), None).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    fn text<'b>(
        &self,
        leaf: &Leaf,
        is_text: bool,
        bytes: &'b [u8],
        part: &dyn Fn(Content<'b>) -> Part<'b>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        if leaf.encoding == Encoding::Plain
            && let Some(hidden) = hidden_base64(bytes)
        {
            let mut inner = Part::new(leaf.name.clone(), Content::Bytes(&hidden));
            inner.media = Some("application/octet-stream".to_owned());
            descent.part(inner)?;
        }
        let armour = memchr::memmem::find(bytes, b"-----BEGIN PGP MESSAGE-----");
        if armour.is_some_and(|at| !bytes[..at].trim_ascii().is_empty()) {
            descent.note_inside(&leaf.name, Reason::Encrypted, None);
        }
        for (name, range) in if is_text { uu_blocks(bytes) } else { Vec::new() } {
            let name = names::shown(&names::text(&name), 1);
            let broken = Cell::new(false);
            let decoded = Encoding::Uu.decode(&bytes[range], &broken);
            let decoded = descent.budget().meter(decoded, None);
            descent.part(Part::new(name.clone(), Content::Stream(Box::new(decoded))))?;
            if broken.get() {
                descent.note_inside(&name, Reason::Damaged, None);
            }
        }
        let flowed =
            leaf.kind.parameter("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
        if is_text && flowed {
            let delete =
                leaf.kind.parameter("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes"));
            let text = unflow(bytes, delete);
            let part = Part {
                name: leaf.name.clone(),
                media: Some(leaf.kind.kind.clone()),
                charset: leaf.kind.parameter("charset").map(str::to_owned),
                content: Content::Bytes(&text),
            };
            return descent.part(part);
        }
        descent.part(part(Content::Bytes(bytes)))
    }
}

/// A part that is no multipart: what it is said to be, and where its body lies.
struct Leaf {
    kind: Typed,
    encoding: Encoding,
    name: String,
    range: Range<u64>,
}
