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
}
