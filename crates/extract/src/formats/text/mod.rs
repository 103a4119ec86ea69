//! Plain and marked-up text.

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[];
