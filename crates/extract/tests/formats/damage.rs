//! Samples cut short and with bytes changed: no reader falls over, and every book balances.

use crate::support::{Collected, read};
use std::path::PathBuf;

fn samples() -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats");
    let mut samples = Vec::new();
    for family in ["text", "table"] {
        for entry in std::fs::read_dir(root.join(family)).expect("samples").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.ends_with(".segments") {
                samples.push((name, std::fs::read(entry.path()).expect("a sample")));
            }
        }
    }
    samples.sort();
    assert!(samples.len() >= 12);
    samples
}

fn sound(got: &Collected, what: &str) {
    let sum = got.ledger.sum();
    assert!(sum.balances() && got.ledger.unbalanced() == 0, "{what}: {sum:?}");
    let fell = got
        .ledger
        .notes()
        .iter()
        .any(|n| n.detail.as_deref().is_some_and(|d| d.contains("gave up")));
    assert!(!fell, "{what}: a reader fell over");
}

#[test]
fn a_sample_cut_anywhere_is_read_to_its_end() {
    for (name, bytes) in samples() {
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 250) {
            sound(&read(&name, &bytes[..end]), &format!("{name} cut at {end}"));
        }
    }
}

#[test]
fn a_sample_with_changed_bytes_is_read_to_its_end() {
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    const ODD: &[u8] = b"\0\xFF\"'<>&;{}[]:,\\=\t\r\n\x80\xC0\xE2%-!?/";
    for (name, bytes) in samples() {
        for round in 0..120 {
            let mut bytes = bytes.clone();
            for _ in 0..=random(6) {
                let at = random(bytes.len());
                match random(3) {
                    0 => bytes[at] = ODD[random(ODD.len())],
                    1 => bytes.insert(at, ODD[random(ODD.len())]),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            sound(&read(&name, &bytes), &format!("{name} round {round}"));
        }
    }
}
