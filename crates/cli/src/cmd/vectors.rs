//! `dlpscan detectors check --vectors`: test values judged by their detectors.

use crate::exit::Code;
use crate::say::{self, Trouble};
use crate::setup;
use dlpscan::detectors::{self, Given};
use dlpscan::load;
use dlpscan::report::safe;
use dlpscan::scan::{Judge, Vector};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Judges every row of the lists and prints value, expected, got; the last line is the totals. A row
/// whose detector there is not got `unknown`, and is told of at the end; one whose detector looks at
/// whole mails is `not judged` and counts neither way. `config` names the tables and lists that only
/// the operator has.
/// Detectors of `own` files go before built-in ones of the same id.
pub fn check(
    own: &[PathBuf],
    lists: &[PathBuf],
    config: Option<&Path>,
    out: &mut dyn Write,
) -> Result<Code, Trouble> {
    let mut specs = BTreeMap::new();
    for file in detectors::builtin().into_iter().chain(setup::detector_files(own)?) {
        specs.extend(file.detectors.into_iter().map(|spec| (spec.id.clone(), spec)));
    }
    let rows = read(lists)?;
    let checks = detectors::checks_with(&given(config)?);
    let mut judges = BTreeMap::new();
    let mut unknown = BTreeMap::new();
    let mut whole = BTreeSet::new();
    for (list, row) in &rows {
        if judges.contains_key(&row.detector) {
            continue;
        }
        let Some(spec) = specs.get(&row.detector) else {
            unknown.entry(&*row.detector).or_insert(list);
            continue;
        };
        if !Judge::may_ask(spec) {
            whole.insert(&*row.detector);
            continue;
        }
        let judge = Judge::new(spec, &checks).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Trouble::new(lines.join("\n"))
        })?;
        judges.insert(row.detector.clone(), judge);
    }
    let judged = rows.iter().filter(|(_, row)| !whole.contains(&*row.detector)).count();
    let mut right = 0;
    let mut print = || -> io::Result<()> {
        writeln!(out, "value\texpected\tgot")?;
        for (_, row) in &rows {
            let got = judges.get(&row.detector).map(|judge| judge.judge(&row.value()));
            right += usize::from(got == Some(row.expected));
            let got = match got {
                Some(verdict) => verdict.to_string(),
                None if whole.contains(&*row.detector) => "not judged".to_owned(),
                None => "unknown".to_owned(),
            };
            writeln!(out, "{}\t{}\t{got}", safe(&row.written), row.expected)?;
        }
        writeln!(out, "total\t{judged} rows\t{right} right")?;
        out.flush()
    };
    print().map_err(|error| Trouble::new(format!("the answer could not be written: {error}")))?;
    if !whole.is_empty() {
        let names: Vec<&str> = whole.iter().copied().collect();
        say::tell(&format!(
            "{} rows are not judged: {} looks at a whole mail, not at a value",
            rows.len() - judged,
            names.join(", ")
        ));
    }
    if !unknown.is_empty() {
        return Err(Trouble::new(nobodys(&unknown)));
    }
    Ok(if right == judged { Code::Clean } else { Code::Trouble })
}

/// What the settings give beside detectors: Pay.UK's tables, the own accounts.
fn given(config: Option<&Path>) -> Result<Given, Trouble> {
    let mut remarks = Vec::new();
    let config = setup::settings(config, &[], &mut remarks)?;
    remarks.iter().for_each(|remark| say::tell(remark));
    load::given(&config).map_err(|wrong| Trouble::new(wrong.to_string()))
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
