//! The hostile files that archives and mail decide: each ends in time, with what it must give.

#![allow(clippy::print_stdout)] // With SHOW set it tells of each file.

use dlpscan_core::model::{Content, Ledger, Limits, Part, PartPath, Segment};
use dlpscan_extract::{Budget, Descent, Flow, Sink, formats};
use std::collections::BTreeSet;
use std::fs::File;
use std::time::Instant;

/// Beginnings of the paths of the files that these families decide.
const OURS: &[&str] = &[
    "h_bomb/gz",
    "h_bomb/tgz",
    "h_bomb/bz2",
    "h_bomb/xz",
    "h_bomb/lzma",
    "h_bomb/zstd",
    "h_bomb/zip",
    "h_tar/",
    "h_ziplie/",
    "h_encrypted/",
    "h_mail/",
    "h_names/",
    "h_deep/zip",
    "h_deep/tar",
    "h_deep/gz",
    "h_deep/rfc822",
    "h_deep/multipart",
    "h_deep/header",
    "h_trunc/archive_",
    "h_flip/archive_",
    "h_trunc/mime_smime",
    "h_flip/mime_smime",
    "h_magic/",
    "evasion_dev/mime",
    "evasion_dev/archive",
    "h_deep/asn1",
    "public/mailparser",
    "public/mimekit_m",
    "public/libarchive",
];

/// Files whose expectation needs a format that is not read yet, or that others decide.
const NOT_YET: &[&str] = &[
    // Formats without an extractor: what is wrong with them is not seen.
    "archive_iso9660",
    "rar_encryption_partially",
    "7zip_malformed",
    // Pictures in messages.
    "vcf_note_qp",
    "mailparser_malformed/020",
    "mailparser_malformed/021",
    "simple-multipart.anonymized",
    "smime_opaque_signed_10pc",
    // Nothing at all can be read of it: more than "partial" asks for.
    "deflate_garbage",
    // Endless by design, cut short by its own end.
    "zstd_raw_loop",
    // Lengths that point past the end: what is told is that the end is missing.
    "cab_lzx_oob",
    "archive_cpio_plain_2",
];

/// Only searches: what comes out of a bomb is too much to keep.
struct Seeker {
    wanted: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Sink for Seeker {
    fn segment(&mut self, _path: &PartPath, segment: &Segment<'_>) -> Flow {
        if self.found.len() < self.wanted.len() && segment.text.iter().any(u8::is_ascii_digit) {
            let plain: Vec<u8> =
                segment.text.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
            for wanted in &self.wanted {
                if memchr::memmem::find(&plain, wanted.as_bytes()).is_some() {
                    self.found.insert(wanted.clone());
                }
            }
        }
        Flow::Continue(())
    }
}

#[test]
fn every_hostile_archive_and_message_ends_in_time_as_expected() {
    let Some(hostile) = crate::support::shared("hostile") else { return };
    let table = std::fs::read_to_string(hostile.join("EXPECT.tsv")).unwrap();
    let only = std::env::var("ONLY").unwrap_or_default();
    let extractors = formats::all();
    let mut wrong = Vec::new();
    for line in table.lines().skip(1) {
        let column: Vec<_> = line.split('\t').collect();
        let (path, expect, reasons, must) = (column[0], column[4], column[5], column[6]);
        let ours = OURS.iter().any(|o| path.starts_with(o));
        let not_yet = NOT_YET.iter().any(|n| path.contains(n));
        if !ours || not_yet || !path.contains(&only) {
            continue;
        }
        let wanted: BTreeSet<String> = must
            .split(['|', ' ', ';'])
            .filter_map(|m| m.split_once(':'))
            .flat_map(|(_, value)| value.split('/').map(str::to_owned))
            .collect();
        let file = File::open(hostile.join(path)).unwrap();
        let len = file.metadata().unwrap().len();
        let name = path.rsplit('/').next().unwrap();
        let start = Instant::now();
        let mut sink = Seeker { wanted, found: BTreeSet::new() };
        let mut ledger = Ledger::new();
        let budget = // Small limits, because tests run unoptimised.
            Budget::new(Limits { bytes: 64 << 20, parts: 5_000, ..Limits::default() });
        let part = Part::new(name, Content::File(&file, len));
        let _ = Descent::new(&mut sink, &mut ledger, &budget, &extractors).item(part);
        let noted: BTreeSet<_> =
            ledger.counts().keys().filter(|r| !r.is_skip()).map(|r| r.as_str()).collect();
        let status = ledger.status(sink.found.len() as u64).as_str();
        let mut faults = Vec::new();
        if !expect.split('|').any(|e| e == status) {
            faults.push(format!("{status}, expected {expect}"));
        }
        let allowed: BTreeSet<_> = reasons.split(',').collect();
        if status != "complete" && reasons != "-" && noted.is_disjoint(&allowed) {
            faults.push(format!("noted {noted:?}, expected {reasons}"));
        }
        if sink.found.len() < sink.wanted.len() {
            faults.push(format!("not found: {must}"));
        }
        if start.elapsed().as_secs() > 21 {
            faults.push(format!("took {:?}", start.elapsed()));
        }
        if ledger.unbalanced() > 0 {
            faults.push(format!("{} layers unbalanced: {:?}", ledger.unbalanced(), ledger.sum()));
        }
        if std::env::var("SHOW").is_ok() {
            println!("{path}: {status} {noted:?} {:?}", start.elapsed());
        }
        if !faults.is_empty() {
            wrong.push(format!("{path}: {}", faults.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}
