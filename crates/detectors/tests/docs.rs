//! `docs/detectors.md` is made from the detector files, and says what they say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use dlpscan_core::detector::{Certainty, DetectorSpec, Needs, WholeSpec};
use dlpscan_core::model::Level;
use dlpscan_detectors::builtin;

const HEAD: &str = "\
# Detectors

What dlpscan looks for, made from the detector files in `crates/detectors/detectors`. One of them
in full, with its expressions, keywords and examples: `dlpscan detectors show ID`.

- **On**: whether it is on when nobody says otherwise; `dlpscan.toml` turns each on or off.
- **Levels**: by itself · with one of its words near · right after its label or under its column's
  header. A dash: not reported.
- **Facts**: A, a primary source, or two independent ones that agree; B, consistent secondary
  sources; C, weak sources, off by default.
- **Checks**: what a value must pass besides its form.
";

#[test]
fn the_page_about_detectors_says_what_the_files_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/detectors.md");
    let page = page();
    if std::env::var_os("DLPSCAN_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/detectors.md is out of date; write it anew with: DLPSCAN_WRITE=1 cargo test -p \
         dlpscan-detectors --test docs"
    );
}

fn page() -> String {
    let mut categories: BTreeMap<String, Vec<DetectorSpec>> = BTreeMap::new();
    for spec in builtin().into_iter().flat_map(|file| file.detectors) {
        categories.entry(spec.category.clone()).or_default().push(spec);
    }
    let all = categories.values().flatten();
    let (count, on) = (all.clone().count(), all.filter(|spec| spec.on_by_default()).count());
    let mut page = format!("{HEAD}\n{count} detectors, {on} of them on by default.\n");
    for (category, mut specs) in categories {
        specs.sort_by(|a, b| a.id.cmp(&b.id));
        let _ = write!(
            page,
            "\n## {category} ({})\n\n| id | finds | why it matters | on | levels | facts | checks \
             | sources |\n|---|---|---|---|---|---|---|---|\n",
            specs.len()
        );
        for spec in &specs {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
                spec.id,
                cell(&spec.name),
                cell(&spec.why),
                if spec.on_by_default() { "on" } else { "off" },
                levels(spec),
                match spec.certainty {
                    Certainty::A => "A",
                    Certainty::B => "B",
                    Certainty::C => "C",
                },
                checks(spec),
                cell(&spec.references.join("; "))
            );
        }
    }
    page
}

fn levels(spec: &DetectorSpec) -> String {
    // The least that any of its patterns asks for decides whether a value alone counts.
    let needs = spec.patterns.iter().map(|pattern| pattern.needs);
    let needs = needs.min().unwrap_or(Needs::Nothing);
    let level = |confidence: u8, counts: bool| match counts && confidence > 0 {
        true => Level::of(confidence).as_str(),
        false => "–",
    };
    format!(
        "{} · {} · {}",
        level(spec.confidence.alone, needs == Needs::Nothing),
        level(spec.confidence.keyword, needs <= Needs::Keyword),
        level(spec.confidence.strong, true)
    )
}

fn checks(spec: &DetectorSpec) -> String {
    let mut names: Vec<&str> = spec.checks.iter().map(|check| check.name.as_str()).collect();
    names.dedup();
    names.extend(spec.whole.as_ref().map(|whole| match whole {
        WholeSpec::Policy => "a rule of the policy",
        WholeSpec::Recipients { .. } => "the fields To and Cc",
        WholeSpec::Attachments { .. } => "attachments of mails",
    }));
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

/// A text as it may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}
