//! Filler: one digit over and over, or digits in a row.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::{digits, trust};

struct Varied {
    distinct: usize,
    runs: bool,
    skip: usize,
    first: usize,
    repeated: Vec<i64>,
}

/// Parameters: `distinct`, the least number of different digits (default 2); `runs = true`, to
/// say no to digits that only count up or down; `skip`, digits at the start that are not looked
/// at; `first`, how many after them are; `repeated`, how often one digit, and only one, must stand
/// among them, the others at most once.
pub(crate) fn varied(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Varied {
        distinct: p.size("distinct", 2)?,
        runs: p.flag("runs")?,
        skip: p.size("skip", 0)?,
        first: p.size("first", usize::MAX)?,
        repeated: p.integers("repeated")?,
    };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Varied {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let digits = digits(candidate.value);
        let body = digits.get(self.skip..).unwrap_or_default();
        let body = &body[..body.len().min(self.first)];
        if !self.repeated.is_empty() {
            let often = |digit: &u8| body.iter().filter(|d| *d == digit).count() as i64;
            let mut more = (0..10).map(|digit| often(&digit)).filter(|n| *n > 1);
            let one = more.next().is_some_and(|n| self.repeated.contains(&n));
            if !one || more.next().is_some() {
                return Trust::Invalid;
            }
        }
        let seen = body.iter().fold(0u16, |seen, d| seen | 1 << d);
        if (seen.count_ones() as usize) < self.distinct {
            return Trust::Invalid;
        }
        let step = |by: u8| body.windows(2).all(|w| (w[0] + by) % 10 == w[1]);
        trust(!(self.runs && body.len() > 2 && (step(1) || step(9))))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn filler_is_told_from_numbers() {
        assert_eq!(judge("varied", "", "00000000"), Trust::Invalid);
        assert_eq!(judge("varied", "runs = true", "1234567890123456"), Trust::Invalid);
        assert_eq!(judge("varied", "runs = true", "87654321"), Trust::Invalid);
        assert_eq!(judge("varied", "runs = true", "66374958"), Trust::Valid);
        let idnr = "first = 10\nrepeated = [2, 3]";
        assert_eq!(judge("varied", idnr, "36574261809"), Trust::Valid);
        assert_eq!(judge("varied", idnr, "12345678909"), Trust::Invalid);
    }
}
