//! Tables and sheets: rows collected into windows, under the headers found in their first rows.

use super::window::Window;
use crate::descend::{Descent, Flow};
use crate::formats::table::is_header;
use dlpscan_core::model::{Place, Role, Table};
use std::ops::ControlFlow::Continue;

/// A row larger than this is passed on in pieces.
const LARGEST_ROW: usize = 1 << 20;
/// The headers are looked for in so many rows.
const HEADER_ROWS: usize = 10;
/// As much of a cell's text is looked at; a header is shorter.
const LONGEST_LABEL: usize = 100;
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

/// The search for the row of headers.
#[derive(Default)]
struct Headers {
    /// The first rows, each with whether it reads like headers.
    rows: Vec<(bool, Row)>,
    done: bool,
    /// A row of data has been seen.
    data: bool,
}

/// Column and text of a row's cells.
type Row = Vec<(u32, String)>;

/// Words in the labels of a form: where they stand one below the other, the labels are a column,
/// and what stands beside the first of them is a value.
const FIELDS: &[&str] = &[
    "account",
    "address",
    "amount",
    "balance",
    "bank",
    "birth",
    "card",
    "code",
    "date",
    "dob",
    "email",
    "e-mail",
    "employer",
    "forename",
    "gender",
    "holder",
    "iban",
    "insurance",
    "licence",
    "mobile",
    "name",
    "nationality",
    "nhs",
    "number",
    "passport",
    "password",
    "phone",
    "post",
    "postcode",
    "reference",
    "role",
    "sort",
    "status",
    "surname",
    "tel",
    "telephone",
    "title",
    "town",
    "username",
    "utr",
    "vat",
];

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
            headers: Headers::default(),
        };
        grid.restart(context);
        grid
    }

    fn restart(&mut self, context: &[u8]) {
        let table = Table { sheet: self.sheet.clone(), ..Table::default() };
        self.window = Window::rows(table, self.place.clone(), Role::Content);
        self.window.context(context);
        self.headers = Headers::default();
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
        let row: Row = self.cells.iter().map(|(c, t)| (*c, label_text(t))).collect();
        let labels = header_like(&row);
        let another = labels && self.row > self.last + 1 && self.headers.data;
        if (backwards || another) && !self.split {
            let text = self.window.text().trim_ascii_end();
            let from = memchr::memrchr(b'\n', text).map_or(0, |i| i + 1);
            let last_line = match &text[from..] {
                line if line.len() <= 200 && another => [line, b"\n"].concat(),
                _ => Vec::new(),
            };
            self.choose_headers();
            self.window.finish(descent)?;
            self.restart(&last_line);
        }
        self.headers.data |= !labels && row.len() > 1;
        if !self.headers.done {
            self.headers.rows.push((labels, row));
            if self.headers.rows.len() >= HEADER_ROWS {
                self.choose_headers();
            }
        }
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

    /// The header is the first row of labels that fills most of the columns (a title above it
    /// fills one) and stands above the data.
    fn choose_headers(&mut self) {
        let Headers { rows, done, .. } = &mut self.headers;
        if std::mem::replace(done, true) {
            return;
        }
        let rows = std::mem::take(rows);
        let width = rows.iter().map(|(_, row)| row.len()).max().unwrap_or(0);
        let above = rows.iter().position(|(labels, row)| !labels && row.len() > 1);
        let candidates = &rows[..above.unwrap_or(rows.len())];
        let at = candidates.iter().position(|(labels, r)| *labels && r.len() * 5 >= width * 3);
        let Some(at) = at.filter(|&at| !is_form(&rows[at..])) else { return };
        let row = &rows[at].1;
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
        self.choose_headers();
        self.window.finish(descent)
    }
}

fn label_text(text: &[u8]) -> String {
    let text = &text[..text.len().min(LONGEST_LABEL)];
    String::from_utf8_lossy(text).trim().replace(['\n', '\t'], " ")
}

/// A row of two cells or more that all read like names of columns.
fn header_like(row: &Row) -> bool {
    row.len() > 1 && is_header(&row.iter().map(|(_, text)| text).collect::<Vec<_>>())
}

/// True when the first column holds the labels: then there is no row of headers.
fn is_form(rows: &[(bool, Row)]) -> bool {
    let labelled = |row: &Row| {
        row.len() <= 3
            && row.first().is_some_and(|(_, text)| {
                let text = text.to_lowercase();
                let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
                text.ends_with(':') || words.any(|w| FIELDS.contains(&w))
            })
    };
    let count = rows.iter().filter(|(_, row)| labelled(row)).count();
    let first = rows.first().is_some_and(|(_, row)| labelled(row));
    first && count >= 2 && count * 2 >= rows.len()
}
