use crate::stumble;
use dlpscan_core::model::{PartPath, Place, Segment, mask};
use dlpscan_core::scan::{Engine, Match, Scratch};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Keeps values out of names: where a file's, part's, sheet's or column's own name holds a
/// finding, that value is masked in it before the name is written anywhere.
pub(crate) struct Discreet {
    scratch: Scratch,
    seen: HashMap<String, String>,
    /// With `--reveal` names stay as they are.
    reveal: bool,
}

/// Confidence from which a value in a name is masked: the floor of level low.
const LEAST: u8 = 40;
/// Names shorter than this cannot hold a value.
const SHORTEST: usize = 5;
/// What stands for a name of which it could not be told whether it holds a value.
const UNTOLD: &str = "(name not shown)";
/// Names remembered; past that the memory starts anew.
const MOST_SEEN: usize = 4096;

impl Discreet {
    pub(crate) fn new(engine: &Engine, reveal: bool) -> Self {
        Discreet { scratch: engine.scratch(), seen: HashMap::new(), reveal }
    }

    /// A name that may be shown.
    pub(crate) fn name(&mut self, engine: &Engine, name: &str) -> String {
        if self.reveal || name.len() < SHORTEST {
            return name.to_owned();
        }
        if let Some(known) = self.seen.get(name) {
            return known.clone();
        }
        let shown = self.masked(engine, name).unwrap_or_else(|| name.to_owned());
        if self.seen.len() >= MOST_SEEN {
            self.seen.clear();
        }
        self.seen.insert(name.to_owned(), shown.clone());
        shown
    }

    /// A name with every value in it masked; `None` where there is none.
    pub(crate) fn masked(&mut self, engine: &Engine, name: &str) -> Option<String> {
        if self.reveal || name.len() < SHORTEST {
            return None;
        }
        let (mut shown, mut from) = (String::new(), 0);
        let segment = Segment::new(name.as_bytes(), Place::Name);
        let mut hide = |found: &Match<'_>| {
            // Overlapping matches: what was masked once stays masked.
            let (start, end) = (found.span.start.max(from), found.span.end);
            if let (true, Some(before), Some(value)) =
                (start < end, name.get(from..start), name.get(start..end))
            {
                let hide = engine.detectors()[found.detector.index()].hide_shape;
                shown.push_str(before);
                shown.push_str(&mask(value.as_bytes(), hide));
                from = end;
            }
            ControlFlow::Continue(())
        };
        if stumble::scan(engine, &mut self.scratch, &segment, LEAST, &mut hide).is_err() {
            return Some(UNTOLD.to_owned());
        }
        (from > 0).then(|| shown + &name[from..])
    }

    /// A part path that may be shown.
    pub(crate) fn path(&mut self, engine: &Engine, path: &PartPath) -> PartPath {
        if self.reveal || path.depth() == 0 {
            return path.clone();
        }
        path.names().iter().map(|name| self.name(engine, name)).collect()
    }

    /// A place that may be shown.
    pub(crate) fn place(&mut self, engine: &Engine, place: Place) -> Place {
        let mut shown = |name: String| self.name(engine, &name);
        match place {
            Place::Cell { sheet, cell, column } => {
                Place::Cell { sheet: shown(sheet), cell, column: column.map(shown) }
            }
            Place::Row { row, column } => Place::Row { row, column: column.map(shown) },
            Place::Header { name } => Place::Header { name: shown(name) },
            Place::Key { path } => Place::Key { path: shown(path) },
            Place::Property { name } => Place::Property { name: shown(name) },
            other => other,
        }
    }
}
