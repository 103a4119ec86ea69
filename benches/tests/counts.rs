//! A benchmark whose answer is wrong measures nothing: every workload gives its expected counts.

use dlpscan_benches::minutes;
use std::collections::BTreeMap;

#[test]
fn the_minutes_give_the_planted_pairs_and_nothing_else() {
    let workload = minutes(200 << 10);
    let scanner = dlpscan::Scanner::builder().build().expect("the built-in detectors compile");
    let outcome = scanner.scan_text(&workload.text);
    let mut counts = BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry(finding.detector.to_string()).or_insert(0) += 1;
    }
    let expected: BTreeMap<String, u64> =
        workload.expected.iter().map(|(id, n)| (id.to_string(), *n)).collect();
    assert_eq!(counts, expected);
}
