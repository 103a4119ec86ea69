//! Test vectors: values with the verdict a detector should come to, one in a line.

use super::Engine;
use crate::detector::{
    Checks, DetectorFile, DetectorSpec, Needs, PatternSpec, SpecError, WholeSpec,
};
use crate::model::{EvidenceKind, Level, Place, Segment};
use std::fmt;
use std::ops::ControlFlow;

/// The mark that keeps secret scanners off fixtures.
const MARK: char = '‖';

/// What a value is to a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The detector finds it.
    Valid,
    /// It does not, or only as info and with a word against it.
    Invalid,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
        })
    }
}

/// One row of a file of vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    /// The row's line in its file, from 1.
    pub line: usize,
    /// Whose it is: the row's `detector` column, else the file's name without its ending.
    pub detector: String,
    /// The value as it stands in the file, escapes and all.
    pub written: String,
    /// What it should come out as.
    pub expected: Verdict,
}

impl Vector {
    /// The value itself: without the mark ‖, and with `\n` and `\t` as a line break and a tab.
    pub fn value(&self) -> String {
        self.written.replace(MARK, "").replace("\\n", "\n").replace("\\t", "\t")
    }

    /// Reads a file of tab-separated rows: a header with `value` and `verdict` and perhaps
    /// `detector`, other columns as you like. `name` is the file's name without its ending.
    pub fn read(name: &str, text: &str) -> Result<Vec<Vector>, SpecError> {
        let wrong = |line: usize, message: String| SpecError {
            file: name.to_owned(),
            line: Some(line),
            detector: None,
            message,
        };
        let mut lines = text.lines().enumerate();
        let header: Vec<&str> = match lines.next() {
            Some((_, line)) => line.trim_start_matches('\u{feff}').split('\t').collect(),
            None => return Err(wrong(1, "the file is empty".to_owned())),
        };
        let column = |title: &str| header.iter().position(|h| h.trim() == title);
        let (Some(value), Some(verdict)) = (column("value"), column("verdict")) else {
            return Err(wrong(
                1,
                "the first line must name the columns \"value\" and \"verdict\", with a tab \
                 between"
                    .to_owned(),
            ));
        };
        let detector = column("detector");
        let mut rows = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split('\t').collect();
            let expected = match cells.get(verdict).map(|cell| cell.trim()) {
                Some("valid") => Verdict::Valid,
                Some("invalid") => Verdict::Invalid,
                _ => {
                    let message = "the verdict must be \"valid\" or \"invalid\"".to_owned();
                    return Err(wrong(number + 1, message));
                }
            };
            rows.push(Vector {
                line: number + 1,
                detector: detector.and_then(|d| cells.get(d)).unwrap_or(&name).trim().to_owned(),
                written: cells.get(value).copied().unwrap_or_default().to_owned(),
                expected,
            });
        }
        Ok(rows)
    }
}

/// Judges values by one detector alone, whatever others would make of them.
pub struct Judge {
    engine: Engine,
    attachments: Option<WholeSpec>,
}

impl Judge {
    /// Whether a detector can be asked about a value: one that looks at a whole mail cannot.
    pub fn may_ask(spec: &DetectorSpec) -> bool {
        !matches!(&spec.whole, Some(WholeSpec::Policy | WholeSpec::Recipients { .. }))
    }

    /// A judge that knows one detector. A value needs no keyword of its own here, unless the
    /// detector makes nothing of any value without one (a confidence of 0 `alone`); a pattern that
    /// needs a label or a header needs it here as well. A detector that judges what others find
    /// is given the value as if they had found it; one of attachments takes each word of the value
    /// for an attachment's name.
    pub fn new(spec: &DetectorSpec, checks: &Checks) -> Result<Judge, Vec<SpecError>> {
        let mut spec = spec.clone();
        if spec.confidence.alone > 0 {
            for pattern in spec.patterns.iter_mut().filter(|p| p.needs == Needs::Keyword) {
                pattern.needs = Needs::Nothing;
            }
        }
        if !std::mem::take(&mut spec.of).is_empty() {
            spec.patterns.push(PatternSpec::whole_text());
        }
        let attachments = spec.whole.clone();
        let file = DetectorFile { name: spec.id.clone(), detectors: vec![spec] };
        Ok(Judge { engine: Engine::build(&[file], checks, &|_| true)?, attachments })
    }

    /// Valid where the detector finds something at low or above, or as info with no word against
    /// it: test values, and numbers that are worth little without their keyword.
    pub fn judge(&self, value: &str) -> Verdict {
        let segment = Segment::new(value.as_bytes(), Place::Line { line: 1, column: 1 });
        let risk = |whole: &WholeSpec| {
            value.split_whitespace().any(|name| whole.risk(name, b"").is_some())
        };
        if self.attachments.as_ref().is_some_and(risk) {
            return Verdict::Valid;
        }
        let mut verdict = Verdict::Invalid;
        let _ = self.engine.scan(&mut self.engine.scratch(), &segment, 0, &mut |m| {
            let against = m.evidence().iter().any(|e| e.kind == EvidenceKind::AntiKeyword);
            if Level::of(m.confidence) >= Level::Low || (m.confidence > 0 && !against) {
                verdict = Verdict::Valid;
            }
            ControlFlow::Continue(())
        });
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(alone: u8) -> DetectorSpec {
        let text = format!(
            "id = 'x'\nname = 'X'\ncategory = 'c'\ncertainty = 'A'\n\
             confidence = {{ alone = {alone}, keyword = 70, strong = 90 }}\n\
             [[pattern]]\nregex = '[0-9]{{4}}'\nneeds = 'keyword'\n\
             [proximity]\nkeywords = ['ticket']\n"
        );
        DetectorFile::parse("x.toml", &text).unwrap().detectors.remove(0)
    }

    #[test]
    fn rows_are_read_with_their_escapes_and_their_detector() {
        let rows = "value\tverdict\tnote\nA‖B\\n1\tvalid\tx\n\n2\tinvalid\n";
        let rows = Vector::read("d", rows).unwrap();
        assert_eq!((rows[0].value().as_str(), rows[0].expected), ("AB\n1", Verdict::Valid));
        assert_eq!((rows[1].line, rows[1].detector.as_str()), (4, "d"));
        let rows = Vector::read("d", "detector\tvalue\tverdict\ne\t1\tvalid\n").unwrap();
        assert_eq!(rows[0].detector, "e");
    }

    #[test]
    fn a_file_that_is_none_is_told_with_its_line() {
        assert!(Vector::read("d", "a\tb\n").unwrap_err().message.contains("verdict"));
        assert_eq!(Vector::read("d", "value\tverdict\n1\tmaybe\n").unwrap_err().line, Some(2));
    }

    #[test]
    fn a_keyword_is_asked_for_only_where_a_value_alone_is_nothing() {
        let judge = |alone, value| Judge::new(&spec(alone), &Checks::new()).unwrap().judge(value);
        assert_eq!(judge(20, "1234"), Verdict::Valid);
        assert_eq!(judge(0, "1234"), Verdict::Invalid);
        assert_eq!(judge(0, "ticket 1234"), Verdict::Valid);
        assert_eq!(judge(20, "12345"), Verdict::Invalid);
    }
}
