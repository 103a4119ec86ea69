//! Containers and compression.

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[];
