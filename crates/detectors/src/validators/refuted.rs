//! A number the text itself calls wrong, or something else.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::trust;
use super::window::{after, before, lower, own_line};

struct NotRefuted {
    phrases: Vec<String>,
}

/// Parameter `phrases`: words which, in the rest of the value's own sentence, say that it is not
/// a true one ("was returned as invalid").
pub(crate) fn not_refuted(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let phrases = p.texts("phrases")?;
    if phrases.is_empty() {
        return Err("`phrases = [\"was returned as invalid\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(NotRefuted { phrases }))
}

impl Validator for NotRefuted {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let line = own_line(candidate);
        let room = line.end.saturating_sub(candidate.span.end).min(120);
        let rest = lower(after(candidate, room));
        let sentence = rest.split(". ").next().unwrap_or_default();
        trust(!self.phrases.iter().any(|p| sentence.contains(p.as_str())))
    }
}

struct NotAfter {
    phrases: Vec<String>,
    reach: usize,
}

/// Parameters: `phrases`, words which, before the value on its own line, say that it is something
/// else (`council tax account`); `reach`, how many bytes before it they may stand (default 60).
pub(crate) fn not_after(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = NotAfter { phrases: p.texts("phrases")?, reach: p.size("reach", 60)? };
    if check.phrases.is_empty() {
        return Err("`phrases = [\"council tax account\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for NotAfter {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let line = own_line(candidate);
        let room = candidate.span.start.saturating_sub(line.start).min(self.reach);
        let front = lower(before(candidate, room));
        trust(!self.phrases.iter().any(|p| front.contains(p.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn only_the_same_sentence_counts() {
        let judge = |text| judge_in("not-refuted", "phrases = ['was returned']", text, "12345678");
        assert_eq!(judge("Account 12345678 was returned as invalid."), Trust::Invalid);
        assert_eq!(judge("Account 12345678. The form was returned."), Trust::Valid);
    }
}
