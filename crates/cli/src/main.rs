//! `dlpscan`, the command; see the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(dlpscan_cli::run(std::env::args_os()))
}
