//! A job that misbehaves in every way we know is stopped, named, and followed by the next.
//!
//! Not under the usual test harness: a pool wants to be started before there are threads.
//! `cargo test -p dlpscan-sandbox --test confined NAME` runs the cases whose name holds NAME.
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
mod cases;

use std::io::{Write, stdout};

#[cfg(target_os = "linux")]
fn main() {
    if std::env::var_os(cases::AS_CALLER).is_some() {
        return cases::be_a_caller_who_is_killed();
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--list") {
        // What test runners ask; no case is ignored.
        if !args.iter().any(|arg| arg == "--ignored") {
            for (name, _) in cases::ALL {
                let _ = writeln!(stdout(), "{name}: test");
            }
        }
        return;
    }
    let filter = args.iter().find(|arg| !arg.starts_with('-'));
    let chosen =
        cases::ALL.iter().filter(|(name, _)| filter.is_none_or(|f| name.contains(f.as_str())));
    let pool = cases::start();
    let (mut passed, mut failed) = (0, 0);
    let _ = writeln!(stdout(), "\n{}", cases::describe(&pool));
    for (name, case) in chosen {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(&pool)));
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        let next = cases::next_job(&pool);
        let _ = writeln!(stdout(), "test {name} ... {word} (next job after {next:.1?})");
        if outcome.is_ok() { passed += 1 } else { failed += 1 }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let _ = writeln!(
        stdout(),
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out\n",
        cases::ALL.len() - passed - failed
    );
    std::process::exit(if failed == 0 { 0 } else { 101 });
}

#[cfg(not(target_os = "linux"))]
fn main() {
    let _ = writeln!(stdout(), "test result: ok. 0 passed; 0 failed; skipped: not Linux");
}
