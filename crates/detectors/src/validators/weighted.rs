//! Weighted sums modulo a number, told by data: most national numbers are this and nothing else.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::{digits, trust};

/// Where the check digit stands.
#[derive(Clone, Copy, PartialEq)]
enum Check {
    First,
    Last,
    /// Nowhere: the weights cover every digit and the whole sum must be 0.
    Sum,
}

struct WeightedMod {
    weights: Vec<i64>,
    modulus: i64,
    check: Check,
    table: Option<Vec<u8>>,
    offsets: Vec<i64>,
    first: Option<usize>,
    last: Option<usize>,
}

/// Parameters:
/// * `weights`: one a digit, from the left, without the check digit;
/// * `modulus`;
/// * `check`: `"last"` (default), `"first"`, or `"sum"` where weights cover all digits and the
///   sum, with one of `offsets` added, must be 0;
/// * `table`: the check digit for each remainder, `-` where there is none; default the remainder;
/// * `offsets`: default `[0]`;
/// * `first`, `last`: judge only so many digits from the left, or from the right.
pub(crate) fn weighted_mod(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let modulus = p.required_integer("modulus")?;
    let weights = p.integers("weights")?;
    if weights.is_empty() || modulus < 2 {
        return Err("`weights` may not be empty and `modulus` must be 2 or more".into());
    }
    let check = match p.text("check")?.unwrap_or("last") {
        "last" => Check::Last,
        "first" => Check::First,
        "sum" => Check::Sum,
        other => return Err(format!("`check` is first, last or sum, not \"{other}\"")),
    };
    let lookup = p.text("table")?.map(|t| t.as_bytes().to_vec());
    if lookup.as_ref().is_some_and(|t| t.len() as i64 != modulus) {
        return Err("`table` needs one character for each remainder".into());
    }
    let mut offsets = p.integers("offsets")?;
    if offsets.is_empty() {
        offsets.push(0);
    }
    let first = p.integer("first")?.and_then(|n| usize::try_from(n).ok());
    let last = p.integer("last")?.and_then(|n| usize::try_from(n).ok());
    p.done()?;
    Ok(Box::new(WeightedMod { weights, modulus, check, table: lookup, offsets, first, last }))
}

impl Validator for WeightedMod {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let mut digits = digits(candidate.value);
        if let Some(last) = self.last
            && digits.len() > last
        {
            digits.drain(..digits.len() - last);
        }
        digits.truncate(self.first.unwrap_or(usize::MAX));
        let (body, check) = match self.check {
            Check::Sum => (&digits[..], None),
            _ if digits.is_empty() => return Trust::Invalid,
            Check::First => (&digits[1..], Some(digits[0])),
            Check::Last => (&digits[..digits.len() - 1], digits.last().copied()),
        };
        if body.len() != self.weights.len() {
            return Trust::Invalid;
        }
        let sum: i64 = body.iter().zip(&self.weights).map(|(&d, w)| i64::from(d) * w).sum();
        let Some(check) = check else {
            return trust(self.offsets.iter().any(|o| (sum + o).rem_euclid(self.modulus) == 0));
        };
        let remainder = sum.rem_euclid(self.modulus) as usize;
        trust(match &self.table {
            Some(table) => table[remainder] == check + b'0',
            None => remainder == usize::from(check),
        })
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
    fn wrong_parameters_are_told_in_words() {
        let wrong: toml::Table =
            toml::from_str("weights = [1]\nmodulus = 11\ntable = '1'").unwrap();
        let error = crate::checks().make("weighted-mod", &wrong).err().unwrap();
        assert!(error.contains("remainder"), "{error}");
    }
}
