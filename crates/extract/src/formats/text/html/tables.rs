use super::super::gather::Gather;
use crate::descend::{Descent, Flow};
use crate::formats::table::{Grid, is_header};
use dlpscan_core::model::SpanMap;
use std::ops::Range;

/// Cells that are held before a large table is given row by row.
const HELD: usize = 20_000;
/// A cell with more text than this lays out a page.
const LONG: usize = 2_000;

/// The tables that are open, the innermost last.
#[derive(Default)]
pub(super) struct Tables {
    open: Vec<Frame>,
}

#[derive(Default)]
struct Frame {
    title: String,
    rows: Vec<Vec<CellText>>,
    cells: usize,
    /// A cell is being filled.
    filling: bool,
    /// It holds other tables: its cells are running text.
    layout: bool,
    /// It is large: what it held has been given.
    grid: Option<Grid>,
}

/// The text of one cell.
#[derive(Default)]
pub(super) struct CellText {
    text: Vec<u8>,
    map: SpanMap,
    header: bool,
    /// Columns it spans.
    columns: u32,
}

impl CellText {
    /// Adds a range of a text that has its own map.
    pub fn mapped(&mut self, text: &[u8], range: Range<usize>, map: &SpanMap) {
        self.map.append(self.text.len(), map, range.clone());
        self.text.extend_from_slice(&text[range]);
    }

    /// Adds text that stands for what begins at `raw`, or of our own.
    pub fn decoded(&mut self, text: &[u8], raw: Option<u64>) {
        if let Some(raw) = raw {
            self.map.point(self.text.len(), raw);
        }
        self.text.extend_from_slice(text);
    }

    /// Keeps two lines of a cell apart.
    pub fn blank(&mut self) {
        if self.text.last().is_some_and(|b| !b.is_ascii_whitespace()) {
            self.text.push(b' ');
        }
    }
}

impl Tables {
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The cell that text goes to; `None` for running text.
    pub fn current(&mut self) -> Option<&mut CellText> {
        let frame = self.open.last_mut()?;
        if !frame.filling || frame.layout {
            return None;
        }
        frame.rows.last_mut()?.last_mut()
    }

    pub fn open(&mut self, title: String) {
        self.open.push(Frame { title, ..Frame::default() });
    }

    pub fn row(&mut self) {
        if let Some(frame) = self.open.last_mut() {
            frame.filling = false;
            if frame.rows.last().is_none_or(|row| !row.is_empty()) {
                frame.rows.push(Vec::new());
            }
        }
    }

    pub fn end_row(&mut self) {
        self.row();
    }

    pub fn cell(&mut self, header: bool, columns: u32) {
        let Some(frame) = self.open.last_mut() else { return };
        frame.filling = true;
        frame.cells += 1;
        if frame.rows.is_empty() {
            frame.rows.push(Vec::new());
        }
        if let Some(row) = frame.rows.last_mut()
            && !frame.layout
        {
            row.push(CellText { header, columns, ..CellText::default() });
        }
    }

    pub fn end_cell(&mut self) {
        if let Some(frame) = self.open.last_mut() {
            frame.filling = false;
        }
    }

    /// The innermost table turns out to hold another: what it held becomes running text.
    pub fn release(&mut self, main: &mut Gather) {
        if let Some(frame) = self.open.last_mut()
            && frame.grid.is_none()
        {
            frame.layout = true;
            lines(std::mem::take(&mut frame.rows), main);
        }
    }

    /// Gives the rows of a table that has grown large.
    pub fn flow(&mut self, descent: &mut Descent<'_>) -> Flow {
        let Some(frame) = self.open.last_mut() else { return Flow::Continue(()) };
        if frame.cells < HELD || frame.layout {
            return Flow::Continue(());
        }
        // The last row is still being filled.
        let last = frame.rows.pop();
        let flow = frame.give(descent);
        frame.rows.extend(last);
        frame.cells = frame.rows.last().map_or(0, Vec::len);
        flow
    }

    /// The innermost table ends.
    pub fn close(&mut self, main: &mut Gather, descent: &mut Descent<'_>) -> Flow {
        let Some(mut frame) = self.open.pop() else { return Flow::Continue(()) };
        if frame.grid.is_none() && !frame.is_table() {
            lines(frame.rows, main);
            return Flow::Continue(());
        }
        frame.give(descent)?;
        match frame.grid {
            Some(grid) => grid.finish(descent),
            None => Flow::Continue(()),
        }
    }
}

impl Frame {
    /// True for data in rows and columns, as opposed to a frame around running text.
    fn is_table(&self) -> bool {
        let rows = self.rows.iter().filter(|r| r.len() > 1).count();
        let long = self.rows.iter().flatten().any(|c| c.text.len() > LONG);
        !self.layout && rows >= 2 && !long
    }

    /// Moves the rows into the grid, and gives what is enough for a segment.
    fn give(&mut self, descent: &mut Descent<'_>) -> Flow {
        let rows = std::mem::take(&mut self.rows);
        let grid = self.grid.get_or_insert_with(|| {
            let mut grid = Grid::new(None);
            grid.title(&self.title);
            if let Some(headers) = headers(&rows) {
                grid.headers(headers);
            }
            grid
        });
        for row in rows.iter().filter(|row| !row.is_empty()) {
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    grid.next_cell();
                }
                grid.mapped(&cell.text, 0..cell.text.len(), &cell.map);
                if cell.columns > 1 && i + 1 < row.len() {
                    grid.span(cell.columns - 1);
                }
            }
            grid.next_row();
            grid.flow(descent)?;
        }
        Flow::Continue(())
    }
}

/// The names of the columns: the first row of full width, if it is made of header cells or labels.
fn headers(rows: &[Vec<CellText>]) -> Option<Vec<String>> {
    let width = |row: &Vec<CellText>| row.iter().map(|c| c.columns as usize).sum::<usize>();
    let widest = rows.iter().map(width).max()?;
    let row = rows.iter().find(|row| width(row) == widest && row.len() > 1)?;
    let mut names = Vec::new();
    for cell in row {
        let text = String::from_utf8_lossy(&cell.text);
        names.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
        names.resize(names.len() + cell.columns as usize - 1, String::new());
    }
    let all = row.iter().all(|c| c.header || c.text.trim_ascii().is_empty());
    (all || is_header(&names)).then_some(names)
}

/// Rows as lines of running text, their cells a tab apart.
fn lines(rows: Vec<Vec<CellText>>, main: &mut Gather) {
    for row in rows {
        main.end_line();
        for (i, cell) in row.iter().enumerate() {
            if i > 0 && !cell.text.trim_ascii().is_empty() {
                main.push(b"\t");
            }
            main.mapped(&cell.text, 0..cell.text.len(), &cell.map);
        }
        main.end_line();
    }
}
