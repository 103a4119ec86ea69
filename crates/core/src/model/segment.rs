use super::{Place, SpanMap};
use std::ops::Range;

/// How much a segment's text says about whether its part was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The part's own text.
    Content,
    /// Names, headers, properties: scanned, but reading them is not reading the content.
    Metadata,
    /// Printable runs of bytes nobody could decode: the floor under every unknown format.
    Raw,
}

/// A run of text ready to scan, with its place. Borrowed: it lives for one call.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// The text, conventionally UTF-8 (not validated).
    pub text: &'a [u8],
    /// The half-open range of `text` whose matches are wanted. What lies outside is margin: it
    /// gives context, and belongs to a neighbouring window. Normally all of it.
    pub body: Range<usize>,
    /// Where the text starts.
    pub place: Place,
    /// How a position inside the text becomes a place.
    pub layout: Layout<'a>,
    /// What stands over the whole text and gives context at half weight: a mail's subject, the
    /// file's name. May be empty.
    pub title: &'a str,
    /// Way back to the raw bytes of the part, where it is known.
    pub map: Option<&'a SpanMap>,
    /// What kind of text this is.
    pub role: Role,
}

impl<'a> Segment<'a> {
    /// A segment of content that is all body, with lines counted from its place.
    pub fn new(text: &'a [u8], place: Place) -> Self {
        Segment {
            text,
            body: 0..text.len(),
            place,
            layout: Layout::Lines,
            title: "",
            map: None,
            role: Role::Content,
        }
    }

    /// The same with another layout.
    pub fn with_layout(self, layout: Layout<'a>) -> Self {
        Segment { layout, ..self }
    }

    /// The same with another role.
    pub fn with_role(self, role: Role) -> Self {
        Segment { role, ..self }
    }

    /// The same with a way back to the raw bytes.
    pub fn with_map(self, map: &'a SpanMap) -> Self {
        Segment { map: Some(map), ..self }
    }

    /// Where the byte at `at` of the text stood.
    pub fn place_at(&self, at: usize) -> Place {
        let at = at.min(self.text.len());
        match self.layout {
            Layout::Whole => self.place.clone(),
            Layout::Lines => match self.place {
                Place::Line { .. } => PlaceCursor::new(self).place_at(at),
                _ => self.place.clone(),
            },
            Layout::Marks(marks) => {
                let i = marks.partition_point(|m| m.start <= at);
                i.checked_sub(1).map_or_else(|| self.place.clone(), |i| marks[i].place.clone())
            }
            Layout::Table(table) => table.place_at(at).unwrap_or_else(|| self.place.clone()),
        }
    }
}

/// Finds the places of ascending positions of one segment without counting its lines anew for
/// each.
#[derive(Debug)]
pub struct PlaceCursor<'s, 'a> {
    segment: &'s Segment<'a>,
    /// Position up to which was counted; line breaks before it, characters of its line before it.
    at: usize,
    lines: u64,
    chars: u64,
}

impl<'s, 'a> PlaceCursor<'s, 'a> {
    /// At the start of a segment.
    pub fn new(segment: &'s Segment<'a>) -> Self {
        PlaceCursor { segment, at: 0, lines: 0, chars: 0 }
    }

    /// Where the byte at `at` stood; the same as [`Segment::place_at`].
    pub fn place_at(&mut self, at: usize) -> Place {
        let segment = self.segment;
        let (Layout::Lines, Place::Line { line, column }) = (segment.layout, &segment.place) else {
            return segment.place_at(at);
        };
        let at = at.min(segment.text.len());
        if at < self.at {
            *self = Self::new(segment);
        }
        let step = &segment.text[self.at..at];
        let lines = memchr::memchr_iter(b'\n', step).count() as u64;
        let last_line = memchr::memrchr(b'\n', step).map_or(step, |i| &step[i + 1..]);
        let chars = last_line.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u64;
        self.chars = if lines > 0 { chars } else { self.chars + chars };
        self.lines += lines;
        self.at = at;
        let first = if self.lines == 0 { (*column).max(1) } else { 1 };
        Place::Line { line: line + self.lines, column: first + self.chars }
    }
}

/// How positions in a segment's text become places.
#[derive(Debug, Clone, Copy)]
pub enum Layout<'a> {
    /// Count line breaks from the segment's own place, which is a [`Place::Line`].
    Lines,
    /// The segment's place holds for all of it.
    Whole,
    /// From each mark on, its place holds. Sorted by start.
    Marks(&'a [Mark]),
    /// Rows and cells; see [`Table`].
    Table(&'a Table),
}

/// From `start` of a text on, `place` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Byte position in the text.
    pub start: usize,
    /// The place that begins there.
    pub place: Place,
}

/// A table laid out as text: cells joined by a tab, rows by a line feed, every cell's span known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The sheet's name; with it places are cells (`Suppliers!D14`), without it rows.
    pub sheet: Option<String>,
    /// The header of each column, by column number from 0; empty where there is none.
    pub headers: Vec<String>,
    /// The cells that hold text, in the order of the text.
    pub cells: Vec<Cell>,
}

/// One cell of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Half-open byte range of its text in the segment.
    pub span: Range<usize>,
    /// Row number as the user counts it, from 1.
    pub row: u64,
    /// Column number, from 0.
    pub column: u32,
}

impl Table {
    /// The cell that holds, or ends right at, the byte at `at`.
    pub fn cell_at(&self, at: usize) -> Option<&Cell> {
        let i = self.cells.partition_point(|c| c.span.start <= at).checked_sub(1)?;
        let cell = &self.cells[i];
        (at <= cell.span.end).then_some(cell)
    }

    /// All cells of the row that `cell` is in, in order.
    pub fn row_of(&self, cell: &Cell) -> &[Cell] {
        let start = self.cells.partition_point(|c| c.row < cell.row);
        let end = self.cells.partition_point(|c| c.row <= cell.row);
        &self.cells[start..end]
    }

    /// The header of a column, if it has one.
    pub fn header(&self, column: u32) -> Option<&str> {
        self.headers.get(column as usize).map(String::as_str).filter(|h| !h.is_empty())
    }

    fn place_at(&self, at: usize) -> Option<Place> {
        let cell = self.cell_at(at)?;
        let header = self.header(cell.column).map(str::to_owned);
        Some(match &self.sheet {
            Some(sheet) => Place::Cell {
                sheet: sheet.clone(),
                cell: format!("{}{}", column_letters(cell.column), cell.row),
                column: header,
            },
            None => Place::Row {
                row: cell.row,
                column: Some(header.unwrap_or_else(|| format!("column {}", cell.column + 1))),
            },
        })
    }
}

/// Column 0 is `A`, 25 is `Z`, 26 is `AA`.
fn column_letters(column: u32) -> String {
    let mut n = u64::from(column) + 1;
    let mut letters = Vec::new();
    while n > 0 {
        n -= 1;
        letters.push(b'A' + (n % 26) as u8);
        n /= 26;
    }
    letters.iter().rev().map(|&b| b as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "one\nt\u{f6}wo 1234".as_bytes();
        let segment = Segment::new(text, Place::Line { line: 1, column: 1 });
        let at = text.len() - 4;
        assert_eq!(segment.place_at(at), Place::Line { line: 2, column: 6 });
        assert_eq!(segment.place_at(0), Place::Line { line: 1, column: 1 });
        let mut cursor = PlaceCursor::new(&segment);
        for at in [0, 3, 4, at, 2] {
            assert_eq!(cursor.place_at(at), segment.place_at(at));
        }
    }

    #[test]
    fn a_cell_is_named_as_a_spreadsheet_names_it() {
        let table = Table {
            sheet: Some("Suppliers".into()),
            headers: vec![String::new(), "Account number".into()],
            cells: vec![
                Cell { span: 0..4, row: 14, column: 0 },
                Cell { span: 5..13, row: 14, column: 1 },
            ],
        };
        let segment =
            Segment::new(b"Acme\t12345678", Place::Whole).with_layout(Layout::Table(&table));
        assert_eq!(
            segment.place_at(6),
            Place::Cell {
                sheet: "Suppliers".into(),
                cell: "B14".into(),
                column: Some("Account number".into())
            }
        );
        assert_eq!(column_letters(26), "AA");
        assert_eq!(column_letters(701), "ZZ");
    }
}
