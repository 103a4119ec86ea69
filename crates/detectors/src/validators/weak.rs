//! Would somebody guess this password?

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;
use zxcvbn::{Score, zxcvbn};

use super::parameters::Parameters;
use super::trust;

struct Weak {
    most: Score,
    own: Vec<String>,
}

/// Longer ones are not told apart any more: as many characters, whatever they are, are strong
/// enough, and the estimate's cost grows with their cube.
const LONGEST: usize = 40;

/// Parameters: `most`, the highest strength that is still weak, from 0 (too guessable) to 4 (very
/// unguessable), as zxcvbn counts; `words`, what an outsider would try first.
pub(crate) fn password(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let most = match p.size("most", 2)? {
        0 => Score::Zero,
        1 => Score::One,
        2 => Score::Two,
        3 => Score::Three,
        _ => return Err("`most` is a strength from 0 to 3; of 4 nothing is weak".into()),
    };
    let check = Weak { most, own: p.texts("words")? };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Weak {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let text = String::from_utf8_lossy(candidate.value);
        let value = text.trim();
        if value.is_empty() {
            return Trust::Unknown;
        }
        if value.chars().count() > LONGEST {
            return Trust::Invalid;
        }
        let own: Vec<&str> = self.own.iter().map(String::as_str).collect();
        trust(zxcvbn(value, &own).score() <= self.most)
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn what_is_guessed_soon_is_weak() {
        let judge = |value| judge("weak-password", "words = ['townclerk']", value);
        for weak in ["Password1", "12345678", "townclerk1", "Summer25", "qwerty"] {
            assert_eq!(judge(weak), Trust::Valid, "{weak}");
        }
        for strong in ["copper kettle violin 42 marsh", "gG8#kk2!vv4$mm6", "xK9vQ2mLp7Rt5Wz8"] {
            assert_eq!(judge(strong), Trust::Invalid, "{strong}");
        }
        assert_eq!(judge(&"a".repeat(60)), Trust::Invalid);
    }
}
