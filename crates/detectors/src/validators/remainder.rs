//! The remainder of a whole number, told by data: the checks that are no weighted sum.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::symbols::Part;
use super::{Gathered, alphanumerics, trust};

struct NumberMod {
    modulus: u64,
    digits: usize,
    table: Option<Vec<u8>>,
    minus: Option<u64>,
    then: Option<u64>,
    zero: Option<u64>,
    remainder: Option<u64>,
    prefixes: Vec<Vec<u8>>,
    suffix: Vec<u8>,
    replace: Vec<(Vec<u8>, Vec<u8>)>,
    rotate: usize,
    letters: bool,
    parts: Vec<(String, usize)>,
    part: Part,
}

/// The number is read from the left, its last characters are the check. Parameters:
/// * `modulus`;
/// * `digits`: how many check digits stand at the end (default 1), or `table`: the check
///   character for each remainder; or `remainder`: what the whole number must leave, with no
///   check digits of its own;
/// * what is done to the remainder, in this order: `zero` stands for 0; `minus`, it is taken from
///   this; `then`, only what that leaves of it counts;
/// * `prefixes`: digits to put before the number; any of them will do; `suffix`: digits to put
///   after it;
/// * `replace`: texts and what to read instead, `["2A", "19"]`, one after the other;
/// * `rotate`: so many characters go from the start to the end;
/// * `letters = true`: letters count as 10 to 35, as in an IBAN;
/// * `parts`: named groups of the pattern to read instead of the value, and how many digits to
///   fill them up to with zeros: `["year:2", "serial:7"]`; the check is then the group `check`;
/// * `length`, `skip`, `first`, `last`, `without`: see [`Part::read`].
pub(crate) fn number_mod(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let modulus = p.size("modulus", 0)? as u64;
    if !(2..1 << 32).contains(&modulus) {
        return Err("`modulus` must be 2 or more".into());
    }
    let lookup = p.text("table")?.map(|t| t.as_bytes().to_vec());
    if lookup.as_ref().is_some_and(|t| t.len() as u64 != modulus) {
        return Err("`table` needs one character for each remainder".into());
    }
    let number = |key| -> Result<Option<u64>, String> {
        Ok(p.integer(key)?.and_then(|n| u64::try_from(n).ok()))
    };
    let pairs = p.texts("replace")?;
    if pairs.len() % 2 == 1 {
        return Err("`replace` is a list of pairs: [\"2A\", \"19\"]".into());
    }
    let bytes = |text: &String| text.as_bytes().to_vec();
    let mut parts = Vec::new();
    for text in p.texts("parts")? {
        let Some((name, width)) =
            text.split_once(':').and_then(|(n, w)| Some((n, w.parse().ok()?)))
        else {
            return Err(format!("\"{text}\" is not a group and its width, such as \"year:2\""));
        };
        parts.push((name.to_owned(), width));
    }
    let mut prefixes: Vec<Vec<u8>> = p.texts("prefixes")?.iter().map(bytes).collect();
    if prefixes.is_empty() {
        prefixes.push(Vec::new());
    }
    let made = NumberMod {
        modulus,
        digits: p.size("digits", 1)?.min(9),
        table: lookup,
        minus: number("minus")?,
        then: number("then")?.filter(|n| *n > 0),
        zero: number("zero")?,
        remainder: number("remainder")?,
        prefixes,
        suffix: p.text("suffix")?.unwrap_or_default().as_bytes().to_vec(),
        replace: pairs.chunks_exact(2).map(|pair| (bytes(&pair[0]), bytes(&pair[1]))).collect(),
        rotate: p.size("rotate", 0)?,
        letters: p.flag("letters")?,
        parts,
        part: Part::read(&p)?,
    };
    p.done()?;
    Ok(Box::new(made))
}

impl NumberMod {
    /// The number and its check, as characters.
    fn read(&self, candidate: &Candidate<'_>) -> Option<(Gathered, Gathered)> {
        if !self.parts.is_empty() {
            let mut body = Gathered::new();
            for (name, width) in &self.parts {
                let group = candidate.group(name)?;
                body.resize(body.len() + width.saturating_sub(group.len()), b'0');
                body.extend_from_slice(group);
            }
            return Some((body, candidate.group("check")?.to_ascii_uppercase().into()));
        }
        let mut text = self.part.of(alphanumerics(candidate.value))?;
        for (from, to) in &self.replace {
            if let Some(at) = text.windows(from.len().max(1)).position(|w| w == from) {
                text.drain(at..at + from.len());
                text.insert_from_slice(at, to);
            }
        }
        let rotate = self.rotate.min(text.len());
        text.rotate_left(rotate);
        let digits = match (self.remainder, &self.table) {
            (Some(_), _) => 0,
            (None, Some(_)) => 1,
            (None, None) => self.digits,
        };
        let check = text.drain(text.len().checked_sub(digits)?..).collect();
        Some((text, check))
    }

    fn modulo(&self, number: impl Iterator<Item = u8>) -> Option<u64> {
        let mut remainder = 0;
        for byte in number {
            remainder = match byte {
                b'0'..=b'9' => (remainder * 10 + u64::from(byte - b'0')) % self.modulus,
                _ if self.letters && byte.is_ascii_uppercase() => {
                    (remainder * 100 + u64::from(byte - b'A') + 10) % self.modulus
                }
                _ => return None,
            };
        }
        Some(remainder)
    }

    fn holds(&self, remainder: u64, check: &[u8]) -> bool {
        if let Some(wanted) = self.remainder {
            return remainder == wanted;
        }
        if let Some(table) = &self.table {
            return check == [table[remainder as usize]];
        }
        let mut expected = match remainder {
            0 => self.zero.unwrap_or(0),
            remainder => remainder,
        };
        expected = self.minus.map_or(expected, |minus| minus.saturating_sub(expected));
        expected = self.then.map_or(expected, |then| expected % then);
        let stands = check
            .iter()
            .try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')));
        stands == Some(expected)
    }
}

impl Validator for NumberMod {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some((body, check)) = self.read(candidate) else { return Trust::Unknown };
        if body.is_empty() {
            return Trust::Invalid;
        }
        trust(self.prefixes.iter().any(|prefix| {
            self.modulo(prefix.iter().chain(&body).chain(&self.suffix).copied())
                .is_some_and(|remainder| self.holds(remainder, &check))
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn two_check_digits_may_be_what_is_missing_to_the_modulus() {
        let nn = "modulus = 97\ndigits = 2\nminus = 97\nprefixes = ['', '2']";
        assert_eq!(judge("number-mod", nn, "85.07.30-033 28"), Trust::Valid);
        assert_eq!(judge("number-mod", nn, "17 07 30 033 84"), Trust::Valid);
        assert_eq!(judge("number-mod", nn, "85.07.30-033 29"), Trust::Invalid);
    }

    #[test]
    fn a_remainder_may_stand_for_a_letter() {
        let dni = "modulus = 23\ntable = 'TRWAGMYFPDXBNJZSQVHLCKE'\n\
                   replace = ['X', '0', 'Y', '1', 'Z', '2']";
        assert_eq!(judge("number-mod", dni, "54387017-K"), Trust::Valid);
        assert_eq!(judge("number-mod", dni, "x-2482300w"), Trust::Valid);
        assert_eq!(judge("number-mod", dni, "54387017-L"), Trust::Invalid);
    }

    #[test]
    fn letters_may_count_as_numbers_and_the_start_go_to_the_end() {
        let rf = "modulus = 97\nremainder = 1\nrotate = 4\nletters = true";
        assert_eq!(judge("number-mod", rf, "RF18 5390 0754 7034"), Trust::Valid);
        assert_eq!(judge("number-mod", rf, "RF19 5390 0754 7034"), Trust::Invalid);
    }

    #[test]
    fn letters_where_only_digits_count_are_no_number() {
        assert_eq!(judge("number-mod", "modulus = 97\nremainder = 1", "A1"), Trust::Invalid);
    }
}
