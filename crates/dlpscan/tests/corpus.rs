//! How right the detectors are on the labelled texts of `corpus/labelled`: recall and precision by
//! detector and level, held against what was reached before.
//!
//! A report of all of it: `cargo test -p dlpscan --test corpus -- --nocapture`. What was reached
//! is written to `corpus/accuracy.tsv` with `DLPSCAN_WRITE=1`.

// A test tells its reader what it did.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use dlpscan::Scanner;
use dlpscan::model::{Level, Place, Segment};
use dlpscan::scan::Engine;

const LEVELS: [Level; 3] = [Level::Low, Level::Medium, Level::High];

/// What one detector did at one level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    /// Values that are there.
    there: usize,
    /// Of them, those that were found.
    found: usize,
    /// Findings of what is not there.
    wrong: usize,
}

type Tallies = BTreeMap<(String, Level), Tally>;

#[test]
fn what_was_found_before_is_found_and_nothing_more_is_wrong() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let scanner = Scanner::builder().build().unwrap();
    let mut tallies = Tallies::new();
    let mut slips = Vec::new();
    for file in texts(&corpus.join("labelled")) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        for paragraph in paragraphs(&text) {
            judge(scanner.engine(), &name, &paragraph, &mut tallies, &mut slips);
        }
    }
    slips.iter().for_each(|slip| println!("{slip}"));
    println!("{}", report(&tallies));
    let path = corpus.join("accuracy.tsv");
    if std::env::var_os("DLPSCAN_WRITE").is_some() {
        fs::write(&path, table(&tallies)).unwrap();
        return;
    }
    let before = read(&fs::read_to_string(&path).unwrap_or_default());
    let mut falls = Vec::new();
    for ((detector, level), old) in &before {
        let new = tallies.get(&(detector.clone(), *level)).copied().unwrap_or_default();
        if new.there != old.there {
            println!("{detector}: the texts have changed; write corpus/accuracy.tsv anew");
        } else if new.found < old.found || new.wrong > old.wrong {
            falls.push(format!("{detector} at {level}: {old:?} before, now {new:?}"));
        } else if new != *old {
            println!("{detector} at {level} is better than recorded: {old:?}, now {new:?}");
        }
    }
    assert!(falls.is_empty(), "fallen:\n{}", falls.join("\n"));
    let all = sum(&tallies, Level::Medium);
    assert!(all.found * 100 >= all.there * 97, "recall at medium: {all:?}");
    assert!(all.found * 100 >= (all.found + all.wrong) * 99, "precision at medium: {all:?}");
}

fn texts(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A text and what must be found in it.
struct Labelled {
    text: String,
    values: Vec<(String, Range<usize>)>,
}

/// The paragraphs of a file, without the lines that begin with `#`.
fn paragraphs(file: &str) -> Vec<Labelled> {
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    let texts = lines.join("\n").replace('‖', "");
    texts.split("\n\n").map(|p| unlabel(p.trim_matches('\n'))).collect()
}

/// Takes the marks `{{detector|value}}` out of a text; one may stand in another.
fn unlabel(marked: &str) -> Labelled {
    let mut text = String::new();
    let mut values = Vec::new();
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut rest = marked;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("{{") {
            let (detector, value) = after.split_once('|').expect("{{detector|value}}");
            open.push((detector.to_owned(), text.len()));
            rest = value;
        } else if let Some(after) = rest.strip_prefix("}}").filter(|_| !open.is_empty()) {
            let (detector, start) = open.pop().expect("a mark is open");
            values.push((detector, start..text.len()));
            rest = after;
        } else {
            let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
            text.push_str(&rest[..next]);
            rest = &rest[next..];
        }
    }
    assert!(open.is_empty(), "a mark is not closed: {marked}");
    Labelled { text, values }
}

fn judge(
    engine: &Engine,
    file: &str,
    labelled: &Labelled,
    tallies: &mut Tallies,
    slips: &mut Vec<String>,
) {
    let segment = Segment::new(labelled.text.as_bytes(), Place::Line { line: 1, column: 1 });
    let mut found: Vec<(String, Range<usize>, Level)> = Vec::new();
    let _ = engine.scan(&mut engine.scratch(), &segment, Level::Low.floor(), &mut |m| {
        let id = engine.detector(m.detector).id.to_string();
        found.push((id, m.span.clone(), Level::of(m.confidence)));
        ControlFlow::Continue(())
    });
    let meets = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    for level in LEVELS {
        for (detector, span) in &labelled.values {
            let tally = tallies.entry((detector.clone(), level)).or_default();
            tally.there += 1;
            let hit =
                found.iter().any(|(id, s, l)| id == detector && *l >= level && meets(s, span));
            tally.found += usize::from(hit);
            if !hit && level == Level::Medium {
                slips.push(format!("{file}: {detector} missed in {:?}", labelled.text));
            }
        }
        for (id, span, _) in found.iter().filter(|(_, _, l)| *l >= level) {
            if !labelled.values.iter().any(|(d, s)| d == id && meets(s, span)) {
                tallies.entry((id.clone(), level)).or_default().wrong += 1;
                if level == Level::Medium {
                    slips.push(format!("{file}: {id} wrongly found in {:?}", labelled.text));
                }
            }
        }
    }
}

fn sum(tallies: &Tallies, level: Level) -> Tally {
    let mut all = Tally::default();
    for (_, tally) in tallies.iter().filter(|((_, l), _)| *l == level) {
        all.there += tally.there;
        all.found += tally.found;
        all.wrong += tally.wrong;
    }
    all
}

fn share(part: usize, whole: usize) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.3}", part as f64 / whole as f64),
    }
}

fn report(tallies: &Tallies) -> String {
    let mut out = format!("{:<28} {:<7} {:>6} {:>9}\n", "detector", "level", "recall", "precision");
    let mut line = |name: &str, level: Level, t: Tally| {
        let (recall, precision) = (share(t.found, t.there), share(t.found, t.found + t.wrong));
        let _ = writeln!(out, "{name:<28} {level:<7} {recall:>6} {precision:>9}");
    };
    for ((detector, level), tally) in tallies {
        line(detector, *level, *tally);
    }
    for level in LEVELS {
        line("all", level, sum(tallies, level));
    }
    out
}

fn table(tallies: &Tallies) -> String {
    let mut out = String::from(
        "# What the detectors reach on corpus/labelled: values there, found, wrongly found.\n\
         # Made with: DLPSCAN_WRITE=1 cargo test -p dlpscan --test corpus\n\
         detector\tlevel\tthere\tfound\twrong\n",
    );
    for ((detector, level), t) in tallies {
        let _ = writeln!(out, "{detector}\t{level}\t{}\t{}\t{}", t.there, t.found, t.wrong);
    }
    out
}

fn read(table: &str) -> Tallies {
    let mut tallies = Tallies::new();
    for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [detector, level, there, found, wrong] = cells[..] else { continue };
        let number = |cell: &str| cell.parse().unwrap_or_default();
        let tally = Tally { there: number(there), found: number(found), wrong: number(wrong) };
        tallies.insert((detector.to_owned(), level.parse().unwrap()), tally);
    }
    tallies
}
