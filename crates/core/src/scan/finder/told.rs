//! All beginnings that the sieve is asked about, ready to be looked for.

use super::background::Background;
use super::beginning::Beginning;
use super::buckets::Buckets;
use super::exact::Exact;
use super::teddy::Where;
use serde::{Deserialize, Serialize};

/// Beginnings, roughly for shuffles and byte by byte for what these let through.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) buckets: Buckets,
    pub(super) exact: Exact,
}

impl Told {
    /// Adds beginnings, of each of which it is said whether it needs a fresh start.
    pub(super) fn add(&mut self, background: &mut Background, all: &[(Beginning, bool)]) {
        for place in [Where::Fresh, Where::Anywhere] {
            let some = all.iter().filter(|(_, fresh)| *fresh == (place == Where::Fresh));
            let some = some.map(|(beginning, _)| *beginning).collect();
            self.buckets.add(background, some, place);
        }
        self.exact.add(all);
    }
}
