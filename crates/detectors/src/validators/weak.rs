//! Would somebody guess this password, and does it stand for one account only?

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;
use zxcvbn::{Score, zxcvbn};

use super::parameters::Parameters;
use super::trust;
use super::window::{REACH, before, lower, words};

struct Weak {
    most: Score,
    /// So short a password is weak whatever it is: zxcvbn counts ten guesses a character at most.
    short: usize,
    own: Vec<String>,
}

/// Longer ones are not told apart any more: as many characters, whatever they are, are strong
/// enough, and the estimate's cost grows with their cube.
const LONGEST: usize = 40;

/// Pieces looked up for one password, readings by length squared. zxcvbn looks up every piece of it in
/// every reading of its signs, and one of nothing but signs has hundreds, which takes a twentieth of a
/// second: whoever sends a page of them would stop a mail filter. Beyond this it is given letters for
/// the signs.
const MOST_TRIED: usize = 2_000;

/// The letters that zxcvbn takes signs for, and those signs (its `L33T_TABLE`).
const SIGNS: [(char, &str); 12] = [
    ('a', "4@"),
    ('b', "8"),
    ('c', "({[<"),
    ('e', "3"),
    ('g', "69"),
    ('i', "1!|"),
    ('t', "+7"),
    ('l', "1|7"),
    ('o', "0"),
    ('s', "$5"),
    ('x', "%"),
    ('z', "2"),
];

/// How many readings there are at most, the plain one and that from behind among them: a letter is
/// read out of one of its signs, and a sign that may be two letters is either.
fn readings(value: &str) -> usize {
    let of_letter = |signs: &str| signs.chars().filter(|sign| value.contains(*sign)).count();
    let choices = SIGNS.iter().map(|(_, signs)| of_letter(signs).max(1)).product::<usize>();
    let either = value.contains(['1', '|', '7']);
    let signs = SIGNS.iter().any(|(_, signs)| value.contains(|c| signs.contains(c)));
    2 + usize::from(signs) * choices * if either { 4 } else { 1 }
}

/// A password with letters for its signs: those that may be two letters are first the one, then the
/// other.
fn plainly(value: &str) -> [String; 2] {
    let letters = |c: char| SIGNS.iter().filter(move |(_, signs)| signs.contains(c));
    let first = |c: char| letters(c).next().map_or(c, |(letter, _)| *letter);
    let last = |c: char| letters(c).next_back().map_or(c, |(letter, _)| *letter);
    [value.chars().map(first).collect(), value.chars().map(last).collect()]
}

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
    let (most, short) = match p.size("most", 2)? {
        0 => (Score::Zero, 3),
        1 => (Score::One, 6),
        2 => (Score::Two, 8),
        3 => (Score::Three, 10),
        _ => return Err("`most` is a strength from 0 to 3; of 4 nothing is weak".into()),
    };
    let check = Weak { most, short, own: p.texts("words")? };
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
        let len = value.chars().count();
        if len > LONGEST {
            return Trust::Invalid;
        }
        if len <= self.short {
            return Trust::Valid;
        }
        let near = lower(before(candidate, NEAR));
        let mut own: Vec<&str> = self.own.iter().map(String::as_str).collect();
        own.extend(words(&near).filter(|word| word.chars().count() >= SHORTEST_NAME));
        let is_weak = |value: &str| zxcvbn(value, &own).score() <= self.most;
        let is_guessed = match readings(value).saturating_mul(len * len) > MOST_TRIED {
            true => plainly(value).iter().any(|plain| is_weak(plain)),
            false => is_weak(value),
        };
        trust(is_guessed || is_used_again(candidate, value))
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
    use super::{plainly, readings};
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;
    use zxcvbn::zxcvbn;

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
    fn a_short_one_is_weak_whatever_it_is() {
        for (most, len) in [(0, 3), (1, 6), (2, 8), (3, 10)] {
            let short: String = "~jQ%xV&9zK".chars().take(len).collect();
            assert!(zxcvbn(&short, &[]).score() as usize <= most, "{short}");
            let judge = |value| judge("weak-password", &format!("most = {most}"), value);
            assert_eq!(judge(&short), Trust::Valid, "{short}");
        }
    }

    #[test]
    fn signs_that_may_be_read_in_hundreds_of_ways_are_read_as_letters() {
        let judge = |value| judge("weak-password", "", value);
        assert_eq!(judge("{0un(1ll!vErp00l"), Trust::Valid);
        assert_eq!(judge("%[075$!6|2<(9143@{+8k"), Trust::Invalid);
        assert!(readings("%[075$!6|2<(9143@{+8k") > 500);
        assert_eq!((readings("violin"), readings("v!0lin"), readings("vio1in")), (2, 3, 6));
        assert_eq!(plainly("p4$$ 17"), ["pass it", "pass ll"]);
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
