//! The promises of `docs/reliability.md` that are the whole scanner's, each under its number.

use dlpscan::model::{Limits, Origin, Outcome, Reason, Status};
use dlpscan::{Scanner, source};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| scanner(Limits::default()));

fn scanner(limits: Limits) -> Scanner {
    Scanner::builder().limits(limits).build().expect("the built-in detectors compile")
}

/// The samples of these families that are small enough to be read again and again.
fn samples(families: &[&str]) -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats");
    let mut found = Vec::new();
    for family in families {
        let mut files: Vec<_> =
            fs::read_dir(root.join(family)).expect("a family").flatten().collect();
        files.sort_by_key(fs::DirEntry::file_name);
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let bytes = fs::read(file.path()).expect("a sample");
            let made = [".segments", ".py", ".sh"].iter().any(|end| name.ends_with(end));
            if !made && bytes.len() < 64 << 10 {
                found.push((name, bytes));
            }
        }
    }
    assert!(found.len() > 20, "the samples are there");
    found
}

fn has(outcome: &Outcome, reason: Reason) -> bool {
    outcome.ledger.counts().contains_key(&reason)
}

#[test]
fn r1_every_byte_of_every_sample_has_one_fate_whole_cut_and_changed() {
    for (name, bytes) in samples(&["archive", "document", "image", "mail", "table", "text"]) {
        let half = &bytes[..bytes.len() / 2];
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 0x55;
        for (how, bytes) in [("whole", &bytes[..]), ("cut", half), ("changed", &changed[..])] {
            let outcome = SCANNER.scan_bytes(&name, bytes);
            assert_eq!(outcome.ledger.unbalanced(), 0, "{name}, {how}");
            assert!(outcome.ledger.sum().size >= bytes.len() as u64, "{name}, {how}");
            let said = outcome.ledger.counts().keys().any(|reason| !reason.is_skip());
            assert_eq!(said, outcome.status() != Status::Complete, "{name}, {how}");
        }
    }
}

/// Formats that say how long they are, or end with what the beginning needs.
const CLOSED: &[&str] = &[
    "zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "7z", "rar", "bz2", "gz", "xz", "zst",
    "lz4", "cab", "parquet", "arrow", "feather", "avro", "sqlite", "png", "jpg", "doc", "xls",
    "ppt", "pdf",
];

#[test]
fn r2_no_sample_that_lost_its_second_half_is_called_clean() {
    let mut looked = 0;
    for (name, bytes) in samples(&["archive", "document", "image", "table"]) {
        if !name.rsplit('.').next().is_some_and(|end| CLOSED.contains(&end)) {
            continue;
        }
        let outcome = SCANNER.scan_bytes(&name, &bytes[..bytes.len() / 2]);
        let clean = outcome.status() == Status::Complete && outcome.found == 0;
        assert!(!clean, "{name} was cut in half and called clean");
        looked += 1;
    }
    assert!(looked > 40, "{looked}");
}

#[test]
fn r3_every_limit_that_is_reached_stands_in_status_and_reasons() {
    let all = samples(&["archive", "table"]);
    let read = |name: &str, limits: Limits| {
        let (_, bytes) = all.iter().find(|(sample, _)| sample == name).expect("the sample");
        scanner(limits).scan_bytes(name, bytes)
    };
    let whole = Limits::default;
    for (limits, reason) in [
        (Limits { bytes: 10, ..whole() }, Reason::LimitBytes),
        (Limits { parts: 0, ..whole() }, Reason::LimitCount),
        (Limits { depth: 0, ..whole() }, Reason::LimitDepth),
        (Limits { seconds: 0, ..whole() }, Reason::LimitTime),
    ] {
        let outcome = read("mixed.zip", limits);
        assert_ne!(outcome.status(), Status::Complete, "{reason}");
        assert!(has(&outcome, reason), "{reason}: {:?}", outcome.ledger.counts());
    }
    let outcome = read("zstd.arrows", Limits { buffer: 100, ..whole() });
    assert!(has(&outcome, Reason::LimitMemory), "{:?}", outcome.ledger.counts());
}

#[test]
fn r4_every_kind_of_locked_container_is_named() {
    let mut locked: Vec<_> = samples(&["archive", "document"])
        .into_iter()
        .filter(|(name, _)| name.starts_with("locked"))
        .collect();
    assert!(locked.len() >= 9, "{}", locked.len());
    let more = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hostile/h_encrypted");
    for file in fs::read_dir(more).into_iter().flatten().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        // One is a stump of an archive, which is damaged rather than locked.
        if name == "evolution_7z_in_eml.eml" {
            continue;
        }
        // What is only random says nothing of a lock: it is opaque.
        locked.push((name, fs::read(file.path()).expect("a hostile file")));
    }
    for (name, bytes) in locked {
        let outcome = SCANNER.scan_bytes(&name, &bytes);
        if name == "ssh_encrypted_key" {
            // It is text, and what it is is a finding.
            assert!(outcome.found > 0, "{name}");
            continue;
        }
        assert_ne!(outcome.status(), Status::Complete, "{name}");
        let named = [Reason::Encrypted, Reason::Opaque, Reason::Unsupported];
        assert!(named.iter().any(|&reason| has(&outcome, reason)), "{name}");
        if name.starts_with("locked") {
            assert!(has(&outcome, Reason::Encrypted), "{name}");
        }
    }
}

#[test]
fn r6_memory_file_and_folder_give_the_same_findings_and_notes() {
    let told = |outcome: &Outcome| {
        let spans: Vec<_> = outcome
            .findings
            .iter()
            .map(|f| (f.detector.clone(), f.location.part.to_string(), f.location.span.clone()))
            .collect();
        (spans, outcome.status(), outcome.ledger.counts().clone())
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats/table");
    let mut looked = 0;
    let items = source::files(vec![folder], source::Selection::default());
    SCANNER.run(items, 2, &mut |from_folder| {
        let name = from_folder.item.as_str().to_owned();
        let bytes = fs::read(&name).expect("a sample");
        assert_eq!(told(&from_folder), told(&SCANNER.scan_bytes(&name, &bytes)), "{name}");
        assert_eq!(from_folder.origin, Origin::File);
        looked += 1;
        ControlFlow::Continue(())
    });
    assert!(looked > 10, "{looked}");
}

#[test]
fn r10_a_flood_of_findings_is_counted_and_not_kept() {
    let text = "Sort code 08-99-99, account number 66374958\n".repeat(12_000);
    let outcome = SCANNER.scan_text(&text);
    assert_eq!(outcome.findings.len() as u64, Limits::default().findings);
    assert!(outcome.found >= 12_000, "{}", outcome.found);
}

#[test]
fn r10_an_item_that_would_take_for_ever_ends_at_its_deadline() {
    let limits = Limits { seconds: 1, ..Limits::default() };
    let scanner = scanner(limits);
    // Base64 within base64 within text, over and over.
    let text = "UVdGaFlXRmhZV0ZoWVdGaFlXRmhZV0ZoWVdGaFlXRmhZV0ZoWVE9PQ== 4111 1111 1111 1111\n";
    let text = text.repeat(1_000_000);
    let start = Instant::now();
    let outcome = scanner.scan_text(&text);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(has(&outcome, Reason::LimitTime) && outcome.status() != Status::Complete);
}
