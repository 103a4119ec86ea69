//! Pictures: what is written about them, what is hidden behind them, and an honest word about
//! what is drawn in them.

#[cfg(feature = "pictures")]
pub(crate) mod codes;
#[cfg(feature = "pictures")]
mod frames;
mod jpeg;
mod laid_out;
#[cfg(feature = "pictures")]
mod mend;
mod metafile;
mod others;
#[cfg(feature = "pictures")]
pub(crate) mod pixels;
mod png;
#[cfg(feature = "pictures")]
mod scale;
mod tiff;
#[cfg(feature = "pictures")]
pub(crate) mod writing;

pub(crate) use metafile::bitmap_file;

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, SNIFF, Sure};
use crate::formats::archive::Store;
use crate::formats::raw;
use dlpscan_core::model::{Content, Fate, Layout, Mark, Part, Place, Reason, Role, Segment};
use std::ops::{ControlFlow, Range};

/// Said of a picture whose writing could not be made out.
pub(crate) const NOT_MADE_OUT: &str = "what is written in it could not be made out";

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[
    &Image { name: "png", is: |h| h.starts_with(b"\x89PNG\r\n\x1a\n"), look: png::look },
    &Image { name: "jpeg", is: |h| h.starts_with(b"\xff\xd8\xff"), look: jpeg::look },
    &Image {
        name: "gif",
        is: |h| (h.starts_with(b"GIF87a") || h.starts_with(b"GIF89a")) && !raw::begins_as_text(h),
        look: others::gif,
    },
    &Image { name: "bmp", is: others::is_bmp, look: others::bmp },
    &Image {
        name: "tiff",
        is: |h| h.starts_with(b"II*\0") || h.starts_with(b"MM\0*"),
        look: tiff::look,
    },
    &Image { name: "webp", is: others::is_webp, look: others::webp },
    &Image { name: "heif", is: others::is_heif, look: others::heif },
    &Image { name: "ico", is: others::is_icon, look: others::icon },
    &metafile::EMF,
    &metafile::WMF,
];

/// A reader of one kind of picture.
struct Image {
    name: &'static str,
    is: fn(&[u8]) -> bool,
    look: fn(&[u8], &mut Looked),
}

/// What a picture says about itself.
#[derive(Debug, Default)]
struct Looked {
    /// Width and height in pixels, as declared; the largest where it holds several.
    size: Option<(u32, u32)>,
    /// Where the picture ends and something else may begin.
    end: Option<usize>,
    /// Written text with the name of where it stood.
    texts: Vec<(String, String)>,
    /// Packed text: its name, and zlib data.
    packed: Vec<(String, Range<usize>)>,
    /// Where the texts stand.
    read: Vec<Range<usize>>,
    /// Coded pixels.
    pixels: Vec<Range<usize>>,
    /// What is wrong with it.
    faults: Vec<Reason>,
}

impl Looked {
    fn text(&mut self, name: &str, text: impl Into<String>) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.texts.push((name.to_owned(), text));
        }
    }

    fn size(&mut self, width: u32, height: u32) {
        let pixels = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
        if self.size.is_none_or(|old| pixels(old) < pixels((width, height))) {
            self.size = Some((width, height));
        }
    }
}

/// More pixels than any camera or scanner gives.
const MOST_PIXELS: u64 = 400_000_000;
/// Decoded bytes of one packed text that are read.
const MOST_TEXT: u64 = 16 << 20;

/// True when a picture of this size may hold writing that someone can read: a screen, a page, a
/// line of text. Icons, bullets and rules do not.
pub(crate) fn may_hold_writing(width: u32, height: u32) -> bool {
    let (short, long) = (width.min(height), width.max(height));
    short >= 64 || (short >= 10 && long >= 100)
}

impl Extractor for Image {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if (self.is)(head) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else {
            descent.note(Reason::NoOcr);
            return Flow::Continue(());
        };
        let mut looked = Looked::default();
        (self.look)(&bytes, &mut looked);
        texts(&bytes, &looked, descent)?;
        looked.faults.sort_unstable();
        looked.faults.dedup();
        for fault in &looked.faults {
            descent.note(*fault);
        }
        let pixels = looked.size.map_or(0, |(w, h)| u64::from(w) * u64::from(h));
        let fate = match looked.size {
            _ if pixels > MOST_PIXELS => Fate::Unscannable(Reason::LimitPixels),
            Some((width, height)) if !may_hold_writing(width, height) => Fate::Scanned,
            None if !looked.faults.is_empty() => Fate::Scanned,
            _ => Fate::Unscannable(Reason::NoOcr),
        };
        let fate = match fate {
            Fate::Unscannable(Reason::NoOcr) => self.read(&bytes, descent)?,
            fate => fate,
        };
        let end = looked.end.unwrap_or(bytes.len()).min(bytes.len());
        if looked.size.is_none() && fate == Fate::Scanned {
            // Broken before its pixels begin: there is nothing but headers to read, and they are.
            descent.blank(end as u64);
        }
        if let Fate::Unscannable(reason) = fate {
            let tried = reason == Reason::NoOcr && descent.ocr().is_some();
            let detail = if tried { NOT_MADE_OUT } else { "" };
            descent.note_with(reason, Some(end as u64), detail);
        }
        // The headers, and whatever else is neither pixels nor text, get the printable-strings pass too.
        for range in looked.pixels {
            descent.claim(range.start as u64..range.end.min(end) as u64, fate);
        }
        for range in looked.read {
            descent.claim(range.start as u64..range.end.min(end) as u64, Fate::Scanned);
        }
        behind(&bytes, end, descent)
    }
}

impl Image {
    /// Reads what is written in it, page by page, and notes what cannot be read. Says what became
    /// of its pixels.
    #[cfg(feature = "pictures")]
    fn read(&self, bytes: &[u8], descent: &mut Descent<'_>) -> ControlFlow<(), Fate> {
        let print = codes::print(bytes);
        let no_codes = codes::known_to_hold_none(&print);
        if no_codes && descent.ocr().is_none() {
            return ControlFlow::Continue(Fate::Unscannable(Reason::NoOcr));
        }
        let mut codeless = true;
        let mut unread = None;
        let mut number = 0;
        let of_pages = self.name == "tiff";
        pixels::each(bytes, of_pages, |grey| {
            number += 1;
            let page = of_pages.then_some(number);
            let lines = match grey {
                Ok(grey) => {
                    codeless &= no_codes || codes::give(&grey, page, descent)?;
                    // Without a reader it is not looked whether there may be writing either.
                    match descent.ocr() {
                        Some(_) => writing::lines(&grey, descent),
                        None => Err(Reason::NoOcr),
                    }
                }
                Err(reason) => {
                    codeless = false;
                    Err(descent.ocr().map_or(Reason::NoOcr, |_| reason))
                }
            };
            match lines {
                Ok(lines) => laid_out::give(&lines, page, descent),
                Err(reason) => {
                    unread.get_or_insert(reason);
                    Flow::Continue(())
                }
            }
        })?;
        if codeless {
            codes::remember_none(print);
        }
        ControlFlow::Continue(unread.map_or(Fate::Scanned, Fate::Unscannable))
    }

    #[cfg(not(feature = "pictures"))]
    fn read(&self, _: &[u8], _: &mut Descent<'_>) -> ControlFlow<(), Fate> {
        ControlFlow::Continue(Fate::Unscannable(Reason::NoOcr))
    }
}

/// What is written about a JPEG picture inside another format, which speaks for its pixels itself.
pub(crate) fn jpeg_texts(bytes: &[u8], descent: &mut Descent<'_>) -> Flow {
    let mut looked = Looked::default();
    jpeg::look(bytes, &mut looked);
    texts(bytes, &looked, descent)
}

fn texts(bytes: &[u8], looked: &Looked, descent: &mut Descent<'_>) -> Flow {
    let mut text = String::new();
    let mut marks = Vec::new();
    for (name, value) in &looked.texts {
        marks.push(Mark { start: text.len(), place: Place::Property { name: name.clone() } });
        text.push_str(&plain(value));
        text.push('\n');
    }
    for (name, range) in &looked.packed {
        marks.push(Mark { start: text.len(), place: Place::Property { name: name.clone() } });
        let raw = &bytes[range.clone()];
        let decoder = flate2::read::ZlibDecoder::new(raw);
        let mut unpacked = Vec::new();
        let meter = descent.budget().meter(decoder, Some(raw.len() as u64));
        let read =
            std::io::Read::read_to_end(&mut std::io::Read::take(meter, MOST_TEXT), &mut unpacked);
        match read {
            Ok(_) if unpacked.len() as u64 == MOST_TEXT => descent.note(Reason::LimitBytes),
            Ok(_) => {}
            Err(error) => descent.fault(&error),
        }
        text.push_str(&latin(&unpacked));
        text.push('\n');
    }
    let segment = Segment::new(text.as_bytes(), Place::Whole)
        .with_layout(Layout::Marks(&marks))
        .with_role(Role::Metadata);
    descent.segment(&segment)
}

/// Data behind a picture's end is another file, or gets the printable-strings pass.
fn behind(bytes: &[u8], end: usize, descent: &mut Descent<'_>) -> Flow {
    let tail = &bytes[end..];
    let start = tail.iter().position(|&b| b != 0).unwrap_or(tail.len());
    let tail = &tail[start..];
    let hint = Hint { name: "", media: "", len: Some(tail.len() as u64) };
    let chosen = descent.choose(&tail[..tail.len().min(SNIFF)], &hint);
    if !tail.is_empty() && chosen.is_some_and(|(_, sure)| sure >= Sure::Certain) {
        descent.part(Part::new("behind the picture", Content::Bytes(tail)))?;
        descent.claim(end as u64..bytes.len() as u64, Fate::Scanned);
    } else if let Some(start) = raw::hidden_zip(&Store::Bytes(bytes), descent)?
        && start >= end as u64
    {
        descent.claim(start..bytes.len() as u64, Fate::Scanned);
    }
    Flow::Continue(())
}

/// The words of XMP or other markup in metadata: text as it stands, attributes as `name: value`,
/// without the declarations of namespaces. Text that is no markup stays as it is.
pub(crate) fn plain(text: &str) -> String {
    if !text.contains("</") && !text.contains("/>") {
        return text.trim().to_owned();
    }
    let mut out = String::new();
    let mut line = |text: &str| {
        let text = text.trim();
        if !text.is_empty() {
            out.push_str(text);
            out.push('\n');
        }
    };
    for piece in text.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let mut quoted = tag.split(['"', '\'']);
        while let (Some(name), Some(value)) = (quoted.next(), quoted.next()) {
            let name = name.rsplit(char::is_whitespace).next().unwrap_or("");
            let name = name.trim_end_matches(['=', ' ']);
            let noise = name.starts_with("xmlns") || tag.starts_with('?') || value.is_empty();
            if !noise {
                line(&format!("{}: {value}", name.rsplit(':').next().unwrap_or(name)));
            }
        }
        line(text);
    }
    out
}

/// Text of an unnamed charset: UTF-8 if it is, else Latin 1.
fn latin(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

/// Numbers at a place, big end first.
fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let b = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes([b[0], b[1]]))
}
