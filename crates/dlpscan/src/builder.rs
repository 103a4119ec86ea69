use crate::collector::Wanted;
use crate::error::BuildError;
use crate::isolate;
use crate::key::Key;
use crate::ocr::Recogniser;
use crate::protect::ProtectList;
use crate::scanner::Scanner;
use crate::worker::Core;
use dlpscan_core::detector::{DetectorFile, DetectorSpec};
use dlpscan_core::model::{Level, Limits, Secret};
use dlpscan_core::scan::{Engine, Prepared};
use dlpscan_detectors::{Given, modulus::ModulusTable};
use dlpscan_policy::Policy;
use std::sync::Arc;

/// The detector that is on where there is a list of own accounts.
const OWN_ACCOUNTS: &str = "council-bank-details";

/// Builds a [`Scanner`]. Everything has a default.
#[derive(Default)]
pub struct ScannerBuilder {
    files: Vec<DetectorFile>,
    only_files: bool,
    enable: Vec<String>,
    disable: Vec<String>,
    limits: Limits,
    least: Option<Level>,
    reveal: bool,
    key: Option<Key>,
    policy: Option<Policy>,
    modulus: Option<ModulusTable>,
    protect: Option<ProtectList>,
    ocr: Option<Recogniser>,
    passwords: Vec<Secret>,
    isolated: bool,
}

impl ScannerBuilder {
    /// Detector files beside the built-in ones. One with the id of a built-in detector takes its
    /// place.
    pub fn detector_files(mut self, files: Vec<DetectorFile>) -> Self {
        self.files = files;
        self
    }

    /// Leaves the built-in detectors out.
    pub fn without_builtin(mut self) -> Self {
        self.only_files = true;
        self
    }

    /// Ids of detectors to switch on that are off by default.
    pub fn enable(mut self, ids: Vec<String>) -> Self {
        self.enable = ids;
        self
    }

    /// Ids of detectors to switch off.
    pub fn disable(mut self, ids: Vec<String>) -> Self {
        self.disable = ids;
        self
    }

    /// What one item may cost.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The lowest level that is reported; default low.
    pub fn least(mut self, level: Level) -> Self {
        self.least = Some(level);
        self
    }

    /// Whether findings carry the value itself; default no.
    pub fn reveal(mut self, reveal: bool) -> Self {
        self.reveal = reveal;
        self
    }

    /// The key of fingerprints; without one findings have none.
    pub fn key(mut self, key: Option<Key>) -> Self {
        self.key = key;
        self
    }

    /// The policy that judges outcomes; without one they carry no verdict.
    pub fn policy(mut self, policy: Option<Policy>) -> Self {
        self.policy = policy;
        self
    }

    /// Pay.UK's tables for the modulus check of UK accounts; without them a sort code and an
    /// account number are judged by their form, the bank's prefix and what stands near.
    pub fn modulus(mut self, table: Option<ModulusTable>) -> Self {
        self.modulus = table;
        self
    }

    /// The organisation's own accounts, which are reported at the highest level wherever they
    /// stand. An empty list is none.
    pub fn protect(mut self, list: Option<ProtectList>) -> Self {
        self.protect = list.filter(|list| list.names().next().is_some());
        self
    }

    /// The own domains, in place of those the policy names.
    pub fn own_domains(mut self, domains: Vec<String>) -> Self {
        self.policy = self.policy.map(|policy| policy.with_own_domains(domains));
        self
    }

    /// What reads what is written in pictures; without it such a picture is noted as `no-ocr`.
    pub fn ocr(mut self, recogniser: Option<Recogniser>) -> Self {
        self.ocr = recogniser;
        self
    }

    /// Passwords to try on encrypted archives and documents; see [`crate::passwords`]. They are
    /// secrets: nothing that is written shows one, or which of them fitted.
    pub fn passwords(mut self, passwords: Vec<Secret>) -> Self {
        self.passwords = passwords;
        self
    }

    /// Whether everything that needs a parser is read in sandboxed child processes. Build such a
    /// scanner while the process has only one thread: it forks. Default no.
    pub fn isolated(mut self, isolated: bool) -> Self {
        self.isolated = isolated;
        self
    }

    /// Compiles the detectors and starts what makes children.
    pub fn build(self) -> Result<Scanner, BuildError> {
        if !self.isolated {
            let core = self.core(dlpscan_detectors::to_run_prepared)?;
            return Ok(Scanner::new(Arc::new(core), None));
        }
        // Forked first: whoever forks a process that holds an engine pays for every page of it that
        // either of them writes to. The children's engine is built when a child is first wanted,
        // which in a run over plain texts is never.
        // They come from a process that never has a second thread.
        let alone = || (dlpscan_detectors::to_run(), dlpscan_detectors::prepared());
        let (starting, this) =
            isolate::start(self.limits.memory, self, move |this| this.core(alone).ok())
                .map_err(BuildError::Sandbox)?;
        let core = this.core(dlpscan_detectors::to_run_prepared)?;
        let pool = starting.ready().map_err(BuildError::Sandbox)?;
        Ok(Scanner::new(Arc::new(core), Some(pool)))
    }

    /// With the built-in detectors read in one way or another.
    fn core(
        self,
        builtin: impl FnOnce() -> (Vec<DetectorFile>, Prepared),
    ) -> Result<Core, BuildError> {
        let (mut files, prepared) = if self.only_files { Default::default() } else { builtin() };
        let replaced = |spec: &DetectorSpec| {
            self.files.iter().any(|f| f.detectors.iter().any(|d| d.id == spec.id))
        };
        for file in &mut files {
            file.detectors.retain(|spec| !replaced(spec));
        }
        files.extend(self.files.iter().cloned());
        let owns = self.protect.is_some();
        let on = |spec: &DetectorSpec| {
            (spec.on_by_default()
                || self.enable.contains(&spec.id)
                || (owns && spec.id == OWN_ACCOUNTS))
                && !self.disable.contains(&spec.id)
        };
        let given = given(self.modulus, self.protect);
        let checks = dlpscan_detectors::checks_with(&given);
        let engine = Engine::build_prepared(&files, &prepared, &checks, &on)
            .map_err(BuildError::Detectors)?;
        Ok(Core {
            engine,
            extractors: dlpscan_extract::formats::all(),
            wanted: Wanted {
                least: self.least.unwrap_or(Level::Low),
                most: self.limits.findings,
                reveal: self.reveal,
                key: self.key,
            },
            limits: self.limits,
            policy: self.policy,
            ocr: self.ocr,
            passwords: self.passwords,
        })
    }
}

/// What only the operator can give, as checks take it.
pub(crate) fn given(modulus: Option<ModulusTable>, protect: Option<ProtectList>) -> Given {
    Given {
        modulus: modulus.map(Arc::new),
        own_account: protect.map(|list| Arc::new(move |text: &[u8]| list.has(text)) as _),
    }
}
