//! Columns of plain text that blanks keep in line, as print-outs and mails have them.

use super::columns::{Heading, rows_above};
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// A heading holds at most so many digits; a row of values holds more.
const FEW_DIGITS: usize = 4;
/// A longer line is no row of a table on paper.
const LONGEST_ROW: usize = 250;
/// The name of a column has no more words than this.
const MOST_WORDS: usize = 5;
/// Fields are over one another where they are no further apart than this: letters of more than
/// one byte shift them.
const SHIFT: usize = 3;

/// What parts two fields.
static GAP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("  "));

/// Whether two or more blanks part a line into fields.
pub(super) fn has_columns(line: &[u8]) -> bool {
    let inner = line.trim_ascii();
    inner.len() <= LONGEST_ROW && GAP.find(inner).is_some()
}

/// Whether a line may name the columns that blanks part below it.
fn is_heading(line: &[u8]) -> bool {
    has_columns(line) && reads_like_a_heading(line)
}

/// Where the next blanks begin that may part two fields of a line: two or more, with something of
/// the line on either side of them.
pub(super) fn next_gap(text: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let gap = from + GAP.find(&text[from..])?;
        let run = text[gap..].iter().position(|b| *b != b' ').map_or(text.len(), |i| gap + i);
        let opens = gap == 0 || matches!(text[gap - 1], b'\n' | b'\r');
        let ends = matches!(text.get(run), None | Some(b'\n' | b'\r'));
        if !opens && !ends && is_short_line(text, gap) {
            return Some(gap);
        }
        from = run;
    }
}

/// Whether the line that holds a place may be a row of a table on paper.
fn is_short_line(text: &[u8], at: usize) -> bool {
    let (low, high) = (at.saturating_sub(LONGEST_ROW), text.len().min(at + LONGEST_ROW));
    let start = memchr::memrchr(b'\n', &text[low..at]).map(|i| low + i + 1);
    let end = memchr::memchr(b'\n', &text[at..high]).map(|i| at + i);
    let start = start.or_else(|| (low == 0).then_some(0));
    let end = end.or_else(|| (high == text.len()).then_some(high));
    start.zip(end).is_some_and(|(start, end)| has_columns(&text[start..end]))
}

/// The field of the heading over the one that holds `at`: in the topmost line of those right above
/// that have columns, blank lines and rules between, and that reads like a heading. With as many
/// fields in both lines it is the one of the same number, otherwise the one that stands over it.
pub(super) fn heading_field(text: &[u8], at: usize) -> Option<Heading> {
    let (start, above) = rows_above(text, at)?;
    let roof = text.len().min(at + LONGEST_ROW);
    let end = memchr::memchr(b'\n', &text[at..roof]).map_or(roof, |i| at + i);
    let mut under = start..start;
    let mut gap = false;
    for row in above {
        let line = &text[row.clone()];
        let blank = line.trim_ascii().is_empty();
        // A heading with a blank line over it begins its table: what is above heads another.
        if blank && is_heading(&text[under.clone()]) && names_columns(&text[under.clone()]) {
            break;
        }
        if !has_columns(line) && !is_rule(line) && (!blank || gap) {
            break;
        }
        (under, gap) = (row, blank);
    }
    // From the top: the rows of a long table are not all asked.
    let mut from = under.start;
    let line = loop {
        let end = from + memchr::memchr(b'\n', &text[from..start])?;
        if is_heading(&text[from..end]) {
            break from..end;
        }
        from = end + 1;
    };
    let heads = fields(&text[line.clone()]);
    let own = fields(&text[start..end]);
    let number = own.iter().position(|field| field.contains(&(at - start)))?;
    let over = |head: &&Range<usize>| {
        head.start < own[number].end + SHIFT && own[number].start < head.end + SHIFT
    };
    let head = if heads.len() == own.len() { heads.get(number) } else { heads.iter().find(over) }?;
    Some(Heading { field: line.start + head.start..line.start + head.end, line, marked: false })
}

/// The first field of what stands in a row before a value, where all that follows it in the row are
/// values too: with letters alone one would be a label of its own.
pub(super) fn row_label(front: &[u8]) -> Option<Range<usize>> {
    let marked = memchr::memchr2(b'\t', b'|', front).is_some();
    let fields = match marked {
        true => parted(front),
        false => fields(front),
    };
    let (label, values) = fields.split_first()?;
    let is_value = |field: &Range<usize>| {
        let field = &front[field.clone()];
        field.iter().any(u8::is_ascii_digit) && !field.contains(&b':')
    };
    (!values.is_empty() && values.iter().all(is_value)).then(|| label.clone())
}

/// The fields of a line that marks part, but for empty ones.
fn parted(line: &[u8]) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let mut from = 0;
    for field in line.split(|b| matches!(b, b'\t' | b'|')) {
        let to = from + field.len();
        if !field.trim_ascii().is_empty() {
            fields.push(from..to);
        }
        from = to + 1;
    }
    fields
}

/// A line of dashes under the heading or around the table.
pub(super) fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() > 2
        && line.iter().all(|b| matches!(b, b'-' | b'=' | b'_' | b'+' | b'|' | b':' | b' '))
}

/// Few digits, no value after a label, no end of a sentence.
pub(super) fn reads_like_a_heading(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    !is_rule(line)
        && !memchr::memchr_iter(b':', line).any(|at| {
            let said = line.get(at + 1..at + 3);
            said.is_some_and(|said| said.iter().any(u8::is_ascii_alphanumeric))
        })
        && !has_many_digits(line)
        && !ends_sentence(line)
}

/// Whether all fields of a heading read like names of columns, in a few words each: blanks part
/// many things.
pub(super) fn names_columns(line: &[u8]) -> bool {
    let fields = fields(line);
    fields.len() > 1
        && fields.iter().map(|field| &line[field.clone()]).all(|field| {
            let own = field.split(|b| *b == b'(').next().unwrap_or(field).trim_ascii();
            let plain =
                |b: &u8| b.is_ascii_alphanumeric() || !b.is_ascii() || b" '-/.#&?:*".contains(b);
            own.split(|b| *b == b' ').count() <= MOST_WORDS
                && own.first().is_some_and(u8::is_ascii_uppercase)
                && own.iter().all(plain)
        })
}

/// Whether a line holds more digits than a heading outside brackets: `Account number (8 digits)` has
/// none.
fn has_many_digits(line: &[u8]) -> bool {
    let mut noted = false;
    let mut own = line.iter().filter(|byte| {
        noted = **byte == b'(' || noted && **byte != b')';
        !noted && byte.is_ascii_digit()
    });
    own.nth(FEW_DIGITS).is_some()
}

/// Whether a line ends with a full stop that is not one of `no.` or another short word.
fn ends_sentence(line: &[u8]) -> bool {
    let Some(line) = line.strip_suffix(b".") else { return false };
    let word = line.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    !(1..=4).contains(&word) || !has_columns(line) && !line.contains(&b'|')
}

/// The fields of a line, parted by two or more blanks.
fn fields(line: &[u8]) -> Vec<Range<usize>> {
    let mut fields: Vec<Range<usize>> = Vec::new();
    for (at, byte) in line.iter().enumerate() {
        if byte.is_ascii_whitespace() {
            continue;
        }
        match fields.last_mut().filter(|field| at <= field.end + 1) {
            Some(field) => field.end = at + 1,
            None => fields.push(at..at + 1),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over<'t>(text: &'t str, value: &str) -> Option<&'t str> {
        heading_field(text.as_bytes(), text.find(value).unwrap()).map(|h| &text[h.field])
    }

    #[test]
    fn a_row_may_begin_with_the_label_of_all_its_values() {
        let label = |front: &'static str| row_label(front.as_bytes()).map(|of| front[of].trim());
        assert_eq!(label("D.O.B.     14/03/2014   15/04/2014   "), Some("D.O.B."));
        assert_eq!(label("| Born | 14/03/2014 | "), Some("Born"));
        assert_eq!(label("D.O.B.     14/03/2014   Started   "), None);
        assert_eq!(label("D.O.B.     14/03/2014   Since: 2   "), None);
        assert_eq!(label("D.O.B.     "), None);
    }

    #[test]
    fn a_heading_under_a_blank_line_begins_its_table() {
        let text = "Sort code   Account\n204581      x1\n\nDate   Details\n10 JUN x   x2\n";
        assert_eq!(over(text, "x2"), Some("Details"));
        assert_eq!(over(text, "x1"), Some("Account"));
    }

    #[test]
    fn the_heading_over_a_value_is_found_past_rows_and_a_rule() {
        let text = "Staff in post\n\n\
                    Surname      Date of birth   Sort code\n\
                    ---------    -------------   ---------\n\n\
                    Lee          03/07/1978      20-11-22\n\
                    Ann Smith    21/11/1990      20-11-23\n";
        assert_eq!(over(text, "03/07/1978"), Some("Date of birth"));
        assert_eq!(over(text, "21/11/1990"), Some("Date of birth"));
        assert_eq!(over(text, "20-11-23"), Some("Sort code"));
        assert_eq!(over(text, "Surname"), None);
    }

    #[test]
    fn where_a_row_has_other_fields_the_one_above_counts() {
        let text = "Surname   Forename   Born\n\
                    Lee                  03/07/1978\n";
        assert_eq!(over(text, "03/07/1978"), Some("Born"));
    }

    #[test]
    fn prose_and_lists_that_blanks_part_name_no_columns() {
        for heading in ["System   User name   Password", "NI NO.  BORN (dd/mm/yyyy)  TAX CODE"] {
            assert!(names_columns(heading.as_bytes()), "{heading}");
        }
        for other in [
            "the race condition bug.  This is important and",
            "# gpg-agent   min-passphrase-len",
            "Stephane Lee      stephane@mail.example",
            "Password",
        ] {
            assert!(!names_columns(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn labels_with_their_values_and_sentences_are_no_heading() {
        let form = "Born:  03/07/1978\nMeeting:  14/09/2026\n";
        assert_eq!(over(form, "14/09"), None);
        let prose = "We met when she was born.  It rained.\nThen came  14/09/2026.\n";
        assert_eq!(over(prose, "14/09"), None);
        assert_eq!(over("Born\n14/09/2026  x\n", "14/09"), None);
        assert_eq!(over("Born        Plot no.\n14/09/2026  x\n", "14/09"), Some("Born"));
        let noted = "Tax no (10 digits)  Born (dd/mm/1999)\n1234567890          14/09/2026\n";
        assert_eq!(over(noted, "14/09/2026"), Some("Born (dd/mm/1999)"));
    }
}
