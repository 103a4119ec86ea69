//! Everything we know how to recognise, as data, with its checksums.
//!
//! A detector is one TOML file in `detectors/<category>/<id>.toml`, in the shape of
//! [`DetectorSpec`](dlpscan_core::detector::DetectorSpec). A check that a file names is one small
//! file in `src/validators/`, and takes its numbers from the file: a new checksum is data, not
//! code. Lookup tables lie in `data/`.

mod lexicon;
pub mod modulus;
mod tables;
mod validators;
mod words;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use dlpscan_core::detector::{Checks, DetectorFile};
use dlpscan_core::scan::Prepared;

/// The built-in detector files and their text, sorted by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// All built-in detectors, sorted by file name.
///
/// # Panics
///
/// Never: what it reads was written when the program was built, and a test reads it.
pub fn builtin() -> Vec<DetectorFile> {
    let files = include_bytes!(concat!(env!("OUT_DIR"), "/builtin.msgpack"));
    rmp_serde::from_slice(files).expect("the build script wrote it")
}

/// The same without what only people and tests read, for who wants to run them: to read all of it
/// takes longer than to compile it.
///
/// # Panics
///
/// Never, as with [`builtin`].
pub fn to_run() -> Vec<DetectorFile> {
    let files = include_bytes!(concat!(env!("OUT_DIR"), "/to_run.msgpack"));
    rmp_serde::from_slice(files).expect("the build script wrote it")
}

/// What is known of the expressions of all built-in detectors. A test builds each of them.
///
/// # Panics
///
/// Never, as with [`builtin`].
pub fn prepared() -> Prepared {
    let prepared = include_bytes!(concat!(env!("OUT_DIR"), "/prepared.msgpack"));
    rmp_serde::from_slice(prepared).expect("the build script wrote it")
}

/// What [`to_run`] and [`prepared`] give, read side by side where the system lets it have a thread.
///
/// # Panics
///
/// Never, as with [`builtin`].
pub fn to_run_prepared() -> (Vec<DetectorFile>, Prepared) {
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, prepared);
        let files = to_run();
        let prepared = match other.map(thread::ScopedJoinHandle::join) {
            Ok(read) => read.unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => prepared(),
        };
        (files, prepared)
    })
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
