//! The texts that are timed. Each is the same for the same size, everywhere.

use crate::random::Random;
use crate::values::{self, FIRST, LAST, value};
use std::fmt::Write;

/// A text and what was put into it.
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// The text.
    pub text: String,
    /// Values put in, by the id of the rule that they are made for. More may be found: a number
    /// made for one rule can be one of another by chance.
    pub planted: Vec<(&'static str, u64)>,
}

/// Every workload that one text holds, of about so many bytes.
pub fn all(bytes: usize) -> Vec<Workload> {
    vec![prose(bytes), dense(bytes), digits(bytes), adversarial(bytes)]
}

/// Ids of the rules that values can be made for, in the order of `rules/rules.toml`.
const KINDS: &[&str] = &[
    "card",
    "iban",
    "sortacct",
    "sortcode-kw",
    "acct-kw",
    "bic-kw",
    "vat",
    "email",
    "ukphone",
    "nino",
    "nhs",
    "postcode",
    "dob-kw",
    "drivlic",
    "passport-kw",
    "person",
    "street",
    "official",
    "marker",
    "sched12a",
    "tlp",
    "password-kw",
    "aws",
    "github",
    "privkey",
    "slackstripe",
    "jwt",
    "apikey-kw",
];

struct Maker {
    r: Random,
    text: String,
    planted: Vec<(&'static str, u64)>,
    words: Vec<&'static str>,
}

impl Maker {
    fn new(seed: u64, bytes: usize) -> Self {
        let lines = include_str!("../data/words.txt").lines();
        let words = lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        Maker {
            r: Random::new(seed),
            text: String::with_capacity(bytes + 4096),
            planted: KINDS.iter().map(|kind| (*kind, 0)).collect(),
            words: words.collect(),
        }
    }

    fn plant(&mut self, kind: usize) {
        let (id, count) = &mut self.planted[kind];
        *count += 1;
        self.text.push_str(&value(id, &mut self.r).unwrap_or_default());
    }

    fn finish(self, name: &'static str) -> Workload {
        Workload { name, text: self.text, planted: self.planted }
    }

    /// A sentence of the words people use, now and then a figure, a name, a letter beyond ASCII.
    fn sentence(&mut self) {
        let Maker { r, text, words, .. } = self;
        let start = text.len();
        for n in 0..r.between(5, 22) {
            if n > 0 {
                text.push_str(if r.one_in(14) { ", " } else { " " });
            }
            // Writing to a String does not fail.
            let _ = match r.below(64) {
                0 => write!(text, "{}", r.between(1990, 2026)),
                1 => write!(text, "£{}.{:02}", r.below(5000), r.below(100)),
                2 => write!(text, "{}", r.below(40)),
                3 => write!(text, "{} {}", r.of(FIRST), r.of(LAST)),
                4 => write!(
                    text,
                    "{}",
                    r.of(&["café", "naïve", "(see below)", "“as is”", "half-way"])
                ),
                _ => write!(text, "{}", r.skewed(words)),
            };
        }
        if let Some(first) = text.get_mut(start..=start) {
            first.make_ascii_uppercase();
        }
        text.push_str(". ");
    }
}

/// Prose as most files are: paragraphs of sentences, and one value every four kilobytes or so.
pub fn prose(bytes: usize) -> Workload {
    let mut m = Maker::new(0x5EED_0001, bytes);
    let mut kind = 0;
    while m.text.len() < bytes {
        for _ in 0..40 {
            m.sentence();
            if m.r.one_in(5) {
                m.text.push_str("\n\n");
            } else if m.r.one_in(2) {
                m.text.push('\n');
            }
        }
        m.text.push_str("\nNote: ");
        m.plant(kind % KINDS.len());
        m.text.push_str(".\n\n");
        kind += 1;
    }
    m.finish("prose")
}

/// Personal data and hardly anything else: half of it rows of a table, half of it letters.
pub fn dense(bytes: usize) -> Workload {
    let mut m = Maker::new(0x5EED_0002, bytes);
    let of = |id: &str| KINDS.iter().position(|kind| *kind == id).unwrap_or(0);
    let columns: Vec<usize> =
        ["person", "street", "postcode", "ukphone", "email", "nino", "nhs", "card", "iban"]
            .map(of)
            .to_vec();
    let mut row = 0;
    while m.text.len() < bytes / 2 {
        row += 1;
        let _ = write!(m.text, "{row}");
        for &column in &columns {
            m.text.push(',');
            m.plant(column);
        }
        let code = values::sort_code(&mut m.r);
        let (born, number) = (values::date(&mut m.r), m.r.digits(8));
        let _ =
            writeln!(m.text, ",{born},{code},{number},{}.{:02}", m.r.below(9999), m.r.below(100));
    }
    while m.text.len() < bytes {
        m.text.push_str("From: ");
        m.plant(of("email"));
        m.text.push_str("\nSubject: ");
        m.sentence();
        m.text.push_str("\n\n");
        if m.r.one_in(5) {
            m.plant(of("official") + row % 4);
            m.text.push_str("\n\n");
            row += 1;
        }
        m.text.push_str("Dear ");
        m.plant(of("person"));
        m.text.push_str(",\n\n");
        m.sentence();
        m.text.push_str("Our records show your address as ");
        for (kind, after) in [
            ("street", ", "),
            ("postcode", " and your telephone number "),
            ("ukphone", ". "),
            ("dob-kw", ". National Insurance number "),
            ("nino", ", NHS number "),
            ("nhs", ".\nPlease pay into "),
            ("sortcode-kw", " "),
            ("acct-kw", " or IBAN "),
            ("iban", " "),
            ("bic-kw", ".\nThe card on file is "),
            ("card", ". Driving licence "),
            ("drivlic", ". "),
            ("passport-kw", ".\n"),
        ] {
            m.plant(of(kind));
            m.text.push_str(after);
        }
        if m.r.one_in(8) {
            m.plant(of("password-kw") + row % 7);
            m.text.push('\n');
        }
        m.sentence();
        m.text.push_str("\n\n");
    }
    m.finish("dense")
}

/// Logs and exports full of figures, none of which is anybody's.
pub fn digits(bytes: usize) -> Workload {
    let mut m = Maker::new(0x5EED_0003, bytes);
    while m.text.len() < bytes {
        let Maker { r, text, .. } = &mut m;
        let (h, min, s) = (r.below(24), r.below(60), r.below(60));
        let (month, day) = (r.between(1, 12), r.between(1, 28));
        let hex = |r: &mut Random, n| r.string(b"0123456789abcdef", n);
        let guid = |r: &mut Random| {
            format!("{}-{}-4{}-8{}-{}", hex(r, 8), hex(r, 4), hex(r, 3), hex(r, 3), hex(r, 12))
        };
        let _ = match r.below(5) {
            0 => writeln!(
                text,
                "2026-{month:02}-{day:02}T{h:02}:{min:02}:{s:02}.{}Z INFO [worker-{}] req={} \
                 user_id={} dur={}.{}ms bytes={}",
                r.digits(3),
                r.below(64),
                guid(r),
                r.between(100_000_000, 999_999_999),
                r.below(1000),
                r.digits(3),
                r.below(10_000_000)
            ),
            1 => writeln!(
                text,
                "10.{}.{}.{} - - [{day:02}/Nov/2026:{h:02}:{min:02}:{s:02} +0000] \"GET \
                 /api/v1/items/{}?page={} HTTP/1.1\" 200 {} \"-\" \"agent/1.{}\"",
                r.below(256),
                r.below(256),
                r.below(256),
                r.below(10_000_000),
                r.below(99),
                r.below(99_999),
                r.below(99)
            ),
            2 => {
                for _ in 0..8 {
                    let _ = write!(text, "{}.{},", r.below(2000), r.digits(6));
                }
                writeln!(text, "{}", r.below(1_000_000))
            }
            3 => writeln!(
                text,
                "{},{},{},{},{},{},{}",
                r.below(10_000_000),
                guid(r).to_uppercase(),
                r.between(1_760_000_000_000, 1_770_000_000_000),
                r.digits(16),
                r.digits(18),
                hex(r, 40),
                r.below(2)
            ),
            _ => writeln!(
                text,
                "{} 2026-{month:02}-{day:02} {h:02}:{min:02}:{s:02} kernel: [{}.{}] eth0: rx {} tx {} \
                 err 0x{}",
                r.between(1_760_000_000, 1_770_000_000),
                r.below(99_999),
                r.digits(6),
                r.between(1_000_000, 999_999_999_999),
                r.between(1_000_000, 999_999_999_999),
                hex(r, 8)
            ),
        };
    }
    m.finish("digits")
}

/// Text that nearly matches all the time: what a filter must not fall for.
pub fn adversarial(bytes: usize) -> Workload {
    let mut m = Maker::new(0x5EED_0004, bytes);
    let near = [
        "4111 1111 1111 1112 ",
        "a@b.",
        "@@@@",
        "password password pass",
        "sort code sort co",
        "AA00 AA00 ",
        "00-00-00 0000000 ",
        "account no. a/c no ",
        "0000000000",
        "GB00 AAAA ",
        "eyJeyJeyJ",
        "-----BEGIN PRIVATE ",
        "Mr Mr Mrs ",
        "1 A A A A A ",
        "api_key=secret_key=",
        "tlp : tlp :",
        "born on date of birth ",
        "passport no passport ",
        "999 999 999 ",
        "AKIA ",
    ];
    while m.text.len() < bytes {
        let piece = m.r.of(&near);
        for _ in 0..m.r.between(1, 40) {
            m.text.push_str(piece);
        }
        m.text.push('\n');
    }
    m.finish("adversarial")
}

/// Small files as in a folder of work: name and bytes. Mostly prose, some logs, some tables.
pub fn small_files(count: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let stock: Vec<Workload> = vec![prose(1 << 20), digits(1 << 18), dense(1 << 18)];
    let mut r = Random::new(0x5EED_0005);
    (0..count).map(move |n| {
        let which = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][r.below(10) as usize];
        let stock = stock[which].text.as_bytes();
        // Many of a few hundred bytes, few of sixty kilobytes; four kilobytes on average.
        let len = (200 << r.below(9)) as usize + r.below(200) as usize;
        let len = len / (1 + r.below(3) as usize);
        let from = r.below((stock.len() - len) as u64) as usize;
        let start = stock[from..].iter().position(|b| *b == b'\n').map_or(from, |i| from + i + 1);
        let kind = ["txt", "log", "dat"][which];
        let bytes = stock[start..(start + len).min(stock.len())].to_vec();
        (format!("{:03}/{n}.{kind}", n / 100), bytes)
    })
}

/// Council minutes with a bank pair every so often, for all built-in detectors: nothing else in it
/// is a finding.
pub fn minutes(bytes: usize) -> Workload {
    let mut r = Random::new(0x5EED);
    let mut text = String::with_capacity(bytes + 200);
    let mut pairs = 0;
    while text.len() < bytes {
        for _ in 0..40 {
            for n in 0..r.between(6, 18) {
                text.push_str(if n > 0 { " " } else { "" });
                text.push_str(r.of(MINUTES));
            }
            text.push_str(".\n");
        }
        // A published case of the UK modulus check; the text around it is invented.
        text.push_str("Sort code: 08-99-99 Account number: 66374958\n");
        pairs += 1;
    }
    Workload { name: "minutes", text, planted: vec![("gb-sort-code-account", pairs)] }
}

const MINUTES: &[&str] = &[
    "the",
    "committee",
    "considered",
    "a",
    "report",
    "on",
    "hedges",
    "along",
    "footpaths",
    "and",
    "agreed",
    "to",
    "write",
    "again",
    "before",
    "winter",
    "members",
    "noted",
    "that",
    "playground",
    "repairs",
    "were",
    "under",
    "way",
    "grass",
    "cutting",
    "would",
    "follow",
    "in",
    "spring",
    "benches",
    "for",
    "riverside",
    "walk",
    "had",
    "been",
    "painted",
    "green",
    "litter",
    "bins",
];
