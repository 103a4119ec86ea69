//! The exit code: what a script, a mail hook or a gate reads.

use dlpscan::model::{Level, Origin, Outcome, Reason, Status};

/// The exit codes of the output contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Every item complete and nothing found.
    Clean = 0,
    /// Findings at or above `--fail-on`.
    Found = 1,
    /// Usage, configuration or internal error.
    Trouble = 2,
    /// No such findings, but some item was not completely scanned.
    Incomplete = 3,
    /// Both.
    Both = 4,
}

/// What counts for the exit code, added up over a run.
#[derive(Debug)]
pub struct Account {
    fail_on: Level,
    accepted: Vec<Reason>,
    found: bool,
    incomplete: bool,
    trouble: bool,
}

impl Account {
    pub fn new(fail_on: Level, accepted: Vec<Reason>) -> Self {
        Account { fail_on, accepted, found: false, incomplete: false, trouble: false }
    }

    /// Takes an outcome into account, before anything is withheld from it.
    pub fn add(&mut self, outcome: &Outcome) {
        // What is merely known of a volume speaks for nothing and against nothing.
        let least = match outcome.origin {
            Origin::Volume => self.fail_on.max(Level::Low),
            _ => self.fail_on,
        };
        let sure = outcome.findings.iter().any(|finding| finding.level >= least);
        // Findings past the limit have no level any more: they count.
        let unkept = outcome.found > outcome.findings.len() as u64;
        // A verdict over nothing but what was not read is code 3, not 1.
        let stopped = (outcome.found > 0 || outcome.status() == Status::Complete)
            && outcome
                .verdict
                .as_ref()
                .is_some_and(|v| v.action == "block" || v.action == "quarantine");
        self.found |= sure || unkept || stopped;
        self.incomplete |= outcome
            .ledger
            .counts()
            .keys()
            .any(|reason| !reason.is_skip() && !self.accepted.contains(reason));
    }

    /// Something the user named could not be done at all.
    pub fn trouble(&mut self) {
        self.trouble = true;
    }

    pub fn code(&self) -> Code {
        match (self.trouble, self.found, self.incomplete) {
            (true, _, _) => Code::Trouble,
            (false, true, true) => Code::Both,
            (false, true, false) => Code::Found,
            (false, false, true) => Code::Incomplete,
            (false, false, false) => Code::Clean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlpscan::model::{Note, PartPath};

    fn fault(reason: Reason) -> Outcome {
        Outcome::fault("x".into(), Origin::File, Note::new(reason, PartPath::root()))
    }

    #[test]
    fn only_reasons_that_were_named_are_accepted() {
        let mut account = Account::new(Level::Medium, vec![Reason::Encrypted]);
        account.add(&fault(Reason::Encrypted));
        account.add(&fault(Reason::Symlink));
        assert_eq!(account.code(), Code::Clean);
        account.add(&fault(Reason::Damaged));
        assert_eq!(account.code(), Code::Incomplete);
    }

    #[test]
    fn findings_that_were_not_kept_count_as_found() {
        let mut outcome = fault(Reason::LimitCount);
        outcome.found = 1;
        let mut account = Account::new(Level::High, Vec::new());
        account.add(&outcome);
        assert_eq!(account.code(), Code::Both);
    }
}
