//! `dlpscan detectors`: what is looked for, whether a detector file is right, and why something
//! in a text is found or is not.

use super::vectors;
use crate::args::DetectorsAction;
use crate::exit::Code;
use crate::say::{self, Trouble};
use crate::setup;
use dlpscan::detector::{Certainty, Checks, DetectorFile, DetectorSpec, WholeSpec};
use dlpscan::model::{EvidenceKind, Level, Place, Segment};
use dlpscan::report::{likelihood, safe};
use dlpscan::scan::{Engine, Explained, Fate, check_examples};
use dlpscan::{Scanner, detectors, why};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// The longest text that is explained, in bytes.
const MOST_TEXT: u64 = 1 << 20;

pub fn run(action: &DetectorsAction) -> Result<Code, Trouble> {
    let mut out = io::stdout().lock();
    let result = match action {
        DetectorsAction::List => list(&mut out),
        DetectorsAction::Show { id } => {
            let builtin = detectors::builtin();
            let spec = specs(&builtin).find(|spec| spec.id == *id).ok_or_else(|| {
                Trouble::new(format!(
                    "there is no detector called \"{id}\"; \"dlpscan detectors list\" shows all"
                ))
            })?;
            show(spec, &mut out)
        }
        DetectorsAction::Check { files, vectors, .. } if vectors.is_empty() => {
            return check(files, &mut out);
        }
        DetectorsAction::Check { files, vectors: lists, config } => {
            return vectors::check(files, lists, config.as_deref(), &mut out);
        }
        DetectorsAction::Explain { text, reveal, detectors } => {
            let scanner = Scanner::builder()
                .detector_files(setup::detector_files(detectors)?)
                .build()
                .map_err(|error| Trouble::new(error.to_string()))?;
            explain(scanner.engine(), &given(text.as_deref())?, *reveal, &mut out)
        }
    };
    result.and_then(|()| out.flush()).map_err(|error| cannot_write(&error))?;
    Ok(Code::Clean)
}

fn cannot_write(error: &io::Error) -> Trouble {
    Trouble::new(format!("the answer could not be written: {error}"))
}

fn specs(files: &[DetectorFile]) -> impl Iterator<Item = &DetectorSpec> {
    files.iter().flat_map(|file| &file.detectors)
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    let files = detectors::builtin();
    let width = specs(&files).map(|spec| spec.id.len()).max().unwrap_or(0);
    let mut categories: BTreeMap<&str, Vec<&DetectorSpec>> = BTreeMap::new();
    for spec in specs(&files) {
        categories.entry(&spec.category).or_default().push(spec);
    }
    for (category, mut specs) in categories {
        writeln!(out, "{category}")?;
        specs.sort_by(|a, b| a.id.cmp(&b.id));
        for spec in specs {
            let on = if spec.on_by_default() { "on " } else { "off" };
            writeln!(out, "  {:<width$}  {on}  {}", spec.id, spec.name)?;
        }
    }
    Ok(())
}

fn show(spec: &DetectorSpec, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |label: &str, text: &str| -> io::Result<()> {
        if text.is_empty() { Ok(()) } else { writeln!(out, "  {label:<11} {text}") }
    };
    line("detector", &spec.id)?;
    line("finds", &spec.name)?;
    line("category", &spec.category)?;
    line("country", spec.jurisdiction.as_deref().unwrap_or_default())?;
    line("why", &spec.why)?;
    line("on", if spec.on_by_default() { "yes" } else { "no; enable it in dlpscan.toml" })?;
    let certainty = match spec.certainty {
        Certainty::A => "a primary source, or two independent ones that agree",
        Certainty::B => "consistent secondary sources",
        Certainty::C => "weak sources",
    };
    line("facts from", certainty)?;
    let sure = spec.confidence;
    line(
        "confidence",
        &format!(
            "{} by itself, {} with a keyword near, {} under its own label or column header",
            sure.alone, sure.keyword, sure.strong
        ),
    )?;
    for pattern in &spec.patterns {
        line("pattern", &pattern.regex)?;
    }
    for phrases in &spec.phrases {
        line("phrases", &phrases.list.join(", "))?;
    }
    if let Some(pair) = &spec.pair {
        line("pair of", &format!("{} and {}", pair.first, pair.second))?;
    }
    line("judges", &spec.of.join(", "))?;
    line(
        "of a whole",
        match &spec.whole {
            None => "",
            Some(WholeSpec::Policy) => "a rule of the policy that names it in `finding` fires",
            Some(WholeSpec::Recipients { .. }) => "how many outsiders a mail shows each other",
            Some(WholeSpec::Attachments { .. }) => "what came with a mail and may run a program",
        },
    )?;
    for check in &spec.checks {
        line("check", &check.name)?;
    }
    line("keywords", &spec.proximity.keywords.join(", "))?;
    line("headers", &spec.proximity.headers.join(", "))?;
    line("against it", &spec.proximity.anti.join(", "))?;
    for reference in &spec.references {
        line("source", reference)?;
    }
    for example in &spec.examples {
        line("example", &format!("{} ({})", safe(&example.text), example.why))?;
    }
    for counter in &spec.counterexamples {
        line("but not", &format!("{} ({})", safe(&counter.text), counter.why))?;
    }
    Ok(())
}

/// Lints detector files and runs the examples inside them, beside the built-in detectors.
fn check(paths: &[PathBuf], out: &mut dyn Write) -> Result<Code, Trouble> {
    let own = setup::detector_files(paths)?;
    let mine = |id: &str| specs(&own).any(|spec| spec.id == id);
    let mut files = detectors::builtin();
    for file in &mut files {
        file.detectors.retain(|spec| !mine(&spec.id));
    }
    files.extend(own.iter().cloned());
    let checks: Checks = detectors::checks();
    // A detector that is off by default is checked all the same.
    let on = |spec: &DetectorSpec| spec.on_by_default() || mine(&spec.id);
    let engine = Engine::build_prepared(&files, &detectors::prepared(), &checks, &on);
    let engine = engine.map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Trouble::new(lines.join("\n"))
    })?;
    let mut wrong = 0;
    for spec in specs(&own) {
        let failures = check_examples(&engine, spec);
        wrong += failures.len();
        for failure in &failures {
            say::tell(&failure.to_string());
        }
        let (yes, no) = (spec.examples.len(), spec.counterexamples.len());
        let word = match (failures.len(), yes, no) {
            (0, 0, _) => "right as far as it goes, but it has no example; add one",
            (0, _, 0) => "right, but it has no counterexample; add one",
            (0, ..) => "right",
            _ => "not right",
        };
        writeln!(out, "{}: {word} ({yes} examples, {no} counterexamples)", spec.id)
            .map_err(|error| cannot_write(&error))?;
        let slow = engine.slow_patterns();
        for (_, name) in slow.iter().filter(|(id, _)| *engine.detector(*id).id == *spec.id) {
            writeln!(
                out,
                "{}: the pattern \"{}\" can match nearly anywhere, so every text is searched a \
                 second time just for it and scans take longer; let it begin with letters or \
                 figures that are always the same, or hold some early on",
                spec.id,
                safe(name)
            )
            .map_err(|error| cannot_write(&error))?;
        }
    }
    Ok(if wrong == 0 { Code::Clean } else { Code::Trouble })
}

fn given(text: Option<&str>) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    match text {
        Some(text) => bytes.extend_from_slice(text.as_bytes()),
        None => {
            io::stdin().take(MOST_TEXT + 1).read_to_end(&mut bytes).map_err(|error| {
                Trouble::new(format!("standard input could not be read: {error}"))
            })?;
        }
    }
    if bytes.len() as u64 > MOST_TEXT {
        return Err(Trouble::new("the text is longer than 1 MB; explain the part that matters"));
    }
    Ok(bytes)
}

fn explain(engine: &Engine, text: &[u8], reveal: bool, out: &mut dyn Write) -> io::Result<()> {
    let segment = Segment::new(text, Place::Line { line: 1, column: 1 });
    let all = engine.explain(&mut engine.scratch(), &segment);
    if all.is_empty() {
        return writeln!(out, "Nothing in this text looks like anything dlpscan looks for.");
    }
    for candidate in &all {
        let detector = engine.detector(candidate.detector);
        let value = match reveal {
            true => String::from_utf8_lossy(candidate.value.reveal()).into_owned(),
            false => candidate.value.masked(detector.hide_shape),
        };
        let place = segment.place_at(candidate.span.start);
        writeln!(out, "{}  {}  ({}, {place})", safe(&value), detector.name, detector.id)?;
        writeln!(out, "  {}", verdict(engine, candidate))?;
        for evidence in &candidate.evidence {
            let kind = kind(evidence.kind);
            let (by, result) = (safe(&evidence.by), safe(&evidence.result));
            writeln!(out, "    {:+4}  {kind} {by}: {result}", evidence.weight)?;
        }
    }
    Ok(())
}

fn verdict(engine: &Engine, candidate: &Explained) -> String {
    let words = why(engine, &candidate.fate);
    if candidate.fate != Fate::Kept {
        return words;
    }
    let level = Level::of(candidate.confidence);
    format!("{words}: {} ({level}, {} of 100)", likelihood(level), candidate.confidence)
}

fn kind(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Pattern => "its shape,",
        EvidenceKind::Check => "the check",
        EvidenceKind::Keyword => "near it, the keyword",
        EvidenceKind::AntiKeyword => "near it, a word against it,",
        EvidenceKind::Header => "over its column,",
        EvidenceKind::Label => "right before it, the label",
        EvidenceKind::Neighbour => "close by,",
        EvidenceKind::TestValue => "a published test value,",
        _ => "also",
    }
}
