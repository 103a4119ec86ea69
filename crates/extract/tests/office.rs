//! Office files, read from outside: what comes out of them, and what the ledger says.

use dlpscan_core::model::{
    Content, Layout, Ledger, Limits, Part, PartPath, Place, Reason, Role, Segment,
};
use dlpscan_extract::{Budget, Descent, Flow, Sink, formats};
use std::path::{Path, PathBuf};

/// One segment, kept.
struct Kept {
    path: String,
    text: String,
    place: Place,
    /// Each cell: its text and its place.
    cells: Vec<(String, Place)>,
    role: Role,
}

#[derive(Default)]
struct Keep(Vec<Kept>);

impl Sink for Keep {
    fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) -> Flow {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&segment.text[range]).into_owned()
        };
        assert!(segment.body.start < segment.body.end && segment.body.end <= segment.text.len());
        let cells = match segment.layout {
            Layout::Table(table) => table
                .cells
                .iter()
                .map(|c| (text(c.span.clone()), segment.place_at(c.span.start)))
                .collect(),
            _ => Vec::new(),
        };
        self.0.push(Kept {
            path: path.to_string(),
            text: text(segment.body.clone()),
            place: segment.place_at(segment.body.start),
            cells,
            role: segment.role,
        });
        Flow::Continue(())
    }
}

fn read(name: &str, bytes: &[u8]) -> (Vec<Kept>, Ledger) {
    let (mut sink, mut ledger) = (Keep::default(), Ledger::new());
    let budget = Budget::new(Limits::default());
    let extractors = formats::all();
    let mut descent = Descent::new(&mut sink, &mut ledger, &budget, &extractors);
    let _ = descent.item(Part::new(name, Content::Bytes(bytes)));
    (sink.0, ledger)
}

fn all_text(kept: &[Kept]) -> String {
    kept.iter().map(|k| k.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// As the scoring tool compares: letters and digits only, in lower case.
fn norm(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '@')
        .collect::<String>()
        .to_ascii_lowercase()
}

/// A folder beside the repository with files that are no part of it.
fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    // A worktree lies one folder deeper.
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared").join(path);
    if !found.exists() {
        println!("skipped: ../shared/{path} is not here");
        return None;
    }
    Some(found)
}

fn field<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let rest = &line[line.find(&format!("\"{key}\": \""))? + key.len() + 5..];
    Some(&rest[..rest.find('"')?])
}

#[test]
fn every_planted_value_of_the_office_files_is_in_their_text() {
    let Some(root) = shared("corpora/planted") else { return };
    let truth = std::fs::read_to_string(root.join("truth.jsonl")).unwrap();
    let mut texts = std::collections::HashMap::new();
    let (mut all, mut missing) = (0, Vec::new());
    for line in truth.lines() {
        let file = field(line, "file").unwrap();
        let folder = file.split('/').next().unwrap();
        if !["docx", "xlsx", "pptx", "odt", "ods", "lo-odp", "lo-doc", "lo-xls", "lo-ppt"]
            .contains(&folder)
        {
            continue;
        }
        let text = texts.entry(file.to_owned()).or_insert_with(|| {
            let (kept, ledger) = read(file, &std::fs::read(root.join(file)).unwrap());
            if std::env::var_os("SHOW").is_some() {
                println!("{file}: {:?}", ledger.counts());
                for k in &kept {
                    println!("  [{:?} {}] {:?}", k.role, k.place, k.text);
                }
            }
            norm(&all_text(&kept))
        });
        all += 1;
        let value = field(line, "value").unwrap();
        if !text.contains(&norm(value)) {
            missing.push(format!("{file} {}", field(line, "where").unwrap_or("")));
        }
    }
    println!("{all} values, {} missing", missing.len());
    for m in &missing {
        println!("{m}");
    }
    assert!(missing.is_empty());
}

#[test]
fn scratch() {
    let Some(path) = std::env::var_os("FILE") else { return };
    let (kept, ledger) = read(path.to_str().unwrap(), &std::fs::read(&path).unwrap());
    for k in &kept {
        println!(
            "[{:?} {} {}] {:?}",
            k.role,
            k.path,
            k.place,
            &k.text.chars().take(2000).collect::<String>()
        );
        for c in k.cells.iter().take(40) {
            println!("      {c:?}");
        }
    }
    println!("{:?} {:?}", ledger.counts(), ledger.notes());
    let _ = Reason::ALL;
}
