//! The markup of OpenDocument: paragraphs, tables and sheets, slides, remarks.

use super::numbers::joined_literals;
use super::prose::{Change, Prose};
use super::xml::{Event, Tag, events, local};
use crate::base64::base64;
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Content, Part, Place};
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// Attributes whose value is written by or for a person.
const SPEAKING: &[&[u8]] = &[
    b"string-value-if-true",
    b"string-value-if-false",
    b"label",
    b"current-value",
    b"description",
    b"title",
    b"condition",
    b"expression",
    b"help-message",
    b"author",
    b"connection-resource",
    b"login",
    b"password",
    b"command",
    b"datasource",
];

/// Elements beside the text of the paragraph they stand in, unless they are text fields.
const BESIDE: &[&[u8]] = &[
    b"creator",
    b"date",
    b"date-string",
    b"sender-initials",
    b"creator-initials",
    b"title",
    b"desc",
    b"binary-data",
    b"script",
    b"event-listener",
];

/// Elements whose text is for the program.
const MUTE: &[&[u8]] = &[b"X509Certificate", b"SignatureValue", b"DigestValue", b"Modulus"];

/// A value in fewer digits is shown in full.
const LONG_NUMBER: usize = 9;

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
        sheets: false,
        slides: 0,
        beside: Vec::new(),
        muted: false,
        leaf: Vec::new(),
        value: None,
        columns: 1,
    };
    let result = events(reader, descent, |event, descent| match event {
        Event::Start(tag) => walker.start(&tag, descent),
        Event::End(name) => walker.end(name, descent),
        Event::Text(text) => walker.text(text, descent),
        Event::Comment(text) => walker.prose.aside(text, descent),
        Event::Eof => Continue(()),
    });
    let last = walker.prose.gathered(&mut walker.leaf, descent);
    result.map(|(flow, dtd)| (if flow.is_break() { flow } else { last }, dtd))
}

struct Walker<'p> {
    prose: &'p mut Prose,
    attributes: bool,
    /// In a spreadsheet, where tables are sheets.
    sheets: bool,
    slides: u64,
    /// The element beside the text that is open.
    beside: Vec<u8>,
    muted: bool,
    leaf: Vec<u8>,
    /// The value behind what the open cell shows.
    value: Option<String>,
    columns: u64,
}

impl Walker<'_> {
    fn start(&mut self, tag: &Tag<'_>, descent: &mut Descent<'_>) -> Flow {
        self.prose.gathered(&mut self.leaf, descent)?;
        let name = tag.local();
        self.muted = MUTE.contains(&name)
            || tag.prefix() == b"number"
            || name == b"config-item" && tag.attribute(b"type").is_some_and(|t| &*t != b"string");
        match name {
            b"p" | b"h" => self.prose.begin_paragraph(),
            b"s" => {
                let n = tag.number(b"c").unwrap_or(1).clamp(1, 1000) as usize;
                self.put(&b" ".repeat(n), descent)?;
            }
            b"tab" | b"tab-stop" => self.put(b"\t", descent)?,
            b"line-break" => self.put(b"\n", descent)?,
            b"annotation" => self.prose.begin_remark(),
            b"spreadsheet" => self.sheets = true,
            b"table" if tag.prefix() == b"table" || tag.attribute(b"name").is_some() => {
                let title = tag.string(b"name").unwrap_or_default();
                if self.sheets && !self.prose.in_table() {
                    self.prose.set_place(Place::Property { name: format!("sheet {title}") });
                    self.prose.aside(title.as_bytes(), descent)?;
                    self.prose.name_tables(title);
                }
                self.prose.begin_table();
            }
            b"table-row" => {
                self.prose.begin_row(descent)?;
                self.prose.repeat_row(tag.number(b"number-rows-repeated").unwrap_or(1));
            }
            b"table-cell" | b"covered-table-cell" => return self.begin_cell(tag, descent),
            b"page" if tag.prefix() == b"draw" => {
                self.slides += 1;
                self.prose.set_place(Place::Slide { slide: self.slides });
                self.prose.name_tables(format!("slide {}", self.slides));
            }
            _ if BESIDE.contains(&name) && tag.prefix() != b"text" => self.beside = name.to_vec(),
            _ => {}
        }
        if self.attributes { self.speaking(tag, descent) } else { Continue(()) }
    }

    fn begin_cell(&mut self, tag: &Tag<'_>, descent: &mut Descent<'_>) -> Flow {
        self.columns = tag.number(b"number-columns-repeated").unwrap_or(1);
        self.prose.begin_cell(1);
        self.value = ["string-value", "value", "date-value", "time-value", "boolean-value"]
            .iter()
            .find_map(|key| tag.string(key.as_bytes()));
        let Some(formula) = tag.string(b"formula") else { return Continue(()) };
        let formula = formula.trim_start_matches(|c| c != '=');
        if self.value.is_none() {
            let joined = joined_literals(formula.trim_start_matches('=').as_bytes());
            self.value = String::from_utf8(joined).ok().filter(|j| !j.is_empty());
        }
        let digits = formula.bytes().filter(u8::is_ascii_digit).count();
        if formula.contains('"') || digits >= 6 {
            return self.prose.aside(formula.as_bytes(), descent);
        }
        Continue(())
    }

    fn end_cell(&mut self, descent: &mut Descent<'_>) -> Flow {
        if let Some(value) = self.value.take() {
            let shown = self.prose.cell_text();
            let digits =
                |t: &[u8]| -> Vec<u8> { t.iter().copied().filter(u8::is_ascii_digit).collect() };
            let number = digits(value.as_bytes());
            // Shown as 4.11E+15, or as ###.
            let cut = number.len() >= LONG_NUMBER
                && digits(shown) != number
                && value.parse::<f64>().is_ok();
            if shown.trim_ascii().is_empty() || cut {
                self.prose.set_cell_text(value.as_bytes());
            }
        }
        self.prose.end_cell(descent)?;
        self.prose.skip_columns(std::mem::replace(&mut self.columns, 1).saturating_sub(1));
        Continue(())
    }

    fn speaking(&mut self, tag: &Tag<'_>, descent: &mut Descent<'_>) -> Flow {
        for (name, value) in tag.attributes() {
            let name = local(name);
            let link = name == b"href" && !is_inside(&value);
            let field = name == b"string-value" || name == b"value" && tag.prefix() == b"form";
            if (link || field || SPEAKING.contains(&name)) && value.len() > 1 {
                self.prose.aside(&value, descent)?;
            }
        }
        Continue(())
    }

    fn end(&mut self, name: &[u8], descent: &mut Descent<'_>) -> Flow {
        if name == b"binary-data" && !self.leaf.is_empty() {
            return self.embedded(descent);
        }
        self.prose.gathered(&mut self.leaf, descent)?;
        if name == self.beside {
            self.beside.clear();
        }
        match name {
            b"p" | b"h" => self.prose.end_paragraph(descent),
            b"table" => self.prose.end_table(descent),
            b"table-cell" | b"covered-table-cell" => self.end_cell(descent),
            b"annotation" => {
                self.prose.end_remark();
                Continue(())
            }
            _ => Continue(()),
        }
    }

    fn text(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        if self.muted {
            return Continue(());
        }
        if self.prose.in_paragraph() && self.beside.is_empty() {
            return self.put_collapsed(text, descent);
        }
        self.leaf.extend_from_slice(text);
        let binary = self.beside == b"binary-data";
        let most = if binary { descent.budget().limits().buffer } else { 256 << 10 };
        if self.leaf.len() as u64 > most {
            return self.prose.gathered(&mut self.leaf, descent);
        }
        Continue(())
    }

    /// White space counts as one space, and as none at the beginning (ODF 1.3 part 3, 6.1.2).
    fn put_collapsed(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        let mut out = Vec::with_capacity(text.len());
        let open = self.prose.open_text();
        let mut space = open.last().is_none_or(u8::is_ascii_whitespace);
        for &byte in text {
            let white = byte.is_ascii_whitespace();
            if !white {
                out.push(byte);
            } else if !space {
                out.push(b' ');
            }
            space = white;
        }
        self.prose.text(&out, Change::None, descent)
    }

    fn put(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        if self.prose.in_paragraph() {
            self.prose.text(text, Change::None, descent)
        } else {
            Continue(())
        }
    }

    /// A picture or object in base64 inside a flat file.
    fn embedded(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.beside.clear();
        let bytes = base64(&std::mem::take(&mut self.leaf));
        descent.part(Part::new("embedded", Content::Bytes(&bytes)))
    }
}

/// A link to another part of the same document.
fn is_inside(link: &[u8]) -> bool {
    link.starts_with(b"#")
        || link.starts_with(b"./")
        || link.starts_with(b"Pictures/")
        || link.starts_with(b"ObjectReplacements/")
        || link.starts_with(b"http://www.w3.org/")
        || link.is_empty()
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_with_line_breaks_is_decoded() {
        assert_eq!(base64(b"c29y\n dCBj b2Rl\n"), b"sort code");
        assert_eq!(base64(b"YQ=="), b"a");
    }
}
