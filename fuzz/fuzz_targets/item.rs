//! Any bytes as an item: no panic gets out, the books balance, and what was not read is said.
#![no_main]

use dlpscan::model::{Limits, Status};
use dlpscan::{Scanner, passwords};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let limits = Limits { seconds: 5, bytes: 64 << 20, ..Limits::default() };
    // With the password of the samples in corpus/locked, so that what opens them is tried as well.
    let passwords = passwords("grüne Tür 21");
    Scanner::builder().limits(limits).passwords(passwords).build().expect("the built-in detectors compile")
});

fuzz_target!(|data: &[u8]| {
    let outcome = SCANNER.scan_bytes("item", data);
    assert_eq!(outcome.ledger.unbalanced(), 0, "the books do not balance");
    let said = outcome.ledger.counts().keys().any(|reason| !reason.is_skip());
    assert_eq!(said, outcome.status() != Status::Complete);
});
