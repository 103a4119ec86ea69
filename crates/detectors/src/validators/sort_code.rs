//! Sort codes: which first two digits belong to a bank.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{plain_check, trust};
use crate::tables::SORT_PREFIXES;

plain_check! {
    /// The first two digits are allocated to a bank. Letters count as the figures that a scanner reads
    /// them for.
    prefix => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let mut figures = candidate.value.iter().filter_map(|byte| match byte {
        b'0'..=b'9' => Some(char::from(*byte)),
        b'O' | b'o' => Some('0'),
        b'I' | b'l' => Some('1'),
        b'S' => Some('5'),
        b'B' => Some('8'),
        _ => None,
    });
    let (Some(a), Some(b)) = (figures.next(), figures.next()) else { return Trust::Invalid };
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
        assert_eq!(judge("gb-sort-prefix", "", "2O-45-B7"), Trust::Valid);
        assert_eq!(judge("gb-sort-prefix", "", "O2-45-B7"), Trust::Invalid);
    }
}
