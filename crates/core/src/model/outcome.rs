use super::{Facts, Finding, ItemName, Ledger, Note, Origin};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much of an item was scanned. Only `Complete` with no findings is clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every byte and every decoded layer was scanned.
    Complete,
    /// Something was scanned and something was not.
    Partial,
    /// Nothing but names and metadata could be read.
    Unscannable,
}

impl Status {
    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Complete => "complete",
            Status::Partial => "partial",
            Status::Unscannable => "unscannable",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a policy decided about an item, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `allow`, `notify`, `tag`, `redact`, `quarantine` or `block`.
    pub action: String,
    /// The rules that chose it.
    pub rules: Vec<String>,
    /// What the policy says to the person, from the rules with the chosen action.
    #[serde(default)]
    pub words: Vec<String>,
}

/// The result for one item: what was found, what was decided, what was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The item's name.
    pub item: ItemName,
    /// Where it came from.
    pub origin: Origin,
    /// Its size in bytes, as far as it is known.
    pub bytes: u64,
    /// The findings kept, by part and offset.
    pub findings: Vec<Finding>,
    /// How many findings there were, kept or not.
    pub found: u64,
    /// The account of every byte.
    pub ledger: Ledger,
    /// What else is known of it, for the policy.
    #[serde(default)]
    pub facts: Facts,
    /// The policy's decision, where a policy is in use.
    pub verdict: Option<Verdict>,
}

impl Outcome {
    /// An outcome for an item in which there is nothing to read.
    pub fn empty(item: ItemName, origin: Origin) -> Self {
        Outcome {
            item,
            origin,
            bytes: 0,
            findings: Vec::new(),
            found: 0,
            ledger: Ledger::new(),
            facts: Facts::default(),
            verdict: None,
        }
    }

    /// An outcome for an item that could not be opened at all.
    pub fn fault(item: ItemName, origin: Origin, note: Note) -> Self {
        let mut outcome = Outcome::empty(item, origin);
        outcome.ledger.note(note);
        outcome
    }

    /// How much of the item was scanned; see [`Ledger::status`].
    pub fn status(&self) -> Status {
        self.ledger.status(self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LayerSum, PartPath, Reason};

    fn outcome(reason: Reason) -> Outcome {
        Outcome::fault("x".into(), Origin::File, Note::new(reason, PartPath::root()))
    }

    #[test]
    fn a_skip_leaves_an_item_complete_and_a_fault_does_not() {
        assert_eq!(outcome(Reason::Symlink).status(), Status::Complete);
        assert_eq!(outcome(Reason::Permission).status(), Status::Unscannable);
    }

    #[test]
    fn a_container_that_was_unpacked_until_a_limit_is_partial_and_a_locked_one_is_not() {
        for (reason, status) in
            [(Reason::LimitDepth, Status::Partial), (Reason::Encrypted, Status::Unscannable)]
        {
            let mut outcome = outcome(reason);
            outcome.ledger.layer(LayerSum::default());
            outcome.ledger.layer(LayerSum::default());
            assert_eq!(outcome.status(), status, "{reason}");
        }
    }

    #[test]
    fn an_item_of_which_something_was_read_is_partial() {
        let mut outcome = outcome(Reason::Encrypted);
        outcome.ledger.content(1);
        assert_eq!(outcome.status(), Status::Partial);
    }
}
