//! Telephone numbers: the ranges of Ofcom's National Telephone Numbering Plan, and the country
//! codes of ITU-T E.164.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;
use std::sync::LazyLock;

use super::person::names_somebody;
use super::phrases::Phrases;
use super::window::{before, characters, own_line};
use super::{plain_check, trust};
use crate::tables::CALLING_CODES;

plain_check! {
    /// The number after 0, +44 or 0044 lies in a range in use and has its length.
    gb => judge_gb
}

plain_check! {
    /// The country code is assigned and the number is no longer than 15 digits.
    intl => judge_intl
}

plain_check! {
    /// Invalid where the number is one of those that firms and services publish (freephone, 03, 084,
    /// 087, 09), or a landline called a switchboard, and nobody is named in its line; unknown for all
    /// others.
    somebodys => judge_somebodys
}

fn judge_gb(candidate: &Candidate<'_>) -> Trust {
    let digits = digits(candidate.value);
    // All ten figures one after the other are the figures, not somebody's number.
    trust(in_use(national(&digits)) && digits != "0123456789")
}

fn judge_somebodys(candidate: &Candidate<'_>) -> Trust {
    let digits = digits(candidate.value);
    let published =
        matches!(national(&digits).as_bytes(), [b'3' | b'9', ..] | [b'8', b'0' | b'4' | b'7', ..]);
    let line = || characters(&candidate.text[own_line(candidate)]);
    let landline = || matches!(national(&digits).as_bytes(), [b'1' | b'2', ..]);
    let front = || before(candidate, DESK).rsplit(|b| *b == b'\n').next().unwrap_or_default();
    let published = published || landline() && DESKS.any_in(front());
    if published && !names_somebody(&line()) { Trust::Invalid } else { Trust::Unknown }
}

/// What a number that reaches nobody in particular is called, right before it.
static DESKS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(["switchboard", "reception desk", "front desk", "contact centre"])
});
/// No further before it than this.
const DESK: usize = 40;

/// A number's figures, with a 0 before those that come after the country's code, and without an
/// extension.
fn digits(value: &[u8]) -> String {
    let end = value.iter().position(|b| matches!(b, b'e' | b'E' | b'x' | b'X' | b'#'));
    let value = &value[..end.unwrap_or(value.len())];
    let digits: String = value.iter().filter(|b| b.is_ascii_digit()).map(|&b| b as char).collect();
    let abroad = match value.trim_ascii_start().first() {
        Some(b'+') => digits.strip_prefix("44").or(Some("")),
        _ => digits.strip_prefix("0044"),
    };
    match abroad {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => digits,
    }
}

/// What stands after the 0 of a number.
fn national(digits: &str) -> &str {
    digits.strip_prefix('0').unwrap_or("")
}

/// Whether a national significant number (no leading 0) lies in a range in use.
fn in_use(number: &str) -> bool {
    let b = number.as_bytes();
    let [first, second, third, ..] = *b else { return false };
    let length = b.len();
    match first {
        // Geographic: a few areas have nine digits (Ofcom's 01xxx xxxxx).
        b'1' => {
            (length == 10 || length == 9) && second != b'0' && b[1..].iter().any(|d| *d != b[1])
        }
        b'2' => length == 10 && matches!(second, b'0' | b'3' | b'4' | b'8' | b'9'),
        b'3' => length == 10 && matches!(second, b'0' | b'3' | b'4' | b'7'),
        b'5' => length == 10 && matches!(second, b'5' | b'6'),
        b'7' => length == 10 && (second != b'0' || third != b'0'),
        b'8' => match second {
            b'0' => length == 10 || length == 9 || (length == 7 && number == "8001111"),
            b'4' => length == 10 && matches!(third, b'3' | b'4' | b'5') || number == "8454647",
            b'7' => length == 10 && matches!(third, b'0'..=b'3'),
            _ => false,
        },
        b'9' => length == 10 && matches!(second, b'0' | b'1' | b'8'),
        _ => false,
    }
}

fn judge_intl(candidate: &Candidate<'_>) -> Trust {
    let digits: String =
        candidate.value.iter().filter(|b| b.is_ascii_digit()).map(|&b| b as char).collect();
    // The United Kingdom's own numbers belong to the national detector, which knows the ranges.
    if digits.starts_with("44") || !(8..=15).contains(&digits.len()) {
        return Trust::Invalid;
    }
    // North America: area and exchange begin with 2 to 9.
    if let Some(rest) = digits.strip_prefix('1') {
        let b = rest.as_bytes();
        return trust(rest.len() == 10 && b[0] >= b'2' && b[3] >= b'2');
    }
    trust((1..=3).any(|n| CALLING_CODES.has(&digits[..n])))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;

    #[test]
    fn numbers_in_use_pass_in_every_spelling() {
        for good in [
            "020 7946 0018",
            "07700 900461",
            "(0191) 498 0555",
            "+44 (0)7700 900903",
            "0044 7700 900708",
            "0808 157 2915",
            "02896496827",
            "028 9649 6361",
            "07700-900834",
            "01632 960983 ext 12",
        ] {
            assert_eq!(judge("gb-phone", "", good), Trust::Valid, "{good}");
        }
    }

    #[test]
    fn a_published_number_is_somebodys_where_somebody_is_named() {
        let judge = |text, number| judge_in("somebodys-number", "", text, number);
        assert_eq!(judge("Helpline 0303 123 1113", "0303 123 1113"), Trust::Invalid);
        assert_eq!(judge("+44 808 157 2915, all day", "+44 808 157 2915"), Trust::Invalid);
        assert_eq!(judge("Switchboard: 01632 960983", "01632 960983"), Trust::Invalid);
        assert_eq!(judge("Switchboard\nAnn 01632 960983", "01632 960983"), Trust::Unknown);
        assert_eq!(judge("Mrs Booth, 0808 157 2915", "0808 157 2915"), Trust::Unknown);
        assert_eq!(judge("Ring 01632 960983", "01632 960983"), Trust::Unknown);
    }

    #[test]
    fn ranges_not_in_use_fail() {
        for bad in [
            "0400 123 4567",
            "0612 345 6789",
            "+44 0000 000000",
            "020 7946 001",
            "06341-869131",
            "0123456789",
        ] {
            assert_eq!(judge("gb-phone", "", bad), Trust::Invalid, "{bad}");
        }
    }

    #[test]
    fn an_international_number_has_an_assigned_country() {
        assert_eq!(judge("intl-phone", "", "+34 910 12 34 56"), Trust::Valid);
        assert_eq!(judge("intl-phone", "", "+1 (604) 555-0199"), Trust::Valid);
        assert_eq!(judge("intl-phone", "", "+999 1234567"), Trust::Invalid);
        assert_eq!(judge("intl-phone", "", "+44 7700 900461"), Trust::Invalid);
    }
}
