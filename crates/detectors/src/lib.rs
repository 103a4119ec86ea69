//! Everything we know how to recognise, as data, with its checksums.

use dlpscan_core::detector::{Checks, DetectorFile};

/// The detector files of this build.
pub fn builtin() -> Vec<DetectorFile> {
    Vec::new()
}

/// The checks that detector files may name.
pub fn checks() -> Checks {
    Checks::new()
}
