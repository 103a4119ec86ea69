use super::gather::Gather;
use super::whole::{self, Lines};
use crate::decode::Decoded;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Opening, Sure};
use dlpscan_core::model::{Part, Place, Reason, Stopped};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::ops::Range;

/// Any XML: each element's text on a line behind the element's name, and behind what an attribute
/// calls it (`<field name="born">`); attributes, comments and processing instructions too. Entities
/// of its own are not expanded.
pub struct Xml;

impl Extractor for Xml {
    fn name(&self) -> &'static str {
        "xml"
    }

    fn sniff_text(&self, opening: &Opening<'_>, hint: &Hint<'_>) -> Sure {
        let text = opening.text.trim_ascii_start();
        let named = hint.ends(&["xml", "svg", "xsd", "xsl", "rss", "kml", "gpx", "plist", "rdf"])
            || hint.media.ends_with("xml");
        match text {
            _ if text.starts_with(b"<?xml") => Sure::Certain,
            _ if text.starts_with(b"<svg") => Sure::Certain,
            [b'<', b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] if named => Sure::Likely,
            _ if text.starts_with(b"<!DOCTYPE")
                && memchr::memmem::find(text, b"<!ENTITY").is_some() =>
            {
                Sure::Likely
            }
            [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'_', ..]
                if memchr::memmem::find(text, b"</").is_some()
                    || memchr::memmem::find(text, b"/>").is_some() =>
            {
                Sure::Fallback
            }
            _ => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let declared = |head: &[u8]| {
            let end = memchr::memmem::find(head, b"?>")?;
            whole::value_of(&head[..end], "encoding").map(str::to_owned)
        };
        whole::read(part, declared, descent, read)
    }
}

/// Elements inside a line, which do not break a value in two.
const INLINE: [&str; 16] = [
    "tspan", "textPath", "a", "b", "i", "u", "em", "strong", "span", "sub", "sup", "small", "font",
    "s", "mark", "code",
];

/// Attributes that say what an element's text is.
const NAMING: [&str; 7] = ["name", "key", "label", "field", "property", "question", "caption"];

/// Elements that hold what the element around them names.
const HOLDING: [&str; 4] = ["value", "val", "answer", "text"];

/// What an attribute calls an element is no longer than this, in bytes.
const LONGEST_NAME: usize = 80;

/// Attributes that hold drawing, not words.
const DRAWING: [&str; 12] =
    ["d", "points", "transform", "viewBox", "x", "y", "dx", "dy", "width", "height", "rx", "ry"];

/// After so many faults the rest is taken as text.
const MOST_FAULTS: usize = 1_000;

fn read(decoded: &Decoded<'_>, descent: &mut Descent<'_>) -> Flow {
    let source = decoded.string();
    // The decoder gives UTF-8; were it not so, positions in the raw bytes would not be known.
    let exact = source.len() == decoded.text.len();
    let mut out = Out {
        source: &source,
        decoded,
        exact,
        lines: Lines::new(source.as_bytes()),
        gather: Gather::new(),
        aside: Gather::new(),
        names: Vec::new(),
        fresh: true,
    };
    let mut base = 0;
    let mut faults = 0;
    let mut events = 0_u32;
    while base < source.len() {
        let mut reader = Reader::from_str(&source[base..]);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        config.check_comments = false;
        let fault = loop {
            events += 1;
            if events.is_multiple_of(4096)
                && let Err(Stopped(reason)) = descent.budget().check()
            {
                descent.note(reason);
                return out.finish(descent);
            }
            let start = base + reader.buffer_position() as usize;
            match reader.read_event() {
                Ok(Event::Eof) => break None,
                Ok(event) => {
                    let end = base + reader.buffer_position() as usize;
                    if let Event::DocType(text) = &event
                        && text.contains("<!ENTITY")
                    {
                        descent.note(Reason::DtdRefused);
                    }
                    out.event(event, start..end);
                    out.gather.flow(descent)?;
                    out.aside.flow(descent)?;
                }
                Err(_) => break Some(start),
            }
        };
        let Some(start) = fault else { break };
        // What is not XML is text, up to where XML may begin again.
        faults += 1;
        let next = source.as_bytes()[start..].iter().skip(1).position(|&b| b == b'<');
        let end = match next {
            Some(at) if faults < MOST_FAULTS => start + 1 + at,
            _ => source.len(),
        };
        out.text(start..end);
        out.gather.flow(descent)?;
        base = end;
    }
    out.finish(descent)
}

struct Out<'s> {
    source: &'s str,
    decoded: &'s Decoded<'s>,
    exact: bool,
    lines: Lines<'s>,
    gather: Gather,
    /// Attributes of elements inside a line, and comments: apart, so that they break no value.
    aside: Gather,
    /// Names of the elements that are open, and what their attributes call them.
    names: Vec<(Range<usize>, Option<String>)>,
    /// Nothing of the current element's text has been given yet.
    fresh: bool,
}

impl Out<'_> {
    fn event(&mut self, event: Event<'_>, span: Range<usize>) {
        let place = Place::Line { line: self.lines.at(span.start), column: 0 };
        match event {
            Event::Start(tag) => {
                self.open(&tag, span.start, place);
                let name = span.start + 1;
                self.names.push((name..name + tag.name().as_ref().len(), called(&tag)));
            }
            Event::Empty(tag) => self.open(&tag, span.start, place),
            Event::End(tag) => {
                self.names.pop();
                if !is_inline(tag.local_name().as_ref()) {
                    self.gather.end_line();
                    self.fresh = true;
                }
            }
            Event::Text(_) => {
                let text = &self.source[span.clone()];
                if text.trim_ascii().is_empty() {
                    if !self.fresh && self.gather.last().is_some_and(|b| b != b'\n') {
                        self.gather.push(b" ");
                    }
                } else {
                    self.label(place);
                    self.text(span);
                }
            }
            Event::CData(_) => {
                self.label(place);
                self.text(span.start + 9..span.end - 3);
            }
            Event::GeneralRef(entity) => {
                self.label(place);
                let c = match &*entity {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => entity.resolve_char_ref().ok().flatten(),
                };
                match c {
                    Some(c) => {
                        let raw = self.raw(span.start);
                        self.gather.decoded(c.encode_utf8(&mut [0; 4]).as_bytes(), raw);
                    }
                    // An entity of its own stays unexpanded.
                    None => self.text(span),
                }
            }
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                self.aside.place(place);
                let text = &self.source.as_bytes()[span.clone()];
                self.aside_text(text, span.start);
                self.aside.end_line();
            }
            Event::Decl(_) | Event::Eof => {}
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, start: usize, place: Place) {
        let inline = is_inline(tag.local_name().as_ref());
        if !inline {
            self.gather.end_line();
            self.fresh = true;
        }
        let mut some = false;
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key = attribute.key.as_ref();
            if key.starts_with("xmlns") || DRAWING.contains(&key) || attribute.value.is_empty() {
                continue;
            }
            let value = quick_xml::escape::unescape(&attribute.value)
                .unwrap_or(std::borrow::Cow::Borrowed(&attribute.value));
            let raw = self.raw(start);
            let gather = if inline { &mut self.aside } else { &mut self.gather };
            if !some {
                gather.place(place.clone());
            } else {
                gather.push(b" ");
            }
            some = true;
            let local = key.rsplit(':').next().unwrap_or(key);
            if let Some(words) = whole::words(local) {
                gather.push(words.as_bytes());
                gather.push(b" ");
            }
            gather.decoded(local.as_bytes(), raw);
            gather.push(b": ");
            gather.decoded(value.as_bytes(), raw);
        }
        // A tag whose attributes break the rules is text as it stands.
        if tag.attributes().with_checks(false).any(|a| a.is_err()) {
            let text = tag.attributes_raw();
            let from = start + 1 + tag.name().as_ref().len();
            self.aside.place(place);
            self.aside_text(text.as_bytes(), from);
            self.aside.end_line();
        }
        if some {
            let gather = if inline { &mut self.aside } else { &mut self.gather };
            gather.end_line();
        }
    }

    /// The element's name before the first of its text.
    fn label(&mut self, place: Place) {
        self.gather.place(place);
        if !self.fresh {
            return;
        }
        self.fresh = false;
        let Some((span, own)) = self.names.last() else { return };
        let Some(name) = self.source.get(span.clone()) else { return };
        let local = name.rsplit(':').next().unwrap_or(name);
        let around = || match HOLDING.contains(&local) {
            true => self.names.iter().rev().nth(1).and_then(|(_, called)| called.as_deref()),
            false => None,
        };
        let called = own.as_deref().or_else(around).map(str::to_owned);
        let raw = self.raw(span.start);
        if let Some(words) = whole::words(local) {
            self.gather.push(words.as_bytes());
            self.gather.push(b" ");
        }
        self.gather.decoded(local.as_bytes(), raw);
        if let Some(called) = called {
            self.gather.push(b" ");
            if let Some(words) = whole::words(&called) {
                self.gather.push(words.as_bytes());
                self.gather.push(b" ");
            }
            self.gather.decoded(called.as_bytes(), raw);
        }
        self.gather.push(b": ");
    }

    /// Text as it stands in the source.
    fn text(&mut self, span: Range<usize>) {
        if self.exact {
            self.gather.mapped(self.source.as_bytes(), span, &self.decoded.map);
        } else {
            self.gather.push(&self.source.as_bytes()[span]);
        }
    }

    fn aside_text(&mut self, text: &[u8], start: usize) {
        if self.exact {
            let span = start..start + text.len();
            self.aside.mapped(self.source.as_bytes(), span, &self.decoded.map);
        } else {
            self.aside.push(text);
        }
    }

    fn raw(&self, at: usize) -> u64 {
        self.decoded.map.raw(at).unwrap_or(0)
    }

    fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        self.gather.finish(descent)?;
        self.aside.finish(descent)
    }
}

/// What an attribute calls an element.
fn called(tag: &BytesStart<'_>) -> Option<String> {
    let naming = |key: &str| NAMING.contains(&key.rsplit(':').next().unwrap_or(key));
    let mut attributes = tag.attributes();
    let attribute = attributes.with_checks(false).flatten().find(|a| naming(a.key.as_ref()))?;
    let value = quick_xml::escape::unescape(&attribute.value).ok()?;
    (1..=LONGEST_NAME).contains(&value.len()).then(|| value.into_owned())
}

fn is_inline(local: &str) -> bool {
    INLINE.contains(&local)
}
