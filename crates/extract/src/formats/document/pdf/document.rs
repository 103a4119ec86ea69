//! One document from its beginning to its end: made safe for hayro, its pages read, then the rest.

use super::graft::Graft;
use super::reach::Reach;
use super::rest::{Facts, Rest, Waiting};
use super::sweep::Swept;
use super::things::{self, MOST_STREAM, Thing};
use super::value::{self, Dict, Value};
use super::{NO_LETTERS, Seen, filter, layout, pages, strings};
use crate::descend::{Descent, Flow};
#[cfg(feature = "pictures")]
use crate::formats::image;
use dlpscan_core::model::{Layout, Place, Reason, Role, Segment, Stopped};
use hayro_syntax::LoadPdfError;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Decoded pages are kept by hayro; once there are so many bytes of them it is opened anew.
const MOST_PAGES_KEPT: usize = 24 << 20;
/// Flate gives at most so many bytes for one.
const FLATE_RATIO: usize = 1_100;
/// Beginnings of streams that unpack without measure are kept, so many bytes in all; after that
/// only a little of each.
const MOST_GRAFTED: usize = 40 << 20;
const SHORT_GRAFT: usize = 64 << 10;

/// One document being read.
pub(super) struct Document<'r, 'd> {
    /// Its bytes, from its header to its end and what follows.
    pub bytes: Vec<u8>,
    /// What stands in them.
    pub swept: Swept,
    /// Where its text goes.
    pub descent: &'r mut Descent<'d>,
}

impl Document<'_, '_> {
    /// Reads all of it. False when it is left to the printable-strings pass.
    pub fn read(mut self) -> ControlFlow<(), bool> {
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
        let graft = if encrypted { Graft::default() } else { self.graft(None) };
        self.defuse();
        self.write(&graft);
        let mut data = Arc::new(std::mem::take(&mut self.bytes));
        let mut open = self.open(&data);
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
                open = self.open(&data);
            }
        }
        if open.is_err() {
            drop(open);
            self.bytes = Arc::try_unwrap(data).unwrap_or_else(|data| (*data).clone());
            let graft = self.catalog();
            self.write(&graft);
            data = Arc::new(std::mem::take(&mut self.bytes));
            open = self.open(&data);
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
        if facts.circular_tables() {
            self.descent.note_with(Reason::Cycle, None, "a font's table of letters holds itself");
        }
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
                    .with_role(Role::Metadata);
                self.descent.segment(&segment)?;
            }
        }
        for reason in faults {
            self.descent.note_with(reason, None, "a stream of objects");
        }
        ControlFlow::Continue(true)
    }

    /// Opens the document, with one of the passwords given if it needs one.
    fn open(&mut self, data: &Arc<Vec<u8>>) -> Result<hayro_syntax::Pdf, LoadPdfError> {
        let locked = match hayro_syntax::Pdf::new(data.clone()) {
            Err(locked @ LoadPdfError::Decryption(_)) => locked,
            open => return open,
        };
        for password in self.descent.passwords() {
            let Ok(text) = std::str::from_utf8(password.reveal()) else { continue };
            if self.descent.budget().check().is_err() {
                break;
            }
            if let Ok(open) = hayro_syntax::Pdf::new_with_password(data.clone(), text) {
                self.descent.opened(None);
                return Ok(open);
            }
        }
        Err(locked)
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
        let mut held = 0;
        let mut last: HashMap<u32, (Dict, Option<Vec<u8>>)> = Default::default();
        let source = pdf.map_or(Source::File(&self.bytes), Source::Decrypted);
        let _ = self.things(&source, |_, thing| -> ControlFlow<()> {
            let Some(dict) = thing.dict() else { return ControlFlow::Continue(()) };
            let catalog = dict.is("Type", "Catalog") && dict.get("OCProperties").is_some();
            let mut bomb = thing.raw.as_deref().and_then(|raw| bomb(dict, raw));
            if let Some(decoded) = &mut bomb {
                held += decoded.len();
                if held > MOST_GRAFTED {
                    decoded.truncate(SHORT_GRAFT);
                    decoded.shrink_to_fit();
                }
            }
            if catalog || bomb.is_some() {
                last.insert(thing.number, (dict.clone(), bomb));
            } else {
                last.remove(&thing.number);
            }
            ControlFlow::Continue(())
        });
        let mut last: Vec<_> = last.into_iter().collect();
        last.sort_by_key(|(number, _)| *number);
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

    /// Spoils what hayro decodes at its place in the file, whatever replaces it: cross-reference
    /// streams and object streams that unpack without measure.
    fn defuse(&mut self) {
        for found in &self.swept.objects {
            let Some(range) = found.stream.clone() else { continue };
            let value = value::Lexer::new(&self.bytes, found.start).value();
            let Some(Value::Dict(dict)) = value else { continue };
            let (table, objects) = (dict.is("Type", "XRef"), dict.is("Type", "ObjStm"));
            if !(table || objects) || bomb(&dict, &self.bytes[range.clone()]).is_none() {
                continue;
            }
            let head = &mut self.bytes[found.start..range.start];
            match memchr::memmem::find(head, b"ObjStm").filter(|_| objects) {
                Some(at) => head[at..at + 6].copy_from_slice(things::DEFUSED),
                None => {
                    let end = range.end.min(range.start + 16);
                    self.bytes[range.start..end].fill(0xFF);
                }
            }
        }
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
                match self.open(data) {
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
        let sheet = format!("page {number}");
        let mut page_text = layout::tables::page_text(&written.lines, &sheet);
        page_text.text.push_str(&layout::text(&written.guessed));
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
        if page_text.text.is_empty() && written.pictures.is_none() {
            // An empty page was read, if only to see that it is empty.
            page_text.text.push('\n');
        }
        self.give(&page_text, number)?;
        match written.pictures {
            Some(dots) => self.pictures(reader, page, (number, dots), &page_text.text),
            None => Flow::Continue(()),
        }
    }

    /// Reads what is written in the pictures of a page, but for what stands on it as text as well.
    #[cfg(feature = "pictures")]
    fn pictures<'a>(
        &mut self,
        reader: &pages::Reader<'a, '_>,
        page: &hayro_syntax::page::Page<'a>,
        (number, dots): (u64, f64),
        known: &str,
    ) -> Flow {
        let sheet = format!("page {number}");
        if self.descent.ocr().is_none() {
            self.descent.note_with(Reason::NoOcr, None, &sheet);
            return Flow::Continue(());
        }
        let painted = reader.pictures(page, dots);
        if let Ok(painted) = &painted {
            image::codes::give(painted, Some(number), self.descent)?;
        }
        let read = painted.and_then(|painted| image::writing::lines(&painted, self.descent));
        match read {
            Ok(mut lines) => {
                let mut own = Seen::default();
                known.lines().for_each(|line| {
                    own.add(line);
                });
                lines.retain(|line| own.add(&layout::text(std::slice::from_ref(line))));
                let mut read = layout::tables::page_text(&lines, &sheet);
                if read.text.is_empty() {
                    read.text.push('\n');
                }
                self.give(&read, number)
            }
            Err(reason) => {
                self.descent.note_with(reason, None, &sheet);
                Flow::Continue(())
            }
        }
    }

    /// Notes that what is written in the pictures of a page was not read.
    #[cfg(not(feature = "pictures"))]
    fn pictures<'a>(
        &mut self,
        _: &pages::Reader<'a, '_>,
        _: &hayro_syntax::page::Page<'a>,
        (number, _): (u64, f64),
        _: &str,
    ) -> Flow {
        self.descent.note_with(Reason::NoOcr, None, &format!("page {number}"));
        Flow::Continue(())
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

/// True when so many bytes of Flate may give more than is kept in memory.
fn may_grow(packed: usize) -> bool {
    packed.saturating_mul(FLATE_RATIO) > MOST_STREAM
}

/// The beginning of a stream that unpacks to more than is kept in memory.
fn bomb(dict: &Dict, raw: &[u8]) -> Option<Vec<u8>> {
    let filters = filter::names(dict);
    let can_grow = filters.len() > 1 || may_grow(raw.len());
    if filters.is_empty() || !can_grow || dict.is("Subtype", "Image") {
        return None;
    }
    let decoded = filter::decode(raw, dict, MOST_STREAM);
    let over = matches!(decoded.fault, Some(Reason::LimitBytes | Reason::LimitDepth));
    over.then_some(decoded.bytes)
}
