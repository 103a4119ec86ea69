//! Our engine with the bench rules.

use dlpscan_core::model::{Place, Segment};
use dlpscan_core::scan::{Engine, Fate, MARGIN, Scratch};
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

/// The text of one window that is its own, in bytes.
const BODY: usize = 256 << 10;

/// An engine with the rules of a file like `rules/rules.toml`, as a user's detector file.
///
/// # Errors
/// All that is wrong in the file.
pub fn of_rules(toml: &str) -> Result<Engine, String> {
    let file = dlpscan_core::detector::DetectorFile::parse("rules.toml", toml)
        .map_err(|error| error.to_string())?;
    let build = Engine::build(&[file], &dlpscan_detectors::checks(), &|_| true);
    build.map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect())
}

/// An engine with every built-in detector that is on by default.
///
/// # Errors
/// None, unless the project's own tests fail.
pub fn of_builtin() -> Result<Engine, String> {
    let files = dlpscan_detectors::to_run();
    let prepared = dlpscan_detectors::prepared();
    let checks = dlpscan_detectors::checks();
    let build = Engine::build_prepared(&files, &prepared, &checks, &|d| d.on_by_default());
    build.map_err(|errors| errors.iter().map(|e| format!("{e}\n")).collect())
}

/// Has `each` called for every window of a text, as a file's text is given to the engine: bodies
/// of bounded size with margins on both sides.
pub fn windows(text: &[u8], mut each: impl FnMut(&Segment<'_>)) {
    let mut start = 0;
    while start < text.len() {
        let end = text.len().min(start + BODY);
        let from = start.saturating_sub(MARGIN);
        let to = text.len().min(end + MARGIN);
        let place = Place::Line { line: 1, column: 1 };
        let segment =
            Segment { body: start - from..end - from, ..Segment::new(&text[from..to], place) };
        each(&segment);
        start = end;
    }
}

/// How often each detector is reported in a text: overlaps between detectors are settled, so that
/// these may be fewer than there are matches.
pub fn count(engine: &Engine, text: &[u8]) -> Vec<u64> {
    count_with(engine, &mut engine.scratch(), text)
}

/// The same with memory that is there already.
pub fn count_with(engine: &Engine, scratch: &mut Scratch, text: &[u8]) -> Vec<u64> {
    let mut counts = vec![0; engine.detectors().len()];
    windows(text, |segment| {
        let _ = engine.scan(scratch, segment, 0, &mut |found| {
            counts[found.detector.index()] += 1;
            ControlFlow::Continue(())
        });
    });
    counts
}

/// Where each detector matches in a text, also where another detector's match of the same text
/// was reported in its place.
pub fn matches(engine: &Engine, text: &[u8]) -> BTreeMap<String, Vec<Range<usize>>> {
    let mut scratch = engine.scratch();
    let segment = Segment::new(text, Place::Line { line: 1, column: 1 });
    let mut all: BTreeMap<String, Vec<Range<usize>>> = BTreeMap::new();
    for one in engine.explain(&mut scratch, &segment) {
        if matches!(one.fate, Fate::Kept | Fate::Overlap(_)) {
            let id = engine.detector(one.detector).id.to_string();
            all.entry(id).or_default().push(one.span);
        }
    }
    all
}
