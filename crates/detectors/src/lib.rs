//! Everything we know how to recognise, as data, with its checksums.
//!
//! A detector is one TOML file in `detectors/<category>/<id>.toml`, in the shape of
//! [`DetectorSpec`](dlpscan_core::detector::DetectorSpec). A check that a file names is one small
//! file in `src/validators/`, and takes its numbers from the file: a new checksum is data, not
//! code. Lookup tables lie in `data/`.

mod tables;
mod validators;

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

/// All checks that detector files may name.
pub fn checks() -> Checks {
    validators::all()
}
