//! What is written in pictures, with recognisers that misbehave, and with tesseract where it is.

#![allow(clippy::print_stderr)]

use dlpscan::model::{Limits, Outcome, Place, Reason, Status};
use dlpscan::{OcrUse, Recogniser, Scanner};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A folder of this test's own with a recogniser in it that is this shell script.
struct Fake(PathBuf);

impl Fake {
    fn new(name: &str, script: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("dlpscan-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("tesseract");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
        Fake(folder)
    }

    fn scanner(&self, limits: Limits) -> Scanner {
        let recogniser = Recogniser::at(&self.0.join("tesseract"));
        Scanner::builder().limits(limits).ocr(Some(recogniser)).build().expect("a scanner")
    }

    fn scan(&self, name: &str) -> Outcome {
        let limits = Limits { ocr_seconds: 2, ..Limits::default() };
        self.scanner(limits).scan_bytes(name, &sample(name))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sample(name: &str) -> Vec<u8> {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/pictures");
    fs::read(corpus.join(name)).expect("a sample")
}

fn reasons(outcome: &Outcome) -> Vec<Reason> {
    outcome.ledger.counts().keys().copied().collect()
}

#[test]
fn a_recogniser_that_hangs_costs_its_time_and_a_note() {
    let before = Instant::now();
    let outcome = Fake::new("hangs", "sleep 60").scan("letter.png");
    assert_eq!(reasons(&outcome), [Reason::LimitTime]);
    assert_ne!(outcome.status(), Status::Complete);
    assert!(before.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_recogniser_that_fails_costs_a_note() {
    for (name, script) in [("crashes", "kill -11 $$"), ("fails", "echo text; exit 1")] {
        let outcome = Fake::new(name, script).scan("letter.png");
        assert_eq!(reasons(&outcome), [Reason::Crash], "{name}");
    }
}

#[test]
fn an_answer_without_end_costs_a_note() {
    let outcome = Fake::new("floods", "exec yes 'some words'").scan("letter.png");
    assert_eq!(reasons(&outcome), [Reason::NoOcr]);
}

#[test]
fn an_answer_that_is_no_words_finds_nothing_and_breaks_nothing() {
    let noise = r"cat >/dev/null; printf '5\t\t\tx\n\377\376\0\n5\t1\t1\t1\t1\t1\t-9e999\tnan\tinf\t0\t-1\t\n'";
    let outcome = Fake::new("garbage", noise).scan("letter.png");
    assert_eq!(outcome.found, 0);
    assert_eq!(outcome.ledger.unbalanced(), 0);
}

#[test]
fn words_stand_in_the_line_they_were_read_in() {
    let row = |line: u32, top: u32, text: &str| {
        let at = format!("1\\t1\\t1\\t{line}");
        format!(
            "4\\t{at}\\t0\\t50\\t{top}\\t700\\t20\\t-1\\t\\n5\\t{at}\\t1\\t50\\t{top}\\t700\\t20\\t96\\t{text}\\n"
        )
    };
    let script = format!(
        "cat >/dev/null; printf '{}{}'",
        row(1, 50, "Dear Sir"),
        row(2, 100, "Sort code 08-99-99 account number 66374958")
    );
    let outcome = Fake::new("answers", &script).scan("letter.png");
    assert_eq!(reasons(&outcome), []);
    assert_eq!(outcome.status(), Status::Complete);
    assert_eq!(outcome.found, 1);
    assert_eq!(outcome.findings[0].location.place, Place::Line { line: 2, column: 0 });
}

#[test]
fn what_a_code_says_is_read_without_a_recogniser() {
    let scanner = Scanner::builder().build().expect("a scanner");
    let outcome = scanner.scan_bytes("code.png", &sample("code.png"));
    assert_eq!(outcome.found, 1);
    let place = Place::Property { name: "QR code".into() };
    assert_eq!(outcome.findings[0].location.place, place);
    assert_eq!(reasons(&outcome), [Reason::NoOcr]);
}

#[test]
fn without_a_recogniser_a_picture_with_writing_is_named() {
    let scanner = Scanner::builder().ocr(OcrUse::Off.recogniser()).build().expect("a scanner");
    let outcome = scanner.scan_bytes("letter.png", &sample("letter.png"));
    assert_eq!(reasons(&outcome), [Reason::NoOcr]);
}

#[test]
fn tesseract_reads_what_is_written_in_pictures_and_on_scanned_pages() {
    let Some(recogniser) = OcrUse::Auto.recogniser() else {
        eprintln!("skipped: there is no tesseract on this machine");
        return;
    };
    let scanner = Scanner::builder().ocr(Some(recogniser)).build().expect("a scanner");
    let samples = [
        "letter.png",
        "letter.jpg",
        "letter.gif",
        "letter.webp",
        "screen.bmp",
        "clear.png",
        "turned.png",
        "fax.tif",
        "scan.pdf",
        "strips.pdf",
    ];
    for name in samples {
        let outcome = scanner.scan_bytes(name, &sample(name));
        assert_eq!(reasons(&outcome), [], "{name}");
        let found: Vec<_> = outcome.findings.iter().map(|f| &*f.detector).collect();
        assert!(found.contains(&"gb-sort-code-account"), "{name}: {found:?}");
        assert!(found.contains(&"gb-nino"), "{name}: {found:?}");
        let page = match name {
            "fax.tif" => Some(2),
            "scan.pdf" | "strips.pdf" => Some(1),
            _ => None,
        };
        if let Some(page) = page {
            assert_eq!(outcome.findings[0].location.place, Place::Page { page }, "{name}");
        }
    }
}
