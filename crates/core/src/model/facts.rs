use super::Envelope;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of an item beside what was found in it. Never holds matched text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// A mail's sender and recipients: as the server was told, else as its header says. `None`
    /// for what is no mail.
    pub envelope: Option<Envelope>,
    /// Those of a mail's recipients whom every other can see: of the fields To and Cc.
    #[serde(default)]
    pub shown: Vec<String>,
    /// As what its parts were read: names of extractors, such as `eml`, `docx`, `zip`.
    pub kinds: BTreeSet<String>,
    /// The texts a policy asks about that stand in it, by their ids.
    pub texts: BTreeSet<String>,
    /// Findings set aside by an allow-list or a baseline, by the entry that did it. They are not
    /// among the item's findings.
    pub set_aside: BTreeMap<String, u64>,
}

impl Facts {
    /// Takes in what another look at the same item has shown.
    pub fn absorb(&mut self, other: Facts) {
        self.envelope = self.envelope.take().or(other.envelope);
        self.shown.extend(other.shown);
        self.kinds.extend(other.kinds);
        self.texts.extend(other.texts);
        for (entry, n) in other.set_aside {
            *self.set_aside.entry(entry).or_default() += n;
        }
    }
}
