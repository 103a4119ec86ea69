//! Payment cards: issuer range and the length that goes with it.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{Gathered, digits, plain_check, trust};
use crate::tables::CARD_RANGES;

plain_check! {
    /// The first digits lie in an issuer's range and the length is one it uses.
    issuer => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let number: Gathered = digits(candidate.value).iter().map(|d| d + b'0').collect();
    trust(CARD_RANGES.iter().any(|range| {
        let lead = &number[..range.from.len().min(number.len())];
        lead >= range.from.as_bytes()
            && lead <= range.to.as_bytes()
            && range.lengths.iter().any(|&(from, to)| (from..=to).contains(&number.len()))
            // The one-digit airline range would let every number of its length through.
            && range.brand != "uatp"
    }))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn brand_and_length_go_together() {
        assert_eq!(judge("card-issuer", "", "378282246310005"), Trust::Valid);
        assert_eq!(judge("card-issuer", "", "3782822463100051"), Trust::Invalid);
        assert_eq!(judge("card-issuer", "", "2223003122003222"), Trust::Valid);
        assert_eq!(judge("card-issuer", "", "2228926852375"), Trust::Invalid);
    }

    #[test]
    fn an_imei_is_not_a_card() {
        assert_eq!(judge("card-issuer", "", "351885435034185"), Trust::Invalid);
    }
}
