//! Record batches: the arrays of a batch's columns, cut out of the bytes behind its message.

use super::flat::Flat;
use super::schema::{Field, Kind};
use crate::budget::Budget;
use crate::formats::archive::Zstd;
use dlpscan_core::model::{Reason, Stopped};
use std::io::Read;
use std::ops::{Deref, Range};
use std::rc::Rc;

/// A piece of a body, which arrays share.
#[derive(Debug, Clone, Default)]
pub(super) struct Slice {
    bytes: Rc<Vec<u8>>,
    range: Range<usize>,
}

impl Deref for Slice {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.range.clone()).unwrap_or_default()
    }
}

/// A column's values, or those of a field within it.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) kind: Kind,
    /// Values that there are bytes for.
    pub(super) len: usize,
    valid: Slice,
    /// What the kind needs: values, offsets, views.
    pub(super) data: Vec<Slice>,
    pub(super) children: Vec<Array>,
    pub(super) names: Vec<String>,
    /// The dictionary whose entries the values are the numbers of.
    pub(super) dictionary: Option<i64>,
}

impl Array {
    /// True where there is a value.
    pub(super) fn holds(&self, row: usize) -> bool {
        row < self.len && self.valid.get(row / 8).is_none_or(|byte| byte >> (row % 8) & 1 == 1)
    }

    /// The signed whole number at `row` of a piece whose numbers have four or eight bytes.
    pub(super) fn offset(&self, piece: usize, wide: bool, row: usize) -> Option<usize> {
        let piece = self.data.get(piece)?;
        let long = match wide {
            true => i64::from_le_bytes(*piece.get(row.checked_mul(8)?..)?.first_chunk()?),
            false => i32::from_le_bytes(*piece.get(row.checked_mul(4)?..)?.first_chunk()?).into(),
        };
        usize::try_from(long).ok()
    }

    /// The bytes at `row` of values that all have `width`.
    pub(super) fn fixed(&self, width: usize, row: usize) -> Option<&[u8]> {
        let start = row.checked_mul(width)?;
        self.data.first()?.get(start..start.checked_add(width)?)
    }
}

/// Cuts out the arrays of `fields`. `old` files say of unions which are missing.
pub(super) fn arrays(
    fields: &[Field],
    batch: &Flat<'_>,
    body: Vec<u8>,
    old: bool,
    budget: &Budget,
) -> Result<Vec<Array>, Reason> {
    let codec = batch.table(3).map(|about| about.byte(0));
    let body = Rc::new(body);
    let mut left = usize::try_from(budget.limits().buffer).unwrap_or(usize::MAX);
    let mut pieces = Vec::new();
    for (offset, len) in batch.pairs(2) {
        let start = usize::try_from(offset).map_err(|_| Reason::Damaged)?;
        let len = usize::try_from(len).map_err(|_| Reason::Damaged)?;
        let range = start..start.checked_add(len).ok_or(Reason::Damaged)?;
        let packed = body.get(range.clone()).ok_or(Reason::Damaged)?;
        pieces.push(match codec {
            Some(codec) if !packed.is_empty() => {
                let unpacked = unpack(packed, codec, left, budget)?;
                left -= unpacked.len();
                Slice { range: 0..unpacked.len(), bytes: Rc::new(unpacked) }
            }
            _ => Slice { bytes: Rc::clone(&body), range },
        });
    }
    let mut cutter = Cutter {
        nodes: batch.pairs(1).into_iter(),
        pieces: pieces.into_iter(),
        views: batch.longs(4).into_iter(),
        old,
    };
    fields.iter().map(|field| cutter.array(field)).collect::<Option<_>>().ok_or(Reason::Damaged)
}

/// Unpacks a piece, which begins with its length.
fn unpack(packed: &[u8], codec: u8, most: usize, budget: &Budget) -> Result<Vec<u8>, Reason> {
    let (len, packed) = packed.split_first_chunk().ok_or(Reason::Damaged)?;
    let len = i64::from_le_bytes(*len);
    if len == -1 {
        return Ok(packed.to_vec());
    }
    let len = usize::try_from(len).map_err(|_| Reason::Damaged)?;
    if len > most {
        return Err(Reason::LimitMemory);
    }
    let decoder: Box<dyn Read + '_> = match codec {
        0 => Box::new(lz4_flex::frame::FrameDecoder::new(packed)),
        1 => Box::new(Zstd::new(packed, most as u64)),
        _ => return Err(Reason::Unsupported),
    };
    let mut out = Vec::new();
    let metered = budget.meter(decoder, Some(packed.len() as u64));
    metered.take(len as u64).read_to_end(&mut out).map_err(|error| Stopped::reason(&error))?;
    if out.len() < len { Err(Reason::Damaged) } else { Ok(out) }
}

/// Hands out nodes and pieces in the order of the fields.
struct Cutter {
    nodes: std::vec::IntoIter<(i64, i64)>,
    pieces: std::vec::IntoIter<Slice>,
    views: std::vec::IntoIter<i64>,
    old: bool,
}

impl Cutter {
    fn array(&mut self, field: &Field) -> Option<Array> {
        let told = usize::try_from(self.nodes.next()?.0).ok()?;
        let kind = match &field.dictionary {
            Some((_, index)) => index.clone(),
            None => field.kind.clone(),
        };
        let masked = match kind {
            Kind::Null | Kind::Runs => false,
            Kind::Union { .. } => self.old,
            _ => true,
        };
        let valid = if masked { self.pieces.next()? } else { Slice::default() };
        let count = match kind {
            Kind::Null | Kind::Runs | Kind::Struct | Kind::FixedList(_) => 0,
            Kind::Bytes { .. } | Kind::ListView { .. } | Kind::Union { dense: true, .. } => 2,
            Kind::View => 1 + usize::try_from(self.views.next()?).ok()?,
            _ => 1,
        };
        if count > 1 + self.pieces.len() {
            return None;
        }
        let data = (0..count).map(|_| self.pieces.next()).collect::<Option<Vec<_>>>()?;
        let inner = if field.dictionary.is_some() { &[][..] } else { &field.children };
        let children: Vec<Array> =
            inner.iter().map(|child| self.array(child)).collect::<Option<_>>()?;
        let bytes = data.first().map_or(0, |piece| piece.len());
        let longest = children.iter().map(|child| child.len).max().unwrap_or(0);
        let there = match &kind {
            Kind::Null => 0,
            Kind::Truth => bytes.saturating_mul(8),
            Kind::Whole { width, .. }
            | Kind::Float(width)
            | Kind::Decimal { width, .. }
            | Kind::Span(width)
            | Kind::Fixed(width) => bytes.checked_div(*width).unwrap_or(0),
            Kind::Days => bytes / 4,
            Kind::Moment(_) => bytes / 8,
            Kind::Bytes { wide } | Kind::List { wide } => {
                (bytes / if *wide { 8 } else { 4 }).saturating_sub(1)
            }
            Kind::ListView { wide } => bytes / if *wide { 8 } else { 4 },
            Kind::View => bytes / 16,
            Kind::FixedList(size) => longest.checked_div(*size).unwrap_or(0),
            Kind::Struct => longest,
            Kind::Union { .. } => bytes,
            Kind::Runs => told,
        };
        let names = inner.iter().map(|child| child.name.clone()).collect();
        let dictionary = field.dictionary.as_ref().map(|(id, _)| *id);
        Some(Array { kind, len: told.min(there), valid, data, children, names, dictionary })
    }
}
