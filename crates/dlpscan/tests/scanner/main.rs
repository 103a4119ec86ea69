//! The whole scanner, from outside. One program: each would link all of it again.

mod mails;
mod passwords;
mod promises;
mod volume;
