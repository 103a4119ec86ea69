//! PDF: the text of its pages as it is seen, and everything else that is written in the file.
//!
//! Two readers look at a file. hayro follows its cross-reference table and interprets its pages;
//! a sweep of our own finds every object that stands in the bytes. What the second finds and the
//! first does not show (properties, comments, form values, scripts, attached files, hidden layers,
//! earlier revisions) is read as well.

#[cfg(feature = "pictures")]
mod canvas;
mod device;
mod document;
mod filter;
mod graft;
mod pages;
mod reach;
mod rest;
mod strings;
mod sweep;
mod things;
mod value;

use super::layout;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Content, Fate, Part, Reason};
use document::Document;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use sweep::Swept;

/// Portable Document Format, any version.
pub struct Pdf;

/// The header may stand within so many first bytes.
const HEADER_WITHIN: usize = 1024;
/// Said of glyphs without letters.
const NO_LETTERS: &str = "a font does not say which letters its glyphs are";

impl Extractor for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let head = &head[..head.len().min(HEADER_WITHIN)];
        let named = hint.ends(&["pdf"]) || hint.media == "application/pdf";
        match memchr::memmem::find(head, b"%PDF-") {
            Some(0) => Sure::Certain,
            // Something stands before it: a byte order mark, a mail's leftovers, or prose that
            // speaks of PDF.
            Some(at) => {
                let object = memchr::memmem::find(&head[at..], b" obj").is_some();
                if named || object { Sure::Certain } else { Sure::No }
            }
            // Its header is damaged, its objects may be sound.
            None if named && memchr::memmem::find(head, b" 0 obj").is_some() => Sure::Certain,
            None => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        let mut bytes = bytes.into_owned();
        let mut swept = sweep::sweep(&bytes);
        if swept.too_many {
            descent.note_with(Reason::LimitCount, None, "more objects than are looked at");
        }
        if let Some(second) = second_document(&swept) {
            descent.part(Part::new("second document", Content::Bytes(&bytes[second..])))?;
            descent.claim(second as u64..bytes.len() as u64, Fate::Scanned);
            bytes.truncate(second);
            swept = sweep::sweep(&bytes);
        }
        let end = swept.ends.last().copied();
        let whole = end.map_or(bytes.len(), |end| end.min(bytes.len()));
        tail(&bytes, whole, descent)?;
        let start = swept.headers.first().copied().unwrap_or(0);
        let read = Document { bytes, swept, descent: &mut *descent }.read()?;
        if read {
            descent.claim(start as u64..whole as u64, Fate::Scanned);
        }
        Flow::Continue(())
    }
}

/// Where a whole second document begins behind the end of the first.
fn second_document(swept: &Swept) -> Option<usize> {
    let end = *swept.ends.first()?;
    swept.headers.iter().copied().skip(1).find(|&header| header >= end)
}

/// Reads what stands behind the document's end if it is another file. If it is not, nobody claims
/// it, and the printable-strings pass gets it.
fn tail(bytes: &[u8], whole: usize, descent: &mut Descent<'_>) -> Flow {
    let tail = bytes[whole..].trim_ascii_start();
    let hint = Hint { name: "", media: "", len: Some(tail.len() as u64) };
    let head = &tail[..tail.len().min(crate::extractor::SNIFF)];
    match descent.choose(head, &hint) {
        Some((_, sure)) if sure >= Sure::Certain && !tail.is_empty() => {
            descent.part(Part::new("after the end", Content::Bytes(tail)))?;
            descent.claim(whole as u64..bytes.len() as u64, Fate::Scanned);
            Flow::Continue(())
        }
        _ => Flow::Continue(()),
    }
}

/// Lines that were scanned, so that the same text under another object is not scanned again.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashSet<u64>);

impl Seen {
    /// True when the line is new. White space does not count.
    fn add(&mut self, line: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        let mut any = false;
        for c in line.chars().filter(|c| !c.is_whitespace()) {
            hasher.write_u32(c as u32);
            any = true;
        }
        any && self.0.insert(hasher.finish())
    }
}
