//! Documents for people: office files, PDF, RTF.

mod pdf;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[&pdf::Pdf];
