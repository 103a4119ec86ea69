//! `dlpscan`, the command: finds bank details, personal data and confidential markings before
//! they leave.
//!
//! A door: it only translates. [`args`] is what was typed, [`setup`] what it means, [`cmd`] what
//! is done, [`exit`] what the caller is told.

mod args;
mod cmd;
mod exit;
mod output;
mod progress;
mod say;
mod setup;

use setup::Errand;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does what these words ask, the first of which is the program's name, and says how it ended: the
/// exit code. Where they cannot be understood, says why and ends the process with code 2.
///
/// The same command is carried by the Python package. Call it while the process has one thread.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    dlpscan::outlive_a_full_file();
    dlpscan::tell_faults();
    let command = args::parse(words);
    // A fault that ends the command has been told by then.
    catch_unwind(AssertUnwindSafe(|| obey(command))).unwrap_or(exit::Code::Trouble as u8)
}

fn obey(command: args::Command) -> u8 {
    let result = match command {
        args::Command::Scan(args) => cmd::scan::run(&args, Errand::Look),
        args::Command::Gate(args) => cmd::scan::run(&args, Errand::Gate),
        args::Command::Detectors { action } => cmd::detectors::run(&action),
        args::Command::Modulus { action } => cmd::modulus::run(&action),
        args::Command::Mail(args) => return cmd::mail::run(&args),
        args::Command::Policy { action } => cmd::policy::run(&action),
        args::Command::Protect { action } => cmd::protect::run(&action),
    };
    let code = result.unwrap_or_else(|trouble| {
        say::tell(&trouble.to_string());
        exit::Code::Trouble
    });
    code as u8
}
