//! Metafiles of 16-bit Windows (MS-WMF).

use super::drawing::{Font, narrow};
use super::{Reading, bitmap_file, short};
use crate::descend::Flow;
use crate::little_endian::{le16, le32};
use dlpscan_core::model::Reason;
use hayro_interpret::kurbo::Point;
use std::collections::{BTreeSet, HashMap};

/// Functions (MS-WMF 2.1.1.1). The upper byte is mostly the number of their arguments.
mod function {
    pub const END: u16 = 0x0000;
    pub const SAVE: u16 = 0x001E;
    pub const MAP_MODE: u16 = 0x0103;
    pub const RESTORE: u16 = 0x0127;
    pub const SELECT: u16 = 0x012D;
    pub const TEXT_ALIGN: u16 = 0x012E;
    pub const DELETE: u16 = 0x01F0;
    pub const WINDOW_ORIGIN: u16 = 0x020B;
    pub const WINDOW_EXTENT: u16 = 0x020C;
    pub const VIEW_ORIGIN: u16 = 0x020D;
    pub const VIEW_EXTENT: u16 = 0x020E;
    pub const LINE_TO: u16 = 0x0213;
    pub const MOVE_TO: u16 = 0x0214;
    pub const FONT: u16 = 0x02FB;
    pub const TEXT: u16 = 0x0521;
    pub const ESCAPE: u16 = 0x0626;
    pub const PLACED_TEXT: u16 = 0x0A32;
    pub const BIT_BLT: u16 = 0x0940;
    pub const STRETCH_BLT: u16 = 0x0B41;
    pub const PIXELS_TO_DEVICE: u16 = 0x0D33;
    pub const STRETCH_PIXELS: u16 = 0x0F43;
    /// What makes an object: palette, brushes, pen, region.
    pub const MAKE: [u16; 7] = [0x00F7, 0x00F8, 0x0142, 0x01F9, 0x02FA, 0x02FC, 0x06FF];
}

/// The mark of the header that says where a metafile is placed, and its length.
const PLACED: &[u8] = b"\xd7\xcd\xc6\x9a";
const PLACED_LEN: usize = 22;
/// The header's length.
const HEADER: usize = 18;
/// The text is numbers of glyphs; a rectangle stands before it, filled or as a frame.
const GLYPHS: u16 = 0x10;
const RECTANGLE: u16 = 0x06;

pub(super) fn is(head: &[u8]) -> bool {
    let (placed, head) = match head.strip_prefix(PLACED) {
        Some(_) => (true, head.get(PLACED_LEN..).unwrap_or_default()),
        None => (false, head),
    };
    let version = matches!(le16(head, 4), Some(0x0100 | 0x0300));
    let begins = matches!(le16(head, 0), Some(1 | 2)) && le16(head, 2) == Some(9) && version;
    // The first record is no larger than the largest.
    let sound = || {
        let (Some(largest), Some(first)) = (le32(head, 12), le32(head, HEADER)) else {
            return false;
        };
        le16(head, 16) == Some(0) && (3..=largest.max(3)).contains(&first)
    };
    begins && (placed || sound())
}

/// Reads all records.
pub(super) fn walk(bytes: &[u8], reading: &mut Reading<'_, '_>) -> Flow {
    let mut at = HEADER + if bytes.starts_with(PLACED) { PLACED_LEN } else { 0 };
    reading.claim(0..at.min(bytes.len()));
    let mut objects = Objects::default();
    while reading.goes_on() {
        let (Some(words), Some(function)) = (le32(bytes, at), le16(bytes, at + 4)) else {
            reading.descent.note(Reason::Truncated);
            return Flow::Continue(());
        };
        if words < 3 {
            reading.descent.note_with(Reason::Damaged, None, "a record makes no sense");
            return Flow::Continue(());
        }
        let end = at.saturating_add((words as usize).saturating_mul(2));
        let record = &bytes[at + 6..end.min(bytes.len())];
        draw(function, record, &mut objects, reading);
        picture(function, words, record, reading)?;
        if function != function::ESCAPE {
            reading.claim(at..end.min(bytes.len()));
        }
        if end > bytes.len() {
            reading.descent.note(Reason::Truncated);
            return Flow::Continue(());
        }
        at = end;
        if function == function::END {
            break;
        }
    }
    reading.end = at;
    Flow::Continue(())
}

/// The objects that are there: each takes the lowest number that is free.
#[derive(Debug, Default)]
struct Objects {
    taken: u32,
    free: BTreeSet<u32>,
    fonts: HashMap<u32, Font>,
}

impl Objects {
    fn take(&mut self) -> u32 {
        self.free.pop_first().unwrap_or_else(|| {
            self.taken += 1;
            self.taken - 1
        })
    }
}

/// Follows a record that moves the pen or writes. What it says too little of is passed over.
fn draw(
    function: u16,
    record: &[u8],
    objects: &mut Objects,
    reading: &mut Reading<'_, '_>,
) -> Option<()> {
    // Arguments stand in the reverse order of the call's.
    let point = |at: usize| Some(Point::new(short(record, at + 2)?, short(record, at)?));
    let drawing = &mut reading.drawing;
    let state = &mut drawing.state;
    match function {
        function::WINDOW_ORIGIN => state.window.0 = point(0)?,
        function::WINDOW_EXTENT => state.window.1 = point(0)?.to_vec2(),
        function::VIEW_ORIGIN => state.view.0 = point(0)?,
        function::VIEW_EXTENT => state.view.1 = Some(point(0)?.to_vec2()),
        function::MAP_MODE => state.mode = u32::from(le16(record, 0)?),
        function::TEXT_ALIGN => state.align = u32::from(le16(record, 0)?),
        function::MOVE_TO | function::LINE_TO => state.at = point(0)?,
        function::SAVE => drawing.save(),
        function::RESTORE => drawing.restore(i32::from(le16(record, 0)? as i16)),
        function::FONT => {
            let number = objects.take();
            let font = Font::new(short(record, 0)?, short(record, 4)?, *record.get(13)?);
            objects.fonts.insert(number, font);
        }
        made if function::MAKE.contains(&made) => drop(objects.take()),
        function::DELETE => {
            let number = u32::from(le16(record, 0)?);
            objects.fonts.remove(&number);
            if number < objects.taken {
                objects.free.insert(number);
            }
        }
        function::SELECT => {
            if let Some(font) = objects.fonts.get(&u32::from(le16(record, 0)?)) {
                state.font = *font;
            }
        }
        function::TEXT => {
            let count = usize::from(le16(record, 0)?);
            let end = (2 + count).min(record.len());
            let letters = narrow(&record[2..end], state.font.charset, |_| None);
            let place = point(2 + count.next_multiple_of(2)).unwrap_or_default();
            drawing.write(&letters, place);
        }
        function::PLACED_TEXT => {
            let (count, options) = (usize::from(le16(record, 4)?), le16(record, 6)?);
            let from = if options & RECTANGLE == 0 { 8 } else { 16 };
            let letters = record.get(from..(from + count).min(record.len()))?;
            if options & GLYPHS != 0 {
                drawing.glyphs |= !letters.is_empty();
                return Some(());
            }
            let steps = from + count.next_multiple_of(2);
            let letters = narrow(letters, state.font.charset, |i| short(record, steps + 2 * i));
            drawing.write(&letters, point(0)?);
        }
        _ => {}
    }
    Some(())
}

/// Hands on the picture that a record paints.
fn picture(function: u16, words: u32, record: &[u8], reading: &mut Reading<'_, '_>) -> Flow {
    let at = match function {
        function::STRETCH_PIXELS => 22,
        function::STRETCH_BLT => 20,
        function::PIXELS_TO_DEVICE => 18,
        function::BIT_BLT => 16,
        _ => return Flow::Continue(()),
    };
    // Without a picture the record has its arguments and one word more.
    if words == u32::from(function >> 8) + 3 {
        return Flow::Continue(());
    }
    reading.picture(&bitmap_file(record.get(at..).unwrap_or_default()))
}
