//! Formats that stand behind a feature of their own.

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "sevenz")]
mod sevenz;
