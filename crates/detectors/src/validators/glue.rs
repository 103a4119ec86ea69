//! A number that is the tail or the middle of a reference.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::{after, before};
use super::{plain_check, trust};

plain_check! {
    /// Nothing is glued to the value with a hyphen, a slash or the like: `REF-06341-869131` holds
    /// no telephone number.
    stands_alone => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let front = before(candidate, 2);
    let glued_before = matches!(front, [a, b'-' | b'/' | b'_' | b'.' | b'\\' | b':'] if a.is_ascii_alphanumeric() && !(front[1] == b':' && a.is_ascii_alphabetic()));
    let back = after(candidate, 2);
    let glued_after = matches!(back, [b'-' | b'/' | b'_' | b'\\' | b'+', b] if b.is_ascii_alphanumeric())
        || matches!(back, [b'.' | b':', b] if b.is_ascii_digit());
    trust(!glued_before && !glued_after)
}

plain_check! {
    /// Letters do not frame the value as those of a National Insurance number do (`ZA 71 31 22 C` holds
    /// no sort code), and no area code or other beginning of a telephone number stands before it.
    unframed => judge_frame
}

fn judge_frame(candidate: &Candidate<'_>) -> Trust {
    let joint = |b: &u8| matches!(b, b' ' | b'-' | b'.');
    let front = before(candidate, 4);
    let front = front.split_last().filter(|(b, _)| joint(b)).map_or(front, |(_, rest)| rest);
    let bracketed = matches!(front, [.., a, b')'] if a.is_ascii_digit());
    if bracketed || ends_like_a_dialling_code(before(candidate, 8)) {
        return Trust::Invalid;
    }
    let letters = matches!(front, [.., a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase());
    let word = front.len() > 2 && front[front.len() - 3].is_ascii_alphanumeric();
    let back = after(candidate, 3);
    let back = back.split_first().filter(|(b, _)| joint(b)).map_or(back, |(_, rest)| rest);
    let letter = back.first().is_some_and(|b| (b'A'..=b'D').contains(b))
        && !back.get(1).is_some_and(u8::is_ascii_alphanumeric);
    trust(!letters || word || !letter)
}

/// `07700 `, `0 7700 `, `+44 7700 `: what a telephone number begins with.
fn ends_like_a_dialling_code(front: &[u8]) -> bool {
    let Some(front) = front.strip_suffix(b" ") else { return false };
    let figures = front.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (rest, code) = front.split_at(front.len() - figures);
    match figures {
        5 => code[0] == b'0' && code[1] != b'0',
        4 => rest.ends_with(b" 0 ") || rest.ends_with(b"44 "),
        _ => false,
    }
}

plain_check! {
    /// No word follows that says what was counted: `66374958 rows`.
    not_counted => judge_counted
}

/// What programs count.
const COUNTED: [&[u8]; 12] = [
    b"rows",
    b"row",
    b"records",
    b"bytes",
    b"files",
    b"users",
    b"items",
    b"entries",
    b"lines",
    b"times",
    b"objects",
    b"customers",
];

fn judge_counted(candidate: &Candidate<'_>) -> Trust {
    let Some(rest) = after(candidate, 12).strip_prefix(b" ") else { return Trust::Valid };
    let word = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    trust(!COUNTED.iter().any(|counted| rest[..word].eq_ignore_ascii_case(counted)))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_number_inside_a_reference_does_not_stand_alone() {
        let judge = |text, value| judge_in("stands-alone", "", text, value);
        assert_eq!(judge("REF-02473-395479", "02473-395479"), Trust::Invalid);
        assert_eq!(judge("12/6941/FUL", "6941"), Trust::Invalid);
        assert_eq!(judge("tel:01234 567890.", "01234 567890"), Trust::Valid);
        assert_eq!(judge("14~++20220202101403+91632c8", "20220202101403"), Trust::Invalid);
        assert_eq!(judge("1.02345678", "02345678"), Trust::Invalid);
    }

    #[test]
    fn figures_between_the_letters_of_an_insurance_number_are_no_value_of_their_own() {
        let judge = |text| judge_in("unframed", "", text, "71 31 22");
        assert_eq!(judge("No: ZA 71 31 22 C\n55A"), Trust::Invalid);
        assert_eq!(judge("No: ZA71 31 22C"), Trust::Invalid);
        let dotted = judge_in("unframed", "", "No: ZA.71.31.22.C", "71.31.22");
        assert_eq!(dotted, Trust::Invalid);
        assert_eq!(judge("BACS 71 31 22 C Smith"), Trust::Valid);
        assert_eq!(judge("SC 71 31 22 and"), Trust::Valid);
        assert_eq!(judge("71 31 22"), Trust::Valid);
        assert_eq!(judge("(01632) 71 31 22"), Trust::Invalid);
        assert_eq!(judge("(payee) 71 31 22"), Trust::Valid);
        assert_eq!(judge("ring 0 7700 71 31 22"), Trust::Invalid);
        assert_eq!(judge("ring 07700 71 31 22"), Trust::Invalid);
        assert_eq!(judge("Payroll 10442 71 31 22"), Trust::Valid);
    }

    #[test]
    fn what_was_counted_is_no_number_of_an_account() {
        let judge = |text| judge_in("not-counted", "", text, "66374958");
        assert_eq!(judge("accounts: 66374958 rows"), Trust::Invalid);
        assert_eq!(judge("account 66374958 Rowsley branch"), Trust::Valid);
        assert_eq!(judge("account 66374958"), Trust::Valid);
    }
}
