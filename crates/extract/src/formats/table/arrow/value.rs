//! Arrow's values, written into the cells of a grid.

use super::batch::Array;
use super::schema::Kind;
use crate::descend::Descent;
use crate::formats::table::Grid;
use crate::formats::table::written::{self, Halt, date, decimal, enough, number, seconds};
use dlpscan_core::model::{Reason, Stopped};
use std::collections::HashMap;

/// Values within values that are followed; dictionaries may hold themselves.
const DEEPEST: u32 = 64;
/// Columns within columns that are spread.
const SPREAD: u32 = 8;
/// Text after which what was written is taken from the budget, and the grid gives what it has.
const OFTEN: usize = 64 << 10;

/// Dictionaries by their number, each in as many pieces as it came in.
pub(super) type Dictionaries = HashMap<i64, Vec<Array>>;

/// True for what is spread into columns of its own.
pub(super) fn is_spread(kind: &Kind, coded: bool, depth: u32) -> bool {
    *kind == Kind::Struct && !coded && depth < SPREAD
}

/// Writes rows.
pub(super) struct Writer<'a, 'd, 'e> {
    pub(super) dictionaries: &'a Dictionaries,
    pub(super) names: &'a [String],
    pub(super) grid: &'a mut Grid,
    pub(super) descent: &'d mut Descent<'e>,
    /// Text written since it was last taken from the budget.
    pub(super) written: usize,
}

impl Writer<'_, '_, '_> {
    /// One row of a batch.
    pub(super) fn row(&mut self, columns: &[Array], row: usize) -> Result<(), Halt> {
        let mut first = true;
        for column in columns {
            self.cells(column, Some(row), 0, &mut first)?;
        }
        self.grid.next_row();
        self.wrote(1)?;
        enough(self.grid.flow(self.descent))
    }

    /// The cells of a column; `None` for a row that its structure does not have.
    fn cells(
        &mut self,
        array: &Array,
        row: Option<usize>,
        depth: u32,
        first: &mut bool,
    ) -> Result<(), Halt> {
        if is_spread(&array.kind, array.dictionary.is_some(), depth) {
            let row = row.filter(|&row| array.holds(row));
            for child in &array.children {
                self.cells(child, row, depth + 1, first)?;
            }
            return Ok(());
        }
        if !std::mem::take(first) {
            self.grid.next_cell();
        }
        match row {
            Some(row) => self.value(array, row, 0),
            None => Ok(()),
        }
    }

    /// One value, written into the current cell. What its array does not reach is left out.
    fn value(&mut self, array: &Array, row: usize, depth: u32) -> Result<(), Halt> {
        if depth > DEEPEST {
            return Err(Halt::Fault(Reason::LimitDepth));
        }
        if !array.holds(row) {
            return Ok(());
        }
        if let Some(id) = array.dictionary {
            let Some(mut at) = whole(array, row).and_then(|at| usize::try_from(at).ok()) else {
                return Ok(());
            };
            let dictionaries = self.dictionaries;
            for piece in dictionaries.get(&id).map_or(&[][..], |pieces| &pieces[..]) {
                if at < piece.len {
                    return self.value(piece, at, depth + 1);
                }
                at -= piece.len;
            }
            return Err(Halt::Fault(Reason::Damaged));
        }
        match &array.kind {
            Kind::Null => Ok(()),
            Kind::Whole { .. } => self.write(whole(array, row).map(|n| n.to_string())),
            Kind::Float(width) => {
                let float = array.fixed(*width, row).map(float);
                self.write(float.map(number))
            }
            Kind::Truth => {
                let byte = array.data[0].get(row / 8);
                self.write(byte.map(|byte| (byte >> (row % 8) & 1 == 1).to_string()))
            }
            Kind::Decimal { width, scale } => {
                let amount = array.fixed(*width, row).and_then(little_end);
                self.write(amount.map(|amount| decimal(amount, *scale)))
            }
            Kind::Days => self.write(array.fixed(4, row).map(|bytes| date(signed(bytes)))),
            Kind::Moment(unit) => {
                let since = array.fixed(8, row).map(signed);
                self.write(since.map(|since| seconds(since.div_euclid(*unit))))
            }
            Kind::Span(_) => Ok(()),
            Kind::Fixed(width) => self.bytes(array.fixed(*width, row)),
            Kind::Bytes { wide } => {
                let range = array.offset(0, *wide, row).zip(array.offset(0, *wide, row + 1));
                let bytes = range.and_then(|(start, end)| array.data[1].get(start..end));
                self.bytes(bytes)
            }
            Kind::View => self.bytes(view(array, row)),
            Kind::List { wide } => {
                let range = array.offset(0, *wide, row).zip(array.offset(0, *wide, row + 1));
                self.list(array, range, depth)
            }
            Kind::ListView { wide } => {
                let range = array.offset(0, *wide, row).zip(array.offset(1, *wide, row));
                let range = range.and_then(|(start, len)| Some((start, start.checked_add(len)?)));
                self.list(array, range, depth)
            }
            Kind::FixedList(size) => self.list(array, Some((row * size, (row + 1) * size)), depth),
            Kind::Struct => {
                for (name, child) in array.names.iter().zip(&array.children) {
                    if child.holds(row) {
                        self.apart();
                        self.write(Some(format!("{name}: ")))?;
                        self.value(child, row, depth + 1)?;
                    }
                }
                Ok(())
            }
            Kind::Union { dense, ids } => {
                let id = array.data[0].get(row).map_or(0, |&id| i32::from(id as i8));
                let child = match ids.is_empty() {
                    true => usize::try_from(id).ok(),
                    false => ids.iter().position(|&other| other == id),
                };
                let at = if *dense { array.offset(1, false, row) } else { Some(row) };
                match child.and_then(|child| array.children.get(child)).zip(at) {
                    Some((child, at)) => self.value(child, at, depth + 1),
                    None => Err(Halt::Fault(Reason::Damaged)),
                }
            }
            Kind::Runs => {
                let [ends, values] = &array.children[..] else { return Ok(()) };
                // The first run that ends behind the row.
                let (mut low, mut high) = (0, ends.len);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if whole(ends, middle).is_some_and(|end| end > row as i128) {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
                self.value(values, low, depth + 1)
            }
        }
    }

    fn list(
        &mut self,
        array: &Array,
        range: Option<(usize, usize)>,
        depth: u32,
    ) -> Result<(), Halt> {
        let (Some((start, end)), Some(items)) = (range, array.children.first()) else {
            return Ok(());
        };
        for item in start..end.min(items.len) {
            self.apart();
            self.value(items, item, depth + 1)?;
            self.wrote(1)?;
        }
        Ok(())
    }

    /// Parts what follows from what already stands in the cell.
    fn apart(&mut self) {
        let text = self.grid.current();
        if !text.is_empty() && !text.ends_with(b": ") && !text.ends_with(b"; ") {
            self.grid.push(b"; ");
        }
    }

    fn write(&mut self, text: Option<String>) -> Result<(), Halt> {
        let Some(text) = text else { return Ok(()) };
        self.grid.push(text.as_bytes());
        self.wrote(text.len())
    }

    fn bytes(&mut self, bytes: Option<&[u8]>) -> Result<(), Halt> {
        let Some(bytes) = bytes else { return Ok(()) };
        let column = self.names.get(self.grid.column() as usize).map_or("", String::as_str);
        enough(written::bytes(bytes, column, self.grid, self.descent))?;
        self.wrote(bytes.len())
    }

    /// The same bytes can be pointed at again and again: what is written of them counts each time.
    fn wrote(&mut self, bytes: usize) -> Result<(), Halt> {
        self.written += bytes;
        if self.written < OFTEN {
            return Ok(());
        }
        let written = std::mem::take(&mut self.written) as u64;
        let left = self.descent.budget().take_bytes(written);
        left.map_err(|Stopped(reason)| Halt::Fault(reason))?;
        enough(self.grid.flow(self.descent))
    }
}

/// The whole number at `row`.
fn whole(array: &Array, row: usize) -> Option<i128> {
    let Kind::Whole { width, signed: has_sign } = array.kind else { return None };
    let bytes = array.fixed(width, row)?;
    let number = bytes.iter().rev().fold(0_u64, |n, &b| n << 8 | u64::from(b));
    Some(if has_sign { signed(bytes).into() } else { number.into() })
}

/// A number of up to eight bytes, the lowest first.
fn signed(bytes: &[u8]) -> i64 {
    let start = if bytes.last().is_some_and(|&b| b >= 0x80) { -1 } else { 0 };
    bytes.iter().rev().fold(start, |n, &b| n << 8 | i64::from(b))
}

/// The same of up to 32 bytes; `None` where it is too large to be an amount.
fn little_end(bytes: &[u8]) -> Option<i128> {
    let (low, high) = bytes.split_at(bytes.len().min(16));
    let start = if low.last().is_some_and(|&b| b >= 0x80) { -1_i128 } else { 0 };
    let sign = if start < 0 { 0xff } else { 0 };
    high.iter()
        .all(|&b| b == sign)
        .then(|| low.iter().rev().fold(start, |n, &b| n << 8 | i128::from(b)))
}

/// A number of two (IEEE 754 binary16), four or eight bytes.
fn float(bytes: &[u8]) -> f64 {
    match *bytes {
        [low, high] => {
            let fraction = f64::from(u16::from(high & 3) << 8 | u16::from(low)) / 1024.0;
            let size = match i32::from(high >> 2 & 0x1f) {
                0 => fraction * 2_f64.powi(-14),
                31 => f64::NAN,
                power => (1.0 + fraction) * 2_f64.powi(power - 15),
            };
            if high >= 0x80 { -size } else { size }
        }
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        _ => bytes.first_chunk().map_or(f64::NAN, |b| f64::from_le_bytes(*b)),
    }
}

/// Bytes behind a view: up to twelve stand in the view itself.
fn view(array: &Array, row: usize) -> Option<&[u8]> {
    let view = array.fixed(16, row)?;
    let int = |at: usize| {
        let bytes = view.get(at..)?.first_chunk()?;
        usize::try_from(i32::from_le_bytes(*bytes)).ok()
    };
    let len = int(0)?;
    if len <= 12 {
        return view.get(4..4 + len);
    }
    let start = int(12)?;
    array.data.get(1 + int(8)?)?.get(start..start.checked_add(len)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_are_read() {
        assert_eq!(signed(&[0xfe, 0xff]), -2);
        assert_eq!(signed(&[0xfe, 0x7f]), 0x7ffe);
        assert_eq!(little_end(&[0xff; 32]), Some(-1));
        assert_eq!(little_end(&[[0; 31].as_slice(), &[1]].concat()), None);
        assert_eq!(float(&[0x00, 0xc0]), -2.0);
        assert_eq!(float(&[0x00, 0x3e]), 1.5);
    }
}
