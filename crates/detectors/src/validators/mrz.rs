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
    let holds = |over: &mut dyn Iterator<Item = usize>, at: usize| {
        let weights = [7u32, 3, 1].into_iter().cycle();
        let sum: u32 = over.zip(weights).map(|(i, w)| value(zone[i]) * w).sum();
        u32::from(zone[at].wrapping_sub(b'0')) == sum % 10 || (zone[at] == b'<' && sum == 0)
    };
    // Passports and visas: number, date of birth and date of expiry stand in the second line.
    let two_lines = |line: usize, last: usize| {
        let parts = holds(&mut (line..line + 9), line + 9)
            && holds(&mut (line + 13..line + 19), line + 19)
            && holds(&mut (line + 21..line + 27), line + 27);
        // Visas have no digit over the whole; passports and cards do.
        let mut whole = (line..line + 10).chain(line + 13..line + 20).chain(line + 21..last);
        trust(parts && (zone[0] == b'V' || holds(&mut whole, last)))
    };
    match zone.len() {
        88 => two_lines(44, 87),
        72 => two_lines(36, 71),
        90 => {
            let mut whole = (5..30).chain(30..37).chain(38..45).chain(48..59);
            trust(
                holds(&mut (5..14), 14)
                    && holds(&mut (30..36), 36)
                    && holds(&mut (38..44), 44)
                    && holds(&mut whole, 59),
            )
        }
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
