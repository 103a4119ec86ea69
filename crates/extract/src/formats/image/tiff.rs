//! TIFF 6.0 directories: of TIFF pictures, and of Exif data in others.

use super::{Looked, be16, be32, latin};
use crate::little_endian::{le16, le32};
use dlpscan_core::model::Reason;
use std::collections::HashSet;

/// Directories of one file that are followed.
const MOST_DIRECTORIES: usize = 1_000;
/// Longer texts are cut: the printable-strings pass sees all of them.
const LONGEST: usize = 1 << 20;

/// Names of tags that hold text.
const NAMES: &[(u16, &str)] = &[
    (0x010D, "DocumentName"),
    (0x010E, "ImageDescription"),
    (0x010F, "Make"),
    (0x0110, "Model"),
    (0x0131, "Software"),
    (0x013B, "Artist"),
    (0x02BC, "XMP metadata"),
    (0x8298, "Copyright"),
    (0x83BB, "IPTC"),
    (0x9286, "UserComment"),
    (0x9C9B, "XPTitle"),
    (0x9C9C, "XPComment"),
    (0x9C9D, "XPAuthor"),
    (0x9C9E, "XPKeywords"),
    (0x9C9F, "XPSubject"),
    (0xA430, "CameraOwnerName"),
];

pub(super) fn look(bytes: &[u8], out: &mut Looked) {
    walk(bytes, 0, out, true);
}

/// The texts of Exif data that begins at byte `base` of the picture; its sizes are those of
/// thumbnails.
pub(super) fn exif(bytes: &[u8], base: usize, out: &mut Looked) {
    walk(bytes, base, out, false);
}

struct Reader<'a> {
    bytes: &'a [u8],
    base: usize,
    little: bool,
}

impl Reader<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        if self.little { le16(self.bytes, at) } else { be16(self.bytes, at) }
    }

    fn long(&self, at: usize) -> Option<u32> {
        if self.little { le32(self.bytes, at) } else { be32(self.bytes, at) }
    }
}

fn walk(bytes: &[u8], base: usize, out: &mut Looked, sizes: bool) {
    let reader = Reader { bytes, base, little: bytes.starts_with(b"II") };
    let Some(first) = reader.long(4) else {
        out.faults.push(Reason::Damaged);
        return;
    };
    let mut todo = vec![first];
    let mut seen = HashSet::new();
    while let Some(at) = todo.pop() {
        if at == 0 {
            continue;
        }
        if !seen.insert(at) || seen.len() > MOST_DIRECTORIES {
            out.faults.push(Reason::Cycle);
            continue;
        }
        if directory(&reader, at as usize, out, sizes, &mut todo).is_none() {
            out.faults.push(Reason::Damaged);
        }
    }
}

fn directory(
    reader: &Reader<'_>,
    at: usize,
    out: &mut Looked,
    sizes: bool,
    todo: &mut Vec<u32>,
) -> Option<()> {
    let count = usize::from(reader.short(at)?);
    let (mut width, mut height) = (None, None);
    let mut sound = Some(());
    for i in 0..count {
        let entry = at + 2 + i * 12;
        let (tag, kind) = (reader.short(entry)?, reader.short(entry + 2)?);
        let number = reader.long(entry + 4)? as usize;
        let one = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            _ => 8,
        };
        let length = number.saturating_mul(one);
        // Up to four bytes stand in the entry itself.
        let start = if length <= 4 { entry + 8 } else { reader.long(entry + 8)? as usize };
        let single =
            if kind == 3 { reader.short(entry + 8).map(u32::from) } else { reader.long(entry + 8) };
        match tag {
            0x0100 => width = single,
            0x0101 => height = single,
            0x8769 | 0x8825 | 0xA005 | 0x014A => todo.extend(single),
            _ => {}
        }
        let named = NAMES.iter().find(|(t, _)| *t == tag).map(|(_, name)| *name);
        if named.is_none() && kind != 2 {
            continue;
        }
        let Some(data) = reader.bytes.get(start..start.saturating_add(length)) else {
            sound = None;
            continue;
        };
        let data = &data[..data.len().min(LONGEST)];
        out.read.push(reader.base + start..reader.base + start + data.len());
        out.text(named.unwrap_or("Exif"), text(tag, data, reader.little));
    }
    if let (Some(width), Some(height), true) = (width, height, sizes) {
        out.size(width, height);
    }
    if let Some(next) = reader.long(at + 2 + count * 12) {
        todo.push(next);
    }
    sound
}

fn text(tag: u16, data: &[u8], little: bool) -> String {
    let wide = |data: &[u8], little: bool| {
        let units: Vec<u16> = data
            .chunks_exact(2)
            .map(|b| match little {
                true => u16::from_le_bytes([b[0], b[1]]),
                false => u16::from_be_bytes([b[0], b[1]]),
            })
            .collect();
        String::from_utf16_lossy(&units)
    };
    let text = match (tag, data) {
        // The tags Windows writes are UTF-16, always little end first.
        (0x9C9B..=0x9C9F, data) => wide(data, true),
        // A charset's name of eight bytes comes first.
        (0x9286, [b'U', b'N', b'I', b'C', b'O', b'D', b'E', _, rest @ ..]) => wide(rest, little),
        (0x9286, [_, _, _, _, _, _, _, _, rest @ ..]) => latin(rest),
        _ => latin(data),
    };
    text.split('\0').filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}
