//! dlpscan inside somebody else's mail filter: a whole message comes in on standard input with its
//! sender and recipients as arguments, the answer goes out.
//!
//!     cargo run --example embed -- clerk@hartle-tc.example ann@box.example < message.eml

use dlpscan::model::{Envelope, Handle, Item, Origin};
use dlpscan::{Scanner, policy::Policy};
use std::error::Error;
use std::io::{self, Read, Write};

fn main() -> Result<(), Box<dyn Error>> {
    // Once, while the process has one thread: documents are read in sandboxed children.
    let policy = Policy::builtin("uk-council").ok_or("no such policy")?;
    let policy = policy.with_own_domains(vec!["hartle-tc.example".into()]);
    let scanner = Scanner::builder().policy(Some(policy)).isolated(true).build()?;

    // For each message, from any number of threads.
    let mut message = Vec::new();
    io::stdin().read_to_end(&mut message)?;
    let mut addresses = std::env::args().skip(1);
    let sender = addresses.next().ok_or("who sends it?")?;
    let outcome = scanner.scan_item(Item {
        name: "message".into(),
        origin: Origin::Mail,
        handle: Handle::Memory(message.into()),
        envelope: Some(Envelope { sender, recipients: addresses.collect() }),
    });
    let verdict = outcome.verdict.clone().ok_or("there is a policy")?;
    let answer = match (verdict.action.as_str(), outcome.status()) {
        ("block" | "redact", _) => format!("550 {}", verdict.words.join(" ")),
        ("quarantine", _) => "hold".to_owned(),
        (_, dlpscan::model::Status::Complete) => "250 accepted".to_owned(),
        _ => "451 it could not be read in full".to_owned(),
    };
    Ok(writeln!(io::stdout(), "{answer} ({})", verdict.rules.join(", "))?)
}
