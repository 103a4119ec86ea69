//! Excel 5 to 2003 workbooks (MS-XLS): a stream of records, one part of it for each sheet.

use super::biff::{Record, Records};
use super::grid::Grid;
use super::numbers::{Format, letters};
use super::pictures;
use super::window::Window;
use crate::descend::{Descent, Flow};
use crate::little_endian::{le16, le32, utf16};
use crate::unlock::legacy;
use crate::unlock::office::Opened;
use dlpscan_core::model::{Place, Reason, Role, Stopped};
use encoding_rs::WINDOWS_1252;
use std::collections::HashMap;
use std::ops::ControlFlow::Continue;

/// Record types (MS-XLS 2.3).
mod record {
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const HEADER: u16 = 0x0014;
    pub(super) const FOOTER: u16 = 0x0015;
    pub(super) const NOTE: u16 = 0x001C;
    pub(super) const NAME: u16 = 0x0018;
    pub(super) const DATE_1904: u16 = 0x0022;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const CONTINUE: u16 = 0x003C;
    pub(super) const WRITE_ACCESS: u16 = 0x005C;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const MUL_RK: u16 = 0x00BD;
    pub(super) const RSTRING: u16 = 0x00D6;
    pub(super) const XF: u16 = 0x00E0;
    pub(super) const DRAWINGS: u16 = 0x00EB;
    pub(super) const SST: u16 = 0x00FC;
    pub(super) const LABEL_SST: u16 = 0x00FD;
    pub(super) const TXO: u16 = 0x01B6;
    pub(super) const HLINK: u16 = 0x01B8;
    pub(super) const DV: u16 = 0x01BE;
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const BOOL_ERR: u16 = 0x0205;
    pub(super) const STRING: u16 = 0x0207;
    pub(super) const RK: u16 = 0x027E;
    pub(super) const FORMAT: u16 = 0x041E;
    pub(super) const FORMAT_OLD: u16 = 0x001E;
    pub(super) const BOF: u16 = 0x0809;
    pub(super) const SX_STRING: u16 = 0x00CD;
}

/// Shared strings, formats and the like; more are damage.
const MOST: usize = 1 << 22;

/// A workbook that is locked, if a password opens it.
fn unlocked(stream: &[u8], descent: &mut Descent<'_>) -> Option<Vec<u8>> {
    match legacy::excel(stream, descent.passwords(), descent.budget()) {
        Ok(opened) => {
            let Opened { content, by_given } = opened?;
            if by_given {
                descent.opened(None);
            }
            Some(content)
        }
        Err(Stopped(reason)) => {
            descent.note(reason);
            None
        }
    }
}

/// Reads a workbook stream.
pub(super) fn read(stream: &[u8], descent: &mut Descent<'_>) -> Flow {
    let opened = unlocked(stream, descent);
    let stream = opened.as_deref().unwrap_or(stream);
    let mut book = Book::default();
    let mut sheet: Option<Sheet> = None;
    let mut beside = Window::lines(Place::Property { name: "workbook".into() }, Role::Content);
    let mut records = Records::new(stream);
    let (mut depth, mut number, mut count) = (0u32, 0usize, 0u32);
    while let Some(Record { start, kind, data, .. }) = records.next() {
        count = count.wrapping_add(1);
        if count.is_multiple_of(4096)
            && let Err(stopped) = descent.budget().check()
        {
            descent.note(stopped.0);
            break;
        }
        match kind {
            record::FILE_PASS if opened.is_none() => {
                descent.note_with(Reason::Encrypted, Some((stream.len() - start) as u64), "");
                break;
            }
            record::BOF => {
                depth += 1;
                if depth == 1 {
                    book.wide = le16(data, 0) == Some(0x0600);
                    if number > 0 || !book.sheets.is_empty() {
                        let name = book.name_at(start, number);
                        sheet = Some(Sheet::new(name));
                    }
                    number += 1;
                }
            }
            record::EOF => {
                depth = depth.saturating_sub(1);
                if depth == 0
                    && let Some(sheet) = sheet.take()
                {
                    sheet.finish(descent)?;
                }
            }
            record::SST => {
                let rest = continued(&mut records);
                book.read_strings(data, &rest);
            }
            record::DRAWINGS => {
                let mut all = data.to_vec();
                while matches!(records.follows(), Some(record::DRAWINGS | record::CONTINUE)) {
                    let Some(Record { data: more, .. }) = records.next() else { break };
                    all.extend_from_slice(more);
                }
                pictures::give(&all, descent)?;
            }
            record::TXO => {
                let rest = continued(&mut records);
                if let Some(text) = rest.first().map(|d| text_body(d)) {
                    line(&mut beside, &text, descent)?;
                }
            }
            _ => match &mut sheet {
                Some(sheet) => sheet.record(kind, data, &mut book, &mut beside, descent)?,
                None => book.record(kind, data, &mut beside, descent)?,
            },
        }
    }
    if let Some(sheet) = sheet {
        sheet.finish(descent)?;
    }
    for (text, used) in book.strings.iter().zip(&book.used) {
        if !used {
            line(&mut beside, text, descent)?;
        }
    }
    beside.finish(descent)
}

fn line(window: &mut Window, text: &str, descent: &mut Descent<'_>) -> Flow {
    if text.trim().is_empty() {
        return Continue(());
    }
    window.push(text.as_bytes(), descent)?;
    window.end_line(descent)
}

fn float(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The records that continue the last one.
fn continued<'s>(records: &mut Records<'s>) -> Vec<&'s [u8]> {
    let mut all = Vec::new();
    while records.follows() == Some(record::CONTINUE) {
        let Some(more) = records.next() else { break };
        all.push(more.data);
    }
    all
}

/// Text of `count` characters after a byte that says how wide they are.
fn characters(bytes: &[u8], count: usize) -> String {
    let wide = bytes.first().is_some_and(|flags| flags & 1 != 0);
    let body = bytes.get(1..).unwrap_or_default();
    decode(&body[..body.len().min(count.saturating_mul(1 + usize::from(wide)))], wide)
}

fn decode(bytes: &[u8], wide: bool) -> String {
    if wide { utf16(bytes) } else { WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned() }
}

/// The text of a drawn object or remark, which continues its record.
fn text_body(bytes: &[u8]) -> String {
    characters(bytes, bytes.len())
}

#[derive(Default)]
struct Book {
    /// Excel 97 and later, with wide characters.
    wide: bool,
    strings: Vec<String>,
    used: Vec<bool>,
    codes: HashMap<u16, Format>,
    formats: Vec<u16>,
    from_1904: bool,
    /// Where each sheet begins in the stream, and its name.
    sheets: Vec<(usize, String)>,
}

impl Book {
    fn name_at(&self, start: usize, number: usize) -> String {
        let named = self.sheets.iter().find(|(at, _)| *at == start);
        let named = named.or_else(|| self.sheets.get(number.saturating_sub(1)));
        named.map_or_else(|| format!("sheet {number}"), |(_, name)| name.clone())
    }

    /// Text with a length of one byte or two before it.
    fn text(&self, bytes: &[u8], long_count: bool) -> String {
        let (count, at) = match long_count {
            true => (le16(bytes, 0).unwrap_or(0) as usize, 2),
            false => (bytes.first().copied().unwrap_or(0) as usize, 1),
        };
        let rest = bytes.get(at..).unwrap_or_default();
        if self.wide {
            characters(rest, count)
        } else {
            decode(&rest[..rest.len().min(count)], false)
        }
    }

    fn record(
        &mut self,
        kind: u16,
        data: &[u8],
        beside: &mut Window,
        descent: &mut Descent<'_>,
    ) -> Flow {
        match kind {
            record::BOUND_SHEET => {
                let start = le32(data, 0).unwrap_or(0) as usize;
                let name = self.text(data.get(6..).unwrap_or_default(), false);
                line(beside, &name, descent)?;
                self.sheets.push((start, name));
            }
            record::DATE_1904 => self.from_1904 = le16(data, 0) == Some(1),
            record::FORMAT | record::FORMAT_OLD if self.codes.len() < 1 << 16 => {
                let code = self.text(data.get(2..).unwrap_or_default(), self.wide);
                if let Some(id) = le16(data, 0) {
                    self.codes.insert(id, Format::parse(&code));
                }
            }
            record::XF if self.formats.len() < 1 << 16 => {
                self.formats.push(le16(data, 2).unwrap_or(0));
            }
            record::NAME => {
                // A name's formula may hold text.
                let count = data.get(3).copied().unwrap_or(0) as usize;
                let rest = data.get(14..).unwrap_or_default();
                let name = if self.wide {
                    characters(rest, count)
                } else {
                    decode(&rest[..count.min(rest.len())], false)
                };
                line(beside, &name, descent)?;
                line(beside, &literals(rest), descent)?;
            }
            record::WRITE_ACCESS | record::SX_STRING => {
                let text = self.text(data, self.wide);
                line(beside, text.trim(), descent)?;
            }
            _ => {}
        }
        Continue(())
    }

    /// The shared string table, which may go on in other records at any character.
    fn read_strings(&mut self, first: &[u8], rest: &[&[u8]]) {
        let mut blocks = Blocks { blocks: [&[first], rest].concat(), block: 0, at: 8 };
        while self.strings.len() < MOST {
            let Some(count) = blocks.number::<2>() else { break };
            let Some([flags]) = blocks.bytes() else { break };
            let runs = if flags & 0x08 != 0 { blocks.number::<2>().unwrap_or(0) } else { 0 };
            let extra = if flags & 0x04 != 0 { blocks.number::<4>().unwrap_or(0) } else { 0 };
            let text = blocks.characters(count, flags & 1 != 0);
            self.strings.push(text);
            blocks.skip(runs * 4 + extra);
        }
        self.used = vec![false; self.strings.len()];
    }

    fn show(&self, style: u16, number: f64) -> Vec<u8> {
        let id = self.formats.get(style as usize).copied().unwrap_or(0);
        let builtin = Format::builtin(u64::from(id));
        let format = self.codes.get(&id).unwrap_or(&builtin);
        format.show(&format!("{number:e}"), self.from_1904).into_bytes()
    }
}

/// A record and those that continue it, read as one.
struct Blocks<'s> {
    blocks: Vec<&'s [u8]>,
    block: usize,
    at: usize,
}

impl Blocks<'_> {
    fn byte(&mut self) -> Option<u8> {
        loop {
            let block = self.blocks.get(self.block)?;
            if let Some(&byte) = block.get(self.at) {
                self.at += 1;
                return Some(byte);
            }
            self.block += 1;
            self.at = 0;
        }
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut out = [0; N];
        for byte in &mut out {
            *byte = self.byte()?;
        }
        Some(out)
    }

    fn number<const N: usize>(&mut self) -> Option<usize> {
        let bytes: [u8; N] = self.bytes()?;
        Some(bytes.iter().rev().fold(0, |n, &b| n << 8 | b as usize))
    }

    fn skip(&mut self, mut n: usize) {
        while n > 0 && self.block < self.blocks.len() {
            let left = self.blocks[self.block].len().saturating_sub(self.at);
            let step = left.min(n);
            self.at += step;
            n -= step;
            if n > 0 {
                self.block += 1;
                self.at = 0;
            }
        }
    }

    /// Characters; where they go on in the next record, a byte says anew how wide they are.
    fn characters(&mut self, count: usize, wide: bool) -> String {
        let (mut left, mut wide, mut out) = (count, wide, String::new());
        while left > 0 {
            let Some(block) = self.blocks.get(self.block) else { break };
            let rest = block.get(self.at..).unwrap_or_default();
            let step = 1 + usize::from(wide);
            let n = (rest.len() / step).min(left);
            out += &decode(&rest[..n * step], wide);
            self.at += n * step;
            left -= n;
            if left > 0 {
                self.block += 1;
                let Some(flags) = self.blocks.get(self.block).and_then(|b| b.first()) else {
                    break;
                };
                wide = flags & 1 != 0;
                self.at = 1;
            }
        }
        out
    }
}

/// Text constants inside a compiled formula: a sign for text, a length, a width.
fn literals(formula: &[u8]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr(0x17, formula.get(at..).unwrap_or_default()) {
        let start = at + found + 1;
        let count = formula.get(start).copied().unwrap_or(0) as usize;
        let rest = formula.get(start + 1..).unwrap_or_default();
        let wide = rest.first().copied().unwrap_or(2);
        let len = 1 + count * (1 + usize::from(wide == 1));
        if wide > 1 || count == 0 || rest.len() < len {
            at = start;
            continue;
        }
        out += &characters(rest, count);
        at = start + 1 + len;
    }
    out
}

struct Sheet {
    name: String,
    grid: Grid,
    /// The cell whose text follows in a record of its own.
    awaited: Option<(u32, u64)>,
}

impl Sheet {
    fn new(name: String) -> Self {
        let place = Place::Property { name: format!("sheet {name}") };
        Sheet { grid: Grid::new(Some(name.clone()), place, b""), name, awaited: None }
    }

    fn put(&mut self, row: u64, column: u32, text: Vec<u8>, descent: &mut Descent<'_>) -> Flow {
        if self.grid.row() != row {
            self.grid.begin_row(row, descent)?;
        }
        self.grid.cell(column, text, descent)
    }

    fn record(
        &mut self,
        kind: u16,
        data: &[u8],
        book: &mut Book,
        beside: &mut Window,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let row = u64::from(le16(data, 0).unwrap_or(0)) + 1;
        let column = u32::from(le16(data, 2).unwrap_or(0));
        let style = le16(data, 4).unwrap_or(0);
        let rest = data.get(6..).unwrap_or_default();
        match kind {
            record::LABEL_SST => {
                let index = le32(rest, 0).unwrap_or(u32::MAX) as usize;
                if let Some(text) = book.strings.get(index) {
                    book.used[index] = true;
                    let text = text.clone().into_bytes();
                    return self.put(row, column, text, descent);
                }
            }
            record::LABEL | record::RSTRING => {
                let text = book.text(rest, true).into_bytes();
                return self.put(row, column, text, descent);
            }
            record::NUMBER => {
                if let Some(number) = float(rest, 0) {
                    return self.put(row, column, book.show(style, number), descent);
                }
            }
            record::RK => {
                if let Some(number) = le32(rest, 0) {
                    return self.put(row, column, book.show(style, rk(number)), descent);
                }
            }
            record::MUL_RK => {
                let cells = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
                for (cell, i) in cells.chunks_exact(6).zip(0..) {
                    let (style, number) = (le16(cell, 0).unwrap_or(0), le32(cell, 2).unwrap_or(0));
                    self.put(row, column.saturating_add(i), book.show(style, rk(number)), descent)?;
                }
            }
            record::BOOL_ERR if rest.get(1) == Some(&0) => {
                let text = if rest[0] == 0 { "FALSE" } else { "TRUE" };
                return self.put(row, column, text.into(), descent);
            }
            record::FORMULA => {
                // A result that is no number is marked so; text follows in a record of its own.
                match rest.get(6..8) {
                    Some([0xFF, 0xFF]) => self.awaited = (rest[0] == 0).then_some((column, row)),
                    _ => {
                        if let Some(number) = float(rest, 0) {
                            self.put(row, column, book.show(style, number), descent)?;
                        }
                    }
                }
                let text = literals(data.get(22..).unwrap_or_default());
                if !text.is_empty() {
                    self.mark(beside, row, column);
                    return line(beside, &text, descent);
                }
            }
            record::STRING => {
                if let Some((column, row)) = self.awaited.take() {
                    return self.put(row, column, book.text(data, true).into_bytes(), descent);
                }
            }
            record::NOTE => {
                // The remark's author; in Excel 5 its text.
                let text = match book.wide {
                    true => book.text(data.get(8..).unwrap_or_default(), true),
                    false => decode(rest, false),
                };
                self.mark(beside, row, column);
                return line(beside, &text, descent);
            }
            record::HEADER | record::FOOTER => {
                let text = book.text(data, book.wide);
                let text = super::xlsx::page_header(text.as_bytes());
                return line(beside, &String::from_utf8_lossy(&text), descent);
            }
            record::HLINK | record::DV => {
                // Links, and the titles and lists of validated cells, stand among numbers.
                return line(beside, &runs(data), descent);
            }
            _ => return book.record(kind, data, beside, descent),
        }
        Continue(())
    }

    fn mark(&self, beside: &mut Window, row: u64, column: u32) {
        let cell = format!("{}{row}", letters(column));
        beside.mark(Place::Cell { sheet: self.name.clone(), cell, column: None });
    }

    fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        self.grid.finish(descent)
    }
}

/// A number in four bytes (MS-XLS 2.5.217): part of a float or an integer, perhaps hundredths.
fn rk(coded: u32) -> f64 {
    let number = if coded & 2 != 0 {
        f64::from(coded as i32 >> 2)
    } else {
        f64::from_bits(u64::from(coded & !3) << 32)
    };
    if coded & 1 != 0 { number / 100.0 } else { number }
}

/// Runs of four or more printable characters, narrow or wide.
fn runs(data: &[u8]) -> String {
    let mut out = String::new();
    for (step, start) in [(1, 0), (2, 0), (2, 1)] {
        let mut run = String::new();
        let units = data.get(start..).unwrap_or_default().chunks_exact(step);
        for unit in units.map(|u| (u[0], u.get(1).copied().unwrap_or(0))).chain([(0, 0)]) {
            if unit.1 == 0 && matches!(unit.0, b' '..=b'~') {
                run.push(unit.0 as char);
                continue;
            }
            if run.len() >= 4 {
                out += &run;
                out.push('\n');
            }
            run.clear();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_four_bytes_are_decoded() {
        assert_eq!(rk(1234 << 2 | 2), 1234.0);
        assert_eq!(rk(1234 << 2 | 3), 12.34);
        assert_eq!(rk((1.5f64.to_bits() >> 32) as u32), 1.5);
    }

    #[test]
    fn a_string_goes_on_in_the_next_record() {
        let first = [2, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, b'a', b'b'];
        let second = [1, b'c', 0, 0xA3, 0, 1, 0, 0, b'z'];
        let mut book = Book { wide: true, ..Book::default() };
        book.read_strings(&first, &[&second]);
        assert_eq!(book.strings, ["abc\u{a3}", "z"]);
    }
}
