//! What is done, one file a command.

pub mod detectors;
pub mod mail;
pub mod modulus;
pub mod policy;
pub mod protect;
pub mod scan;
mod vectors;
