//! Runs the examples that a detector's file carries.

use super::{DetectorId, Engine};
use crate::detector::DetectorSpec;
use crate::model::{Cell, Layout, Level, Place, Segment, Table};
use std::fmt;
use std::ops::ControlFlow;

/// An example that did not come out as its author says. For the author of a detector: it shows
/// the example's own text, which is synthetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFailure {
    /// The detector's id.
    pub detector: String,
    /// The example's text, as written.
    pub text: String,
    /// What the example is to show.
    pub why: String,
    /// What came out instead.
    pub what: String,
}

impl fmt::Display for ExampleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: \"{}\" ({}): {}", self.detector, self.text, self.why, self.what)
    }
}

impl std::error::Error for ExampleFailure {}

/// The mark that keeps secret scanners off fixtures.
const MARK: char = '‖';

/// Runs a detector's examples and counterexamples. Matches of other detectors of the engine are
/// not looked at, but where they outrank this one's, this one finds nothing.
pub fn check_examples(engine: &Engine, spec: &DetectorSpec) -> Vec<ExampleFailure> {
    let mut failures = Vec::new();
    let mut fail = |text: &str, why: &str, what: String| {
        failures.push(ExampleFailure {
            detector: spec.id.clone(),
            text: text.to_owned(),
            why: why.to_owned(),
            what,
        });
    };
    let Some(id) = engine.detectors().iter().position(|d| *d.id == *spec.id) else {
        fail("", "", "the engine does not hold this detector".to_owned());
        return failures;
    };
    let id = DetectorId(id as u32);
    for example in &spec.examples {
        let found = run(engine, id, &example.text, example.header.as_deref());
        let best = |of: &dyn Fn(&&(String, u8)) -> bool| {
            found.iter().filter(of).map(|(_, confidence)| *confidence).max()
        };
        let wanted = example.finds.as_deref().map(|finds| plain(&finds.replace(MARK, "")));
        let best = match &wanted {
            Some(wanted) => best(&|(value, _)| value == wanted),
            None => best(&|_| true),
        };
        match best {
            Some(confidence) if Level::of(confidence) >= example.level => {}
            Some(confidence) => fail(
                &example.text,
                &example.why,
                format!(
                    "found with confidence {confidence}, which is {}, not {}",
                    Level::of(confidence),
                    example.level
                ),
            ),
            None if found.is_empty() => {
                fail(&example.text, &example.why, "nothing was found".to_owned());
            }
            None => {
                let values: Vec<&str> = found.iter().map(|(value, _)| value.as_str()).collect();
                let what = format!(
                    "found \"{}\", not \"{}\"",
                    values.join("\", \""),
                    wanted.unwrap_or_default()
                );
                fail(&example.text, &example.why, what);
            }
        }
    }
    for example in &spec.counterexamples {
        let found = run(engine, id, &example.text, example.header.as_deref());
        for (value, confidence) in found {
            if Level::of(confidence) >= Level::Low {
                let level = Level::of(confidence);
                let what =
                    format!("found \"{value}\" with confidence {confidence}, which is {level}");
                fail(&example.text, &example.why, what);
            }
        }
    }
    failures
}

/// The values found, blanks collapsed, and their confidence.
fn run(engine: &Engine, id: DetectorId, text: &str, header: Option<&str>) -> Vec<(String, u8)> {
    let text = text.replace(MARK, "");
    let mut found = Vec::new();
    let mut scan = |segment: &Segment<'_>| {
        let _ = engine.scan(&mut engine.scratch(), segment, 0, &mut |m| {
            if m.detector == id {
                found.push((plain(&String::from_utf8_lossy(&m.value)), m.confidence));
            }
            ControlFlow::Continue(())
        });
    };
    match header {
        None => scan(&Segment::new(text.as_bytes(), Place::Line { line: 1, column: 1 })),
        Some(header) => {
            let table = Table {
                sheet: None,
                headers: vec![header.to_owned()],
                cells: vec![Cell { span: 0..text.len(), row: 2, column: 0 }],
            };
            scan(&Segment::new(text.as_bytes(), Place::Whole).with_layout(Layout::Table(&table)));
        }
    }
    found
}

fn plain(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}
