use crate::advice::advice;
use crate::closing::items;
use crate::summary::{Summary, stops};
use crate::text::position;
use dlpscan_core::model::{Finding, Level, Origin, Outcome, Reason};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Places kept of one kind of finding: the worst.
const MOST_PLACES: usize = 3;
/// Names kept of what could not be read, for each reason.
const MOST_NAMES: usize = 3;
/// Different sentences of the policy kept.
const MOST_WORDS: usize = 6;

/// What a report of one page says about a run. Its size depends on the kinds of things met, not on
/// how many.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) volumes: Vec<Volume>,
    /// Kinds of findings by detector.
    pub(crate) kinds: BTreeMap<Arc<str>, Kind>,
    /// A few names of items that were not read in full, by reason.
    pub(crate) unread: BTreeMap<Reason, Vec<String>>,
    /// What the policy says to the person about what it stops.
    pub(crate) words: Vec<String>,
}

/// A volume and what is known of it.
#[derive(Debug)]
pub(crate) struct Volume {
    pub(crate) name: String,
    pub(crate) facts: Vec<Fact>,
}

/// One thing known of a volume: how grave it is, what it is about, and what it is.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) level: Level,
    pub(crate) what: String,
    pub(crate) is: String,
}

/// Findings of one kind.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: Arc<str>,
    pub(crate) level: Level,
    pub(crate) count: u64,
    /// Items they stand in.
    pub(crate) items: u64,
    /// The worst, the first of equals first.
    pub(crate) worst: Vec<Worst>,
}

#[derive(Debug)]
pub(crate) struct Worst {
    confidence: u8,
    pub(crate) value: String,
    pub(crate) place: String,
}

impl Gathered {
    pub(crate) fn take(&mut self, outcome: &Outcome) {
        let name = outcome.item.as_str();
        if let Some(verdict) = outcome.verdict.as_ref().filter(|verdict| stops(verdict)) {
            for words in &verdict.words {
                if self.words.len() < MOST_WORDS && !self.words.contains(words) {
                    self.words.push(words.clone());
                }
            }
        }
        if outcome.origin == Origin::Volume {
            let fact = |f: &Finding| Fact {
                level: f.level,
                what: f.name.to_string(),
                is: f.masked.clone(),
            };
            let facts = outcome.findings.iter().map(fact).collect();
            self.volumes.push(Volume { name: name.to_owned(), facts });
            return;
        }
        let mut here: Vec<&Arc<str>> = Vec::new();
        for finding in &outcome.findings {
            let kind = self.kinds.entry(finding.detector.clone()).or_insert_with(|| Kind {
                name: finding.name.clone(),
                level: finding.level,
                count: 0,
                items: 0,
                worst: Vec::new(),
            });
            kind.count += 1;
            kind.level = kind.level.max(finding.level);
            if !here.contains(&&finding.detector) {
                here.push(&finding.detector);
                kind.items += 1;
            }
            kind.keep(name, finding);
        }
        for &reason in outcome.ledger.counts().keys().filter(|reason| !reason.is_skip()) {
            let names = self.unread.entry(reason).or_default();
            if names.len() < MOST_NAMES {
                names.push(name.to_owned());
            }
        }
    }

    /// The kinds, the gravest and then the most frequent first.
    pub(crate) fn sorted(&self) -> Vec<&Kind> {
        let mut kinds: Vec<&Kind> = self.kinds.values().collect();
        kinds.sort_by_key(|kind| Reverse((kind.level, kind.count)));
        kinds
    }

    /// What to do next, one step a sentence.
    pub(crate) fn steps(&self, summary: &Summary, safe_to_go: bool) -> Vec<String> {
        let mut steps = self.words.clone();
        if summary.worst_volume >= Some(Level::Medium) {
            steps.push(
                "Do not use this device as it is: copy what must go to an encrypted one, or \
                 encrypt this one first (BitLocker, LUKS, VeraCrypt)."
                    .to_owned(),
            );
        }
        if !self.kinds.is_empty() {
            steps.push(
                "Open the places named above. Take out what must not leave, or leave the file \
                 behind."
                    .to_owned(),
            );
        }
        for reason in self.unread.keys() {
            let n = summary.reasons.get(reason).copied().unwrap_or(1);
            steps.push(format!("{} ({reason}): {}", items(n), advice(*reason)));
        }
        if safe_to_go {
            steps.push("Nothing. Keep this page with the record of what left.".to_owned());
        } else {
            steps.push("Then run this check again.".to_owned());
        }
        steps
    }
}

impl Kind {
    fn keep(&mut self, item: &str, finding: &Finding) {
        let at = self.worst.partition_point(|known| known.confidence >= finding.confidence);
        if at >= MOST_PLACES {
            return;
        }
        let value = match &finding.secret {
            Some(secret) => String::from_utf8_lossy(secret.reveal()).into_owned(),
            None => finding.masked.clone(),
        };
        let inside = position(finding);
        let place =
            if inside.is_empty() { item.to_owned() } else { format!("{item} › {inside}") };
        self.worst.insert(at, Worst { confidence: finding.confidence, value, place });
        self.worst.truncate(MOST_PLACES);
    }
}
