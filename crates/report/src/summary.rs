use dlpscan_core::model::{Finding, Level, Origin, Outcome, Reason, Status, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What adds up over a run. Its size depends on the kinds of things met, not on how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The version of dlpscan.
    pub version: String,
    /// The level from which findings are written.
    pub shown: Level,
    /// Findings below that level, which are not written.
    pub withheld: u64,
    /// Items scanned in full.
    pub complete: u64,
    /// Items scanned in part.
    pub partial: u64,
    /// Items of which nothing but names and metadata could be read.
    pub unscannable: u64,
    /// Items scanned in full in which nothing was found.
    pub clean: u64,
    /// Volumes looked at; they are items, but not counted among the scanned ones above.
    pub volumes: u64,
    /// The strongest level found of any volume.
    pub worst_volume: Option<Level>,
    /// Volumes that the policy stops.
    pub stopped_volumes: u64,
    /// Named paths that could not be found. The door counts them: there is no item.
    pub missing: u64,
    /// What a hostile document could still do to the process that read it, in plain words; `None`
    /// when readers were shut in fully. The door says it.
    pub unconfined: Option<String>,
    /// Findings from the shown level on, listed or not.
    pub findings: u64,
    /// Bytes of all items, as far as they are known.
    pub bytes: u64,
    /// Listed findings by level.
    pub levels: BTreeMap<Level, u64>,
    /// Items by the strongest level found in them, written or not.
    pub strongest: BTreeMap<Level, u64>,
    /// Listed findings by detector id.
    pub detectors: BTreeMap<Arc<str>, DetectorTally>,
    /// Items by reason.
    pub reasons: BTreeMap<Reason, u64>,
    /// Items by what the policy decided.
    pub verdicts: BTreeMap<String, u64>,
    /// Items whose books do not balance. Zero, or there is a bug in dlpscan.
    pub unbalanced: u64,
}

/// Findings of one detector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectorTally {
    /// The detector's name for people.
    pub name: Arc<str>,
    /// How many.
    pub count: u64,
}

impl Summary {
    /// Nothing yet, by this version of dlpscan, for a report that shows this level and above.
    pub fn new(version: impl Into<String>, shown: Level) -> Self {
        Summary {
            version: version.into(),
            shown,
            withheld: 0,
            complete: 0,
            partial: 0,
            unscannable: 0,
            clean: 0,
            volumes: 0,
            worst_volume: None,
            stopped_volumes: 0,
            missing: 0,
            unconfined: None,
            findings: 0,
            bytes: 0,
            levels: BTreeMap::new(),
            strongest: BTreeMap::new(),
            detectors: BTreeMap::new(),
            reasons: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            unbalanced: 0,
        }
    }

    /// Takes an outcome into account and leaves in it what the report shows. What is withheld
    /// still counts for the last word: a report must not say that all is well because it was
    /// asked to say little.
    pub fn take(&mut self, outcome: &mut Outcome) {
        if outcome.origin == Origin::Volume {
            return self.take_volume(outcome);
        }
        let status = outcome.status();
        match status {
            Status::Complete => self.complete += 1,
            Status::Partial => self.partial += 1,
            Status::Unscannable => self.unscannable += 1,
        }
        let skipped = outcome.ledger.counts().keys().any(|r| r.is_skip());
        self.clean += u64::from(status == Status::Complete && outcome.found == 0 && !skipped);
        if let Some(level) = outcome.findings.iter().map(|f| f.level).max() {
            *self.strongest.entry(level).or_default() += 1;
        }
        let before = outcome.findings.len();
        outcome.findings.retain(|finding| finding.level >= self.shown);
        let withheld = (before - outcome.findings.len()) as u64;
        outcome.found = outcome.found.saturating_sub(withheld);
        self.withheld += withheld;
        self.findings += outcome.found;
        self.bytes = self.bytes.saturating_add(outcome.bytes);
        outcome.findings.iter().for_each(|finding| self.count(finding));
        for &reason in outcome.ledger.counts().keys() {
            *self.reasons.entry(reason).or_default() += 1;
        }
        if let Some(verdict) = &outcome.verdict {
            *self.verdicts.entry(verdict.action.clone()).or_default() += 1;
        }
        self.unbalanced += u64::from(outcome.ledger.unbalanced() > 0);
    }

    /// What is known of a volume is all shown; what does not speak against it is not counted.
    fn take_volume(&mut self, outcome: &Outcome) {
        self.volumes += 1;
        for finding in outcome.findings.iter().filter(|f| f.level > Level::Info) {
            self.worst_volume = self.worst_volume.max(Some(finding.level));
            self.findings += 1;
            self.count(finding);
        }
        if let Some(verdict) = &outcome.verdict {
            self.stopped_volumes += u64::from(stops(verdict));
            *self.verdicts.entry(verdict.action.clone()).or_default() += 1;
        }
    }

    fn count(&mut self, finding: &Finding) {
        *self.levels.entry(finding.level).or_default() += 1;
        match self.detectors.get_mut(&finding.detector) {
            Some(tally) => tally.count += 1,
            None => {
                let tally = DetectorTally { name: finding.name.clone(), count: 1 };
                self.detectors.insert(finding.detector.clone(), tally);
            }
        }
    }

    /// Scanned items that the policy stops.
    pub fn stopped(&self) -> u64 {
        let stopped = ["block", "quarantine"].iter().filter_map(|a| self.verdicts.get(*a));
        stopped.sum::<u64>().saturating_sub(self.stopped_volumes)
    }

    /// Scanned items.
    pub fn items(&self) -> u64 {
        self.complete + self.partial + self.unscannable
    }

    /// Items that were not scanned in full.
    pub fn incomplete(&self) -> u64 {
        self.partial + self.unscannable
    }

    /// Items in which something was found at this level or above.
    pub fn items_from(&self, level: Level) -> u64 {
        self.strongest.range(level..).map(|(_, n)| n).sum()
    }

    /// Items with something left out on purpose: a link, a device, what the user excluded.
    pub fn left_out(&self) -> u64 {
        self.reasons.iter().filter(|(r, _)| r.is_skip()).map(|(_, n)| n).sum()
    }
}

/// Whether a verdict keeps its item from leaving.
pub(crate) fn stops(verdict: &Verdict) -> bool {
    verdict.action == "block" || verdict.action == "quarantine"
}
