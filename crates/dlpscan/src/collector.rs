use crate::discreet::Discreet;
use crate::key::Key;
use dlpscan_core::model::{Finding, Level, Location, PartPath, PlaceCursor, Secret, Segment};
use dlpscan_core::scan::{Engine, Match, Scratch};
use dlpscan_extract::{Flow, Sink};
use dlpscan_policy::{Letter, Policy};
use std::collections::BTreeMap;
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
    /// The item's name, for the policy's allow-list.
    pub(crate) item: &'c str,
    pub(crate) policy: Option<&'c Policy>,
    /// Reads along for the policy.
    pub(crate) letter: Letter<'c>,
    /// Findings the policy's allow-list knows by their value.
    pub(crate) set_aside: BTreeMap<String, u64>,
}

impl Sink for Collector<'_> {
    fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) -> Flow {
        self.letter.segment(path, segment);
        let Collector { engine, scratch, discreet, wanted, emit, found, item, policy, .. } = self;
        let set_aside = &mut self.set_aside;
        let mut places = PlaceCursor::new(segment);
        engine.scan(scratch, segment, wanted.least.floor(), &mut |matched| {
            // Past the limit findings are only counted, unless the allow-list may know them.
            let kept = *found < wanted.most;
            if kept || policy.is_some_and(Policy::asks_values) {
                let finding =
                    finding(engine, discreet, wanted, path, segment, &mut places, matched);
                let entry = policy.and_then(|p| p.allows_value(item, &finding, &matched.value));
                if let Some(entry) = entry {
                    *set_aside.entry(entry.to_owned()).or_default() += 1;
                    return ControlFlow::Continue(());
                }
                if kept {
                    emit(finding);
                }
            }
            *found += 1;
            ControlFlow::Continue(())
        })
    }

    fn read_as(&mut self, path: &PartPath, extractor: &'static str) {
        self.letter.read_as(path, extractor);
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
