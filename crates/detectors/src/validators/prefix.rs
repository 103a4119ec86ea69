//! What a number may begin with.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::window::before;
use super::{alphanumerics, trust};

struct NotPrefix(Vec<Vec<u8>>);

/// Parameter `list`: letters and digits the value may not begin with, upper case.
pub(crate) fn not_prefix(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let list = p.texts("list")?.into_iter().map(String::into_bytes).collect();
    p.done()?;
    Ok(Box::new(NotPrefix(list)))
}

impl Validator for NotPrefix {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let value = alphanumerics(candidate.value);
        trust(!self.0.iter().any(|prefix| value.starts_with(prefix)))
    }
}

struct WholePrefix(Vec<u8>);

/// Parameter `prefix`: letters that may stand before the value, as those of its country. Invalid
/// where they are the end of other letters (`XCZ 25123891`).
pub(crate) fn whole_prefix(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let prefix = p.text("prefix")?.ok_or("`prefix = \"CZ\"` is missing")?.as_bytes().to_vec();
    p.done()?;
    Ok(Box::new(WholePrefix(prefix)))
}

impl Validator for WholePrefix {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let front = before(candidate, self.0.len() + 2);
        let front = front.strip_suffix(b" ").unwrap_or(front);
        let part = front
            .strip_suffix(&self.0[..])
            .is_some_and(|rest| rest.last().is_some_and(u8::is_ascii_alphabetic));
        trust(!part)
    }
}

struct Leading {
    ranges: Vec<(Vec<u8>, Vec<u8>)>,
    skip: usize,
}

/// Parameters: `ranges`, the first digits the value may have, as `"400-499"` or `"6011"`; `skip`,
/// characters at the start that are not looked at.
pub(crate) fn leading(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let mut ranges = Vec::new();
    for text in p.texts("ranges")? {
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        if from.len() != to.len() || from > to || from.is_empty() {
            return Err(format!("\"{text}\" is not a range such as \"400-499\""));
        }
        ranges.push((from.as_bytes().to_vec(), to.as_bytes().to_vec()));
    }
    if ranges.is_empty() {
        return Err("`ranges = [\"400-499\"]` is missing".into());
    }
    let skip = p.size("skip", 0)?;
    p.done()?;
    Ok(Box::new(Leading { ranges, skip }))
}

impl Validator for Leading {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let value = alphanumerics(candidate.value);
        let value = value.get(self.skip..).unwrap_or_default();
        trust(self.ranges.iter().any(|(from, to)| {
            value.get(..from.len()).is_some_and(|lead| lead >= &from[..] && lead <= &to[..])
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;

    #[test]
    fn prefixes_never_issued_are_refused_in_any_case() {
        let list = "list = ['BG', 'GB']";
        assert_eq!(judge("not-prefix", list, "bg 12 34 56 a"), Trust::Invalid);
        assert_eq!(judge("not-prefix", list, "AB123456C"), Trust::Valid);
    }

    #[test]
    fn a_countrys_letters_may_not_be_the_end_of_others() {
        let judge = |text| judge_in("whole-prefix", "prefix = 'CZ'", text, "25123891");
        assert_eq!(judge("XCZ 25123891"), Trust::Invalid);
        assert_eq!(judge("CZ 25123891"), Trust::Valid);
        assert_eq!(judge("CZ25123891"), Trust::Valid);
        assert_eq!(judge("no. 25123891"), Trust::Valid);
    }

    #[test]
    fn ranges_hold_at_both_ends() {
        let ranges = "ranges = ['400-499', '600-799']";
        assert_eq!(judge("leading", ranges, "400 000 0000"), Trust::Valid);
        assert_eq!(judge("leading", ranges, "799 000 0000"), Trust::Valid);
        assert_eq!(judge("leading", ranges, "800 000 0000"), Trust::Invalid);
        let third = "ranges = ['7']\nskip = 2";
        assert_eq!(judge("leading", third, "12 7"), Trust::Valid);
        assert_eq!(judge("leading", third, "7"), Trust::Invalid);
    }
}
