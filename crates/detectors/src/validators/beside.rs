//! Two numbers close together, in the form of a bank's, beside a word about banks.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::phrases::Phrases;
use super::window::{after, before};

/// The two numbers and what stands between them are no longer than this.
const CLOSE: usize = 30;
/// A word stands at most so many bytes before them, or behind them.
const REACH: (usize, usize) = (80, 20);

struct Beside {
    phrases: Phrases,
}

/// Valid where the first number is written with its marks (`20-45-87`), the second is close, and one
/// of the `phrases` stands right beside them: six and eight figures in a row are too often something
/// else for words like `bank` to tell, and names of banks are towns and birds too.
pub(crate) fn beside(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Beside { phrases: Phrases::new(p.texts("phrases")?) };
    if check.phrases.count() == 0 {
        return Err("`phrases = [\"my bank\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Beside {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let marked = matches!(candidate.value.get(2), Some(b'-' | b' ' | b'.'));
        if !marked || candidate.span.len() > CLOSE {
            return Trust::Unknown;
        }
        let near = [before(candidate, REACH.0), after(candidate, REACH.1)];
        match near.into_iter().any(|text| self.phrases.any_word_in(text)) {
            true => Trust::Valid,
            false => Trust::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn only_the_form_of_a_pair_beside_the_word_counts() {
        let judge = |text, value| judge_in("beside", "phrases = [\"bank\", \"tsb\"]", text, value);
        assert_eq!(judge("My bank: 20-45-87 66374958", "20-45-87 66374958"), Trust::Valid);
        assert_eq!(judge("20-45-87 / 66374958 (TSB)", "20-45-87 / 66374958"), Trust::Valid);
        assert_eq!(judge("The bank 204587 66374958", "204587 66374958"), Trust::Unknown);
        assert_eq!(judge("Embankment 20-45-87 66374958", "20-45-87 66374958"), Trust::Unknown);
    }
}
