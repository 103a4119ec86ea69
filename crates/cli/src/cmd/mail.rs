//! `dlpscan mail`: judges one message for a program that pipes it in, and answers with the exit
//! codes that mail programs know (sysexits.h).

use crate::args::{Incomplete, MailArgs};
use crate::say::{self, Trouble};
use crate::setup;
use dlpscan::load;
use dlpscan::model::{
    Envelope, Handle, Item, ItemName, Note, Origin, Outcome, PartPath, Reason, Status,
};
use dlpscan::report::safe;
use std::fs::File;
use std::io::{self, Read, Write};

/// Deliver it.
const OK: u8 = 0;
/// Refuse it: `EX_UNAVAILABLE`, which mail programs return to the sender with what was said.
const REFUSED: u8 = 69;
/// It is not decided, or for a person to decide: `EX_TEMPFAIL`, keep it and try again.
const LATER: u8 = 75;
/// The command or its settings are wrong: `EX_CONFIG`.
const TROUBLE: u8 = 78;

pub fn run(args: &MailArgs) -> u8 {
    let judged = judge(args).and_then(|outcome| answer(args, &outcome));
    judged.unwrap_or_else(|trouble| {
        say::tell(&trouble.to_string());
        TROUBLE
    })
}

fn judge(args: &MailArgs) -> Result<Outcome, Trouble> {
    let mut remarks = Vec::new();
    let mut config = setup::settings(args.config.as_deref(), &[], &mut remarks)?;
    if args.policy.is_some() {
        config.policy.clone_from(&args.policy);
    }
    if config.policy.is_none() {
        return Err(Trouble::new(
            "without a policy nothing would be refused; say --policy uk-council or a file",
        ));
    }
    let mut builder = load::builder(&config).map_err(|wrong| Trouble::new(wrong.to_string()))?;
    if !args.own_domain.is_empty() {
        builder = builder.own_domains(args.own_domain.clone());
    }
    let scanner =
        builder.isolated(true).build().map_err(|error| Trouble::new(error.to_string()))?;
    let mut input: Box<dyn Read> = match args.message.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(&args.message).map_err(|error| {
            Trouble::new(format!("{} could not be read: {error}", args.message.display()))
        })?),
    };
    let mut message = Vec::new();
    let most = args.max_message;
    let handle = match (&mut input).take(most + 1).read_to_end(&mut message) {
        Ok(read) if read as u64 <= most => Handle::Memory(message.into()),
        // Half a message is not a message: nothing of it is called clean.
        Ok(_) => Handle::Fault(Note::new(Reason::LimitBytes, PartPath::root())),
        Err(_) => Handle::Fault(Note::new(Reason::IoError, PartPath::root())),
    };
    let told = args.from.is_some() || !args.to.is_empty();
    Ok(scanner.scan_item(Item {
        name: ItemName::from("message.eml"),
        origin: Origin::Mail,
        handle,
        envelope: told.then(|| Envelope {
            sender: args.from.clone().unwrap_or_default(),
            recipients: args.to.clone(),
        }),
    }))
}

fn answer(args: &MailArgs, outcome: &Outcome) -> Result<u8, Trouble> {
    let (action, rules, words) = match &outcome.verdict {
        Some(v) => (v.action.as_str(), v.rules.join(", "), v.words.join(" ")),
        None => return Ok(LATER),
    };
    let code = match action {
        "block" | "redact" => REFUSED,
        "quarantine" => LATER,
        _ if outcome.status() == Status::Complete => OK,
        _ => match args.incomplete {
            Incomplete::Refuse => REFUSED,
            Incomplete::TryLater => LATER,
            Incomplete::Deliver => OK,
        },
    };
    let unread: Vec<_> = outcome.ledger.counts().keys().map(|reason| reason.as_str()).collect();
    let word = match code {
        OK => "deliver",
        REFUSED => "refuse",
        _ => "later",
    };
    let mut line = word.to_owned();
    for more in [words, rules, unread.join(", ")] {
        if !more.is_empty() {
            line.push_str(": ");
            line.push_str(&more);
        }
    }
    // Who is to be told why and cannot be is not told "delivered" either.
    match writeln!(io::stdout(), "{}", safe(&line)) {
        Ok(()) => Ok(code),
        Err(_) => Ok(LATER),
    }
}
