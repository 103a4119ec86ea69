//! How dates, amounts and other values of typed tables are written: as people write them.

pub(super) use super::calendar::{date, seconds};

use super::Grid;
use crate::descend::{Descent, Flow};
use crate::extractor::{Hint, SNIFF, Sure};
use crate::formats::raw;
#[cfg(any(feature = "arrow", feature = "avro"))]
use dlpscan_core::model::Reason;
use dlpscan_core::model::{Content, Part};

/// Why reading rows stopped.
#[cfg(any(feature = "arrow", feature = "avro"))]
pub(super) enum Halt {
    /// The taker of the text has seen enough.
    Enough,
    /// The rest cannot be read.
    Fault(Reason),
}

/// Stops reading where the taker of the text has seen enough.
#[cfg(any(feature = "arrow", feature = "avro"))]
pub(super) fn enough(flow: Flow) -> Result<(), Halt> {
    if flow.is_break() { Err(Halt::Enough) } else { Ok(()) }
}

/// A number with so many digits behind the point; more than 38 are none.
pub(super) fn decimal(number: i128, scale: u32) -> String {
    if scale == 0 {
        return number.to_string();
    }
    let Some(unit) = 10_u128.checked_pow(scale) else { return number.to_string() };
    let (sign, size) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    format!("{sign}{}.{:0width$}", size / unit, size % unit, width = scale as usize)
}

/// A number as it is, unless it has more digits than it knows.
pub(super) fn number(number: f64) -> String {
    if number.abs() < 1e17 { number.to_string() } else { format!("{number:e}") }
}

/// A whole number of up to sixteen bytes, the highest first.
#[cfg(any(feature = "avro", feature = "parquet"))]
pub(super) fn big_end(bytes: &[u8]) -> i128 {
    let start = if bytes.first().is_some_and(|&b| b >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(start, |n, &b| n << 8 | i128::from(b))
}

/// Bytes longer than these are read as a part of their own.
const LONG: usize = 1024;

/// Puts bytes into the current cell of the column `column` if they are text; else they are read as
/// the document they are, or for their strings.
pub(super) fn bytes(
    value: &[u8],
    column: &str,
    grid: &mut Grid,
    descent: &mut Descent<'_>,
) -> Flow {
    let head = &value[..value.len().min(SNIFF)];
    if let Ok(text) = std::str::from_utf8(value)
        && (text.len() <= LONG || raw::known(head).is_none())
    {
        grid.push(text.as_bytes());
        return Flow::Continue(());
    }
    let hint = Hint { len: Some(value.len() as u64), ..Hint::default() };
    let known = descent.choose(head, &hint).is_some_and(|(_, sure)| sure >= Sure::Certain);
    if !known && value.len() < LONG {
        return raw::strings(value, 0, descent);
    }
    let name = format!("{column} row {}", grid.row());
    descent.part(Part::new(name, Content::Bytes(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_their_point() {
        assert_eq!(decimal(-12_345, 2), "-123.45");
        assert_eq!(decimal(5, 3), "0.005");
        assert_eq!(decimal(7, 0), "7");
    }
}
