//! The hostile set beside the repository (`../shared/hostile`), as its own list judges it: promises
//! R2 to R5, R7, R9 and R17 of `docs/reliability.md`.
//!
//! Each day reads another eighth of it, so that one run stays short. `DLPSCAN_HOSTILE=3` reads the
//! third, `DLPSCAN_HOSTILE=all` everything (`bash ./check long`).

// A test tells its reader what it did.
#![allow(clippy::print_stdout)]

mod watched;

use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const PARTS: u64 = 8;

/// The time for one file. A build that is not optimised is judged by what it reads and not by how
/// fast: what it had no time for is told apart.
const SECONDS: u64 = 20;
const SLOW: bool = cfg!(debug_assertions);

/// Where we say otherwise than the set, and stay with it: of a file whose SHA-256 begins so, and no
/// other that may come to bear its name.
const OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "evasion_dev/media__jpeg_exif_usercomment.jpg",
        "62fcbf2d3fe2",
        "it has no Exif part: tables and a picture of one colour are all there is",
    ),
    (
        "evasion_dev/nested_encoding__reversed.txt",
        "c5fcf27b2485",
        "text that stands backwards is read forwards, so that nothing of it was left unread",
    ),
    (
        "public/mimekit_messages/simple-multipart.anonymized.eml",
        "9cb603aede26",
        "a sound that is not read",
    ),
    (
        "public/mimekit_tnef/attachments.tnef",
        "058fea7a0e60",
        "sound, with a picture that may show writing",
    ),
    (
        "public/mimekit_tnef/multi-value-attribute.tnef",
        "2541f6ee1552",
        "sound, with data that is not read",
    ),
    (
        "public/mimekit_tnef/unicode-mapi-attr.tnef",
        "117035d5e969",
        "sound, with data that is not read",
    ),
    (
        "public/poi_fuzz/clusterfuzz-testcase-minimized-POIHSSFFuzzer-4977868385681408.xls",
        "7e11274c9a0c",
        "what is written in its drawing is not read",
    ),
    (
        "public/poi_fuzz/clusterfuzz-testcase-minimized-POIHSSFFuzzer-5285517825277952.xls",
        "57e692f4411c",
        "what is written in its drawing is not read",
    ),
    (
        "public/poi_fuzz/clusterfuzz-testcase-minimized-POIHSSFFuzzer-5436547081830400.xls",
        "32c03dde471a",
        "what is written in its drawing is not read",
    ),
];

/// A line of the set's list.
struct Expected {
    path: String,
    sha256: String,
    category: String,
    statuses: Vec<String>,
    /// Any of these, where it is not complete.
    reasons: Vec<String>,
    /// The kind and the value that must be found.
    value: Option<(String, String)>,
}

/// What was said of one file, or of all files of a folder.
#[derive(Default)]
struct Said {
    items: usize,
    status: String,
    reasons: BTreeSet<String>,
    findings: usize,
    values: BTreeSet<(String, String)>,
}

fn set() -> Option<PathBuf> {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hostile");
    set.join("EXPECT.tsv").is_file().then_some(set)
}

fn list(set: &Path) -> Vec<Expected> {
    let list = fs::read_to_string(set.join("EXPECT.tsv")).expect("the list");
    let words = |cell: &str, by: char| -> Vec<String> {
        cell.split(by).filter(|w| !["", "-"].contains(w)).map(str::to_owned).collect()
    };
    let line = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let value = cells[6].split_once(':').map(|(kind, value)| (kind.into(), value.into()));
        Expected {
            path: cells[0].to_owned(),
            sha256: cells[2].to_owned(),
            category: cells[3].to_owned(),
            statuses: words(cells[4], '|'),
            reasons: words(cells[5], ','),
            value,
        }
    };
    list.lines().skip(1).map(line).collect()
}

/// The lines of the list that are for today, or that were asked for.
fn chosen(all: Vec<Expected>) -> Vec<Expected> {
    let asked = std::env::var("DLPSCAN_HOSTILE").unwrap_or_default();
    if asked == "all" {
        return all;
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let part = asked.parse().unwrap_or(since.as_secs() / 86_400) % PARTS;
    println!("part {part} of {PARTS} of the hostile set: DLPSCAN_HOSTILE={part} reads it again");
    let of_part = |at: &usize| *at as u64 % PARTS == part;
    all.into_iter().enumerate().filter(|(at, _)| of_part(at)).map(|(_, line)| line).collect()
}

fn scan(set: &Path, wanted: &[Expected], more: &[&str]) -> watched::Watched {
    let mut command = watched::scan();
    command.current_dir(set).args(["--ocr", "off"]).args(more);
    command.args(["--limit-time", &SECONDS.to_string()]);
    command.args(wanted.iter().map(|line| &line.path));
    watched::run(command, |_| ())
}

/// The lines of a report by the path of the list they speak of: a file, or the folder it lies in.
fn by_path<'r>(report: &'r str, wanted: &[Expected]) -> HashMap<String, Vec<(Value, &'r str)>> {
    let paths: HashSet<&str> = wanted.iter().map(|line| line.path.as_str()).collect();
    let mut all: HashMap<String, Vec<(Value, &str)>> = HashMap::new();
    for line in report.lines() {
        let record: Value = serde_json::from_str(line).expect("each line is JSON");
        let item = Path::new(record["item"].as_str().unwrap_or_default());
        let mut above = item.ancestors().filter_map(Path::to_str);
        if let Some(path) = above.find(|path| paths.contains(path)) {
            all.entry(path.to_owned()).or_default().push((record, line));
        }
    }
    all
}

/// What the lines about one path say.
fn said(lines: &[(Value, &str)]) -> Said {
    let mut said = Said::default();
    for (record, _) in lines {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        match record["type"].as_str() {
            Some("item") => {
                said.items += 1;
                // In this order of the alphabet they are worse and worse.
                said.status = said.status.max(text("status"));
                let reasons = record["reasons"].as_array().into_iter().flatten();
                let names = reasons.filter_map(|r| r["reason"].as_str()).map(str::to_owned);
                said.reasons.extend(names);
            }
            Some("finding") => {
                said.findings += 1;
                said.values.extend(canonical(&text("detector"), &text("secret")));
            }
            _ => {}
        }
    }
    said
}

/// The values a finding stands for, as the list writes them.
fn canonical(detector: &str, secret: &str) -> Vec<(String, String)> {
    let digits: String = secret.chars().filter(char::is_ascii_digit).collect();
    match detector {
        "payment-card-pan" => vec![("card".into(), digits)],
        "gb-nino" => {
            let letters = secret.chars().filter(char::is_ascii_alphanumeric);
            vec![("nino".into(), letters.map(|c| c.to_ascii_uppercase()).collect())]
        }
        // Either may come first.
        "gb-sort-code-account" if digits.len() > 6 => {
            let last = digits.len() - 6;
            vec![
                ("bank".into(), format!("{}/{}", &digits[..6], &digits[6..])),
                ("bank".into(), format!("{}/{}", &digits[last..], &digits[..last])),
            ]
        }
        _ => Vec::new(),
    }
}

/// What is wrong with what was said; nothing where it is right.
fn fault(line: &Expected, said: &Said) -> Option<String> {
    let found = line.value.as_ref().is_none_or(|value| said.values.contains(value));
    let allowed = line.statuses.contains(&said.status);
    let complete = said.status == "complete";
    let reasons = || said.reasons.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if said.items == 0 {
        Some("nothing was said of it".into())
    } else if said.reasons.contains("crash") {
        Some("a reader crashed".into())
    } else if complete && said.findings == 0 && (!found || !allowed) {
        Some("it was called clean".into())
    } else if !found {
        Some(format!(
            "its {} was not found: {} ({})",
            line.value.as_ref()?.0,
            said.status,
            reasons()
        ))
    } else if !allowed {
        Some(format!("it is {}, not {}", said.status, line.statuses.join(" or ")))
    } else if !complete && said.reasons.is_empty() {
        Some("no reason is given".into())
    } else if !complete
        && !line.reasons.is_empty()
        && !line.reasons.iter().any(|reason| said.reasons.contains(reason))
    {
        Some(format!("the reason is {}, not {}", reasons(), line.reasons.join(" or ")))
    } else {
        None
    }
}

/// How a value might be written out in full.
fn in_full((kind, value): &(String, String)) -> Vec<String> {
    match kind.as_str() {
        "card" => {
            let fours: Vec<String> =
                value.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into()).collect();
            vec![value.clone(), fours.join(" "), fours.join("-")]
        }
        "bank" => value.split('/').nth(1).map(str::to_owned).into_iter().collect(),
        _ => vec![value.clone()],
    }
}

#[test]
fn r2_to_r5_every_hostile_file_is_read_or_said_not_to_be_and_no_value_is_shown() {
    let Some(set) = set() else {
        println!("skipped: the hostile set is not here (../shared/hostile)");
        return;
    };
    let all = list(&set);
    assert!(all.len() > 800, "{}", all.len());
    let wanted = chosen(all);
    let start = Instant::now();
    let masked = scan(&set, &wanted, &[]);
    let revealed = scan(&set, &wanted, &["--reveal"]);
    println!(
        "{} files twice in {:.0?}; {} MB together, {} MB one child",
        wanted.len(),
        start.elapsed(),
        masked.together >> 20,
        masked.child >> 20
    );
    // R7: each file ends within its time, and a bit.
    assert!(start.elapsed() < Duration::from_secs((SECONDS + 2) * wanted.len() as u64));
    for run in [&masked, &revealed] {
        assert!(run.code.is_some_and(|code| [0, 1, 3, 4].contains(&code)), "{:?}", run.code);
    }
    // R9.
    assert!(
        masked.together <= watched::TOGETHER && masked.child <= watched::CHILD,
        "too much memory"
    );
    let shown = by_path(&masked.said, &wanted);
    let told = by_path(&revealed.said, &wanted);
    let mut faults = Vec::new();
    for line in &wanted {
        let lines =
            |report: &HashMap<_, Vec<_>>| report.get(&line.path).cloned().unwrap_or_default();
        // R17.
        for value in line.value.iter().flat_map(in_full) {
            let leak = lines(&shown).iter().any(|(_, line)| line.contains(&value));
            assert!(!leak, "{}: its value is written out", line.path);
        }
        let said = said(&lines(&told));
        let fault = fault(line, &said);
        if fault.is_some() && SLOW && said.reasons.contains("limit-time") {
            println!("too slow to judge without optimisation: {}", line.path);
            continue;
        }
        let speaks_of =
            |path: &str, print: &str| path == line.path && line.sha256.starts_with(print);
        let otherwise = OTHERWISE.iter().find(|(path, print, _)| speaks_of(path, print));
        match (fault, otherwise) {
            (Some(fault), None) => {
                faults.push(format!("{} ({}): {fault}", line.path, line.category))
            }
            (Some(_), Some((path, _, why))) => println!("otherwise: {path}: {why}"),
            (None, Some((path, ..))) => println!("no longer otherwise: {path}"),
            (None, None) => {}
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), wanted.len(), faults.join("\n"));
}
