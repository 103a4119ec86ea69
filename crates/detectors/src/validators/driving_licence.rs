//! GB driver numbers: the padding, the birth date inside, the initials (DVLA).

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::date::days_in_month;
use super::{alphanumerics, plain_check, trust};

plain_check! {
    /// Five surname characters padded with 9 at the end only, a real day and month (women's month
    /// plus 50), initials of which the first is 9 only when both are. The check letters' rule is
    /// not public.
    gb => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let licence = alphanumerics(candidate.value);
    if licence.len() < 16 {
        return Trust::Invalid;
    }
    let name = &licence[..5];
    let letters = name.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let padded = letters > 0 && name[letters..].iter().all(|&b| b == b'9');
    let number = |at: usize| {
        let (a, b) = (licence[at], licence[at + 1]);
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
    };
    let date = match (number(6), number(8)) {
        (Some(month), Some(day)) => {
            let month = if month > 50 { month - 50 } else { month };
            // 2000 was a leap year, and the century is not written.
            (1..=12).contains(&month) && (1..=days_in_month(2000, month)).contains(&day)
        }
        _ => false,
    };
    let initials = &licence[11..13];
    let initials = initials.iter().all(|&b| b.is_ascii_uppercase() || b == b'9')
        && (initials[0] != b'9' || initials[1] == b'9');
    trust(padded && date && initials)
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn day_month_and_padding_must_be_possible() {
        for good in ["MORGA657054SM9IJ", "FEATH 751136 NB9TM", "UW999656094R99SN"] {
            assert_eq!(judge("gb-driving-licence", "", good), Trust::Valid, "{good}");
        }
        for bad in ["MORGA667054SM9IJ", "MORGA650054SM9IJ", "MORGA657324SM9IJ", "MO9GA657054SM9IJ"]
        {
            assert_eq!(judge("gb-driving-licence", "", bad), Trust::Invalid, "{bad}");
        }
    }
}
