use crate::model::{Segment, Trust};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A match that still has to be believed: what a [`Validator`] is shown.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The value as it stands in the folded text: the pattern's `value` group, or the whole match.
    /// For a pair: first, one space, second.
    pub value: &'a [u8],
    /// The folded text of the whole segment.
    pub text: &'a [u8],
    /// Where the value stands in `text`.
    pub span: Range<usize>,
    /// The named groups of the pattern that took part, and their text.
    pub groups: &'a [(&'a str, &'a [u8])],
    /// The segment, for its place, title, table and role. Its `text` is the unfolded text.
    pub segment: &'a Segment<'a>,
}

impl<'a> Candidate<'a> {
    /// The text of a named group; the value itself for `value`.
    pub fn group(&self, name: &str) -> Option<&'a [u8]> {
        if name == "value" {
            return Some(self.value);
        }
        self.groups.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
    }

    /// The line of the segment that holds the start of the value, without its line break.
    pub fn line(&self) -> &'a [u8] {
        let start = memchr::memrchr(b'\n', &self.text[..self.span.start]).map_or(0, |i| i + 1);
        let end = memchr::memchr(b'\n', &self.text[self.span.start..])
            .map_or(self.text.len(), |i| self.span.start + i);
        &self.text[start..end]
    }
}

/// Tells whether a candidate is what it looks like. Immutable, shared by all threads, and linear
/// in the length of what it looks at.
pub trait Validator: Send + Sync {
    /// Valid, invalid, or unknown where the check does not apply.
    fn check(&self, candidate: &Candidate<'_>) -> Trust;
}

/// Makes a validator from the parameters in a detector file. The error is a sentence for the
/// person who wrote the file.
pub type CheckMaker =
    dyn Fn(&toml::Table) -> Result<Box<dyn Validator>, String> + Send + Sync + 'static;

/// The checks that detector files may name.
#[derive(Clone, Default)]
pub struct Checks {
    makers: BTreeMap<&'static str, Arc<CheckMaker>>,
}

impl Checks {
    /// No checks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check under its name. The maker may hold what the check needs beside its parameters,
    /// such as a table the operator named.
    pub fn add(
        &mut self,
        name: &'static str,
        maker: impl Fn(&toml::Table) -> Result<Box<dyn Validator>, String> + Send + Sync + 'static,
    ) {
        self.makers.insert(name, Arc::new(maker));
    }

    /// Makes a validator, or says what is wrong.
    pub fn make(&self, name: &str, parameters: &toml::Table) -> Result<Box<dyn Validator>, String> {
        match self.makers.get(name) {
            Some(maker) => maker(parameters),
            None => Err(format!(
                "there is no check called \"{name}\"; the checks are: {}",
                self.names().collect::<Vec<_>>().join(", ")
            )),
        }
    }

    /// The names of all checks, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.makers.keys().copied()
    }
}
