//! How random a value looks: for secrets that have no form of their own.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::window::{after, before};
use super::{plain_check, trust};

struct Entropy {
    bits: f64,
    hex_bits: f64,
}

/// Parameters, in tenths of a bit a character (Shannon): `bits`, the least; `hex-bits`, the least
/// where the value is hexadecimal (default `bits`).
pub(crate) fn entropy(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let bits = p.size("bits", 30)?;
    let hex_bits = p.size("hex-bits", bits)?;
    p.done()?;
    if bits > 80 {
        return Err("`bits` is in tenths: 35 for 3.5 bits a character".into());
    }
    Ok(Box::new(Entropy { bits: bits as f64 / 10.0, hex_bits: hex_bits as f64 / 10.0 }))
}

impl Validator for Entropy {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let hex = candidate.value.iter().all(u8::is_ascii_hexdigit);
        let least = if hex { self.hex_bits } else { self.bits };
        // Rounding must not decide over a value that is exactly as random as asked.
        trust(shannon(candidate.value) + 1e-9 >= least)
    }
}

/// Bits a byte.
fn shannon(value: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    value.iter().for_each(|&b| counts[usize::from(b)] += 1);
    let all = value.len() as f64;
    let share = |n: &u32| f64::from(*n) / all;
    counts.iter().filter(|n| **n > 0).map(share).map(|p| -p * p.log2()).sum()
}

plain_check! {
    /// Not made of words, not a number for a row or a device (a UUID), not a path.
    no_words => judge_words
}

fn judge_words(candidate: &Candidate<'_>) -> Trust {
    let value = String::from_utf8_lossy(candidate.value);
    let parts: Vec<&str> =
        value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty()).collect();
    let hex = |p: &&str| p.bytes().all(|b| b.is_ascii_hexdigit());
    let uuid = parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(hex);
    // A word has one case, or one capital in front; a random string changes about.
    let word = |p: &&str| {
        let mut turns = p.bytes().skip(1).map(|b| b.is_ascii_uppercase());
        let one_case = turns.clone().all(|u| u) || turns.all(|u| !u);
        p.bytes().all(|b| b.is_ascii_alphabetic()) && one_case
    };
    let letters: usize = parts.iter().filter(|p| word(p)).map(|p| p.len()).sum();
    let all: usize = parts.iter().map(|p| p.len()).sum();
    let camel = parts.len() == 1 && is_camel(parts[0]);
    trust(all > 0 && !uuid && !camel && letters * 2 < all && !is_type(candidate))
}

/// `pub const KeyMask: X509TemplateKeyFlag = 4;`: a name's type, and what it is given.
fn is_type(candidate: &Candidate<'_>) -> bool {
    let value = candidate.value;
    let colon = before(candidate, 2).contains(&b':');
    let hump = value.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    let few = value.iter().filter(|b| b.is_ascii_digit()).count() * 4 <= value.len();
    colon
        && hump
        && few
        && value[0].is_ascii_uppercase()
        && value.iter().all(u8::is_ascii_alphanumeric)
        && after(candidate, 3).starts_with(b" = ")
}

/// `refreshTokenExpiresInSeconds`: words joined by capitals, without a figure.
fn is_camel(text: &str) -> bool {
    let capitals = text.bytes().filter(u8::is_ascii_uppercase).count();
    text.bytes().all(|b| b.is_ascii_alphabetic()) && capitals * 4 <= text.len()
}

plain_check! {
    /// At least five different characters: not filler.
    varied_text => judge_varied
}

fn judge_varied(candidate: &Candidate<'_>) -> Trust {
    let mut seen: Vec<u8> = candidate.value.to_ascii_lowercase();
    seen.sort_unstable();
    seen.dedup();
    trust(seen.len() >= 5 || seen.len() >= candidate.value.len())
}

struct NotStarting {
    words: Vec<String>,
}

/// Parameter `words`: what the value's first word may not be.
pub(crate) fn not_starting(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let words = p.texts("words")?;
    if words.is_empty() {
        return Err("`words = [\"what\", \"which\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(NotStarting { words }))
}

impl Validator for NotStarting {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let first = super::window::words_in(candidate.value).next().unwrap_or_default();
        let first = super::window::lower(first);
        trust(!self.words.contains(&first))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn random_strings_have_more_bits_than_words() {
        let judge = |value| judge("entropy", "bits = 35\nhex-bits = 30", value);
        assert_eq!(judge("9aF3kQ7zLp2XvB8mTnR4sW6y"), Trust::Valid);
        assert_eq!(judge("9f86d081884c7d659a2feaa0"), Trust::Valid);
        assert_eq!(judge("aaaaaaaaaaaaaaaaaaaaaaaa"), Trust::Invalid);
        assert_eq!(judge("abababab-abababab-abab"), Trust::Invalid);
    }

    #[test]
    fn names_of_things_are_words() {
        for words in [
            "configuration.authentication.endpoint",
            "refreshTokenExpiresInSeconds",
            "00000000-1111-2222-3333-444455556666",
        ] {
            assert_eq!(judge("no-words", "", words), Trust::Invalid, "{words}");
        }
        for random in ["T3stK3yW1thEnt0pyAbcdEf", "YmFzZTY0LWVuY29kZWQtc2VjcmV0IQ=="] {
            assert_eq!(judge("no-words", "", random), Trust::Valid, "{random}");
        }
    }

    #[test]
    fn a_type_that_is_given_a_value_is_no_secret() {
        let text = "pub const KeyMask: X509CertTemplateKeyFlag = 4i32;";
        let judge = crate::validators::testing::judge_in;
        assert_eq!(judge("no-words", "", text, "X509CertTemplateKeyFlag"), Trust::Invalid);
    }

    #[test]
    fn filler_has_few_characters_and_questions_begin_like_questions() {
        assert_eq!(judge("varied-text", "", "xxxxxxxxxxxxxxxxxxxx"), Trust::Invalid);
        assert_eq!(judge("varied-text", "", "abc1"), Trust::Valid);
        assert_eq!(judge("not-starting", "words = ['what']", "What was it"), Trust::Invalid);
        assert_eq!(judge("not-starting", "words = ['what']", "Whatley"), Trust::Valid);
    }
}
