//! Avro's values, read one by one as their type says.

use super::schema::{Kind, Meaning, Plan, Schema};
use crate::descend::Descent;
use crate::formats::table::Grid;
use crate::formats::table::written::{self, Halt, big_end, date, decimal, enough, number, seconds};
use dlpscan_core::model::{Reason, Stopped};

/// Values within values that are followed; types can hold themselves.
const DEEPEST: u32 = 64;
/// Values of no bytes in one block, more than any table has.
const MOST_HOLLOW: u32 = 1 << 20;
/// Text of one cell after which the grid gives what it has.
const LONG_CELL: usize = 64 << 10;
/// Values between two looks at the clock.
const BETWEEN_CHECKS: u32 = 1024;

type Read<T = ()> = Result<T, Halt>;

const DAMAGED: Halt = Halt::Fault(Reason::Damaged);

/// Reads the rows of one unpacked block into a grid.
pub(super) struct Values<'b, 'g, 'd, 'e> {
    pub(super) schema: &'b Schema,
    pub(super) names: &'b [String],
    pub(super) cursor: Cursor<'b>,
    pub(super) grid: &'g mut Grid,
    pub(super) descent: &'d mut Descent<'e>,
    pub(super) hollow: u32,
    pub(super) seen: u32,
}

impl Values<'_, '_, '_, '_> {
    /// One row.
    pub(super) fn row(&mut self, plan: &Plan) -> Read {
        let start = self.cursor.at;
        let mut column = 0;
        self.planned(plan, &mut column)?;
        self.grid.next_row();
        self.weigh(start)?;
        enough(self.grid.flow(self.descent))
    }

    fn planned(&mut self, plan: &Plan, column: &mut usize) -> Read {
        match plan {
            Plan::Cell(of) => {
                if *column > 0 {
                    self.grid.next_cell();
                }
                *column += 1;
                self.value(*of, 0)
            }
            Plan::Record(fields) => fields.iter().try_for_each(|plan| self.planned(plan, column)),
            Plan::Maybe { nothing, plan } => {
                if self.whole()? as u64 != *nothing {
                    return self.planned(plan, column);
                }
                for _ in 0..plan.width() {
                    if *column > 0 {
                        self.grid.next_cell();
                    }
                    *column += 1;
                }
                Ok(())
            }
        }
    }

    /// One value, written into the current cell.
    fn value(&mut self, of: usize, depth: u32) -> Read {
        if depth > DEEPEST {
            return Err(Halt::Fault(Reason::LimitDepth));
        }
        self.seen += 1;
        if self.seen.is_multiple_of(BETWEEN_CHECKS) {
            let left = self.descent.budget().check();
            left.map_err(|Stopped(reason)| Halt::Fault(reason))?;
        }
        let schema = self.schema;
        let kind = schema.kind(of);
        match &kind.kind {
            Kind::Null => Ok(()),
            Kind::Truth => {
                let truth = self.take(1)? != [0];
                self.write(&truth.to_string())
            }
            Kind::Whole => {
                let whole = self.whole()?;
                self.write(&match kind.meaning {
                    Meaning::Itself | Meaning::Decimal(_) => whole.to_string(),
                    Meaning::Date => date(whole),
                    Meaning::Time(unit) => seconds(whole.div_euclid(unit)),
                })
            }
            Kind::Single => {
                let bytes = self.take(4)?.first_chunk().ok_or(DAMAGED)?;
                let single = f32::from_le_bytes(*bytes);
                self.write(&single.to_string())
            }
            Kind::Double => {
                let bytes = self.take(8)?.first_chunk().ok_or(DAMAGED)?;
                let double = f64::from_le_bytes(*bytes);
                self.write(&number(double))
            }
            Kind::Bytes | Kind::Text => {
                let len = usize::try_from(self.whole()?).map_err(|_| DAMAGED)?;
                self.bytes(len, kind.meaning)
            }
            Kind::Fixed(len) => self.bytes(*len, kind.meaning),
            Kind::Enum(symbols) => {
                let at = usize::try_from(self.whole()?).map_err(|_| DAMAGED)?;
                self.write(symbols.get(at).ok_or(DAMAGED)?)
            }
            Kind::Union(branches) => {
                let at = usize::try_from(self.whole()?).map_err(|_| DAMAGED)?;
                self.value(*branches.get(at).ok_or(DAMAGED)?, depth + 1)
            }
            Kind::Record(fields) => {
                for field in fields {
                    if self.is_missing(field.of)? {
                        continue;
                    }
                    self.apart();
                    self.write(&field.name)?;
                    self.write(": ")?;
                    self.value(field.of, depth + 1)?;
                }
                Ok(())
            }
            Kind::Array(items) => self.several(*items, false, depth),
            Kind::Map(values) => self.several(*values, true, depth),
        }
    }

    /// Passes over a value that may be missing, and is.
    fn is_missing(&mut self, of: usize) -> Read<bool> {
        let schema = self.schema;
        let Kind::Union(branches) = &schema.kind(of).kind else { return Ok(false) };
        let start = self.cursor.at;
        let branch = usize::try_from(self.whole()?).ok().and_then(|at| branches.get(at));
        let missing = schema.kind(*branch.ok_or(DAMAGED)?).kind == Kind::Null;
        if !missing {
            self.cursor.at = start;
        }
        Ok(missing)
    }

    /// The values of an array or a map, which come in blocks.
    fn several(&mut self, of: usize, keyed: bool, depth: u32) -> Read {
        loop {
            let count = self.whole()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // The block's bytes are told too.
                self.whole()?;
            }
            for _ in 0..count.unsigned_abs() {
                let start = self.cursor.at;
                self.apart();
                if keyed {
                    let len = usize::try_from(self.whole()?).map_err(|_| DAMAGED)?;
                    self.bytes(len, Meaning::Itself)?;
                    self.write(": ")?;
                }
                self.value(of, depth + 1)?;
                self.weigh(start)?;
            }
        }
    }

    /// What takes no bytes could be there without end.
    fn weigh(&mut self, start: usize) -> Read {
        self.hollow += u32::from(self.cursor.at == start);
        if self.hollow > MOST_HOLLOW { Err(Halt::Fault(Reason::LimitCount)) } else { Ok(()) }
    }

    /// Parts what follows from what already stands in the cell.
    fn apart(&mut self) {
        let text = self.grid.current();
        if !text.is_empty() && !text.ends_with(b": ") {
            self.grid.push(b"; ");
        }
    }

    fn write(&mut self, text: &str) -> Read {
        self.grid.push(text.as_bytes());
        self.flow()
    }

    fn bytes(&mut self, len: usize, meaning: Meaning) -> Read {
        let value = self.take(len)?;
        match meaning {
            Meaning::Decimal(scale) if len <= 16 => self.write(&decimal(big_end(value), scale)),
            _ => {
                let column = self.names.get(self.grid.column() as usize);
                let column = column.map_or("", String::as_str);
                enough(written::bytes(value, column, self.grid, self.descent))?;
                self.flow()
            }
        }
    }

    fn flow(&mut self) -> Read {
        if self.grid.current().len() < LONG_CELL {
            return Ok(());
        }
        enough(self.grid.flow(self.descent))
    }
}

impl<'b> Values<'b, '_, '_, '_> {
    fn take(&mut self, len: usize) -> Read<&'b [u8]> {
        self.cursor.take(len).ok_or(DAMAGED)
    }

    fn whole(&mut self) -> Read<i64> {
        self.cursor.whole().ok_or(DAMAGED)
    }
}

/// Bytes, and how far they have been read.
pub(super) struct Cursor<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Cursor<'b> {
    /// So many bytes.
    pub(super) fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(len)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// A whole number in as few bytes as it needs.
    pub(super) fn whole(&mut self) -> Option<i64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let &byte = self.bytes.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((number >> 1) as i64 ^ -((number & 1) as i64));
            }
        }
        None
    }

    /// Bytes behind their length.
    pub(super) fn text(&mut self) -> Option<&'b [u8]> {
        let len = usize::try_from(self.whole()?).ok()?;
        self.take(len)
    }
}
