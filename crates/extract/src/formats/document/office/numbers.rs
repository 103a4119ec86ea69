//! Numbers as a person sees them in a sheet: dates, leading zeros, and every digit.

/// How a cell's number is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// As the number it is.
    Plain,
    /// As a date, with the time of day if that is shown.
    Date { time: bool },
    /// As a time of day.
    Time,
    /// Digits put into a pattern of `0`, `#` and literal signs: `00-00-00`.
    Digits(Vec<Sign>),
}

/// One sign of a digit pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A digit, `0` if there is none left.
    Zero,
    /// A digit, nothing if there is none left.
    Hash,
    /// The character itself.
    Literal(char),
}

impl Format {
    /// The built-in format of this number (ECMA-376 part 1, 18.8.30).
    pub(super) fn builtin(id: u64) -> Format {
        match id {
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Format::Date { time: false },
            22 => Format::Date { time: true },
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Format::Time,
            _ => Format::Plain,
        }
    }

    /// The format a code such as `dd/mm/yyyy` or `00\-00\-00` asks for.
    pub(super) fn parse(code: &str) -> Format {
        let mut signs = Vec::new();
        let (mut date, mut hour, mut month, mut other) = (false, false, false, false);
        let mut chars = code.chars();
        while let Some(c) = chars.next() {
            match c {
                ';' => break,
                '"' => signs.extend(chars.by_ref().take_while(|&c| c != '"').map(Sign::Literal)),
                '\\' => signs.extend(chars.next().map(Sign::Literal)),
                '[' => {
                    let inside: String = chars.by_ref().take_while(|&c| c != ']').collect();
                    hour |= matches!(inside.to_ascii_lowercase().trim_matches(['h', 'm', 's']), "");
                }
                '_' | '*' => drop(chars.next()),
                '0' => signs.push(Sign::Zero),
                '#' => signs.push(Sign::Hash),
                '-' | ' ' | '(' | ')' | '+' | '/' => signs.push(Sign::Literal(c)),
                'y' | 'Y' | 'd' | 'D' => date = true,
                'h' | 'H' | 's' | 'S' => hour = true,
                'm' | 'M' => month = true,
                'G' if chars.as_str().starts_with("eneral") => return Format::Plain,
                _ => other = true,
            }
        }
        if date || month && !hour {
            return Format::Date { time: hour };
        }
        if hour {
            return Format::Time;
        }
        let digits = signs.iter().filter(|s| !matches!(s, Sign::Literal(_))).count();
        if other || digits < 2 || !signs.contains(&Sign::Zero) && digits == signs.len() {
            return Format::Plain;
        }
        Format::Digits(signs)
    }

    /// A stored number as it is shown.
    pub(super) fn show(&self, stored: &str, from_1904: bool) -> String {
        let stored = stored.trim();
        let Ok(number) = stored.parse::<f64>() else { return stored.to_owned() };
        match self {
            Format::Date { time } => date(number, *time, from_1904),
            Format::Time => Some(clock(number)),
            Format::Digits(signs) => patterned(signs, number),
            Format::Plain => None,
        }
        .unwrap_or_else(|| plain(stored, number))
    }
}

/// All digits, no exponent: a card number must not become `4.111E+15`.
pub(super) fn plain(stored: &str, number: f64) -> String {
    if stored.bytes().all(|b| b.is_ascii_digit()) || !number.is_finite() {
        return stored.to_owned();
    }
    if number.fract() == 0.0 && number.abs() < 1e22 {
        return format!("{number:.0}");
    }
    // A sheet calculates with 15 digits; what lies behind them is noise.
    let rounded = format!("{number:.14e}").parse().unwrap_or(number);
    let shown = format!("{rounded}");
    if shown.len() > 40 { stored.to_owned() } else { shown }
}

fn patterned(signs: &[Sign], number: f64) -> Option<String> {
    if number < 0.0 || number.fract() != 0.0 || number >= 1e16 {
        return None;
    }
    let digits = format!("{number:.0}");
    let mut left = digits.chars().rev();
    let mut out = Vec::new();
    let places = signs.iter().filter(|s| !matches!(s, Sign::Literal(_))).count();
    let mut seen = 0;
    for sign in signs.iter().rev() {
        match sign {
            Sign::Literal(c) => out.push(*c),
            _ => {
                seen += 1;
                match left.next() {
                    Some(c) => out.push(c),
                    None if *sign == Sign::Zero => out.push('0'),
                    None => {}
                }
                if seen == places {
                    // More digits than places: the first place takes them all.
                    out.extend(left.by_ref());
                }
            }
        }
    }
    Some(out.iter().rev().collect())
}

/// The day of a serial number, as dd/mm/yyyy.
fn date(serial: f64, time: bool, from_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    let mut days = serial.floor() as i64;
    if from_1904 {
        days += 1462;
    } else if days < 60 {
        // The 29 February 1900 that never was.
        days += 1;
    }
    let (year, month, day) = civil(days - 25_569);
    let mut out = format!("{day:02}/{month:02}/{year:04}");
    if time && serial.fract() > 0.0 {
        out.push(' ');
        out += &clock(serial);
    }
    Some(out)
}

fn clock(serial: f64) -> String {
    let seconds = (serial.fract().abs() * 86_400.0).round() as u64 % 86_400;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if s == 0 { format!("{h:02}:{m:02}") } else { format!("{h:02}:{m:02}:{s:02}") }
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted in years that begin in March, so that the leap day comes last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Column from 0 and row of a cell's name, `D14`.
pub(super) fn cell_name(name: &str) -> Option<(u32, u64)> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = name.split_at(digits);
    if letters.is_empty() || letters.len() > 4 {
        return None;
    }
    let mut column = 0u32;
    for c in letters.bytes() {
        let c = c.to_ascii_uppercase();
        if !c.is_ascii_uppercase() {
            return None;
        }
        column = column * 26 + u32::from(c - b'A') + 1;
    }
    Some((column - 1, row.parse().ok().filter(|&r| r > 0)?))
}

/// Column 0 is `A`.
pub(super) fn letters(column: u32) -> String {
    let mut n = u64::from(column) + 1;
    let mut out = Vec::new();
    while n > 0 {
        n -= 1;
        out.push(b'A' + (n % 26) as u8);
        n /= 26;
    }
    out.iter().rev().map(|&b| b as char).collect()
}

/// What `"41"&"11"` comes to; nothing if the formula is more than joined text.
pub(super) fn joined_literals(formula: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = formula.trim_ascii();
    while let Some(after) = rest.strip_prefix(b"\"") {
        let Some(end) = memchr::memchr(b'"', after) else { return Vec::new() };
        out.extend_from_slice(&after[..end]);
        rest = after[end + 1..].trim_ascii_start();
        match rest.split_first() {
            None => return out,
            Some((b'&', next)) => rest = next.trim_ascii_start(),
            // A doubled quote stands for one.
            Some((b'"', _)) => out.push(b'"'),
            Some(_) => return Vec::new(),
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, stored: &str) -> String {
        Format::parse(code).show(stored, false)
    }

    #[test]
    fn a_long_number_keeps_all_its_digits() {
        assert_eq!(shown("General", "4.111111111111111E+15"), "4111111111111111");
        assert_eq!(shown("0.00E+00", "12345678"), "12345678");
        assert_eq!(shown("#,##0.00", "12.300000000000001"), "12.3");
        assert_eq!(shown("General", "-0.1"), "-0.1");
    }

    #[test]
    fn digit_patterns_show_what_the_reader_saw() {
        assert_eq!(shown("00000000", "12345"), "00012345");
        assert_eq!(shown(r"00\-00\-00", "90128"), "09-01-28");
        assert_eq!(shown("0000 0000 0000 0000", "4111111111111111"), "4111 1111 1111 1111");
        assert_eq!(shown("(000) 000-0000", "12025550123"), "(1202) 555-0123");
    }

    #[test]
    fn dates_come_out_day_first() {
        assert_eq!(shown("dd/mm/yyyy", "29221"), "01/01/1980");
        assert_eq!(shown("[$-809]d mmmm yyyy;@", "44620.75"), "28/02/2022");
        assert_eq!(shown("dd/mm/yyyy hh:mm", "44620.75"), "28/02/2022 18:00");
        assert_eq!(Format::builtin(14).show("1", false), "01/01/1900");
        assert_eq!(Format::builtin(14).show("0", true), "01/01/1904");
        assert_eq!(shown("[h]:mm", "0.5"), "12:00");
    }

    #[test]
    fn cell_names_are_read() {
        assert_eq!(cell_name("A1"), Some((0, 1)));
        assert_eq!(cell_name("xfd1048576"), Some((16_383, 1_048_576)));
        assert_eq!(cell_name("14"), None);
        assert_eq!(cell_name("A0"), None);
    }

    #[test]
    fn joined_text_of_a_formula_is_put_together() {
        assert_eq!(joined_literals(br#""41"&"11" & "1111""#), b"41111111");
        assert_eq!(joined_literals(br#"A1&"11""#), b"");
    }
}
