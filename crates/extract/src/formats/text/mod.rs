//! Plain and marked-up text.

mod gather;
mod plain;

pub use gather::Gather;
pub(crate) use plain::Foreign;
pub use plain::{Plain, is_text, scan};

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[&Plain];
