//! UK registration marks of the current style: the age identifier.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::date::this_year;
use super::window::after;
use super::{digits, plain_check, trust};

plain_check! {
    /// `02` to this year, or `51` to this year plus 50; other styles are unknown, unless what stands
    /// there is half of something longer.
    gb => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let value = super::alphanumerics(candidate.value);
    let shape: Vec<bool> = value.iter().map(u8::is_ascii_digit).collect();
    if shape != [false, false, true, true, false, false, false] {
        // Half of a mark of another style, which had its chance and fell, or of a VAT number.
        let half = |rest: &[u8]| {
            let run = rest.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            rest.len() > 1 && (1..=4).contains(&run.count())
        };
        let goes_on = after(candidate, 6).strip_prefix(b" ").is_some_and(half);
        return if value.len() < 6 && goes_on { Trust::Invalid } else { Trust::Unknown };
    }
    let age = digits(&value);
    let age = u32::from(age[0]) * 10 + u32::from(age[1]);
    let year = this_year() % 100;
    trust((2..=year).contains(&age) || (51..=year + 50).contains(&age))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;

    #[test]
    fn the_age_identifier_follows_the_calendar() {
        assert_eq!(judge("gb-vrm", "", "AB51 ABC"), Trust::Valid);
        assert_eq!(judge("gb-vrm", "", "AB50 ABC"), Trust::Invalid);
        assert_eq!(judge("gb-vrm", "", "AB01 ABC"), Trust::Invalid);
        assert_eq!(judge("gb-vrm", "", "A123 BCD"), Trust::Unknown);
        assert_eq!(judge_in("gb-vrm", "", "VAT Reg GB 748 5660 92", "GB 748"), Trust::Invalid);
    }
}
