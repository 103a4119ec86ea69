//! Outcomes made by hand, for the tests of all reports.

use dlpscan_core::model::{
    Evidence, EvidenceKind, Facts, Finding, ItemName, Ledger, Level, Location, Note, Origin,
    Outcome, PartPath, Place, Reason, Secret, Verdict,
};

pub fn part(names: &[&str]) -> PartPath {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub fn finding(
    detector: &str,
    name: &str,
    confidence: u8,
    names: &[&str],
    place: Place,
) -> Finding {
    Finding {
        detector: detector.into(),
        name: name.into(),
        category: "bank".into(),
        confidence,
        level: Level::of(confidence),
        masked: "**-**-** *****678".into(),
        secret: None,
        fingerprint: None,
        location: Location { part: part(names), place, span: 120..137, raw: None },
        evidence: vec![Evidence {
            kind: EvidenceKind::Check,
            by: "gb-modulus".into(),
            result: "valid".into(),
            weight: 30,
        }],
    }
}

pub fn outcome(item: impl Into<ItemName>, findings: Vec<Finding>, notes: Vec<Note>) -> Outcome {
    let mut ledger = Ledger::new();
    ledger.content(100);
    for note in notes {
        ledger.note(note);
    }
    Outcome {
        item: item.into(),
        origin: Origin::File,
        bytes: 81_234,
        found: findings.len() as u64,
        findings,
        ledger,
        facts: Facts::default(),
        verdict: None,
    }
}

/// A mailbox with findings deep inside and one attachment that could not be read.
pub fn mailbox() -> Outcome {
    let cell = Place::Cell {
        sheet: "Suppliers".into(),
        cell: "D14".into(),
        column: Some("Account number".into()),
    };
    let mut deep = finding(
        "gb-sort-code-account",
        "UK sort code and account number",
        92,
        &["17", "offer.zip", "prices.xlsx"],
        cell,
    );
    deep.location.raw = Some(4..9);
    deep.fingerprint = Some("3f2a".into());
    let mail =
        finding("email-address", "E-mail address", 45, &["3"], Place::Header { name: "To".into() });
    let note = Note::new(Reason::Encrypted, part(&["17", "locked.zip"])).with_bytes(2311);
    let mut outcome = outcome("docs/box.mbox", vec![mail, deep], vec![note]);
    outcome.verdict = Some(Verdict {
        action: "block".into(),
        rules: vec!["knowsley.bank-details".into()],
        words: vec!["The council's bank details may not leave.".into()],
    });
    outcome
}

/// Everything about it is meant to hurt the reader.
pub fn hostile() -> Outcome {
    let mut bad = finding(
        "secret-password-context",
        "Password in context",
        70,
        &["\u{202E}fdp.exe", "a\x1b]0;owned\x07"],
        Place::Key { path: "x\ny\u{2028}z".into() },
    );
    bad.masked = "***\x1b[2J".into();
    bad.secret = Some(Secret::new("\u{9b}31m"));
    let mut outcome = outcome(
        ItemName::from_bytes(b"evil\x1b[31m\r\n\xe9.txt"),
        vec![bad],
        vec![Note::new(Reason::BadName, part(&["..\x08"])).with_detail("\u{feff}\u{e0041}")],
    );
    outcome.bytes = 3;
    outcome
}
