//! The columns of a Parquet file, and how their values are written as text.

use super::thrift::Thrift;
use crate::formats::table::written::{big_end, date, decimal, number, seconds};

/// How a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Physical {
    Truth,
    /// Whole numbers of four and eight bytes.
    Short,
    Long,
    /// A day and a time of day in twelve bytes.
    Stamp,
    Single,
    Double,
    /// Bytes with their length.
    Bytes,
    /// So many bytes.
    Fixed(usize),
}

/// What a value means, beyond how it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Itself,
    /// Days since 1970.
    Date,
    /// So many of these in a second, since 1970.
    Time(i64),
    /// A number with so many digits behind the point.
    Decimal(u32),
}

/// A column that holds values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) physical: Physical,
    meaning: Meaning,
    /// The level at which there is a value, and the deepest at which values repeat.
    pub(super) defined: u32,
    pub(super) repeated: u32,
}

/// The columns, in their order; `None` where the schema contradicts itself.
pub(super) fn columns(schema: &[Thrift]) -> Option<Vec<Column>> {
    /// A group whose children are being read.
    struct Group {
        left: u64,
        name: String,
        defined: u32,
        repeated: u32,
    }
    let (root, rest) = schema.split_first()?;
    let left = root.size(5).unwrap_or(0);
    let mut open = vec![Group { left, name: String::new(), defined: 0, repeated: 0 }];
    let mut columns = Vec::new();
    for element in rest {
        while open.last()?.left == 0 {
            open.pop();
        }
        let above = open.last_mut()?;
        above.left -= 1;
        let own = element.text(4);
        // The groups that every list has in the middle say nothing.
        let silent = matches!(&own[..], "list" | "element" | "item" | "array" | "key_value");
        let name = match &above.name[..] {
            "" => own,
            above if silent => above.to_owned(),
            above => format!("{above}.{own}"),
        };
        let kind = element.number(3).unwrap_or(0);
        let defined = above.defined + u32::from(kind != 0);
        let repeated = above.repeated + u32::from(kind == 2);
        match element.size(5).filter(|&children| children > 0) {
            Some(left) => open.push(Group { left, name, defined, repeated }),
            None => columns.push(Column {
                name,
                physical: physical(element)?,
                meaning: meaning(element),
                defined,
                repeated,
            }),
        }
        if open.len() > 64 {
            return None;
        }
    }
    Some(columns)
}

fn physical(element: &Thrift) -> Option<Physical> {
    Some(match element.number(1)? {
        0 => Physical::Truth,
        1 => Physical::Short,
        2 => Physical::Long,
        3 => Physical::Stamp,
        4 => Physical::Single,
        5 => Physical::Double,
        6 => Physical::Bytes,
        7 => Physical::Fixed(usize::try_from(element.size(2)?).ok().filter(|&n| n > 0)?),
        _ => return None,
    })
}

fn meaning(element: &Thrift) -> Meaning {
    let logical = |id: i16| element.field(10).and_then(|kind| kind.field(id));
    if let Some(stamp) = logical(8) {
        let unit = stamp.field(2);
        let is = |id: i16| unit.is_some_and(|unit| unit.field(id).is_some());
        return Meaning::Time(if is(1) {
            1_000
        } else if is(2) {
            1_000_000
        } else {
            1_000_000_000
        });
    }
    match element.number(6) {
        Some(5) => Meaning::Decimal(element.size(7).unwrap_or(0).min(38) as u32),
        Some(6) => Meaning::Date,
        Some(9) => Meaning::Time(1_000),
        Some(10) => Meaning::Time(1_000_000),
        _ if logical(6).is_some() => Meaning::Date,
        _ => Meaning::Itself,
    }
}

impl Column {
    /// Bytes of a value, where all have the same.
    pub(super) fn width(&self) -> Option<usize> {
        match self.physical {
            Physical::Short | Physical::Single => Some(4),
            Physical::Long | Physical::Double => Some(8),
            Physical::Stamp => Some(12),
            Physical::Fixed(width) => Some(width),
            Physical::Truth | Physical::Bytes => None,
        }
    }

    /// The value that begins at `at`, which moves behind it. Of truth values `at` counts bits.
    pub(super) fn plain(&self, bytes: &[u8], at: &mut usize) -> Option<Vec<u8>> {
        let range = match self.physical {
            Physical::Truth => {
                let bit = bytes.get(*at / 8)? >> (*at % 8) & 1;
                *at += 1;
                return Some(vec![bit]);
            }
            Physical::Bytes => {
                let len = u32::from_le_bytes(*bytes.get(*at..)?.first_chunk()?) as usize;
                *at + 4..(*at + 4).checked_add(len)?
            }
            _ => *at..at.checked_add(self.width()?)?,
        };
        let value = bytes.get(range.clone())?;
        *at = range.end;
        Some(value.to_vec())
    }

    /// A value that is written otherwise than it is stored; `None` for bytes that speak for
    /// themselves.
    pub(super) fn text(&self, value: &[u8]) -> Option<String> {
        let whole = || match *value {
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            _ => value.first_chunk().map_or(0, |&bytes| i64::from_le_bytes(bytes)),
        };
        Some(match (self.physical, self.meaning) {
            (Physical::Truth, _) => (value != [0]).to_string(),
            (Physical::Short | Physical::Long, Meaning::Date) => date(whole()),
            (Physical::Short | Physical::Long, Meaning::Time(unit)) => {
                seconds(whole().div_euclid(unit))
            }
            (Physical::Short | Physical::Long, Meaning::Decimal(scale)) => {
                decimal(whole().into(), scale)
            }
            (Physical::Short | Physical::Long, _) => whole().to_string(),
            (Physical::Stamp, _) => {
                // The Julian day of 1 January 1970.
                let day = value.get(8..)?.first_chunk().map(|&day| i32::from_le_bytes(day))?;
                date(i64::from(day) - 2_440_588)
            }
            (Physical::Single, _) => f32::from_le_bytes(*value.first_chunk()?).to_string(),
            (Physical::Double, _) => number(f64::from_le_bytes(*value.first_chunk()?)),
            (_, Meaning::Decimal(scale)) if value.len() <= 16 => decimal(big_end(value), scale),
            _ => return None,
        })
    }
}
