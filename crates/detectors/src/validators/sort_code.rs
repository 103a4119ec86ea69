//! Sort codes: which first two digits belong to a bank.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{digits, plain_check, trust};
use crate::tables::SORT_PREFIXES;

plain_check! {
    /// The first two digits are allocated to a bank.
    prefix => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let digits = digits(candidate.value);
    let [a, b, ..] = digits[..] else { return Trust::Invalid };
    trust(SORT_PREFIXES.has(&format!("{a}{b}")))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn only_banks_have_sort_codes() {
        assert_eq!(judge("gb-sort-prefix", "", "20-00-00"), Trust::Valid);
        assert_eq!(judge("gb-sort-prefix", "", "02-00-00"), Trust::Invalid);
        assert_eq!(judge("gb-sort-prefix", "", "2"), Trust::Invalid);
    }
}
