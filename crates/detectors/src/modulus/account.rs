//! From the numbers people write to those the check works on.

/// A sort code and an account number of eight digits, each digit as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Letters u to z of the specification.
    pub sort_code: [u8; 6],
    /// Letters a to h.
    pub number: [u8; 8],
}

/// The accounts that six digits and six to ten more may stand for; none for other lengths.
/// Account numbers of other lengths than eight are brought to eight as section 2.1.2 of the
/// specification says. Ten digits are read in two ways where the sort code does not tell which
/// bank wrote them.
pub fn accounts(sort_code: &[u8], number: &[u8]) -> Vec<Account> {
    let Ok(sort_code) = <[u8; 6]>::try_from(sort_code) else { return Vec::new() };
    let eight = |digits: &[u8]| {
        <[u8; 8]>::try_from(digits).ok().map(|number| Account { sort_code, number })
    };
    let padded = |zeros: usize| {
        let mut digits = vec![0; zeros];
        digits.extend_from_slice(number);
        eight(&digits)
    };
    let found = match number.len() {
        6 => vec![padded(2)],
        7 => vec![padded(1)],
        8 => vec![eight(number)],
        // Santander, formerly Alliance & Leicester: the first digit belongs to the sort code.
        9 => {
            let mut account = eight(&number[1..]);
            if let Some(account) = &mut account {
                account.sort_code[5] = number[0];
            }
            vec![account]
        }
        10 => {
            // The Co-operative Bank counts from the front, National Westminster from the back.
            let (front, back) = (eight(&number[..8]), eight(&number[2..]));
            match sort_code {
                [0, 8, ..] => vec![front],
                [5 | 6, ..] => vec![back],
                _ => vec![back, front],
            }
        }
        _ => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sort_code: &str, number: &str) -> Vec<String> {
        let digits = |text: &str| text.bytes().map(|b| b - b'0').collect::<Vec<u8>>();
        let text = |digits: &[u8]| digits.iter().map(ToString::to_string).collect::<String>();
        accounts(&digits(sort_code), &digits(number))
            .iter()
            .map(|a| format!("{} {}", text(&a.sort_code), text(&a.number)))
            .collect()
    }

    #[test]
    fn account_numbers_of_any_length_are_brought_to_eight_digits() {
        assert_eq!(read("200000", "123456"), ["200000 00123456"]);
        assert_eq!(read("200000", "1234567"), ["200000 01234567"]);
        assert_eq!(read("200000", "12345678"), ["200000 12345678"]);
        assert_eq!(read("720000", "912345678"), ["720009 12345678"]);
        assert_eq!(read("089000", "1234567890"), ["089000 12345678"]);
        assert_eq!(read("600000", "1234567890"), ["600000 34567890"]);
        assert_eq!(read("110000", "1234567890").len(), 2);
        assert!(read("20000", "12345678").is_empty());
        assert!(read("200000", "12345").is_empty());
    }
}
