//! The library people use: assembles detectors, extractors, policy and isolation into a
//! [`Scanner`].
//!
//! There are two main types: [`Scanner`], which is built once and shared, and
//! [`Outcome`](model::Outcome), which says what was found in an item, and what could not be read.
//!
//! ```
//! let scanner = dlpscan::Scanner::builder().build()?;
//! let outcome = scanner.scan_text("Please pay sort code 08-99-99, account number 66374958.");
//! assert_eq!(&*outcome.findings[0].detector, "gb-sort-code-account");
//! assert_eq!(outcome.status(), dlpscan::model::Status::Complete);
//! # Ok::<(), dlpscan::BuildError>(())
//! ```

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod basket;
mod builder;
mod collector;
mod config;
mod discreet;
mod divided;
mod error;
mod explain;
mod held;
mod isolate;
mod key;
pub mod load;
mod ocr;
mod opened;
mod parallel;
mod protect;
mod reading;
mod salvage;
mod samples;
mod scanner;
mod stumble;
mod tables;
#[cfg(test)]
mod testing;
mod used;
mod whole;
mod worker;

pub use builder::ScannerBuilder;
pub use config::Config;
pub use dlpscan_core::{detector, model, scan};
pub use dlpscan_detectors as detectors;
pub use dlpscan_extract::passwords;
pub use dlpscan_policy as policy;
pub use dlpscan_report as report;
pub use dlpscan_sandbox::{Confinement, outlive_a_full_file};
pub use dlpscan_source as source;
pub use error::{BuildError, ConfigError};
pub use explain::{Explanation, why};
pub use key::Key;
pub use ocr::{OcrUse, Recogniser};
pub use protect::ProtectList;
pub use samples::Tried;
pub use scanner::Scanner;
pub use stumble::tell_faults;
pub use tables::modulus_table;

/// The kinds a part may be read as, as policies name them.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<_> =
        dlpscan_extract::formats::all().iter().map(|extractor| extractor.name()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
