//! Enhanced metafiles (MS-EMF).

use super::drawing::{Font, narrow, wide};
use super::{Reading, emf_plus, float, signed};
use crate::descend::Flow;
use crate::little_endian::{le32, units, utf16};
use dlpscan_core::model::Reason;
use hayro_interpret::kurbo::{Affine, Point};
use std::ops::ControlFlow;

/// Record types (MS-EMF 2.1.1).
mod kind {
    pub const HEADER: u32 = 1;
    pub const WINDOW_EXTENT: u32 = 9;
    pub const WINDOW_ORIGIN: u32 = 10;
    pub const VIEW_EXTENT: u32 = 11;
    pub const VIEW_ORIGIN: u32 = 12;
    pub const END: u32 = 14;
    pub const MAP_MODE: u32 = 17;
    pub const TEXT_ALIGN: u32 = 22;
    pub const MOVE_TO: u32 = 27;
    pub const SAVE: u32 = 33;
    pub const RESTORE: u32 = 34;
    pub const WORLD: u32 = 35;
    pub const CHANGE_WORLD: u32 = 36;
    pub const SELECT: u32 = 37;
    pub const LINE_TO: u32 = 54;
    pub const COMMENT: u32 = 70;
    pub const BIT_BLT: u32 = 76;
    pub const STRETCH_BLT: u32 = 77;
    pub const MASK_BLT: u32 = 78;
    pub const PLG_BLT: u32 = 79;
    pub const PIXELS_TO_DEVICE: u32 = 80;
    pub const STRETCH_PIXELS: u32 = 81;
    pub const FONT: u32 = 82;
    pub const TEXT_BYTES: u32 = 83;
    pub const TEXT_UNITS: u32 = 84;
    pub const TEXTS_BYTES: u32 = 96;
    pub const TEXTS_UNITS: u32 = 97;
    pub const SMALL_TEXT: u32 = 108;
    pub const ALPHA_BLEND: u32 = 114;
    pub const TRANSPARENT_BLT: u32 = 116;
    /// The last type there is.
    pub const LAST: u32 = 122;
}

/// The text is numbers of glyphs, not letters; no rectangle stands with it; its letters are bytes;
/// every letter moves the pen upwards too (MS-EMF 2.1.11).
const GLYPHS: u32 = 0x10;
const NO_RECTANGLE: u32 = 0x100;
const BYTES: u32 = 0x200;
const BOTH_WAYS: u32 = 0x2000;

/// The header is marked as one.
pub(super) fn is(head: &[u8]) -> bool {
    le32(head, 0) == Some(kind::HEADER) && head.get(40..44) == Some(b" EMF")
}

/// Reads all records.
pub(super) fn walk(bytes: &[u8], reading: &mut Reading<'_, '_>) -> Flow {
    let mut at = 0;
    let mut plus = emf_plus::Plus::default();
    while reading.goes_on() {
        let head = (le32(bytes, at), le32(bytes, at + 4));
        let (Some(kind), Some(len)) = head else {
            reading.descent.note(Reason::Truncated);
            return Flow::Continue(());
        };
        let end = at.saturating_add(len as usize);
        if len < 8 || kind == 0 || (kind > kind::LAST && end > bytes.len()) {
            reading.descent.note_with(Reason::Damaged, None, "a record makes no sense");
            return Flow::Continue(());
        }
        let record = &bytes[at..end.min(bytes.len())];
        let understood = match kind {
            kind::COMMENT => comment(record, &mut plus, reading)?,
            kind::HEADER => {
                header(record, reading);
                true
            }
            _ => {
                draw(kind, record, reading);
                picture(kind, record, reading)?;
                kind <= kind::LAST
            }
        };
        if understood {
            reading.claim(at..at + record.len());
        }
        if end > bytes.len() {
            reading.descent.note(Reason::Truncated);
            return Flow::Continue(());
        }
        at = end;
        if kind == kind::END {
            break;
        }
    }
    reading.end = at;
    Flow::Continue(())
}

/// The names of program and drawing.
fn header(record: &[u8], reading: &mut Reading<'_, '_>) {
    let (Some(len), Some(from)) = (le32(record, 60), le32(record, 64)) else { return };
    let from = from as usize;
    let end = from.saturating_add(len as usize * 2).min(record.len());
    if let Some(text) = record.get(from..end) {
        reading.speak(&utf16(text));
    }
}

/// Follows a record that moves the pen or writes. What it says too little of is passed over.
fn draw(kind: u32, record: &[u8], reading: &mut Reading<'_, '_>) -> Option<()> {
    let point = |at| Some(Point::new(signed(record, at)?, signed(record, at + 4)?));
    let drawing = &mut reading.drawing;
    let state = &mut drawing.state;
    match kind {
        kind::WINDOW_EXTENT => state.window.1 = point(8)?.to_vec2(),
        kind::WINDOW_ORIGIN => state.window.0 = point(8)?,
        kind::VIEW_EXTENT => state.view.1 = Some(point(8)?.to_vec2()),
        kind::VIEW_ORIGIN => state.view.0 = point(8)?,
        kind::MAP_MODE => state.mode = le32(record, 8)?,
        kind::TEXT_ALIGN => state.align = le32(record, 8)?,
        kind::MOVE_TO | kind::LINE_TO => state.at = point(8)?,
        kind::SAVE => drawing.save(),
        kind::RESTORE => drawing.restore(le32(record, 8)? as i32),
        kind::WORLD => state.world = world(record)?,
        kind::CHANGE_WORLD => match le32(record, 32)? {
            1 => state.world = Affine::IDENTITY,
            // The new one is applied before the old one, or after it.
            2 => state.world *= world(record)?,
            3 => state.world = world(record)? * state.world,
            _ => state.world = world(record)?,
        },
        kind::FONT => {
            let charset = *record.get(12 + 23)?;
            let font = Font::new(signed(record, 12)?, signed(record, 20)?, charset);
            drawing.fonts.insert(le32(record, 8)?, font);
        }
        kind::SELECT => {
            if let Some(font) = drawing.fonts.get(&le32(record, 8)?) {
                drawing.state.font = *font;
            }
        }
        kind::TEXT_BYTES | kind::TEXT_UNITS => {
            text(record, 36, kind == kind::TEXT_BYTES, reading)?;
        }
        kind::TEXTS_BYTES | kind::TEXTS_UNITS => {
            let most = record.len() / 40;
            for number in 0..(le32(record, 36)? as usize).min(most) {
                text(record, 40 + number * 40, kind == kind::TEXTS_BYTES, reading)?;
            }
        }
        kind::SMALL_TEXT => small_text(record, reading)?,
        _ => {}
    }
    Some(())
}

fn world(record: &[u8]) -> Option<Affine> {
    let mut numbers = [0.0; 6];
    for (i, number) in numbers.iter_mut().enumerate() {
        *number = float(record, 8 + 4 * i)?;
    }
    Some(Affine::new(numbers))
}

/// Text whose description stands at `at` (MS-EMF 2.2.5); its offsets count from the record's start.
fn text(record: &[u8], at: usize, bytes: bool, reading: &mut Reading<'_, '_>) -> Option<()> {
    let place = Point::new(signed(record, at)?, signed(record, at + 4)?);
    let number = |by: usize| le32(record, at + by).map(|n| n as usize);
    let (count, from, options) = (number(8)?, number(12)?, le32(record, at + 16)?);
    // The steps follow the rectangle, which is left out where there is none.
    let steps_at = number(if options & NO_RECTANGLE == 0 { 36 } else { 20 }).unwrap_or(0);
    let both = options & BOTH_WAYS != 0;
    let step = |i: usize| {
        let by = if both { 8 } else { 4 };
        if steps_at < 8 { None } else { signed(record, steps_at + i * by) }
    };
    let size = if bytes { 1 } else { 2 };
    let end = from.saturating_add(count.saturating_mul(size)).min(record.len());
    let letters = record.get(from..end)?;
    let drawing = &mut reading.drawing;
    if options & GLYPHS != 0 {
        drawing.glyphs |= !letters.is_empty();
        return Some(());
    }
    let letters = match bytes {
        true => narrow(letters, drawing.state.font.charset, step),
        false => wide(&units(letters), step),
    };
    drawing.write(&letters, place);
    Some(())
}

/// Text without steps (MS-EMF 2.3.5.37).
fn small_text(record: &[u8], reading: &mut Reading<'_, '_>) -> Option<()> {
    let place = Point::new(signed(record, 8)?, signed(record, 12)?);
    let (count, options) = (le32(record, 16)? as usize, le32(record, 20)?);
    let from = if options & NO_RECTANGLE == 0 { 52 } else { 36 };
    let bytes = options & BYTES != 0;
    let end = from + count.saturating_mul(if bytes { 1 } else { 2 });
    let letters = record.get(from..end.min(record.len()))?;
    let drawing = &mut reading.drawing;
    if options & GLYPHS != 0 {
        drawing.glyphs |= !letters.is_empty();
        return Some(());
    }
    let letters = match bytes {
        true => narrow(letters, drawing.state.font.charset, |_| None),
        false => wide(&units(letters), |_| None),
    };
    drawing.write(&letters, place);
    Some(())
}

/// Hands on the picture that a record paints.
fn picture(kind: u32, record: &[u8], reading: &mut Reading<'_, '_>) -> Flow {
    let at = match kind {
        kind::PIXELS_TO_DEVICE | kind::STRETCH_PIXELS => 48,
        kind::PLG_BLT => 96,
        kind::BIT_BLT
        | kind::STRETCH_BLT
        | kind::MASK_BLT
        | kind::ALPHA_BLEND
        | kind::TRANSPARENT_BLT => 84,
        _ => return Flow::Continue(()),
    };
    let piece = |at: usize| {
        let (from, len) = (le32(record, at)? as usize, le32(record, at + 4)? as usize);
        record.get(from..from.saturating_add(len).min(record.len()))
    };
    match (piece(at), piece(at + 8)) {
        (Some(info), Some(pixels)) if !info.is_empty() && !pixels.is_empty() => {
            reading.bitmap(info, pixels)
        }
        _ => Flow::Continue(()),
    }
}

/// Reads what a program put beside the drawing. False where it is nothing that is known here.
fn comment(
    record: &[u8],
    plus: &mut emf_plus::Plus,
    reading: &mut Reading<'_, '_>,
) -> ControlFlow<(), bool> {
    let Some(identifier) = record.get(12..16) else {
        return ControlFlow::Continue(true);
    };
    match identifier {
        b"EMF+" => {
            let len = le32(record, 8).unwrap_or(0) as usize;
            let end = 12_usize.saturating_add(len).min(record.len());
            plus.read(record.get(16..end).unwrap_or_default(), reading)?;
            ControlFlow::Continue(true)
        }
        b"GDIC" => match le32(record, 16) {
            // The drawing once more, as older Windows understands it.
            Some(1) => {
                reading.picture(record.get(36..).unwrap_or_default())?;
                ControlFlow::Continue(true)
            }
            // The drawing once more, in other formats.
            Some(0x4000_0004) => {
                for number in 0..le32(record, 36).unwrap_or(0).min(64) as usize {
                    let place = 40 + 16 * number;
                    let (Some(len), Some(from)) =
                        (le32(record, place + 8), le32(record, place + 12))
                    else {
                        break;
                    };
                    let from = 12_usize.saturating_add(from as usize);
                    let end = from.saturating_add(len as usize).min(record.len());
                    reading.picture(record.get(from..end).unwrap_or_default())?;
                }
                ControlFlow::Continue(true)
            }
            _ => ControlFlow::Continue(false),
        },
        _ => ControlFlow::Continue(false),
    }
}
