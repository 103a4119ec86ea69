//! Payment files without headings: rows of a sort code, an account, an amount and a name.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::{Layout, Trust};
use smallvec::SmallVec;

use super::plain_check;
use super::window::{REACH, characters, lines_back, text_line};
use crate::tables::{FIRM_ENDINGS, FORENAMES, SURNAMES};

/// A row with more fields is some other list.
const MOST_FIELDS: usize = 16;
/// So many rows with names need no amount with two decimals.
const ROWS: usize = 3;
/// So many rows above are looked at, and as many below.
const AROUND: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SortCode,
    Account,
    Amount,
    Words,
    Other,
}

type Row = SmallVec<[Kind; MOST_FIELDS]>;

plain_check! {
    /// Valid where the line is a row of a payment file that has no headings: a sort code and an
    /// account side by side, an amount with two decimals, words, and the line above or below is one
    /// with the same fields. Where the rows name people or firms, three need no such amount.
    /// Unknown elsewhere, and where columns have headings of their own.
    row_of_payments => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let is_table = matches!(candidate.segment.layout, Layout::Table(_));
    if let Layout::Table(table) = candidate.segment.layout {
        // A file without headings has its first row for them.
        let account = |header: &String| kind(header.as_bytes()) == Kind::Account;
        if !table.headers.is_empty() && !table.headers.iter().any(account) {
            return Trust::Unknown;
        }
    }
    // A table's rows are lines, and its cells parted by tabs.
    let own = text_line(candidate);
    let text = candidate.text;
    let line = &text[own.clone()];
    // Blanks part fields only where nothing else does.
    let marks: &[u8] = if is_table { b"\t" } else { b"\t|;, " };
    let Some(&mark) = marks.iter().find(|mark| line.contains(mark)) else {
        return Trust::Unknown;
    };
    let row = fields(line, mark);
    let Some(pair) = pair_of(&row) else { return Trust::Unknown };
    let low = candidate.span.start.saturating_sub(REACH).min(own.start);
    let high = text.len().min(candidate.span.end + REACH).max(own.end);
    let mut above = lines_back(&text[low..own.start]).peekable();
    let mut below = text[own.end..high].split(|b| *b == b'\n').skip(1).peekable();
    let alike = |line: Option<&&[u8]>| line.is_some_and(|line| fields(line, mark) == row);
    let paid = row.contains(&Kind::Amount) && row.contains(&Kind::Words);
    if paid && (alike(above.peek()) || alike(below.peek())) {
        return Trust::Valid;
    }
    // Rows of the same form whose sort codes and accounts stand in the same places.
    let same = |line: &&[u8]| {
        let other = fields(line, mark);
        other.len() == row.len() && pair_of(&other) == Some(pair)
    };
    let around = above.take_while(same).take(AROUND).chain(below.take_while(same).take(AROUND));
    let (rows, named) = around.fold((1, usize::from(names(line, mark))), |(rows, named), line| {
        (rows + 1, named + usize::from(names(line, mark)))
    });
    match rows >= ROWS && named * 2 > rows {
        true => Trust::Valid,
        false => Trust::Unknown,
    }
}

/// Where a sort code and an account stand side by side in a row.
fn pair_of(row: &Row) -> Option<usize> {
    let beside = |pair: &[Kind]| {
        matches!(pair, [Kind::SortCode, Kind::Account] | [Kind::Account, Kind::SortCode])
    };
    row.windows(2).position(beside).filter(|_| row.len() <= MOST_FIELDS)
}

/// Whether a field of a row is the name of somebody who can be paid.
fn names(line: &[u8], mark: u8) -> bool {
    parted(line, mark).filter(|field| kind(field) == Kind::Words).any(|field| {
        let field = characters(field);
        let mut words = field.split(|c: char| !c.is_alphabetic()).filter(|w| w.len() > 2);
        words.any(|word| {
            FIRM_ENDINGS.has_any_case(word.as_bytes())
                || FORENAMES.has_any_case(word.as_bytes())
                || SURNAMES.has_any_case(word.as_bytes())
        })
    })
}

/// What kinds of fields a line has; one more than [`MOST_FIELDS`] at most.
fn fields(line: &[u8], mark: u8) -> Row {
    let mut row = Row::new();
    for field in parted(line, mark).take(MOST_FIELDS + 1) {
        match field.rsplitn(2, |b| *b == b' ').map(kind).collect::<SmallVec<[Kind; 2]>>()[..] {
            [Kind::Account, Kind::SortCode] if mark == b' ' => {
                row.extend([Kind::SortCode, Kind::Account]);
            }
            _ => row.push(kind(field)),
        }
    }
    row
}

/// The fields of a line. Two blanks part them as well as more, one does not.
fn parted(line: &[u8], mark: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let (at, next) = match mark {
            b' ' => {
                let at = memchr::memmem::find(line, b"  ");
                let wide = at.map_or(0, |at| line[at..].iter().take_while(|b| **b == b' ').count());
                (at, wide)
            }
            _ => (memchr::memchr(mark, line), 1),
        };
        rest = at.map(|at| &line[at + next..]);
        Some(&line[..at.unwrap_or(line.len())])
    })
}

fn kind(field: &[u8]) -> Kind {
    let field = field.trim_ascii();
    let field = field.strip_prefix(b"\"").and_then(|f| f.strip_suffix(b"\"")).unwrap_or(field);
    let figures = field.iter().filter(|b| b.is_ascii_digit()).count();
    let parted = |width: usize| {
        field.len() == width && field[2] == field[5] && matches!(field[2], b'-' | b' ')
    };
    match field {
        _ if figures == 6 && (field.len() == 6 || parted(8)) => Kind::SortCode,
        _ if figures == 8 && field.len() == 8 => Kind::Account,
        [.., b'.', a, b] if a.is_ascii_digit() && b.is_ascii_digit() && is_amount(field) => {
            Kind::Amount
        }
        _ if figures == 0 && field.iter().filter(|b| b.is_ascii_alphabetic()).count() > 2 => {
            Kind::Words
        }
        _ => Kind::Other,
    }
}

fn is_amount(field: &[u8]) -> bool {
    let number = field.strip_prefix("£".as_bytes()).unwrap_or(field);
    number.len() > 3 && number.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn rows_of_one_kind_with_an_amount_and_a_name_are_payments() {
        let judge = |text| judge_in("row-of-payments", "", text, "200000");
        let rows = "107999,88837491,T JONES,12.00\n200000,55779911,A SMITH,1710.43\n";
        assert_eq!(judge(rows), Trust::Valid);
        let rows = "\"A SMITH\";\"200000\";\"55779911\";\"10.00\"\n\"T JONES\";\"20-12-34\";\"88837491\";\"9.50\"";
        assert_eq!(judge(rows), Trust::Valid);
        let rows =
            "20 00 00 55779911    1710.43   A SMITH\n10-79-99 88837491      12.00   T JONES\n";
        assert_eq!(judge_in("row-of-payments", "", rows, "20 00 00 55779911"), Trust::Valid);
        for other in [
            "200000,55779911,A SMITH,1710.43\n",
            "200000,55779911,A SMITH,17\n107999,88837491,T JONES,12\n",
            "200000,A SMITH,55779911,17.00\n107999,T JONES,88837491,12.00\n",
            "200000,55779911,17.00\n107999,88837491,12.00\n",
        ] {
            assert_eq!(judge(other), Trust::Unknown, "{other}");
        }
    }

    #[test]
    fn three_rows_that_name_who_is_paid_need_no_amount() {
        let judge = |text| judge_in("row-of-payments", "", text, "200000");
        let rows = "T JONES,10 79 99,88837491,12\nA SMITH,200000,55779911,INV 7\nHALL LTD,309070,02355688,50\n";
        assert_eq!(judge(rows), Trust::Valid);
        let rows = "20-00-00\t55779911\tAmy Smith\n10-79-99\t88837491\tTom Jones\n30-90-70\t02355688\tRaj Patel";
        assert_eq!(judge_in("row-of-payments", "", rows, "20-00-00"), Trust::Valid);
        for other in [
            "T JONES,107999,88837491,12\nA SMITH,200000,55779911,17\n",
            "BRACKET,107999,88837491,12\nHINGE,200000,55779911,17\nBOLT,309070,02355688,50\n",
            "T JONES,107999,88837491,12\nA SMITH,200000,55779911,17\n309070,A COX,02355688,5\n",
        ] {
            assert_eq!(judge(other), Trust::Unknown, "{other}");
        }
    }
}
