//! Binary workbooks (MS-XLSB): the same parts as in xlsx, each a run of records.

use super::grid::Grid;
use super::numbers::Format;
use super::prose::Prose;
use super::window::Window;
use super::xlsx::{Book, page_header};
use crate::descend::{Descent, Flow};
use crate::formats::document::runs::printable;
use crate::little_endian::{le16, le32};
use dlpscan_core::model::{Place, Reason, Role, Stopped};
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// Records by their numbers (2.3.2).
mod record {
    pub const ROW: u32 = 0;
    pub const RK: u32 = 2;
    pub const BOOL: u32 = 4;
    pub const REAL: u32 = 5;
    pub const STRING: u32 = 6;
    pub const SHARED: u32 = 7;
    pub const FORMULA_STRING: u32 = 8;
    pub const FORMULA_NUMBER: u32 = 9;
    pub const FORMULA_BOOL: u32 = 10;
    pub const FORMULA_ERROR: u32 = 11;
    pub const SHARED_ITEM: u32 = 19;
    pub const FORMAT: u32 = 44;
    pub const STYLE: u32 = 47;
    pub const RICH: u32 = 62;
    pub const WORKBOOK: u32 = 153;
    pub const SHEET: u32 = 156;
    pub const HEADER: u32 = 479;
    pub const STYLES: u32 = 617;
    pub const STYLES_END: u32 = 618;
    pub const COMMENT: u32 = 635;
    pub const COMMENT_TEXT: u32 = 637;
}

/// Reads a part record by record. A record that is larger than memory allows ends it.
fn records(
    reader: &mut dyn Read,
    descent: &mut Descent<'_>,
    mut each: impl FnMut(u32, &[u8], &mut Descent<'_>) -> Flow,
) -> io::Result<Flow> {
    let most = descent.budget().limits().buffer / 4;
    let mut reader = io::BufReader::new(reader);
    let mut data = Vec::new();
    loop {
        descent.budget().check()?;
        // Seven bits a byte, the lowest first; two bytes for a number, four for a length.
        let Some(number) = varying(&mut reader, 2)? else { return Ok(Continue(())) };
        let Some(len) = varying(&mut reader, 4)?.map(u64::from) else {
            return Err(Stopped(Reason::Truncated).into());
        };
        if len > most {
            return Err(Stopped(Reason::LimitMemory).into());
        }
        data.clear();
        let read = (&mut reader).take(len).read_to_end(&mut data)?;
        if each(number, &data, descent).is_break() {
            return Ok(Flow::Break(()));
        }
        if (read as u64) < len {
            return Err(Stopped(Reason::Truncated).into());
        }
    }
}

fn varying(reader: &mut impl Read, most: u32) -> io::Result<Option<u32>> {
    let mut value = 0;
    for place in 0..most {
        let mut byte = [0];
        if reader.read(&mut byte)? == 0 {
            return Ok(None);
        }
        value |= u32::from(byte[0] & 0x7f) << (7 * place);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    Ok(Some(value))
}

/// A string with its length in letters before it, and where it ends. One cut short gives what is
/// there; a length of all ones is no string.
fn wide(data: &[u8], at: usize) -> Option<(String, usize)> {
    let len = le32(data, at)?;
    let start = at + 4;
    if len == u32::MAX {
        return Some((String::new(), start));
    }
    let end = start.saturating_add(2 * len as usize).min(data.len());
    let units: Vec<u16> =
        data[start..end].as_chunks().0.iter().map(|&unit| u16::from_le_bytes(unit)).collect();
    Some((String::from_utf16_lossy(&units), end))
}

/// A number in 30 bits (2.5.122): a whole one or the upper half of a double, perhaps in hundredths.
fn packed(bits: u32) -> f64 {
    let number = match bits & 2 {
        0 => f64::from_bits(u64::from(bits & !3) << 32),
        _ => f64::from(bits as i32 >> 2),
    };
    if bits & 1 == 0 { number } else { number / 100.0 }
}

impl Book {
    /// Reads the shared strings of a binary workbook.
    pub(super) fn read_binary_strings(
        &mut self,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<Flow> {
        let most = (descent.budget().limits().buffer / 2) as usize;
        let mut loose = Prose::at(Place::Property { name: "shared text".into() }, None);
        let result = records(reader, descent, |number, data, descent| {
            if number != record::SHARED_ITEM {
                return Continue(());
            }
            let text = wide(data, 1).map(|(text, _)| text).unwrap_or_default();
            let fits = self.strings.len() + text.len() <= most;
            if fits {
                self.strings.extend_from_slice(text.as_bytes());
            }
            self.ends.push(self.strings.len());
            if fits { Continue(()) } else { loose.aside(text.as_bytes(), descent) }
        });
        self.used = vec![false; self.ends.len()];
        let flow = loose.finish(descent);
        Ok(if result?.is_break() { Flow::Break(()) } else { flow })
    }

    /// Reads the number formats of a binary workbook's cell styles.
    pub(super) fn read_binary_styles(
        &mut self,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<Flow> {
        let mut codes = HashMap::new();
        let mut in_cells = false;
        records(reader, descent, |number, data, _| {
            match number {
                record::FORMAT => {
                    if let (Some(id), Some((code, _))) = (le16(data, 0), wide(data, 2)) {
                        codes.insert(id, Format::parse(&code));
                    }
                }
                record::STYLES => in_cells = true,
                record::STYLES_END => in_cells = false,
                record::STYLE if in_cells && self.formats.len() < 1 << 16 => {
                    let id = le16(data, 2).unwrap_or(0);
                    let format = codes.get(&id).cloned();
                    self.formats.push(format.unwrap_or_else(|| Format::builtin(u64::from(id))));
                }
                _ => {}
            }
            Continue(())
        })
    }

    /// Reads a binary workbook part: sheet names, and what its other records say in words.
    pub(super) fn read_binary_workbook(
        &mut self,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<Flow> {
        let mut names = Prose::at(Place::Property { name: "workbook".into() }, None);
        let result = records(reader, descent, |number, data, descent| match number {
            record::WORKBOOK => {
                self.from_1904 = le32(data, 0).is_some_and(|flags| flags & 1 != 0);
                Continue(())
            }
            record::SHEET => {
                let (id, end) = wide(data, 8).unwrap_or_default();
                let name = wide(data, end).map(|(name, _)| name).unwrap_or_default();
                names.aside(name.as_bytes(), descent)?;
                self.sheets.push((id, name));
                Continue(())
            }
            _ => names.aside(printable(data).as_bytes(), descent),
        });
        let flow = names.finish(descent);
        Ok(if result?.is_break() { Flow::Break(()) } else { flow })
    }

    /// Reads a sheet of a binary workbook.
    pub(super) fn read_binary_sheet(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<Flow> {
        let place = Place::Property { name: format!("sheet {name}") };
        let mut grid = Grid::new(Some(name.to_owned()), place.clone(), b"");
        let mut beside = Prose::at(place, None);
        let mut damaged = false;
        let result = records(reader, descent, |number, data, descent| {
            let mut rest: &[u8] = &[];
            let shown = match number {
                record::ROW => {
                    let row = le32(data, 0).map_or(grid.row() + 1, |row| u64::from(row) + 1);
                    grid.end_row(descent)?;
                    return grid.begin_row(row, descent);
                }
                record::RK => le32(data, 8).map(|bits| self.number(data, packed(bits))),
                record::REAL | record::FORMULA_NUMBER => {
                    rest = data.get(16..).unwrap_or(&[]);
                    let bits = data.get(8..).and_then(|d| d.first_chunk());
                    bits.map(|&bits| self.number(data, f64::from_le_bytes(bits)))
                }
                record::BOOL | record::FORMULA_BOOL => {
                    rest = data.get(9..).unwrap_or(&[]);
                    data.get(8).map(|&b| if b == 0 { "FALSE" } else { "TRUE" }.to_owned())
                }
                record::FORMULA_ERROR => {
                    rest = data.get(9..).unwrap_or(&[]);
                    Some(String::new())
                }
                record::STRING | record::FORMULA_STRING => wide(data, 8).map(|(text, end)| {
                    rest = &data[end..];
                    text
                }),
                record::RICH => wide(data, 9).map(|(text, _)| text),
                record::SHARED => {
                    let index = le32(data, 8).map(|index| index as usize);
                    let text = index.and_then(|index| self.string(index));
                    damaged |= text.is_none();
                    text.map(|text| String::from_utf8_lossy(text).into_owned())
                }
                record::HEADER => {
                    let mut at = 2;
                    while let Some((codes, end)) = wide(data, at).filter(|(_, end)| *end > at) {
                        beside.aside(&page_header(codes.as_bytes()), descent)?;
                        at = end;
                    }
                    return Continue(());
                }
                _ => return beside.aside(printable(data).as_bytes(), descent),
            };
            // A formula's quoted text.
            beside.aside(printable(rest).as_bytes(), descent)?;
            match (le32(data, 0), shown) {
                (Some(column), Some(text)) => grid.cell(column, text.into_bytes(), descent),
                _ => Continue(()),
            }
        });
        let flow = grid.finish(descent);
        let flow = if flow.is_break() { flow } else { beside.finish(descent) };
        if damaged {
            descent.note_with(Reason::Damaged, None, "a cell refers to text that is not there");
        }
        Ok(if result?.is_break() { Flow::Break(()) } else { flow })
    }

    /// A cell's number as its style shows it.
    fn number(&self, cell: &[u8], number: f64) -> String {
        let style = le32(cell, 4).unwrap_or(0) & 0x00ff_ffff;
        let format = self.formats.get(style as usize).unwrap_or(&Format::Plain);
        format.show(&number.to_string(), self.from_1904)
    }
}

/// Reads the comments of a sheet in a binary workbook.
pub(super) fn read_binary_comments(
    sheet: &str,
    reader: &mut dyn Read,
    descent: &mut Descent<'_>,
) -> io::Result<Flow> {
    let place = Place::Property { name: format!("comments of {sheet}") };
    let mut lines = Window::lines(place, Role::Content);
    let result = records(reader, descent, |number, data, descent| match number {
        record::COMMENT => {
            let row = le32(data, 4).unwrap_or(0);
            let column = super::numbers::letters(le32(data, 12).unwrap_or(0));
            let cell = format!("{column}{}", u64::from(row) + 1);
            lines.mark(Place::Cell { sheet: sheet.to_owned(), cell, column: None });
            Continue(())
        }
        record::COMMENT_TEXT => {
            let text = wide(data, 1).map(|(text, _)| text).unwrap_or_default();
            lines.push(text.as_bytes(), descent)?;
            lines.end_line(descent)
        }
        _ => {
            lines.push(printable(data).as_bytes(), descent)?;
            lines.end_line(descent)
        }
    });
    let flow = lines.finish(descent);
    Ok(if result?.is_break() { Flow::Break(()) } else { flow })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_are_whole_or_hundredths_or_halves_of_doubles() {
        assert_eq!(packed(55_779_911 << 2 | 2), 55_779_911.0);
        assert_eq!(packed(1250 << 2 | 3), 12.5);
        let upper = (1.5_f64.to_bits() >> 32) as u32;
        assert_eq!(packed(upper), 1.5);
        assert_eq!(packed(((-7_i32) << 2) as u32 | 2), -7.0);
    }

    #[test]
    fn strings_that_are_cut_or_missing_are_no_panic() {
        assert_eq!(wide(&[2, 0, 0, 0, b'a', 0], 0), Some(("a".to_owned(), 6)));
        assert_eq!(wide(&[255, 255, 255, 255], 0), Some((String::new(), 4)));
        assert_eq!(wide(&[1, 0], 0), None);
    }
}
