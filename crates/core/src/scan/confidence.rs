//! From evidence to a number: every step is kept, and the steps add up.

use super::compile::Compiled;
use super::near::Strength;
use super::verify::Draft;
use crate::detector::OnInvalid;
use crate::model::{EvidenceKind, Trust};
use std::sync::{Arc, LazyLock};

/// A word nearer than any keyword that speaks against a match takes away so much.
const ANTI: i16 = 30;
/// A test value or placeholder is never more than this: info.
const TEST_VALUE: i16 = 30;

/// One step, before it becomes [`crate::model::Evidence`].
pub(super) struct Step<'a> {
    pub(super) kind: EvidenceKind,
    pub(super) by: &'a Arc<str>,
    pub(super) result: &'static str,
    /// What it added, after bounds.
    pub(super) weight: i16,
}

/// Weighs a match, telling each step. The weights of the steps add up to the confidence.
#[inline(always)]
pub(super) fn weigh(c: &Compiled, draft: &Draft, mut each: impl FnMut(Step<'_>)) -> u8 {
    let pattern = &c.patterns[draft.pattern];
    let d = &c.detectors[draft.detector.index()];
    let alone = i16::from(d.confidence.alone);
    let mut sum: i16 = 0;
    let mut step = |kind, by: &Arc<str>, result, weight: i16, most: i16| {
        let next = sum.saturating_add(weight).clamp(0, 100).min(most);
        each(Step { kind, by, result, weight: next - sum });
        sum = next;
    };
    step(EvidenceKind::Pattern, &pattern.name, "found", alone.saturating_add(pattern.weight), 100);
    let near = &draft.near;
    let raise = match near.strength {
        Strength::None => None,
        Strength::Title => Some((i16::from(d.confidence.keyword) - alone) / 2),
        Strength::Keyword => Some(i16::from(d.confidence.keyword) - alone),
        Strength::Strong => Some(i16::from(d.confidence.strong) - alone),
    };
    if let Some(raise) = raise {
        step(near.kind, &c.entries[near.by as usize].shown, "found", raise, 100);
    }
    for (number, check) in d.checks.iter().enumerate() {
        let Some(trust) = draft.trust(number) else { continue };
        let weight = match (trust, check.on_invalid) {
            (Trust::Valid, _) => check.valid,
            (Trust::Invalid, OnInvalid::Weight(weight)) => weight,
            _ => 0,
        };
        step(EvidenceKind::Check, &check.name, trust.as_str(), weight, 100);
    }
    if let Some(anti) = near.anti {
        step(EvidenceKind::AntiKeyword, &c.entries[anti as usize].shown, "found", -ANTI, 100);
    }
    if draft.test_value {
        static NAME: LazyLock<Arc<str>> = LazyLock::new(|| "test value".into());
        step(EvidenceKind::TestValue, &NAME, "found", 0, TEST_VALUE);
    }
    sum as u8
}
