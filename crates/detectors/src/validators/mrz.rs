//! Machine-readable zones (ICAO Doc 9303): check digits with weights 7, 3, 1.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{plain_check, trust};

plain_check! {
    /// All check digits of the zone hold: two lines of 44 or 36, or three of 30.
    mrz => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let zone: Vec<u8> = candidate
        .value
        .iter()
        .copied()
        .filter(|b| b.is_ascii_alphanumeric() || *b == b'<')
        .map(|b| b.to_ascii_uppercase())
        .collect();
    let holds = |over: &[std::ops::Range<usize>], at: usize| {
        let digit = zone[at];
        let sum = over
            .iter()
            .flat_map(|r| &zone[r.clone()])
            .zip([7u32, 3, 1].into_iter().cycle())
            .map(|(&b, w)| value(b) * w)
            .sum::<u32>();
        u32::from(digit.wrapping_sub(b'0')) == sum % 10 || (digit == b'<' && sum == 0)
    };
    match zone.len() {
        88 => {
            // Visas have no composite digit; passports do.
            let line = 44;
            let base = holds(&[line..line + 9], line + 9)
                && holds(&[line + 13..line + 19], line + 19)
                && holds(&[line + 21..line + 27], line + 27);
            let whole = [line..line + 10, line + 13..line + 20, line + 21..line + 43];
            trust(base && (zone[0] == b'V' || holds(&whole, line + 43)))
        }
        72 => {
            let line = 36;
            let base = holds(&[line..line + 9], line + 9)
                && holds(&[line + 13..line + 19], line + 19)
                && holds(&[line + 21..line + 27], line + 27);
            let whole = [line..line + 10, line + 13..line + 20, line + 21..line + 35];
            trust(base && (zone[0] == b'V' || holds(&whole, line + 35)))
        }
        90 => trust(
            holds(&[5..14], 14)
                && holds(&[30..36], 36)
                && holds(&[38..44], 44)
                && holds(&[5..30, 30..37, 38..45, 48..59], 59),
        ),
        _ => Trust::Invalid,
    }
}

fn value(b: u8) -> u32 {
    match b {
        b'0'..=b'9' => u32::from(b - b'0'),
        b'A'..=b'Z' => u32::from(b - b'A') + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_specimen_of_doc_9303_passes_and_a_changed_digit_fails() {
        let good = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                    L898902C36UTO7408122F1204159ZE184226B<<<<<10";
        assert_eq!(judge("mrz", "", good), Trust::Valid);
        assert_eq!(judge("mrz", "", &good.replace("7408122", "7408123")), Trust::Invalid);
    }
}
