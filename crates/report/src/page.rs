use crate::closing::{items, sentence, size};
use crate::gathered::Gathered;
use crate::reporter::{Look, Reporter};
use crate::safe::{safe, shorten};
use crate::summary::Summary;
use crate::text::{Paint, gravity, likelihood};
use dlpscan_core::model::Outcome;
use std::io::{self, Write};

/// Kinds of findings on the page; the rest are added up.
const MOST_KINDS: usize = 12;
/// Characters of a place.
const PLACE: usize = 100;
/// Characters of the longest bar.
const BAR: u64 = 20;

/// One page for the person who decides: the verdict, the volume, what was found by kind with the
/// worst places, what could not be read, and what to do next.
#[derive(Debug)]
pub struct Page {
    look: Look,
    gathered: Gathered,
}

impl Page {
    /// With this look.
    pub fn new(look: Look) -> Self {
        Page { look, gathered: Gathered::default() }
    }
}

impl Reporter for Page {
    fn outcome(&mut self, outcome: &Outcome, _: &mut dyn Write) -> io::Result<()> {
        self.gathered.take(outcome);
        Ok(())
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let paint = Paint(self.look.colour);
        let (safe_to_go, words) = sentence(summary, self.look.fail_on);
        writeln!(out, "{}\n", if safe_to_go { paint.good(&words) } else { paint.bad(&words) })?;
        for volume in &self.gathered.volumes {
            writeln!(out, "{}", paint.bold(&format!("The volume at {}", safe(&volume.name))))?;
            for fact in &volume.facts {
                let word = paint.level(fact.level, &format!("{:<9}", gravity(fact.level)));
                writeln!(out, "  {word} {}: {}", safe(&fact.what), safe(&fact.is))?;
            }
            writeln!(out)?;
        }
        self.found(paint, out)?;
        self.unread(summary, paint, out)?;
        writeln!(out, "{}", paint.bold("What to do next"))?;
        for (i, step) in self.gathered.steps(summary, safe_to_go).iter().enumerate() {
            writeln!(out, "  {}. {}", i + 1, safe(step))?;
        }
        writeln!(
            out,
            "\n{} looked at, {}; {} read in full. dlpscan {}",
            items(summary.items()),
            size(summary.bytes),
            summary.complete,
            safe(&summary.version)
        )?;
        if let Some(words) = &summary.unconfined {
            writeln!(out, "How documents were read: {}.", safe(words))?;
        }
        Ok(())
    }
}

impl Page {
    fn found(&self, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        let kinds = self.gathered.sorted();
        let (shown, rest) = kinds.split_at(kinds.len().min(MOST_KINDS));
        if shown.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", paint.bold("What was found"))?;
        let most = shown.iter().map(|kind| kind.count).max().unwrap_or(1);
        for kind in shown {
            let bar = "#".repeat(kind.count.saturating_mul(BAR).div_ceil(most) as usize);
            let word = paint.level(kind.level, &format!("{:<11}", likelihood(kind.level)));
            let (name, n) = (safe(&kind.name), kind.count);
            writeln!(out, "  {word} {name}: {n} in {}  {bar}", items(kind.items))?;
            for worst in &kind.worst {
                let place = shorten(&worst.place, PLACE);
                writeln!(out, "      {}  {place}", safe(&worst.value))?;
            }
        }
        if !rest.is_empty() {
            let n: u64 = rest.iter().map(|kind| kind.count).sum();
            writeln!(out, "  … and {n} of {} other kinds", rest.len())?;
        }
        writeln!(out)
    }

    fn unread(&self, summary: &Summary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        if self.gathered.unread.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", paint.bold("What could not be read"))?;
        for (reason, names) in &self.gathered.unread {
            let n = summary.reasons.get(reason).copied().unwrap_or(names.len() as u64);
            writeln!(out, "  {}: {}", items(n), reason.plain())?;
            for name in names {
                writeln!(out, "      {}", shorten(name, PLACE))?;
            }
            let more = n.saturating_sub(names.len() as u64);
            if more > 0 {
                writeln!(out, "      … and {more} more")?;
            }
        }
        writeln!(out)
    }
}
