use serde::Deserialize;
use std::fmt;

/// What to do with an item, from the mildest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Let it go.
    Allow,
    /// Let it go and tell somebody.
    Notify,
    /// Let it go with a mark on it.
    Tag,
    /// Let it go without the findings.
    Redact,
    /// Hold it until somebody decides.
    Quarantine,
    /// Stop it.
    Block,
}

impl Action {
    /// The word used in policy files and verdicts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Allow => "allow",
            Action::Notify => "notify",
            Action::Tag => "tag",
            Action::Redact => "redact",
            Action::Quarantine => "quarantine",
            Action::Block => "block",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
