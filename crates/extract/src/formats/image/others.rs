//! GIF, BMP, WebP, HEIF and icons.

use super::{Looked, be32, latin, tiff};
use crate::little_endian::{le16, le32};
use dlpscan_core::model::Reason;

/// GIF 89a: blocks of sub-blocks.
pub(super) fn gif(bytes: &[u8], out: &mut Looked) {
    if gif_blocks(bytes, out).is_none() {
        out.faults.push(Reason::Damaged);
    }
}

fn gif_blocks(bytes: &[u8], out: &mut Looked) -> Option<()> {
    out.size(u32::from(le16(bytes, 6)?), u32::from(le16(bytes, 8)?));
    let mut at = 13 + colours(*bytes.get(10)?);
    loop {
        match *bytes.get(at)? {
            0x3B => {
                out.end = Some(at + 1);
                return Some(());
            }
            0x21 => {
                let kind = *bytes.get(at + 1)?;
                let (data, end) = sub_blocks(bytes, at + 2);
                if matches!(kind, 0xFE | 0x01 | 0xFF) {
                    out.text("comment", latin(&data));
                    out.read.push(at..end.unwrap_or(bytes.len()));
                }
                at = end?;
            }
            0x2C => {
                // The position and size, flags, perhaps colours, the code size.
                let start = at + 10 + colours(*bytes.get(at + 9)?) + 1;
                let end = sub_blocks(bytes, start).1;
                out.pixels.push(start..end.unwrap_or(bytes.len()));
                at = end?;
            }
            _ => return None,
        }
    }
}

/// The bytes of a colour table, if the flags say that there is one.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The data of sub-blocks up to an empty one, and where that ends, if it is there.
fn sub_blocks(bytes: &[u8], from: usize) -> (Vec<u8>, Option<usize>) {
    let mut data = Vec::new();
    let mut at = from;
    while let Some(&length) = bytes.get(at) {
        if length == 0 {
            return (data, Some(at + 1));
        }
        let end = (at + 1 + usize::from(length)).min(bytes.len());
        data.extend_from_slice(&bytes[at + 1..end]);
        at = end;
    }
    (data, None)
}

pub(super) fn is_bmp(head: &[u8]) -> bool {
    // The size of the header that follows tells it from prose that begins with BM.
    head.starts_with(b"BM")
        && matches!(le32(head, 14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
        && le32(head, 6) == Some(0)
}

pub(super) fn bmp(bytes: &[u8], out: &mut Looked) {
    let size = match le32(bytes, 14) {
        Some(12) => le16(bytes, 18).zip(le16(bytes, 20)).map(|(w, h)| (w.into(), h.into())),
        // A negative height is drawn from the top.
        _ => le32(bytes, 18).zip(le32(bytes, 22).map(|h| (h as i32).unsigned_abs())),
    };
    if let Some((width, height)) = size {
        out.size(width, height);
    }
    let declared = le32(bytes, 2).unwrap_or(0) as usize;
    let start = le32(bytes, 10).unwrap_or(0) as usize;
    if declared > bytes.len() || start > bytes.len() {
        out.faults.push(Reason::Damaged);
    } else if declared > start {
        out.end = Some(declared);
        out.pixels.push(start..declared);
    }
}

pub(super) fn is_webp(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

pub(super) fn webp(bytes: &[u8], out: &mut Looked) {
    let end = (le32(bytes, 4).unwrap_or(0) as usize).saturating_add(8);
    if end > bytes.len() {
        out.faults.push(Reason::Damaged);
    } else {
        out.end = Some(end);
    }
    let mut at = 12;
    while let (Some(kind), Some(length)) = (bytes.get(at..at + 4), le32(bytes, at + 4)) {
        let start = at + 8;
        let end = start.saturating_add(length as usize).min(bytes.len());
        let data = &bytes[start..end];
        let three = |at: usize| le32(data, at).map(|n| (n & 0xFF_FFFF) + 1);
        match kind {
            b"VP8X" => {
                if let (Some(width), Some(height)) = (three(4), le32(data, 6).map(|n| n >> 8)) {
                    out.size(width, height + 1);
                }
            }
            b"VP8L" => {
                if let Some(bits) = le32(data, 1) {
                    out.size((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
                }
                out.pixels.push(start..end);
            }
            b"VP8 " => {
                if let (Some(width), Some(height)) = (le16(data, 6), le16(data, 8)) {
                    out.size(u32::from(width & 0x3FFF), u32::from(height & 0x3FFF));
                }
                out.pixels.push(start..end);
            }
            b"EXIF" => {
                let exif = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
                tiff::exif(exif, end - exif.len(), out);
            }
            b"XMP " => {
                out.text("XMP metadata", latin(data));
                out.read.push(start..end);
            }
            _ => {}
        }
        if end == bytes.len() || length == 0 && kind == [0; 4] {
            break;
        }
        at = end + (length as usize & 1);
    }
}

pub(super) fn is_heif(head: &[u8]) -> bool {
    const BRANDS: [&[u8]; 7] = [b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"hevc"];
    head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|b| BRANDS.contains(&b))
}

pub(super) fn heif(bytes: &[u8], out: &mut Looked) {
    // Image spatial extents, wherever its box lies: version and flags, width, height.
    for at in memchr::memmem::find_iter(bytes, b"ispe").take(64) {
        if let (Some(width), Some(height)) = (be32(bytes, at + 8), be32(bytes, at + 12)) {
            out.size(width, height);
        }
    }
    if let Some(at) = memchr::memmem::find(bytes, b"Exif\0\0") {
        tiff::exif(&bytes[at + 6..], at + 6, out);
    }
    if out.size.is_none() {
        out.faults.push(Reason::Damaged);
    }
}

pub(super) fn is_icon(head: &[u8]) -> bool {
    head.starts_with(&[0, 0, 1, 0])
        && matches!(le16(head, 4), Some(1..=64))
        // Each picture lies behind the list of pictures.
        && le32(head, 18).zip(le16(head, 4)).is_some_and(|(at, n)| at >= 6 + 16 * u32::from(n))
}

pub(super) fn icon(_: &[u8], out: &mut Looked) {
    // At most 256 pixels wide, and drawn to be recognised, not read.
    out.size(32, 32);
}
