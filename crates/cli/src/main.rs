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

use std::process::ExitCode;

fn main() -> ExitCode {
    dlpscan::outlive_a_full_file();
    let result = match args::parse(std::env::args_os()) {
        args::Command::Scan(args) => cmd::scan::run(&args),
        args::Command::Detectors { action } => cmd::detectors::run(&action),
        args::Command::Modulus { action } => cmd::modulus::run(&action),
        args::Command::Protect { action } => cmd::protect::run(&action),
    };
    match result {
        Ok(code) => code.into(),
        Err(trouble) => {
            say::tell(&trouble.to_string());
            exit::Code::Trouble.into()
        }
    }
}
