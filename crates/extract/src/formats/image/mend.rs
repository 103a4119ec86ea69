//! Numbers that were read nearly right. A reading loses the space between two groups of digits, or
//! takes a digit for the letter that looks like it; where what is left can only be one kind of
//! number, that number was meant.

/// The shapes of numbers, `D` a digit and `A` a capital letter, in the groups they are written in.
const SHAPES: &[&str] = &[
    // Payment cards (ISO/IEC 7812), as they are embossed.
    "DDDD DDDD DDDD DDDD",
    "DDDD DDDDDD DDDDD",
    // National Insurance number (HMRC NIM39110).
    "AA DD DD DD A",
    // IBAN of the United Kingdom (ISO 13616).
    "AADD AAAA DDDD DDDD DDDD DD",
    // NHS number (NHS Data Dictionary).
    "DDD DDD DDDD",
    // Sort code and account number.
    "DD-DD-DD",
    "DDDDDDDD",
];

/// More characters than this that were taken for others, and it is something else.
const MOST_TAKEN: usize = 2;

/// The text with its numbers mended; `None` where there is nothing to mend.
pub(super) fn mend(text: &str) -> Option<String> {
    let tokens: Vec<&str> = text.split(' ').collect();
    let mut out: Vec<String> = Vec::new();
    let mut mended = false;
    let mut at = 0;
    while at < tokens.len() {
        match SHAPES.iter().find_map(|shape| fit(&tokens[at..], shape)) {
            Some((number, used)) => {
                mended |= number != tokens[at..at + used].join(" ");
                out.push(number);
                at += used;
            }
            None => {
                out.push(tokens[at].to_owned());
                at += 1;
            }
        }
    }
    mended.then(|| out.join(" "))
}

/// The number of this shape that the first tokens are, and how many of them. A token may be several
/// groups, and no less than one.
fn fit(tokens: &[&str], shape: &str) -> Option<(String, usize)> {
    let mut number = String::with_capacity(shape.len());
    let mut taken = 0;
    let mut used = 0;
    let mut read = "".chars();
    for wanted in shape.chars() {
        if wanted == ' ' {
            number.push(' ');
            continue;
        }
        // A new token may only begin where a group does.
        if read.as_str().is_empty() {
            let begins = number.is_empty() || number.ends_with(' ');
            read = tokens.get(used).filter(|_| begins)?.chars();
            used += 1;
        }
        let c = read.next()?;
        let meant = match wanted {
            'D' if c.is_ascii_digit() => c,
            'A' if c.is_ascii_uppercase() => c,
            'D' => digit(c)?,
            'A' => letter(c)?,
            _ if c == wanted => c,
            _ => return None,
        };
        taken += usize::from(meant != c);
        number.push(meant);
    }
    let closed = read.as_str().chars().all(|c| matches!(c, '.' | ',' | ';' | ':' | ')'));
    if !closed || taken > MOST_TAKEN {
        return None;
    }
    // Written in one piece, it stays so.
    if used == 1 {
        number.retain(|c| c != ' ');
    }
    number.push_str(read.as_str());
    Some((number, used))
}

/// The digit that is taken for a letter.
fn digit(c: char) -> Option<char> {
    Some(match c {
        'O' | 'o' | 'Q' | 'D' => '0',
        'I' | 'l' | 'i' | '|' | ']' | '[' => '1',
        'Z' | 'z' => '2',
        'S' | 's' => '5',
        'G' | 'b' => '6',
        'B' => '8',
        'g' | 'q' => '9',
        _ => return None,
    })
}

/// The letter that is taken for a digit or for its own small form.
fn letter(c: char) -> Option<char> {
    Some(match c {
        '0' => 'O',
        '1' | '|' => 'I',
        '2' => 'Z',
        '5' => 'S',
        '8' => 'B',
        'c' | 'o' | 's' | 'v' | 'w' | 'x' | 'z' => c.to_ascii_uppercase(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_lost_a_space_or_a_digit_are_mended() {
        for (read, meant) in [
            ("Card number 411111111111 1111", "Card number 4111 1111 1111 1111"),
            ("4111 1111 llll 1111", "4111 1111 llll 1111"),
            ("4111 l111 1111 1I11", "4111 1111 1111 1111"),
            ("Alex CE 12 3456C", "Alex CE 12 34 56 C"),
            ("CE1234S6C.", "CE123456C."),
            ("GB29 NWBK 6O16 1331 9268 19", "GB29 NWBK 6016 1331 9268 19"),
            ("NHS 943476 5919,", "NHS 943 476 5919,"),
            ("O8-99-99 6637495B", "08-99-99 66374958"),
        ] {
            assert_eq!(mend(read).as_deref().unwrap_or(read), meant);
        }
    }

    #[test]
    fn what_was_read_well_or_is_no_number_stays() {
        for text in [
            "4111 1111 1111 1111",
            "4111111111111111",
            "UTR 5883368601",
            "20 00 00 55779911",
            "SOLD IS BOOK BILL",
            "CE 12 34 56 C",
            "BOOKLIST",
            "",
        ] {
            assert_eq!(mend(text), None, "{text}");
        }
    }
}
