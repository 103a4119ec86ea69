//! What is known to be harmless, by reason and until a date.

use crate::date::Date;
use crate::spec::AllowSpec;
use dlpscan_core::model::Finding;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex_automata::meta::Regex;

/// An entry of the allow-list: which findings are set aside, why, and until when. Every condition
/// that is given must hold.
#[derive(Debug, Clone)]
pub struct Allow {
    /// Its id, as in reports.
    pub id: String,
    /// Why these findings are harmless.
    pub why: String,
    /// The last day on which it holds.
    pub until: Date,
    paths: Vec<String>,
    globs: GlobSet,
    detectors: Vec<String>,
    categories: Vec<String>,
    patterns: Vec<String>,
    regex: Option<Regex>,
    values: Vec<String>,
}

impl Allow {
    pub(crate) fn check(spec: AllowSpec) -> Result<Allow, String> {
        let id = spec.id.into_inner();
        let wrong = |what: String| format!("allow \"{id}\": {what}");
        if spec.why.trim().is_empty() {
            return Err(wrong("say in \"why\" for what reason these findings are harmless".into()));
        }
        let Some(until) = spec.until else {
            return Err(wrong(
                "say in \"until\" on which day it ends, such as until = 2027-03-31; an exception \
                 without an end is forgotten"
                    .into(),
            ));
        };
        let written = until.into_inner().0;
        let until = Date::parse(&written).ok_or_else(|| {
            wrong(format!(
                "until = {} is no day of the calendar; write year-month-day, such as 2027-03-31",
                written.escape_debug()
            ))
        })?;
        let (paths, patterns, values) =
            (spec.path.into_vec(), spec.pattern.into_vec(), spec.value.into_vec());
        if paths.is_empty() && patterns.is_empty() && values.is_empty() {
            return Err(wrong(
                "say a \"path\", a \"pattern\" or a \"value\"; without one it would allow \
                 everything"
                    .into(),
            ));
        }
        let mut globs = GlobSetBuilder::new();
        for path in &paths {
            let glob = GlobBuilder::new(path).literal_separator(true).build();
            globs.add(glob.map_err(|e| wrong(format!("the path {path:?}: {}", e.kind())))?);
        }
        let globs = globs.build().map_err(|e| wrong(e.to_string()))?;
        let regex = match patterns.is_empty() {
            true => None,
            false => Some(Regex::new_many(&patterns).map_err(|e| {
                let which = e.pattern().map_or(0, |p| p.as_usize());
                wrong(format!("the pattern {:?} is not a regular expression", patterns[which]))
            })?),
        };
        for value in &values {
            if value.len() != 32 || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(wrong(format!(
                    "\"{}\" is no fingerprint; a report in JSON lines shows them, and \
                     \"dlpscan policy fingerprint\" makes them",
                    value.escape_debug()
                )));
            }
        }
        Ok(Allow {
            id,
            why: spec.why,
            until,
            paths,
            globs,
            detectors: spec.detector.into_vec(),
            categories: spec.category.into_vec(),
            patterns,
            regex,
            values,
        })
    }

    /// Whether it speaks of values themselves, so that it must be asked while they are at hand.
    pub(crate) fn is_about_values(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether it sets a finding in an item of this name aside. `value` is the matched text, where
    /// that is at hand.
    pub(crate) fn covers(&self, item: &str, finding: &Finding, value: Option<&[u8]>) -> bool {
        let named = |list: &[String], word: &str| list.is_empty() || list.iter().any(|w| w == word);
        named(&self.detectors, &finding.detector)
            && named(&self.categories, &finding.category)
            && (self.paths.is_empty() || self.globs.is_match(item))
            && (self.values.is_empty()
                || finding.fingerprint.as_ref().is_some_and(|f| self.values.contains(f)))
            && match (&self.regex, value) {
                (None, _) => true,
                (Some(regex), Some(value)) => regex.is_match(value),
                (Some(_), None) => false,
            }
    }

    pub(crate) fn detectors(&self) -> &[String] {
        &self.detectors
    }

    pub(crate) fn categories(&self) -> &[String] {
        &self.categories
    }
}

impl PartialEq for Allow {
    fn eq(&self, other: &Self) -> bool {
        let key = |a: &Self| {
            let lists = [&a.paths, &a.detectors, &a.categories, &a.patterns, &a.values];
            (a.id.clone(), a.why.clone(), a.until, lists.map(Clone::clone))
        };
        key(self) == key(other)
    }
}
