use super::{Evidence, Level, PartPath, Place, Secret};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// Where a finding stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The chain of parts from the item to it.
    pub part: PartPath,
    /// The place in that part, as a person would point at it.
    pub place: Place,
    /// Half-open byte range in the text of its segment.
    pub span: Range<usize>,
    /// Half-open byte range in the part's raw bytes, where known. Never invented.
    pub raw: Option<Range<u64>>,
}

/// Something found: located, owned, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The detector's id, as in its file.
    pub detector: Arc<str>,
    /// The detector's name for people.
    pub name: Arc<str>,
    /// Its category: bank, identity, secret, marking, …
    pub category: Arc<str>,
    /// 0–100.
    pub confidence: u8,
    /// The level of that confidence.
    pub level: Level,
    /// The value with all but a few characters hidden.
    pub masked: String,
    /// The value itself. Only there until masked and fingerprinted, unless `--reveal` was asked.
    /// Never serialised with the finding.
    #[serde(skip)]
    pub secret: Option<Secret>,
    /// Keyed hash of detector and value, where a key is set.
    pub fingerprint: Option<String>,
    /// Where it stood.
    pub location: Location,
    /// What raised and lowered the confidence.
    pub evidence: Vec<Evidence>,
}
