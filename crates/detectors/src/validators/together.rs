//! Phrases that only count in company.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::trust;
use super::window::{after, before, lower};

struct Together {
    phrases: Vec<String>,
    least: usize,
    reach: usize,
}

/// Parameters: `phrases`, in small letters; `least`, how many different ones must stand within
/// `reach` bytes of the value, itself included; only the first of them is reported.
pub(crate) fn together(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Together {
        phrases: p.texts("phrases")?,
        least: p.size("least", 2)?,
        reach: p.size("reach", 300)?.min(super::window::REACH),
    };
    if check.phrases.len() < check.least {
        return Err("`phrases` lists fewer phrases than `least` asks for".into());
    }
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Together {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let front = lower(before(candidate, self.reach));
        if self.phrases.iter().any(|p| holds(&front, p)) {
            return Trust::Invalid;
        }
        let own = lower(candidate.value);
        let around = own + &lower(after(candidate, self.reach));
        // `account number` and `account no` are one and the same where both match.
        let mut spans: Vec<(usize, usize)> = self
            .phrases
            .iter()
            .filter_map(|p| find(&around, p).map(|at| (at, at + p.len())))
            .collect();
        spans.sort_unstable();
        let mut count = 0;
        let mut end = 0;
        for (from, to) in spans {
            if from >= end {
                count += 1;
            }
            end = end.max(to);
        }
        trust(count >= self.least)
    }
}

fn holds(text: &str, phrase: &str) -> bool {
    find(text, phrase).is_some()
}

/// Where a phrase stands as whole words.
fn find(text: &str, phrase: &str) -> Option<usize> {
    let word = |c: char| c.is_alphanumeric();
    text.match_indices(phrase).map(|(at, _)| at).find(|&at| {
        !text[..at].ends_with(word)
            && !text[at + phrase.len()..].trim_start_matches('s').starts_with(word)
    })
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    const LIST: &str = "phrases = ['sort code', 'account number', 'payee']\nleast = 3";

    #[test]
    fn the_first_of_enough_phrases_counts() {
        let judge = |text, value| judge_in("together", LIST, text, value);
        let text = "Sort code, account numbers and payee";
        assert_eq!(judge(text, "Sort code"), Trust::Valid);
        assert_eq!(judge(text, "payee"), Trust::Invalid);
        assert_eq!(judge("Sort code and payee", "Sort code"), Trust::Invalid);
        assert_eq!(judge("resort codes, account number, payee", "resort code"), Trust::Invalid);
    }
}
