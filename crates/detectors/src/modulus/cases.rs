//! The published examples of the check.

use super::{Account, Verdict, accounts};
use crate::tables::lines;

/// One published example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number in the specification, from 1.
    pub number: usize,
    /// The account.
    pub account: Account,
    /// What the check must say.
    pub expected: Verdict,
    /// What it shows.
    pub about: &'static str,
}

/// The 34 published examples, in their order.
pub fn cases() -> Vec<Case> {
    lines(include_str!("../../data/modulus-cases.tsv")).skip(1).filter_map(read).collect()
}

fn read(line: &'static str) -> Option<Case> {
    let field: Vec<&'static str> = line.split('\t').collect();
    let [number, sort_code, account, expected, about] = field[..] else { return None };
    let digits = |text: &str| text.bytes().map(|b| b.wrapping_sub(b'0')).collect::<Vec<u8>>();
    Some(Case {
        number: number.parse().ok()?,
        account: *accounts(&digits(sort_code), &digits(account)).first()?,
        expected: match (expected, about.contains("not checkable")) {
            (_, true) => Verdict::NotCheckable,
            ("valid", _) => Verdict::Valid,
            _ => Verdict::Invalid,
        },
        about,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_published_cases_are_here() {
        let cases = cases();
        assert_eq!(cases.len(), 34);
        let count = |verdict| cases.iter().filter(|c| c.expected == verdict).count();
        assert_eq!(count(Verdict::Valid), 25);
        assert_eq!(count(Verdict::Invalid), 8);
        assert_eq!(count(Verdict::NotCheckable), 1);
        assert_eq!(cases[33].account.number, [0, 0, 0, 0, 0, 1, 9, 0]);
    }
}
