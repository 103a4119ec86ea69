use super::whole::WholeSpec;
use crate::model::Level;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One detector file: a single detector at its top level, or several in `[[detector]]` tables.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DetectorFile {
    /// The file's name, for messages.
    pub name: String,
    /// Its detectors.
    pub detectors: Vec<DetectorSpec>,
}

/// A detector as its author writes it: data, no code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DetectorSpec {
    /// Its id, as in findings and policies: `gb-nino`. Lower case, digits, hyphens.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// bank, identity, personal, contact, health, special-category, secret, marking, council, …
    pub category: String,
    /// Two-letter country, where it belongs to one.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Why it matters that this does not leave, in a sentence for a clerk.
    #[serde(default)]
    pub why: String,
    /// Where the facts come from: standards, issuers, laws.
    #[serde(default)]
    pub references: Vec<String>,
    /// `A` primary source, `B` consistent secondary sources, `C` weak. `C` is off by default.
    pub certainty: Certainty,
    /// Overrides the default of its certainty.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The three numbers of its confidence.
    pub confidence: Confidence,
    /// Higher wins where two findings of the same span are equally sure. Default 50.
    #[serde(default = "fifty")]
    pub precedence: u8,
    /// True where the mask may show nothing, not even the shape: passwords, keys.
    #[serde(default)]
    pub hide_shape: bool,
    /// Regular expressions.
    #[serde(default, rename = "pattern")]
    pub patterns: Vec<PatternSpec>,
    /// Lists of fixed phrases.
    #[serde(default, rename = "phrases")]
    pub phrases: Vec<PhraseSpec>,
    /// Two values that only together are one finding.
    #[serde(default)]
    pub pair: Option<PairSpec>,
    /// Ids of detectors whose values it judges, in place of looking for any itself: what one of
    /// them finds at medium or above, and its own checks let pass, it finds as well.
    #[serde(default)]
    pub of: Vec<String>,
    /// What it asks of an item as a whole.
    #[serde(default)]
    pub whole: Option<WholeSpec>,
    /// Validators, all of which must not say invalid (see [`OnInvalid`]).
    #[serde(default, rename = "check")]
    pub checks: Vec<CheckSpec>,
    /// Words near it that raise or lower.
    #[serde(default)]
    pub proximity: Proximity,
    /// Published test values and placeholders, digits and letters only, upper case: reported as
    /// info with the evidence `test-value`.
    #[serde(default)]
    pub test_values: Vec<String>,
    /// Texts in which it must find something.
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
    /// Texts in which it must find nothing at low or above.
    #[serde(default, rename = "counterexample")]
    pub counterexamples: Vec<Counterexample>,
}

/// How well its facts are sourced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certainty {
    /// A primary source, or two independent implementations agree.
    A,
    /// Consistent secondary sources.
    B,
    /// Weak: configurable and off by default.
    C,
}

impl DetectorSpec {
    /// Whether it is on when nobody says otherwise.
    pub fn on_by_default(&self) -> bool {
        self.enabled.unwrap_or(self.certainty != Certainty::C)
    }

    /// Drops what only people and tests read.
    pub fn leave_to_run(&mut self) {
        self.why = String::new();
        self.references = Vec::new();
        self.examples = Vec::new();
        self.counterexamples = Vec::new();
    }

    /// Its expressions, as they are run: those of its patterns, then those of its pair.
    pub fn expressions(&self) -> impl Iterator<Item = (&str, Case, Boundary)> {
        let patterns = self.patterns.iter().map(|p| (&*p.regex, p.case, p.boundary));
        patterns.chain(self.pair.iter().flat_map(PairSpec::expressions))
    }
}

const fn fifty() -> u8 {
    50
}

/// Confidence (0–100) of a match that passed its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    /// By pattern and checks alone.
    pub alone: u8,
    /// With a keyword near.
    pub keyword: u8,
    /// With strong context: its own column header, or a label right before it on the same line.
    pub strong: u8,
}

/// One regular expression of a detector, in the syntax of the Rust regex crate (no look-around).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatternSpec {
    /// The expression. It carries no boundaries of its own; see `boundary`. A group called
    /// `value` narrows the match to what is secret; other named groups are handed to checks.
    pub regex: String,
    /// Shown in evidence; default `pattern`.
    #[serde(default = "pattern_name")]
    pub name: String,
    /// Default: sensitive.
    #[serde(default)]
    pub case: Case,
    /// What may not stand right before and after the whole match.
    #[serde(default)]
    pub boundary: Boundary,
    /// What must be near for this pattern to count at all.
    #[serde(default)]
    pub needs: Needs,
    /// Added to the confidence.
    #[serde(default)]
    pub weight: i16,
    /// True where a match may run over a cell's edge.
    #[serde(default)]
    pub crosses_cells: bool,
}

impl PatternSpec {
    /// All of a text, whatever it is.
    pub(crate) fn whole_text() -> Self {
        PatternSpec {
            regex: r"^[\s\S]{1,1000}$".to_owned(),
            name: "the text".to_owned(),
            case: Case::Sensitive,
            boundary: Boundary::None,
            needs: Needs::Nothing,
            weight: 0,
            crosses_cells: true,
        }
    }
}

fn pattern_name() -> String {
    "pattern".to_owned()
}

/// Fixed phrases, found by one automaton for all detectors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PhraseSpec {
    /// The phrases. A space in one matches one to three blanks or one line break.
    pub list: Vec<String>,
    /// Default: insensitive.
    #[serde(default = "insensitive")]
    pub case: Case,
    /// What must be near.
    #[serde(default)]
    pub needs: Needs,
    /// Added to the confidence.
    #[serde(default)]
    pub weight: i16,
}

const fn insensitive() -> Case {
    Case::Insensitive
}

/// Two values that are one finding only together, such as a sort code and an account number:
/// side by side, in two cells of a row, or on adjacent lines, in either order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PairSpec {
    /// The value that is reported first, whichever came first in the text.
    pub first: String,
    /// The other one.
    pub second: String,
    /// At most so many bytes between them; no digit may stand in between, except in other cells
    /// of the same row.
    #[serde(default = "eighty")]
    pub gap: usize,
    /// At most so many line breaks between them.
    #[serde(default = "two")]
    pub lines: usize,
    /// Headers (or labels) that tell the first value's column.
    #[serde(default)]
    pub first_headers: Vec<String>,
    /// Headers (or labels) that tell the second value's column.
    #[serde(default)]
    pub second_headers: Vec<String>,
}

impl PairSpec {
    /// Its two expressions, as they are run.
    pub fn expressions(&self) -> [(&str, Case, Boundary); 2] {
        [&self.first, &self.second].map(|regex| (&**regex, Case::Sensitive, Boundary::Digits))
    }
}

const fn eighty() -> usize {
    80
}

const fn two() -> usize {
    2
}

/// Upper and lower case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// As written.
    #[default]
    Sensitive,
    /// Either (ASCII letters).
    Insensitive,
}

/// What may not stand right before and after a match.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// No letter, digit or underscore.
    #[default]
    Word,
    /// As `word`; also no digit with `.` or `,` between, no `#`, and no `/` or `=` as in a URL
    /// before it. For all-digit values.
    Digits,
    /// Anything may.
    None,
}

/// What must be near for a pattern to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Nothing.
    #[default]
    Nothing,
    /// A keyword within reach, or strong context.
    Keyword,
    /// Strong context: its column header, or a label right before it.
    Strong,
    /// Its own column's header.
    Header,
}

/// The use of a check in a detector.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CheckSpec {
    /// The check's name.
    pub name: String,
    /// The named group it looks at, default the value.
    #[serde(default)]
    pub on: Option<String>,
    /// What an `invalid` means.
    #[serde(default, skip_serializing_if = "OnInvalid::drops")]
    pub on_invalid: OnInvalid,
    /// Added to the confidence when valid.
    #[serde(default)]
    pub valid: i16,
    /// Everything else is a parameter of the check.
    #[serde(flatten)]
    pub parameters: toml::Table,
}

/// What an `invalid` of a check means for the match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", untagged)]
pub enum OnInvalid {
    /// The match falls.
    #[default]
    #[serde(skip)]
    Drop,
    /// Its confidence changes by so much.
    Weight(i16),
}

impl OnInvalid {
    fn drops(&self) -> bool {
        *self == OnInvalid::Drop
    }
}

/// Words near a match that raise or lower its confidence. Whole words, any case; a space in a
/// keyword matches blanks, `_`, `-` or nothing between two words (`sort code`, `sort_code`,
/// `SortCode`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Proximity {
    /// Characters before the match that are looked at.
    pub before: usize,
    /// Characters after it.
    pub after: usize,
    /// Words that speak for it.
    pub keywords: Vec<String>,
    /// Words that speak against it: minus 30 where one is nearer than any keyword.
    pub anti: Vec<String>,
    /// Column headers that make it strong; a keyword that is the whole header does so too.
    pub headers: Vec<String>,
}

impl Default for Proximity {
    fn default() -> Self {
        Proximity { before: 60, after: 20, keywords: vec![], anti: vec![], headers: vec![] }
    }
}

/// A text in which the detector must find something.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// The text. The mark ‖ is taken out first: it keeps secret scanners off the fixtures.
    pub text: String,
    /// The value found; default: anything.
    #[serde(default)]
    pub finds: Option<String>,
    /// The least level; default medium.
    #[serde(default = "medium")]
    pub level: Level,
    /// The text stands in a table's cell, in a column with this header.
    #[serde(default)]
    pub header: Option<String>,
    /// What the example shows.
    pub why: String,
}

/// A text in which the detector must find nothing at low or above.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counterexample {
    /// The text. The mark ‖ is taken out first.
    pub text: String,
    /// The text stands in a table's cell, in a column with this header.
    #[serde(default)]
    pub header: Option<String>,
    /// What the example shows.
    pub why: String,
}

fn medium() -> Level {
    Level::Medium
}

/// What is wrong in a detector file: where, what, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// The file.
    pub file: String,
    /// The line, from 1, where known.
    pub line: Option<usize>,
    /// The detector's id, where known.
    pub detector: Option<String>,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(id) = &self.detector {
            write!(f, ": detector \"{id}\"")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for SpecError {}

impl DetectorFile {
    /// Reads a detector file.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Family {
            detector: Vec<DetectorSpec>,
        }
        // Which of the two forms it is decides which error the author gets to see.
        let family = text.lines().any(|line| line.trim() == "[[detector]]");
        let parsed = if family {
            toml::from_str::<Family>(text).map(|f| f.detector)
        } else {
            toml::from_str::<DetectorSpec>(text).map(|d| vec![d])
        };
        match parsed {
            Ok(detectors) => Ok(DetectorFile { name: name.to_owned(), detectors }),
            Err(error) => Err(SpecError {
                file: name.to_owned(),
                line: error.span().map(|s| text[..s.start].matches('\n').count() + 1),
                detector: None,
                message: error.message().to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
id = "gb-nino"
name = "National Insurance number"
category = "identity"
certainty = "A"
confidence = { alone = 60, keyword = 90, strong = 95 }

[[pattern]]
regex = '[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]'

[[check]]
name = "charset"
on-invalid = -20
letters = "ABC"
"#;

    #[test]
    fn a_file_may_hold_one_detector_at_its_top() {
        let file = DetectorFile::parse("gb-nino.toml", SMALL).unwrap();
        let spec = &file.detectors[0];
        assert_eq!(spec.id, "gb-nino");
        assert_eq!(spec.checks[0].on_invalid, OnInvalid::Weight(-20));
        assert_eq!(spec.checks[0].parameters["letters"].as_str(), Some("ABC"));
        assert!(spec.on_by_default());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let text = SMALL.replace("category =", "kategory =");
        let error = DetectorFile::parse("x.toml", &text).unwrap_err();
        assert!(error.line.is_some(), "{error}");
        assert!(error.to_string().contains("kategory"), "{error}");
    }
}
