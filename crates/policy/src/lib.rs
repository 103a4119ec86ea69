//! Decides what findings mean: a policy is a file of rules, a verdict is the strongest action of
//! the rules that fired.
//!
//! * [`Policy`] is the checked file: rules, texts that must or must not be there, an allow-list,
//!   and the clauses of the written policy that the rules enforce.
//! * [`Letter`] reads along during the scan and notes what rules ask about beside findings.
//! * [`Baseline`] is what was known already.
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
mod allow;
mod baseline;
mod check;
mod clause;
mod date;
mod error;
mod fold;
mod fresh;
mod letter;
mod mail;
mod policy;
mod rule;
mod sample;
mod spec;
mod text;
mod whereabouts;
mod words;

pub use action::Action;
pub use allow::Allow;
pub use baseline::Baseline;
pub use clause::{Clause, Cover};
pub use date::Date;
pub use error::PolicyError;
pub use letter::Letter;
pub use mail::{Address, Direction, outsiders};
pub use policy::{Names, Policy};
pub use rule::{Found, Lack, Near, Recipients, Rule, When};
pub use sample::Sample;
pub use text::{Text, Where};
pub use whereabouts::{Spot, is_body};

/// The policies that come with dlpscan: name and text.
pub const BUILTIN: &[(&str, &str)] = &[
    ("default", include_str!("../policies/default.toml")),
    ("uk-council", include_str!("../policies/uk-council.toml")),
];

/// Findings about a volume that no detector file makes; their category is `volume`.
pub const VOLUME: &[&str] = &[
    "volume-removable-unencrypted",
    "volume-removable-encryption-unknown",
    "volume-unencrypted",
    "volume-encryption-unknown",
    "volume-encrypted",
    "volume-removable",
    "volume-fixed",
    "volume-removable-unknown",
    "volume-read-only",
    "volume-file-system",
    "volume-device",
];
