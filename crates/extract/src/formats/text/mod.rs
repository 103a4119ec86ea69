//! Plain and marked-up text.

pub(crate) mod encoded;
mod folded;
mod gather;
mod html;
mod json;
mod plain;
mod plist;
mod plist_object;
mod postscript;
mod whole;
mod xml;

pub use folded::Folded;
pub use gather::Gather;
pub use html::Html;
pub use json::Json;
pub(crate) use plain::{Foreign, untouched};
pub use plain::{Plain, is_text, scan};
pub use xml::Xml;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] =
    &[&plist::Plist, &postscript::PostScript, &Html, &Json, &Xml, &Folded, &Plain];
