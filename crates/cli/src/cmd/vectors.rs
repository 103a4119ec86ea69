//! `dlpscan detectors check --vectors`: test values judged by their detectors.

use crate::exit::Code;
use crate::say::Trouble;
use crate::setup;
use dlpscan::detectors;
use dlpscan::report::safe;
use dlpscan::scan::{Judge, Vector};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Judges every row of the lists and prints value, expected, got; the last line is the totals. A row
/// whose detector there is not got `unknown`, and is told of at the end.
/// Detectors of `own` files go before built-in ones of the same id.
pub fn check(own: &[PathBuf], lists: &[PathBuf], out: &mut dyn Write) -> Result<Code, Trouble> {
    let mut specs = BTreeMap::new();
    for file in detectors::builtin().into_iter().chain(setup::detector_files(own)?) {
        specs.extend(file.detectors.into_iter().map(|spec| (spec.id.clone(), spec)));
    }
    let rows = read(lists)?;
    let checks = detectors::checks();
    let mut judges = BTreeMap::new();
    let mut unknown = BTreeMap::new();
    for (list, row) in &rows {
        if judges.contains_key(&row.detector) {
            continue;
        }
        let Some(spec) = specs.get(&row.detector) else {
            unknown.entry(&*row.detector).or_insert(list);
            continue;
        };
        let judge = Judge::new(spec, &checks).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Trouble::new(lines.join("\n"))
        })?;
        judges.insert(row.detector.clone(), judge);
    }
    let mut right = 0;
    let mut print = || -> io::Result<()> {
        writeln!(out, "value\texpected\tgot")?;
        for (_, row) in &rows {
            let got = judges.get(&row.detector).map(|judge| judge.judge(&row.value()));
            right += usize::from(got == Some(row.expected));
            let got = got.map_or_else(|| "unknown".to_owned(), |verdict| verdict.to_string());
            writeln!(out, "{}\t{}\t{got}", safe(&row.written), row.expected)?;
        }
        writeln!(out, "total\t{} rows\t{right} right", rows.len())?;
        out.flush()
    };
    print().map_err(|error| Trouble::new(format!("the answer could not be written: {error}")))?;
    if !unknown.is_empty() {
        return Err(Trouble::new(nobodys(&unknown)));
    }
    Ok(if right == rows.len() { Code::Clean } else { Code::Trouble })
}

/// What to say of lists whose detector there is not, by detector.
fn nobodys(unknown: &BTreeMap<&str, &PathBuf>) -> String {
    let lines: Vec<String> = unknown
        .iter()
        .map(|(detector, list)| {
            format!(
                "{}: there is no detector called \"{detector}\"; name the list after its detector, \
                 or give it a column \"detector\"",
                list.display()
            )
        })
        .collect();
    lines.join("\n")
}

fn read(lists: &[PathBuf]) -> Result<Vec<(PathBuf, Vector)>, Trouble> {
    let mut rows = Vec::new();
    for list in lists {
        for file in files(list).map_err(|error| cannot_read(list, &error))? {
            let text = fs::read_to_string(&file).map_err(|error| cannot_read(&file, &error))?;
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let vectors = Vector::read(&name, &text).map_err(|e| Trouble::new(e.to_string()))?;
            rows.extend(vectors.into_iter().map(|row| (file.clone(), row)));
        }
    }
    Ok(rows)
}

/// The list itself, or all lists in a folder, sorted.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut found = entries.collect::<io::Result<Vec<_>>>()?;
    found.retain(|file| file.extension().is_some_and(|ending| ending == "tsv"));
    found.sort();
    Ok(found)
}

fn cannot_read(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(format!("{}: this list cannot be read: {error}", path.display()))
}
