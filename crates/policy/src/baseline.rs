use serde::Deserialize;
use std::collections::HashSet;
use std::io::{self, BufRead};

/// What was known already: the findings of an earlier report in JSON lines, by item and keyed
/// fingerprint. The same value in another item is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: HashSet<(String, String)>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    item: String,
    #[serde(default)]
    fingerprint: Option<String>,
}

impl Baseline {
    /// Reads a report. A line that is none is an error with its number: half a baseline would
    /// report the other half as new, a wrong file everything.
    pub fn read(report: impl BufRead) -> io::Result<Baseline> {
        let mut known = HashSet::new();
        for (number, line) in report.lines().enumerate() {
            let line: Line = serde_json::from_str(&line?).map_err(|_| {
                let what = format!("line {} is not of a report in JSON lines", number + 1);
                io::Error::new(io::ErrorKind::InvalidInput, what)
            })?;
            if let ("finding", Some(fingerprint)) = (line.kind.as_str(), line.fingerprint) {
                known.insert((line.item, fingerprint));
            }
        }
        Ok(Baseline { known })
    }

    /// Whether a finding with this fingerprint in this item was known.
    pub fn knows(&self, item: &str, fingerprint: &str) -> bool {
        self.known.contains(&(item.to_owned(), fingerprint.to_owned()))
    }

    /// How many findings were known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True when nothing was known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_in_the_item_it_was_found_in_and_nowhere_else() {
        let report = concat!(
            r#"{"type":"finding","item":"a.txt","fingerprint":"f1"}"#,
            "\n",
            r#"{"type":"item","item":"a.txt"}"#,
            "\n",
            r#"{"type":"summary"}"#,
            "\n"
        );
        let baseline = Baseline::read(report.as_bytes()).unwrap();
        assert!(baseline.knows("a.txt", "f1"));
        assert!(!baseline.knows("b.txt", "f1"));
        assert_eq!(baseline.len(), 1);
    }

    #[test]
    fn a_file_that_is_no_report_is_an_error_with_its_line() {
        let error = Baseline::read(&b"{\"type\":\"item\"}\nhello\n"[..]).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
