//! Windows metafiles (MS-WMF, MS-EMF, MS-EMFPLUS): pictures kept as the calls that draw them, with
//! the letters that were written and the pictures that were put in.

mod drawing;
mod emf;
mod emf_plus;
mod wmf;

use super::laid_out;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::document::layout;
use crate::little_endian::{le16, le32};
use dlpscan_core::model::{Content, Fate, Layout, Part, Place, Reason, Role, Segment, Stopped};
use drawing::Drawing;
use std::borrow::Cow;

/// Enhanced metafiles, with what GDI+ draws in them.
pub const EMF: Metafile = Metafile { name: "emf", is: emf::is, walk: emf::walk };
/// Metafiles of 16-bit Windows, with and without the header that says where they are placed.
pub const WMF: Metafile = Metafile { name: "wmf", is: wmf::is, walk: wmf::walk };

/// A reader of one kind of metafile.
pub struct Metafile {
    name: &'static str,
    is: fn(&[u8]) -> bool,
    walk: fn(&[u8], &mut Reading<'_, '_>) -> Flow,
}

impl Extractor for Metafile {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        // A whole document may stand in one, within its first bytes.
        if (self.is)(head) { Sure::Exact } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        let mut reading = Reading {
            drawing: Drawing::default(),
            descent,
            end: bytes.len(),
            records: 0,
            pictures: 0,
            spoken: Vec::new(),
        };
        (self.walk)(&bytes, &mut reading)?;
        let end = reading.end;
        reading.finish()?;
        super::behind(&bytes, end, descent)
    }
}

/// Texts beside what is drawn that are kept.
const MOST_SPOKEN: usize = 10_000;

/// One metafile being read.
struct Reading<'r, 'd> {
    /// What was drawn so far.
    drawing: Drawing,
    descent: &'r mut Descent<'d>,
    /// Where its last record ends and something else may begin.
    end: usize,
    records: u64,
    pictures: u32,
    /// Texts that may be drawn a second time, for other readers.
    spoken: Vec<String>,
}

impl Reading<'_, '_> {
    /// True when there is time and room for another record.
    fn goes_on(&mut self) -> bool {
        self.records += 1;
        let spent = match self.records.is_multiple_of(1024) {
            true => self.descent.budget().check().err(),
            false => None,
        };
        let full = self.drawing.is_full().then_some(Stopped(Reason::LimitCount));
        match spent.or(full) {
            Some(Stopped(reason)) => {
                self.descent.note(reason);
                false
            }
            None => true,
        }
    }

    /// Says that a record was understood.
    fn claim(&mut self, range: std::ops::Range<usize>) {
        self.descent.claim(range.start as u64..range.end as u64, Fate::Scanned);
    }

    /// A text that stands in the file and may be drawn as well.
    fn speak(&mut self, text: &str) {
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        if !text.is_empty() && self.spoken.len() < MOST_SPOKEN {
            self.spoken.push(text.replace('\0', "\n"));
        }
    }

    /// A picture or another file that was put in.
    fn picture(&mut self, bytes: &[u8]) -> Flow {
        if bytes.is_empty() {
            return Flow::Continue(());
        }
        self.pictures += 1;
        let name = format!("picture {}", self.pictures);
        if let Err(Stopped(reason)) = self.descent.budget().take_bytes(bytes.len() as u64) {
            self.descent.note_inside(&name, reason, Some(bytes.len() as u64));
            return Flow::Continue(());
        }
        self.descent.part(Part::new(name, Content::Bytes(bytes)))
    }

    /// A picture of Windows' own kind: what it says of itself, and its pixels.
    fn bitmap(&mut self, info: &[u8], pixels: &[u8]) -> Flow {
        let file = as_file(info, pixels);
        self.picture(&file)
    }

    fn finish(self) -> Flow {
        let Reading { drawing, descent, spoken, .. } = self;
        if drawing.glyphs {
            let words = "text is written in it as numbers of glyphs";
            descent.note_with(Reason::Unsupported, None, words);
        }
        let drew = drawing.has_text();
        let lines = layout::lines(drawing.into_chunks());
        let drawn = layout::text(&lines);
        laid_out::give(&lines, None, descent)?;
        let mut more = spoken;
        more.retain(|text| !drawn.contains(text.as_str()));
        more.dedup();
        let more = more.join("\n");
        let segment = Segment::new(more.as_bytes(), Place::Whole)
            .with_layout(Layout::Whole)
            .with_role(Role::Content);
        descent.segment(&segment)?;
        if !drew && more.is_empty() {
            // Lines and areas without a letter were read, if only to see that.
            descent.blank(1);
        }
        Flow::Continue(())
    }
}

/// The file that a picture of Windows' own kind would be, whose pixels follow what it says of itself.
/// What is no such picture is given back.
pub(crate) fn bitmap_file(picture: &[u8]) -> Cow<'_, [u8]> {
    match header_len(picture).and_then(|len| picture.split_at_checked(len)) {
        Some((info, pixels)) if !pixels.is_empty() => as_file(info, pixels),
        _ => Cow::Borrowed(picture),
    }
}

/// Bytes of a picture before its pixels: header, masks, colours.
fn header_len(picture: &[u8]) -> Option<usize> {
    let header = le32(picture, 0)? as usize;
    if header == 12 {
        let bits = le16(picture, 10)?;
        return Some(12 + if bits <= 8 { 3 << bits } else { 0 });
    }
    let (bits, packing) = (le16(picture, 14)?, le32(picture, 16)?);
    let masks = if header == 40 && packing == 3 { 12 } else { 0 };
    let colours = match le32(picture, 32)? {
        0 if bits <= 8 => 1 << bits,
        n => n.min(256) as usize,
    };
    Some(header.saturating_add(masks + 4 * colours))
}

/// The file of a picture whose parts are known.
fn as_file<'b>(info: &[u8], pixels: &'b [u8]) -> Cow<'b, [u8]> {
    // It may hold a JPEG or PNG file as it is.
    if matches!(le32(info, 16), Some(4 | 5)) && le32(info, 0) >= Some(40) {
        return Cow::Borrowed(pixels);
    }
    let start = 14 + info.len();
    let mut file = b"BM".to_vec();
    file.extend(u32::try_from(start + pixels.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend([0; 4]);
    file.extend(u32::try_from(start).unwrap_or(u32::MAX).to_le_bytes());
    file.extend_from_slice(info);
    file.extend_from_slice(pixels);
    Cow::Owned(file)
}

fn signed(bytes: &[u8], at: usize) -> Option<f64> {
    le32(bytes, at).map(|n| f64::from(n as i32))
}

fn short(bytes: &[u8], at: usize) -> Option<f64> {
    le16(bytes, at).map(|n| f64::from(n as i16))
}

fn float(bytes: &[u8], at: usize) -> Option<f64> {
    le32(bytes, at).map(|n| f64::from(f32::from_bits(n)))
}
