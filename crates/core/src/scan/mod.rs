//! The engine: finds candidates in a segment, verifies them, weighs what stands near, resolves
//! overlaps.
//!
//! One file a stage, in the order of a scan: `fold`, `keywords`, `finder`, `verify`, `pair`,
//! `proximity` (of keywords that are `gathered`), `confidence`, `resolve`. `compile` makes an
//! [`Engine`] of detector files.

mod aligned;
mod bytes;
mod columns;
mod compile;
mod confidence;
mod dialect;
mod engine;
mod examples;
mod explain;
mod finder;
mod first_words;
mod fold;
mod forms;
mod gathered;
mod keywords;
mod label;
mod look_alikes;
mod near;
mod pair;
mod proximity;
mod resolve;
mod text;
mod tuples;
mod underscores;
mod vectors;
mod verify;
mod view;
mod wiki;

pub use engine::{DetectorId, DetectorInfo, Engine, Match, Scratch};
pub use examples::{ExampleFailure, check_examples};
pub use explain::{Explained, Fate};
pub use finder::{Machine, Prepared};
pub use vectors::{Judge, Vector, Verdict};

/// Bytes of context that a window of a longer text needs on either side of its body. The engine
/// looks no further than this from the start of a match, so that a text gives the same matches
/// whatever its windows.
pub const MARGIN: usize = 4 << 10;

/// The longest match, labels included. With a detector's reach it stays within [`MARGIN`].
const MAX_MATCH: usize = 3584;
