//! Would somebody guess this password, and does it stand for one account only?

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;
use zxcvbn::{Score, zxcvbn};

use super::parameters::Parameters;
use super::trust;
use super::window::{REACH, before, lower, words};

struct Weak {
    most: Score,
    own: Vec<String>,
}

/// Longer ones are not told apart any more: as many characters, whatever they are, are strong
/// enough, and the estimate's cost grows with their cube.
const LONGEST: usize = 40;

/// A user's name stands at most so many bytes before the password.
const NEAR: usize = 60;
/// A shorter word before the password is no name.
const SHORTEST_NAME: usize = 4;

/// Parameters: `most`, the highest strength that is still weak, from 0 (too guessable) to 4 (very
/// unguessable), as zxcvbn counts; `words`, what an outsider would try first. What stands right before
/// the password, such as its user, is tried too. A password that is the value of another line, too,
/// opens more than one account.
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
        let near = lower(before(candidate, NEAR));
        let mut own: Vec<&str> = self.own.iter().map(String::as_str).collect();
        own.extend(words(&near).filter(|word| word.chars().count() >= SHORTEST_NAME));
        trust(zxcvbn(value, &own).score() <= self.most || is_used_again(candidate, value))
    }
}

/// Whether a password is the value of another line, too. A line that is the same over again, as in a
/// mail that quotes another, is none.
fn is_used_again(candidate: &Candidate<'_>, value: &str) -> bool {
    let from = candidate.span.start.saturating_sub(REACH);
    let to = candidate.text.len().min(candidate.span.end + REACH);
    let text = &candidate.text[from..to];
    let unquoted = |at: usize| {
        let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |i| i + 1);
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i);
        lower(text[start..end].trim_ascii()).trim_start_matches(['>', ' ', '|']).to_owned()
    };
    let own = candidate.span.start - from;
    let own_line = unquoted(own);
    let is_value = |at: usize| {
        let front = text[..at].trim_ascii_end();
        let led =
            front.last().is_some_and(|b| b",;|:=\"'".contains(b)) || text[..at].ends_with(b"\t");
        led && text.get(at + value.len()).is_none_or(|b| b",;|\"'\t\r\n".contains(b))
    };
    memchr::memmem::find_iter(text, value)
        .any(|at| at != own && is_value(at) && unquoted(at) != own_line)
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
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

    #[test]
    fn a_name_with_figures_after_it_is_weak_for_its_owner() {
        let judge = |text| judge_in("weak-password", "", text, "Wolstenholme27x");
        assert_eq!(judge("Username: wolstenholme\nPassword: Wolstenholme27x"), Trust::Valid);
        assert_eq!(judge("Username: ashworth\nPassword: Wolstenholme27x"), Trust::Invalid);
    }

    #[test]
    fn a_password_of_two_accounts_is_weak_and_one_that_is_quoted_is_not() {
        let judge = |text| judge_in("weak-password", "", text, "xK9vQ2mLp7Rt");
        assert_eq!(judge("ann,xK9vQ2mLp7Rt\nbob,xK9vQ2mLp7Rt\n"), Trust::Valid);
        assert_eq!(judge("Bank: xK9vQ2mLp7Rt\nMail: xK9vQ2mLp7Rt\n"), Trust::Valid);
        assert_eq!(judge("Mail: xK9vQ2mLp7Rt\n\n> Mail: xK9vQ2mLp7Rt\n"), Trust::Invalid);
        assert_eq!(judge("Mail: xK9vQ2mLp7Rt\nType xK9vQ2mLp7Rt to begin.\n"), Trust::Invalid);
    }
}
