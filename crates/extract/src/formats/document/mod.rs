//! Documents for people: office files, PDF, RTF.

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[];
