//! Calendar dates, as people in the United Kingdom write them.

use std::time::{SystemTime, UNIX_EPOCH};

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::window::lower;
use super::{digits, trust};

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Day {
    pub(crate) year: u32,
    pub(crate) month: u32,
    pub(crate) day: u32,
}

struct Date {
    min_year: u32,
    past: bool,
}

/// Parameters: `min-year` (default 1900); `past = true`, to say no to days after today.
pub(crate) fn date(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Date {
        min_year: p.size("min-year", 1900)?.try_into().unwrap_or(1900),
        past: p.flag("past")?,
    };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Date {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some(day) = parse(candidate.value) else { return Trust::Invalid };
        trust(day.year >= self.min_year && (!self.past || day <= today()))
    }
}

struct NotADate {
    doubt: bool,
}

/// Invalid where the digits are a day of the calendar: ddmmyy, yymmdd, ddmmyyyy or yyyymmdd.
/// With `doubt = true` it is unknown then: many true values are days of the calendar as well.
pub(crate) fn not_a_date(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = NotADate { doubt: p.flag("doubt")? };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for NotADate {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let d: Vec<u32> = digits(candidate.value).iter().map(|&d| u32::from(d)).collect();
        let two = |at: usize| d[at] * 10 + d[at + 1];
        let is_date = match d.len() {
            6 => real(2000 + two(4), two(2), two(0)) || real(2000 + two(0), two(2), two(4)),
            8 => {
                let near = |year: u32| (1900..=2099).contains(&year);
                let late = two(4) * 100 + two(6);
                let early = two(0) * 100 + two(2);
                (near(late) && real(late, two(2), two(0)))
                    || (near(early) && real(early, two(4), two(6)))
            }
            _ => false,
        };
        match is_date {
            true if self.doubt => Trust::Unknown,
            is_date => trust(!is_date),
        }
    }
}

/// Reads `12-05-1960`, `17/06/38`, `22 April 1965`, `16th December 2004`, `1972-06-03`,
/// `12051960`, `19600512`. Day before month, unless the year comes first.
pub(crate) fn parse(text: &[u8]) -> Option<Day> {
    let text = lower(text);
    let parts: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|p| !p.is_empty() && *p != "of")
        .collect();
    let (day, month, year) = match parts[..] {
        [all] if all.len() == 8 && all.bytes().all(|b| b.is_ascii_digit()) => {
            let (day, month, year) = (number(&all[..2])?, number(&all[2..4])?, number(&all[4..])?);
            // `19601205`, as programs write it: `1960` is no day and month, `1205` no year.
            if real(year, month, day) && year >= 1300 {
                (day, month, year)
            } else {
                (number(&all[6..])?, number(&all[4..6])?, number(&all[..4])?)
            }
        }
        // `10JUN1979`, as airlines write it.
        [all] => {
            let (day, rest) = all.split_at(all.find(|c: char| c.is_ascii_alphabetic())?);
            let (month, year) = rest.split_at(rest.find(|c: char| c.is_ascii_digit())?);
            // `04MAR31` says when a passport ends.
            let year = Some(year).filter(|year| year.len() == 4)?;
            (day_of(day)?, month_name(month)?, year_of(year)?)
        }
        [year, month, day] if year.len() == 4 && number(year).is_some() => {
            (number(day)?, month_of(month)?, number(year)?)
        }
        [month, day, year] if month_name(month).is_some() => {
            (day_of(day)?, month_name(month)?, year_of(year)?)
        }
        [day, month, year] => (day_of(day)?, month_of(month)?, year_of(year)?),
        _ => return None,
    };
    real(year, month, day).then_some(Day { year, month, day })
}

fn number(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn day_of(text: &str) -> Option<u32> {
    let bare = ["st", "nd", "rd", "th"].iter().find_map(|end| text.strip_suffix(end));
    number(bare.unwrap_or(text))
}

fn month_of(text: &str) -> Option<u32> {
    number(text).or_else(|| month_name(text))
}

fn month_name(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let fits =
        |m: &str| text.len() >= 3 && m.starts_with(text) || (text == "sept" && m.starts_with(text));
    MONTHS.iter().position(|m| fits(m)).map(|i| i as u32 + 1)
}

/// Two digits are the last such year that has begun.
fn year_of(text: &str) -> Option<u32> {
    let year = number(text)?;
    match text.len() {
        4 => Some(year),
        2 if year <= this_year() % 100 => Some(this_year() / 100 * 100 + year),
        2 => Some(this_year() / 100 * 100 - 100 + year),
        _ => None,
    }
}

pub(crate) fn real(year: u32, month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day)
}

/// How many days a month has.
pub(crate) fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The year now, by the machine's clock.
pub(crate) fn this_year() -> u32 {
    today().year
}

pub(crate) fn today() -> Day {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    civil((seconds / 86_400) as u32)
}

/// The calendar day so many days after 1 January 1970.
fn civil(days: u32) -> Day {
    let (mut year, mut left) = (1970, days);
    loop {
        let length = if days_in_month(year, 2) == 29 { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let mut month = 1;
    while left >= days_in_month(year, month) {
        left -= days_in_month(year, month);
        month += 1;
    }
    Day { year, month, day: left + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validators::testing::judge;

    #[test]
    fn dates_are_read_as_people_write_them() {
        let day = |year, month, day| Some(Day { year, month, day });
        assert_eq!(parse(b"12-05-1960"), day(1960, 5, 12));
        assert_eq!(parse(b"17/06/38"), day(1938, 6, 17));
        assert_eq!(parse(b"22 April 1965"), day(1965, 4, 22));
        assert_eq!(parse(b"16th December 2004"), day(2004, 12, 16));
        assert_eq!(parse(b"1972-06-03"), day(1972, 6, 3));
        assert_eq!(parse(b"May 5, 1980"), day(1980, 5, 5));
        assert_eq!(parse(b"31/02/1980"), None);
        assert_eq!(parse(b"29/02/2001"), None);
    }

    #[test]
    fn nobody_was_born_tomorrow() {
        assert_eq!(judge("date", "past = true", "01/01/2999"), Trust::Invalid);
        assert_eq!(judge("date", "past = true", "01/01/1999"), Trust::Valid);
    }

    #[test]
    fn digits_that_are_a_date_are_told() {
        assert_eq!(judge("not-a-date", "", "24-12-25"), Trust::Invalid);
        assert_eq!(judge("not-a-date", "", "20241101"), Trust::Invalid);
        assert_eq!(judge("not-a-date", "", "60-83-70"), Trust::Valid);
        assert_eq!(judge("not-a-date", "", "66374958"), Trust::Valid);
    }

    #[test]
    fn days_are_counted_from_the_epoch() {
        assert_eq!(civil(0), Day { year: 1970, month: 1, day: 1 });
        assert_eq!(civil(20_779), Day { year: 2026, month: 11, day: 22 });
    }
}
