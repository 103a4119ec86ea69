//! Pictures that hold no codes, so that the logo of each letter is looked through once.
//!
//! Kept is a digest of a picture's file and nothing that it says. What is known here changes how
//! long a scan takes, never what it gives.

use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A digest that nobody can give to two pictures.
type Print = [u8; 32];

/// Pictures that are remembered; one more, and all are forgotten.
const MOST: usize = 4096;

static NONE: LazyLock<Mutex<HashSet<Print>>> = LazyLock::new(Mutex::default);

/// The digest of a picture's file.
pub(crate) fn print(bytes: &[u8]) -> Print {
    Sha256::digest(bytes).into()
}

/// True when this picture was looked through before, in every frame, and holds no codes.
pub(crate) fn known_to_hold_none(print: &Print) -> bool {
    NONE.lock().unwrap_or_else(PoisonError::into_inner).contains(print)
}

/// Says that this picture was looked through and holds no codes.
pub(crate) fn remember_none(print: Print) {
    let mut none = NONE.lock().unwrap_or_else(PoisonError::into_inner);
    if none.len() == MOST {
        none.clear();
    }
    none.insert(print);
}
