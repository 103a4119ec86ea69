//! Every value planted in the shared corpus appears in what is extracted from its file.

use crate::support::{read, shared};
use std::collections::BTreeMap;

/// Kinds of file whose text must hold every planted value.
const KINDS: [&str; 7] = ["txt", "csv", "json", "xml", "html", "log", "ics"];

#[test]
fn every_planted_value_is_in_the_text() {
    let Some(root) = shared("corpora/planted") else { return };
    let truth = std::fs::read_to_string(root.join("truth.jsonl")).expect("the truth is there");
    let mut files: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for line in truth.lines() {
        let Some(file) = field(line, "file") else { continue };
        if KINDS.contains(&file.split('/').next().unwrap_or("")) {
            let value = field(line, "value").unwrap_or("").to_owned();
            let sort_code = field(line, "sort_code").unwrap_or("").to_owned();
            files.entry(file).or_default().push((value, sort_code));
        }
    }
    assert!(!files.is_empty());
    let mut missing = Vec::new();
    for (file, values) in files {
        let bytes = std::fs::read(root.join(file)).expect("the file is there");
        let got = read(file.rsplit('/').next().unwrap_or(file), &bytes);
        got.assert_balances();
        assert!(got.reasons().is_empty(), "{file}: {:?}", got.reasons());
        let text = plain(&got.text());
        for (value, sort_code) in values {
            // A pair of sort code and account number is planted as two values.
            let pair = [value.as_str(), sort_code.as_str()].map(plain);
            let parts = value.split(['|', '/']).map(plain).collect::<Vec<_>>();
            let whole = text.contains(&pair[0]) || parts.iter().all(|p| text.contains(p));
            if !whole || !text.contains(&pair[1]) {
                missing.push(format!("{file}: {value}"));
            }
        }
    }
    assert!(missing.is_empty(), "{} values missing:\n{}", missing.len(), missing.join("\n"));
}

/// Letters and digits, lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A string field of a line of JSON whose values hold no escapes that matter here.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let key = format!("\"{name}\": \"");
    let start = line.find(&key)? + key.len();
    let rest = &line[start..];
    let mut end = 0;
    while let Some(at) = rest[end..].find('"') {
        end += at;
        if !rest[..end].ends_with('\\') {
            return Some(&rest[..end]);
        }
        end += 1;
    }
    None
}
