//! Pages of an SQLite database, and the cells on them (sqlite.org/fileformat2.html).

use std::ops::Range;

/// What the first hundred bytes of a database say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes of a page.
    pub page: usize,
    /// Bytes of a page that are used; the rest is reserved for extensions.
    pub usable: usize,
    pub encoding: Encoding,
}

/// How text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// Bytes before the first page's own header.
pub(super) const FILE_HEADER: usize = 100;

impl Shape {
    /// Reads the header of a database; `None` when it contradicts itself.
    pub fn read(head: &[u8]) -> Option<Shape> {
        let head = head.get(..FILE_HEADER)?;
        let encoding = match u32::from_be_bytes([head[56], head[57], head[58], head[59]]) {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        let page = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        Shape::new(page, usize::from(head[20]), encoding)
    }

    /// A database with pages of so many bytes, some of them reserved.
    pub fn new(page: usize, reserved: usize, encoding: Encoding) -> Option<Shape> {
        let usable = page.checked_sub(reserved)?;
        let valid = page.is_power_of_two() && (512..=1 << 16).contains(&page) && usable >= 480;
        valid.then_some(Shape { page, usable, encoding })
    }

    /// How much of a payload of `total` bytes stands in the cell itself.
    fn local(&self, kind: Kind, total: u64) -> usize {
        let usable = self.usable;
        let most = match kind {
            Kind::TableLeaf => usable - 35,
            _ => (usable - 12) * 64 / 255 - 23,
        };
        if total <= most as u64 {
            return total as usize;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let kept = least + ((total - least as u64) % (usable as u64 - 4)) as usize;
        if kept <= most { kept } else { least }
    }
}

/// What a page of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    TableInterior,
    TableLeaf,
    IndexInterior,
    IndexLeaf,
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        Some(match byte {
            0x02 => Kind::IndexInterior,
            0x05 => Kind::TableInterior,
            0x0a => Kind::IndexLeaf,
            0x0d => Kind::TableLeaf,
            _ => return None,
        })
    }

    fn is_interior(self) -> bool {
        matches!(self, Kind::TableInterior | Kind::IndexInterior)
    }
}

/// A page of a tree.
#[derive(Debug)]
pub(super) struct TreePage {
    pub kind: Kind,
    pub cells: Vec<Cell>,
    /// The pages below it, in their order.
    pub children: Vec<u32>,
    /// Bytes of its header and its list of cells.
    pub header: Range<usize>,
    /// Everything it says about itself is possible.
    pub sound: bool,
}

/// A cell of a page.
#[derive(Debug)]
pub(super) struct Cell {
    /// All of it.
    pub range: Range<usize>,
    /// The payload, or what of it stands here.
    pub payload: Range<usize>,
    /// Bytes of the whole payload.
    pub total: u64,
    /// The row's number, in tables that have one.
    pub rowid: Option<i64>,
    /// The page on which the payload goes on.
    pub overflow: Option<u32>,
}

impl TreePage {
    /// Reads a page whose own header begins at `start`.
    pub fn read(page: &[u8], start: usize, shape: &Shape) -> Option<TreePage> {
        let page = page.get(..shape.usable.min(page.len()))?;
        let kind = Kind::of(*page.get(start)?)?;
        let count = usize::from(word(page, start + 3)?);
        let list = start + if kind.is_interior() { 12 } else { 8 };
        let end = list + 2 * count;
        let mut tree = TreePage {
            kind,
            cells: Vec::new(),
            children: Vec::new(),
            header: start..end.min(page.len()),
            sound: end <= page.len(),
        };
        // Cells that lie on top of each other could be read for ever.
        let mut room = page.len();
        for at in (list..end.min(page.len())).step_by(2) {
            let cell = word(page, at).map(usize::from).filter(|&cell| cell >= end);
            let Some((cell, child)) = cell.and_then(|cell| read_cell(page, cell, kind, shape))
            else {
                tree.sound = false;
                continue;
            };
            let Some(left) = room.checked_sub(cell.range.len()) else {
                tree.sound = false;
                break;
            };
            room = left;
            tree.children.extend(child);
            tree.cells.push(cell);
        }
        if kind.is_interior() {
            tree.children.extend(long(page, start + 8));
        }
        Some(tree)
    }
}

fn read_cell(page: &[u8], at: usize, kind: Kind, shape: &Shape) -> Option<(Cell, Option<u32>)> {
    let mut next = at;
    let child = if kind.is_interior() {
        next += 4;
        Some(long(page, at)?)
    } else {
        None
    };
    if kind == Kind::TableInterior {
        let (rowid, len) = varint(page.get(next..)?)?;
        let end = next + len;
        let cell = Cell {
            range: at..end,
            payload: end..end,
            total: 0,
            rowid: Some(rowid as i64),
            overflow: None,
        };
        return Some((cell, child));
    }
    let (total, len) = varint(page.get(next..)?)?;
    next += len;
    let mut rowid = None;
    if kind == Kind::TableLeaf {
        let (number, len) = varint(page.get(next..)?)?;
        next += len;
        rowid = Some(number as i64);
    }
    let local = shape.local(kind, total);
    let payload = next..next + local;
    page.get(payload.clone())?;
    let spills = (local as u64) < total;
    let overflow = if spills { Some(long(page, payload.end)?) } else { None };
    let range = at..payload.end + if spills { 4 } else { 0 };
    Some((Cell { range, payload, total, rowid, overflow }, child))
}

fn word(page: &[u8], at: usize) -> Option<u16> {
    page.get(at..)?.first_chunk().map(|&b| u16::from_be_bytes(b))
}

/// Four bytes, the highest first.
pub(super) fn long(page: &[u8], at: usize) -> Option<u32> {
    page.get(at..)?.first_chunk().map(|&b| u32::from_be_bytes(b))
}

/// A number of one to nine bytes, and how many.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().take(8).enumerate() {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    Some((value << 8 | u64::from(*bytes.get(8)?), 9))
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'p> {
    Null,
    Integer(i64),
    Real(f64),
    /// Text in the database's encoding.
    Text(&'p [u8]),
    Blob(&'p [u8]),
}

/// The values of a row, each with where it begins in the payload, and whether all were there.
pub(super) fn values(payload: &[u8]) -> (Vec<(Value<'_>, usize)>, bool) {
    let mut values = Vec::new();
    let Some((header, mut at)) = varint(payload) else { return (values, false) };
    let header = usize::try_from(header).unwrap_or(usize::MAX);
    let Some(types) = payload.get(..header) else { return (values, false) };
    let mut start = header;
    while let Some((kind, len)) = types.get(at..).and_then(varint) {
        at += len;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return (values, false),
            _ => usize::try_from((kind - 12) / 2).unwrap_or(usize::MAX),
        };
        let end = start.saturating_add(size);
        let whole = end <= payload.len();
        let bytes = &payload[start.min(payload.len())..end.min(payload.len())];
        let value = match kind {
            0 => Value::Null,
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            1..=6 if whole => Value::Integer(integer(bytes)),
            7 if whole => Value::Real(f64::from_bits(integer(bytes) as u64)),
            1..=7 => Value::Null,
            _ if kind % 2 == 0 => Value::Blob(bytes),
            _ => Value::Text(bytes),
        };
        values.push((value, start.min(payload.len())));
        if !whole {
            return (values, false);
        }
        start = end;
    }
    let whole = at == header && start == payload.len();
    (values, whole)
}

/// A signed number of one to eight bytes, the highest first.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|b| b & 0x80 != 0);
    bytes.iter().fold(if negative { -1 } else { 0 }, |n, &b| n << 8 | i64::from(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_read() {
        assert_eq!(varint(&[0x7f]), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(integer(&[0xff, 0xfe]), -2);
    }

    #[test]
    fn a_row_that_is_cut_gives_what_is_there_of_it() {
        // Header of 4 bytes: an integer of one byte, a text of five, a null.
        let row = [4, 1, 23, 0, 42, b'h', b'e', b'l', b'l', b'o'];
        let (all, whole) = values(&row);
        assert!(whole);
        assert_eq!(all, [(Value::Integer(42), 4), (Value::Text(b"hello"), 5), (Value::Null, 10)]);
        let (cut, whole) = values(&row[..8]);
        assert!(!whole);
        assert_eq!(cut[1], (Value::Text(b"hel"), 5));
    }

    #[test]
    fn cells_that_lie_on_top_of_each_other_are_read_once_over() {
        let shape = Shape::new(512, 0, Encoding::Utf8).unwrap();
        let mut page = vec![0_u8; 512];
        page[..5].copy_from_slice(&[0x0d, 0, 0, 0, 100]);
        page[300..302].copy_from_slice(&[100, 1]);
        for i in 0..100 {
            page[8 + 2 * i..][..2].copy_from_slice(&300_u16.to_be_bytes());
        }
        let tree = TreePage::read(&page, 0, &shape).unwrap();
        assert!(!tree.sound && tree.cells.len() < 6);
    }
}
