//! dBase tables, which older registers and maps still come in: all rows, deleted ones too.

use super::Grid;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::Store;
use dlpscan_core::model::{Fate, Part, Reason, SpanMap, Stopped};
use encoding_rs::{Encoding, IBM866, WINDOWS_1252};

/// Tables of dBase III and its descendants.
pub struct Dbf;

/// Bytes of the header in front of the fields, and of each field's.
const HEADER: usize = 32;
/// What ends the list of fields.
const END: u8 = 0x0d;
/// Rows read at a time.
const ROWS: u64 = 512;

impl Extractor for Dbf {
    fn name(&self) -> &'static str {
        "dbf"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if Layout::read(head).is_some() { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let head = store.read(0..crate::extractor::SNIFF as u64).unwrap_or_default();
        let Some(layout) = Layout::read(&head) else { return Flow::Continue(()) };
        if layout.is_encrypted {
            descent.note_with(Reason::Encrypted, Some(store.len()), "");
            descent.claim(0..store.len(), Fate::Unscannable(Reason::Encrypted));
            return Flow::Continue(());
        }
        descent.claim(0..layout.header.min(store.len()), Fate::Scanned);
        let mut grid = Grid::new(None);
        grid.headers(layout.fields.iter().map(|field| field.name.clone()).collect());
        let end = layout.header.saturating_add(layout.rows.saturating_mul(layout.row));
        let missing = end.saturating_sub(store.len());
        if missing > 0 {
            descent.note_with(Reason::Truncated, Some(missing), "its end is missing");
        }
        let mut at = layout.header;
        while at < end.min(store.len()) {
            if descent.budget().check().is_err() {
                break;
            }
            let until = end.min(at.saturating_add(layout.row * ROWS));
            let block = match store.read(at..until) {
                Ok(block) => block,
                Err(error) => {
                    descent.note(Stopped::reason(&error));
                    break;
                }
            };
            for row in block.chunks(layout.row as usize) {
                layout.give(row, at, &mut grid);
                grid.flow(descent)?;
                at += row.len() as u64;
            }
        }
        descent.claim(layout.header.min(at)..at, Fate::Scanned);
        grid.finish(descent)
    }
}

/// A column.
struct Field {
    name: String,
    kind: u8,
    len: usize,
}

/// What the header says.
struct Layout {
    fields: Vec<Field>,
    rows: u64,
    /// Bytes of the header with its fields, and of a row.
    header: u64,
    row: u64,
    is_encrypted: bool,
    charset: &'static Encoding,
}

impl Layout {
    /// `None` for what is no table: the widths of its columns must add up to that of a row.
    fn read(head: &[u8]) -> Option<Layout> {
        const KINDS: &[u8] =
            &[0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x7b, 0x83, 0x8b, 0x8e, 0xcb, 0xe5, 0xf5];
        let known = KINDS.contains(head.first()?);
        let dated = matches!(head.get(2..4)?, [0..=12, 0..=31]);
        if !known || !dated {
            return None;
        }
        let short = |at: usize| {
            head.get(at..)?.first_chunk().map(|&bytes| u64::from(u16::from_le_bytes(bytes)))
        };
        let (header, row) = (short(8)?, short(10)?);
        let mut fields = Vec::new();
        for field in head.get(HEADER..)?.chunks_exact(HEADER) {
            if field[0] == END {
                break;
            }
            let name = field[..11].split(|&b| b == 0).next().unwrap_or_default();
            if name.is_empty() || !name.iter().all(|b| matches!(b, b' '..=b'~' | 0x80..)) {
                return None;
            }
            let name = WINDOWS_1252.decode_without_bom_handling(name).0.into_owned();
            // The width of long text is told with both bytes.
            let long = if field[11] == b'C' { usize::from(field[17]) << 8 } else { 0 };
            let len = usize::from(field[16]) + long;
            fields.push(Field { name, kind: field[11], len });
        }
        let widths: usize = fields.iter().map(|field| field.len).sum();
        let sound = !fields.is_empty() && widths as u64 + 1 == row;
        let charset = match head.get(29)? {
            0x26 | 0x65 => IBM866,
            _ => WINDOWS_1252,
        };
        (sound && header > HEADER as u64).then(|| Layout {
            fields,
            rows: head[4..8].first_chunk().map_or(0, |&rows| u32::from_le_bytes(rows).into()),
            header,
            row,
            is_encrypted: head[15] == 1,
            charset,
        })
    }

    /// One row, which begins at byte `base`: a mark, then its cells.
    fn give(&self, row: &[u8], base: u64, grid: &mut Grid) {
        let mut at = 1;
        for (i, field) in self.fields.iter().enumerate() {
            if i > 0 {
                grid.next_cell();
            }
            let Some(cell) = row.get(at..at + field.len) else { break };
            let raw = base + at as u64;
            at += field.len;
            match (field.kind, cell) {
                (b'I' | b'+', &[a, b, c, d]) => {
                    grid.decoded(i32::from_le_bytes([a, b, c, d]).to_string().as_bytes(), raw);
                }
                (b'D', cell) if cell.len() == 8 && cell.iter().all(u8::is_ascii_digit) => {
                    let date = [&cell[..4], b"-", &cell[4..6], b"-", &cell[6..]].concat();
                    grid.decoded(&date, raw);
                }
                (b'C' | b'N' | b'F' | b'L', cell) if cell.is_ascii() => {
                    grid.mapped(cell, 0..cell.len(), &SpanMap::identity(raw));
                }
                (b'C' | b'N' | b'F' | b'L', cell) => {
                    let text = self.charset.decode_without_bom_handling(cell).0;
                    grid.decoded(text.as_bytes(), raw);
                }
                // Places in another file, and numbers in binary.
                _ => {}
            }
        }
        grid.next_row();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_whose_widths_do_not_add_up_is_none() {
        let mut head = vec![0_u8; 97];
        head[0] = 3;
        head[2..4].copy_from_slice(&[11, 22]);
        head[8] = 65;
        head[10] = 11;
        head[32..36].copy_from_slice(b"NAME");
        head[43] = b'C';
        head[48] = 10;
        head[64] = END;
        assert!(Layout::read(&head).is_some());
        head[48] = 9;
        assert!(Layout::read(&head).is_none());
    }
}
