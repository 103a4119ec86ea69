//! From a whole message to the answer, within a deadline.

use crate::permits::Permits;
use crate::reply::{Incomplete, Reply, reply};
use crate::seen::SeenLog;
use dlpscan::Scanner;
use dlpscan::model::{Item, Outcome};
use dlpscan::report::{record::Record, safe};
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the filter may use and what it must do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What becomes of a message that could not be read in full.
    pub incomplete: Incomplete,
    /// Only say what would have been done: every message is accepted.
    pub monitor: bool,
    /// From the end of a message to the answer. The mail server must be willing to wait longer.
    pub deadline: Duration,
    /// Bytes of one message.
    pub message: usize,
    /// Bytes of all messages that are being received, together.
    pub held: usize,
    /// Connections at the same time; more are closed at once, and the server tries later.
    pub connections: usize,
    /// Messages scanned at the same time.
    pub scans: usize,
    /// Without a word from the server, a connection is closed after this time.
    pub idle: Duration,
}

impl Settings {
    /// How long a message may wait for its turn: two thirds of the deadline. What is left of the
    /// deadline is for its scan, so that one that need not wait has nearly all of it.
    fn patience(&self) -> Duration {
        self.deadline * 2 / 3
    }

    /// What is kept of the deadline for judging, logging and answering.
    fn reserve(&self) -> Duration {
        self.deadline / 20
    }
}

/// Scanner, settings and logs: what all connections share.
pub struct Filter {
    scanner: Scanner,
    settings: Settings,
    permits: Permits,
    records: Option<Mutex<File>>,
    seen: Option<SeenLog>,
}

impl Filter {
    /// A filter. `records` takes the outcomes as JSON lines, `seen` the Message-IDs.
    pub fn new(
        scanner: Scanner,
        settings: Settings,
        records: Option<File>,
        seen: Option<SeenLog>,
    ) -> Self {
        let permits = Permits::new(settings.scans);
        Filter { scanner, settings, permits, records: records.map(Mutex::new), seen }
    }

    /// What it may use and must do.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Scans a message and decides. `id` is its Message-ID, for the log of those. Where `gone` says
    /// that the server has gone away before the scan began, there is none: the sender's server
    /// tries again.
    pub fn decide(&self, item: Item, id: Option<&[u8]>, gone: &dyn Fn() -> bool) -> Reply {
        let begun = Instant::now();
        let name = item.name.as_str().to_owned();
        let last = begun + self.settings.deadline - self.settings.reserve();
        let turn = self.permits.take(begun + self.settings.patience(), gone);
        let outcome = turn.map(|_permit| {
            let time = last.saturating_duration_since(Instant::now());
            self.scanner.scan_item_within(item, time)
        });
        let mut decided = reply(outcome.as_ref(), self.settings.incomplete);
        let logged = outcome.as_ref().is_none_or(|outcome| self.record(outcome).is_ok());
        let noted = match (&self.seen, id) {
            (Some(seen), id) => seen.write(id.unwrap_or(b"?")).is_ok(),
            (None, _) => true,
        };
        // Who must keep a log and cannot does not let mail through behind its back.
        let recorded = logged && noted;
        if !recorded && !self.settings.monitor {
            decided = Reply::TryLater("the filter cannot write its log".into());
        }
        let would = if self.settings.monitor { "would " } else { "" };
        say(&format!(
            "{name}: {would}{} in {} ms {}",
            decided.as_str(),
            begun.elapsed().as_millis(),
            decided.text(),
        ));
        if self.settings.monitor { Reply::Accept } else { decided }
    }

    /// The answer to a message that cannot be taken now.
    pub fn busy(&self, name: &str, why: &str) -> Reply {
        say(&format!("{name}: try-later {why}"));
        match self.settings.monitor {
            true => Reply::Accept,
            false => Reply::TryLater(format!("{why}; please try again later")),
        }
    }

    fn record(&self, outcome: &Outcome) -> io::Result<()> {
        let Some(file) = &self.records else { return Ok(()) };
        let mut lines = Vec::new();
        for record in Record::of(outcome) {
            record.write_line(&mut lines)?;
        }
        file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&lines)
    }
}

/// Says a line on standard error, where the system's log picks it up. Names of rules, words of the
/// policy, numbers: nothing of the message itself.
pub fn say(line: &str) {
    _ = writeln!(io::stderr().lock(), "dlpscan-milter: {}", safe(line.trim_end()));
}
