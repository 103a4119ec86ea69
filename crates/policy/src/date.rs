//! Days of the calendar, for what holds only until a date.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar. Later days are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day that exists, from a text such as `2027-03-31`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut pieces = text.split('-');
        let mut number = |digits: usize| {
            let piece = pieces.next().filter(|p| p.len() == digits)?;
            piece.bytes().all(|b| b.is_ascii_digit()).then(|| piece.parse::<u16>().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)? as u8, number(2)? as u8);
        let fits = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        (fits && pieces.next().is_none()).then_some(Date { year, month, day })
    }

    /// The day it is now, by the machine's clock, in UTC.
    pub fn today() -> Date {
        let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
        Date::after_1970(days)
    }

    fn after_1970(mut days: u64) -> Date {
        let mut year = 1970;
        while days >= days_of(year) {
            days -= days_of(year);
            year += 1;
        }
        let mut month = 1;
        while days >= u64::from(days_in(year, month)) {
            days -= u64::from(days_in(year, month));
            month += 1;
        }
        Date { year, month, day: days as u8 + 1 }
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn days_of(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 => 28 + u8::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A date as it was written, with or without quotes: whether there is such a day is asked later,
/// so that the answer can say what is wrong with it.
pub(crate) struct Written(pub(crate) String);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date such as 2027-03-31")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Written, E> {
                Ok(Written(text.to_owned()))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                let date = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Written(date.to_string()))
            }
        }
        from.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        for text in ["2027-03-31", "2028-02-29", "2000-02-29"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["2027-02-29", "2100-02-29", "2027-13-01", "2027-04-31", "2027-00-10", "2027-3-1", ""]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_since_1970_are_counted_as_the_calendar_does() {
        for (days, text) in [(0, "1970-01-01"), (11_016, "2000-02-29"), (20_779, "2026-11-22")] {
            assert_eq!(Date::after_1970(days).to_string(), text);
        }
        assert!(Date::parse("2027-01-01") > Date::parse("2026-12-31"));
    }
}
