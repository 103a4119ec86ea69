use crate::closing::{items, sentence, size};
use crate::gathered::{Gathered, Kind};
use crate::reporter::{Look, Reporter};
use crate::safe::safe;
use crate::summary::Summary;
use crate::text::{gravity, likelihood};
use dlpscan_core::model::Outcome;
use std::io::{self, Write};

/// The page of [`Page`](crate::Page) for a browser: one file that loads nothing and runs nothing.
#[derive(Debug)]
pub struct Html {
    look: Look,
    gathered: Gathered,
}

const HEAD: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>May this leave?</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
.yes,.no{font-size:1.3rem;font-weight:600;padding:1rem;border-left:.6rem solid}
.yes{border-color:#16703a;background:#e8f5ec}.no{border-color:#b3261e;background:#fdecea}
h2{font-size:1.1rem;margin:1.6rem 0 .4rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #ddd}
td{overflow-wrap:anywhere}code{font:14px ui-monospace,monospace}
.high{color:#b3261e}.medium{color:#8a5a00}.low{color:#1f5f8b}.info{color:#666}
svg{max-width:100%;height:auto}footer{margin-top:2rem;color:#666}
</style></head><body>
"#;

/// The picture's measures, in pixels.
const ROW: usize = 26;
const NAMES: usize = 330;
const BARS: u64 = 360;
/// Kinds in the picture and in the table.
const MOST_KINDS: usize = 20;

impl Html {
    /// For this look.
    pub fn new(look: Look) -> Self {
        Html { look, gathered: Gathered::default() }
    }
}

impl Reporter for Html {
    fn outcome(&mut self, outcome: &Outcome, _: &mut dyn Write) -> io::Result<()> {
        self.gathered.take(outcome);
        Ok(())
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let (safe_to_go, words) = sentence(summary, self.look.fail_on);
        let class = if safe_to_go { "yes" } else { "no" };
        writeln!(out, "{HEAD}<h1>May this leave?</h1>\n<p class=\"{class}\">{}</p>", text(&words))?;
        for volume in &self.gathered.volumes {
            writeln!(out, "<h2>The volume at {}</h2>\n<table>", text(&volume.name))?;
            for fact in &volume.facts {
                let (class, word) = (fact.level.as_str(), gravity(fact.level));
                let (what, is) = (text(&fact.what), text(&fact.is));
                writeln!(out, "<tr><td class=\"{class}\">{word}<td>{what}<td>{is}</tr>")?;
            }
            writeln!(out, "</table>")?;
        }
        let kinds = self.gathered.sorted();
        let kinds = &kinds[..kinds.len().min(MOST_KINDS)];
        if !kinds.is_empty() {
            writeln!(out, "<h2>What was found</h2>")?;
            picture(kinds, out)?;
            places(kinds, out)?;
        }
        self.unread(summary, out)?;
        writeln!(out, "<h2>What to do next</h2>\n<ol>")?;
        for step in self.gathered.steps(summary, safe_to_go) {
            writeln!(out, "<li>{}</li>", text(&step))?;
        }
        let unconfined = summary.unconfined.as_ref();
        writeln!(
            out,
            "</ol>\n<footer>{} looked at, {}; {} read in full. dlpscan {}.{}</footer>\n</body></html>",
            items(summary.items()),
            size(summary.bytes),
            summary.complete,
            text(&summary.version),
            unconfined
                .map(|words| format!(" How documents were read: {}.", text(words)))
                .unwrap_or_default()
        )
    }
}

impl Html {
    fn unread(&self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        if self.gathered.unread.is_empty() {
            return Ok(());
        }
        writeln!(out, "<h2>What could not be read</h2>\n<table>")?;
        for (reason, names) in &self.gathered.unread {
            let n = summary.reasons.get(reason).copied().unwrap_or(names.len() as u64);
            let named: Vec<String> = names.iter().map(|name| text(name)).collect();
            let more = if n > names.len() as u64 { "<br>…" } else { "" };
            writeln!(
                out,
                "<tr><td>{}<td>{}<td>{}{more}</tr>",
                items(n),
                text(reason.plain()),
                named.join("<br>")
            )?;
        }
        writeln!(out, "</table>")
    }
}

/// Bars: how many of each kind.
fn picture(kinds: &[&Kind], out: &mut dyn Write) -> io::Result<()> {
    let most = kinds.iter().map(|kind| kind.count).max().unwrap_or(1);
    let height = kinds.len() * ROW;
    writeln!(
        out,
        "<svg viewBox=\"0 0 760 {height}\" width=\"760\" height=\"{height}\" role=\"img\" \
         aria-label=\"How many of each kind\">"
    )?;
    for (i, kind) in kinds.iter().enumerate() {
        let (top, middle) = (i * ROW + 4, i * ROW + 18);
        let width = kind.count.saturating_mul(BARS).div_ceil(most);
        let after = NAMES as u64 + 8 + width;
        writeln!(
            out,
            "<text x=\"{NAMES}\" y=\"{middle}\" text-anchor=\"end\" font-size=\"14\">{}</text>\
             <rect class=\"{}\" fill=\"currentColor\" x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"18\"/>\
             <text x=\"{}\" y=\"{middle}\" font-size=\"14\">{}</text>",
            text(&kind.name),
            kind.level.as_str(),
            NAMES + 6,
            after + 4,
            kind.count
        )?;
    }
    writeln!(out, "</svg>")
}

fn places(kinds: &[&Kind], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<table><tr><th>What<th>How sure<th>How many<th>The worst places</tr>")?;
    for kind in kinds {
        let worst: Vec<String> = kind
            .worst
            .iter()
            .map(|worst| format!("<code>{}</code> {}", text(&worst.value), text(&worst.place)))
            .collect();
        writeln!(
            out,
            "<tr><td>{}<td class=\"{}\">{}<td>{} in {}<td>{}</tr>",
            text(&kind.name),
            kind.level.as_str(),
            likelihood(kind.level),
            kind.count,
            items(kind.items),
            worst.join("<br>")
        )?;
    }
    writeln!(out, "</table>")
}

/// Any text, made harmless in a page.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in safe(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
