//! PDF: the text of its pages as it is seen, and everything else that is written in the file.

mod device;
mod layout;
mod pages;

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Fate, Layout, Part, Place, Reason, Segment, Stopped};
use hayro_syntax::{DecryptionError, LoadPdfError};

/// Portable Document Format, any version.
pub struct Pdf;

impl Extractor for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let head = &head[..head.len().min(HEADER_WITHIN)];
        match memchr::memmem::find(head, b"%PDF-") {
            Some(0) => Sure::Certain,
            // Something stands before it: a byte order mark, a mail's leftovers, or prose that
            // speaks of PDF.
            Some(at) => {
                let after = &head[at..];
                let named = hint.ends(&["pdf"]) || hint.media == "application/pdf";
                if named || memchr::memmem::find(after, b" obj").is_some() {
                    Sure::Certain
                } else {
                    Sure::No
                }
            }
            None => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let bytes = match part.content.bytes(descent.budget().limits().buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        let pdf = match hayro_syntax::Pdf::new(bytes.to_vec()) {
            Ok(pdf) => pdf,
            Err(LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm)) => {
                descent.note_with(Reason::Encrypted, Some(bytes.len() as u64), "");
                return Flow::Continue(());
            }
            Err(LoadPdfError::Decryption(_)) => {
                descent.note_with(Reason::Encrypted, Some(bytes.len() as u64), "");
                return Flow::Continue(());
            }
            Err(LoadPdfError::Invalid) => {
                descent.note(Reason::Damaged);
                return Flow::Continue(());
            }
        };
        let reader = pages::Reader::new(pdf.xref(), descent.budget());
        for (i, page) in pdf.pages().iter().enumerate() {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note(reason);
                return Flow::Continue(());
            }
            let written = reader.page(page);
            if let Some(reason) = written.stopped {
                descent.note(reason);
            }
            if written.unmapped {
                descent.note_with(Reason::Unsupported, None, "a font does not name its letters");
            }
            if written.pictures {
                descent.note(Reason::NoOcr);
            }
            let text = layout::text(&written.lines);
            let place = Place::Page { page: i as u64 + 1 };
            descent.segment(&Segment::new(text.as_bytes(), place).with_layout(Layout::Whole))?;
        }
        descent.claim(0..bytes.len() as u64, Fate::Scanned);
        Flow::Continue(())
    }
}

/// The header may stand within so many first bytes.
const HEADER_WITHIN: usize = 1024;
