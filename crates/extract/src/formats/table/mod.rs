//! Tables as text.

mod delimited;
mod dialect;
mod grid;

pub use delimited::Delimited;
pub(crate) use dialect::is_header;
pub use grid::Grid;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[&Delimited];
