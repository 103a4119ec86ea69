//! The Luhn check (ISO/IEC 7812-1, annex B).

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{digits, plain_check, trust};

plain_check! {
    /// Every second digit from the right doubled, decimal digits summed, modulo 10.
    luhn => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let digits = digits(candidate.value);
    trust(digits.len() > 1 && sum(&digits).is_multiple_of(10))
}

fn sum(digits: &[u8]) -> u32 {
    digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d);
            if i % 2 == 0 {
                d
            } else if d > 4 {
                2 * d - 9
            } else {
                2 * d
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_published_test_card_passes_and_its_neighbour_fails() {
        assert_eq!(judge("luhn", "", "4111 1111 1111 1111"), Trust::Valid);
        assert_eq!(judge("luhn", "", "4111 1111 1111 1112"), Trust::Invalid);
    }
}
