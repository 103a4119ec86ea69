//! IBAN: the country's length and structure (SWIFT registry), and ISO 7064 mod 97-10.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{alphanumerics, plain_check, trust};
use crate::tables::{IBAN_STRUCTURES, IbanStructure};

plain_check! {
    /// The country's length and the kinds of characters of its account part.
    structure => judge_structure
}

plain_check! {
    /// First four characters to the end, letters as 10 to 35, the whole modulo 97 is 1.
    mod97 => judge_mod97
}

plain_check! {
    /// As for an IBAN, but the three characters of the business are left out (EPC262-08).
    sepa_creditor => judge_creditor
}

fn judge_structure(candidate: &Candidate<'_>) -> Trust {
    let iban = alphanumerics(candidate.value);
    if iban.len() < 5 {
        return Trust::Invalid;
    }
    let Some(structure) = structure_of(&iban) else { return Trust::Invalid };
    if iban.len() != structure.length {
        return Trust::Invalid;
    }
    let mut rest = &iban[4..];
    for &(count, kind) in &structure.runs {
        if rest.len() < count {
            return Trust::Invalid;
        }
        let (run, after) = rest.split_at(count);
        let fits = run.iter().all(|b| match kind {
            b'n' => b.is_ascii_digit(),
            b'a' => b.is_ascii_uppercase(),
            _ => b.is_ascii_alphanumeric(),
        });
        if !fits {
            return Trust::Invalid;
        }
        rest = after;
    }
    trust(rest.is_empty())
}

/// That of the country that a number of two letters or more begins with.
fn structure_of(number: &[u8]) -> Option<&'static IbanStructure> {
    let all = &*IBAN_STRUCTURES;
    let at = all.binary_search_by(|one| one.country.as_bytes().cmp(&number[..2])).ok()?;
    Some(&all[at])
}

fn judge_mod97(candidate: &Candidate<'_>) -> Trust {
    sum_97(&alphanumerics(candidate.value))
}

fn judge_creditor(candidate: &Candidate<'_>) -> Trust {
    let mut text = alphanumerics(candidate.value);
    if text.len() < 8 || structure_of(&text).is_none() {
        return Trust::Invalid;
    }
    text.drain(4..7);
    sum_97(&text)
}

fn sum_97(text: &[u8]) -> Trust {
    // Check digits 00, 01 and 99 cannot come out of the algorithm.
    if text.len() < 5 || matches!(&text[2..4], b"00" | b"01" | b"99") {
        return Trust::Invalid;
    }
    let remainder = text[4..].iter().chain(&text[..4]).fold(0u32, |r, &b| {
        if b.is_ascii_digit() {
            (r * 10 + u32::from(b - b'0')) % 97
        } else {
            (r * 100 + u32::from(b - b'A') + 10) % 97
        }
    });
    trust(remainder == 1)
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_printed_example_passes_and_a_changed_digit_fails() {
        for check in ["iban-structure", "mod97"] {
            assert_eq!(judge(check, "", "GB82 WEST 1234 5698 7654 32"), Trust::Valid, "{check}");
        }
        assert_eq!(judge("mod97", "", "GB82 WEST 1234 5698 7654 33"), Trust::Invalid);
    }

    #[test]
    fn a_creditor_s_business_code_is_left_out() {
        assert_eq!(judge("sepa-creditor", "", "DE98ZZZ09999999999"), Trust::Valid);
        assert_eq!(judge("sepa-creditor", "", "DE98ABC09999999999"), Trust::Valid);
        assert_eq!(judge("sepa-creditor", "", "DE97ZZZ09999999999"), Trust::Invalid);
    }

    #[test]
    fn a_wrong_length_or_an_unknown_country_has_no_structure() {
        assert_eq!(judge("iban-structure", "", "GB82 WEST 1234 5698 7654 3"), Trust::Invalid);
        assert_eq!(judge("iban-structure", "", "ZZ82 WEST 1234 5698 7654 32"), Trust::Invalid);
    }
}
