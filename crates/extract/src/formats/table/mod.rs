//! Tables as text.

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "avro")]
mod avro;
pub(crate) mod calendar;
mod dbf;
mod delimited;
mod dialect;
mod grid;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "arrow", feature = "avro", feature = "parquet"))]
mod written;

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
    #[cfg(feature = "arrow")]
    &arrow::Arrow,
    #[cfg(feature = "avro")]
    &avro::Avro,
    &dbf::Dbf,
    &Delimited,
];
