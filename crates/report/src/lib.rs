//! Writes outcomes down: one wire shape for every door, and the reports made from it.
//!
//! * [`record`]: the wire shape, version 1. `schema/record.schema.json` says the same in JSON Schema.
//! * [`Reporter`]: writes outcomes as they come. [`REPORTERS`] is the list of all of them; a new
//!   report is one file here and one line there.
//! * [`Summary`]: what adds up over a run.
//! * [`safe`]: makes any text harmless to print.

mod advice;
mod base64;
mod closing;
mod gathered;
mod html;
mod jsonl;
mod page;
pub mod record;
mod reporter;
mod safe;
mod summary;
mod text;

pub use advice::advice;
pub use html::Html;
pub use jsonl::Jsonl;
pub use page::Page;
pub use reporter::{Look, REPORTERS, Reporter, ReporterKind, reporter};
pub use safe::{safe, shorten};
pub use summary::{DetectorTally, Summary};
pub use text::{Text, likelihood};

/// The JSON Schema of [`record::Record`], one JSON object a line.
pub const SCHEMA: &str = include_str!("../schema/record.schema.json");
