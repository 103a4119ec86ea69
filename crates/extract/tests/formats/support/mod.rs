//! Reads bytes through every extractor of the build and keeps what came out, for tests.
//!
//! Start with [`read`]; compare a sample in `corpus/formats/<family>/` with the segments expected
//! beside it with [`golden`] (`GOLDEN=write cargo test -p dlpscan-extract` writes them anew).
#![allow(dead_code)] // Each test binary uses its own share.

use dlpscan_core::model::{
    Content, Layout, Ledger, Limits, Mark, Note, Part, PartPath, Place, Reason, Role, Segment,
    SpanMap, Table,
};
use dlpscan_extract::{Budget, Descent, Flow, Hint, SNIFF, Sink, choose, formats};
use std::fmt::Write;
use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;

/// A segment that outlives its call.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub path: PartPath,
    pub text: Vec<u8>,
    pub body: Range<usize>,
    pub place: Place,
    pub title: String,
    pub role: Role,
    pub map: Option<SpanMap>,
    pub layout: KeptLayout,
}

/// A segment's layout, owned.
#[derive(Debug, Clone, PartialEq)]
pub enum KeptLayout {
    Lines,
    Whole,
    Marks(Vec<Mark>),
    Table(Table),
}

impl Kept {
    fn new(path: &PartPath, segment: &Segment<'_>) -> Self {
        assert!(segment.body.start <= segment.body.end && segment.body.end <= segment.text.len());
        Kept {
            path: path.clone(),
            text: segment.text.to_vec(),
            body: segment.body.clone(),
            place: segment.place.clone(),
            title: segment.title.to_owned(),
            role: segment.role,
            map: segment.map.cloned(),
            layout: match segment.layout {
                Layout::Lines => KeptLayout::Lines,
                Layout::Whole => KeptLayout::Whole,
                Layout::Marks(marks) => KeptLayout::Marks(marks.to_vec()),
                Layout::Table(table) => KeptLayout::Table(table.clone()),
            },
        }
    }

    /// The part of the text that is this segment's own.
    pub fn body(&self) -> &[u8] {
        &self.text[self.body.clone()]
    }

    /// Where the byte at `at` of the text stood.
    pub fn place_at(&self, at: usize) -> Place {
        let layout = match &self.layout {
            KeptLayout::Lines => Layout::Lines,
            KeptLayout::Whole => Layout::Whole,
            KeptLayout::Marks(marks) => Layout::Marks(marks),
            KeptLayout::Table(table) => Layout::Table(table),
        };
        Segment::new(&self.text, self.place.clone()).with_layout(layout).place_at(at)
    }
}

/// Everything one item gave.
#[derive(Debug, Default)]
pub struct Collected {
    pub segments: Vec<Kept>,
    pub ledger: Ledger,
}

/// What is given, and what of it is given once all else was.
#[derive(Default)]
struct Keeper {
    kept: Vec<Kept>,
    rest: Option<usize>,
}

impl Sink for Keeper {
    fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) -> Flow {
        self.kept.push(Kept::new(path, segment));
        Flow::Continue(())
    }

    fn rest(&mut self) {
        self.rest = Some(self.kept.len());
    }
}

/// Reads bytes as an item of this name.
pub fn read(name: &str, bytes: &[u8]) -> Collected {
    read_part(Part::new(name, Content::Bytes(bytes)), Limits::default())
}

/// The same as a stream that gives at most `step` bytes at a time.
pub fn read_stream(name: &str, bytes: &[u8], step: usize) -> Collected {
    let stream = Content::Stream(Box::new(Slow { bytes, step }));
    read_part(Part::new(name, stream), Limits::default())
}

/// Reads a part with these limits.
pub fn read_part(part: Part<'_>, limits: Limits) -> Collected {
    let budget = Budget::new(limits);
    let extractors = formats::all();
    let mut keeper = Keeper::default();
    let mut ledger = Ledger::new();
    let flow = Descent::new(&mut keeper, &mut ledger, &budget, &extractors).item(part);
    assert!(flow.is_continue());
    Collected { segments: keeper.kept, ledger }
}

/// Reads bytes as an item of this name, divided into about so many pieces, and says into how many
/// it was. `None` where it cannot be divided.
pub fn read_pieces(name: &str, bytes: &[u8], most: usize) -> Option<(Collected, usize)> {
    let extractors = formats::all();
    let head = &bytes[..SNIFF.min(bytes.len())];
    let hint = Hint { name, media: "", len: Some(bytes.len() as u64) };
    let (extractor, _) = choose(&extractors, head, &hint)?;
    let budget = Budget::new(Limits::default());
    let pieces = extractor.divide(&Content::Bytes(bytes), &budget, most);
    let count = pieces.len();
    let mut all = Collected::default();
    let mut rests = Vec::new();
    for piece in pieces {
        let budget = Budget::new(Limits::default());
        let mut keeper = Keeper::default();
        let mut ledger = Ledger::new();
        let descent = Descent::new(&mut keeper, &mut ledger, &budget, &extractors);
        let mut descent = descent.with_piece(Some(piece));
        let _ = descent.item(Part::new(name, Content::Bytes(bytes)));
        if descent.indivisible() {
            return None;
        }
        rests.extend(keeper.kept.split_off(keeper.rest.expect("an item has an end")));
        all.segments.extend(keeper.kept);
        all.ledger.absorb(ledger);
    }
    all.segments.extend(rests);
    (count > 1).then_some((all, count))
}

impl Collected {
    /// The bodies of all segments, one after another, a line feed between.
    pub fn text(&self) -> String {
        let mut all = Vec::new();
        for segment in &self.segments {
            all.extend_from_slice(segment.body());
            all.push(b'\n');
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// True when some segment's text holds this.
    pub fn holds(&self, needle: &str) -> bool {
        self.find(needle).is_some()
    }

    /// The first segment that holds this in its body, and where in its text.
    pub fn find(&self, needle: &str) -> Option<(&Kept, usize)> {
        self.segments.iter().find_map(|s| {
            let at = memchr::memmem::find(s.body(), needle.as_bytes())?;
            Some((s, s.body.start + at))
        })
    }

    /// In how many segments this begins in the body (its end may lie in the margin).
    pub fn begins_in(&self, needle: &str) -> usize {
        self.segments
            .iter()
            .flat_map(|s| memchr::memmem::find_iter(&s.text, needle).map(move |at| (s, at)))
            .filter(|(s, at)| s.body.contains(at))
            .count()
    }

    /// Where this stands, as a report would say it.
    pub fn place_of(&self, needle: &str) -> String {
        let (segment, at) = self.find(needle).expect("the text is there");
        segment.place_at(at).to_string()
    }

    /// The raw bytes this stands for.
    pub fn raw_of(&self, needle: &str) -> Option<Range<u64>> {
        let (segment, at) = self.find(needle).expect("the text is there");
        segment.map.as_ref()?.raw_span(&(at..at + needle.len()))
    }

    /// The reasons noted, each once.
    pub fn reasons(&self) -> Vec<Reason> {
        self.ledger.counts().keys().copied().collect()
    }

    /// Fails unless every byte of every layer has exactly one fate.
    pub fn assert_balances(&self) -> &Self {
        let sum = self.ledger.sum();
        assert!(sum.balances() && self.ledger.unbalanced() == 0, "books do not balance: {sum:?}");
        self
    }

    /// All segments and notes as lines that a person can read and compare.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for s in &self.segments {
            let path = s.path.to_string();
            let _ = writeln!(out, "== {:?} {:?} {path:?} title {:?}", s.role, s.place, s.title);
            match &s.layout {
                KeptLayout::Table(table) => {
                    for cell in &table.cells {
                        let text = String::from_utf8_lossy(&s.text[cell.span.clone()]);
                        let _ = writeln!(out, "[{}] {text}", s.place_at(cell.span.start));
                    }
                }
                KeptLayout::Marks(marks) => {
                    for (i, mark) in marks.iter().enumerate() {
                        let end = marks.get(i + 1).map_or(s.text.len(), |m| m.start);
                        let text = String::from_utf8_lossy(&s.text[mark.start..end]);
                        let _ = writeln!(out, "[{}] {}", mark.place, text.trim_end());
                    }
                }
                KeptLayout::Lines | KeptLayout::Whole => {
                    out.push_str(String::from_utf8_lossy(s.body()).replace('\r', "").trim_end());
                    out.push('\n');
                }
            }
        }
        for note in self.ledger.notes() {
            let path = note.part.to_string();
            let _ = writeln!(out, "!! {} {path:?}", note.reason);
        }
        out
    }
}

/// Reads the sample `corpus/formats/<sample>`, checks that its books balance and that its segments
/// are those of `<sample>.segments`.
pub fn golden(sample: &str) -> Collected {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats").join(sample);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{sample}: {e}"));
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    let got = read(&name, &bytes);
    got.assert_balances();
    let expected = PathBuf::from(format!("{}.segments", path.display()));
    if std::env::var_os("GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&expected, got.render()).expect("the expected segments are written");
    }
    let want = std::fs::read_to_string(&expected).unwrap_or_else(|e| panic!("{sample}: {e}"));
    assert_eq!(got.render(), want, "{sample}: other segments than expected");
    got
}

/// What the project is built from, where it lies beside the repository; `None` says it was skipped.
pub fn shared(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if full.exists() {
        return Some(full);
    }
    // The tests' own voice: nothing of the library prints.
    #[allow(clippy::print_stderr)]
    {
        eprintln!("skipped: ../shared/{path} is not here");
    }
    None
}

/// A reader that gives little at a time.
struct Slow<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(self.step);
        self.bytes.read(&mut buf[..most])
    }
}

/// The bytes of the sample `corpus/formats/<sample>`.
pub fn sample(sample: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats").join(sample);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{sample}: {e}"))
}

/// Reads a sample again and again with a few of its bytes changed, or cut short: each time the
/// books must balance, within bounded time.
pub fn survives_damage(name: &str) {
    survives_damage_of(name, &sample(name), 200);
}

/// The same with these bytes, so many times.
pub fn survives_damage_of(name: &str, whole: &[u8], rounds: u32) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 33) as usize) % below.max(1)
    };
    let file = name.rsplit('/').next().unwrap_or(name);
    for round in 0..rounds {
        let mut bytes = whole.to_vec();
        for _ in 0..=random(4) {
            // Headers stand at the start and at the end.
            let at = match random(3) {
                0 => random(bytes.len().min(128)),
                1 => bytes.len() - 1 - random(bytes.len().min(256)),
                _ => random(bytes.len()),
            };
            bytes[at] = [0, 0xff, 1 << random(8), random(256) as u8][random(4)];
        }
        if round % 10 == 9 {
            bytes.truncate(random(bytes.len()));
        }
        let limits = Limits { seconds: 5, bytes: 32 << 20, ..Limits::default() };
        let start = std::time::Instant::now();
        let got = read_part(Part::new(file, Content::Bytes(&bytes)), limits);
        got.assert_balances();
        let words = |note: &Note| note.detail.as_deref().unwrap_or_default().to_owned();
        let fell = got.ledger.notes().iter().any(|note| words(note).contains("gave up"));
        assert!(!fell, "{name}, round {round}: a reader fell over");
        let took = start.elapsed();
        assert!(took.as_secs() < 7, "{name}, round {round}: took {took:?}");
    }
}
