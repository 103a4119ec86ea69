//! Tables and sheets: rows collected into windows, under the headers found in their first rows.

use super::window::Window;
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Role, Table};
use std::ops::ControlFlow::Continue;

/// A row larger than this is passed on in pieces.
const LARGEST_ROW: usize = 1 << 20;
/// The headers are looked for in so many rows.
const HEADER_ROWS: usize = 10;
/// Longest text that can be a header.
const LONGEST_LABEL: usize = 60;
/// Columns whose header is kept.
const MOST_COLUMNS: u32 = 16_384;

/// A table that is being read.
pub(super) struct Grid {
    sheet: Option<String>,
    place: Place,
    window: Window,
    row: u64,
    /// The cells of the open row.
    cells: Vec<(u32, Vec<u8>)>,
    size: usize,
    /// The row is so large that part of it has been passed on.
    split: bool,
    /// The last row that held text.
    last: u64,
    headers: Headers,
}

enum Headers {
    /// Rows that may be the header.
    Sought(Vec<Vec<(u32, String)>>, usize),
    Found,
}

impl Grid {
    /// An empty table. With a sheet's name its places are cells, without it rows.
    pub(super) fn new(sheet: Option<String>, place: Place, context: &[u8]) -> Self {
        let mut grid = Grid {
            window: Window::rows(Table::default(), place.clone(), Role::Content),
            sheet,
            place,
            row: 0,
            cells: Vec::new(),
            size: 0,
            split: false,
            last: 0,
            headers: Headers::Found,
        };
        grid.restart(context);
        grid
    }

    fn restart(&mut self, context: &[u8]) {
        let table = Table { sheet: self.sheet.clone(), ..Table::default() };
        self.window = Window::rows(table, self.place.clone(), Role::Content);
        self.window.context(context);
        self.headers = Headers::Sought(Vec::new(), 0);
    }

    /// The number of the row that is open, or was last.
    pub(super) fn row(&self) -> u64 {
        self.row
    }

    /// Begins a row by its number from 1, ending the one that was open.
    pub(super) fn begin_row(&mut self, row: u64, descent: &mut Descent<'_>) -> Flow {
        self.end_row(descent)?;
        self.row = row;
        Continue(())
    }

    /// Adds a cell by its column from 0.
    pub(super) fn cell(&mut self, column: u32, text: Vec<u8>, descent: &mut Descent<'_>) -> Flow {
        if text.is_empty() {
            return Continue(());
        }
        self.size += text.len();
        self.cells.push((column, text));
        if self.size > LARGEST_ROW {
            self.split = true;
            self.pass(descent)?;
        }
        Continue(())
    }

    /// Ends the open row.
    pub(super) fn end_row(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.cells.is_empty() && !self.split {
            return Continue(());
        }
        let backwards = self.row < self.last;
        let labels = header_like(&self.cells);
        let another = labels && self.row > self.last + 1 && matches!(self.headers, Headers::Found);
        if (backwards || another) && !self.split {
            let text = self.window.text().trim_ascii_end();
            let from = memchr::memrchr(b'\n', text).map_or(0, |i| i + 1);
            let last_line = match &text[from..] {
                line if line.len() <= 200 && another => [line, b"\n"].concat(),
                _ => Vec::new(),
            };
            self.window.finish(descent)?;
            self.restart(&last_line);
        }
        self.seek_headers(labels);
        self.last = self.row;
        self.pass(descent)?;
        self.split = false;
        self.window.end_line(descent)
    }

    fn pass(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.size = 0;
        for (column, text) in std::mem::take(&mut self.cells) {
            self.window.cell(self.row, column, &text, descent)?;
        }
        Continue(())
    }

    /// The header is the first row of labels above the first row of data that fills most of its
    /// columns: a title that stands above it fills one.
    fn seek_headers(&mut self, labels: bool) {
        let Headers::Sought(rows, seen) = &mut self.headers else { return };
        *seen += 1;
        if labels {
            let text = |t: &[u8]| String::from_utf8_lossy(t).trim().replace(['\n', '\t'], " ");
            rows.push(self.cells.iter().map(|(c, t)| (*c, text(t))).collect());
        }
        if !labels && self.cells.len() > 1 || *seen >= HEADER_ROWS {
            let width = if labels { 0 } else { self.cells.len() };
            self.choose_headers(width);
        }
    }

    fn choose_headers(&mut self, width: usize) {
        let Headers::Sought(rows, _) = std::mem::replace(&mut self.headers, Headers::Found) else {
            return;
        };
        let Some(row) = rows.iter().find(|r| r.len() * 5 >= width * 3) else { return };
        let columns = row.iter().map(|(c, _)| *c).filter(|&c| c < MOST_COLUMNS).max();
        let mut headers = vec![String::new(); columns.map_or(0, |c| c as usize + 1)];
        for (column, label) in row {
            if let Some(header) = headers.get_mut(*column as usize) {
                header.clone_from(label);
            }
        }
        self.window.set_headers(headers);
    }

    /// Gives what is left.
    pub(super) fn finish(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.end_row(descent)?;
        self.choose_headers(0);
        self.window.finish(descent)
    }
}

/// A row that could be a header: two cells or more, most of them labels, none of them data.
fn header_like(cells: &[(u32, Vec<u8>)]) -> bool {
    let labels = cells.iter().filter(|(_, text)| is_label(text)).count();
    labels >= 2 && labels * 5 >= cells.len() * 3 && !cells.iter().any(|(_, text)| is_data(text))
}

fn is_label(text: &[u8]) -> bool {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = text.iter().filter(|b| b.is_ascii_alphabetic() || **b >= 0x80).count();
    text.len() <= LONGEST_LABEL && digits <= 2 && letters > digits
}

fn is_data(text: &[u8]) -> bool {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    digits > 6 || text.len() > 2 * LONGEST_LABEL || text.contains(&b'@')
}
