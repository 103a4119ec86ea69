//! Invented values of each kind that the bench rules look for, with the check digits of real ones.

use crate::random::Random;

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// First names, surnames and streets are English words that are also names.
pub const FIRST: &[&str] = &[
    "Amber", "Basil", "Clement", "Dawn", "Ernest", "Faith", "Grace", "Heather", "Iris", "Jasper",
    "Lily", "Mark", "Olive", "Patience", "Robin", "Rose", "Ruby", "Violet", "Will", "Wren",
];
/// See [`FIRST`].
pub const LAST: &[&str] = &[
    "Archer",
    "Baker",
    "Carter",
    "Draper",
    "Fielding",
    "Glover",
    "Harper",
    "Keeper",
    "Lockwood",
    "Mason",
    "Napper",
    "Oakes",
    "Porter",
    "Rivers",
    "Sawyer",
    "Thatcher",
    "Underhill",
    "Waters",
    "Weaver",
    "Yardley",
];
const STREETS: &[&str] = &["Street", "Road", "Lane", "Avenue", "Close", "Drive", "Gardens", "Way"];
const TITLES: &[&str] = &["Mr", "Mrs", "Ms", "Miss", "Dr"];
const AREAS: &[&str] = &["B", "BA", "CB", "DE", "EX", "G", "HU", "LE", "M", "NR", "OX", "SW", "YO"];
const HOSTS: &[&str] = &["example.org", "example.co.uk", "mail.example.com", "a.example.net"];

/// A value of the kind that a bench rule of this id finds. Unknown ids give nothing.
pub fn value(rule: &str, r: &mut Random) -> Option<String> {
    Some(match rule {
        "card" => card(r),
        "iban" => iban(r),
        "sortacct" => format!("{} {}", sort_code(r), r.digits(8)),
        "sortcode-kw" => format!("{} {}", r.of(&["Sort code", "sort code:"]), sort_code(r)),
        "acct-kw" => format!("{} {}", r.of(&["account number", "Acct no", "A/C"]), r.digits(8)),
        "bic-kw" => bic(r),
        "vat" => format!("GB {} {} {}", r.digits(3), r.digits(4), r.digits(2)),
        "email" => email(r),
        "ukphone" => phone(r),
        "nino" => nino(r),
        "nhs" => nhs(r),
        "postcode" => postcode(r),
        "dob-kw" => format!("{} {}", r.of(&["Date of birth:", "born on", "DOB"]), date(r)),
        "drivlic" => licence(r),
        "passport-kw" => format!("{} {}", r.of(&["Passport number", "passport no"]), r.digits(9)),
        "person" => format!("{} {} {}", r.of(TITLES), r.of(FIRST), r.of(LAST)),
        "street" => street(r),
        "official" => r.of(&["OFFICIAL-SENSITIVE", "TOP SECRET", "UK SECRET"]).to_owned(),
        "marker" => r
            .of(&["Private and confidential", "Not for publication", "Commercially sensitive"])
            .to_owned(),
        "sched12a" => "exempt under Schedule 12A".to_owned(),
        "tlp" => r.of(&["TLP:AMBER", "TLP: RED", "tlp:green"]).to_owned(),
        "password-kw" => format!("password: {}", r.string(ALNUM, 12)),
        "aws" => format!("{}{}", concat!("AK", "IA"), r.string(UPPER, 16)),
        "github" => format!("{}{}", concat!("gh", "p_"), r.string(ALNUM, 36)),
        "privkey" => concat!("-----BEGIN RSA PRI", "VATE KEY-----").to_owned(),
        "slackstripe" => format!("{}{}", concat!("xo", "xb-"), r.string(ALNUM, 24)),
        "jwt" => {
            let part = |r: &mut Random| format!("{}{}", concat!("e", "yJ"), r.string(ALNUM, 24));
            format!("{}.{}.{}", part(r), part(r), r.string(ALNUM, 32))
        }
        "apikey-kw" => format!("api_key = {}", r.string(ALNUM, 32)),
        _ => return None,
    })
}

/// Two digits of a sort code, three times, with hyphens.
pub fn sort_code(r: &mut Random) -> String {
    format!("{}-{}-{}", r.digits(2), r.digits(2), r.digits(2))
}

/// A day that exists in every year.
pub fn date(r: &mut Random) -> String {
    format!("{:02}/{:02}/{}", r.between(1, 28), r.between(1, 12), r.between(1930, 2010))
}

/// House number, name and kind of street.
pub fn street(r: &mut Random) -> String {
    format!("{} {} {}", r.between(1, 300), r.of(LAST), r.of(STREETS))
}

fn email(r: &mut Random) -> String {
    let (first, last) = (r.of(FIRST), r.of(LAST));
    format!("{first}.{last}{}@{}", r.below(100), r.of(HOSTS)).to_lowercase()
}

fn phone(r: &mut Random) -> String {
    match r.below(3) {
        0 => format!("07{} {}", r.digits(3), r.digits(6)),
        1 => format!("+44 7{} {}", r.digits(3), r.digits(6)),
        _ => format!("020 7{} {}", r.digits(3), r.digits(4)),
    }
}

fn postcode(r: &mut Random) -> String {
    let tail = |r: &mut Random| r.string(b"ABDEFGHJLNPQRSTUWXYZ", 2);
    format!("{}{} {}{}", r.of(AREAS), r.between(1, 20), r.below(10), tail(r))
}

fn luhn_digit(body: &str) -> u64 {
    let doubled = |(i, b): (usize, u8)| match (u64::from(b - b'0'), i % 2) {
        (d, 0) => 2 * d / 10 + 2 * d % 10,
        (d, _) => d,
    };
    (10 - body.bytes().rev().enumerate().map(doubled).sum::<u64>() % 10) % 10
}

fn card(r: &mut Random) -> String {
    let body = match r.below(4) {
        0 | 1 => format!("4{}", r.digits(14)),
        2 => format!("5{}{}", r.between(1, 5), r.digits(13)),
        _ => format!("34{}", r.digits(12)),
    };
    let whole = format!("{body}{}", luhn_digit(&body));
    let cuts: &[usize] = if whole.len() == 15 { &[4, 10, 15] } else { &[4, 8, 12, 16] };
    match r.below(3) {
        0 => whole,
        n => grouped(&whole, cuts, if n == 1 { " " } else { "-" }),
    }
}

fn grouped(text: &str, cuts: &[usize], between: &str) -> String {
    let mut from = 0;
    let pieces: Vec<&str> =
        cuts.iter().map(|&to| &text[std::mem::replace(&mut from, to)..to]).collect();
    pieces.join(between)
}

fn iban(r: &mut Random) -> String {
    let account = format!("{}{}", r.string(UPPER, 4), r.digits(14));
    let number = |b: u8| match b {
        b'0'..=b'9' => (10, u32::from(b - b'0')),
        _ => (100, u32::from(b - b'A') + 10),
    };
    let rest =
        account.bytes().chain(*b"GB00").map(number).fold(0, |n, (by, add)| (n * by + add) % 97);
    let whole = format!("GB{:02}{account}", 98 - rest);
    if r.one_in(2) { whole } else { grouped(&whole, &[4, 8, 12, 16, 20, 22], " ") }
}

fn bic(r: &mut Random) -> String {
    format!("BIC {}GB2L", r.string(UPPER, 4))
}

fn nino(r: &mut Random) -> String {
    let prefix = loop {
        let prefix = format!(
            "{}{}",
            r.string(b"ABCEGHJKLMNOPRSTWXYZ", 1),
            r.string(b"ABCEGHJKLMNPRSTWXYZ", 1)
        );
        if !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&prefix.as_str()) {
            break prefix;
        }
    };
    let (digits, suffix) = (r.digits(6), r.string(b"ABCD", 1));
    match r.below(2) {
        0 => format!("{prefix}{digits}{suffix}"),
        _ => format!("{prefix} {} {suffix}", grouped(&digits, &[2, 4, 6], " ")),
    }
}

fn nhs(r: &mut Random) -> String {
    loop {
        let body = format!("{}{}", r.of(&[4, 6, 7]), r.digits(8));
        let sum: usize =
            body.bytes().enumerate().map(|(i, b)| (10 - i) * usize::from(b - b'0')).sum();
        let check = (11 - sum % 11) % 11;
        if check < 10 {
            let whole = format!("{body}{check}");
            return if r.one_in(3) { whole } else { grouped(&whole, &[3, 6, 10], " ") };
        }
    }
}

fn licence(r: &mut Random) -> String {
    let name = format!("{}99999", r.of(LAST).to_uppercase());
    format!(
        "{}{}{:02}{:02}{}{}9{}{}",
        &name[..5],
        r.between(3, 9),
        r.between(1, 12),
        r.between(1, 28),
        r.below(10),
        r.string(UPPER, 1),
        r.between(2, 9),
        r.string(b"ABCDEFGHJ", 2)
    )
}
