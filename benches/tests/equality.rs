//! Per rule, the engine matches what one pass of regex-automata a rule matches.

use dlpscan_benches::workload::{self, Workload};
use dlpscan_benches::{RULES, engine, reference};
use std::collections::BTreeMap;
use std::ops::Range;

fn referred(text: &str) -> BTreeMap<String, Vec<Range<usize>>> {
    let rules = reference::rules(RULES).expect("the rules compile");
    let of = |rule: &reference::Rule| (rule.id.clone(), rule.find(text.as_bytes()));
    rules.iter().map(of).filter(|(_, spans)| !spans.is_empty()).collect()
}

#[test]
fn every_rule_matches_where_one_pass_of_its_own_does() {
    let engine = engine::of_rules(RULES).expect("the rules compile");
    for Workload { name, text, .. } in workload::all(200 << 10) {
        let (ours, theirs) = (engine::matches(&engine, text.as_bytes()), referred(&text));
        for id in engine.detectors().iter().map(|d| d.id.to_string()) {
            let (ours, theirs) = (ours.get(&id), theirs.get(&id));
            let count = |spans: Option<&Vec<Range<usize>>>| spans.map_or(0, Vec::len);
            assert_eq!(count(ours), count(theirs), "{id} in {name}");
            assert_eq!(ours, theirs, "{id} in {name}");
        }
    }
}

#[test]
fn what_is_planted_is_found() {
    for Workload { name, text, planted } in workload::all(200 << 10) {
        let found = referred(&text);
        for (id, count) in planted {
            let found = found.get(id).map_or(0, |spans| spans.len() as u64);
            assert!(found >= count, "{id} in {name}: {found} of {count}");
        }
    }
}

#[test]
fn windows_give_the_same_counts_as_the_whole_text() {
    let engine = engine::of_rules(RULES).expect("the rules compile");
    for Workload { name, text, .. } in workload::all(600 << 10) {
        let mut whole = vec![0; engine.detectors().len()];
        let segment = dlpscan_core::model::Segment::new(
            text.as_bytes(),
            dlpscan_core::model::Place::Line { line: 1, column: 1 },
        );
        let _ = engine.scan(&mut engine.scratch(), &segment, 0, &mut |found| {
            whole[found.detector.index()] += 1;
            std::ops::ControlFlow::Continue(())
        });
        assert_eq!(engine::count(&engine, text.as_bytes()), whole, "{name}");
    }
}
