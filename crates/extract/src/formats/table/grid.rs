use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Cell, Layout, Place, Segment, SpanMap, Table};
use dlpscan_core::scan::MARGIN;
use std::ops::Range;

/// Text bytes that are a segment's own.
const BODY: usize = 1 << 20;
/// Rows longer than this are not kept whole in a margin.
const ROW: usize = 64 << 10;

/// Gathers a table cell by cell, and gives it as segments of bounded size: whole rows, with rows
/// before and after as margin.
///
/// Cells are separated with [`next_cell`](Grid::next_cell) and [`next_row`](Grid::next_row); line
/// breaks and tabs inside a cell become blanks.
pub struct Grid {
    text: Vec<u8>,
    map: SpanMap,
    table: Table,
    title: String,
    row: u64,
    column: u32,
    spanned: u32,
    cell: usize,
    start: usize,
    body: usize,
}

impl Grid {
    /// An empty table; with a sheet's name its places are cells, without they are rows.
    pub fn new(sheet: Option<String>) -> Self {
        Grid {
            text: Vec::new(),
            map: SpanMap::new(),
            table: Table { sheet, headers: Vec::new(), cells: Vec::new() },
            title: String::new(),
            row: 1,
            column: 0,
            spanned: 0,
            cell: 0,
            start: 0,
            body: BODY,
        }
    }

    /// The same with other sizes of body. Any size gives the same text.
    pub fn with_body(self, bytes: usize) -> Self {
        Grid { body: bytes.max(1), ..self }
    }

    /// Says what the columns are called.
    pub fn headers(&mut self, headers: Vec<String>) {
        self.table.headers = headers;
    }

    /// Says what stands over the table.
    pub fn title(&mut self, title: &str) {
        title.clone_into(&mut self.title);
    }

    /// The number of the row that is being filled, from 1.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// The number of the column that is being filled, from 0.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// Adds a range of a text that has its own map to the current cell.
    pub fn mapped(&mut self, text: &[u8], range: Range<usize>, map: &SpanMap) {
        self.map.append(self.text.len(), map, range.clone());
        self.push(&text[range]);
    }

    /// Adds text that stands for what begins at `raw` to the current cell.
    pub fn decoded(&mut self, text: &[u8], raw: u64) {
        self.map.point(self.text.len(), raw);
        self.push(text);
    }

    /// Adds text without a way back to the current cell.
    pub fn push(&mut self, text: &[u8]) {
        let blank = |&b: &u8| if matches!(b, b'\t' | b'\n' | b'\r') { b' ' } else { b };
        self.text.extend(text.iter().map(blank));
    }

    /// The text of the cell that is being filled.
    pub fn current(&self) -> &[u8] {
        &self.text[self.cell..]
    }

    /// Ends the cell; the next is the one to its right.
    pub fn next_cell(&mut self) {
        self.close();
        self.text.push(b'\t');
        self.cell = self.text.len();
        self.column += 1 + std::mem::take(&mut self.spanned);
    }

    /// Says that the cell reaches over this many columns to its right too. Call it before the next.
    pub fn span(&mut self, columns: u32) {
        self.spanned = columns;
    }

    /// Ends the row.
    pub fn next_row(&mut self) {
        self.close();
        self.text.push(b'\n');
        self.cell = self.text.len();
        self.column = 0;
        self.spanned = 0;
        self.row += 1;
    }

    fn close(&mut self) {
        let text = &self.text[self.cell..];
        let lead = text.len() - text.trim_ascii_start().len();
        let own = text.trim_ascii().len();
        if own > 0 {
            let start = self.cell + lead;
            let span = start..start + own;
            self.table.cells.push(Cell { span, row: self.row, column: self.column });
        }
    }

    /// Gives what is enough for a segment. Call it after each row, and in long cells.
    pub fn flow(&mut self, descent: &mut Descent<'_>) -> Flow {
        while self.text.len() >= self.start + self.body + MARGIN {
            let most = self.start + self.body;
            let rows = memchr::memrchr(b'\n', &self.text[self.start..most]);
            let end = match rows {
                Some(at) => self.start + at + 1,
                // A row longer than a body is cut; the margins hold what lies around.
                None => boundary(&self.text, self.start + 1, most),
            };
            self.give(end, descent)?;
            self.forget(end);
        }
        Flow::Continue(())
    }

    /// Gives all that is left.
    pub fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        self.flow(descent)?;
        self.close();
        self.give(self.text.len(), descent)
    }

    fn give(&self, end: usize, descent: &mut Descent<'_>) -> Flow {
        // A row that is still being filled has no cell for its end yet: it is margin here.
        let text = &self.text[..self.text.len().min(end + MARGIN)];
        if text[self.start..end].trim_ascii().is_empty() {
            return Flow::Continue(());
        }
        let row = self.table.cells.first().map_or(self.row, |c| c.row);
        descent.segment(&Segment {
            body: self.start..end,
            layout: Layout::Table(&self.table),
            map: (!self.map.is_empty()).then_some(&self.map),
            title: &self.title,
            ..Segment::new(text, Place::Row { row, column: None })
        })
    }

    fn forget(&mut self, end: usize) {
        let margin = end.saturating_sub(MARGIN);
        let far = margin.saturating_sub(ROW);
        let cut = match memchr::memrchr(b'\n', &self.text[far..margin]) {
            Some(at) => far + at + 1,
            None if far == 0 => 0,
            None => boundary(&self.text, 0, margin),
        };
        self.text.drain(..cut);
        self.map = self.map.tail(cut);
        self.table.cells.retain_mut(|cell| {
            cell.span = cell.span.start.saturating_sub(cut)..cell.span.end.saturating_sub(cut);
            !cell.span.is_empty()
        });
        self.cell = self.cell.saturating_sub(cut);
        self.start = end - cut;
    }
}

/// The nearest start of a character at or before `at`, not before `least`.
fn boundary(text: &[u8], least: usize, mut at: usize) -> usize {
    while at > least && text.get(at).is_some_and(|b| b & 0xC0 == 0x80) {
        at -= 1;
    }
    at
}
