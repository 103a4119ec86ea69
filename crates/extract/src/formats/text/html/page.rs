use super::super::gather::Gather;
use super::super::whole::{self, Lines};
use super::label::Label;
use super::tables::Tables;
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Role, SpanMap};
use html5gum::emitters::callback::CallbackEvent;
use std::ops::Range;

/// Elements that end the line. All others stand inside one.
#[rustfmt::skip]
const BREAKING: &[&str] = &[
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd",
    "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr",
    "html", "iframe", "legend", "li", "link", "main", "menu", "meta", "nav", "noscript", "ol",
    "optgroup", "option", "p", "pre", "script", "search", "section", "select", "style", "summary",
    "svg", "table", "tbody", "td", "template", "text", "textarea", "tfoot", "th", "thead", "title",
    "tr", "ul", "video",
];

/// Elements without content, whose attributes stand in the line themselves.
#[rustfmt::skip]
const VOID: &[&str] = &["input", "meta", "img", "link", "param", "embed", "source", "area", "option"];

/// Attributes that say how something looks.
#[rustfmt::skip]
const LOOKS: &[&str] = &[
    "class",
    "width",
    "height",
    "d",
    "points",
    "transform",
    "viewbox",
    "colspan",
    "rowspan",
    "border",
    "cellpadding",
    "cellspacing",
];

/// A page that is being read: the running text, what stands aside of it, and its tables.
pub(super) struct Page<'s> {
    source: &'s [u8],
    map: &'s SpanMap,
    lines: Lines<'s>,
    main: Gather,
    /// Comments and attributes of elements inside a line: apart, so that they cut no value.
    aside: Gather,
    tables: Tables,
    tag: Vec<u8>,
    attribute: Vec<u8>,
    /// An attribute's text has been given for the open tag.
    some: bool,
    colspan: u32,
    /// Depth of elements whose line breaks count.
    verbatim: u32,
    /// The text of a term (`dt`) has just ended.
    term: bool,
    label: Label,
    /// Where the last event ended.
    seen: usize,
    /// The last line of running text, which may stand over a table.
    heading: Vec<u8>,
}

impl<'s> Page<'s> {
    pub fn new(source: &'s [u8], map: &'s SpanMap) -> Self {
        Page {
            source,
            map,
            lines: Lines::new(source),
            main: Gather::new(),
            aside: Gather::new().with_role(Role::Metadata),
            tables: Tables::default(),
            tag: Vec::new(),
            attribute: Vec::new(),
            some: false,
            colspan: 1,
            verbatim: 0,
            term: false,
            label: Label::default(),
            seen: 0,
            heading: Vec::new(),
        }
    }

    pub fn event(
        &mut self,
        event: CallbackEvent<'_>,
        span: Range<usize>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        // Until a tag is complete, it may turn out to be none.
        if !matches!(event, CallbackEvent::OpenStartTag { .. } | CallbackEvent::Error(_)) {
            self.seen = self.seen.max(span.end);
        }
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.odd(name, span.start);
                self.tag = name.to_vec();
                self.some = false;
                self.colspan = 1;
                self.label.open();
                self.break_line(name);
            }
            CallbackEvent::AttributeName { name } => {
                self.odd(name, span.start);
                self.attribute = name.to_vec();
            }
            CallbackEvent::AttributeValue { value } => self.attribute_value(value, &span),
            CallbackEvent::CloseStartTag { .. } => self.open(descent)?,
            CallbackEvent::EndTag { name } => {
                self.odd(name, span.start);
                self.label.close(name);
                self.end(name, descent)?;
            }
            CallbackEvent::String { value } => self.text(value, span),
            CallbackEvent::Comment { value } => {
                self.mark_aside(span.start);
                let inner = find(self.source, &span, value);
                self.aside_text(value, inner, span.start);
                self.aside.end_line();
            }
            CallbackEvent::Doctype { .. } => {
                let source = self.source;
                self.odd(&source[span.clone()], span.start);
            }
            CallbackEvent::Error(_) => {}
        }
        self.main.flow(descent)?;
        self.aside.flow(descent)
    }

    pub fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        // A tag that is never closed is no event: it is given as it stands.
        let tail = self.seen..self.source.len();
        if !self.source[tail.clone()].trim_ascii().is_empty() {
            self.aside.end_line();
            self.mark_aside(tail.start);
            self.aside.mapped(self.source, tail, self.map);
        }
        while self.tables.is_open() {
            self.close_table(descent)?;
        }
        self.main.finish(descent)?;
        self.aside.finish(descent)
    }

    /// The start tag is complete.
    fn open(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.some {
            if is(VOID, &self.tag) {
                self.put(b" ");
            } else {
                self.aside.end_line();
            }
        }
        match self.tag.as_slice() {
            b"table" => {
                // A table inside a table: the outer one only lays the page out.
                self.tables.release(&mut self.main);
                self.main.end_line();
                self.tables.open(String::from_utf8_lossy(&self.heading).trim().to_owned());
            }
            b"tr" => self.tables.row(),
            b"td" | b"th" => self.tables.cell(self.tag == b"th", self.colspan),
            b"pre" | b"textarea" | b"script" | b"style" => self.verbatim += 1,
            _ => {}
        }
        self.tables.flow(descent)
    }

    fn end(&mut self, name: &[u8], descent: &mut Descent<'_>) -> Flow {
        match name {
            b"table" => self.close_table(descent)?,
            b"tr" => self.tables.end_row(),
            b"td" | b"th" => self.tables.end_cell(),
            b"pre" | b"textarea" | b"script" | b"style" => {
                self.verbatim = self.verbatim.saturating_sub(1);
            }
            _ => {}
        }
        self.break_line(name);
        self.term = name == b"dt";
        Flow::Continue(())
    }

    fn close_table(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.tables.close(&mut self.main, descent)
    }

    /// Ends the line at the elements that do.
    fn break_line(&mut self, name: &[u8]) {
        if !is(BREAKING, name) {
            return;
        }
        self.label.forget();
        if let Some(cell) = self.tables.current() {
            cell.blank();
            return;
        }
        // A term and what is said of it belong together.
        if name == b"dd" && self.term {
            self.term = false;
            if self.main.unend_line() {
                self.main.push(b": ");
            }
            return;
        }
        self.main.end_line();
    }

    fn text(&mut self, value: &[u8], span: Range<usize>) {
        let blank = value.trim_ascii().is_empty();
        if !blank {
            self.term = false;
        }
        if self.label.parts(value) {
            self.put(b": ");
        }
        let same = find(self.source, &span, value);
        let place = |line| Place::Line { line, column: 0 };
        if let Some(cell) = self.tables.current() {
            match same {
                Some(at) => cell.mapped(self.source, at..at + value.len(), self.map),
                None => cell.decoded(value, self.map.raw(span.start)),
            }
            return;
        }
        if blank {
            if self.main.last().is_some_and(|b| !b.is_ascii_whitespace()) {
                self.main.push(b" ");
            }
            return;
        }
        self.heading.clear();
        self.heading.extend_from_slice(&value[..value.len().min(120)]);
        if let Some(start) = same {
            return self.running(start..start + value.len());
        }
        let mut at = 0;
        for piece in align(value, self.source, &span) {
            match piece {
                Piece::Same(from, len) => {
                    self.running(from..from + len);
                    at += len;
                }
                Piece::Decoded(from, len) => {
                    self.main.place(place(self.lines.at(from)));
                    match self.map.raw(from) {
                        Some(raw) => self.main.decoded(&value[at..at + len], raw),
                        None => self.main.push(&value[at..at + len]),
                    }
                    at += len;
                }
            }
        }
    }

    /// Running text as it stands in the source. Each of its lines has its place; its end is only a
    /// blank, except where line ends are meant.
    fn running(&mut self, span: Range<usize>) {
        let mut at = span.start;
        while at < span.end {
            let stop =
                memchr::memchr(b'\n', &self.source[at..span.end]).map_or(span.end, |i| at + i);
            if stop > at {
                let line = self.lines.at(at);
                self.main.place(Place::Line { line, column: 0 });
                self.main.mapped(self.source, at..stop, self.map);
            }
            if stop < span.end {
                self.main.push(if self.verbatim > 0 { b"\n" } else { b" " });
            }
            at = stop + 1;
        }
    }

    fn attribute_value(&mut self, value: &[u8], span: &Range<usize>) {
        if self.attribute == b"colspan" {
            let number = std::str::from_utf8(value).ok().and_then(|v| v.trim().parse().ok());
            self.colspan = number.unwrap_or(1).clamp(1, 100);
        }
        let kind = self.tag == b"input" && self.attribute == b"type";
        // `f51`, `q-3`: what a program numbers its fields by says nothing, and would part a label from
        // its value.
        let numbered = self.tag == b"input"
            && matches!(self.attribute.as_slice(), b"name" | b"id")
            && !value.split(|b| !b.is_ascii_alphabetic()).any(|word| word.len() > 2);
        if kind || numbered || is(LOOKS, &self.attribute) || self.attribute.starts_with(b"xmlns") {
            return;
        }
        // Addresses are written with percent signs: %40 is an at sign.
        let unescaped = (self.attribute == b"href").then(|| percent(value)).flatten();
        let inside = find(self.source, span, value);
        let name = std::mem::take(&mut self.attribute);
        if is(VOID, &self.tag) {
            self.some = true;
            self.put(b" ");
            if self.tables.current().is_none() {
                let line = self.lines.at(span.start);
                self.main.place(Place::Line { line, column: 0 });
            }
            // What a field holds stands alone, as it would on the page.
            let held = matches!(name.as_slice(), b"value" | b"content");
            if held && self.tables.current().is_none() {
                self.main.end_line();
            } else {
                self.put(&name);
                self.put(b": ");
            }
            match (inside, self.tables.current()) {
                (Some(at), Some(cell)) => cell.mapped(self.source, at..at + value.len(), self.map),
                (Some(at), None) => {
                    self.main.mapped(self.source, at..at + value.len(), self.map);
                }
                (None, _) => self.put(value),
            }
            if held && self.tables.current().is_none() {
                self.main.end_line();
            }
        } else {
            if self.some {
                self.aside.push(b" ");
            } else {
                self.aside.end_line();
                self.mark_aside(span.start);
            }
            self.some = true;
            let text = String::from_utf8_lossy(&name);
            if let Some(words) = whole::words(&text) {
                self.aside.push(words.as_bytes());
                self.aside.push(b" ");
            }
            self.aside.push(&name);
            self.aside.push(b": ");
            match unescaped {
                Some(plain) => self.aside_text(&plain, None, span.start),
                None => self.aside_text(value, inside, span.start),
            }
        }
    }

    /// Text of our own or without a way back, where the running text goes.
    fn put(&mut self, text: &[u8]) {
        match self.tables.current() {
            Some(cell) => cell.decoded(text, None),
            None => self.main.push(text),
        }
    }

    /// A name that holds a number is hardly a name: it is given as text too.
    fn odd(&mut self, name: &[u8], at: usize) {
        if name.iter().filter(|b| b.is_ascii_digit()).count() >= 4 {
            self.aside.end_line();
            self.mark_aside(at);
            self.aside.push(name);
            self.aside.end_line();
        }
    }

    fn mark_aside(&mut self, at: usize) {
        let line = self.lines.at(at);
        self.aside.place(Place::Line { line, column: 0 });
    }

    fn aside_text(&mut self, value: &[u8], inside: Option<usize>, start: usize) {
        match (inside, self.map.raw(start)) {
            (Some(at), _) => self.aside.mapped(self.source, at..at + value.len(), self.map),
            (None, Some(raw)) => self.aside.decoded(value, raw),
            (None, None) => self.aside.push(value),
        }
    }
}

fn is(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|n| n.as_bytes() == name)
}

/// Where a text stands unchanged in the source at this span, if it does.
fn find(source: &[u8], span: &Range<usize>, value: &[u8]) -> Option<usize> {
    // The tokenizer's spans may begin a few bytes early (at a quote or the start of a comment).
    (span.start..=span.start + 4).find(|&at| source.get(at..at + value.len()) == Some(value))
}

/// A piece of decoded text: how it came from the source.
enum Piece {
    /// As it stands in the source from here on, so many bytes.
    Same(usize, usize),
    /// So many bytes of text for what begins here in the source.
    Decoded(usize, usize),
}

/// Goes along a text and the source it was decoded from, and tells what stands for what.
fn align(value: &[u8], source: &[u8], span: &Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut i, mut j) = (0, span.start);
    while i < value.len() {
        let same = value[i..].iter().zip(&source[j.min(source.len())..]);
        let run = same.take_while(|(v, s)| v == s && **s != b'&').count();
        if run > 0 {
            pieces.push(Piece::Same(j, run));
            i += run;
            j += run;
            continue;
        }
        let left = &source[j.min(source.len())..];
        let name = left.iter().skip(1).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#');
        let mut entity = 1 + name.count();
        match left {
            [b'&', ..] if value[i..].starts_with(&left[..entity]) => {
                pieces.push(Piece::Same(j, entity));
                i += entity;
                j += entity;
            }
            [b'&', ..] => {
                entity += usize::from(left.get(entity) == Some(&b';'));
                let char_len = 1 + value[i + 1..].iter().take_while(|b| **b & 0xC0 == 0x80).count();
                pieces.push(Piece::Decoded(j, char_len));
                i += char_len;
                j += entity;
            }
            // A line end of two bytes is one here.
            [b'\r', ..] => j += 1,
            _ => {
                pieces.push(Piece::Decoded(j, value.len() - i));
                break;
            }
        }
    }
    pieces
}

/// Percent signs decoded; `None` where there are none.
fn percent(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', value)?;
    let digit = |at: usize| value.get(at).and_then(|&b| char::from(b).to_digit(16));
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while at < value.len() {
        match (value[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Some(out)
}
