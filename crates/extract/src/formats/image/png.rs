//! PNG (ISO/IEC 15948): a row of chunks.

use super::{Looked, be32, latin, tiff};
use dlpscan_core::model::Reason;

const SIGNATURE: usize = 8;

pub(super) fn look(bytes: &[u8], out: &mut Looked) {
    let mut at = SIGNATURE;
    while let Some(length) = be32(bytes, at) {
        let Some(kind) = bytes.get(at + 4..at + 8) else { break };
        let data = at + 8;
        // Each chunk ends with a checksum of four bytes.
        let end = data.saturating_add(length as usize);
        if end.saturating_add(4) > bytes.len() {
            chunk(kind, bytes, data..bytes.len(), out);
            break;
        }
        chunk(kind, bytes, data..end, out);
        at = end + 4;
        if kind == b"IEND" {
            out.end = Some(at);
            return;
        }
    }
    out.faults.push(Reason::Damaged);
}

fn chunk(kind: &[u8], bytes: &[u8], range: std::ops::Range<usize>, out: &mut Looked) {
    let data = &bytes[range.clone()];
    let split = |data: &[u8]| memchr::memchr(0, data);
    if matches!(kind, b"tEXt" | b"zTXt" | b"iTXt") {
        out.read.push(range.clone());
    }
    match kind {
        b"IHDR" => {
            if let (Some(width), Some(height)) = (be32(data, 0), be32(data, 4)) {
                out.size(width, height);
            }
        }
        b"IDAT" | b"fdAT" => out.pixels.push(range),
        b"tEXt" => {
            if let Some(i) = split(data) {
                out.text(&latin(&data[..i]), latin(&data[i + 1..]));
            }
        }
        b"zTXt" => {
            // The keyword, a zero, the method, zlib data.
            if let Some(i) = split(data).filter(|&i| i + 2 <= data.len()) {
                out.packed.push((latin(&data[..i]), range.start + i + 2..range.end));
            }
        }
        b"iTXt" => international(data, range.start, out),
        b"eXIf" => tiff::exif(data, range.start, out),
        _ => {}
    }
}

/// The keyword, whether and how it is packed, the language, the keyword translated, the text.
fn international(data: &[u8], start: usize, out: &mut Looked) {
    let Some(keyword) = memchr::memchr(0, data) else { return };
    let packed = data.get(keyword + 1) == Some(&1);
    let mut at = keyword + 3;
    for _ in 0..2 {
        let Some(end) = data.get(at..).and_then(|rest| memchr::memchr(0, rest)) else { return };
        at += end + 1;
    }
    let name = latin(&data[..keyword]);
    match packed {
        true => out.packed.push((name, start + at..start + data.len())),
        false => out.text(&name, latin(&data[at..])),
    }
}
