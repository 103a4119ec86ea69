//! How strongly what stands near a match speaks for it.

use crate::model::EvidenceKind;

/// How strongly the surroundings speak for a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Strength {
    #[default]
    None,
    /// A keyword stands over the whole text.
    Title,
    /// A keyword within reach.
    Keyword,
    /// Its own column's header, or a label right before it.
    Strong,
}

/// What was found near a match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    pub(super) strength: Strength,
    pub(super) kind: EvidenceKind,
    /// The entry that made it so.
    pub(super) by: u32,
    /// Bytes to the nearest keyword; 0 for a header or label, the greatest number for none.
    pub(super) distance: usize,
    /// Its own column's header speaks for it.
    pub(super) header: bool,
    /// A word against it that is nearer than any keyword.
    pub(super) anti: Option<u32>,
}

impl Near {
    pub(super) const NOTHING: Near = Near {
        strength: Strength::None,
        kind: EvidenceKind::Keyword,
        by: 0,
        distance: usize::MAX,
        header: false,
        anti: None,
    };

    #[inline]
    pub(super) fn raise(
        &mut self,
        strength: Strength,
        kind: EvidenceKind,
        by: u32,
        distance: usize,
    ) {
        if strength > self.strength || (strength == self.strength && distance < self.distance) {
            (self.strength, self.kind, self.by) = (strength, kind, by);
        }
        self.distance = self.distance.min(distance);
    }
}
