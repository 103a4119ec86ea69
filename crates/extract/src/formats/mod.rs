//! The formats, by family. Each family has one visible list.

pub mod archive;
pub mod document;
pub mod image;
pub mod mail;
pub mod raw;
pub mod table;
pub mod text;
pub mod volume;

use crate::extractor::Extractor;

/// Every extractor of this build. Among equally sure ones the first wins.
pub fn all() -> Vec<&'static dyn Extractor> {
    [document::LIST, image::LIST, mail::LIST, archive::LIST, volume::LIST, table::LIST, text::LIST]
        .concat()
}
