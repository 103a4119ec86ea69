//! Decides what findings mean: a policy is a file of rules, a verdict is the strongest action of
//! the rules that fired.
//!
//! ```
//! let policy = dlpscan_policy::Policy::parse("mine.toml", r#"
//!     [[rule]]
//!     id = "bank"
//!     when = { category = "bank", level = "high" }
//!     then = "block"
//! "#)?;
//! assert_eq!(policy.rules().len(), 1);
//! # Ok::<(), dlpscan_policy::PolicyError>(())
//! ```

mod action;
mod error;
mod policy;
mod rule;
mod spec;

pub use action::Action;
pub use error::PolicyError;
pub use policy::Policy;
pub use rule::{Found, Rule, When};

/// The policies that come with dlpscan: name and text.
pub const BUILTIN: &[(&str, &str)] = &[
    ("default", include_str!("../policies/default.toml")),
    ("council", include_str!("../policies/council.toml")),
];
