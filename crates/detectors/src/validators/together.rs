//! Phrases that only count in company.

use std::ops::{ControlFlow, Range};

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::phrases::Phrases;
use super::trust;
use super::window::{before, begins_with_word, ends_in_word};

struct Together {
    phrases: Phrases,
    least: usize,
    reach: usize,
}

/// Parameters: `phrases`, in small letters; `least`, how many different ones must stand within
/// `reach` bytes of the value, itself included; only the first of them is reported.
pub(crate) fn together(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Together {
        phrases: Phrases::new(p.texts("phrases")?),
        least: p.size("least", 2)?,
        reach: p.size("reach", 300)?.min(super::window::REACH),
    };
    if check.phrases.count() < check.least {
        return Err("`phrases` lists fewer phrases than `least` asks for".into());
    }
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Together {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let front = before(candidate, self.reach);
        let named_before =
            self.phrases.each_in(front, &mut |_, span| match is_word(front, &span) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            });
        if named_before.is_break() {
            return Trust::Invalid;
        }
        let end = candidate.text.len().min(candidate.span.end + self.reach);
        let around = &candidate.text[candidate.span.start..end];
        let mut firsts: Vec<(usize, Range<usize>)> = Vec::new();
        let _ = self.phrases.each_in(around, &mut |number, span| {
            if is_word(around, &span) && firsts.iter().all(|(known, _)| *known != number) {
                firsts.push((number, span));
            }
            ControlFlow::Continue(())
        });
        // `account number` and `account no` are one and the same where both match.
        firsts.sort_unstable_by_key(|(_, span)| (span.start, span.end));
        let mut count = 0;
        let mut end = 0;
        for (_, span) in firsts {
            if span.start >= end {
                count += 1;
            }
            end = end.max(span.end);
        }
        trust(count >= self.least)
    }
}

/// Whether a phrase stands in a text as whole words, or as more than one of them.
fn is_word(text: &[u8], span: &Range<usize>) -> bool {
    let mut after = &text[span.end..];
    while let [b's' | b'S', rest @ ..] = after {
        after = rest;
    }
    !ends_in_word(&text[..span.start]) && !begins_with_word(after)
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
