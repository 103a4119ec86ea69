//! Weighted sums modulo a number, told by data: most national numbers are this and nothing else.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::symbols::{Part, Symbols, characters};
use super::{Gathered, trust};

/// Where the check character stands.
#[derive(Clone, Copy, PartialEq)]
enum Check {
    Last,
    At(usize),
    /// Nowhere: the weights cover every character and the whole sum must be 0.
    Sum,
}

/// What becomes of a weight times a value before it is added.
#[derive(Clone, Copy, PartialEq)]
enum Fold {
    None,
    /// The sum of its decimal digits.
    Digits,
    /// Less nine where it was multiplied and is more than nine: the same for digits, not for
    /// letters.
    Nine,
}

struct WeightedMod {
    weights: Vec<i64>,
    modulus: i64,
    check: Check,
    digits: usize,
    table: Option<Vec<u8>>,
    again: Vec<i64>,
    again_table: Option<Vec<u8>>,
    offsets: Vec<i64>,
    fold: Fold,
    right: bool,
    part: Part,
    symbols: Option<Symbols>,
}

/// Parameters:
/// * `weights`: one a character, from the left, without the check character;
/// * `modulus`;
/// * `check`: `"last"` (default), `"first"`, the check character's place from 0, or `"sum"` where
///   weights cover all characters and the sum, with one of `offsets` added, must be 0;
/// * `table`: the check character for each remainder, `-` where there is none; default the
///   remainder;
/// * `digits`: so many check digits at the end are a number of their own, the remainder; one too
///   long for them loses its first digits;
/// * `again`, `again-table`: weights and table to use where the first table has none;
/// * `offsets`: added to the sum; any of them will do; default `[0]`;
/// * `fold`: `"digits"`, to add the decimal digits of each product, or `"nine"`, to take nine off
///   a multiple above nine;
/// * `align = "right"`: the last weight is the last character's, and a shorter number uses fewer;
/// * `values`: see [`Symbols::read`]; `length`, `skip`, `first`, `last`, `without`: see
///   [`Part::read`].
pub(crate) fn weighted_mod(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let modulus = p.required_integer("modulus")?;
    let weights = p.integers("weights")?;
    if weights.is_empty() || modulus < 2 {
        return Err("`weights` may not be empty and `modulus` must be 2 or more".into());
    }
    let check = match p.place("check")? {
        Some(place) => Check::At(place),
        None => match p.text("check")?.unwrap_or("last") {
            "last" => Check::Last,
            "first" => Check::At(0),
            "sum" => Check::Sum,
            other => {
                return Err(format!("`check` is first, last, sum or a place, not \"{other}\""));
            }
        },
    };
    let lookup = |key| -> Result<Option<Vec<u8>>, String> {
        let lookup = p.text(key)?.map(|t| t.as_bytes().to_vec());
        match lookup.as_ref().is_some_and(|t| t.len() as i64 != modulus) {
            true => Err(format!("`{key}` needs one character for each remainder")),
            false => Ok(lookup),
        }
    };
    let mut offsets = p.integers("offsets")?;
    if offsets.is_empty() {
        offsets.push(0);
    }
    let fold = match p.text("fold")? {
        None => Fold::None,
        Some("digits") => Fold::Digits,
        Some("nine") => Fold::Nine,
        Some(other) => return Err(format!("`fold` is digits or nine, not \"{other}\"")),
    };
    let right = match p.text("align")?.unwrap_or("left") {
        "left" => false,
        "right" => true,
        other => return Err(format!("`align` is left or right, not \"{other}\"")),
    };
    let made = WeightedMod {
        weights,
        modulus,
        check,
        digits: p.size("digits", 1)?.clamp(1, 9),
        table: lookup("table")?,
        again: p.integers("again")?,
        again_table: lookup("again-table")?,
        offsets,
        fold,
        right,
        part: Part::read(&p)?,
        symbols: Symbols::read(&p)?,
    };
    p.done()?;
    Ok(Box::new(made))
}

impl WeightedMod {
    /// The value of a character, by its place in the whole part.
    fn value(&self, place: usize, character: u8) -> Option<i64> {
        match &self.symbols {
            Some(symbols) => symbols.value(place, character),
            None => Some(i64::from(character - b'0')),
        }
    }

    /// The weighted sum of all characters but the check character; `None` where there are more
    /// or fewer than weights, or one that has no value.
    fn sum(&self, text: &[u8], check: Option<usize>, weights: &[i64]) -> Option<i64> {
        let count = text.len() - usize::from(check.is_some());
        let weights = match self.right {
            true => &weights[weights.len().checked_sub(count)?..],
            false => weights,
        };
        if count != weights.len() {
            return None;
        }
        let places = (0..text.len()).filter(|place| Some(*place) != check);
        let mut sum = 0;
        for (place, weight) in places.zip(weights) {
            let product = weight * self.value(place, text[place])?;
            sum += match self.fold {
                Fold::Digits => digit_sum(product),
                Fold::Nine if *weight > 1 && product > 9 => product - 9,
                Fold::None | Fold::Nine => product,
            };
        }
        Some(sum)
    }

    /// Whether the last digits are the remainder of what stands before them.
    fn number_holds(&self, text: &mut Gathered) -> bool {
        let Some(at) = text.len().checked_sub(self.digits) else { return false };
        let check: Gathered = text.drain(at..).collect();
        let wanted = check.iter().fold(0, |n, b| n * 10 + i64::from(b.saturating_sub(b'0')));
        let cut = 10i64.pow(self.digits as u32);
        self.sum(text, None, &self.weights)
            .is_some_and(|sum| sum.rem_euclid(self.modulus) % cut == wanted)
    }

    /// The check character that a remainder asks for: none where the table has none.
    fn asks(&self, table: Option<&Vec<u8>>, remainder: usize) -> Option<u8> {
        match (table, &self.symbols) {
            (Some(table), _) => Some(table[remainder]).filter(|c| *c != b'-'),
            (None, Some(symbols)) => symbols.character(remainder),
            (None, None) => u8::try_from(remainder).ok().filter(|r| *r < 10).map(|r| r + b'0'),
        }
    }
}

fn digit_sum(mut number: i64) -> i64 {
    let mut sum = 0;
    while number > 0 {
        sum += number % 10;
        number /= 10;
    }
    sum
}

impl Validator for WeightedMod {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let text = characters(candidate.value, self.symbols.as_ref());
        let Some(mut text) = self.part.of(text) else { return Trust::Unknown };
        if self.digits > 1 {
            return trust(self.number_holds(&mut text));
        }
        let check = match self.check {
            Check::Sum => None,
            Check::Last => text.len().checked_sub(1),
            Check::At(place) => Some(place),
        };
        if self.check == Check::Sum {
            let Some(sum) = self.sum(&text, None, &self.weights) else { return Trust::Invalid };
            return trust(self.offsets.iter().any(|o| (sum + o).rem_euclid(self.modulus) == 0));
        }
        let Some(&stands) = check.and_then(|place| text.get(place)) else { return Trust::Invalid };
        let Some(sum) = self.sum(&text, check, &self.weights) else { return Trust::Invalid };
        trust(self.offsets.iter().any(|offset| {
            let remainder = (sum + offset).rem_euclid(self.modulus) as usize;
            let mut asked = self.asks(self.table.as_ref(), remainder);
            if asked.is_none()
                && !self.again.is_empty()
                && let Some(sum) = self.sum(&text, check, &self.again)
            {
                let remainder = (sum + offset).rem_euclid(self.modulus) as usize;
                asked = self.asks(self.again_table.as_ref(), remainder);
            }
            asked == Some(stands)
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    const NHS: &str = "weights = [10, 9, 8, 7, 6, 5, 4, 3, 2]\nmodulus = 11\ntable = '0-987654321'";
    const UTR: &str = "weights = [6, 7, 8, 9, 10, 5, 4, 3, 2]\nmodulus = 11\ncheck = 'first'\n\
                       table = '21987654321'\nlast = 10";
    const VAT: &str =
        "weights = [8, 7, 6, 5, 4, 3, 2, 10, 1]\nmodulus = 97\ncheck = 'sum'\noffsets = [0, 55]";

    #[test]
    fn an_nhs_number_ends_in_its_check_digit() {
        assert_eq!(judge("weighted-mod", NHS, "943 476 5919"), Trust::Valid);
        assert_eq!(judge("weighted-mod", NHS, "943 476 5918"), Trust::Invalid);
        assert_eq!(judge("weighted-mod", NHS, "943 476 591"), Trust::Invalid);
    }

    #[test]
    fn a_utr_begins_with_its_check_digit() {
        assert_eq!(judge("weighted-mod", UTR, "2234567890"), Trust::Valid);
        assert_eq!(judge("weighted-mod", UTR, "0006452194352"), Trust::Valid);
        assert_eq!(judge("weighted-mod", UTR, "2955839661"), Trust::Invalid);
    }

    #[test]
    fn a_vat_number_may_be_of_either_series() {
        assert_eq!(judge("weighted-mod", VAT, "980 7806 84"), Trust::Valid);
        assert_eq!(judge("weighted-mod", VAT, "101747696"), Trust::Valid);
        assert_eq!(judge("weighted-mod", VAT, "802311781"), Trust::Invalid);
    }

    #[test]
    fn a_check_character_may_be_a_letter_and_stand_anywhere() {
        let upn = "weights = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]\nmodulus = 23\n\
                   check = 'first'\ntable = 'ABCDEFGHJKLMNPQRTUVWXYZ'\n\
                   values = '0A 1B 2C 3D 4E 5F 6G 7H 8J 9K L M N P Q R T U V W X Y Z'";
        assert_eq!(judge("weighted-mod", upn, "B801200005001"), Trust::Valid);
        assert_eq!(judge("weighted-mod", upn, "C801200005001"), Trust::Invalid);
        let vin = "weights = [8, 7, 6, 5, 4, 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2]\nmodulus = 11\n\
                   check = 8\ntable = '0123456789X'\n\
                   values = '0 1AJ 2BKS 3CLT 4DMU 5ENV 6FW 7GPX 8HY 9RZ'";
        assert_eq!(judge("weighted-mod", vin, "1M8GDM9AXKP042788"), Trust::Valid);
        assert_eq!(judge("weighted-mod", vin, "1M8GDM9A1KP042788"), Trust::Invalid);
    }

    #[test]
    fn other_weights_are_used_where_the_first_give_no_digit() {
        let ee = "weights = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]\nmodulus = 11\ntable = '0123456789-'\n\
                  again = [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]\nagain-table = '01234567890'";
        assert_eq!(judge("weighted-mod", ee, "36805280109"), Trust::Valid);
        assert_eq!(judge("weighted-mod", ee, "36805280108"), Trust::Invalid);
    }

    #[test]
    fn numbers_of_another_length_are_left_to_other_checks() {
        let ten = format!("{NHS}\nlength = 10");
        assert_eq!(judge("weighted-mod", &ten, "943 476 591"), Trust::Unknown);
        let rut = "weights = [3, 2, 7, 6, 5, 4, 3, 2]\nmodulus = 11\nalign = 'right'\n\
                   table = '0K987654321'\nvalues = '0123456789K'";
        assert_eq!(judge("weighted-mod", rut, "12.531.909-2"), Trust::Valid);
        assert_eq!(judge("weighted-mod", rut, "2.531.909-2"), Trust::Invalid);
    }

    #[test]
    fn two_check_digits_are_a_number_of_their_own() {
        let snils = "weights = [9, 8, 7, 6, 5, 4, 3, 2, 1]\nmodulus = 101\ndigits = 2";
        assert_eq!(judge("weighted-mod", snils, "112-233-445 95"), Trust::Valid);
        assert_eq!(judge("weighted-mod", snils, "112-233-445 96"), Trust::Invalid);
    }

    #[test]
    fn wrong_parameters_are_told_in_words() {
        let wrong: toml::Table =
            toml::from_str("weights = [1]\nmodulus = 11\ntable = '1'").unwrap();
        let error = crate::checks().make("weighted-mod", &wrong).err().unwrap();
        assert!(error.contains("remainder"), "{error}");
    }
}
