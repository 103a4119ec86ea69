//! ISO 7064 check characters, and Verhoeff's digit.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::symbols::Part;
use super::{alphanumerics, digits, trust};

#[derive(Clone, Copy)]
enum System {
    /// `mod m, m-1`: each character is carried through both moduli.
    Hybrid(u32),
    /// `mod m, 2`: powers of two.
    Pure(u32),
}

struct Iso7064 {
    system: System,
    part: Part,
}

/// Parameters: `system`: `"11,10"`, `"37,36"`, `"11,2"` or `"37,2"`; and `length`, `skip`,
/// `first`, `last`, `without`, see [`Part::read`].
pub(crate) fn iso7064(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let system = match p.text("system")? {
        Some("11,10") => System::Hybrid(10),
        Some("37,36") => System::Hybrid(36),
        Some("11,2") => System::Pure(11),
        Some("37,2") => System::Pure(37),
        _ => return Err("`system` is \"11,10\", \"37,36\", \"11,2\" or \"37,2\"".into()),
    };
    let made = Iso7064 { system, part: Part::read(&p)? };
    p.done()?;
    Ok(Box::new(made))
}

impl Validator for Iso7064 {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some(text) = self.part.of(alphanumerics(candidate.value)) else {
            return Trust::Unknown;
        };
        let Some((&check, body)) = text.split_last() else { return Trust::Invalid };
        let value = |b: u8| match b {
            b'0'..=b'9' => u32::from(b - b'0'),
            _ => u32::from(b - b'A') + 10,
        };
        trust(match self.system {
            System::Hybrid(base) => {
                let carried = text[..body.len()].iter().try_fold(base, |carry, &b| {
                    let sum = (carry + value(b)) % base;
                    (value(b) < base).then(|| (if sum == 0 { base } else { sum } * 2) % (base + 1))
                });
                value(check) < base
                    && carried.is_some_and(|carry| (carry + value(check)) % base == 1)
            }
            System::Pure(modulus) => {
                let sum = body.iter().fold(0, |sum, &b| (sum + value(b)) * 2 % modulus);
                let last = match (check, modulus) {
                    (b'X', 11) => 10,
                    (b'*', 37) => 36,
                    _ => value(check),
                };
                (sum + last) % modulus == 1
            }
        })
    }
}

struct Verhoeff {
    part: Part,
}

/// Verhoeff's check digit (J. Verhoeff, Error Detecting Decimal Codes, 1969), the last one.
/// Parameters: `length`, `skip`, `first`, `last`, `without`, see [`Part::read`].
pub(crate) fn verhoeff(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let made = Verhoeff { part: Part::read(&p)? };
    p.done()?;
    Ok(Box::new(made))
}

impl Validator for Verhoeff {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some(digits) = self.part.of(digits(candidate.value)) else { return Trust::Unknown };
        let state = digits
            .iter()
            .rev()
            .enumerate()
            .fold(0, |state, (place, &digit)| dihedral(state, permuted(digit, place)));
        trust(digits.len() > 1 && state == 0)
    }
}

/// Multiplication in the dihedral group of ten elements.
fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Verhoeff's permutation, applied as often as the digit's place says.
fn permuted(digit: u8, place: usize) -> u8 {
    const STEP: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    (0..place % 8).fold(digit, |d, _| STEP[usize::from(d)])
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_four_systems_agree_with_published_numbers() {
        assert_eq!(judge("iso7064", "system = '11,10'", "36574261809"), Trust::Valid);
        assert_eq!(judge("iso7064", "system = '11,10'", "36574261808"), Trust::Invalid);
        assert_eq!(judge("iso7064", "system = '11,2'", "0000-0002-1825-0097"), Trust::Valid);
        assert_eq!(judge("iso7064", "system = '11,2'", "0000-0001-5109-3700"), Trust::Valid);
        assert_eq!(judge("iso7064", "system = '11,2'", "0000-0002-1825-0098"), Trust::Invalid);
        assert_eq!(judge("iso7064", "system = '37,36'", "A12425GABC1234002M"), Trust::Valid);
        assert_eq!(judge("iso7064", "system = '37,36'", "A12425GABC1234002N"), Trust::Invalid);
    }

    #[test]
    fn verhoeffs_own_example_passes_and_a_swap_fails() {
        assert_eq!(judge("verhoeff", "", "2363"), Trust::Valid);
        assert_eq!(judge("verhoeff", "", "2336"), Trust::Invalid);
        assert_eq!(judge("verhoeff", "", "234123412346"), Trust::Valid);
    }
}
