//! The rows of a table as cells.

use super::page::{Encoding, TreePage, Value, values};
use super::schema::Columns;
use crate::descend::{Descent, Flow};
use crate::extractor::{Hint, SNIFF, Sure};
use crate::formats::raw;
use crate::formats::table::Grid;
use crate::formats::text::is_text;
use dlpscan_core::model::{Content, Part, SpanMap, Stopped};
use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

/// The bytes of a row.
pub(super) struct Payload<'p> {
    pub bytes: Cow<'p, [u8]>,
    /// So many of them lie one behind the other in the file,
    pub local: usize,
    /// from here on.
    pub raw: u64,
}

/// Gathers the rows of a table.
pub(super) struct Rows {
    grid: Grid,
    table: String,
    columns: Columns,
    encoding: Encoding,
}

/// Blobs of fewer bytes are looked through for printable runs and not read as a part of their own.
const SMALL: usize = 1024;
/// Text in a blob that is longer is read as a part of its own: it may be a document.
const SHORT: usize = 256;

impl Rows {
    pub fn new(table: &str, columns: Columns, encoding: Encoding) -> Self {
        let mut grid = Grid::new(None);
        grid.title(table);
        grid.headers(columns.names.clone());
        Rows { grid, table: table.to_owned(), columns, encoding }
    }

    /// One row.
    pub fn row(
        &mut self,
        rowid: Option<i64>,
        payload: &Payload<'_>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let (values, _) = values(&payload.bytes);
        for (i, (value, at)) in values.into_iter().enumerate() {
            if i > 0 {
                self.grid.next_cell();
            }
            match value {
                Value::Null if self.columns.rowid == Some(i) => {
                    self.grid.push(rowid.unwrap_or(0).to_string().as_bytes());
                }
                Value::Null => {}
                Value::Integer(n) => self.grid.push(n.to_string().as_bytes()),
                Value::Real(n) if n.abs() < 1e17 => self.grid.push(n.to_string().as_bytes()),
                Value::Real(n) => self.grid.push(format!("{n:e}").as_bytes()),
                Value::Text(bytes) => {
                    let text = text(bytes, self.encoding);
                    let own = text.len() == bytes.len() && at + bytes.len() <= payload.local;
                    if own && !text.is_empty() {
                        let map = SpanMap::identity(payload.raw + at as u64);
                        self.grid.mapped(text.as_bytes(), 0..text.len(), &map);
                    } else {
                        self.grid.push(text.as_bytes());
                    }
                }
                Value::Blob(bytes) => {
                    let raw = payload.raw + at as u64;
                    let local = at + bytes.len() <= payload.local;
                    self.blob(bytes, local.then_some(raw), i, descent)?;
                }
            }
        }
        self.grid.next_row();
        self.grid.flow(descent)
    }

    /// The rows of a page that stands alone, whose longer rows go on where nobody can say. Gives
    /// what it used of the page.
    pub fn loose(
        &mut self,
        base: u64,
        page: &[u8],
        tree: &TreePage,
        descent: &mut Descent<'_>,
    ) -> ControlFlow<(), Vec<Range<usize>>> {
        let mut used = vec![tree.header.clone()];
        for cell in &tree.cells {
            let bytes = &page[cell.payload.clone()];
            let raw = base + cell.payload.start as u64;
            let payload = Payload { bytes: Cow::Borrowed(bytes), local: bytes.len(), raw };
            self.row(cell.rowid, &payload, descent)?;
            used.push(cell.range.clone());
        }
        ControlFlow::Continue(used)
    }

    /// A value that is bytes: text, a document, or neither.
    fn blob(
        &mut self,
        bytes: &[u8],
        raw: Option<u64>,
        column: usize,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let plain = |text: &str| !text.chars().any(|c| c.is_control() && !c.is_whitespace());
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= SHORT && plain(text) => {
                self.grid.push(bytes);
                return Flow::Continue(());
            }
            _ => {}
        }
        let head = &bytes[..bytes.len().min(SNIFF)];
        let hint = Hint { len: Some(bytes.len() as u64), ..Hint::default() };
        let known = descent.choose(head, &hint).is_some_and(|(_, sure)| sure >= Sure::Certain)
            || raw::known(head).is_some();
        let prose = bytes.len() >= 16 && is_text(head, head.len() == bytes.len());
        match raw {
            Some(raw) if !known && !prose && bytes.len() < SMALL => {
                raw::strings(bytes, raw, descent)
            }
            _ => {
                let column = match self.columns.names.get(column) {
                    Some(name) => name.clone(),
                    None => format!("column {}", column + 1),
                };
                let name = format!("{}.{column} row {}", self.table, self.grid.row());
                if let Err(Stopped(reason)) = descent.budget().take_bytes(bytes.len() as u64) {
                    descent.note_inside(&name, reason, Some(bytes.len() as u64));
                    return Flow::Continue(());
                }
                descent.part(Part::new(name, Content::Bytes(bytes)))
            }
        }
    }

    pub fn finish(self, descent: &mut Descent<'_>) -> Flow {
        self.grid.finish(descent)
    }
}

/// Text in the database's encoding; what is none is read as Windows' western charset.
pub(super) fn text(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    match encoding {
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
        Encoding::Utf16Le => encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0,
        Encoding::Utf16Be => encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0,
    }
}
