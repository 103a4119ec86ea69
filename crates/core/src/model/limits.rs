use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What one item may cost. Every limit that is reached is a note in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Wall time for one item, in seconds, a second try included.
    pub seconds: u64,
    /// Decoded bytes of one item, all layers together.
    pub bytes: u64,
    /// Containers inside containers.
    pub depth: u32,
    /// Parts of one item.
    pub parts: u64,
    /// Findings kept with their place; all are counted.
    pub findings: u64,
    /// Decoded bytes for each byte of a compressed part, once it is over a megabyte.
    pub ratio: u64,
    /// Bytes of one part that may be held in memory at once, where a format needs all of it.
    pub buffer: u64,
    /// Memory of one parsing child, in bytes.
    pub memory: u64,
    /// Wall time for reading what is written in the pictures of one item, in seconds, on top of
    /// `seconds`.
    pub ocr_seconds: u64,
}

impl Default for Limits {
    /// The figures of the command line: 20 s, 1 GB, 100 levels, 100,000 parts, 10,000 findings,
    /// and 60 s more for pictures.
    fn default() -> Self {
        Limits {
            seconds: 20,
            bytes: 1 << 30,
            depth: 100,
            parts: 100_000,
            findings: 10_000,
            ratio: 10_000,
            buffer: 64 << 20,
            memory: 256 << 20,
            ocr_seconds: 60,
        }
    }
}

impl Limits {
    /// Wall time for one item.
    pub fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
