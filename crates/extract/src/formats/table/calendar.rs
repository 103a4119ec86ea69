//! Days as dates of the calendar.

/// The day on which a moment fell, so many seconds since 1970. The time of day tells nobody apart.
pub(crate) fn seconds(since: i64) -> String {
    date(since.div_euclid(86_400))
}

/// A day since 1970 as year, month and day, of the calendar of today throughout (H. Hinnant's
/// `civil_from_days`).
pub(crate) fn date(day: i64) -> String {
    let shifted = day.clamp(-4_000_000, 4_000_000) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let moved = (5 * of_year + 2) / 153;
    let day = of_year - (153 * moved + 2) / 5 + 1;
    let month = if moved < 10 { moved + 3 } else { moved - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(date(5_604), "1985-05-06");
    }
}
