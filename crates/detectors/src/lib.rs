//! Everything we know how to recognise, as data, with its checksums.
//!
//! A detector is one TOML file in `detectors/<category>/<id>.toml`, in the shape of
//! [`DetectorSpec`](dlpscan_core::detector::DetectorSpec). A check that a file names is one small
//! file in `src/validators/`, and takes its numbers from the file: a new checksum is data, not
//! code. Lookup tables lie in `data/`.

pub mod modulus;
mod tables;
mod validators;

use std::sync::Arc;

use dlpscan_core::detector::{Checks, DetectorFile};

/// The built-in detector files and their text, sorted by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// All built-in detectors, sorted by file name.
///
/// # Panics
///
/// Never in a released build: the files are part of the program, and a test reads each of them.
pub fn builtin() -> Vec<DetectorFile> {
    FILES
        .iter()
        .map(|(name, text)| match DetectorFile::parse(name, text) {
            // A test builds all their expressions.
            Ok(file) => DetectorFile { proved: true, ..file },
            Err(error) => panic!("a built-in detector file is broken: {error}"),
        })
        .collect()
}

/// The text of every built-in detector file, for `detectors show` and for those who write their
/// own.
pub fn sources() -> &'static [(&'static str, &'static str)] {
    FILES
}

/// What only the operator can give: tables and lists that are not ours to ship.
#[derive(Clone, Default)]
pub struct Given {
    /// Pay.UK's tables for the check `gb-modulus`; without them it has no opinion.
    pub modulus: Option<Arc<modulus::ModulusTable>>,
    /// Tells whether a text is one of the organisation's own accounts, for the check
    /// `own-account`; without it no account is.
    pub own_account: Option<Arc<Recognise>>,
}

/// Tells whether a text, in any spacing, is on a list.
pub type Recognise = dyn Fn(&[u8]) -> bool + Send + Sync;

/// All checks that detector files may name.
pub fn checks() -> Checks {
    checks_with(&Given::default())
}

/// All checks that detector files may name, with what the operator gave them.
pub fn checks_with(given: &Given) -> Checks {
    validators::all(given)
}
