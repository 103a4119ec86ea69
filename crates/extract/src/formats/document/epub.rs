//! Electronic books (EPUB): an archive of web pages, which the readers of those read.

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::ENTRIES;
use dlpscan_core::model::Part;

/// The extractor for electronic books.
pub struct Epub;

/// The entry that says what the archive is, which is never compressed (EPUB 3.3, 4.2.6.2).
const TYPE: &[u8] = b"mimetypeapplication/epub+zip";

impl Extractor for Epub {
    fn name(&self) -> &'static str {
        "epub"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let told = head.starts_with(b"PK\x03\x04") && memchr::memmem::find(head, TYPE).is_some();
        if told { Sure::Exact } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(zip) = descent.named("zip") else { return Flow::Continue(()) };
        zip.extract(Part { media: Some(ENTRIES.to_owned()), ..part }, descent)
    }
}
