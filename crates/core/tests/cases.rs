//! Texts and the matches expected in them, as data: `cases/*.toml`.

mod kit;

use dlpscan_core::model::{Cell, Layout, Place, Segment, Table};
use kit::{engine, matches};
use serde::Deserialize;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// One text. Either `text`, or `rows` of cells under `headers`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    rows: Vec<Vec<String>>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default = "low")]
    least: u8,
    /// `detector: value @ confidence`, in order; without the number any confidence will do.
    finds: Vec<String>,
}

fn low() -> u8 {
    40
}

#[test]
fn every_case_finds_what_it_says_and_nothing_else() {
    let engine = engine();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut wrong = Vec::new();
    let mut count = 0;
    for name in names {
        let file: File = toml::from_str(&fs::read_to_string(&name).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", name.display()));
        for case in file.case {
            count += 1;
            let found = run(&engine, &case);
            let same = found.len() == case.finds.len()
                && found.iter().zip(&case.finds).all(|((value, confidence), wanted)| {
                    wanted == value || *wanted == format!("{value} @ {confidence}")
                });
            if !same {
                let found: Vec<_> = found.iter().map(|(v, c)| format!("{v} @ {c}")).collect();
                let stem = name.file_stem().unwrap().to_string_lossy();
                wrong.push(format!(
                    "{stem}, {}:\n  wanted {:?}\n  found  {found:?}",
                    case.name, case.finds
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 60, "only {count} cases");
}

fn run(engine: &dlpscan_core::scan::Engine, case: &Case) -> Vec<(String, u8)> {
    let (text, table) = match case.rows.is_empty() {
        true => (case.text.clone(), None),
        false => {
            let (text, table) = lay_out(&case.headers, &case.rows);
            (text, Some(table))
        }
    };
    let place = match &case.key {
        Some(path) => Place::Key { path: path.clone() },
        None => Place::Line { line: 1, column: 1 },
    };
    let mut segment = Segment::new(text.as_bytes(), place);
    segment.title = &case.title;
    match (&table, &case.key) {
        (Some(table), _) => segment.layout = Layout::Table(table),
        (None, Some(_)) => segment.layout = Layout::Whole,
        (None, None) => {}
    }
    let found = matches(engine, &segment, case.least);
    found.into_iter().map(|f| (format!("{}: {}", f.detector, f.value), f.confidence)).collect()
}

fn lay_out(headers: &[String], rows: &[Vec<String>]) -> (String, Table) {
    let mut text = String::new();
    let mut cells = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let start = text.len();
            text.push_str(cell);
            if !cell.is_empty() {
                let span = start..text.len();
                cells.push(Cell { span, row: number as u64 + 2, column: column as u32 });
            }
            text.push(if column + 1 == row.len() { '\n' } else { '\t' });
        }
    }
    (text, Table { sheet: None, headers: headers.to_vec(), cells })
}
