//! What is done, one file a command.

pub mod detectors;
pub mod scan;
mod vectors;
