//! Documents for people: office files, PDF, RTF, electronic books.

mod epub;
pub(crate) mod layout;
pub mod office;
mod pdf;
mod runs;
mod wordperfect;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[
    &office::Ooxml,
    &office::Odf,
    &office::FlatOdf,
    &office::Compound,
    &office::Rtf,
    &pdf::Pdf,
    &epub::Epub,
    &wordperfect::WordPerfect,
];
