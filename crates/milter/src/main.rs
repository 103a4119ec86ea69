//! `dlpscan-milter`, the mail filter: stands beside Postfix or Sendmail and scans every message
//! before it is taken.

use clap::{Args, Parser, ValueEnum};
use dlpscan::{Config, load};
use dlpscan_milter::doctor::{Finding, Postfix};
use dlpscan_milter::{Address, Filter, Incomplete, Listener, SeenLog, Settings, say, serve};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// `dlpscan-milter doctor`.
#[derive(Debug, Parser)]
#[command(
    name = "dlpscan-milter doctor",
    version,
    about = "Looks whether Postfix is set up so that nothing passes unscanned"
)]
struct Doctor {
    #[command(flatten)]
    door: Door,
    /// The folder with Postfix's settings [default: Postfix's own]
    #[arg(long, value_name = "FOLDER")]
    postfix: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
struct Door {
    /// Where the mail server reaches the filter: inet:HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDRESS", default_value = "inet:127.0.0.1:8894")]
    listen: Address,
    /// Seconds from the end of a message to the answer; less than Postfix's milter_content_timeout
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(3..=3600))]
    deadline: u64,
    /// Bytes of one message; what is larger counts as not read
    #[arg(long, value_name = "BYTES", default_value_t = 64_000_000)]
    max_message: usize,
}

/// `dlpscan-milter`, without a further word.
#[derive(Debug, Parser)]
#[command(
    name = "dlpscan-milter",
    version,
    about = "Scans every message before the mail server takes it",
    override_usage = "dlpscan-milter --policy POLICY --incomplete CHOICE [OPTIONS]\n       dlpscan-milter doctor [OPTIONS]"
)]
struct Serve {
    #[command(flatten)]
    door: Door,
    /// Judge messages by these rules: a file, or "default" or "uk-council"
    #[arg(long, value_name = "POLICY")]
    policy: Option<PathBuf>,
    /// What becomes of a message that could not be read in full and that the policy lets pass
    #[arg(long, value_enum)]
    incomplete: Choice,
    /// A domain of your own, in place of those the policy names; repeat for several
    #[arg(long, value_name = "DOMAIN")]
    own_domain: Vec<String>,
    /// Settings from this file: detectors, limits, key, policy
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept everything, and only log what would have been done
    #[arg(long)]
    monitor: bool,
    /// Append what was found and decided to this file, as JSON lines without values
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Append the Message-ID of each message to this file before it is answered
    #[arg(long, value_name = "FILE")]
    seen_log: Option<PathBuf>,
    /// Messages scanned at the same time [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    scans: Option<u16>,
    /// Connections at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    max_connections: usize,
    /// Bytes of all messages that are being received at the same time
    #[arg(long, value_name = "BYTES", default_value_t = 512_000_000)]
    max_held: usize,
    /// Seconds of silence after which a connection is closed
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    max_idle: u64,
    /// Permissions of the socket file
    #[arg(long, value_name = "MODE", default_value = "660", value_parser = octal)]
    socket_mode: u32,
    /// Read documents in this process instead of in separate, locked-up ones
    #[arg(long)]
    no_sandbox: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    /// Refuse it
    Reject,
    /// Put it on hold in the mail server's queue
    Quarantine,
    /// Have it sent again later
    TryLater,
    /// Deliver it with a header field that says so
    DeliverMarked,
}

fn octal(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| format!("\"{text}\" is no permission; say 660 or 600"))
}

/// The end for trouble with the command or the settings (`EX_CONFIG` of sysexits.h).
const TROUBLE: u8 = 78;

fn main() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "doctor") {
        words.remove(1);
        return doctor(&Doctor::parse_from(words));
    }
    let result = run(&Serve::parse_from(words));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            trouble.lines().for_each(say);
            ExitCode::from(TROUBLE)
        }
    }
}

fn run(args: &Serve) -> Result<(), String> {
    let mut config = match &args.config {
        Some(path) => Config::load(path).map_err(|error| error.to_string())?,
        None => Config::default(),
    };
    if args.policy.is_some() {
        config.policy.clone_from(&args.policy);
    }
    if config.policy.is_none() {
        return Err("without a policy nothing would be stopped; say --policy default, --policy \
                    uk-council or a file"
            .into());
    }
    let mut builder = load::builder(&config).map_err(|wrong| wrong.to_string())?;
    if !args.own_domain.is_empty() {
        builder = builder.own_domains(args.own_domain.clone());
    }
    let settings = Settings {
        incomplete: match args.incomplete {
            Choice::Reject => Incomplete::Reject,
            Choice::Quarantine => Incomplete::Quarantine,
            Choice::TryLater => Incomplete::TryLater,
            Choice::DeliverMarked => Incomplete::DeliverMarked,
        },
        monitor: args.monitor,
        deadline: Duration::from_secs(args.door.deadline),
        message: args.door.max_message,
        held: args.max_held,
        connections: args.max_connections,
        scans: args.scans.map_or_else(
            || std::thread::available_parallelism().map_or(2, usize::from),
            usize::from,
        ),
        idle: Duration::from_secs(args.max_idle),
    };
    // The children are forked from here, while there is one thread.
    let scanner = builder.isolated(!args.no_sandbox).build().map_err(|error| error.to_string())?;
    if let Some(note) = scanner.confinement().and_then(|confinement| confinement.note) {
        say(&note);
    }
    let open = |path: &PathBuf| {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path);
        file.map_err(|e| format!("the log {} cannot be written: {e}", path.display()))
    };
    let records = args.log.as_ref().map(open).transpose()?;
    let seen = args.seen_log.as_deref().map(SeenLog::open).transpose();
    let seen = seen.map_err(|e| format!("the log of Message-IDs cannot be written: {e}"))?;
    let (stop, stopped) = UnixStream::pair().map_err(|error| error.to_string())?;
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        let end = stop.try_clone().map_err(|error| error.to_string())?;
        signal_hook::low_level::pipe::register(signal, end).map_err(|error| error.to_string())?;
    }
    let listener = Listener::bind(&args.door.listen, args.socket_mode)
        .map_err(|e| format!("cannot listen on {}: {e}", args.door.listen))?;
    let policy = scanner.policy().map_or_else(String::new, |policy| policy.name().to_owned());
    let monitor = if args.monitor { ", only watching" } else { "" };
    say(&format!("listening on {} with the policy \"{policy}\"{monitor}", args.door.listen));
    serve(Filter::new(scanner, settings, records, seen), listener, &stopped)
        .map_err(|error| format!("waiting for connections failed: {error}"))?;
    say("stopped");
    Ok(())
}

fn doctor(Doctor { door, postfix }: &Doctor) -> ExitCode {
    let postfix = match Postfix::ask(postfix.as_deref()) {
        Ok(postfix) => postfix,
        Err(error) => {
            say(&format!("postconf could not be asked: {error}; is Postfix installed here?"));
            return ExitCode::from(TROUBLE);
        }
    };
    let deadline = Duration::from_secs(door.deadline);
    let mut wrong = 0;
    for finding in postfix.findings(&door.listen, deadline, door.max_message) {
        match finding {
            Finding::Wrong(what) => {
                wrong += 1;
                say(&format!("WRONG: {what}"));
            }
            Finding::Remark(what) => say(&format!("remark: {what}")),
        }
    }
    match wrong {
        0 => {
            say("Postfix is set up so that nothing that passes the filter passes unscanned");
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(TROUBLE),
    }
}
