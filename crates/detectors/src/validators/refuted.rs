//! A number the text itself calls wrong, or something else.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::phrases::Phrases;
use super::trust;
use super::window::{after, before, own_line};
use crate::tables::{REFUTING_LABELS, REFUTING_PHRASES};
use crate::words::Words;

struct NotRefuted {
    after: Phrases,
    before: Phrases,
}

/// Invalid where the rest of the value's own sentence says that it is not a true one
/// (`… was returned as invalid`), or its line does so before it (`Rejected: …`). The words stand in
/// `refuting-phrases.txt` and `refuting-labels.txt`; parameter `phrases`: words after the value in
/// place of all of those.
pub(crate) fn not_refuted(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let own = p.texts("phrases")?;
    p.done()?;
    let (after, before) = match own.is_empty() {
        true => (listed(&REFUTING_PHRASES), listed(&REFUTING_LABELS)),
        false => (own, Vec::new()),
    };
    Ok(Box::new(NotRefuted { after: Phrases::new(after), before: Phrases::new(before) }))
}

fn listed(words: &Words) -> Vec<String> {
    words.iter().map(str::to_owned).collect()
}

impl Validator for NotRefuted {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let line = own_line(candidate);
        let room = line.end.saturating_sub(candidate.span.end).min(120);
        let rest = after(candidate, room);
        let end = rest.windows(2).position(|w| w == b". ").unwrap_or(rest.len());
        let room = candidate.span.start.saturating_sub(line.start).min(60);
        trust(!self.after.any_in(&rest[..end]) && !self.before.any_in(before(candidate, room)))
    }
}

struct NotAfter {
    phrases: Phrases,
    reach: usize,
}

/// Parameters: `phrases`, words which, before the value on its own line, say that it is something
/// else (`council tax account`); `reach`, how many bytes before it they may stand (default 60).
pub(crate) fn not_after(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let phrases = Phrases::new(p.texts("phrases")?);
    let check = NotAfter { phrases, reach: p.size("reach", 60)? };
    if check.phrases.count() == 0 {
        return Err("`phrases = [\"council tax account\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for NotAfter {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let line = own_line(candidate);
        let room = candidate.span.start.saturating_sub(line.start).min(self.reach);
        trust(!self.phrases.any_begun_in(before(candidate, room)))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn only_the_same_sentence_counts() {
        let judge = |text| judge_in("not-refuted", "", text, "12345678");
        assert_eq!(judge("Account 12345678 was returned as invalid."), Trust::Invalid);
        assert_eq!(judge("Account 12345678. The form was rejected."), Trust::Valid);
        assert_eq!(judge("Rejected: 12345678"), Trust::Invalid);
        assert_eq!(judge("Pay the refund into 12345678"), Trust::Valid);
    }

    #[test]
    fn a_phrase_against_it_begins_with_a_word() {
        let judge = |text| judge_in("not-after", "phrases = ['rent account']", text, "12345678");
        assert_eq!(judge("Rent account 12345678"), Trust::Invalid);
        assert_eq!(judge("Current account 12345678"), Trust::Valid);
    }
}
