//! Says how fast, and that the answer is still right.
//!
//! A workload is a text made from a seed. `cargo test` checks what is found in it; `cargo bench`
//! and the side-by-side time the same text.

pub mod clock;
pub mod engine;
pub mod random;
pub mod reference;
pub mod values;
pub mod workload;

/// The 28 rules that every engine of the side-by-side is given.
pub const RULES: &str = include_str!("../rules/rules.toml");

/// A detector that finds nothing: what then takes time lies around the engine.
pub const NOTHING: &str = r#"
id = "nothing"
name = "Nothing"
category = "none"
certainty = "A"
confidence = { alone = 80, keyword = 80, strong = 80 }
[[pattern]]
regex = '\x01\x02\x03'
boundary = "none"
"#;
