//! Entries whose data stands in the archive as it is.

use super::claims::Claims;
use super::store::Store;
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use std::ops::Range;

/// Gives an entry whose data should fill `range`, and accounts for it.
pub(super) fn give(
    store: &Store<'_>,
    range: Range<u64>,
    name: String,
    claims: &mut Claims,
    descent: &mut Descent<'_>,
) -> Flow {
    let there = range.start.min(store.len())..range.end.min(store.len());
    let len = there.end - there.start;
    let missing = (range.end - range.start) - len;
    if missing > 0 {
        descent.note_inside(&name, Reason::Truncated, Some(missing));
    }
    if len == 0 {
        return Flow::Continue(());
    }
    if let Err(Stopped(reason)) = descent.budget().take_bytes(len) {
        descent.note_inside(&name, reason, Some(len));
        claims.claim(there, Fate::Unscannable(reason), descent);
        return Flow::Continue(());
    }
    claims.claim(there.clone(), Fate::Scanned, descent);
    descent.part(Part::new(name, store.content(there)))
}
