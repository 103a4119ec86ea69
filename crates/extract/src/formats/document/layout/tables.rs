//! Finds tables among the lines of a page: a line of labels, and lines below it whose cells stand
//! under the labels.

use super::Line;
use dlpscan_core::model::{Cell, Table};
use std::ops::Range;

/// The text of a page and the tables in it.
pub(crate) struct PageText {
    /// Cells joined by a tab, lines by a line feed.
    pub text: String,
    /// Each table with the range of its rows in the text.
    pub tables: Vec<(Range<usize>, Table)>,
}

/// Fewer labels in a row are a label and its value.
const FEWEST_COLUMNS: usize = 3;
/// Longest text that can be a label, in characters.
const LONGEST_LABEL: usize = 40;
/// A cell may begin so many points before its label.
const BEFORE: f64 = 12.0;

/// Writes lines as text. Tables are named as sheets, by the page they are on.
pub(crate) fn page_text(lines: &[Line], sheet: &str) -> PageText {
    let mut out = PageText { text: String::new(), tables: Vec::new() };
    let mut next = 0;
    while next < lines.len() {
        let rows = lines[next + 1..].iter().take_while(|l| columns(&lines[next], l).is_some());
        let height = if is_header(&lines[next]) { rows.count() } else { 0 };
        if height == 0 {
            write(&lines[next], &mut out.text, |_, _| {});
            next += 1;
            continue;
        }
        let header = &lines[next];
        let start = out.text.len();
        let mut table = Table {
            sheet: Some(sheet.to_owned()),
            headers: header.cells.iter().map(|c| c.text.clone()).collect(),
            cells: Vec::new(),
        };
        for (row, line) in lines[next..=next + height].iter().enumerate() {
            let columns = columns(header, line).unwrap_or_default();
            write(line, &mut out.text, |index, span| {
                let column = columns.get(index).copied().unwrap_or(index);
                table.cells.push(Cell { span, row: row as u64 + 1, column: column as u32 });
            });
        }
        out.tables.push((start..out.text.len(), table));
        next += height + 1;
    }
    out
}

fn write(line: &Line, text: &mut String, mut cell: impl FnMut(usize, Range<usize>)) {
    for (i, c) in line.cells.iter().enumerate() {
        if i > 0 {
            text.push('\t');
        }
        let start = text.len();
        text.push_str(&c.text);
        cell(i, start..text.len());
    }
    text.push('\n');
}

/// A line of at least three labels, none of them data.
fn is_header(line: &Line) -> bool {
    line.cells.len() >= FEWEST_COLUMNS
        && line.cells.iter().all(|c| {
            let digits = c.text.chars().filter(char::is_ascii_digit).count();
            let letters = c.text.chars().filter(|c| c.is_alphabetic()).count();
            digits <= 2 && letters > digits && c.text.chars().count() <= LONGEST_LABEL
        })
}

/// The column that each cell of a line stands in, if the line is a row under this header: two
/// cells or more, each under a label of its own.
fn columns(header: &Line, line: &Line) -> Option<Vec<usize>> {
    let labelled = line.cells.first().is_some_and(|c| c.text.ends_with(':'));
    if line.cells.len() < 2 || labelled {
        return None;
    }
    let mut found: Vec<usize> = Vec::new();
    for cell in &line.cells {
        // Under the label that it overlaps most; beside all of them, under the one it follows.
        let overlap = |i: usize| {
            let label = &header.cells[i];
            label.x1.min(cell.x1) - label.x0.max(cell.x0)
        };
        let best = (0..header.cells.len()).max_by(|&a, &b| overlap(a).total_cmp(&overlap(b)))?;
        let column = match overlap(best) > 0.0 {
            true => best,
            false => header.cells.iter().rposition(|label| label.x0 <= cell.x0 + BEFORE)?,
        };
        if found.last().is_some_and(|&last| column <= last) {
            return None;
        }
        found.push(column);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::super::LineCell;
    use super::*;

    fn line(cells: &[(&str, f64)]) -> Line {
        let cell = |&(text, x0): &(&str, f64)| LineCell {
            text: text.to_owned(),
            x0,
            x1: x0 + 5.0 * text.len() as f64,
            joints: Vec::new(),
        };
        Line { cells: cells.iter().map(cell).collect() }
    }

    #[test]
    fn cells_stand_under_their_labels_even_where_one_is_missing() {
        let lines = [
            line(&[("Payments", 10.0)]),
            line(&[("Payee", 10.0), ("Sort code", 100.0), ("Account", 200.0)]),
            line(&[("Ann", 10.0), ("20-00-00", 100.0), ("55779911", 198.0)]),
            line(&[("Bill", 10.0), ("00012345", 202.0)]),
            line(&[("All of them were paid.", 10.0)]),
        ];
        let page = page_text(&lines, "page 1");
        let (range, table) = &page.tables[0];
        assert!(page.text[range.clone()].starts_with("Payee\t"));
        let last = table.cells.last().unwrap();
        assert_eq!((&page.text[last.span.clone()], last.row, last.column), ("00012345", 3, 2));
        assert_eq!(table.headers[2], "Account");
        assert_eq!(page.tables.len(), 1);
    }

    #[test]
    fn labels_with_their_values_are_no_table() {
        let lines = [
            line(&[("Name", 10.0), ("Ann Teak", 100.0)]),
            line(&[("Account", 10.0), ("55779911", 100.0)]),
        ];
        assert!(page_text(&lines, "page 1").tables.is_empty());
    }
}
