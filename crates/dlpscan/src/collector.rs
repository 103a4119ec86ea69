use crate::discreet::Discreet;
use crate::key::Key;
use dlpscan_core::model::{Finding, Level, Location, PartPath, PlaceCursor, Secret, Segment};
use dlpscan_core::scan::{Engine, Match, Scratch};
use dlpscan_extract::{Flow, Sink};
use std::ops::ControlFlow;

/// What is reported of what is found.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The lowest level reported.
    pub(crate) least: Level,
    /// Findings kept of one item.
    pub(crate) most: u64,
    /// Whether the values themselves may leave.
    pub(crate) reveal: bool,
    /// The key of fingerprints.
    pub(crate) key: Option<Key>,
}

/// Turns the matches in an item's segments into findings: located, masked, owned.
pub(crate) struct Collector<'c> {
    pub(crate) engine: &'c Engine,
    pub(crate) scratch: &'c mut Scratch,
    pub(crate) discreet: &'c mut Discreet,
    pub(crate) wanted: &'c Wanted,
    pub(crate) emit: &'c mut dyn FnMut(Finding),
    /// Findings so far, emitted or not.
    pub(crate) found: u64,
}

impl Sink for Collector<'_> {
    fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) -> Flow {
        let Collector { engine, scratch, discreet, wanted, emit, found } = self;
        let mut places = PlaceCursor::new(segment);
        engine.scan(scratch, segment, wanted.least.floor(), &mut |matched| {
            *found += 1;
            if *found <= wanted.most {
                emit(finding(engine, discreet, wanted, path, segment, &mut places, matched));
            }
            ControlFlow::Continue(())
        })
    }
}

fn finding(
    engine: &Engine,
    discreet: &mut Discreet,
    wanted: &Wanted,
    path: &PartPath,
    segment: &Segment<'_>,
    places: &mut PlaceCursor<'_, '_>,
    matched: &Match<'_>,
) -> Finding {
    let detector = &engine.detectors()[matched.detector.index()];
    let secret = Secret::new(&*matched.value);
    Finding {
        detector: detector.id.clone(),
        name: detector.name.clone(),
        category: detector.category.clone(),
        confidence: matched.confidence,
        level: Level::of(matched.confidence),
        masked: secret.masked(detector.hide_shape),
        fingerprint: wanted.key.as_ref().map(|key| key.fingerprint(&detector.id, &secret)),
        secret: wanted.reveal.then_some(secret),
        location: Location {
            part: discreet.path(engine, path),
            place: discreet.place(engine, places.place_at(matched.span.start)),
            span: matched.span.clone(),
            raw: segment.map.and_then(|map| map.raw_span(&matched.span)),
        },
        evidence: matched.evidence.clone(),
    }
}
