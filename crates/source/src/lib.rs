//! Says which items there are: files, folders, standard input, memory.
//!
//! * [`files`] walks what the user named, depth first, each folder's entries sorted by their
//!   bytes, and says of everything it may not open why not. [`check`] tells beforehand what is not
//!   there at all: that is the user's mistake, not the data's.
//! * [`Selection`] is the user's choice among them (`--include`, `--exclude`).
//! * [`stdin`] and [`memory`] are one item each.
//! * [`volume`] says what is known of the volume that holds a path.
//!
//! Nothing is opened for reading until a worker asks, and then without following links, without
//! waiting for a pipe's other end, and only if it still is the file that was listed.

mod memory;
mod open;
#[cfg(target_os = "linux")]
mod pseudo;
mod select;
mod stdin;
pub mod volume;
mod walk;

pub use memory::memory;
pub use select::{BadGlob, Selection};
pub use stdin::stdin;
pub use walk::{Files, Missing, check, files};
