//! What GDI+ draws (MS-EMFPLUS), in the comments of an enhanced metafile: mostly a second time, and
//! sometimes for itself.

use super::{Reading, float, wmf};
use crate::descend::Flow;
use crate::little_endian::{le16, le32, units, utf16};
use dlpscan_core::model::Reason;

/// Record types (MS-EMFPLUS 2.1.1.1).
const OBJECT: u16 = 0x4008;
const DRAW_STRING: u16 = 0x401C;
const DRAW_DRIVER_STRING: u16 = 0x4036;

/// An object's kind, in the upper bits of its flags, and the mark that more of it follows.
const KIND: u16 = 0x7F00;
const IMAGE: u16 = 0x0500;
const MORE: u16 = 0x8000;

/// Formats of pixels whose rows are those of a BMP file, with their bits a pixel.
const PIXELS: &[(u32, u16)] =
    &[(0x0002_1808, 24), (0x0002_2009, 32), (0x0026_200A, 32), (0x000E_200B, 32)];

/// The reading of one drawing's GDI+ records.
#[derive(Debug, Default)]
pub(super) struct Plus {
    /// An image whose end has not come yet.
    open: Vec<u8>,
}

impl Plus {
    /// Reads the records in a comment.
    pub fn read(&mut self, bytes: &[u8], reading: &mut Reading<'_, '_>) -> Flow {
        let mut at = 0;
        while let (Some(kind), Some(flags), Some(size), Some(len)) =
            (le16(bytes, at), le16(bytes, at + 2), le32(bytes, at + 4), le32(bytes, at + 8))
        {
            if size < 12 || !reading.goes_on() {
                break;
            }
            let end = (at + 12).saturating_add(len as usize).min(bytes.len());
            let data = &bytes[at + 12..end];
            match kind {
                DRAW_STRING => drop(string(data, reading)),
                DRAW_DRIVER_STRING => drop(driver_string(data, reading)),
                OBJECT if flags & KIND == IMAGE => self.image(data, flags & MORE != 0, reading)?,
                _ => {}
            }
            at = at.saturating_add(size as usize);
        }
        Flow::Continue(())
    }

    /// An image, or a piece of one.
    fn image(&mut self, data: &[u8], more: bool, reading: &mut Reading<'_, '_>) -> Flow {
        if more {
            // Before each piece stands the size of the whole.
            self.open.extend_from_slice(data.get(4..).unwrap_or_default());
            return Flow::Continue(());
        }
        let mut whole = std::mem::take(&mut self.open);
        whole.extend_from_slice(data);
        match le32(&whole, 4) {
            Some(1) => bitmap(&whole, reading),
            // A drawing within the drawing: its kind, its size, itself.
            Some(2) => {
                let drawing = whole.get(16..).unwrap_or_default();
                // The header of a placed one is filled up to 24 bytes here.
                let filled = drawing.get(24..).filter(|rest| wmf::is(rest));
                reading.picture(filled.unwrap_or(drawing))
            }
            _ => Flow::Continue(()),
        }
    }
}

/// An image of pixels (MS-EMFPLUS 2.2.2.2).
fn bitmap(image: &[u8], reading: &mut Reading<'_, '_>) -> Flow {
    let field = |at: usize| le32(image, at).unwrap_or(0);
    let data = image.get(28..).unwrap_or_default();
    if field(24) == 1 {
        return reading.picture(data);
    }
    let (width, height, stride) = (field(8), field(12), field(16));
    let bits = PIXELS.iter().find(|(format, _)| *format == field(20)).map(|&(_, bits)| bits);
    let row = bits.map(|bits| (u64::from(width) * u64::from(bits)).div_ceil(32) * 4);
    let (Some(bits), true) = (bits, row == Some(u64::from(stride))) else {
        if super::super::may_hold_writing(width, height) {
            reading.descent.note_with(Reason::NoOcr, Some(data.len() as u64), "");
        }
        return Flow::Continue(());
    };
    let mut info = 40_u32.to_le_bytes().to_vec();
    info.extend(width.to_le_bytes());
    // Its first row is the uppermost.
    info.extend(height.wrapping_neg().to_le_bytes());
    info.extend(1_u16.to_le_bytes());
    info.extend(bits.to_le_bytes());
    info.extend([0; 24]);
    reading.bitmap(&info, data)
}

/// Text in a box (MS-EMFPLUS 2.3.4.14).
fn string(data: &[u8], reading: &mut Reading<'_, '_>) -> Option<()> {
    let count = le32(data, 8)? as usize;
    float(data, 12)?;
    let end = 28_usize.saturating_add(count.saturating_mul(2)).min(data.len());
    reading.speak(&utf16(data.get(28..end)?));
    Some(())
}

/// Text whose letters are placed one by one (MS-EMFPLUS 2.3.4.6).
fn driver_string(data: &[u8], reading: &mut Reading<'_, '_>) -> Option<()> {
    let (options, count) = (le32(data, 4)?, le32(data, 12)? as usize);
    let end = 16_usize.saturating_add(count.saturating_mul(2)).min(data.len());
    let letters = units(data.get(16..end)?);
    // Without this mark they are numbers of glyphs.
    if options & 1 == 0 {
        reading.drawing.glyphs |= !letters.is_empty();
    } else {
        reading.speak(&String::from_utf16_lossy(&letters));
    }
    Some(())
}
