//! A long text gives the same matches whatever its windows, and hostile text takes linear time.

mod kit;

use dlpscan_core::model::{Place, Segment};
use dlpscan_core::scan::{Engine, MARGIN};
use kit::{Found, engine, matches};

/// A small generator of numbers (xorshift64*), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }
}

const PIECES: &[&str] = &[
    "health number ",
    "HN: ",
    "1000000009",
    "200 000 0008 ",
    "order ",
    "tax reference ",
    "4000 0000 0000 0006 ",
    "123 ",
    "12-34-56 ",
    "12345679 ",
    "sort code ",
    "Account number: ",
    "\n",
    "\n",
    "\n\n",
    " ",
    " ",
    ". ",
    ", ",
    "Zoë ",
    "１２３",
    "\u{200b}",
    "\u{a0}",
    "АВ",
    "AB123456C ",
    "national insurance ",
    "part number ",
    "password: ",
    "hunter22 ",
    "anna@",
    "example.org ",
    "OFFICIAL ",
    "SENSITIVE ",
    "12 Mill Lane, Kirkham PR4 2AB",
    "01/02/1990 ",
    "dob ",
    "=====KEY=====",
    "=====END=====",
    "the quick brown fox jumps over the lazy dog ",
    "and the council met on Tuesday to speak of roads ",
    "#",
    "/",
    "https://example.org/",
];

fn text(dice: &mut Dice, len: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < len {
        text.extend_from_slice(PIECES[dice.roll(PIECES.len())].as_bytes());
        if dice.roll(200) == 0 {
            text.push(0xE9);
        }
    }
    text
}

fn in_windows(engine: &Engine, text: &[u8], dice: &mut Dice) -> Vec<Found> {
    let mut all = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = (start + 1 + dice.roll(9000)).min(text.len());
        let (low, high) = (start.saturating_sub(MARGIN), (end + MARGIN).min(text.len()));
        let mut segment = Segment::new(&text[low..high], Place::Whole);
        segment.body = start - low..end - low;
        let found = matches(engine, &segment, 0);
        all.extend(found.into_iter().map(|mut found| {
            found.span = (found.span.0 + low, found.span.1 + low);
            found
        }));
        start = end;
    }
    all
}

#[test]
fn any_windows_give_the_same_matches() {
    let engine = engine();
    let mut total = 0;
    for seed in 1..=24 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let text = text(&mut dice, 40_000);
        let whole = matches(&engine, &Segment::new(&text, Place::Whole), 0);
        for _ in 0..2 {
            let cut = in_windows(&engine, &text, &mut dice);
            if let Some((a, b)) = whole.iter().zip(&cut).find(|(a, b)| a != b) {
                panic!("seed {seed}: whole {a:?}, cut {b:?}");
            }
            assert_eq!(whole.len(), cut.len(), "seed {seed}");
        }
        total += whole.len();
    }
    assert!(total > 5000, "only {total} matches: the test has gone blind");
}

#[test]
fn a_scratch_carries_nothing_from_one_segment_to_the_next() {
    let engine = engine();
    let mut scratch = engine.scratch();
    let mut dice = Dice(7);
    for _ in 0..40 {
        let text = text(&mut dice, 600);
        let segment = Segment::new(&text, Place::Whole);
        let mut spans = Vec::new();
        let _ = engine.scan(&mut scratch, &segment, 0, &mut |m| {
            spans.push((m.span.start, m.span.end, m.confidence));
            std::ops::ControlFlow::Continue(())
        });
        let fresh: Vec<_> = matches(&engine, &segment, 0)
            .into_iter()
            .map(|f| (f.span.0, f.span.1, f.confidence))
            .collect();
        assert_eq!(spans, fresh);
    }
}

/// Each of these has defeated some matcher. With quadratic work a megabyte would take minutes.
#[test]
fn a_megabyte_made_to_defeat_the_engine_is_scanned_to_its_end() {
    let engine = engine();
    let hostile = [
        "1",
        "1 ",
        "a",
        "a.",
        "12-34-56 ",
        "12345679\n",
        "sort code",
        "account ",
        "health number",
        "4000 0000 0000 0000 ",
        "password=",
        "=====KEY=====\n",
        "A1 ",
        "\u{430}",
        "а1",
        "\u{200b}",
        "１",
        "order order hn ",
        "OFFICIAL ",
        "OFFICIAL SENSITIVE",
        "@",
        "a@a.",
        "2A ",
        "\n",
        "\t",
    ];
    for piece in hostile {
        let text = piece.repeat((1 << 20) / piece.len());
        let segment = Segment::new(text.as_bytes(), Place::Whole);
        matches(&engine, &segment, 40);
    }
}

#[test]
fn bytes_of_any_kind_are_no_reason_to_stop() {
    let engine = engine();
    let mut dice = Dice(11);
    for _ in 0..50 {
        let bytes: Vec<u8> = (0..3000).map(|_| dice.roll(256) as u8).collect();
        matches(&engine, &Segment::new(&bytes, Place::Whole), 0);
    }
    matches(&engine, &Segment::new(b"", Place::Whole), 0);
}
