//! Rows of SQL: values in brackets, under the names that stand in brackets before `VALUES`, or under
//! those of the table where a dump made it.

use super::columns::{HEADING_REACH, Heading};
use super::text::{line_end, line_start};
use std::ops::Range;

/// A row in brackets is no longer than this.
const LONGEST_TUPLE: usize = 2000;

/// Whether a line holds rows of SQL.
pub(super) fn has_rows(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let opens = |rest: &[u8]| matches!(rest.trim_ascii_start(), [b'(', ..]);
    opens(line) && line.contains(&b',') || { values_in(line).next() }.is_some()
}

/// Where a line with rows of SQL begins or goes on, from `from` on.
pub(super) fn next_row(text: &[u8], from: usize) -> Option<usize> {
    let told =
        |word: &[u8]| memchr::memmem::find(&text[from.saturating_sub(HEADING_REACH)..], word);
    told(b"VALUES").or_else(|| told(b"values"))?;
    let mut at = from;
    while at < text.len() {
        let end = line_end(text, at);
        if has_rows(&text[line_start(text, at)..end]) {
            return Some(at);
        }
        at = end + 1;
    }
    None
}

/// Where the word `VALUES` ends, the last first.
fn values_in(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memchr::memrchr2_iter(b'v', b'V', text)
        .filter(|at| text[*at..].get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"values")))
        .filter(|at| *at > 0 && matches!(text[*at - 1], b' ' | b')' | b'\n' | b'\t'))
        .map(|at| at + 6)
}

/// The name over the value that holds `at`, in the list of columns before the word `VALUES`.
pub(super) fn heading_field(text: &[u8], at: usize) -> Option<Heading> {
    let low = at.saturating_sub(HEADING_REACH);
    let values = low + values_in(&text[low..at]).next()?;
    let start = row_start(text, values, at)?;
    let high = text.len().min(start + LONGEST_TUPLE);
    let own = fields(text, start..high);
    let number = own.iter().position(|field| (field.start..=field.end).contains(&at))?;
    let front = low..low + text[low..values - 6].trim_ascii_end().len();
    let close = front.end.checked_sub(1).filter(|close| front.contains(close))?;
    let (open, names) = if text[close] == b')' {
        let open = low + memchr::memrchr(b'(', &text[low..close])?;
        (open, fields(text, open + 1..text.len().min(close + 1)))
    } else {
        names_of_table(text, front)?
    };
    let close = names.last()?.end;
    (names.len() == own.len()).then(|| Heading {
        line: open..close,
        field: names[number].clone(),
        marked: true,
    })
}

/// The names of the columns in the statement that made the table whose name ends what comes before
/// `VALUES`, and where its bracket opens: a dump inserts its rows without saying them again.
fn names_of_table(text: &[u8], front: Range<usize>) -> Option<(usize, Vec<Range<usize>>)> {
    let words = &text[front.clone()];
    let table = last_name(words);
    if table.is_empty() {
        return None;
    }
    let mut below = words.len();
    loop {
        let made = [&b"CREATE TABLE"[..], b"create table"];
        let made = made.map(|word| memchr::memmem::rfind(&words[..below], word));
        let at = made.into_iter().flatten().max()?;
        let open = at + memchr::memchr(b'(', &words[at..])?;
        if last_name(words[at..open].trim_ascii_end()).eq_ignore_ascii_case(table) {
            let open = front.start + open;
            let columns = fields(text, open + 1..front.end);
            let names = columns.into_iter().filter_map(|column| name_of_column(text, column));
            return Some((open, names.collect()));
        }
        below = at;
    }
}

/// The last name of a statement, without its schema and its quotes.
fn last_name(words: &[u8]) -> &[u8] {
    let is_mark = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'.' | b'`' | b'"' | b'[' | b']');
    let end = words.iter().rposition(|b| !is_mark(b)).map_or(0, |last| last + 1);
    let start = words[..end].iter().rposition(is_mark).map_or(0, |mark| mark + 1);
    &words[start..end]
}

/// Words that begin a part of a table that is no column.
const NO_COLUMNS: [&[u8]; 9] = [
    b"primary",
    b"key",
    b"unique",
    b"constraint",
    b"foreign",
    b"index",
    b"check",
    b"fulltext",
    b"spatial",
];

/// The name a column is declared by.
fn name_of_column(text: &[u8], column: Range<usize>) -> Option<Range<usize>> {
    let blank = text[column.clone()].iter().take_while(|b| b.is_ascii_whitespace()).count();
    let start = column.start + blank;
    let words = &text[start..column.end];
    let len = match words.first()? {
        b'[' => memchr::memchr(b']', words)? + 1,
        quote @ (b'`' | b'"') => memchr::memchr(*quote, &words[1..])? + 2,
        _ => words.iter().position(u8::is_ascii_whitespace).unwrap_or(words.len()),
    };
    let known = NO_COLUMNS.iter().any(|word| words[..len].eq_ignore_ascii_case(word));
    (!known).then_some(start..start + len)
}

/// The names of the columns in a line that announces rows parted by tabs:
/// `COPY staff (id, nino) FROM stdin;`.
pub(super) fn names_of_copy(text: &[u8], line: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let words = &text[line.clone()];
    if !words.get(..5)?.eq_ignore_ascii_case(b"copy ") {
        return None;
    }
    let open = line.start + memchr::memchr(b'(', words)?;
    let names = fields(text, open + 1..line.end);
    let close = names.last()?.end;
    let rest = text.get(close + 1..line.end)?.trim_ascii_start();
    rest.get(..4)?.eq_ignore_ascii_case(b"from").then_some(names)
}

/// Where the row begins that holds `at`, behind its bracket: rows are passed over from the first,
/// so that a bracket in a value is none.
fn row_start(text: &[u8], values: usize, at: usize) -> Option<usize> {
    let mut from = values;
    loop {
        let open = from + memchr::memchr(b'(', &text[from..at])?;
        let end = fields(text, open + 1..text.len().min(open + LONGEST_TUPLE)).last()?.end;
        if at <= end {
            return Some(open + 1);
        }
        from = end + 1;
    }
}

/// The fields of a row from behind its bracket to the one that closes it, parted by commas outside
/// quotes.
fn fields(text: &[u8], span: Range<usize>) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let (mut from, mut quote, mut depth) = (span.start, None, 0);
    let mut at = span.start;
    while at < span.end {
        let byte = text[at];
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(q), _) if q == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') if depth > 0 => depth -= 1,
            (None, b')') => {
                fields.push(from..at);
                return fields;
            }
            (None, b',') if depth == 0 => {
                fields.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over<'t>(text: &'t str, value: &str) -> Option<&'t str> {
        let at = text.find(value).unwrap();
        heading_field(text.as_bytes(), at).map(|h| text[h.field].trim())
    }

    #[test]
    fn a_value_stands_under_the_name_of_its_number() {
        let one =
            "INSERT INTO t (id, sort_code, note, account) VALUES (7, '12-34-56', 'a, (b', '1234');";
        assert_eq!(over(one, "12-34-56"), Some("sort_code"));
        assert_eq!(over(one, "1234'"), Some("account"));
        assert_eq!(over(one, "sort_code"), None);
        let many = "insert into `t` (`id`,`nino`)\nvalues\n(1,'x'),\n(2,'it''s'),\n(3,'z)y');";
        assert_eq!(over(many, "x"), Some("`nino`"));
        assert_eq!(over(many, "z)y"), Some("`nino`"));
        assert!(has_rows(b"(2,'y'),") && has_rows(b"INSERT INTO t (a) VALUES (1)"));
        assert!(!has_rows(b"The values (1) and 2") || over("The values (1) and 2", "1").is_none());
    }

    #[test]
    fn rows_of_a_dump_stand_under_the_columns_of_their_table() {
        let dump = "CREATE TABLE `staff` (\n  `id` int(11) NOT NULL,\n  `nino` char(9) DEFAULT 'a,b',\n  \
                    `rate` decimal(10,2),\n  PRIMARY KEY (`id`),\n  KEY `n` (`nino`)\n) ENGINE=InnoDB;\n\
                    INSERT INTO `staff` VALUES (1,'x',2.50),(2,'y',3.00);";
        assert_eq!(over(dump, "x'"), Some("`nino`"));
        assert_eq!(over(dump, "y'"), Some("`nino`"));
        assert_eq!(over(dump, "3.00"), Some("`rate`"));
        let bare = "create table if not exists staff(id integer, [ni no] text);\n\
                    CREATE TABLE rooms (a int, b int);\ninsert into main.\"staff\" values(1,'x');";
        assert_eq!(over(bare, "x'"), Some("[ni no]"));
        let other = "CREATE TABLE rooms (a int, b int);\nINSERT INTO staff VALUES (1,'x');";
        assert_eq!(over(other, "x'"), None);
    }

    #[test]
    fn rows_without_names_or_with_another_number_of_fields_have_none() {
        assert_eq!(over("INSERT INTO t VALUES (1, '12-34-56');", "12-34-56"), None);
        assert_eq!(over("INSERT INTO t (a) VALUES (1, '12-34-56');", "12-34-56"), None);
        assert_eq!(over("(1, '12-34-56')", "12-34-56"), None);
    }
}
