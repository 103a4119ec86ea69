//! Everything in a document that is not the text of its pages.

use super::filter::{self, Picture};
use super::pages::Reader;
use super::reach::Reach;
use super::strings;
use super::things::{MOST_STREAM, Thing, is_object_stream};
use super::value::{Dict, Lexer, Token, Value};
use super::{Seen, layout};
use crate::descend::{Descent, Flow};
use crate::formats::document::runs::printable;
use crate::formats::image;
use dlpscan_core::model::{Content, Layout, Mark, Part, Place, Reason, Role, Segment, Stopped};
use hayro_syntax::object::{ObjectIdentifier, Stream};
use hayro_syntax::page::Resources;
use std::collections::{HashMap, HashSet};

/// Reads objects one after another.
pub(super) struct Rest<'r, 'd, 'a, 'b> {
    /// Where text and parts go.
    pub descent: &'r mut Descent<'d>,
    /// The document as hayro opened it, and its reader; none where it could not.
    pub open: Option<(&'a hayro_syntax::Pdf, &'r Reader<'a, 'b>)>,
    /// What the pages show.
    pub reach: &'r Reach,
    /// Lines that were scanned.
    pub seen: &'r mut Seen,
    /// Facts about all objects, from [`Facts::learn`].
    pub facts: &'r Facts,
    /// Text of small objects that waits to be scanned together.
    pub waiting: Waiting,
}

/// What must be known about all objects before the first is read.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The document information dictionaries.
    pub info: HashSet<u32>,
    /// The names of embedded files, by the number of their stream.
    pub files: HashMap<u32, String>,
    /// How often a number is used: more than once where a file was revised.
    pub used: HashMap<u32, u32>,
    /// The tables of letters that are built on another, and that other.
    bases: HashMap<u32, u32>,
}

impl Facts {
    /// Looks at one object.
    pub fn learn(&mut self, thing: &Thing<'_>) {
        *self.used.entry(thing.number).or_default() += 1;
        if let (Some(_), Some(Value::Ref(base))) =
            (&thing.raw, thing.dict().and_then(|dict| dict.get("UseCMap")))
        {
            self.bases.insert(thing.number, *base);
        }
        // File specifications, wherever they stand in the object.
        let mut todo = vec![&thing.value];
        while let Some(value) = todo.pop() {
            match value {
                Value::Array(items) => todo.extend(items),
                Value::Dict(dict) => {
                    todo.extend(dict.0.iter().map(|(_, v)| v));
                    let Some(Value::Dict(streams)) = dict.get("EF") else { continue };
                    let name = ["UF", "F", "Unix", "DOS", "Mac", "Desc"]
                        .iter()
                        .find_map(|key| match dict.get(key) {
                            Some(Value::Text(name)) => Some(strings::text(name)),
                            _ => None,
                        })
                        .unwrap_or_else(|| "embedded file".into());
                    for (_, stream) in &streams.0 {
                        if let Value::Ref(number) = stream {
                            self.files.insert(*number, name.clone());
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// True when a table of letters is built on itself, at once or by way of others.
    pub fn circular_tables(&self) -> bool {
        let mut walks: HashMap<u32, u32> = HashMap::new();
        self.bases.keys().any(|&start| {
            let mut at = start;
            while let Some(&base) = self.bases.get(&at) {
                match walks.insert(at, start) {
                    Some(walk) if walk == start => return true,
                    Some(_) => return false,
                    None => at = base,
                }
            }
            false
        })
    }
}

/// Small texts that are scanned as one segment, each with its place.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    text: String,
    marks: Vec<Mark>,
}

/// Waiting text is scanned once it is so long.
const MOST_WAITING: usize = 64 << 10;

impl Rest<'_, '_, '_, '_> {
    /// Reads one object.
    pub fn thing(&mut self, thing: Thing<'_>) -> Flow {
        let info = self.facts.info.contains(&thing.number);
        for entry in strings::entries(&thing.value, info) {
            let place = match self.reach.annotations.get(&thing.number) {
                Some(&page) => Place::Page { page },
                None if entry.key.is_empty() => object(thing.number),
                None => Place::Property { name: entry.key },
            };
            self.wait(place, &entry.text)?;
        }
        match (thing.dict(), &thing.raw) {
            (Some(dict), Some(raw)) => self.stream(thing.number, dict, raw),
            _ => Flow::Continue(()),
        }
    }

    /// Scans what still waits.
    pub fn finish(&mut self) -> Flow {
        let waiting = std::mem::take(&mut self.waiting);
        let segment = Segment::new(waiting.text.as_bytes(), Place::Whole)
            .with_layout(Layout::Marks(&waiting.marks))
            .with_role(Role::Metadata);
        self.descent.segment(&segment)
    }

    fn wait(&mut self, place: Place, text: &str) -> Flow {
        if !self.seen.add(text) {
            return Flow::Continue(());
        }
        self.waiting.marks.push(Mark { start: self.waiting.text.len(), place });
        self.waiting.text.push_str(text);
        self.waiting.text.push('\n');
        match self.waiting.text.len() > MOST_WAITING {
            true => self.finish(),
            false => Flow::Continue(()),
        }
    }

    fn stream(&mut self, number: u32, dict: &Dict, raw: &[u8]) -> Flow {
        if let Some(name) = self.facts.files.get(&number).cloned() {
            return self.file(name, dict, raw);
        }
        if dict.is("Type", "EmbeddedFile") {
            return self.file(format!("embedded file {number}"), dict, raw);
        }
        if is_object_stream(dict) || dict.is("Type", "XRef") {
            return Flow::Continue(());
        }
        let shown = self.reach.streams.contains_key(&number)
            && self.facts.used.get(&number).is_none_or(|&n| n == 1);
        let image = dict.is("Subtype", "Image");
        if image && !filter::names(dict).iter().any(|n| matches!(*n, b"DCTDecode" | b"DCT")) {
            return Flow::Continue(());
        }
        let decoded = filter::decode(raw, dict, MOST_STREAM);
        if let Err(Stopped(reason)) = self.descent.budget().take_bytes(decoded.bytes.len() as u64) {
            self.descent.note(reason);
            return Flow::Continue(());
        }
        let bytes = &decoded.bytes;
        match decoded.picture {
            Some(Picture::Jpeg) => return image::jpeg_texts(bytes, self.descent),
            Some(Picture::Else) => return Flow::Continue(()),
            None => {}
        }
        if is_machinery(dict, bytes) {
            return Flow::Continue(());
        }
        if let Some(reason) = decoded.fault {
            let detail = match reason {
                Reason::Unsupported => "a stream has a filter that is not known",
                _ => "a stream of the document",
            };
            self.descent.note_with(reason, Some(raw.len() as u64), detail);
        }
        if is_content(bytes) {
            return match shown {
                true => Flow::Continue(()),
                false => self.orphan(number, bytes),
            };
        }
        if shown || is_drawing(bytes) {
            return Flow::Continue(());
        }
        let text = strings::text(bytes);
        if strings::is_text(&text) {
            let name = match dict.is("Type", "Metadata") || dict.is("Subtype", "XML") {
                true => "XMP metadata".to_owned(),
                false => format!("object {number}"),
            };
            return self.plain(Place::Property { name }, &text);
        }
        self.unknown(number, bytes)
    }

    /// A file inside the document.
    fn file(&mut self, name: String, dict: &Dict, raw: &[u8]) -> Flow {
        let media = match dict.get("Subtype") {
            Some(Value::Name(media)) => Some(String::from_utf8_lossy(media).into_owned()),
            _ => None,
        };
        let flate = filter::names(dict) == [b"FlateDecode"] && dict.get("DecodeParms").is_none();
        if flate && raw.first().is_some_and(|b| b & 0x0F == 8) {
            let decoder = flate2::read::ZlibDecoder::new(raw);
            let stream = self.descent.budget().meter(decoder, Some(raw.len() as u64));
            let content = Content::Stream(Box::new(stream));
            return self.descent.part(Part { name, media, charset: None, content });
        }
        let most = self.descent.budget().limits().buffer as usize;
        let decoded = filter::decode(raw, dict, most);
        if let Err(Stopped(reason)) = self.descent.budget().take_bytes(decoded.bytes.len() as u64) {
            self.descent.note(reason);
            return Flow::Continue(());
        }
        if let Some(reason) = decoded.fault {
            self.descent.note_inside(&name, reason, Some(raw.len() as u64));
        }
        let content = Content::Bytes(&decoded.bytes);
        self.descent.part(Part { name, media, charset: None, content })
    }

    /// Text of a content stream that no page shows: of an earlier revision, a hidden appearance,
    /// a pattern, or nothing at all.
    fn orphan(&mut self, number: u32, content: &[u8]) -> Flow {
        let mut text = String::new();
        if let Some((pdf, reader)) = self.open {
            let own = pdf
                .xref()
                .get::<Stream<'_>>(ObjectIdentifier::new(number as _, 0))
                .and_then(|s| s.dict().get("Resources"))
                .map(Resources::new);
            let page = self.reach.streams.get(&number).map_or(0, |&page| page as usize - 1);
            let shared = pdf.pages().get(page).map(|page| page.resources().clone());
            let resources = own.or(shared).unwrap_or_else(|| Resources::new(Default::default()));
            let written = reader.orphan(content, &resources);
            if let Some(reason) = written.stopped {
                self.descent.note(reason);
            }
            if written.unmapped {
                self.descent.note_with(Reason::Unsupported, None, super::NO_LETTERS);
            }
            text = layout::text(&written.lines);
        }
        if text.is_empty() {
            text = strings::loose(content).0;
        }
        // Read anew as a whole if any line of it is new: its lines explain each other.
        let new = text.lines().filter(|line| self.seen.add(line)).count();
        if new == 0 {
            return Flow::Continue(());
        }
        let place = Place::Property { name: format!("object {number}, not shown") };
        let segment = Segment::new(text.as_bytes(), place).with_layout(Layout::Whole);
        self.descent.segment(&segment)
    }

    fn plain(&mut self, place: Place, text: &str) -> Flow {
        let text = image::plain(text);
        if !self.seen.add(&text) {
            return Flow::Continue(());
        }
        let segment = Segment::new(text.as_bytes(), place)
            .with_layout(Layout::Whole)
            .with_role(Role::Metadata);
        self.descent.segment(&segment)
    }

    /// A stream of no known purpose: perhaps another file, else its printable strings.
    fn unknown(&mut self, number: u32, bytes: &[u8]) -> Flow {
        let hint = crate::extractor::Hint { name: "", media: "", len: Some(bytes.len() as u64) };
        let head = &bytes[..bytes.len().min(crate::extractor::SNIFF)];
        match self.descent.choose(head, &hint) {
            Some((_, sure)) if sure >= crate::extractor::Sure::Certain => {
                let part = Part::new(format!("object {number}"), Content::Bytes(bytes));
                self.descent.part(part)
            }
            _ => {
                let runs = printable(bytes);
                if runs.is_empty() { Flow::Continue(()) } else { self.wait(object(number), &runs) }
            }
        }
    }
}

fn object(number: u32) -> Place {
    Place::Property { name: format!("object {number}") }
}

/// True for what draws and maps but writes nothing: fonts, colour profiles, functions, shadings,
/// character maps.
fn is_machinery(dict: &Dict, bytes: &[u8]) -> bool {
    let font = [&b"%!"[..], &[0, 1, 0, 0], b"true", b"OTTO", &[1, 0, 4], b"ttcf", &[0x80, 1]];
    dict.get("FunctionType").is_some()
        || dict.get("ShadingType").is_some()
        || (dict.get("N").is_some() && bytes.get(36..40) == Some(b"acsp"))
        || font.iter().any(|magic| bytes.starts_with(magic))
        || memchr::memmem::find(bytes, b"begincmap").is_some()
}

/// True for a content stream that only draws: numbers, names and operators of at most three
/// letters, and enough operators for the numbers.
fn is_drawing(bytes: &[u8]) -> bool {
    let mut lexer = Lexer::new(bytes, 0);
    let (mut numbers, mut operators) = (0u32, 0u32);
    while let Some(token) = lexer.next() {
        match token {
            Token::Number(_) => numbers += 1,
            Token::Word(a, b) if b - a <= 3 => operators += 1,
            Token::Word(..) | Token::Text(..) => return false,
            _ => {}
        }
    }
    operators > 0 && numbers <= operators.saturating_mul(6)
}

/// True for a content stream that shows text.
fn is_content(bytes: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    has(b"BT") && (has(b"Tj") || has(b"TJ") || has(b"' ") || has(b"'\n") || has(b"\" "))
}
