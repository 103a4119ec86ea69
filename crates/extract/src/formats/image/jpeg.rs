//! JPEG (ITU-T T.81): marker segments, and coded data between them.

use super::{Looked, be16, latin, tiff};
use dlpscan_core::model::Reason;

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Its header is followed by a digest, the whole length and an offset, 40 bytes.
const XMP_MORE: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";

pub(super) fn look(bytes: &[u8], out: &mut Looked) {
    let mut at = 2;
    while let Some(&marker) = bytes.get(at + 1) {
        if bytes[at] != 0xFF {
            break;
        }
        match marker {
            0xFF => at += 1,
            0xD9 => {
                out.end = Some(at + 2);
                if out.size.is_none() {
                    // It ends before its picture begins: what lies behind may be the rest of it.
                    out.faults.push(Reason::Damaged);
                }
                return;
            }
            // Markers that stand alone.
            0x01 | 0xD0..=0xD8 => at += 2,
            _ => {
                let Some(length) = be16(bytes, at + 2).filter(|&n| n >= 2) else { break };
                let end = at + 2 + usize::from(length);
                let Some(data) = bytes.get(at + 4..end) else {
                    let start = (at + 4).min(bytes.len());
                    segment(marker, &bytes[start..], start, out);
                    break;
                };
                segment(marker, data, at + 4, out);
                at = end;
                if marker == 0xDA {
                    let next = coded(bytes, at);
                    out.pixels.push(at..next);
                    at = next;
                }
            }
        }
    }
    out.faults.push(Reason::Damaged);
}

/// The end of coded data: the next marker that is neither a stuffed byte nor a restart.
fn coded(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(i) = memchr::memchr(0xFF, &bytes[at..]) {
        match bytes.get(at + i + 1) {
            Some(0 | 0xD0..=0xD7) => at += i + 2,
            Some(0xFF) => at += i + 1,
            Some(_) => return at + i,
            None => break,
        }
    }
    bytes.len()
}

fn segment(marker: u8, data: &[u8], start: usize, out: &mut Looked) {
    let whole = start..start + data.len();
    match marker {
        0xFE => {
            out.text("comment", latin(data));
            out.read.push(whole);
        }
        0xE1 => {
            if let Some(exif) = data.strip_prefix(b"Exif\0") {
                // A byte of padding stands before it.
                tiff::exif(exif.get(1..).unwrap_or(&[]), start + 6, out);
            } else if let Some(xmp) = data.strip_prefix(XMP) {
                out.text("XMP metadata", latin(xmp));
                out.read.push(whole);
            } else if let Some(xmp) = data.strip_prefix(XMP_MORE).and_then(|d| d.get(40..)) {
                out.text("XMP metadata", latin(xmp));
                out.read.push(whole);
            }
        }
        // Start of frame, but for the table and arithmetic-coding markers in between.
        0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
            if let (Some(height), Some(width)) = (be16(data, 1), be16(data, 3)) {
                // A height of 0 is told later, in the coded data.
                let height = if height == 0 { u16::MAX } else { height };
                out.size(u32::from(width), u32::from(height));
            }
        }
        _ => {}
    }
}
