//! Plain text cut into columns, and the headings over them.

use super::text::{line_end, line_start};
use super::{aligned, tuples, wiki};
use std::cell::OnceCell;
use std::ops::Range;

/// How far above a value its column's heading may stand, in bytes.
pub(super) const HEADING_REACH: usize = 3000;

/// The heading of a column between marks is no longer than this: what is, is a cell of text.
const LONGEST_FIELD: usize = 80;

/// The heading over a value in a column of plain text: its line, and its field in it.
#[derive(Clone)]
pub(super) struct Heading {
    pub(super) line: Range<usize>,
    pub(super) field: Range<usize>,
    /// Something other than blanks parts its fields, so that it is a heading for sure.
    pub(super) marked: bool,
}

/// What cuts a line of plain text into columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// A mark between any two fields: a tab, or the stroke of Markdown and of programs' tables.
    Marked(u8),
    /// Blanks, two or more between any two fields.
    Aligned,
    /// Brackets and commas, as in SQL.
    Tuples,
}

impl Columns {
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        if tuples::has_rows(line) {
            return Some(Self::Tuples);
        }
        match memchr::memchr2(b'\t', b'|', line) {
            Some(at) if memchr::memchr(b'\t', &line[at..]).is_none() => Some(Self::Marked(b'|')),
            Some(_) => Some(Self::Marked(b'\t')),
            None => aligned::has_columns(line).then_some(Self::Aligned),
        }
    }

    /// The heading over a place in a line that is cut so.
    pub(super) fn heading(self, text: &[u8], at: usize) -> Option<Heading> {
        match self {
            Columns::Marked(b'|') => {
                heading_field(text, at, b'|').or_else(|| wiki::heading_field(text, at))
            }
            Columns::Marked(mark) => heading_field(text, at, mark),
            Columns::Aligned => aligned::heading_field(text, at),
            Columns::Tuples => tuples::heading_field(text, at),
        }
    }
}

/// The lines of a plain text that are cut into columns. They are looked for once, when they are first
/// wanted: whoever needs a heading asks for them.
#[derive(Default)]
pub(super) struct Rows(OnceCell<Vec<Range<usize>>>);

impl Rows {
    /// The next place from `at` on in such a line.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        let all = self.0.get_or_init(|| rows(text));
        let next = all.partition_point(|rows| rows.end <= at);
        all.get(next).map(|rows| rows.start.max(at))
    }
}

/// The lines that are cut into columns, those that follow each other together.
fn rows(text: &[u8]) -> Vec<Range<usize>> {
    let [mut marked, mut aligned, mut tuples] = std::array::from_fn(|_| Ahead::default());
    let mark = |from: usize| Some(from + memchr::memchr2(b'\t', b'|', &text[from..])?);
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let next = [
            marked.next(at, mark),
            aligned.next(at, |from| aligned::next_gap(text, from)),
            tuples.next(at, |from| tuples::next_row(text, from)),
        ];
        let Some(next) = next.into_iter().flatten().min() else { break };
        let start = line_start(text, next);
        at = line_end(text, next) + 1;
        match all.last_mut() {
            Some(last) if last.end == start => last.end = at,
            _ => all.push(start..at),
        }
    }
    all
}

/// What a search last found, so that it need not search again until that is passed.
#[derive(Default)]
struct Ahead(Option<Option<usize>>);

impl Ahead {
    fn next(&mut self, at: usize, find: impl FnOnce(usize) -> Option<usize>) -> Option<usize> {
        match self.0 {
            Some(found) if found.is_none_or(|found| at <= found) => found,
            _ => *self.0.insert(find(at)),
        }
    }
}

/// Where the line of a place starts, and the lines above it, the nearest first, as far as a heading
/// may stand; `None` where the line is the first, or too long.
pub(super) fn rows_above(
    text: &[u8],
    at: usize,
) -> Option<(usize, impl Iterator<Item = Range<usize>> + '_)> {
    let low = at.saturating_sub(HEADING_REACH);
    let start = low + memchr::memrchr(b'\n', &text[low..at])? + 1;
    let mut below = start;
    let rows = std::iter::from_fn(move || {
        if below <= low {
            return None;
        }
        let above = match memchr::memrchr(b'\n', &text[low..below - 1]) {
            Some(i) => low + i + 1,
            None if low == 0 => 0,
            None => return None,
        };
        let row = above..below - 1;
        below = above;
        Some(row)
    });
    Some((start, rows))
}

/// The field over the one that holds `at`, in the first of the lines above that have as many marks
/// as its own line; `None` where that line has none or there is no line over it.
fn heading_field(text: &[u8], at: usize, mark: u8) -> Option<Heading> {
    let (start, above) = rows_above(text, at)?;
    let tabs = |line: &[u8]| memchr::memchr_iter(mark, line).count();
    let column = tabs(&text[start..at]);
    let end = (at + HEADING_REACH).min(text.len());
    let end = memchr::memchr(b'\n', &text[at..end]).map_or(end, |i| at + i);
    let count = column + tabs(&text[at..end]);
    if count == 0 {
        return None;
    }
    let (mut top, mut ruled, mut ended) = (None, false, false);
    for line in above {
        let rule = aligned::is_rule(&text[line.clone()]);
        ruled |= rule;
        // `+----+----+` between heading and rows.
        if rule && mark == b'|' && tabs(&text[line.clone()]) == 0 {
            ended = line.start == 0;
            continue;
        }
        if tabs(&text[line.clone()]) != count {
            if let Some(names) = tuples::names_of_copy(text, &line).filter(|n| n.len() == count + 1)
            {
                return Some(Heading { field: names[column].clone(), line, marked: true });
            }
            ended = true;
            break;
        }
        top = Some(line);
    }
    // Out of reach the rows may go on, and the heading stands over all of them.
    let line = top.filter(|line| ended || line.start == 0)?;
    // One stroke in a line parts many things; only a rule under the first makes it a heading.
    if mark == b'|' && (count == 1 && !ruled || !aligned::reads_like_a_heading(&text[line.clone()]))
    {
        return None;
    }
    // Lines that are only indented have no columns.
    let named = text[line.clone()].split(|b| *b == mark).filter(|f| !f.trim_ascii().is_empty());
    let named = named.count();
    // Two fields with a figure in one are a label and its value.
    if named < 2 || named == 2 && text[line.clone()].iter().any(u8::is_ascii_digit) {
        return None;
    }
    let mut from = line.start;
    for _ in 0..column {
        from += memchr::memchr(mark, &text[from..line.end])? + 1;
    }
    let to = memchr::memchr(mark, &text[from..line.end]).map_or(line.end, |i| from + i);
    (to - from <= LONGEST_FIELD).then_some(Heading { line, field: from..to, marked: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heading_of_a_column_of_plain_text_is_the_field_over_it() {
        let text = b"Staff list\nName\tNI no\tPay\nA\tx1\t5\nB\tx2\t6\n";
        let field = |needle: &[u8]| {
            let at = text.windows(needle.len()).position(|w| w == needle).unwrap();
            heading_field(text, at, b'\t').map(|h| &text[h.field])
        };
        assert_eq!(field(b"x1"), Some(&b"NI no"[..]));
        assert_eq!(field(b"x2"), Some(&b"NI no"[..]));
        assert_eq!(field(b"6"), Some(&b"Pay"[..]));
        assert_eq!(field(b"NI no"), None);
        let indented = b"Changes\n\tThe NI no\n\tis x1\n";
        assert!(heading_field(indented, indented.len() - 3, b'\t').is_none());
        assert_eq!(field(b"Staff"), None);
    }

    #[test]
    fn a_rule_of_dashes_does_not_part_rows_from_their_heading() {
        let text =
            b"+------+------+\n| NI no | Pay |\n+------+------+\n| x1 | 5 |\n| x2 | 6 |\n+----+\n";
        let field = |needle: &[u8]| {
            let at = text.windows(needle.len()).position(|w| w == needle).unwrap();
            heading_field(text, at, b'|').map(|h| text[h.field].trim_ascii())
        };
        assert_eq!(field(b"x1"), Some(&b"NI no"[..]));
        assert_eq!(field(b"x2"), Some(&b"NI no"[..]));
    }

    #[test]
    fn rows_that_a_line_of_sql_announces_stand_under_its_names() {
        let text =
            b"COPY public.staff (id, \"passport no\", born) FROM stdin;\n1\tx1\t5\n2\tx2\t6\n";
        let field = |needle: &[u8]| {
            let at = text.windows(needle.len()).position(|w| w == needle).unwrap();
            heading_field(text, at, b'\t').map(|h| text[h.field].trim_ascii())
        };
        assert_eq!(field(b"x1"), Some(&b"\"passport no\""[..]));
        assert_eq!(field(b"x2"), Some(&b"\"passport no\""[..]));
        assert_eq!(field(b"6"), Some(&b"born"[..]));
    }

    #[test]
    fn lines_that_are_cut_into_columns_are_found_from_the_first_to_the_last() {
        let text =
            b"Prose.\n    indented only  \na  b\nand\tc\nprose (1, 2)\nINSERT VALUES\n(1, 2)\n";
        let rows = Rows::default();
        let (mut at, mut found) = (0, Vec::new());
        while let Some(next) = rows.next(text, at) {
            let end = next + memchr::memchr(b'\n', &text[next..]).unwrap();
            found.push(&text[next..end]);
            at = end + 1;
        }
        assert_eq!(found, [&b"a  b"[..], b"and\tc", b"INSERT VALUES", b"(1, 2)"]);
    }

    #[test]
    fn strokes_part_columns_and_their_rule_is_no_heading() {
        let text = b"| Name | NI no |\n|------|-------|\n| A | x1 |\n";
        let at = text.windows(2).position(|w| w == b"x1").unwrap();
        assert_eq!(heading_field(text, at, b'|').map(|h| &text[h.field]), Some(&b" NI no "[..]));
        let changes = b" src/passport no.cc | 2 +-\n src/123456789.cc | 3 +-\n";
        assert!(heading_field(changes, 33, b'|').is_none());
        let prose = [b"| Name | The NI no is ", &[b'n'; 90][..], b" |\n| A | x1 |\n"].concat();
        assert!(heading_field(&prose, prose.len() - 5, b'|').is_none());
        let rows = b"| A | NI no |\n".repeat(300);
        assert!(heading_field(&rows, rows.len() - 5, b'|').is_none());
        assert_eq!(Columns::of(b"| A | x1 |"), Some(Columns::Marked(b'|')));
        assert_eq!(Columns::of(b"A | b\tx1"), Some(Columns::Marked(b'\t')));
        assert_eq!(Columns::of(b"A, x1"), None);
    }
}
