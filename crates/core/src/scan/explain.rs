//! What became of every candidate, and why.

use super::DetectorId;
use crate::detector::Needs;
use crate::model::{Evidence, Secret};
use std::ops::Range;
use std::sync::Arc;

/// How a candidate ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It is a match.
    Kept,
    /// What stands right before or after it makes it part of something else.
    Boundary,
    /// It runs over the edge of a table's cell.
    CellEdge,
    /// A check said it is not what it looks like. The check's name.
    Check(Arc<str>),
    /// It counts only with something near that was not there.
    Needs(Needs),
    /// Another detector's match of the same text is the better one. That detector.
    Overlap(DetectorId),
}

/// A candidate and what became of it.
#[derive(Debug, Clone)]
pub struct Explained {
    /// Whose candidate.
    pub detector: DetectorId,
    /// Its value's half-open byte range in the segment's text.
    pub span: Range<usize>,
    /// Its value.
    pub value: Secret,
    /// Its confidence, 0–100; 0 where it fell before it was weighed.
    pub confidence: u8,
    /// What raised and lowered the confidence.
    pub evidence: Vec<Evidence>,
    /// How it ended.
    pub fate: Fate,
}

/// Notes what falls, for those who ask; costs nothing for those who do not.
pub(super) struct Journal<'j> {
    /// Detector, span in the folded text, fate.
    pub(super) fallen: Option<&'j mut Vec<(DetectorId, Range<usize>, Fate)>>,
}

impl Journal<'_> {
    pub(super) fn fell(
        &mut self,
        detector: DetectorId,
        span: Range<usize>,
        fate: impl FnOnce() -> Fate,
    ) {
        if let Some(fallen) = &mut self.fallen {
            fallen.push((detector, span, fate()));
        }
    }
}
