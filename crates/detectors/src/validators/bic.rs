//! BIC (ISO 9362).

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{alphanumerics, plain_check, trust};
use crate::tables::COUNTRIES;

plain_check! {
    /// Eight or eleven characters, characters five and six an ISO 3166-1 country or XK.
    country => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let bic = alphanumerics(candidate.value);
    if bic.len() != 8 && bic.len() != 11 {
        return Trust::Invalid;
    }
    trust(std::str::from_utf8(&bic[4..6]).is_ok_and(|country| COUNTRIES.has(country)))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_country_stands_in_the_middle() {
        assert_eq!(judge("bic-country", "", "BARCGB22"), Trust::Valid);
        assert_eq!(judge("bic-country", "", "BARCQQ22"), Trust::Invalid);
        assert_eq!(judge("bic-country", "", "BARCGB222"), Trust::Invalid);
    }
}
