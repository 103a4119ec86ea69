//! The day of birth that many national numbers begin with.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::date::real;
use super::parameters::Parameters;
use super::symbols::Part;
use super::{alphanumerics, trust};

struct DateDigits {
    layout: Vec<u8>,
    months: Vec<u32>,
    days: Vec<u32>,
    unknown: bool,
    part: Part,
}

/// Parameters:
/// * `layout`: what each letter or digit is: `Y` of the year, `M` of the month, `D` of the day,
///   `.` something else; the rest of the number is not looked at;
/// * `months`, `days`: what may have been added to the month or the day, for the century, the sex
///   or the kind of number; default `[0]`;
/// * `unknown = true`: a month or day of 00 is allowed;
/// * `length`, `skip`, `first`, `last`, `without`: see [`Part::read`].
pub(crate) fn date_digits(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let layout = p.text("layout")?.unwrap_or_default().as_bytes().to_vec();
    if layout.is_empty() || layout.iter().any(|b| !b"YMD.".contains(b)) {
        return Err("`layout = \"YYMMDD\"` is missing, or holds something else".into());
    }
    let offsets = |key| -> Result<Vec<u32>, String> {
        let mut list: Vec<u32> =
            p.integers(key)?.into_iter().filter_map(|n| u32::try_from(n).ok()).collect();
        if list.is_empty() {
            list.push(0);
        }
        Ok(list)
    };
    let made = DateDigits {
        layout,
        months: offsets("months")?,
        days: offsets("days")?,
        unknown: p.flag("unknown")?,
        part: Part::read(&p)?,
    };
    p.done()?;
    Ok(Box::new(made))
}

impl Validator for DateDigits {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some(text) = self.part.of(alphanumerics(candidate.value)) else {
            return Trust::Unknown;
        };
        let read = |wanted: u8| -> Option<(u32, usize)> {
            let mut places = 0;
            let mut number = 0;
            for (place, _) in self.layout.iter().enumerate().filter(|(_, l)| **l == wanted) {
                let byte = *text.get(place)?;
                number = number * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
                places += 1;
            }
            Some((number, places))
        };
        let (Some((year, width)), Some((month, _)), Some((day, _))) =
            (read(b'Y'), read(b'M'), read(b'D'))
        else {
            return Trust::Invalid;
        };
        // Of a year without its century only the leap day depends on it, and 2000 had one.
        let year = match width {
            4 => year,
            3 if year < 800 => 2000 + year,
            3 => 1000 + year,
            _ => 2000 + year,
        };
        trust(self.months.iter().any(|m| {
            self.days.iter().any(|d| {
                let (Some(month), Some(day)) = (month.checked_sub(*m), day.checked_sub(*d)) else {
                    return false;
                };
                let or_one = |n: u32| if self.unknown { n.max(1) } else { n };
                real(year, or_one(month), or_one(day))
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_day_must_be_one_of_the_calendar() {
        let fnr = "layout = 'DDMMYY'\ndays = [0, 40]";
        assert_eq!(judge("date-digits", fnr, "151086 95088"), Trust::Valid);
        assert_eq!(judge("date-digits", fnr, "551086 95088"), Trust::Valid);
        assert_eq!(judge("date-digits", fnr, "351086 95088"), Trust::Invalid);
        assert_eq!(judge("date-digits", fnr, "300286 95088"), Trust::Invalid);
    }

    #[test]
    fn the_month_may_tell_the_century() {
        let pesel = "layout = 'YYMMDD'\nmonths = [0, 20, 40, 60, 80]";
        assert_eq!(judge("date-digits", pesel, "02270803628"), Trust::Valid);
        assert_eq!(judge("date-digits", pesel, "02170803628"), Trust::Invalid);
    }

    #[test]
    fn unknown_days_are_allowed_where_the_file_says_so() {
        assert_eq!(judge("date-digits", "layout = 'YYMMDD'", "850000"), Trust::Invalid);
        assert_eq!(
            judge("date-digits", "layout = 'YYMMDD'\nunknown = true", "850000"),
            Trust::Valid
        );
    }
}
