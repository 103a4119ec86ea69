use crate::action::Action;
use dlpscan_core::model::{Finding, Level, Outcome, Reason, Status};

/// One *when … then …* of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id, as in verdicts: `knowsley.bank-details`.
    pub id: String,
    /// Why it is there, in a sentence for a person. May be empty.
    pub why: String,
    /// When it fires.
    pub when: When,
    /// What it asks for.
    pub then: Action,
}

/// When a rule fires. Every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    /// What must have been found, if anything.
    pub found: Option<Found>,
    /// True: some of the item was not scanned. False: all of it was.
    pub incomplete: Option<bool>,
    /// At least one of these reasons is in the ledger, skips included. Empty: any or none.
    pub reasons: Vec<Reason>,
}

/// What must have been found: at least `count` findings, each of this level or above, of one of
/// the categories and of one of the detectors. An empty list means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The least level; low where the file does not say.
    pub level: Level,
    /// Categories.
    pub categories: Vec<String>,
    /// Detector ids.
    pub detectors: Vec<String>,
    /// How many; 1 where the file does not say.
    pub count: u64,
}

impl Rule {
    /// Whether the rule fires on an outcome.
    pub fn fires(&self, outcome: &Outcome) -> bool {
        let When { found, incomplete, reasons } = &self.when;
        incomplete.is_none_or(|wanted| wanted == (outcome.status() != Status::Complete))
            && (reasons.is_empty()
                || reasons.iter().any(|r| outcome.ledger.counts().contains_key(r)))
            && found.as_ref().is_none_or(|found| found.holds(outcome))
    }
}

impl Found {
    fn holds(&self, outcome: &Outcome) -> bool {
        let mut missing = self.count;
        for finding in &outcome.findings {
            missing = missing.saturating_sub(u64::from(self.fits(finding)));
            if missing == 0 {
                return true;
            }
        }
        // What was counted but not kept has no kind; where the kept ones are of the kind asked
        // for, a flood of them must not slip under a count by being too many to keep.
        missing < self.count
            && outcome.found.saturating_sub(outcome.findings.len() as u64) >= missing
    }

    fn fits(&self, finding: &Finding) -> bool {
        let named = |list: &[String], word: &str| list.is_empty() || list.iter().any(|w| w == word);
        finding.level >= self.level
            && named(&self.categories, &finding.category)
            && named(&self.detectors, &finding.detector)
    }
}
