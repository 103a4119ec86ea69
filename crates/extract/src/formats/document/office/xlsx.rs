//! Workbooks: sheets, the strings and formats they share, comments, pivot caches.

use super::flow::SPEAKING;
use super::grid::Grid;
use super::numbers::{Format, cell_name, joined_literals, letters, plain};
use super::prose::{Change, Prose};
use super::window::Window;
use super::xml::{Event, Tag, events, local};
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Reason, Role};
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// A cell longer than this is passed on in pieces.
const LONGEST_CELL: usize = 256 << 10;

/// What the sheets of a workbook share.
#[derive(Default)]
pub(super) struct Book {
    pub(super) strings: Vec<u8>,
    pub(super) ends: Vec<usize>,
    pub(super) used: Vec<bool>,
    pub(super) formats: Vec<Format>,
    pub(super) from_1904: bool,
    /// Sheet names by relationship.
    pub(super) sheets: Vec<(String, String)>,
}

impl Book {
    /// Reads the shared strings. What is too much to be kept is given as it comes.
    pub(super) fn read_strings(
        &mut self,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<(Flow, bool)> {
        let most = (descent.budget().limits().buffer / 2) as usize;
        let mut loose = Prose::at(Place::Property { name: "shared text".into() }, None);
        let (mut in_text, mut phonetic) = (false, false);
        let result = events(reader, descent, |event, descent| {
            match event {
                Event::Start(tag) => match tag.local() {
                    b"t" => in_text = true,
                    b"rPh" => phonetic = true,
                    _ => {}
                },
                Event::End(b"t") => in_text = false,
                Event::End(b"rPh") => phonetic = false,
                Event::End(b"si") => {
                    self.ends.push(self.strings.len());
                    return loose.end_paragraph(descent);
                }
                Event::Text(text) if phonetic && in_text => return loose.aside(text, descent),
                Event::Text(text) if in_text && self.strings.len() + text.len() <= most => {
                    self.strings.extend_from_slice(text);
                }
                Event::Text(text) if in_text => return loose.text(text, Change::None, descent),
                Event::Text(text) | Event::Comment(text) => {
                    return loose.aside(text, descent);
                }
                _ => {}
            }
            Continue(())
        });
        self.used = vec![false; self.ends.len()];
        let flow = loose.finish(descent);
        let (broken, dtd) = result?;
        Ok((if broken.is_break() { broken } else { flow }, dtd))
    }

    /// Reads the number formats of the cell styles.
    pub(super) fn read_styles(
        &mut self,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<(Flow, bool)> {
        let mut codes = HashMap::new();
        let mut in_cells = false;
        events(reader, descent, |event, _| {
            match event {
                Event::Start(tag) => match tag.local() {
                    b"numFmt" => {
                        if let (Some(id), Some(code)) =
                            (tag.number(b"numFmtId"), tag.string(b"formatCode"))
                        {
                            codes.insert(id, Format::parse(&code));
                        }
                    }
                    b"cellXfs" => in_cells = true,
                    b"xf" if in_cells && self.formats.len() < 1 << 16 => {
                        let id = tag.number(b"numFmtId").unwrap_or(0);
                        let format = codes.get(&id).cloned();
                        self.formats.push(format.unwrap_or_else(|| Format::builtin(id)));
                    }
                    _ => {}
                },
                Event::End(b"cellXfs") => in_cells = false,
                _ => {}
            }
            Continue(())
        })
    }

    /// Reads the workbook part: sheet names and defined names.
    pub(super) fn read_workbook(
        &mut self,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<(Flow, bool)> {
        let mut names = Prose::at(Place::Property { name: "workbook".into() }, None);
        let mut defined = Vec::new();
        let result = events(reader, descent, |event, descent| match event {
            Event::Start(tag) => {
                match tag.local() {
                    b"sheet" => {
                        let name = tag.string(b"name").unwrap_or_default();
                        names.aside(name.as_bytes(), descent)?;
                        // Of `sheetId` and `r:id` the one with a prefix.
                        let id = tag.attributes().find(|(n, _)| n.ends_with(b":id"));
                        let id = id.map(|(_, v)| String::from_utf8_lossy(&v).into_owned());
                        self.sheets.push((id.unwrap_or_default(), name));
                    }
                    b"workbookPr" => {
                        let flag = tag.attribute(b"date1904").unwrap_or_default();
                        self.from_1904 = matches!(&*flag, b"1" | b"true");
                    }
                    b"definedName" => {
                        defined = tag.attribute(b"name").unwrap_or_default().into_owned();
                        defined.extend_from_slice(b": ");
                    }
                    _ => {}
                }
                speaking(&tag, &mut names, descent)
            }
            Event::Text(text) => {
                if !defined.is_empty() {
                    defined.extend_from_slice(text);
                    return Continue(());
                }
                names.aside(text, descent)
            }
            Event::End(b"definedName") => names.aside(&std::mem::take(&mut defined), descent),
            _ => Continue(()),
        });
        let flow = names.finish(descent);
        let (broken, dtd) = result?;
        Ok((if broken.is_break() { broken } else { flow }, dtd))
    }

    pub(super) fn string(&mut self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        *self.used.get_mut(index)? = true;
        let start = index.checked_sub(1).map_or(0, |i| self.ends[i]);
        self.strings.get(start..end)
    }

    /// Gives the shared strings that no cell shows.
    pub(super) fn unused_strings(&self, descent: &mut Descent<'_>) -> Flow {
        let place = Place::Property { name: "text in no cell".into() };
        let mut lines = Window::lines(place, Role::Content);
        let mut start = 0;
        for (i, &end) in self.ends.iter().enumerate() {
            if !self.used[i] && end > start {
                lines.push(&self.strings[start..end], descent)?;
                lines.end_line(descent)?;
            }
            start = end;
        }
        // A string that was not closed.
        lines.push(&self.strings[start..], descent)?;
        lines.finish(descent)
    }

    /// Reads a sheet.
    pub(super) fn read_sheet(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<(Flow, bool)> {
        let place = Place::Property { name: format!("sheet {name}") };
        let mut sheet = Sheet {
            name,
            grid: Grid::new(Some(name.to_owned()), place.clone(), b""),
            beside: Prose::at(place.clone(), None),
            formulas: Window::lines(place, Role::Content),
            column: 0,
            next: 0,
            kind: Vec::new(),
            style: 0,
            value: Vec::new(),
            formula: Vec::new(),
            take: Take::Beside,
            leaf: Vec::new(),
            header: false,
            damaged: false,
        };
        let result = events(reader, descent, |event, descent| match event {
            Event::Start(tag) => sheet.start(&tag, descent),
            Event::End(name) => sheet.end(name, self, descent),
            Event::Text(text) => sheet.text(text, descent),
            Event::Comment(text) => sheet.beside.aside(text, descent),
            Event::Eof => Continue(()),
        });
        let flow = sheet.finish(self, descent);
        if sheet.damaged {
            descent.note_with(Reason::Damaged, None, "a cell refers to text that is not there");
        }
        let (broken, dtd) = result?;
        Ok((if broken.is_break() { broken } else { flow }, dtd))
    }
}

/// Attributes written for people, given beside the text.
fn speaking(tag: &Tag<'_>, beside: &mut Prose, descent: &mut Descent<'_>) -> Flow {
    for (name, value) in tag.attributes() {
        let name = local(name);
        if SPEAKING.contains(&name) || name == b"location" {
            beside.aside(&value, descent)?;
        }
    }
    Continue(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    Beside,
    Value,
    Formula,
}

struct Sheet<'n> {
    name: &'n str,
    grid: Grid,
    beside: Prose,
    formulas: Window,
    /// The open cell, and the column that follows it.
    column: u32,
    next: u32,
    kind: Vec<u8>,
    style: usize,
    value: Vec<u8>,
    formula: Vec<u8>,
    take: Take,
    leaf: Vec<u8>,
    /// Inside a page header or footer.
    header: bool,
    damaged: bool,
}

impl Sheet<'_> {
    fn start(&mut self, tag: &Tag<'_>, descent: &mut Descent<'_>) -> Flow {
        self.flush_leaf(descent)?;
        match tag.local() {
            b"row" => {
                let row = tag.number(b"r").filter(|&r| r > 0);
                self.next = 0;
                return self.grid.begin_row(row.unwrap_or(self.grid.row() + 1), descent);
            }
            b"c" => {
                let at = tag.string(b"r").and_then(|r| cell_name(&r));
                self.column = at.map_or(self.next, |(column, _)| column);
                self.next = self.column.saturating_add(1);
                // Cells may stand outside any row, or in the wrong one.
                if let Some((_, row)) = at.filter(|&(_, row)| row != self.grid.row()) {
                    self.grid.begin_row(row, descent)?;
                }
                self.kind = tag.attribute(b"t").unwrap_or_default().into_owned();
                self.style = tag.number(b"s").unwrap_or(0) as usize;
                self.value.clear();
                self.formula.clear();
                return Continue(());
            }
            b"v" | b"t" => self.take = Take::Value,
            b"f" => self.take = Take::Formula,
            b"rPh" => self.take = Take::Beside,
            name => self.header = name.ends_with(b"Header") || name.ends_with(b"Footer"),
        }
        speaking(tag, &mut self.beside, descent)
    }

    fn text(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        match self.take {
            Take::Value => {
                self.value.extend_from_slice(text);
                if self.value.len() > LONGEST_CELL {
                    let piece = std::mem::take(&mut self.value);
                    return self.grid.cell(self.column, piece, descent);
                }
            }
            Take::Formula if self.formula.len() < LONGEST_CELL => {
                self.formula.extend_from_slice(text);
            }
            _ => {
                self.leaf.extend_from_slice(text);
                if self.leaf.len() > LONGEST_CELL {
                    return self.flush_leaf(descent);
                }
            }
        }
        Continue(())
    }

    fn end(&mut self, name: &[u8], book: &mut Book, descent: &mut Descent<'_>) -> Flow {
        self.flush_leaf(descent)?;
        match name {
            b"v" | b"t" | b"f" => self.take = Take::Beside,
            b"c" => return self.end_cell(book, descent),
            b"row" => return self.grid.end_row(descent),
            _ => {}
        }
        Continue(())
    }

    fn end_cell(&mut self, book: &mut Book, descent: &mut Descent<'_>) -> Flow {
        let stored = std::mem::take(&mut self.value);
        let mut shown = match &*self.kind {
            b"s" => {
                let index =
                    std::str::from_utf8(stored.trim_ascii()).ok().and_then(|s| s.parse().ok());
                match index.and_then(|i| book.string(i)) {
                    Some(text) => text.to_vec(),
                    None => {
                        self.damaged |= !stored.is_empty();
                        Vec::new()
                    }
                }
            }
            b"b" if stored == b"1" => b"TRUE".to_vec(),
            b"b" if stored == b"0" => b"FALSE".to_vec(),
            b"" | b"n" if !stored.is_empty() => match std::str::from_utf8(&stored) {
                Ok(number) => {
                    let format = book.formats.get(self.style).unwrap_or(&Format::Plain);
                    format.show(number, book.from_1904).into_bytes()
                }
                Err(_) => stored,
            },
            _ => stored,
        };
        if !self.formula.is_empty() {
            let formula = std::mem::take(&mut self.formula);
            if shown.is_empty() {
                shown = joined_literals(&formula);
            }
            self.give_formula(&formula, descent)?;
        }
        self.grid.cell(self.column, shown, descent)
    }

    /// A formula can hold a value of its own only as quoted text or a long number.
    fn give_formula(&mut self, formula: &[u8], descent: &mut Descent<'_>) -> Flow {
        let digits = formula.iter().filter(|b| b.is_ascii_digit()).count();
        if !formula.contains(&b'"') && digits < 6 {
            return Continue(());
        }
        let cell = format!("{}{}", letters(self.column), self.grid.row());
        self.formulas.mark(Place::Cell { sheet: self.name.to_owned(), cell, column: None });
        self.formulas.push(b"=", descent)?;
        self.formulas.push(formula, descent)?;
        self.formulas.end_line(descent)
    }

    fn flush_leaf(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.leaf.is_empty() {
            return Continue(());
        }
        let leaf = std::mem::take(&mut self.leaf);
        if self.header {
            return self.beside.aside(&page_header(&leaf), descent);
        }
        self.beside.aside(leaf.trim_ascii().trim_ascii_start(), descent)
    }

    fn finish(&mut self, book: &mut Book, descent: &mut Descent<'_>) -> Flow {
        self.flush_leaf(descent)?;
        if !self.value.is_empty() {
            self.end_cell(book, descent)?;
        }
        self.grid.finish(descent)?;
        self.formulas.finish(descent)?;
        self.beside.finish(descent)
    }
}

/// A page header without its codes: `&L&"Arial,Bold"&12Text &P` is `Text`.
pub(super) fn page_header(codes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = codes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'&' {
            out.push(byte);
            continue;
        }
        let Some((&code, after)) = rest.split_first() else { break };
        rest = after;
        match code {
            b'&' => out.push(b'&'),
            b'L' | b'C' | b'R' => out.push(b'\n'),
            b'"' => rest = &after[memchr::memchr(b'"', after).map_or(after.len(), |i| i + 1)..],
            b'K' => rest = &after[after.len().min(6)..],
            b'0'..=b'9' => {
                // A font size has two digits, three at most; more belong to the text.
                let n = after.iter().take(1).take_while(|b| b.is_ascii_digit()).count();
                rest = &after[n..];
            }
            _ => {}
        }
    }
    out
}

/// Reads the comments of a sheet, old or threaded.
pub(super) fn read_comments(
    sheet: &str,
    reader: &mut dyn Read,
    descent: &mut Descent<'_>,
) -> io::Result<(Flow, bool)> {
    let place = Place::Property { name: format!("comments of {sheet}") };
    let mut lines = Window::lines(place, Role::Content);
    let mut open = false;
    let result = events(reader, descent, |event, descent| match event {
        Event::Start(tag) if matches!(tag.local(), b"comment" | b"threadedComment") => {
            open = true;
            let cell = tag.string(b"ref").unwrap_or_default();
            lines.mark(Place::Cell { sheet: sheet.to_owned(), cell, column: None });
            Continue(())
        }
        Event::End(b"comment" | b"threadedComment" | b"author") => {
            open = false;
            lines.end_line(descent)
        }
        // Between the elements only line breaks stand.
        Event::Text(text) if open || !text.trim_ascii().is_empty() => lines.push(text, descent),
        _ => Continue(()),
    });
    let flow = lines.finish(descent);
    let (broken, dtd) = result?;
    Ok((if broken.is_break() { broken } else { flow }, dtd))
}

/// Reads a pivot table's cache: its values stand in attributes, one record a row.
pub(super) fn read_pivot(
    reader: &mut dyn Read,
    descent: &mut Descent<'_>,
) -> io::Result<(Flow, bool)> {
    let place = Place::Property { name: "pivot table data".into() };
    let mut lines = Window::lines(place, Role::Content);
    let result = events(reader, descent, |event, descent| {
        match event {
            Event::Start(tag) => {
                let number = tag.local() == b"n";
                let key: &[u8] = if tag.local() == b"cacheField" { b"name" } else { b"v" };
                if let Some(value) = tag.attribute(key) {
                    let shown = match (number, std::str::from_utf8(&value)) {
                        (true, Ok(v)) => {
                            v.parse().map_or_else(|_| v.to_owned(), |n| plain(v, n)).into()
                        }
                        _ => value.into_owned(),
                    };
                    lines.push(&shown, descent)?;
                    lines.push(b"\t", descent)?;
                }
            }
            Event::End(b"r" | b"cacheField" | b"sharedItems") => lines.end_line(descent)?,
            Event::Text(text) if !text.trim_ascii().is_empty() => lines.push(text, descent)?,
            _ => {}
        }
        Continue(())
    });
    let flow = lines.finish(descent);
    let (broken, dtd) = result?;
    Ok((if broken.is_break() { broken } else { flow }, dtd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_codes_leave_the_digits_of_the_text_alone() {
        assert_eq!(
            page_header(b"&LCard 5312 1526&R&\"Arial,Bold\"&12 A && B &P"),
            b"\nCard 5312 1526\n A & B "
        );
        assert_eq!(page_header(b"&C4111111111111111"), b"\n4111111111111111");
    }
}
