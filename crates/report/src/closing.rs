//! The end of the report for people: what could not be read and what to do, the sums, and one
//! plain sentence.

use crate::advice::advice;
use crate::reporter::Look;
use crate::safe::safe;
use crate::summary::Summary;
use crate::text::{Paint, likelihood};
use dlpscan_core::model::Level;
use std::io::{self, Write};

/// Kinds of findings in the chart; the rest are added up.
const MOST_KINDS: usize = 12;
/// Characters of the longest bar.
const BAR: u64 = 30;

pub(crate) fn write(summary: &Summary, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint(look.colour);
    unread(summary, paint, out)?;
    writeln!(out, "{}", paint.bold("Summary"))?;
    sums(summary, out)?;
    chart(summary, out)?;
    if let Some(words) = &summary.unconfined {
        writeln!(out, "\n  How documents were read: {}.", safe(words))?;
    }
    if summary.unbalanced > 0 {
        writeln!(
            out,
            "\n  The books of {} do not balance: some bytes have no account. This is a fault of\n  \
             dlpscan, not yours; please report it, and do not rely on this result.",
            items(summary.unbalanced)
        )?;
    }
    let (safe_to_go, sentence) = sentence(summary, look.fail_on);
    let sentence = if safe_to_go { paint.good(&sentence) } else { paint.bad(&sentence) };
    writeln!(out, "\n{sentence}")
}

fn unread(summary: &Summary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if summary.incomplete() == 0 {
        return Ok(());
    }
    writeln!(out, "{}", paint.bold("What could not be checked, and what to do"))?;
    for (reason, count) in summary.reasons.iter().filter(|(reason, _)| !reason.is_skip()) {
        writeln!(out, "  {} ({reason}): {}", items(*count), reason.plain())?;
        writeln!(out, "      {}", advice(*reason))?;
    }
    writeln!(out)
}

fn sums(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {} looked at, {}", items(summary.items()), size(summary.bytes))?;
    let mut parts = vec![format!("{} read in full", summary.complete)];
    if summary.partial > 0 {
        parts.push(format!("{} only in part", summary.partial));
    }
    if summary.unscannable > 0 {
        parts.push(format!("{} not at all", summary.unscannable));
    }
    if summary.left_out() > 0 {
        parts.push(format!("{} with something left out", summary.left_out()));
    }
    writeln!(out, "  {}", parts.join(", "))?;
    let levels: Vec<String> = summary
        .levels
        .iter()
        .rev()
        .map(|(&level, n)| format!("{n} {} ({level})", likelihood(level)))
        .collect();
    if levels.is_empty() {
        writeln!(out, "  nothing found")?;
    } else {
        writeln!(out, "  {} found: {}", summary.findings, levels.join(", "))?;
    }
    if summary.withheld > 0 {
        let (n, shown) = (summary.withheld, summary.shown);
        writeln!(out, "  {n} more below \"{shown}\", not shown as you asked")?;
    }
    Ok(())
}

fn chart(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let mut kinds: Vec<(&str, u64)> =
        summary.detectors.values().map(|tally| (&*tally.name, tally.count)).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let others: u64 = kinds.iter().skip(MOST_KINDS).map(|(_, n)| n).sum();
    kinds.truncate(MOST_KINDS);
    if others > 0 {
        kinds.push(("other kinds", others));
    }
    let most = kinds.iter().map(|(_, n)| *n).max().unwrap_or(1);
    let width = kinds.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    writeln!(out)?;
    for (name, count) in kinds {
        let bar = "#".repeat(count.saturating_mul(BAR).div_ceil(most) as usize);
        writeln!(out, "  {:<width$}  {bar} {count}", safe(name))?;
    }
    Ok(())
}

/// The last sentence, and whether it says that all is well.
pub(crate) fn sentence(summary: &Summary, fail_on: Level) -> (bool, String) {
    let mut unread = Vec::new();
    if summary.incomplete() > 0 {
        let n = summary.incomplete();
        unread.push(format!("{} could not be checked in full", items(n)));
    }
    if summary.missing > 0 {
        let n = summary.missing;
        unread.push(format!("{n} of the paths you named {} not there", verb(n, "is", "are")));
    }
    if summary.unbalanced > 0 {
        unread.push("the account of what was read does not add up".to_owned());
    }
    let unread = unread.join(" and ");
    let stopped = summary.stopped();
    let bad = summary.items_from(fail_on).max(stopped);
    let doubtful = summary.items_from(Level::Low);
    let bad_volume = summary.stopped_volumes > 0 || summary.worst_volume >= Some(fail_on);
    if bad > 0 || bad_volume {
        let mut why = Vec::new();
        if bad_volume {
            why.push("the device itself is not safe".to_owned());
        }
        if bad > 0 {
            let what = if stopped >= bad { "the policy stops" } else { "findings stand in" };
            why.push(format!("{what} {}", items(bad)));
        }
        why.extend((!unread.is_empty()).then_some(unread));
        return (false, format!("Do not let this leave: {}.", why.join(", and ")));
    }
    if !unread.is_empty() {
        let doubt = if doubtful > 0 { "nothing certain was found" } else { "nothing was found" };
        return (false, format!("Not known to be safe: {doubt}, but {unread}."));
    }
    if summary.items() == 0 {
        return (false, "There was nothing to check.".to_owned());
    }
    if doubtful > 0 {
        return (
            false,
            format!(
                "Look before it leaves: nothing certain was found, but there are doubtful finds in {}.",
                items(doubtful)
            ),
        );
    }
    if summary.worst_volume.is_some() {
        let words = "Look before it leaves: everything was read and nothing was found, but see \
                     what is said of the device.";
        return (false, words.to_owned());
    }
    if summary.left_out() > 0 {
        return (
            true,
            format!(
                "Safe to go, apart from what was left out ({}): all the rest was read and nothing was found.",
                items(summary.left_out())
            ),
        );
    }
    (true, "Safe to go: everything was read and nothing was found.".to_owned())
}

fn verb(n: u64, one: &'static str, many: &'static str) -> &'static str {
    if n == 1 { one } else { many }
}

pub(crate) fn items(n: u64) -> String {
    format!("{n} {}", verb(n, "file", "files"))
}

/// A size as a person says it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} bytes"),
        _ if value < 10.0 => format!("{value:.1} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(81_234), "81 kB");
        assert_eq!(size(999_999), "1.0 MB");
        assert_eq!(size(40_000_000_000), "40 GB");
    }
}
