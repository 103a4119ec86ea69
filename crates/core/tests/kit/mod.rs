//! What the engine's tests share: made-up detectors, made-up checks, and a way to write matches
//! down.

#![allow(dead_code, reason = "each test takes what it needs")]

use dlpscan_core::detector::{Candidate, Checks, DetectorFile, Validator};
use dlpscan_core::model::{Segment, Trust};
use dlpscan_core::scan::Engine;
use std::ops::{ControlFlow, Range};

pub const DETECTORS: &str = include_str!("../detectors/test.toml");

struct DigitSum(u32);

impl Validator for DigitSum {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let digits = candidate.value.iter().filter(|b| b.is_ascii_digit());
        let sum: u32 = digits.map(|b| u32::from(b - b'0')).sum();
        if sum.is_multiple_of(self.0) { Trust::Valid } else { Trust::Invalid }
    }
}

struct AtMost(u32);

impl Validator for AtMost {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        match std::str::from_utf8(candidate.value).ok().and_then(|v| v.parse::<u32>().ok()) {
            Some(number) if number <= self.0 => Trust::Valid,
            Some(_) => Trust::Invalid,
            None => Trust::Unknown,
        }
    }
}

fn number(parameters: &toml::Table, name: &str) -> Result<u32, String> {
    let value = parameters.get(name).and_then(|v| v.as_integer());
    value.and_then(|v| v.try_into().ok()).ok_or_else(|| format!("say {name} = a number"))
}

pub fn checks() -> Checks {
    let mut checks = Checks::new();
    checks.add("digit-sum", |p| Ok(Box::new(DigitSum(number(p, "modulus")?))));
    checks.add("at-most", |p| Ok(Box::new(AtMost(number(p, "most")?))));
    checks
}

pub fn engine() -> Engine {
    engine_of(DETECTORS)
}

pub fn engine_of(detectors: &str) -> Engine {
    let file = DetectorFile::parse("test.toml", detectors).unwrap();
    Engine::build(&[file], &checks(), &|_| true).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// A match, written down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub span: Range2,
    pub detector: String,
    pub value: String,
    pub confidence: u8,
}

pub type Range2 = (usize, usize);

pub fn matches(engine: &Engine, segment: &Segment<'_>, least: u8) -> Vec<Found> {
    let mut all = Vec::new();
    let flow = engine.scan(&mut engine.scratch(), segment, least, &mut |m| {
        let sum: i32 = m.evidence().iter().map(|e| i32::from(e.weight)).sum();
        assert_eq!(sum, i32::from(m.confidence), "evidence adds up: {:?}", m.evidence());
        all.push(Found {
            span: range2(&m.span),
            detector: engine.detector(m.detector).id.to_string(),
            value: String::from_utf8_lossy(&m.value).into_owned(),
            confidence: m.confidence,
        });
        ControlFlow::Continue(())
    });
    assert!(flow.is_continue());
    all
}

fn range2(span: &Range<usize>) -> Range2 {
    (span.start, span.end)
}
