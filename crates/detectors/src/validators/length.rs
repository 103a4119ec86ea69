//! How many digits a value has.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::trust;

struct Digits {
    min: usize,
    max: usize,
}

/// Parameters: `min` and `max`.
pub(crate) fn digits(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Digits { min: p.size("min", 0)?, max: p.size("max", usize::MAX)? };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Digits {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let count = candidate.value.iter().filter(|b| b.is_ascii_digit()).count();
        trust((self.min..=self.max).contains(&count))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn digits_are_counted_whatever_lies_between() {
        assert_eq!(judge("digits", "min = 8\nmax = 8", "3670 9451"), Trust::Valid);
        assert_eq!(judge("digits", "min = 8\nmax = 8", "3670 945"), Trust::Invalid);
    }
}
