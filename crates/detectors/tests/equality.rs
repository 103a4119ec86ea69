//! The engine finds what a search of all of a text for each expression, one by one, finds: with
//! every detector, by all instructions that the machine knows.

use std::ops::ControlFlow;

use dlpscan_core::model::{Cell, Layout, Place, Segment, Table};
use dlpscan_core::scan::{Engine, Machine};
use dlpscan_detectors::{builtin, checks, prepared};

/// A small generator of numbers (xorshift64*), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn seeded(seed: u64) -> Self {
        Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed))
    }
}

fn engine() -> Engine {
    match Engine::build_prepared(&builtin(), &prepared(), &checks(), &|_| true) {
        Ok(engine) => engine,
        Err(errors) => panic!("{errors:?}"),
    }
}

/// What lies between values.
#[rustfmt::skip]
const MARKS: &[&str] = &[
    " ", " ", " ", "\n", "\n", "\r\n", "\n\n", "\t", ", ", ". ", ": ", "; ", "-", "/", "_", "#",
    "=", "(", ")", "\"", "'", "@", "+", "é", "’", "Ŵ", "\u{a0}", "–", "\u{200b}", "１２", "АВ", "£",
    "the ", "and ", "The Council ", "Anna ", "Smith ", "of ", "x", "A", "a1", "0", "44", "20",
    "https://example.org/", "<b>", "{\"id\":", "1.5 ", "|", " | ", "||", "|-\n", "\n! ", "\n|",
    "+----+----+\n", "   ", "VALUES\n(", "');\n", "<td>", "&amp;", "%20", "\\", "[", "]", "~",
    "^", "\0",
];

/// What texts are made of: all that the detectors' own files show and name, and what lies between.
fn pieces() -> Vec<String> {
    let mut pieces: Vec<String> = MARKS.iter().map(|mark| mark.to_string()).collect();
    for file in builtin() {
        for spec in file.detectors {
            let near = spec.proximity;
            pieces.extend(near.keywords.into_iter().take(4));
            pieces.extend(near.anti.into_iter().take(2));
            pieces.extend(near.headers.into_iter().take(1));
            pieces.extend(spec.phrases.into_iter().flat_map(|p| p.list.into_iter().take(3)));
            pieces.extend(spec.examples.into_iter().map(|e| e.text.replace('‖', "")));
            pieces.extend(spec.counterexamples.into_iter().map(|e| e.text.replace('‖', "")));
        }
    }
    pieces
}

fn text(dice: &mut Dice, pieces: &[String], len: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < len {
        let from = if dice.roll(2) == 0 { MARKS.len() } else { pieces.len() };
        let piece = pieces[dice.roll(from)].as_bytes();
        // Whole, or a cut of it, or with a byte changed.
        match dice.roll(12) {
            0 => {
                let start = dice.roll(piece.len());
                let end = start + dice.roll(piece.len() - start + 1);
                text.extend_from_slice(&piece[start..end]);
            }
            1 => {
                text.extend_from_slice(piece);
                let at = text.len() - 1 - dice.roll(piece.len());
                text[at] = dice.roll(256) as u8;
            }
            2 => text.extend((0..=dice.roll(20)).map(|_| b'0' + dice.roll(10) as u8)),
            3 => text.extend((0..=dice.roll(12)).map(|_| b'A' + dice.roll(26) as u8)),
            4 => text.extend(piece.iter().map(u8::to_ascii_uppercase)),
            _ => text.extend_from_slice(piece),
        }
        if dice.roll(3) > 0 {
            text.push(b" \n,.:-"[dice.roll(6)]);
        }
    }
    text
}

type Found = Vec<(String, usize, usize, u8)>;

fn matches(engine: &Engine, segment: &Segment<'_>) -> Found {
    let mut all = Vec::new();
    let _ = engine.scan(&mut engine.scratch(), segment, 0, &mut |m| {
        let id = engine.detector(m.detector).id.to_string();
        all.push((id, m.span.start, m.span.end, m.confidence));
        ControlFlow::Continue(())
    });
    all
}

/// The matches, which are the same however they are found.
fn same(engine: &mut Engine, segment: &Segment<'_>, told: &str) -> usize {
    engine.find_by(None);
    let wanted = matches(engine, segment);
    for machine in Machine::all() {
        engine.find_by(Some(machine));
        let found = matches(engine, segment);
        if let Some(missing) = wanted.iter().find(|m| !found.contains(m)) {
            let near = missing.1.saturating_sub(30)..(missing.2 + 20).min(segment.text.len());
            let near = String::from_utf8_lossy(&segment.text[near]).into_owned();
            panic!("{told}, {machine:?}: {missing:?} is not found in {near:?}");
        }
        if let Some(surplus) = found.iter().find(|m| !wanted.contains(m)) {
            panic!("{told}, {machine:?}: {surplus:?} should not be found");
        }
        assert_eq!(found, wanted, "{told}, {machine:?}");
    }
    wanted.len()
}

#[test]
fn every_way_finds_the_same_in_running_text() {
    let (mut engine, pieces) = (engine(), pieces());
    let mut total = 0;
    for seed in 1..=12 {
        let text = text(&mut Dice::seeded(seed), &pieces, 12_000);
        total += same(&mut engine, &Segment::new(&text, Place::Whole), &format!("seed {seed}"));
    }
    assert!(total > 600, "only {total} matches: the test has gone blind");
}

#[test]
fn every_way_finds_the_same_in_small_texts() {
    let (mut engine, pieces) = (engine(), pieces());
    let mut dice = Dice::seeded(77);
    for number in 0..60 {
        let len = 1 + dice.roll(300);
        let mut text = text(&mut dice, &pieces, len);
        text.truncate(len);
        same(&mut engine, &Segment::new(&text, Place::Whole), &format!("text {number}"));
    }
}

/// Lines whose fields are parted by one mark, as plain text holds tables, or by none. Far more of them:
/// `DLPSCAN_ROUNDS=100000 cargo test --release -p dlpscan-detectors --test equality cut`.
#[test]
fn what_is_cut_up_and_put_together_anyhow_is_scanned_to_its_end() {
    let (engine, pieces) = (engine(), pieces());
    let mut scratch = engine.scratch();
    let rounds = std::env::var("DLPSCAN_ROUNDS").map_or(40, |rounds| rounds.parse().unwrap());
    for seed in 1..=rounds {
        let mut dice = Dice::seeded(seed);
        let mark = ["", "|", " | ", "||", "\t", "  ", ",", "', '"][dice.roll(8)];
        let mut bytes = Vec::new();
        while bytes.len() < 4000 {
            let len = 1 + dice.roll(60);
            bytes.extend_from_slice(&text(&mut dice, &pieces, len));
            bytes.extend_from_slice(if dice.roll(4) == 0 { b"\n" } else { mark.as_bytes() });
        }
        let segment = Segment::new(&bytes, Place::Whole);
        let scanned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = engine.scan(&mut scratch, &segment, 0, &mut |m| {
                assert!(m.span.start < m.span.end && m.span.end <= bytes.len(), "{:?}", m.span);
                ControlFlow::Continue(())
            });
        }));
        assert!(scanned.is_ok(), "seed {seed}");
    }
}

#[test]
fn every_way_finds_the_same_in_tables() {
    let (mut engine, pieces) = (engine(), pieces());
    let headers: Vec<String> = builtin()
        .into_iter()
        .flat_map(|file| file.detectors)
        .flat_map(|spec| spec.proximity.headers.into_iter().take(2))
        .collect();
    let mut dice = Dice::seeded(5);
    for number in 0..6 {
        let columns = 1 + dice.roll(6);
        let (mut text, mut cells) = (Vec::new(), Vec::new());
        for row in 0..80 {
            for column in 0..columns {
                let start = text.len();
                let piece = pieces[dice.roll(pieces.len())].as_bytes();
                text.extend_from_slice(&piece[..piece.len().min(60)]);
                cells.push(Cell { span: start..text.len(), row: row + 2, column: column as u32 });
                text.push(b',');
            }
            text.push(b'\n');
        }
        let headers = (0..columns).map(|_| headers[dice.roll(headers.len())].clone()).collect();
        let table = Table { sheet: None, headers, cells };
        let segment = Segment::new(&text, Place::Whole).with_layout(Layout::Table(&table));
        same(&mut engine, &segment, &format!("table {number}"));
    }
}

#[test]
fn every_way_finds_the_same_in_what_is_no_text() {
    let mut engine = engine();
    let mut dice = Dice::seeded(3);
    for number in 0..6 {
        let bytes: Vec<u8> = (0..2000).map(|_| dice.roll(256) as u8).collect();
        same(&mut engine, &Segment::new(&bytes, Place::Whole), &format!("bytes {number}"));
    }
}

#[test]
fn every_way_finds_the_same_in_repeats_made_to_defeat_it() {
    let mut engine = engine();
    for piece in [
        "1",
        "1 ",
        "A",
        "a.",
        "12-34-56 ",
        "a@a.",
        "A1 ",
        "4000 0000 0000 0000 ",
        "OFFICIAL ",
        "pass",
        "Aa ",
        "+44",
        "GB27",
        "0 ",
        "é",
        "P<",
        "password: ",
        "01/02/1990 ",
        "\t1",
        "Mr A",
    ] {
        let text = piece.repeat(6000 / piece.len());
        same(&mut engine, &Segment::new(text.as_bytes(), Place::Whole), piece);
    }
}

#[test]
fn every_way_finds_the_same_in_an_example_that_is_all_of_a_text() {
    let mut engine = engine();
    let mut total = 0;
    for file in builtin() {
        for example in file.detectors.into_iter().flat_map(|spec| spec.examples) {
            let text = example.text.replace('‖', "");
            let segment = Segment::new(text.as_bytes(), Place::Whole);
            total += same(&mut engine, &segment, "an example");
        }
    }
    assert!(total > 300, "only {total} matches: the test has gone blind");
}
