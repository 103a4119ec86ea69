//! Values that nobody would take for a word: for places where no mark parts a label from its value.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::characters;
use super::{plain_check, trust};

/// A word and the figures behind it have at least so many of these.
const FIGURES: usize = 2;

plain_check! {
    /// Letters and figures, and beside them a sign that passwords have and names of files, versions
    /// and people have not, or letters of both sizes and more than one figure.
    clear_secret => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let text = characters(candidate.value);
    let value = text.trim_end_matches(['.', ',', ';', ')', ':']);
    let any = |of: fn(&char) -> bool| value.chars().any(|c| of(&c));
    // Paths, calls, mail addresses, assignments.
    if value.len() < 8 || any(|c| "/\\()[]{}<>:;,=|`@_".contains(*c)) {
        return Trust::Invalid;
    }
    let figures = value.chars().filter(char::is_ascii_digit).count();
    let letters = any(|c| c.is_alphabetic());
    let sign = any(|c| "!?$%#".contains(*c));
    let both = any(|c| c.is_lowercase()) && any(|c| c.is_uppercase());
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric());
    let placeholder = value.starts_with(['$', '%', '#', '&', '*', '?', '+', '-', '.', '~']);
    trust(letters && !placeholder && (sign && figures > 0 || both && plain && figures >= FIGURES))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn only_what_cannot_be_a_word_is_clearly_a_secret() {
        for value in ["Rosie2024!", "CharlieMonkey12", "penguin.summer1!", "1GklgZSEPC!31"] {
            assert_eq!(judge("clear-secret", "", value), Trust::Valid, "{value}");
        }
        for value in [
            "greengrass",
            "12345678",
            "v12.4.1-rc3",
            "ISO27001:2022",
            "user_2024",
            "/srv/Hall26!",
            "ann@hall26.example",
            "FcChar16*",
            "memchr2+SWAR",
            "$VAR2024",
            "f(Hall26)",
            "Kirkham-26",
        ] {
            assert_eq!(judge("clear-secret", "", value), Trust::Invalid, "{value}");
        }
    }
}
