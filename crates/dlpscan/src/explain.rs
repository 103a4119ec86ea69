use crate::scanner::Scanner;
use dlpscan_core::detector::Needs;
use dlpscan_core::model::{Evidence, Level, Place, Segment};
use dlpscan_core::scan::{Engine, Explained, Fate};
use serde::Serialize;

/// What became of one candidate in a text, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The detector's id.
    pub detector: String,
    /// The detector's name for people.
    pub name: String,
    /// The value with all but a few characters hidden.
    pub masked: String,
    /// The value; only where values may be revealed.
    pub secret: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// Half-open range in the text, in bytes.
    pub start: usize,
    /// Its end.
    pub end: usize,
    /// Whether it is found in the end.
    pub found: bool,
    /// 0–100; 0 where it fell before it was weighed.
    pub confidence: u8,
    /// The level of that confidence; `None` for 0.
    pub level: Option<Level>,
    /// How it ended, in a sentence's half.
    pub why: String,
    /// What raised and lowered the confidence.
    pub evidence: Vec<Evidence>,
}

impl Scanner {
    /// Says of everything in a text that looks like something what became of it, and why.
    pub fn explain(&self, text: &str) -> Vec<Explanation> {
        let engine = self.engine();
        let segment = Segment::new(text.as_bytes(), Place::Line { line: 1, column: 1 });
        let all = engine.explain(&mut engine.scratch(), &segment);
        all.iter().map(|candidate| self.explanation(engine, &segment, candidate)).collect()
    }

    fn explanation(&self, engine: &Engine, segment: &Segment<'_>, it: &Explained) -> Explanation {
        let detector = engine.detector(it.detector);
        let secret = || String::from_utf8_lossy(it.value.reveal()).into_owned();
        Explanation {
            detector: detector.id.to_string(),
            name: detector.name.to_string(),
            masked: it.value.masked(detector.hide_shape),
            secret: self.reveals().then(secret),
            place: segment.place_at(it.span.start),
            start: it.span.start,
            end: it.span.end,
            found: it.fate == Fate::Kept,
            confidence: it.confidence,
            level: (it.confidence > 0).then(|| Level::of(it.confidence)),
            why: why(engine, &it.fate),
            evidence: it.evidence.clone(),
        }
    }
}

/// How a candidate ended, in words for the end of a sentence.
pub fn why(engine: &Engine, fate: &Fate) -> String {
    match fate {
        Fate::Kept => "found".into(),
        Fate::Boundary => {
            "not found: what stands right before or after makes it part of something else".into()
        }
        Fate::CellEdge => "not found: it runs over the edge of a table's cell".into(),
        Fate::Check(name) => format!("not found: the check \"{name}\" says that it is not one"),
        Fate::Needs(needs) => format!(
            "not found: it counts only with {}, and there is none",
            match needs {
                Needs::Nothing => "nothing else",
                Needs::Keyword => "one of its keywords near",
                Needs::Strong => "its label right before it, or its own column header",
                Needs::Header => "its own column header",
            }
        ),
        Fate::Overlap(other) => format!(
            "not found: the same text is better explained as {}",
            engine.detector(*other).name
        ),
        _ => "not found".into(),
    }
}
