//! What people hold: texts, items and runs of them scanned, each outcome judged.

use crate::builder::ScannerBuilder;
use crate::parallel::{self, Idle};
use crate::stumble::{self, Stumbled};
use crate::worker::{Core, Worker};
use dlpscan_core::model::{Content, Item, ItemName, Origin, Outcome, PartPath};
use dlpscan_core::scan::Engine;
use dlpscan_policy::Policy;
use dlpscan_sandbox::{Confinement, Pool};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Engine, extractors and policy, built once and shared by all threads.
pub struct Scanner {
    pub(crate) core: Arc<Core>,
    pub(crate) pool: Option<Pool>,
    /// Workers of callers that scan one thing at a time.
    idle: Mutex<Vec<Worker>>,
}

impl Scanner {
    /// A scanner with every detector that is on by default.
    pub fn builder() -> ScannerBuilder {
        ScannerBuilder::default()
    }

    pub(crate) fn new(core: Arc<Core>, pool: Option<Pool>) -> Self {
        Scanner { core, pool, idle: Mutex::new(Vec::new()) }
    }

    /// The compiled detectors.
    pub fn engine(&self) -> &Engine {
        &self.core.engine
    }

    /// The policy that judges outcomes, where there is one.
    pub fn policy(&self) -> Option<&Policy> {
        self.core.policy.as_ref()
    }

    /// Whether findings carry the value itself.
    pub(crate) fn reveals(&self) -> bool {
        self.core.wanted.reveal
    }

    /// How the children that read documents are confined; `None` when they are read in this
    /// process.
    pub fn confinement(&self) -> Option<Confinement> {
        self.pool.as_ref().map(Pool::confinement)
    }

    /// Scans a text.
    pub fn scan_text(&self, text: &str) -> Outcome {
        self.scan_bytes("text", text.as_bytes())
    }

    /// Scans bytes of any format. `name` is a hint and stands in the outcome.
    pub fn scan_bytes(&self, name: &str, bytes: &[u8]) -> Outcome {
        self.with_worker(|worker| {
            let name = ItemName::from(name);
            let mut outcome = self.steadily(worker, (name.clone(), Origin::Memory), |worker| {
                let content = Content::Bytes(bytes);
                self.judged(self.scan_content(worker, name, Origin::Memory, content))
            });
            // Also where nothing of them was read.
            outcome.bytes = bytes.len() as u64;
            outcome
        })
    }

    /// A name as it may be shown: every value in it masked, unless values may be revealed. The
    /// names in outcomes already are.
    pub fn shown_name(&self, name: &str) -> String {
        self.with_worker(|worker| worker.eye.discreet.name(&self.core.engine, name))
    }

    /// Scans one item.
    pub fn scan_item(&self, item: Item) -> Outcome {
        self.with_worker(|worker| self.scan_with(worker, item))
    }

    /// The same within this wall time, a second try and the reading of pictures included, in place
    /// of what the limits say: for who has promised an answer by a certain time.
    pub fn scan_item_within(&self, item: Item, time: Duration) -> Outcome {
        self.with_worker(|worker| {
            worker.time = Some(time);
            let outcome = self.scan_with(worker, item);
            worker.time = None;
            outcome
        })
    }

    /// Scans items on `threads` threads (0: one a core) and gives each outcome to `each`, in the
    /// order of the items whatever the number of threads. `Break` ends the run.
    pub fn run(
        &self,
        items: impl Iterator<Item = Item> + Send,
        threads: usize,
        each: &mut dyn FnMut(Outcome) -> ControlFlow<()>,
    ) {
        let idle = Arc::new(Idle::default());
        parallel::ordered(
            items,
            threads,
            &idle,
            || Worker { idle: Some(idle.clone()), ..self.core.worker() },
            |worker, item| self.scan_with(worker, item),
            each,
        );
    }

    /// Ends the children and leaves the memory to the system, for a program that is about to end:
    /// to give back each piece of it takes as long as to read many a file.
    pub fn leave(self) {
        drop(self.pool);
        std::mem::forget((self.core, self.idle));
    }

    fn with_worker<T>(&self, job: impl FnOnce(&mut Worker) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let taken = idle().pop();
        let mut worker = taken.unwrap_or_else(|| self.core.worker());
        let result = job(&mut worker);
        idle().push(worker);
        result
    }

    fn scan_with(&self, worker: &mut Worker, mut item: Item) -> Outcome {
        let told = item.envelope.take();
        self.steadily(worker, (item.name.clone(), item.origin), |worker| {
            let mut outcome = self.read(worker, item);
            // What the server was told counts, whatever the header claims.
            if told.is_some() {
                outcome.facts.envelope = told;
            }
            self.judged(outcome)
        })
    }

    /// Scans an item; where that panics, nothing of it was read, and the next has fresh memory.
    fn steadily(
        &self,
        worker: &mut Worker,
        (name, origin): (ItemName, Origin),
        scan: impl FnOnce(&mut Worker) -> Outcome,
    ) -> Outcome {
        stumble::steady(|| scan(worker)).unwrap_or_else(|_| {
            *worker = Worker { idle: worker.idle.take(), time: worker.time, ..self.core.worker() };
            let note = Stumbled::note(PartPath::root());
            Outcome::fault(self.shown(worker, &name), origin, note)
        })
    }

    fn judged(&self, mut outcome: Outcome) -> Outcome {
        self.core.add_recipients(&mut outcome);
        if let Some(policy) = &self.core.policy {
            policy.set_aside(&mut outcome);
            outcome.verdict = Some(policy.judge(&outcome));
            self.core.add_ruled(&mut outcome);
        }
        outcome
    }
}
