//! Passwords that stand in an item more than once: told without the value.

use dlpscan_core::model::{Evidence, EvidenceKind, Finding};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

/// What finds a password together with whose it is, or what it opens.
const PASSWORDS: [&str; 3] =
    ["secret-password-context", "secret-login-table", "online-banking-credential"];

/// Passwords remembered of one item; past that only those are told again.
const MOST: usize = 10_000;

/// Says something of a value that only who has this key can say.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Prints([u8; 32]);

/// A value's hash.
pub(crate) type Print = u64;

impl Default for Prints {
    /// With a key of its own.
    fn default() -> Self {
        let random = RandomState::new();
        let mut key = [0; 32];
        for (n, eight) in key.chunks_exact_mut(8).enumerate() {
            eight.copy_from_slice(&random.hash_one(n).to_le_bytes());
        }
        Prints(key)
    }
}

impl Prints {
    /// The print of a password; `None` for what is none.
    pub(crate) fn of(&self, detector: &str, value: &[u8]) -> Option<Print> {
        PASSWORDS.contains(&detector).then(|| {
            let hash = blake3::keyed_hash(&self.0, value);
            hash.as_bytes().iter().take(8).fold(0, |print, &byte| print << 8 | u64::from(byte))
        })
    }
}

/// The passwords of an item so far, and how often each was found.
#[derive(Default)]
pub(crate) struct Used {
    prints: Prints,
    seen: HashMap<Print, u32>,
}

impl Used {
    /// Tells passwords from each other by these prints.
    pub(crate) fn new(prints: Prints) -> Self {
        Used { prints, seen: HashMap::new() }
    }

    pub(crate) fn prints(&self) -> Prints {
        self.prints.clone()
    }

    /// Adds to a finding that its value was found before in the same item.
    pub(crate) fn tell(&mut self, print: Print, finding: &mut Finding) {
        let room = self.seen.len() < MOST;
        match self.seen.entry(print) {
            Entry::Occupied(mut before) => {
                *before.get_mut() += 1;
                finding.evidence.push(Evidence {
                    kind: EvidenceKind::Neighbour,
                    by: "the same password".into(),
                    result: format!("used {} times", before.get()).into(),
                    weight: 0,
                });
            }
            Entry::Vacant(new) if room => {
                new.insert(1);
            }
            Entry::Vacant(_) => {}
        }
    }
}
