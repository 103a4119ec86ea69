//! A benchmark whose answer is wrong measures nothing: every workload gives its expected counts.

use dlpscan_benches::workload::{self, Workload, minutes};
use dlpscan_benches::{RULES, reference};
use std::collections::BTreeMap;

fn counts(scanner: &dlpscan::Scanner, text: &str) -> BTreeMap<String, u64> {
    let outcome = scanner.scan_text(text);
    let mut counts = BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry(finding.detector.to_string()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn the_minutes_give_the_planted_pairs_and_nothing_else() {
    let workload = minutes(200 << 10);
    let scanner = dlpscan::Scanner::builder().build().expect("the built-in detectors compile");
    let expected: BTreeMap<String, u64> =
        workload.planted.iter().map(|(id, n)| (id.to_string(), *n)).collect();
    assert_eq!(counts(&scanner, &workload.text), expected);
}

/// Rule by rule how often the reference matches in 200 KiB of each workload, as recorded: a change
/// of a generator or of a rule changes what is measured, and is to be meant.
#[test]
fn the_workloads_hold_what_is_recorded() {
    let rules = reference::rules(RULES).expect("the rules compile");
    let mut got = String::from("# rule\tprose\tdense\tdigits\tadversarial\n");
    let texts: Vec<Workload> = workload::all(200 << 10);
    for rule in &rules {
        got.push_str(&rule.id);
        for workload in &texts {
            got.push_str(&format!("\t{}", rule.find(workload.text.as_bytes()).len()));
        }
        got.push('\n');
    }
    if std::env::var_os("DLPSCAN_RECORD").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/data/expected.tsv"), &got)
            .expect("the record is written");
    }
    assert_eq!(got, include_str!("../data/expected.tsv"));
}
