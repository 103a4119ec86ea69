//! Tables as text.

mod dbf;
mod delimited;
mod dialect;
mod grid;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use delimited::Delimited;
pub(crate) use dialect::is_header;
pub use grid::Grid;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[
    #[cfg(feature = "sqlite")]
    &sqlite::Sqlite,
    #[cfg(feature = "sqlite")]
    &sqlite::SqliteLog,
    #[cfg(feature = "parquet")]
    &parquet::Parquet,
    &dbf::Dbf,
    &Delimited,
];
