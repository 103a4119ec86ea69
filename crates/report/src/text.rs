use crate::closing;
use crate::reporter::{Look, Reporter};
use crate::safe::safe;
use crate::summary::Summary;
use dlpscan_core::model::{Finding, Level, Note, Origin, Outcome, Place, Reason, Status};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Findings shown of one item. The rest are counted by kind: nobody reads line 101.
const MOST_FINDINGS: usize = 100;
/// Parts shown for one reason of one item.
const MOST_PARTS: usize = 5;

/// The report for people: item by item what was found and what could not be read, then what to
/// do, then a summary that ends in one plain sentence. Items with nothing to say are not listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text {
    look: Look,
}

impl Text {
    /// With this look.
    pub fn new(look: Look) -> Self {
        Text { look }
    }
}

impl Reporter for Text {
    fn outcome(&mut self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        let silent = outcome.found == 0
            && outcome.ledger.counts().is_empty()
            && outcome.facts.set_aside.is_empty();
        let acted = outcome.verdict.as_ref().filter(|v| v.action != "allow");
        if silent && acted.is_none() {
            return Ok(());
        }
        let paint = Paint(self.look.colour);
        let name = safe(outcome.item.as_str());
        match outcome.origin {
            Origin::Volume => writeln!(out, "{}", paint.bold(&format!("The volume at {name}")))?,
            _ => writeln!(out, "{}", paint.bold(&name))?,
        }
        if let Some(verdict) = acted {
            let rules: Vec<_> = verdict.rules.iter().map(|r| safe(r)).collect();
            writeln!(out, "  policy says {}: {}", safe(&verdict.action), rules.join(", "))?;
            for words in &verdict.words {
                writeln!(out, "      {}", safe(words))?;
            }
        }
        match outcome.origin {
            Origin::Volume => volume(outcome, paint, out)?,
            _ => findings(outcome, paint, out)?,
        }
        for (entry, n) in &outcome.facts.set_aside {
            let entry = safe(entry);
            writeln!(out, "  {} {n} known to be harmless ({entry})", paint.dim("set aside  "))?;
        }
        notes(outcome, paint, out)?;
        writeln!(out)
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        closing::write(summary, self.look, out)
    }
}

/// What is known of a volume: what speaks against it, and the rest.
fn volume(outcome: &Outcome, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let word = format!("{:<11}", gravity(finding.level));
        let word = paint.level(finding.level, &word);
        writeln!(out, "  {word} {}: {}", safe(&finding.name), safe(&finding.masked))?;
    }
    Ok(())
}

/// How much something known of a volume speaks against letting it go, in a word.
pub(crate) const fn gravity(level: Level) -> &'static str {
    match level {
        Level::High => "not safe",
        Level::Medium => "doubtful",
        Level::Low => "consider",
        Level::Info => "known",
    }
}

fn findings(outcome: &Outcome, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    // Strongest first; within a level the order of the item, which is stable.
    let mut sorted: Vec<&Finding> = outcome.findings.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.level));
    let (shown, rest) = sorted.split_at(sorted.len().min(MOST_FINDINGS));
    let name_width = widest(shown, |f| &f.name, 40);
    let value_width = widest(shown, |f| &f.masked, 32);
    for finding in shown {
        let level = format!("{:<11}", likelihood(finding.level));
        let value = match &finding.secret {
            Some(secret) => String::from_utf8_lossy(secret.reveal()).into_owned(),
            None => finding.masked.clone(),
        };
        let line = format!(
            "{} {:<name_width$}  {:<value_width$}  {}",
            paint.level(finding.level, &level),
            safe(&finding.name),
            safe(&value),
            position(finding),
        );
        writeln!(out, "  {}", line.trim_end())?;
    }
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in rest {
        *kinds.entry(&*finding.name).or_default() += 1;
    }
    let unlisted = outcome.found.saturating_sub(shown.len() as u64);
    if unlisted > 0 {
        let mut more: Vec<String> =
            kinds.iter().map(|(name, n)| format!("{n} × {}", safe(name))).collect();
        let unkept = unlisted.saturating_sub(rest.len() as u64);
        if unkept > 0 {
            more.push(format!("{unkept} past the limit on findings"));
        }
        writeln!(out, "  … and {unlisted} more: {}", more.join(", "))?;
    }
    Ok(())
}

fn widest<'a>(shown: &[&'a Finding], text: fn(&'a Finding) -> &'a str, most: usize) -> usize {
    shown.iter().map(|f| safe(text(f)).chars().count()).max().unwrap_or(0).min(most)
}

pub(crate) fn position(finding: &Finding) -> String {
    let mut steps: Vec<String> =
        finding.location.part.names().iter().map(|name| safe(name).into_owned()).collect();
    match &finding.location.place {
        Place::Whole => {}
        Place::Name => steps.push("in the name itself".into()),
        place => steps.push(safe(&place.to_string()).into_owned()),
    }
    steps.join(" › ")
}

fn notes(outcome: &Outcome, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut by_reason: Vec<(Reason, Vec<&Note>)> = Vec::new();
    for note in outcome.ledger.notes() {
        match by_reason.iter_mut().find(|(reason, _)| *reason == note.reason) {
            Some((_, notes)) => notes.push(note),
            None => by_reason.push((note.reason, vec![note])),
        }
    }
    for &reason in outcome.ledger.counts().keys() {
        if !by_reason.iter().any(|(known, _)| *known == reason) {
            by_reason.push((reason, Vec::new()));
        }
    }
    for part in outcome.ledger.opened_parts().iter().take(MOST_PARTS) {
        let path: Vec<_> = part.names().iter().map(|name| safe(name)).collect();
        let colon = if path.is_empty() { "" } else { ": " };
        let word = paint.dim(&format!("{:<11}", "unlocked"));
        let path = path.join(" › ");
        writeln!(out, "  {word} {path}{colon}it was encrypted, and a password you gave opened it")?;
    }
    // Faults before skips.
    by_reason.sort_by_key(|(reason, _)| reason.is_skip());
    let fault = if outcome.status() == Status::Unscannable { "not read" } else { "in part" };
    for (reason, notes) in by_reason {
        let word = format!("{:<11}", if reason.is_skip() { "left out" } else { fault });
        let word = if reason.is_skip() { paint.dim(&word) } else { paint.warn(&word) };
        for note in notes.iter().take(MOST_PARTS) {
            let path: Vec<_> = note.part.names().iter().map(|name| safe(name)).collect();
            let colon = if path.is_empty() { "" } else { ": " };
            write!(out, "  {word} {}{colon}{}", path.join(" › "), reason.plain())?;
            match &note.detail {
                Some(detail) => writeln!(out, " ({})", safe(detail))?,
                None => writeln!(out)?,
            }
        }
        let shown = notes.len().min(MOST_PARTS) as u64;
        let count = outcome.ledger.counts().get(&reason).copied().unwrap_or(shown);
        if shown == 0 {
            writeln!(out, "  {word} {}", reason.plain())?;
        } else if count > shown {
            writeln!(out, "  {word} … and {} more like this", count - shown)?;
        }
    }
    Ok(())
}

/// A level in a word for people.
pub const fn likelihood(level: Level) -> &'static str {
    match level {
        Level::High => "very likely",
        Level::Medium => "likely",
        Level::Low => "possible",
        Level::Info => "note",
    }
}

/// Terminal colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.with("35", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.with("1;32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub(crate) fn level(self, level: Level, text: &str) -> String {
        let code = match level {
            Level::High => "1;31",
            Level::Medium => "33",
            Level::Low => "36",
            Level::Info => "2",
        };
        self.with(code, text)
    }
}
