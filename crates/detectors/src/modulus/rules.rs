//! The algorithm: three methods and fourteen exceptions.

use super::table::{Method, ModulusTable, Row};
use super::{Account, Verdict};

/// The digits of sort code and account in the order of the weights, u to z and a to h.
type Digits = [u8; 14];

/// Where the specification's letters stand in [`Digits`].
const A: usize = 6;
const B: usize = 7;
const C: usize = 8;
const G: usize = 12;
const H: usize = 13;

/// Exception 8 and exception 9 check the account as if it were held at these sort codes.
const EXCEPTION_8: u32 = 90_126;
const EXCEPTION_9: u32 = 309_634;

/// Exception 2: the weights where a is not 0, by whether g is 9.
const WEIGHTS_2: [i32; 14] = [0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1];
const WEIGHTS_2_G9: [i32; 14] = [0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1];

impl ModulusTable {
    /// Judges an account.
    pub fn judge(&self, account: &Account) -> Verdict {
        let sort_code = account.sort_code.iter().fold(0, |n, &d| n * 10 + u32::from(d));
        let rows: Vec<&Row> =
            self.rows.iter().filter(|r| (r.from..=r.to).contains(&sort_code)).collect();
        let mut digits: Digits = [0; 14];
        digits[..6].copy_from_slice(&account.sort_code);
        digits[6..].copy_from_slice(&account.number);
        let holds = |row: &Row| self.holds(row, sort_code, digits);
        let valid = match rows[..] {
            [] => return Verdict::NotListed,
            _ if rows.iter().any(|r| r.exception == 6) && foreign_currency(&digits) => {
                return Verdict::NotCheckable;
            }
            [only] => holds(only),
            [first, second, ..] => match (first.exception, second.exception) {
                (2, 9) | (10, 11) | (12, 13) => holds(first) || holds(second),
                (_, 3) if matches!(digits[C], 6 | 9) => holds(first),
                _ => holds(first) && holds(second),
            },
        };
        // Without the substitutions an account under exception 5 may fail for want of them.
        let unsure = self.substitutions.is_none() && rows.iter().any(|r| r.exception == 5);
        match valid {
            true => Verdict::Valid,
            false if unsure => Verdict::NotCheckable,
            false => Verdict::Invalid,
        }
    }

    /// Whether one row's check passes.
    fn holds(&self, row: &Row, sort_code: u32, mut digits: Digits) -> bool {
        let mut weights = row.weights;
        match row.exception {
            2 if digits[A] != 0 && digits[G] != 9 => weights = WEIGHTS_2,
            2 if digits[A] != 0 => weights = WEIGHTS_2_G9,
            5 => {
                let substitute = self.substitutions.iter().flatten().find(|(s, _)| *s == sort_code);
                if let Some((_, other)) = substitute {
                    put_sort_code(&mut digits, *other);
                }
                return holds_5(row.method, total(row.method, &weights, &digits), &digits);
            }
            7 if digits[G] == 9 => weights[..=B].fill(0),
            8 => put_sort_code(&mut digits, EXCEPTION_8),
            9 => put_sort_code(&mut digits, EXCEPTION_9),
            10 if matches!((digits[A], digits[B]), (0 | 9, 9)) && digits[G] == 9 => {
                weights[..=B].fill(0);
            }
            _ => {}
        }
        let total = total(row.method, &weights, &digits);
        let modulus = if row.method == Method::Mod11 { 11 } else { 10 };
        match row.exception {
            1 => (total + 27).rem_euclid(modulus) == 0,
            4 => total.rem_euclid(modulus) == i32::from(digits[G]) * 10 + i32::from(digits[H]),
            14 if total.rem_euclid(modulus) != 0 => {
                if !matches!(digits[H], 0 | 1 | 9) {
                    return false;
                }
                digits.copy_within(A..H, B);
                digits[A] = 0;
                self::total(row.method, &weights, &digits).rem_euclid(modulus) == 0
            }
            _ => total.rem_euclid(modulus) == 0,
        }
    }
}

/// Exception 6: a is 4 to 8 and g equals h.
fn foreign_currency(digits: &Digits) -> bool {
    (4..=8).contains(&digits[A]) && digits[G] == digits[H]
}

/// Exception 5: g is the check digit of the first check, h that of the second.
fn holds_5(method: Method, total: i32, digits: &Digits) -> bool {
    let (g, h) = (i32::from(digits[G]), i32::from(digits[H]));
    match method {
        Method::Dblal | Method::Mod10 => (10 - total.rem_euclid(10)) % 10 == h,
        Method::Mod11 => match total.rem_euclid(11) {
            0 => g == 0,
            1 => false,
            rest => 11 - rest == g,
        },
    }
}

fn put_sort_code(digits: &mut Digits, code: u32) {
    let mut rest = code;
    for digit in digits[..6].iter_mut().rev() {
        *digit = (rest % 10) as u8;
        rest /= 10;
    }
}

fn total(method: Method, weights: &[i32; 14], digits: &Digits) -> i32 {
    let products = weights.iter().zip(digits).map(|(weight, digit)| weight * i32::from(*digit));
    match method {
        Method::Mod10 | Method::Mod11 => products.sum(),
        Method::Dblal => products.map(|p| p.signum() * digit_sum(p.abs())).sum(),
    }
}

fn digit_sum(mut n: i32) -> i32 {
    let mut sum = 0;
    while n > 0 {
        sum += n % 10;
        n /= 10;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::accounts;
    use super::*;

    fn judge(table: &ModulusTable, sort_code: &str, number: &str) -> Verdict {
        let digits = |text: &str| text.bytes().map(|b| b - b'0').collect::<Vec<u8>>();
        table.judge(&accounts(&digits(sort_code), &digits(number))[0])
    }

    /// Rows of our own making: `(from, to, method, weights, exception)`.
    fn table(rows: &[(&str, &str, &str, &str, &str)]) -> ModulusTable {
        let text: Vec<String> =
            rows.iter().map(|(a, b, m, w, e)| format!("{a} {b} {m} {w} {e}")).collect();
        ModulusTable::parse(&text.join("\n")).unwrap()
    }

    const LAST_EIGHT: &str = "0 0 0 0 0 0 8 7 6 5 4 3 2 1";
    const DOUBLES: &str = "2 1 2 1 2 1 2 1 2 1 2 1 2 1";
    const ONES: &str = "0 0 0 0 0 0 1 1 1 1 1 1 1 1";

    fn one(method: &str, weights: &str, exception: &str) -> ModulusTable {
        table(&[("990000", "990009", method, weights, exception)])
    }

    fn two(first: (&str, &str, &str), second: (&str, &str, &str)) -> ModulusTable {
        table(&[
            ("990000", "990009", first.0, first.1, first.2),
            ("990000", "990009", second.0, second.1, second.2),
        ])
    }

    #[test]
    fn the_specifications_worked_figures_come_out() {
        // 8·8+8·7+8·6+3·5+7·4+4·3+9·2+1·1 = 242, a multiple of 11 (figure 2).
        let mod11 = one("MOD11", LAST_EIGHT, "");
        assert_eq!(judge(&mod11, "990000", "88837491"), Verdict::Valid);
        assert_eq!(judge(&mod11, "990000", "88837493"), Verdict::Invalid);
        // Double alternate over 49-92-73 12345678: the digits add up to 70 (figure 3).
        let dblal = table(&[("499273", "499273", "DBLAL", DOUBLES, "")]);
        assert_eq!(judge(&dblal, "499273", "12345678"), Verdict::Valid);
        assert_eq!(judge(&dblal, "499273", "12345679"), Verdict::Invalid);
    }

    #[test]
    fn a_sort_code_no_row_covers_is_not_listed() {
        assert_eq!(judge(&one("MOD10", ONES, ""), "990010", "12345678"), Verdict::NotListed);
    }

    #[test]
    fn mod10_and_negative_weights_count() {
        let t = one("MOD10", "0 0 0 0 0 0 1 -1 0 0 0 0 0 0", "");
        assert_eq!(judge(&t, "990000", "33000001"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "34000001"), Verdict::Invalid);
    }

    #[test]
    fn two_plain_rows_must_both_pass() {
        let t = two(("MOD10", ONES, ""), ("MOD11", LAST_EIGHT, ""));
        // 1+9 = 10; 8+7·9 = 71 is 5 of 11.
        assert_eq!(judge(&t, "990000", "19000000"), Verdict::Invalid);
        // 9+1 = 10; 8·9+5·0+…: 72+… h=1 gives 73; 72 + 4·1 = 76; g: 72+2 = 74; 72+5 = 77.
        assert_eq!(judge(&t, "990000", "90010000"), Verdict::Valid);
    }

    #[test]
    fn exception_1_adds_27() {
        let t = one("DBLAL", ONES, "1");
        assert_eq!(judge(&t, "990000", "30000000"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "40000000"), Verdict::Invalid);
    }

    #[test]
    fn exceptions_2_and_9_change_weights_and_sort_code_and_either_may_pass() {
        let z = "0 0 0 0 0 1 0 0 0 0 0 0 0 0";
        let t = two(("MOD11", z, "2"), ("MOD11", z, "9"));
        // a = 0: the table's weights; z = 0 passes.
        assert_eq!(judge(&t, "990000", "01234567"), Verdict::Valid);
        // a = 0, z = 1 fails; the second row sees 309634, whose z = 4 fails too.
        assert_eq!(judge(&t, "990001", "01234567"), Verdict::Invalid);
        // a = 1, g = 0: w·1 x·2 y·5 z·3 a·6 b·4 …: 0+0+0+3+6+8·0+…+h = 9 + h; h = 2.
        assert_eq!(judge(&t, "990001", "10000002"), Verdict::Valid);
        assert_eq!(judge(&t, "990001", "10000003"), Verdict::Invalid);
        // a = 1, g = 9: only c to h count: 27 + h; h = 6 makes 33.
        assert_eq!(judge(&t, "990001", "10000096"), Verdict::Valid);
        assert_eq!(judge(&t, "990001", "10000097"), Verdict::Invalid);
        // The second row alone passes: 3·1 + 4·2 = 11 of the digits of 309634.
        let u = "1 0 0 0 0 2 0 0 0 0 0 0 0 0";
        let t = two(("MOD11", z, "2"), ("MOD11", u, "9"));
        assert_eq!(judge(&t, "990001", "01234567"), Verdict::Valid);
    }

    #[test]
    fn exception_3_leaves_the_second_check_out_where_c_is_6_or_9() {
        let h = "0 0 0 0 0 0 0 0 0 0 0 0 0 1";
        let t = two(("MOD10", "0 0 0 0 0 0 1 0 0 0 0 0 0 0", ""), ("DBLAL", h, "3"));
        assert_eq!(judge(&t, "990000", "00600001"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "00900001"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "00500001"), Verdict::Invalid);
        assert_eq!(judge(&t, "990000", "00500000"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "10600001"), Verdict::Invalid);
    }

    #[test]
    fn exception_4_wants_the_remainder_as_the_last_two_digits() {
        let t = one("MOD11", "0 0 0 0 0 0 1 1 0 0 0 0 0 0", "4");
        assert_eq!(judge(&t, "990000", "95000003"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "91000010"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "91000000"), Verdict::Invalid);
    }

    #[test]
    fn exception_5_substitutes_the_sort_code_and_holds_two_check_digits() {
        let t = two(
            ("MOD11", "0 0 0 0 0 1 1 0 0 0 0 0 0 0", "5"),
            ("DBLAL", "0 0 0 0 0 2 1 0 0 0 0 0 0 0", "5"),
        );
        let t = t.with_substitutions("990009 990004\n").unwrap();
        // z = 4, a = 5: 9, so g = 2; 8 + 5 = 13, so h = 7.
        assert_eq!(judge(&t, "990004", "50000027"), Verdict::Valid);
        assert_eq!(judge(&t, "990009", "50000027"), Verdict::Valid);
        assert_eq!(judge(&t, "990004", "50000026"), Verdict::Invalid);
        assert_eq!(judge(&t, "990004", "50000037"), Verdict::Invalid);
        // A remainder of 0 wants 0 and 0; a remainder of 1 never passes.
        assert_eq!(judge(&t, "990000", "00000000"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "10000009"), Verdict::Invalid);
    }

    #[test]
    fn exception_5_without_the_substitutions_cannot_fail() {
        let t = two(("MOD11", ONES, "5"), ("DBLAL", ONES, "5"));
        assert_eq!(judge(&t, "990000", "10000009"), Verdict::NotCheckable);
    }

    #[test]
    fn exception_6_is_a_foreign_currency_account() {
        let t = two(("MOD11", LAST_EIGHT, "6"), ("DBLAL", DOUBLES, "6"));
        for number in ["41011166", "80000000"] {
            assert_eq!(judge(&t, "990000", number), Verdict::NotCheckable);
        }
        for number in ["31011166", "91011166", "41011165"] {
            assert_eq!(judge(&t, "990000", number), Verdict::Invalid);
        }
    }

    #[test]
    fn exception_7_forgets_the_first_eight_weights_where_g_is_9() {
        let t = one("MOD10", "1 0 0 0 0 0 0 1 0 0 0 0 0 1", "7");
        assert_eq!(judge(&t, "990000", "05000090"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "05000080"), Verdict::Invalid);
    }

    #[test]
    fn exception_8_checks_at_another_sort_code() {
        // 090126 adds up to 18; two more make 20.
        let t = one("MOD10", "1 1 1 1 1 1 0 0 0 0 0 0 0 1", "8");
        assert_eq!(judge(&t, "990000", "00000002"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "00000001"), Verdict::Invalid);
    }

    #[test]
    fn exceptions_10_and_11_need_one_of_two() {
        let t = two(
            ("MOD10", "0 0 0 0 0 0 0 1 0 0 0 0 0 0", "10"),
            ("MOD10", "0 0 0 0 0 0 0 0 0 0 0 0 0 1", "11"),
        );
        for number in ["09000095", "99000095", "00000005", "05000000"] {
            assert_eq!(judge(&t, "990000", number), Verdict::Valid, "{number}");
        }
        for number in ["09000085", "19000095"] {
            assert_eq!(judge(&t, "990000", number), Verdict::Invalid, "{number}");
        }
    }

    #[test]
    fn exceptions_12_and_13_need_one_of_two() {
        let t = two(("MOD11", LAST_EIGHT, "12"), ("MOD10", ONES, "13"));
        assert_eq!(judge(&t, "990000", "88837491"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "19000000"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "19000001"), Verdict::Invalid);
    }

    #[test]
    fn exception_14_tries_again_one_place_to_the_right() {
        let t = one("MOD11", LAST_EIGHT, "14");
        // Shifted: 0 1 0 0 0 0 0 2, that is 7 + 2 = 9; with 4 in the end 11.
        assert_eq!(judge(&t, "990000", "10000040"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "10000041"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "10000049"), Verdict::Valid);
        assert_eq!(judge(&t, "990000", "10000042"), Verdict::Invalid);
        assert_eq!(judge(&t, "990000", "10000030"), Verdict::Invalid);
    }
}
