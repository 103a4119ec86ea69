use super::Content;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The chain of names from an item to one of its parts: `17 › offer.zip › prices.xlsx`.
///
/// Cheap to clone. Empty for the item itself. Names are for people: they are never used as paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartPath(Arc<Vec<String>>);

impl PartPath {
    /// The item itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// A part of this part.
    pub fn join(&self, name: impl Into<String>) -> Self {
        let mut names = Vec::with_capacity(self.0.len() + 1);
        names.extend(self.0.iter().cloned());
        names.push(name.into());
        PartPath(Arc::new(names))
    }

    /// The names, outermost first.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// How deep the part lies; 0 for the item itself.
    pub fn depth(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<String> for PartPath {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        PartPath(Arc::new(names.into_iter().collect()))
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" › "))
    }
}

/// A named piece of an item, itself bytes: a file, a mail's attachment, an archive's entry.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its name inside its parent; for an item, the last piece of the item's name.
    pub name: String,
    /// The media type its container declares (`application/pdf`), if any. A hint, never trusted.
    pub media: Option<String>,
    /// The charset its container declares, if any.
    pub charset: Option<String>,
    /// Its bytes.
    pub content: Content<'a>,
}

impl<'a> Part<'a> {
    /// A part with nothing declared.
    pub fn new(name: impl Into<String>, content: Content<'a>) -> Self {
        Part { name: name.into(), media: None, charset: None, content }
    }
}
