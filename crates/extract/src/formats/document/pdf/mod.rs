//! PDF: the text of its pages as it is seen, and everything else that is written in the file.
//!
//! Two readers look at a file. hayro follows its cross-reference table and interprets its pages;
//! a sweep of our own finds every object that stands in the bytes. What the second finds and the
//! first does not show (properties, comments, form values, scripts, attached files, hidden layers,
//! earlier revisions) is read as well.

mod device;
mod filter;
mod graft;
mod layout;
mod pages;
mod reach;
mod rest;
mod strings;
mod sweep;
mod things;
mod value;

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Content, Fate, Layout, Part, Place, Reason, Segment, Stopped};
use graft::Graft;
use hayro_syntax::LoadPdfError;
use reach::Reach;
use rest::{Facts, Rest, Waiting};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::ops::ControlFlow;
use std::sync::Arc;
use sweep::Swept;
use things::{MOST_STREAM, Thing};
use value::{Dict, Value};

/// Portable Document Format, any version.
pub struct Pdf;

/// The header may stand within so many first bytes.
const HEADER_WITHIN: usize = 1024;
/// Decoded pages are kept by hayro; once there are so many bytes of them it is opened anew.
const MOST_PAGES_KEPT: usize = 24 << 20;
/// Flate gives at most so many bytes for one.
const FLATE_RATIO: usize = 1_100;
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
        let bytes = match part.content.bytes(descent.budget().limits().buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
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

/// One document being read.
struct Document<'r, 'd> {
    bytes: Vec<u8>,
    swept: Swept,
    descent: &'r mut Descent<'d>,
}

impl Document<'_, '_> {
    /// Reads all of it. False when it is left to the printable-strings pass.
    fn read(mut self) -> ControlFlow<(), bool> {
        let encrypted = self.swept.trailers.iter().any(|t| t.get("Encrypt").is_some());
        if self.swept.ends.is_empty() {
            self.descent.note_with(Reason::Damaged, None, "its end is missing");
        } else if self.swept.headers.is_empty() {
            self.descent.note_with(Reason::Damaged, None, "its beginning is missing");
        }
        if self.swept.objects.is_empty() {
            return ControlFlow::Continue(false);
        }
        let original = self.bytes.len();
        if !encrypted {
            let graft = self.graft(None);
            self.write(&graft);
        }
        let mut data = Arc::new(std::mem::take(&mut self.bytes));
        let mut open = hayro_syntax::Pdf::new(data.clone());
        if open.as_ref().is_err_and(|e| encrypted || matches!(e, LoadPdfError::Decryption(_))) {
            self.descent.note_with(Reason::Encrypted, Some(original as u64), "");
            return ControlFlow::Continue(false);
        }
        if let (true, Ok(pdf)) = (encrypted, &open) {
            let graft = self.graft(Some(pdf));
            if !graft.is_empty() {
                drop(open);
                self.bytes = Arc::try_unwrap(data).unwrap_or_else(|data| (*data).clone());
                self.write(&graft);
                data = Arc::new(std::mem::take(&mut self.bytes));
                open = hayro_syntax::Pdf::new(data.clone());
            }
        }
        if open.is_err() {
            drop(open);
            self.bytes = Arc::try_unwrap(data).unwrap_or_else(|data| (*data).clone());
            let graft = self.catalog();
            self.write(&graft);
            data = Arc::new(std::mem::take(&mut self.bytes));
            open = hayro_syntax::Pdf::new(data.clone());
        }
        let mut seen = Seen::default();
        let mut reach = Reach::default();
        let open = match open {
            Ok(pdf) => Some(self.pages(pdf, &data, &mut reach, &mut seen)?),
            Err(_) => {
                self.descent.note(Reason::Damaged);
                None
            }
        };
        let reader = open.as_ref().map(|p| pages::Reader::new(p.xref(), self.descent.budget()));
        let mut facts = Facts::default();
        for trailer in &self.swept.trailers {
            if let Some(Value::Ref(number)) = trailer.get("Info") {
                facts.info.insert(*number);
            }
        }
        let file = &data[..original];
        let source = match (&open, encrypted) {
            (Some(pdf), true) => Source::Decrypted(pdf),
            _ => Source::File(file),
        };
        let _ = self.things(&source, |_, thing| -> ControlFlow<()> {
            facts.learn(&thing);
            ControlFlow::Continue(())
        });
        let budget = self.descent.budget();
        let mut rest = Rest {
            descent: &mut *self.descent,
            open: open.as_ref().zip(reader.as_ref()),
            reach: &reach,
            seen: &mut seen,
            facts: &facts,
            waiting: Waiting::default(),
        };
        let mut faults = Vec::new();
        let flow = match source {
            Source::File(file) => {
                let each = |thing: Thing<'_>| rest.thing(thing);
                things::in_file(file, &self.swept, budget, each, |reason| faults.push(reason))
            }
            Source::Decrypted(pdf) => {
                let each = |thing: Thing<'_>| rest.thing(thing);
                things::decrypted(pdf, budget, each, |reason| faults.push(reason))
            }
        };
        flow?;
        rest.finish()?;
        for trailer in &self.swept.trailers {
            for entry in strings::entries(&Value::Dict(trailer.clone()), true) {
                let place = Place::Property { name: entry.key };
                let segment = Segment::new(entry.text.as_bytes(), place)
                    .with_layout(Layout::Whole)
                    .with_role(dlpscan_core::model::Role::Metadata);
                self.descent.segment(&segment)?;
            }
        }
        for reason in faults {
            self.descent.note_with(reason, None, "a stream of objects");
        }
        ControlFlow::Continue(true)
    }

    /// Looks at every object; what goes wrong on the way is noted when they are read.
    fn things<'t, B>(
        &self,
        source: &Source<'t>,
        mut each: impl FnMut(&Self, Thing<'t>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let budget = self.descent.budget();
        match *source {
            Source::File(file) => {
                things::in_file(file, &self.swept, budget, |t| each(self, t), |_| {})
            }
            Source::Decrypted(pdf) => things::decrypted(pdf, budget, |t| each(self, t), |_| {}),
        }
    }

    /// What hayro must not meet as it stands: streams that unpack without measure, and the
    /// catalog's list of hidden layers.
    fn graft(&self, pdf: Option<&hayro_syntax::Pdf>) -> Graft {
        let mut graft = Graft::default();
        let mut last: std::collections::HashMap<u32, (Dict, Option<Vec<u8>>)> = Default::default();
        let source = pdf.map_or(Source::File(&self.bytes), Source::Decrypted);
        let _ = self.things(&source, |_, thing| -> ControlFlow<()> {
            let Some(dict) = thing.dict() else { return ControlFlow::Continue(()) };
            let catalog = dict.is("Type", "Catalog") && dict.get("OCProperties").is_some();
            let bomb = thing.raw.as_deref().and_then(|raw| bomb(dict, raw));
            if catalog || bomb.is_some() {
                last.insert(thing.number, (dict.clone(), bomb));
            } else {
                last.remove(&thing.number);
            }
            ControlFlow::Continue(())
        });
        for (number, (mut dict, bomb)) in last {
            match bomb {
                Some(decoded) => graft.stream(number, &dict, &decoded, pdf.is_some()),
                None => {
                    dict.0.retain(|(key, _)| key != b"OCProperties");
                    graft.dict(number, &dict, true);
                }
            }
        }
        graft
    }

    /// A page tree over every page object, for a file that hayro cannot open.
    fn catalog(&self) -> Graft {
        let mut pages = Vec::new();
        let mut free = 0;
        let _ = self.things(&Source::File(&self.bytes), |_, thing| -> ControlFlow<()> {
            free = free.max(thing.number);
            if thing.dict().is_some_and(|d| d.is("Type", "Page")) && !pages.contains(&thing.number)
            {
                pages.push(thing.number);
            }
            ControlFlow::Continue(())
        });
        let mut graft = Graft::default();
        graft.catalog(free.saturating_add(1), &pages);
        graft
    }

    fn write(&mut self, graft: &Graft) {
        if !graft.is_empty() {
            let trailer = self.swept.trailers.iter().rev().find(|t| t.get("Root").is_some());
            graft.write(&mut self.bytes, trailer);
        }
    }

    /// Reads the pages. Gives the document back as it is open at the end.
    fn pages(
        &mut self,
        pdf: hayro_syntax::Pdf,
        data: &Arc<Vec<u8>>,
        reach: &mut Reach,
        seen: &mut Seen,
    ) -> ControlFlow<(), hayro_syntax::Pdf> {
        let mut pdf = pdf;
        let mut next = 0;
        while next < pdf.pages().len() {
            if next > 0 {
                match hayro_syntax::Pdf::new(data.clone()) {
                    Ok(again) => pdf = again,
                    Err(_) => break,
                }
            }
            let reader = pages::Reader::new(pdf.xref(), self.descent.budget());
            let mut kept = 0;
            for page in &pdf.pages()[next..] {
                if let Err(Stopped(reason)) = self.descent.budget().check() {
                    self.descent.note(reason);
                    next = usize::MAX;
                    break;
                }
                next += 1;
                self.page(&reader, page, next as u64, seen)?;
                reach.page(page, next as u64);
                kept += page.page_stream().map_or(0, <[u8]>::len);
                if kept > MOST_PAGES_KEPT {
                    break;
                }
            }
        }
        ControlFlow::Continue(pdf)
    }

    fn page<'a>(
        &mut self,
        reader: &pages::Reader<'a, '_>,
        page: &hayro_syntax::page::Page<'a>,
        number: u64,
        seen: &mut Seen,
    ) -> Flow {
        let written = reader.page(page);
        if let Some(reason) = written.stopped {
            self.descent.note(reason);
        }
        if written.unmapped {
            self.descent.note_with(Reason::Unsupported, None, NO_LETTERS);
        }
        if written.pictures {
            self.descent.note_with(Reason::NoOcr, None, &format!("page {number}"));
        }
        let sheet = format!("page {number}");
        let mut page_text = layout::tables::page_text(&written.lines, &sheet);
        for spoken in &written.spoken {
            if !page_text.text.contains(spoken.trim()) {
                page_text.text.push_str(spoken);
                page_text.text.push('\n');
            }
        }
        let (loose, unclosed) = page.page_stream().map(strings::loose).unwrap_or_default();
        if unclosed || (page_text.text.is_empty() && loose.trim().len() >= 4) {
            self.descent.note_with(Reason::Damaged, None, &sheet);
            page_text.text.push_str(&loose);
        }
        for line in page_text.text.lines() {
            seen.add(line);
        }
        self.give(&page_text, number)
    }

    /// Gives a page's text: its tables, and what stands before, between and behind them, each
    /// with the whole page around it.
    fn give(&mut self, page: &layout::tables::PageText, number: u64) -> Flow {
        let whole = Segment::new(page.text.as_bytes(), Place::Page { page: number })
            .with_layout(Layout::Whole);
        let mut at = 0;
        for (range, table) in &page.tables {
            if range.start > at {
                self.descent.segment(&Segment { body: at..range.start, ..whole.clone() })?;
            }
            let layout = Layout::Table(table);
            self.descent.segment(&Segment { body: range.clone(), layout, ..whole.clone() })?;
            at = range.end;
        }
        if at < page.text.len() {
            self.descent.segment(&Segment { body: at..page.text.len(), ..whole })?;
        }
        Flow::Continue(())
    }
}

/// Where objects are read from.
enum Source<'t> {
    File(&'t [u8]),
    Decrypted(&'t hayro_syntax::Pdf),
}

/// The beginning of a stream that unpacks to more than is kept in memory.
fn bomb(dict: &Dict, raw: &[u8]) -> Option<Vec<u8>> {
    let filters = filter::names(dict);
    let can_grow = filters.len() > 1 || raw.len().saturating_mul(FLATE_RATIO) > MOST_STREAM;
    if filters.is_empty() || !can_grow || dict.is("Subtype", "Image") {
        return None;
    }
    let decoded = filter::decode(raw, dict, MOST_STREAM);
    let over = matches!(decoded.fault, Some(Reason::LimitBytes | Reason::LimitDepth));
    over.then_some(decoded.bytes)
}
