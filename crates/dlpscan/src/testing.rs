//! What tests of the scanner share.

use crate::Scanner;
use dlpscan_core::model::Outcome;
use std::ops::ControlFlow;

/// A detector that finds `MARK-0000` and the like.
pub(crate) const MARK: &str = r#"
    id = "mark"
    name = "Mark"
    category = "test"
    certainty = "A"
    confidence = { alone = 90, keyword = 90, strong = 90 }
    [[pattern]]
    regex = 'MARK-\d{4}'
"#;

/// What becomes of items, each a name and its text.
pub(crate) fn outcomes(scanner: &Scanner, items: &[(&str, &str)], threads: usize) -> Vec<Outcome> {
    let item = |(name, text): &(&str, &str)| dlpscan_source::memory(*name, text.as_bytes());
    let items: Vec<_> = items.iter().map(item).collect();
    let mut outcomes = Vec::new();
    scanner.run(items.into_iter(), threads, &mut |outcome| {
        outcomes.push(outcome);
        ControlFlow::Continue(())
    });
    outcomes
}
