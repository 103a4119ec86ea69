//! The winmail.dat files that Outlook wraps its messages in (TNEF, MS-OXTNEF).

use super::mapi::{Kind, Properties, Property};
use super::mapi_text::{self, property};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::names;
use crate::formats::text::Gather;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Role, Segment};
use std::ops::Range;

/// TNEF: the message's text in all its forms, its properties, its attachments.
pub struct Tnef;

const MAGIC: &[u8] = b"\x78\x9f\x3e\x22";

/// Attributes whose data is read (MS-OXTNEF 2.1.3.2).
mod attribute {
    pub(super) const SUBJECT: u32 = 0x0001_8004;
    pub(super) const BODY: u32 = 0x0002_800c;
    pub(super) const RECIPIENTS: u32 = 0x0006_9004;
    pub(super) const PROPERTIES: u32 = 0x0006_9003;
    pub(super) const CODE_PAGE: u32 = 0x0006_9007;
    pub(super) const ATTACHMENT: u32 = 0x0006_9002;
    pub(super) const ATTACHMENT_DATA: u32 = 0x0006_800f;
    pub(super) const ATTACHMENT_TITLE: u32 = 0x0001_8010;
    pub(super) const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;
}

impl Extractor for Tnef {
    fn name(&self) -> &'static str {
        "tnef"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        let mut reading = Reading { bytes: &bytes, charset: None, attached: None, number: 0 };
        let flow = reading.all(descent);
        if flow.is_continue() { reading.attach(descent) } else { flow }
    }
}

/// An attachment: its data and its name come in any order.
#[derive(Default)]
struct Attached {
    title: Option<String>,
    data: Vec<Range<usize>>,
}

struct Reading<'a> {
    bytes: &'a [u8],
    /// Charset of the text that is not UTF-16.
    charset: Option<String>,
    attached: Option<Attached>,
    number: usize,
}

impl Reading<'_> {
    /// Reads attribute after attribute: a level, a number, a length, data, a sum of its bytes.
    fn all(&mut self, descent: &mut Descent<'_>) -> Flow {
        let mut at = MAGIC.len() + 2;
        descent.claim(0..at.min(self.bytes.len()) as u64, Fate::Scanned);
        if self.bytes.len() < at + 9 {
            descent.note(Reason::Truncated);
            return Flow::Continue(());
        }
        while at < self.bytes.len() && descent.budget().check().is_ok() {
            let head = self.bytes.get(at..at + 9);
            let Some(&[1 | 2, a, b, c, d, e, f, g, h]) = head.and_then(|h| h.first_chunk::<9>())
            else {
                // What follows is looked through for text.
                descent.note_with(Reason::Damaged, None, "something follows its last attribute");
                break;
            };
            let id = u32::from_le_bytes([a, b, c, d]);
            let len = u32::from_le_bytes([e, f, g, h]) as usize;
            let start = at + 9;
            let end = start.saturating_add(len).min(self.bytes.len());
            descent.claim(at as u64..start as u64, Fate::Scanned);
            let data = &self.bytes[start..end];
            let told = self.bytes.get(end..end + 2).map(|s| u16::from_le_bytes([s[0], s[1]]));
            if end - start < len || told.is_none() {
                descent.note_with(Reason::Damaged, None, "an attribute is longer than the file");
            } else if told != Some(data.iter().fold(0_u16, |n, &b| n.wrapping_add(u16::from(b)))) {
                descent.note_with(Reason::Damaged, None, "a checksum in it is wrong");
            }
            self.attribute(id, start..end, descent)?;
            at = (end + 2).min(self.bytes.len());
            descent.claim(end as u64..at as u64, Fate::Scanned);
        }
        Flow::Continue(())
    }

    fn attribute(&mut self, id: u32, range: Range<usize>, descent: &mut Descent<'_>) -> Flow {
        let data = &self.bytes[range.clone()];
        match id {
            attribute::CODE_PAGE => {
                let page = data.first_chunk().map(|&number| u32::from_le_bytes(number));
                self.charset = page.and_then(mapi_text::charset);
            }
            attribute::SUBJECT => {
                let text = mapi_text::text(Kind::Narrow, data, self.charset.as_deref());
                let place = Place::Property { name: "subject".to_owned() };
                descent.segment(&Segment::new(text.as_bytes(), place))?;
            }
            attribute::BODY => {
                let charset = self.charset.as_deref();
                mapi_text::body(Kind::Narrow, data, charset, descent)?;
            }
            attribute::ATTACHMENT => {
                self.attach(descent)?;
                self.attached = Some(Attached::default());
            }
            attribute::ATTACHMENT_DATA => {
                self.attached.get_or_insert_default().data.push(range);
                return Flow::Continue(());
            }
            attribute::ATTACHMENT_TITLE => {
                let title = mapi_text::text(Kind::Narrow, data, self.charset.as_deref());
                self.attached.get_or_insert_default().title.get_or_insert(title);
            }
            attribute::PROPERTIES | attribute::RECIPIENTS | attribute::ATTACHMENT_PROPERTIES => {
                return self.properties(id, range, descent);
            }
            // Dates, numbers and names in forms of their own: looked through for text.
            _ => return Flow::Continue(()),
        }
        descent.claim(range.start as u64..range.end as u64, Fate::Scanned);
        Flow::Continue(())
    }

    fn properties(&mut self, id: u32, range: Range<usize>, descent: &mut Descent<'_>) -> Flow {
        let mut all =
            Properties { bytes: self.bytes, at: range.start, end: range.end, out: Vec::new() };
        let whole = if id == attribute::RECIPIENTS { all.lists() } else { all.list() };
        if whole.is_none() {
            descent.note_with(Reason::Damaged, None, "its properties contradict themselves");
        }
        let inside = id == attribute::ATTACHMENT_PROPERTIES;
        // Like the headers of other mail, a message's properties are its content.
        let role = if inside { Role::Metadata } else { Role::Content };
        let mut lines = Gather::new().with_role(role);
        for found in all.out {
            if descent.budget().check().is_err() {
                break;
            }
            self.property(&found, inside, &mut lines, descent)?;
        }
        lines.finish(descent)
    }

    fn property(
        &mut self,
        found: &Property,
        inside: bool,
        lines: &mut Gather,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let data = &self.bytes[found.value.clone()];
        match (found.id, found.kind) {
            (property::DATA, kind) if inside => {
                let mut range = found.value.clone();
                if kind == Kind::Object && data.len() >= 16 {
                    range.start += 16;
                }
                self.attached.get_or_insert_default().data.push(range);
                return Flow::Continue(());
            }
            // Identifiers and keys: looked through for text.
            (id, Kind::Binary | Kind::Object) if !matches!(id, property::RTF | property::HTML) => {
                return Flow::Continue(());
            }
            (id, kind) => {
                let charset = self.charset.as_deref();
                if inside && (id == property::LONG_NAME || id == property::SHORT_NAME) {
                    let text = mapi_text::text(kind, data, charset);
                    let attached = self.attached.get_or_insert_default();
                    if id == property::LONG_NAME || attached.title.is_none() {
                        attached.title = Some(text);
                    }
                }
                let own = found.name.clone();
                let own = own.map(|name| mapi_text::text(Kind::Wide, &self.bytes[name], None));
                mapi_text::give(id, kind, data, own, charset, lines, descent)?;
            }
        }
        descent.claim(found.value.start as u64..found.value.end as u64, Fate::Scanned);
        Flow::Continue(())
    }

    /// Gives the attachment that was read last.
    fn attach(&mut self, descent: &mut Descent<'_>) -> Flow {
        let Some(attached) = self.attached.take() else { return Flow::Continue(()) };
        self.number += 1;
        let title = attached.title.unwrap_or_default();
        let shown = names::shown(&title, self.number);
        if !title.is_empty() {
            names::give(&title, &shown, descent)?;
        }
        for range in attached.data.into_iter().filter(|range| !range.is_empty()) {
            descent.claim(range.start as u64..range.end as u64, Fate::Scanned);
            descent.part(Part::new(shown.clone(), Content::Bytes(&self.bytes[range])))?;
        }
        Flow::Continue(())
    }
}
