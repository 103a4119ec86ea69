use crate::basket::{Basket, Caught};
use crate::discreet::Discreet;
use crate::held::Held;
use crate::key::Key;
use crate::parallel::{self, Idle};
use crate::stumble;
use crate::used::Prints;
use crate::whole::whole;
use dlpscan_core::model::{
    Finding, Level, Location, PartPath, Place, PlaceCursor, Secret, Segment, mask,
};
use dlpscan_core::scan::{DetectorInfo, Engine, Match, Scratch};
use dlpscan_extract::{Flow, Sink};
use dlpscan_policy::{Letter, Policy, is_body};
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

/// What looks at text: one thread's memory of the engine and of the names it has masked.
pub(crate) struct Eye {
    pub(crate) scratch: Scratch,
    pub(crate) discreet: Discreet,
}

/// Turns the matches in an item's segments into findings: located, masked, owned.
pub(crate) struct Collector<'c> {
    pub(crate) engine: &'c Engine,
    pub(crate) eye: &'c mut Eye,
    pub(crate) wanted: &'c Wanted,
    pub(crate) basket: Basket<'c>,
    /// The item's name, for the policy's allow-list.
    pub(crate) item: &'c str,
    pub(crate) policy: Option<&'c Policy>,
    /// Reads along for the policy.
    pub(crate) letter: Letter<'c>,
    /// The mails within which the part lies that is being read, outermost first.
    pub(crate) mails: Vec<PartPath>,
    /// Where the item is large, and other threads may help with it.
    pub(crate) crowd: Option<Crowd<'c>>,
}

/// The threads that may help with a large item, and what waits for them.
pub(crate) struct Crowd<'c> {
    pub(crate) idle: &'c Idle,
    pub(crate) eyes: &'c mut Vec<Eye>,
    pub(crate) held: Vec<Held>,
}

/// How much text waits at most for the others to help with it, in bytes.
const HELD: usize = 16 << 20;

impl Sink for Collector<'_> {
    fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) -> Flow {
        self.letter.segment(path, segment);
        if let Some(crowd) = &mut self.crowd
            && (crowd.idle.any() || !crowd.held.is_empty())
            && let Some(held) = Held::of(path, segment)
        {
            crowd.held.push(held);
            if crowd.held.iter().map(Held::len).sum::<usize>() >= HELD {
                self.settle();
            }
            return Flow::Continue(());
        }
        self.settle();
        let Collector { engine, eye, wanted, basket, item, policy, .. } = self;
        let net = Net { engine, wanted, item, policy: *policy, prints: basket.prints() };
        net.cast(eye, path, segment, basket.found, &mut |caught| basket.land(caught))
    }

    fn begins(&mut self, path: &PartPath, head: &[u8]) {
        self.mails.retain(|mail| path.names().starts_with(mail.names()));
        let in_mail = self.mails.iter().any(|mail| mail.depth() < path.depth());
        let Some(name) = path.names().last().filter(|name| in_mail && !is_body(name)) else {
            return;
        };
        let risk = |info: &&DetectorInfo| info.whole.as_deref().and_then(|w| w.risk(name, head));
        let risky = self.engine.detectors().iter().find_map(|info| Some((info, risk(&info)?)));
        let Some((info, what)) = risky.filter(|(info, _)| info.alone >= self.wanted.least.floor())
        else {
            return;
        };
        self.settle();
        let part = self.eye.discreet.path(self.engine, path);
        let reveal = self.wanted.reveal;
        let finding = whole(info, info.alone, part, Place::Whole, what, "attachment", reveal);
        self.basket.land(Caught::Finding(Box::new(finding), None));
    }

    fn rest(&mut self) {
        self.settle();
        self.basket.rest = true;
    }

    fn read_as(&mut self, path: &PartPath, extractor: &'static str) {
        if MAILS.contains(&extractor) {
            self.mails.push(path.clone());
        }
        self.letter.read_as(path, extractor);
    }
}

impl Collector<'_> {
    /// Has everything that waits scanned, with the help of the threads that are idle. The findings
    /// come in the order of the text.
    pub(crate) fn settle(&mut self) {
        let Collector { engine, eye, wanted, basket, item, policy, crowd, .. } = self;
        let Some(Crowd { idle, eyes, held }) = crowd else { return };
        let net = Net { engine, wanted, item, policy: *policy, prints: basket.prints() };
        let new =
            || Eye { scratch: engine.scratch(), discreet: Discreet::new(engine, wanted.reveal) };
        let caught =
            parallel::shared_out(held, idle, (&mut **eye, &mut **eyes), new, |eye, held| {
                let mut all = Vec::new();
                let _ = net.cast(eye, &held.path, &held.segment(), 0, &mut |caught| match (
                    &caught,
                    all.last_mut(),
                ) {
                    (Caught::Counted(_), Some(Caught::Counted(n))) => *n += 1,
                    _ => all.push(caught),
                });
                all
            });
        held.clear();
        for caught in caught.into_iter().flatten() {
            basket.land(caught);
        }
    }
}

/// As what mails are read: as they are sent, and as Outlook saves them.
const MAILS: [&str; 2] = ["eml", "msg"];

/// What decides about a match, the same for all threads.
struct Net<'n> {
    engine: &'n Engine,
    wanted: &'n Wanted,
    item: &'n str,
    policy: Option<&'n Policy>,
    prints: Prints,
}

impl Net<'_> {
    /// Scans a segment; `before` findings of the item are known to come before it.
    fn cast(
        &self,
        eye: &mut Eye,
        path: &PartPath,
        segment: &Segment<'_>,
        before: u64,
        each: &mut dyn FnMut(Caught),
    ) -> Flow {
        let Net { engine, wanted, item, policy, .. } = *self;
        let Eye { scratch, discreet } = eye;
        let mut places = PlaceCursor::new(segment);
        let mut found = before;
        let mut look = |matched: &Match<'_>| {
            // Past the limit findings are only counted, unless the allow-list may know them.
            if found >= wanted.most && !policy.is_some_and(Policy::asks_values) {
                each(Caught::Counted(1));
                return ControlFlow::Continue(());
            }
            let finding = finding(engine, discreet, wanted, path, segment, &mut places, matched);
            match policy.and_then(|p| p.allows_value(item, &finding, &matched.value)) {
                Some(entry) => each(Caught::SetAside(entry.to_owned())),
                None => {
                    found += 1;
                    let print = self.prints.of(&finding.detector, &matched.value);
                    each(Caught::Finding(Box::new(finding), print));
                }
            }
            ControlFlow::Continue(())
        };
        stumble::scan(engine, scratch, segment, wanted.least.floor(), &mut look).unwrap_or_else(
            |_| {
                each(Caught::Missed(path.clone()));
                ControlFlow::Continue(())
            },
        )
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
    let secret = || Secret::new(&*matched.value);
    Finding {
        detector: detector.id.clone(),
        name: detector.name.clone(),
        category: detector.category.clone(),
        confidence: matched.confidence,
        level: Level::of(matched.confidence),
        masked: mask(&matched.value, detector.hide_shape),
        fingerprint: wanted.key.as_ref().map(|key| key.fingerprint(&detector.id, &secret())),
        secret: wanted.reveal.then(secret),
        location: Location {
            part: discreet.path(engine, path),
            place: discreet.place(engine, places.place_at(matched.span.start)),
            span: matched.span.clone(),
            raw: segment.map.and_then(|map| map.raw_span(&matched.span)),
        },
        evidence: matched.evidence(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Scanner;
    use crate::testing::{MARK, outcomes};
    use dlpscan_core::detector::DetectorFile;
    use dlpscan_core::model::{Limits, Outcome};

    fn outcome(text: &str, threads: usize, findings: u64) -> Outcome {
        let file = DetectorFile::parse("mark.toml", MARK).unwrap();
        let limits = Limits { findings, ..Limits::default() };
        let builder = Scanner::builder().without_builtin().detector_files(vec![file]);
        let scanner = builder.limits(limits).build().unwrap();
        outcomes(&scanner, &[("large.txt", text)], threads).pop().unwrap()
    }

    #[test]
    fn one_large_text_gives_the_same_on_any_number_of_threads() {
        let mut text = String::new();
        let mut planted = 0_u64;
        while text.len() <= 4 << 20 {
            text.push_str(&"neither here nor there, but everywhere; e\n".repeat(600));
            text.push_str(&format!("and MARK-{:04}", planted % 10_000));
            text.push_str(" in dGhpcyBpcyBNQVJLLTAwMDEgYWdhaW4sIGhpZGRlbg==\n");
            planted += 1;
        }
        let alone = outcome(&text, 1, u64::MAX);
        assert_eq!(alone.found, 2 * planted, "one plain and one encoded");
        for (threads, limit) in [(2, u64::MAX), (5, 100)] {
            let together = outcome(&text, threads, limit);
            let listed = alone.findings.len().min(limit as usize);
            assert_eq!(together.findings, alone.findings[..listed]);
            assert_eq!(together.found, alone.found);
            assert_eq!(together.ledger.sum(), alone.ledger.sum());
        }
    }
}
