//! Locked archives and documents, with and without the passwords that open them.

use dlpscan::model::{Outcome, Reason, Secret, Status};
use dlpscan::report::record::Record;
use dlpscan::{Scanner, passwords};
use std::fs;
use std::path::PathBuf;

const RIGHT: &str = "grüne Tür 21";

fn scan(name: &str, list: &str) -> Outcome {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/locked");
    let bytes = fs::read(folder.join(name)).expect("a sample");
    let scanner = Scanner::builder().passwords(passwords(list)).build().expect("a scanner");
    scanner.scan_bytes(name, &bytes)
}

fn opened(outcome: &Outcome) -> Vec<String> {
    outcome.ledger.opened_parts().iter().map(ToString::to_string).collect()
}

const SAMPLES: &[(&str, &[&str], u64)] = &[
    ("old.zip", &["one.txt", "two.txt"], 2),
    ("aes128.zip", &["one.txt", "two.txt"], 2),
    ("aes256.zip", &["one.txt", "two.txt"], 2),
    ("files.7z", &["one.txt", "two.txt"], 2),
    ("names.7z", &["", "one.txt", "two.txt"], 2),
    ("five.rar", &["one.txt", "two.txt"], 4),
    ("names.rar", &["", "one.txt", "two.txt"], 4),
    ("four.rar", &["one.txt", "two.txt"], 4),
    ("agile.docx", &[""], 1),
    ("aes256.pdf", &[""], 1),
    ("letter.doc", &[""], 2),
    ("suppliers.xls", &[""], 1),
    ("letter.odt", &[""], 2),
];

#[test]
fn what_a_password_opens_is_read_and_said_to_have_been_locked() {
    let list = format!("wrong one\n{RIGHT}\nplain 21\n");
    for &(name, parts, findings) in SAMPLES.iter().chain(&[("rc4.pdf", &[""][..], 1)]) {
        let outcome = scan(name, &list);
        assert_eq!(outcome.found, findings, "{name}");
        assert_eq!(outcome.status(), Status::Complete, "{name}: {:?}", outcome.ledger.notes());
        assert_eq!(outcome.ledger.unbalanced(), 0, "{name}");
        assert_eq!(opened(&outcome), parts, "{name}");
    }
}

#[test]
fn pictures_of_a_word_document_are_opened_with_it() {
    assert!(scan("letter.doc", RIGHT).facts.kinds.contains("png"));
    assert!(!scan("letter.doc", "wrong one").facts.kinds.contains("png"));
}

#[test]
fn what_no_password_opens_stays_encrypted() {
    for &(name, _, _) in SAMPLES {
        for list in ["", "wrong one\nanother wrong one\n"] {
            let outcome = scan(name, list);
            assert_eq!(outcome.found, 0, "{name}");
            assert!(outcome.ledger.counts().contains_key(&Reason::Encrypted), "{name}");
            assert_eq!(opened(&outcome), [""; 0], "{name}");
        }
    }
}

#[test]
fn a_workbook_that_asks_nobody_is_opened_without_a_word() {
    let outcome = scan("asked-nobody.xlsx", "");
    assert_eq!((outcome.found, outcome.status()), (1, Status::Complete));
    assert_eq!(opened(&outcome), [""; 0]);
}

#[test]
fn a_letter_under_the_password_of_workbooks_is_read_and_still_locked() {
    let outcome = scan("asked-nobody.docx", "");
    assert_eq!((outcome.found, outcome.status()), (1, Status::Partial));
    assert!(outcome.ledger.counts().contains_key(&Reason::Encrypted));
    assert_eq!(opened(&outcome), [""; 0]);
    let told = scan("asked-nobody.docx", "VelvetSweatshop");
    assert_eq!((told.found, told.status()), (1, Status::Complete));
    assert_eq!(opened(&told), [""]);
}

#[test]
fn no_password_is_in_what_is_written() {
    let outcome = scan("files.7z", RIGHT);
    let mut out = Vec::new();
    for record in Record::of(&outcome) {
        record.write_line(&mut out).expect("memory can be written");
    }
    let text = String::from_utf8(out).expect("records are UTF-8") + &format!("{outcome:?}");
    assert!(text.contains("opened"));
    assert!(!text.contains(RIGHT));
    let all: Vec<Secret> = passwords(RIGHT);
    assert_eq!(format!("{all:?}"), "[Secret(14 bytes)]");
}
