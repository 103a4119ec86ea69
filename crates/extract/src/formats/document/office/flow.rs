//! The markup of Word and PowerPoint text (and of drawings, charts and comments anywhere):
//! paragraphs of runs, tables, text boxes, fields, tracked changes.

use super::prose::{Change, Prose};
use super::xml::{Event, Tag, events, local};
use crate::descend::{Descent, Flow};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// Attributes whose value is written by or for a person.
pub(super) const SPEAKING: &[&[u8]] = &[
    b"descr",
    b"title",
    b"alt",
    b"tooltip",
    b"instr",
    b"string",
    b"displayText",
    b"author",
    b"placeholder",
    b"caption",
    b"href",
    b"connection",
    b"command",
    b"sourceFile",
    b"url",
    b"connectionString",
    b"prompt",
    b"promptTitle",
    b"error",
    b"errorTitle",
    b"userName",
    b"fullName",
    b"userId",
    b"display",
    b"text",
];

/// Elements whose `val` or `name` attribute is written by or for a person.
const SPEAKING_VAL: &[&[u8]] = &[
    b"alias",
    b"tag",
    b"docVar",
    b"query",
    b"connectString",
    b"statusText",
    b"helpText",
    b"default",
    b"listItem",
    b"udl",
    b"mailSubject",
    b"cNvPr",
    b"docPr",
    b"category",
];

/// Elements whose text is a number or name for the program.
const MUTE: &[&[u8]] = &[
    b"posOffset",
    b"align",
    b"pctWidth",
    b"pctHeight",
    b"pctPosHOffset",
    b"pctPosVOffset",
    b"fldData",
    b"formatCode",
    b"Anchor",
    b"AutoFill",
    b"MoveWithCells",
    b"SizeWithCells",
    b"Row",
    b"Column",
    b"binData",
    b"trace",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// Not inside an element that holds a run's text.
    Beside,
    Run,
    Deleted,
    Field,
}

/// Walks one XML part, giving its text to `prose`. With `attributes` false only text is taken.
/// True in the result when it declares a document type.
pub(super) fn walk(
    reader: &mut dyn Read,
    prose: &mut Prose,
    attributes: bool,
    descent: &mut Descent<'_>,
) -> io::Result<(Flow, bool)> {
    let mut walker = Walker {
        prose,
        attributes,
        text: Text::Beside,
        deleted: 0,
        inserted: 0,
        leaf: Vec::new(),
        muted: false,
        field: Vec::new(),
        said: HashSet::new(),
    };
    let result = events(reader, descent, |event, descent| match event {
        Event::Start(tag) => walker.start(tag, descent),
        Event::End(name) => walker.end(name, descent),
        Event::Text(text) => walker.text(text, descent),
        Event::Comment(text) => walker.prose.aside(text, descent),
        Event::Eof => Continue(()),
    });
    let last = walker.close(descent);
    result.map(|(flow, dtd)| (if flow.is_break() { flow } else { last }, dtd))
}

struct Walker<'p> {
    prose: &'p mut Prose,
    attributes: bool,
    text: Text,
    deleted: u32,
    inserted: u32,
    /// Text of an element that is no run.
    leaf: Vec<u8>,
    muted: bool,
    /// The instruction of the field that is open.
    field: Vec<u8>,
    /// Fingerprints of the attribute values given, so that each is given once.
    said: HashSet<u64>,
}

impl Walker<'_> {
    fn start(&mut self, tag: Tag<'_>, descent: &mut Descent<'_>) -> Flow {
        self.prose.gathered(&mut self.leaf, descent)?;
        let name = tag.local();
        self.muted = MUTE.contains(&name);
        match name {
            b"p" => self.prose.begin_paragraph(),
            b"t" => self.text = Text::Run,
            b"delText" => self.text = Text::Deleted,
            b"instrText" | b"delInstrText" => self.text = Text::Field,
            b"del" | b"moveFrom" => self.deleted += 1,
            b"ins" | b"moveTo" => self.inserted += 1,
            // In a paragraph's properties a tab with a position defines a tab stop.
            b"tab" if tag.attribute(b"pos").is_none() => self.put(b"\t", descent)?,
            b"ptab" => self.put(b"\t", descent)?,
            b"br" | b"cr" => self.put(b"\n", descent)?,
            b"noBreakHyphen" => self.put(b"-", descent)?,
            b"sym" => {
                let code = tag.string(b"char").and_then(|c| u32::from_str_radix(&c, 16).ok());
                // From U+F000 on a symbol font's own signs.
                if let Some(c) = code.filter(|&c| c < 0xF000).and_then(char::from_u32) {
                    self.put(c.encode_utf8(&mut [0; 4]).as_bytes(), descent)?;
                }
            }
            b"tbl" => self.prose.begin_table(),
            b"tr" if self.prose.in_table() => self.prose.begin_row(descent)?,
            b"tc" if self.prose.in_table() => {
                self.prose.begin_cell(tag.number(b"gridSpan").unwrap_or(1));
            }
            b"gridSpan" => self.prose.widen_cell(tag.number(b"val").unwrap_or(1)),
            b"AlternateContent" => self.prose.begin_alternatives(),
            b"Fallback" => self.prose.begin_fallback(),
            b"fldChar" => self.prose.gathered(&mut self.field, descent)?,
            _ => {}
        }
        if self.attributes { self.speaking(tag, descent) } else { Continue(()) }
    }

    fn speaking(&mut self, tag: Tag<'_>, descent: &mut Descent<'_>) -> Flow {
        let own = SPEAKING_VAL.contains(&tag.local());
        for (name, value) in tag.attributes() {
            let name = local(name);
            let speaks = SPEAKING.contains(&name)
                || own && matches!(name, b"val" | b"name" | b"value" | b"displayText");
            if !speaks || value.len() < 2 || name == b"name" && is_given(&value) {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            if self.said.len() < 100_000 && !self.said.insert(hasher.finish()) {
                continue;
            }
            self.prose.aside(&value, descent)?;
        }
        Continue(())
    }

    fn end(&mut self, name: &[u8], descent: &mut Descent<'_>) -> Flow {
        self.prose.gathered(&mut self.leaf, descent)?;
        match name {
            b"p" => {
                self.prose.gathered(&mut self.field, descent)?;
                self.prose.end_paragraph(descent)
            }
            b"t" | b"delText" | b"instrText" | b"delInstrText" => {
                self.text = Text::Beside;
                Continue(())
            }
            b"del" | b"moveFrom" => {
                self.deleted = self.deleted.saturating_sub(1);
                Continue(())
            }
            b"ins" | b"moveTo" => {
                self.inserted = self.inserted.saturating_sub(1);
                Continue(())
            }
            b"tbl" => self.prose.end_table(descent),
            b"tc" => self.prose.end_cell(descent),
            b"AlternateContent" => {
                self.prose.end_alternatives();
                Continue(())
            }
            b"Fallback" => {
                self.prose.end_fallback();
                Continue(())
            }
            _ => Continue(()),
        }
    }

    fn put(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        if !self.prose.in_paragraph() {
            return Continue(());
        }
        self.prose.text(text, self.change(), descent)
    }

    fn change(&self) -> Change {
        if self.text == Text::Deleted || self.deleted > 0 {
            Change::Deleted
        } else if self.inserted > 0 {
            Change::Inserted
        } else {
            Change::None
        }
    }

    fn text(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        match self.text {
            Text::Run | Text::Deleted if self.prose.in_paragraph() => {
                self.prose.text(text, self.change(), descent)
            }
            Text::Field if self.field.len() < 64 << 10 => {
                self.field.extend_from_slice(text);
                Continue(())
            }
            Text::Beside if self.muted => Continue(()),
            _ => {
                self.leaf.extend_from_slice(text);
                if self.leaf.len() > 256 << 10 {
                    return self.prose.gathered(&mut self.leaf, descent);
                }
                Continue(())
            }
        }
    }

    fn close(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.prose.gathered(&mut self.leaf, descent)?;
        self.prose.gathered(&mut self.field, descent)
    }
}

/// A name that the program gave: `Title 1`, `Picture 12`.
fn is_given(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let words = &name[..name.len() - digits];
    (1..=3).contains(&digits)
        && words.ends_with(b" ")
        && words.iter().all(|b| b.is_ascii_alphabetic() || *b == b' ')
}
