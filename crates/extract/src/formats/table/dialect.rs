use std::collections::HashMap;

/// How a text lays out a table, told by its first records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between cells.
    pub delimiter: u8,
    /// The columns of most rows.
    pub columns: usize,
    /// The record that names the columns, from 0, and the names.
    pub headers: Option<(usize, Vec<String>)>,
    /// A line that stands alone above the header.
    pub title: Option<String>,
}

const DELIMITERS: [u8; 4] = [b'\t', b';', b',', b'|'];
/// Records looked at.
const MOST: usize = 30;

impl Dialect {
    /// The dialect of a text that begins like this. `whole` when it is all of it; `named` when its
    /// name or media type says that it is a table, so that less is asked of it.
    pub fn of(text: &[u8], whole: bool, named: bool) -> Option<Self> {
        let first = *text.trim_ascii_start().first()?;
        if matches!(first, b'<' | b'{' | b'[') || text.starts_with(b"BEGIN:") {
            return None;
        }
        let best = DELIMITERS.into_iter().filter_map(|d| Self::with(d, text, whole, named));
        best.max_by_key(|(score, _)| *score).map(|(_, dialect)| dialect)
    }

    /// The dialect with this delimiter, if the records bear it out, and how well they do.
    fn with(delimiter: u8, text: &[u8], whole: bool, named: bool) -> Option<(usize, Self)> {
        if !named && !is_even(delimiter, text, whole) {
            return None;
        }
        let records = records(text, delimiter, whole);
        let mut counts = HashMap::new();
        for record in records.iter().filter(|r| r.len() > 1) {
            *counts.entry(record.len()).or_insert(0_usize) += 1;
        }
        let (&columns, &rows) = counts.iter().max_by_key(|(columns, rows)| (**rows, **columns))?;
        let filled = records.iter().filter(|r| r.iter().any(|c| !c.is_empty())).count();
        let headers = header(&records, columns);
        let enough = if named {
            // A title, notes between the rows, ragged rows: people's files are like that.
            // One long row may be all that is seen here.
            let cut = !whole && records.len() <= 2 && headers.is_some();
            (rows >= 2 || cut) && rows * 3 >= filled
        } else {
            let sure = delimiter == b'\t' && columns >= 2 || columns >= 3;
            rows >= 3 && rows * 5 >= filled * fifths(delimiter) && sure && headers.is_some()
        };
        if !enough {
            return None;
        }
        let title = headers.as_ref().and_then(|(at, _)| {
            let above = records[..*at].iter().rev().find(|r| !r.concat().is_empty())?;
            (inked(above) == 1).then(|| above.concat())
        });
        Some((rows * columns, Dialect { delimiter, columns, headers, title }))
    }
}

/// How large a share of the records must have the usual width, in fifths. Tabs hardly occur in
/// prose: a title and a note around the rows are allowed.
fn fifths(delimiter: u8) -> usize {
    if delimiter == b'\t' { 2 } else { 4 }
}

/// False where the records are of too many widths for a table that nobody announced. It only
/// counts: most texts are told to be no table before any cell is made.
fn is_even(delimiter: u8, text: &[u8], whole: bool) -> bool {
    if memchr::memchr(delimiter, text).is_none() {
        return false;
    }
    let mut widths = [0_usize; 64];
    let (mut all, mut filled) = (0, 0);
    let mut close = |cells: usize, ink: bool| {
        widths[cells.min(widths.len() - 1)] += 1;
        filled += usize::from(ink);
        all += 1;
        all == MOST
    };
    if opens_quotes(delimiter, text) {
        let mut splitter = Splitter::new(delimiter);
        let (mut cells, mut ink) = (1, false);
        let ended = text.iter().any(|&byte| {
            match splitter.step(byte) {
                Step::Text => ink |= byte.is_ascii_graphic(),
                Step::Drop => {}
                Step::Cell => cells += 1,
                Step::Row => {
                    return close(std::mem::replace(&mut cells, 1), std::mem::take(&mut ink));
                }
            }
            false
        });
        if whole && !ended {
            close(cells, ink);
        }
    } else {
        // Then a line is a row, and what is sought in it can be found many bytes at once.
        let ink = |b: &u8| b.is_ascii_graphic() && *b != delimiter;
        let mut rest = text;
        loop {
            let end = memchr::memchr(b'\n', rest);
            let row = &rest[..end.unwrap_or(rest.len())];
            // The last row may go on behind what is seen here.
            if end.is_none() && !whole {
                break;
            }
            let cells = 1 + memchr::memchr_iter(delimiter, row).count();
            match (close(cells, row.iter().any(ink)), end) {
                (false, Some(end)) => rest = &rest[end + 1..],
                _ => break,
            }
        }
    }
    let rows = widths[2..].iter().copied().max().unwrap_or(0);
    rows >= 3 && rows * 5 >= filled * fifths(delimiter)
}

/// Whether any quote begins a cell. Within one, it is text like any other.
fn opens_quotes(delimiter: u8, text: &[u8]) -> bool {
    memchr::memchr_iter(b'"', text).any(|at| {
        let before = text[..at].iter().rfind(|b| **b != b' ');
        before.is_none_or(|b| *b == delimiter || matches!(b, b'\n' | b'\r'))
    })
}

/// How many cells of a record hold anything.
fn inked(record: &[String]) -> usize {
    record.iter().filter(|cell| !cell.is_empty()).count()
}

/// The first record of the usual width whose cells are all labels. A title that a spreadsheet gave
/// its width with empty cells is passed over, and so are names of groups of columns above their own.
fn header(records: &[Vec<String>], columns: usize) -> Option<(usize, Vec<String>)> {
    let usual = |r: &Vec<String>| r.len() == columns && (inked(r) > 1 || columns == 1);
    let mut at = records.iter().position(usual)?;
    if let [groups, names, ..] = &records[at..]
        && are_groups(groups, names)
    {
        at += 1;
    }
    let row = &records[at];
    is_header(row).then(|| (at, row.clone()))
}

/// Whether one row names groups of the columns that the next one names: `,Payee,,Bank,` above
/// `No,Name,Born,Sort,Account`. Only the first column of a group bears its name.
fn are_groups(groups: &[String], names: &[String]) -> bool {
    let below = |(group, name): (&String, &String)| group.is_empty() && !name.is_empty();
    inked(groups) < inked(names)
        && inked(names) + 1 >= names.len()
        && groups.len() == names.len()
        && groups.iter().zip(names).any(below)
        && groups.iter().filter(|cell| !cell.is_empty()).all(|cell| is_label(cell))
        && is_header(names)
}

/// True when all cells of a row that hold anything read like names of columns.
pub(crate) fn is_header<S: AsRef<str>>(row: &[S]) -> bool {
    let mut cells = row.iter().map(|c| c.as_ref().trim()).filter(|c| !c.is_empty()).peekable();
    let some = cells.peek().is_some();
    let filled = row.iter().filter(|c| !c.as_ref().trim().is_empty()).count();
    some && filled * 2 > row.len() && cells.all(is_label)
}

/// A label is no longer than this, in characters, with its note.
const LONGEST_LABEL: usize = 240;

/// A few words with few digits: `Account number (8 digits)`, `Address line 2`, not a value; or a
/// question of a form: `Q2. What is your date of birth?`.
fn is_label(cell: &str) -> bool {
    // What numbers the rows.
    if cell == "#" {
        return true;
    }
    let cell = without_number(cell);
    // What stands in brackets is a note on how to fill it in.
    let own = cell.split_once('(').filter(|(own, _)| !own.trim().is_empty() && cell.ends_with(')'));
    let own = own.map_or(cell, |(own, _)| own);
    let letters = own.chars().filter(|c| c.is_alphabetic()).count();
    let digits = own.chars().filter(char::is_ascii_digit).count();
    let asks = own.trim_end().ends_with('?') || own.starts_with("Please ");
    let (words, len) = if asks { (40, LONGEST_LABEL) } else { (6, 48) };
    letters > 0
        && (digits * 3 <= letters || is_standard(own))
        && digits <= 4
        && own.split_whitespace().count() <= words
        && own.chars().count() <= len
        && cell.chars().count() <= LONGEST_LABEL
        && !cell.contains('@')
        && !cell.contains("://")
        && !cell.contains([';', '=', '{', '}'])
        && !is_made_up(cell)
        && cell.matches('(').count() == cell.matches(')').count()
}

/// What stands behind the number of a question: `Q2.`, `3)`.
fn without_number(cell: &str) -> &str {
    let figures = cell.strip_prefix(['Q', 'q']).unwrap_or(cell);
    let rest = figures.trim_start_matches(|c: char| c.is_ascii_digit());
    let marked = rest.strip_prefix(['.', ')', ':']).or_else(|| rest.strip_prefix(' '));
    match marked {
        Some(behind) if (1..=3).contains(&(figures.len() - rest.len())) => behind.trim_start(),
        _ => cell,
    }
}

/// One word with a figure among its letters or a mark that names do not have: `Gr33nhouse`, `x4$y`.
fn is_made_up(cell: &str) -> bool {
    let bytes = cell.trim().as_bytes();
    let inside = |w: &[u8]| w[0].is_ascii_digit() && w[1].is_ascii_alphabetic();
    let mark = |b: &u8| b"$!&^~+%".contains(b);
    !bytes.contains(&b' ')
        && bytes.iter().any(u8::is_ascii_digit)
        && (bytes[1..].windows(2).any(inside) || bytes.iter().any(mark))
}

/// `ISBN-13`, `EAN 13`: a short name in capitals with its number.
fn is_standard(cell: &str) -> bool {
    let name = cell.trim_end().trim_end_matches(|c: char| c.is_ascii_digit());
    let capitals = name.trim_end_matches(['-', ' ']);
    cell.trim_end().len() - name.len() <= 2
        && (3..=5).contains(&capitals.len())
        && capitals.bytes().all(|b| b.is_ascii_uppercase())
}

/// The first records of a text, as cells.
fn records(text: &[u8], delimiter: u8, whole: bool) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut splitter = Splitter::new(delimiter);
    let mut cell = Vec::new();
    let mut record = Vec::new();
    let take =
        |cell: &mut Vec<u8>| String::from_utf8_lossy(&std::mem::take(cell)).trim().to_owned();
    for &byte in text {
        match splitter.step(byte) {
            Step::Text => cell.push(byte),
            Step::Drop => {}
            Step::Cell => record.push(take(&mut cell)),
            Step::Row => {
                record.push(take(&mut cell));
                records.push(std::mem::take(&mut record));
                if records.len() == MOST {
                    return records;
                }
            }
        }
    }
    // The last record may go on behind what is seen here.
    if whole && !(record.is_empty() && cell.is_empty()) {
        record.push(take(&mut cell));
        records.push(record);
    }
    records
}

/// What a byte of delimited text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Text of the cell.
    Text,
    /// A quote around it, or a carriage return.
    Drop,
    /// The end of the cell.
    Cell,
    /// The end of the row.
    Row,
}

/// Splits delimited text (RFC 4180, and what people make of it) byte by byte.
#[derive(Debug, Clone)]
pub(super) struct Splitter {
    delimiter: u8,
    state: State,
    /// Bytes inside the quotes that are open.
    quoted: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a cell.
    Start,
    /// Inside a cell.
    Plain,
    /// Inside quotes.
    Quoted,
    /// Behind a quote inside quotes: the end, or the first half of a doubled one.
    Closing,
}

/// A quote that is not closed within so many bytes was no quote.
const QUOTED: usize = 64 << 10;

impl Splitter {
    pub fn new(delimiter: u8) -> Self {
        Splitter { delimiter, state: State::Start, quoted: 0 }
    }

    pub fn step(&mut self, byte: u8) -> Step {
        match self.state {
            State::Quoted if byte == b'"' => {
                self.state = State::Closing;
                return Step::Drop;
            }
            State::Quoted => {
                self.quoted += 1;
                if self.quoted > QUOTED {
                    self.state = State::Plain;
                }
                return Step::Text;
            }
            State::Closing if byte == b'"' => {
                self.state = State::Quoted;
                return Step::Text;
            }
            State::Start if byte == b'"' => {
                self.state = State::Quoted;
                self.quoted = 0;
                return Step::Drop;
            }
            State::Start if byte == b' ' && self.delimiter != b' ' => return Step::Text,
            _ => {}
        }
        self.state = State::Start;
        match byte {
            b'\n' => Step::Row,
            b'\r' => Step::Drop,
            _ if byte == self.delimiter => Step::Cell,
            _ => {
                self.state = State::Plain;
                Step::Text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Dialect> {
        Dialect::of(text.as_bytes(), true, true)
    }

    #[test]
    fn a_title_above_the_header_is_no_header() {
        let found = of("Stock list\nItem,Barcode\nCup,5012345678900\nMug,5012345678917\n").unwrap();
        assert_eq!(found.title.as_deref(), Some("Stock list"));
        assert_eq!(found.headers, Some((1, vec!["Item".into(), "Barcode".into()])));
    }

    #[test]
    fn titles_that_a_spreadsheet_padded_with_empty_cells_are_no_header() {
        let text =
            "Staff list,,\nAs at 1 May,,\n,,\nName,Born,Pay\nJo,03/07/1978,5\nAl,1/2/1980,6\n";
        let found = of(text).unwrap();
        assert_eq!(found.title.as_deref(), Some("As at 1 May"));
        assert_eq!(found.headers, Some((3, vec!["Name".into(), "Born".into(), "Pay".into()])));
    }

    #[test]
    fn names_of_groups_of_columns_stand_above_their_own() {
        let text = ",Payee,,Bank,\nNo,Name,Born,Sort,Account\n1,Jo,03/07/1978,08-99-99,66374958\n";
        let names = ["No", "Name", "Born", "Sort", "Account"].map(String::from).to_vec();
        assert_eq!(of(text).unwrap().headers, Some((1, names)));
        let text = "No,Name,Born,,\nx,Jo,born,y,z\n1,Jo,03/07/1978,08-99-99,66374958\n";
        assert_eq!(of(text).unwrap().headers.unwrap().0, 1);
        let text = "No,Name,Town,Note\n1,Jo,Leeds,\n2,Al,York,late\n";
        assert_eq!(of(text).unwrap().headers.unwrap().0, 0);
    }

    #[test]
    fn figures_in_notes_and_in_names_of_standards_are_those_of_labels() {
        assert!(is_header(&["NI No (e.g. QQ123456C)", "ISBN-13", "Sort code (6 digits)"]));
        assert!(is_header(&["#", "Name", "Born"]) && !is_header(&["#", "AB123456C"]));
        assert!(!is_header(&["Jo Bloggs", "AB123456C"]) && !is_header(&["Name", "ROOM-2031"]));
        assert!(
            !is_header(&["Password", "Gr33nhouse"]) && !is_header(&["Password", "paddock5$Gate"])
        );
    }

    #[test]
    fn questions_of_a_form_are_labels() {
        assert!(is_header(&["ID", "Q2. What is your date of birth?", "12) Your name"]));
        let long = "Please give the number of the account that we should pay the grant into";
        assert!(is_header(&["ID", long, "Which of these is it, as far as you know? (one only)"]));
        assert!(is_header(&[
            "Sort code (six digits, on the front of your card)",
            "Account number"
        ]));
        assert!(!is_header(&["ID", &long["Please ".len()..]]));
        assert!(
            !is_header(&["7. 08-99-99", "What is it?"]) && !is_header(&["3 High St 12345", "x"])
        );
    }

    #[test]
    fn values_are_no_header() {
        let found = of("Jo Bloggs;08-99-99;66374958\nAl Smith;10-79-99;88837491\n").unwrap();
        assert_eq!((found.delimiter, found.headers), (b';', None));
    }

    #[test]
    fn a_table_of_tabs_between_notes_is_one_whatever_its_name() {
        let text = "Private and Confidential\n\nPayroll\n\nEmployee\tNI number\n\
                    Jo Bloggs\tAB123456C\nAl Smith\tCE100000A\nBo Jones\tCE100001A\n\nEnd\n";
        let found = Dialect::of(text.as_bytes(), true, false).unwrap();
        assert_eq!(found.headers, Some((4, vec!["Employee".into(), "NI number".into()])));
    }

    #[test]
    fn prose_and_code_are_no_tables() {
        assert_eq!(of("Parish newsletter\nThe fete is on Sunday.\n\"Shelf B, row 2.\"\n"), None);
        let prose = "Dear Sir,\nThank you, as ever, for the cheque.\nYours, with thanks,\nJo\n";
        assert_eq!(Dialect::of(prose.as_bytes(), true, false), None);
        let code = "let a = f(b, c, d);\nlet e = g(h, i, j);\nlet k = l(m, n, o);\n";
        assert_eq!(Dialect::of(code.as_bytes(), true, false), None);
    }

    #[test]
    fn quotes_hold_delimiters_and_line_ends_together() {
        let rows = records(b"a,\"b, \"\"c\"\"\nd\",e\nf,g,h\n", b',', true);
        assert_eq!(rows, [vec!["a", "b, \"c\"\nd", "e"], vec!["f", "g", "h"]]);
    }
}
