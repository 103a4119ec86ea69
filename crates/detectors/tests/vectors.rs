//! The detectors against the published and generated test vectors, where those are at hand.

// A test tells its reader what it did.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use dlpscan_core::model::{Level, Place, Segment};
use dlpscan_core::scan::Engine;
use dlpscan_detectors::{builtin, checks};

/// Of all rows, at least so many in a hundred must come out as they say.
const FLOOR: usize = 98;

#[test]
fn vectors_come_out_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/facts/vectors");
    if !folder.is_dir() {
        println!("skipped: ../shared is not here");
        return;
    }
    let files = builtin();
    let engine = Engine::build(&files, &checks(), &|spec| spec.on_by_default()).unwrap();
    let (mut rows, mut right) = (0, 0);
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, info) in engine.detectors().iter().map(|d| (d.id.clone(), d)) {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{id}.tsv"))) else { continue };
        for line in text.lines().skip(1) {
            let mut field = line.split('\t');
            let (Some(value), Some(verdict)) = (field.next(), field.next()) else { continue };
            let value = value.replace('‖', "").replace("\\n", "\n").replace("\\t", "\t");
            let segment = Segment::new(value.as_bytes(), Place::Line { line: 1, column: 1 });
            let mut best = None;
            let _ = engine.scan(&mut engine.scratch(), &segment, 0, &mut |m| {
                if engine.detector(m.detector).id == info.id {
                    best = best.max(Some(m.confidence));
                }
                ControlFlow::Continue(())
            });
            let found = match verdict {
                "valid" => best.is_some(),
                // A value that fails may still be told about as info.
                _ => best.is_some_and(|c| Level::of(c) >= Level::Low),
            };
            rows += 1;
            if found == (verdict == "valid") {
                right += 1;
            } else {
                let note = field.next().unwrap_or_default();
                wrong
                    .entry(id.to_string())
                    .or_default()
                    .push(format!("{verdict}: {line:?} {note}"));
            }
        }
    }
    for (id, rows) in &wrong {
        println!("{id}: {}\n  {}", rows.len(), rows.join("\n  "));
    }
    println!("{right} of {rows} rows are right");
    assert!(right * 100 >= rows * FLOOR, "{right} of {rows} rows are right");
}
