//! Tables of user names and passwords.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::{Layout, Trust};
use std::sync::LazyLock;

use super::parameters::Parameters;
use super::password::{is_placeholder, looks_made_up};
use super::phrases::Phrases;
use super::window::{REACH, before, characters, lines_back, words};

struct Table {
    required: bool,
}

/// Valid where the table (or the comma-separated line above) has a column for the user as well as
/// one for the password; otherwise unknown, or invalid with the parameter `required = true`.
pub(crate) fn table(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Table { required: p.flag("required")? };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Table {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        match judge(candidate) {
            Trust::Unknown if self.required => Trust::Invalid,
            trust => trust,
        }
    }
}

const USER: [&str; 7] = ["user", "username", "login", "email", "account", "userid", "name"];
const PASSWORD: [&str; 6] = ["password", "passwords", "pwd", "pass", "passcode", "pin"];

/// What is in each of these words: few lines have any.
static IN_PASSWORD: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(["pass", "pwd", "pin"]));

fn judge(candidate: &Candidate<'_>) -> Trust {
    if let Some(list) = candidate.group("list") {
        return password_list(&characters(list));
    }
    if candidate.group("heading").is_some() {
        // The value has its line to itself: the last line before it is the one above.
        let heading = lines_back(before(candidate, REACH)).next().unwrap_or_default();
        return row(&characters(heading), &characters(candidate.value));
    }
    if let Layout::Table(table) = candidate.segment.layout {
        return answer(table.headers.iter().map(String::as_str));
    }
    let text = before(candidate, REACH);
    // Nearly always nothing is parted, or no heading is there.
    if !has_mark(text) && !has_gap(text) || !IN_PASSWORD.any_in(text) {
        return Trust::Unknown;
    }
    // The value's own line is still open at the end of the text before it.
    let mut above = lines_back(text).skip(usize::from(!text.ends_with(b"\n")));
    let heads = |line: &[u8]| {
        let (parted, aligned) = (has_mark(line), has_gap(line));
        if !parted && !aligned || !IN_PASSWORD.any_in(line) {
            return false;
        }
        let line = characters(line);
        parted && answer(line.split(['\t', ',', ';', '|'])) == Trust::Valid
            || aligned && answer(line.split("  ")) == Trust::Valid
    };
    if above.any(heads) { Trust::Valid } else { Trust::Unknown }
}

/// Whether a mark may part something in a text.
fn has_mark(text: &[u8]) -> bool {
    memchr::memchr3(b'\t', b';', b'|', text).or_else(|| memchr::memchr(b',', text)).is_some()
}

/// Whether blanks may.
fn has_gap(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"  ").is_some()
}

/// Lines of `name - password`: most of what stands last on them is made up.
fn password_list(list: &str) -> Trust {
    let last = |line: &str| line.split_whitespace().next_back().map(str::to_owned);
    let values: Vec<String> = list.lines().filter_map(last).collect();
    let made_up = values.iter().filter(|v| looks_made_up(v) && !is_placeholder(v)).count();
    if values.len() >= 3 && made_up * 2 > values.len() { Trust::Valid } else { Trust::Invalid }
}

/// A heading line and the row under it.
fn row(header: &str, row: &str) -> Trust {
    let Some(part) = ['\t', ';', '|', ','].into_iter().find(|&c| header.contains(c)) else {
        return Trust::Invalid;
    };
    // `def authenticate(username, password):` heads no table.
    let call = header.as_bytes().windows(2).any(|w| w[0].is_ascii_alphanumeric() && w[1] == b'(');
    // `INSERT INTO users (login, password) VALUES` heads rows in brackets.
    let rows = header.to_ascii_lowercase().contains(") values");
    // `user ann, password Zebra77!` is no heading but a row of its own.
    let told = header.split(part).filter(|field| is_password(field)).any(|field| {
        field.split_whitespace().any(|word| {
            word.bytes().any(|b| b.is_ascii_digit()) && looks_made_up(word) && word.len() > 4
        })
    });
    if call || rows || told || answer(header.split(part)) != Trust::Valid {
        return Trust::Invalid;
    }
    if header.split(part).count().abs_diff(row.split(part).count()) > 1 {
        return Trust::Invalid;
    }
    let column = header.split(part).position(is_password);
    let value = column.and_then(|i| row.split(part).nth(i)).map(str::trim).unwrap_or_default();
    let shown = value.chars().any(char::is_alphanumeric) && !is_placeholder(value);
    if shown { Trust::Valid } else { Trust::Invalid }
}

fn is_password(header: &str) -> bool {
    let header = header.to_ascii_lowercase();
    words(&header).any(|w| PASSWORD.contains(&w))
}

fn answer<'a>(headers: impl Iterator<Item = &'a str>) -> Trust {
    let (mut user, mut password) = (false, false);
    for header in headers {
        let header = header.to_ascii_lowercase();
        // A heading of many words is a sentence, and `password policy` holds none.
        let list: Vec<&str> = words(&header).collect();
        if list.is_empty() || list.len() > 3 || list.contains(&"policy") {
            continue;
        }
        if list.iter().any(|w| PASSWORD.contains(w)) {
            password = true;
        } else if list.iter().any(|w| USER.contains(w)) {
            user = true;
        }
    }
    if user && password { Trust::Valid } else { Trust::Unknown }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_list_of_passwords_is_mostly_made_up() {
        assert_eq!(
            super::password_list("RBS - Zebra77!\nMail - letmein9\nHall - k2020x"),
            Trust::Valid
        );
        assert_eq!(
            super::password_list("Length - twelve\nAge - ninety\nUse - once"),
            Trust::Invalid
        );
        assert_eq!(super::password_list("RBS - Zebra77!"), Trust::Invalid);
    }

    #[test]
    fn what_a_function_takes_heads_no_table() {
        let row = "... \"\"\"Accepts \"user/password\", rejects";
        assert_eq!(super::row("def authenticate(username, password):", row), Trust::Invalid);
        assert_eq!(super::row("User,Password (current)", "clerk,Zebra77!"), Trust::Valid);
        let first = "Bank: user clerk, password Zebra77!";
        assert_eq!(super::row(first, "Mail: user ann, password Lamp42x"), Trust::Invalid);
        let names = "INSERT INTO users (id, login, password) VALUES";
        assert_eq!(super::row(names, "(1, 'clerk', 'Zebra77!')"), Trust::Invalid);
    }

    #[test]
    fn both_columns_are_needed() {
        let judge = |text: &str, value: &str| judge_in("login-table", "", text, value);
        assert_eq!(judge("System,Username,Password\nRBS,clerk,Zebra77!", "Zebra77!"), Trust::Valid);
        assert_eq!(judge("Login,Date\nclerk,01/02", "01/02"), Trust::Unknown);
        assert_eq!(judge("Password policy,Owner\nrev3,Clerk", "rev3"), Trust::Unknown);
    }
}
