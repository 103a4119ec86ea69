//! Pages of Visio drawings since 2013 ([MS-VSDX]): the texts of shapes, their data and their links.

use super::prose::{Change, Prose};
use super::xml::{Event, Tag, events};
use crate::descend::{Descent, Flow};
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// The sections of a shape's data and of its links.
const SPEAKING: [&str; 2] = ["Property", "Hyperlink"];
/// The cells of their rows that are written by or for a person, a label first.
const CELLS: [&str; 6] = ["Label", "Prompt", "Value", "Description", "Address", "SubAddress"];

/// Walks one page or master, giving its text to `prose`: a paragraph for each shape's text, and
/// one for each row of its data. True in the result when it declares a document type.
pub(super) fn walk(
    reader: &mut dyn Read,
    prose: &mut Prose,
    descent: &mut Descent<'_>,
) -> io::Result<(Flow, bool)> {
    let mut page = Page { prose, in_text: false, speaks: false, row: None };
    events(reader, descent, |event, descent| match event {
        Event::Start(tag) => page.start(&tag),
        Event::End(name) => page.end(name, descent),
        Event::Text(text) if page.in_text => page.prose.text(text, Change::None, descent),
        Event::Text(text) if text.trim_ascii().is_empty() => Continue(()),
        Event::Text(text) | Event::Comment(text) => page.prose.aside(text, descent),
        Event::Eof => Continue(()),
    })
}

struct Page<'p> {
    prose: &'p mut Prose,
    in_text: bool,
    /// In a section whose cells are read.
    speaks: bool,
    /// The row that is open: its cells by their number in [`CELLS`].
    row: Option<[String; CELLS.len()]>,
}

impl Page<'_> {
    fn start(&mut self, tag: &Tag<'_>) -> Flow {
        match tag.local() {
            b"Text" => {
                self.in_text = true;
                self.prose.begin_paragraph();
            }
            b"Section" => {
                let name = tag.string(b"N").unwrap_or_default();
                self.speaks = SPEAKING.contains(&name.as_str());
            }
            b"Row" if self.speaks => self.row = Some(Default::default()),
            b"Cell" => {
                let name = tag.string(b"N").unwrap_or_default();
                let number = CELLS.iter().position(|&cell| cell == name);
                if let (Some(row), Some(number)) = (&mut self.row, number) {
                    row[number] = tag.string(b"V").unwrap_or_default();
                }
            }
            _ => {}
        }
        Continue(())
    }

    fn end(&mut self, name: &[u8], descent: &mut Descent<'_>) -> Flow {
        match name {
            b"Text" if self.in_text => {
                self.in_text = false;
                self.prose.end_paragraph(descent)
            }
            b"Section" => {
                self.speaks = false;
                Continue(())
            }
            b"Row" => {
                let Some(row) = self.row.take() else { return Continue(()) };
                let told: Vec<&str> =
                    row.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
                if told.is_empty() {
                    return Continue(());
                }
                self.prose.begin_paragraph();
                self.prose.text(told.join(": ").as_bytes(), Change::None, descent)?;
                self.prose.end_paragraph(descent)
            }
            _ => Continue(()),
        }
    }
}
