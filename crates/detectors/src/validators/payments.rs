//! Payment files without headings: rows of a sort code, an account, an amount and a name.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::{Layout, Trust};
use smallvec::SmallVec;

use super::plain_check;
use super::window::{REACH, lines_back, own_line};

/// A row with more fields is some other list.
const MOST_FIELDS: usize = 16;

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
    /// Valid where the line is a row of a payment file that has no headings (a sort code and an
    /// account side by side, an amount with two decimals, words) and the line above or below is
    /// one with the same fields. Unknown elsewhere, and where columns have headings of their own.
    row_of_payments => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    if let Layout::Table(table) = candidate.segment.layout {
        // A file without headings has its first row for them.
        let account = |header: &String| kind(header.as_bytes()) == Kind::Account;
        if !table.headers.is_empty() && !table.headers.iter().any(account) {
            return Trust::Unknown;
        }
    }
    let own = own_line(candidate);
    let text = candidate.text;
    let line = &text[own.clone()];
    let Some(&mark) = line.iter().find(|b| matches!(b, b',' | b';' | b'\t' | b'|')) else {
        return Trust::Unknown;
    };
    let row = fields(line, mark);
    let paid = row.contains(&Kind::Amount) && row.contains(&Kind::Words);
    let beside = |pair: &[Kind]| {
        matches!(pair, [Kind::SortCode, Kind::Account] | [Kind::Account, Kind::SortCode])
    };
    if !paid || row.len() > MOST_FIELDS || !row.windows(2).any(beside) {
        return Trust::Unknown;
    }
    let alike = |line: Option<&[u8]>| line.is_some_and(|line| fields(line, mark) == row);
    let low = candidate.span.start.saturating_sub(REACH).min(own.start);
    let high = text.len().min(candidate.span.end + REACH).max(own.end);
    let above = lines_back(&text[low..own.start]).next();
    let below = text[own.end..high].split(|b| *b == b'\n').nth(1);
    if alike(above) || alike(below) { Trust::Valid } else { Trust::Unknown }
}

/// What kinds of fields a line has; one more than [`MOST_FIELDS`] at most.
fn fields(line: &[u8], mark: u8) -> Row {
    line.split(|b| *b == mark).take(MOST_FIELDS + 1).map(kind).collect()
}

fn kind(field: &[u8]) -> Kind {
    let field = field.trim_ascii();
    let field = field.strip_prefix(b"\"").and_then(|f| f.strip_suffix(b"\"")).unwrap_or(field);
    let figures = field.iter().filter(|b| b.is_ascii_digit()).count();
    let parted = |width: usize| field.len() == width && field[2] == b'-' && field[5] == b'-';
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
        for other in [
            "200000,55779911,A SMITH,1710.43\n",
            "200000,55779911,A SMITH,17\n107999,88837491,T JONES,12\n",
            "200000,A SMITH,55779911,17.00\n107999,T JONES,88837491,12.00\n",
            "200000,55779911,17.00\n107999,88837491,12.00\n",
        ] {
            assert_eq!(judge(other), Trust::Unknown, "{other}");
        }
    }
}
