//! The text of documents as detectors see it, for those who hold other programs against the same
//! text: one JSON line for each file of a folder, `{"file": …, "text": …}`.
//!
//!     cargo run --release -p dlpscan-extract --example text -- FOLDER > texts.jsonl

use dlpscan_core::model::{Content, Ledger, Limits, Part, PartPath, Role, Segment};
use dlpscan_extract::{Budget, Descent, Flow, Sink, formats};
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// All text that somebody can read, and the names of parts.
#[derive(Default)]
struct Text(String);

impl Sink for Text {
    fn segment(&mut self, _path: &PartPath, segment: &Segment<'_>) -> Flow {
        if segment.role != Role::Raw {
            self.0.push_str(&String::from_utf8_lossy(&segment.text[segment.body.clone()]));
            self.0.push('\n');
        }
        Flow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut out = io::stdout().lock();
    for file in files {
        let bytes = fs::read(&file)?;
        let (mut text, mut ledger) = (Text::default(), Ledger::new());
        let budget = Budget::new(Limits::default());
        let readers = formats::all();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = Part::new(name, Content::Bytes(&bytes));
        let _ = Descent::new(&mut text, &mut ledger, &budget, &readers).item(part);
        let shown = file.strip_prefix(&root)?.to_string_lossy().into_owned();
        writeln!(out, "{{\"file\": {}, \"text\": {}}}", json(&shown), json(&text.0))?;
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// A text as JSON writes it.
fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
