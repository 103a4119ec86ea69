//! The Turkish tax number, whose check is no weighted sum.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{digits, plain_check, trust};

plain_check! {
    /// Each digit plus its distance from the end modulo 10, times a power of two modulo 9; the
    /// last digit makes the sum a multiple of ten (Gelir İdaresi Başkanlığı).
    check => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let digits = digits(candidate.value);
    let Some((&check, body)) = digits.split_last() else { return Trust::Invalid };
    let sum: u32 = body
        .iter()
        .rev()
        .zip(1u32..)
        .map(|(&digit, place)| {
            let moved = (u32::from(digit) + place) % 10;
            match moved {
                0 => 0,
                9 => 9,
                _ => moved * (1 << (place % 6)) % 9,
            }
        })
        .sum();
    trust(body.len() == 9 && (sum + u32::from(check)).is_multiple_of(10))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_last_digit_makes_it_ten() {
        assert_eq!(judge("tr-vkn", "", "4540536920"), Trust::Valid);
        assert_eq!(judge("tr-vkn", "", "4540536921"), Trust::Invalid);
    }
}
