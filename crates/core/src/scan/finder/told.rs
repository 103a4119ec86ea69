//! All beginnings that the sieve is asked about, ready to be looked for.

use super::background::Background;
use super::beginning::Beginning;
use super::buckets::Buckets;
use super::exact::Exact;
#[cfg(target_arch = "x86_64")]
use super::fine::Fine;
use super::machine::Machine;
use super::mixed::mixed;
use super::teddy::Where;
use serde::{Deserialize, Serialize};

/// So many beginnings are told at sixty-four places at once.
pub(super) const MANY: usize = 128;

/// Beginnings, roughly for shuffles and byte by byte for what these let through.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) buckets: Buckets,
    pub(super) exact: Exact,
    /// Mixed into as many as can be told at sixty-four places at once.
    pub(super) many: Vec<(Beginning, bool)>,
    /// Ready to be told so, where the machine at hand can do that.
    #[cfg(target_arch = "x86_64")]
    #[serde(skip)]
    pub(super) fine: Option<Fine>,
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
        self.many.extend(mixed(all, self.many.len(), MANY));
    }

    /// Makes ready, once everything was added.
    pub(super) fn ready(&mut self, machine: Machine) {
        #[cfg(target_arch = "x86_64")]
        if machine == Machine::Avx512Vbmi {
            self.fine = Some(Fine::of(&self.buckets, &self.many));
        }
    }

    /// Whether what begins somewhere was told byte by byte already.
    pub(super) fn is_told(&self, machine: Machine) -> bool {
        #[cfg(target_arch = "x86_64")]
        if machine == Machine::Avx512Vbmi {
            return self.fine.is_some();
        }
        false
    }
}
