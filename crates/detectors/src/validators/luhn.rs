//! The Luhn check (ISO/IEC 7812-1, annex B), for digits and for other alphabets.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::symbols::{Part, Symbols, characters};
use super::trust;

struct Luhn {
    prefix: Vec<u8>,
    expand: bool,
    part: Part,
    symbols: Option<Symbols>,
}

/// Every second character from the right doubled, the digits of each product summed in the base
/// of the alphabet, modulo that base. Parameters:
/// * `prefix`: digits put before the number;
/// * `expand = true`: letters are first written as the numbers 10 to 35;
/// * `values`: the alphabet, see [`Symbols::read`]; `length`, `skip`, `first`, `last`, `without`:
///   see [`Part::read`].
pub(crate) fn luhn(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let made = Luhn {
        prefix: p.text("prefix")?.unwrap_or_default().as_bytes().to_vec(),
        expand: p.flag("expand")?,
        part: Part::read(&p)?,
        symbols: Symbols::read(&p)?,
    };
    p.done()?;
    Ok(Box::new(made))
}

impl Luhn {
    fn values(&self, value: &[u8]) -> Option<Option<Vec<usize>>> {
        if self.expand {
            let text = self.part.of(super::alphanumerics(value))?;
            let mut digits = Vec::new();
            for b in text {
                match b {
                    b'0'..=b'9' => digits.push(usize::from(b - b'0')),
                    _ => {
                        digits.extend([usize::from(b - b'A' + 10) / 10, usize::from(b - b'A') % 10])
                    }
                }
            }
            return Some(Some(digits));
        }
        let text = self.part.of(characters(value, self.symbols.as_ref()))?;
        let text = self.prefix.iter().chain(&text);
        Some(match &self.symbols {
            None => Some(text.map(|b| usize::from(b - b'0')).collect()),
            Some(symbols) => text
                .enumerate()
                .map(|(i, b)| symbols.value(i, *b).and_then(|v| usize::try_from(v).ok()))
                .collect(),
        })
    }
}

impl Validator for Luhn {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let base = self.symbols.as_ref().map_or(10, Symbols::base);
        match self.values(candidate.value) {
            None => Trust::Unknown,
            Some(None) => Trust::Invalid,
            Some(Some(values)) => trust(holds(&values, base)),
        }
    }
}

/// Whether the check digit of these is right, in a base.
pub(super) fn holds(values: &[usize], base: usize) -> bool {
    values.len() > 1 && sum(values, base).is_multiple_of(base)
}

fn sum(values: &[usize], base: usize) -> usize {
    let folded = |(i, &v): (usize, &usize)| match i % 2 {
        0 => v,
        _ => 2 * v / base + 2 * v % base,
    };
    values.iter().rev().enumerate().map(folded).sum()
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

    #[test]
    fn letters_count_in_their_own_base_or_written_out() {
        let gstin = "values = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'";
        assert_eq!(judge("luhn", gstin, "27AAPFU0939F1ZV"), Trust::Valid);
        assert_eq!(judge("luhn", gstin, "27AAPFU0939F1ZW"), Trust::Invalid);
        assert_eq!(judge("luhn", "expand = true", "US0378331005"), Trust::Valid);
        assert_eq!(judge("luhn", "expand = true", "US0378331006"), Trust::Invalid);
    }

    #[test]
    fn a_prefix_may_belong_to_it() {
        assert_eq!(judge("luhn", "prefix = '80840'", "1234567893"), Trust::Valid);
        assert_eq!(judge("luhn", "prefix = '80840'", "1234567894"), Trust::Invalid);
    }
}
