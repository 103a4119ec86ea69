//! Tables as wikis have them: `! Name !! Born` over `| Ann || 12/11/1961`, a cell to a line or all on
//! one, and `||Name||Born||` over `|Ann|12/11/1961|`.

use super::columns::{Heading, rows_above};
use super::text::line_end;
use std::ops::Range;

/// The heading over the cell that holds `at`.
pub(super) fn heading_field(text: &[u8], at: usize) -> Option<Heading> {
    let (start, above) = rows_above(text, at)?;
    if !is_cells(&text[start..line_end(text, at)]) {
        return None;
    }
    // Nothing stands over the stroke that begins the row itself.
    let before = text.get(start + 1..at)?;
    let single = memchr::memchr_iter(b'|', before).count();
    let mut column = cells_before(before);
    // Whether the row began above, a cell to a line.
    let mut in_row = true;
    let mut heads: Vec<Range<usize>> = Vec::new();
    for row in above {
        let line = text[row.clone()].trim_ascii_end();
        let row = row.start..row.start + line.len();
        if line.starts_with(b"!") {
            heads.splice(0..0, fields(text, row.start + 1..row.end, [b"!!", b"||"]));
            in_row = false;
        } else if !heads.is_empty() {
            break;
        } else if line.len() > 4 && line.starts_with(b"||") && line.ends_with(b"||") {
            heads = fields(text, row.start + 2..row.end - 2, [b"||", b"||"]);
            column = single;
            break;
        } else if line.starts_with(b"|-") {
            in_row = false;
        } else if is_cells(line) {
            if in_row {
                column += 1 + cells_before(&line[1..]);
            }
        } else {
            return None;
        }
    }
    let (first, last) = (heads.first()?.start, heads.last()?.end);
    let field = heads.get(column)?.clone();
    (heads.len() > 1).then_some(Heading { line: first..last, field, marked: true })
}

/// Whether a line holds cells of a row: it begins with a stroke, and neither parts rows nor ends the
/// table.
fn is_cells(line: &[u8]) -> bool {
    line.starts_with(b"|") && !matches!(line.get(1), Some(b'-' | b'}' | b'+'))
}

/// How many cells of a line end before where it is cut.
fn cells_before(line: &[u8]) -> usize {
    memchr::memmem::find_iter(line, b"||").count()
}

/// The fields of a line, parted by one mark or the other; what is said of one before a single stroke
/// is none of its name.
fn fields(text: &[u8], line: Range<usize>, marks: [&[u8]; 2]) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let (mut from, mut at) = (line.start, line.start);
    while at < line.end {
        if marks.iter().any(|mark| text[at..line.end].starts_with(mark)) {
            fields.push(from..at);
            (from, at) = (at + 2, at + 2);
            continue;
        }
        if text[at] == b'|' {
            from = at + 1;
        }
        at += 1;
    }
    fields.push(from..line.end);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'t>(text: &'t str, needle: &str) -> Option<&'t str> {
        let heading = heading_field(text.as_bytes(), text.find(needle).unwrap())?;
        Some(text[heading.field].trim())
    }

    #[test]
    fn a_cell_stands_under_the_heading_of_its_number() {
        let text = "{|\n! Who !! Born !! NI no\n|-\n| Ann || x1 || x2\n|-\n| Bob || x3 || x4\n|}\n";
        assert_eq!(field(text, "x1"), Some("Born"));
        assert_eq!(field(text, "x4"), Some("NI no"));
        assert_eq!(field(text, "Who"), None);
    }

    #[test]
    fn a_cell_to_a_line_is_counted_from_the_start_of_its_row() {
        let text = "{|\n! Who\n! width=9 | Born\n|-\n| Ann\n| x1\n|-\n| Bob\n| x2 || x3\n|}\n";
        assert_eq!(field(text, "x1"), Some("Born"));
        assert_eq!(field(text, "x2"), Some("Born"));
        assert_eq!(field(text, "x3"), None);
    }

    #[test]
    fn a_heading_may_have_its_strokes_twice() {
        let text = "||Who||Born||\n|Ann|x1|\n|Bob|x2|\n";
        assert_eq!(field(text, "x1"), Some("Born"));
        assert_eq!(field(text, "x2"), Some("Born"));
        assert_eq!(field("Prose.\n| Ann | x1 |\n", "x1"), None);
        assert_eq!(field(text, "|Bob"), None);
    }
}
