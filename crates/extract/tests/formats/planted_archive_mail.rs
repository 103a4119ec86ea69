//! What was planted in archives and mail comes out of them; what is locked is said to be.

use crate::support::{Collected, read_part};
use dlpscan_core::model::{Content, Limits, Part, Reason};
use std::collections::BTreeMap;
use std::path::Path;

fn read_file(path: &Path) -> Collected {
    let bytes = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    read_part(Part::new(name, Content::Bytes(&bytes)), Limits::default())
}

/// Letters and digits only: how a value is grouped or broken into cells is its reader's business.
fn plain(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A string field of a flat line of JSON without escaped quotes.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let rest = line.split_once(&format!("\"{name}\": \""))?.1;
    Some(rest.split_once('"')?.0)
}

#[test]
fn every_planted_value_comes_out_of_mail_and_archives() {
    let Some(planted) = crate::support::shared("corpora/planted") else { return };
    let ours = ["eml/", "mailbox/", "mhtml/", "zip/", "tar.gz/", "tar.xz/", "txt.gz/"];
    let truth = std::fs::read_to_string(planted.join("truth.jsonl")).unwrap();
    let mut read: BTreeMap<String, String> = BTreeMap::new();
    let mut missing = Vec::new();
    let mut all = 0;
    for line in truth.lines().filter(|l| l.contains("\"label\": \"positive\"")) {
        let (Some(file), Some(value)) = (field(line, "file"), field(line, "value")) else {
            continue;
        };
        if !ours.iter().any(|o| file.starts_with(o)) || value.contains('\\') {
            continue;
        }
        all += 1;
        let text = read.entry(file.to_owned()).or_insert_with(|| {
            let got = read_file(&planted.join(file));
            got.assert_balances();
            got.segments.iter().map(|s| plain(&s.text)).collect::<Vec<_>>().join("\n")
        });
        if !text.contains(&plain(value.as_bytes())) {
            missing.push(format!("{file}: {}", field(line, "where").unwrap_or_default()));
        }
    }
    assert!(all > 100, "the truth was not read");
    assert!(missing.is_empty(), "{} of {all} missing:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn what_is_locked_is_noted_as_encrypted() {
    let Some(planted) = crate::support::shared("corpora/planted") else { return };
    for name in ["folder-aes.zip", "folder.7z", "stick-luks2.img"] {
        let got = read_file(&planted.join("encrypted").join(name));
        assert!(got.reasons().contains(&Reason::Encrypted), "{name}: {:?}", got.reasons());
        assert!(!got.ledger.read_content(), "{name}");
    }
}
