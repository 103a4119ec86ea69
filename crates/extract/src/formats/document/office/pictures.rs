//! The pictures of Office documents before 2007 (MS-ODRAW 2.2.23): records that stand in a stream of
//! their own, among the text or in the list of drawings.

use crate::descend::{Descent, Flow};
use crate::formats::image::bitmap_file;
use dlpscan_core::model::{Content, Part};
use std::ops::ControlFlow::Continue;
use std::ops::Range;

/// Bytes of a record's header.
const HEADER: usize = 8;
/// Bytes of a metafile's own header (MS-ODRAW 2.2.31), before it the identifiers.
const METAFILE_HEADER: usize = 34;
/// The record type of a picture without a file's header.
const DIB: u16 = 0xF01F;

/// Kinds of pictures: the record's type, its instance with one identifier of 16 bytes (with two it is
/// one more), and whether it is a metafile.
const KINDS: &[(u16, u16, bool)] = &[
    (0xF01A, 0x3D4, true),
    (0xF01B, 0x216, true),
    (0xF01C, 0x542, true),
    (0xF01D, 0x46A, false),
    (0xF01D, 0x6E2, false),
    (0xF01E, 0x6E0, false),
    (DIB, 0x7A8, false),
    (0xF029, 0x6E4, false),
    (0xF02A, 0x46A, false),
    (0xF02A, 0x6E2, false),
];

/// A picture in a stream.
#[derive(Debug, PartialEq)]
struct Picture {
    kind: u16,
    /// Where its data stands.
    data: Range<usize>,
    /// The data is packed.
    packed: bool,
}

/// Hands on the pictures that stand anywhere in a stream.
pub(super) fn give(stream: &[u8], descent: &mut Descent<'_>) -> Flow {
    let mut at = 0;
    let mut number = 0;
    while let Some(found) = next(stream, at) {
        at = found.data.end;
        number += 1;
        let name = format!("picture {number}");
        let data = &stream[found.data];
        if found.packed {
            let packed = flate2::read::ZlibDecoder::new(data);
            let reader = descent.budget().meter(packed, Some(data.len() as u64));
            descent.part(Part::new(name, Content::Stream(Box::new(reader))))?;
            continue;
        }
        let file = if found.kind == DIB { bitmap_file(data) } else { data.into() };
        descent.part(Part::new(name, Content::Bytes(&file)))?;
    }
    Continue(())
}

/// The first picture from `at` on.
fn next(stream: &[u8], at: usize) -> Option<Picture> {
    // The upper byte of all types is the same, and the fourth of a record.
    let from = at.checked_add(3)?;
    memchr::memchr_iter(0xF0, stream.get(from..)?).find_map(|i| picture(stream, from + i - 3))
}

/// The picture whose record begins at `at`.
fn picture(stream: &[u8], at: usize) -> Option<Picture> {
    let head = stream.get(at..at + HEADER)?;
    let (mark, kind) =
        (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
    let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let &(_, one, metafile) =
        KINDS.iter().find(|(k, one, _)| *k == kind && mark & 0xF == 0 && mark >> 4 & !1 == *one)?;
    let identifiers = if mark >> 4 == one { 16 } else { 32 };
    let skip = identifiers + if metafile { METAFILE_HEADER } else { 1 };
    let start = at + HEADER + skip;
    let end = (at + HEADER).checked_add(len)?;
    // One that is cut short is still the beginning of a picture.
    let end = end.min(stream.len());
    // The last byte but one of a metafile's header says whether it is packed.
    let packed = metafile && stream.get(start - 2) == Some(&0);
    (len > skip && start < end).then_some(Picture { kind, data: start..end, packed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, instance: u16, data: &[u8]) -> Vec<u8> {
        let mut out = (instance << 4).to_le_bytes().to_vec();
        out.extend(kind.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn pictures_are_found_wherever_they_stand() {
        let one = record(0xF01E, 0x6E0, &[&[7; 17][..], b"first"].concat());
        let two = record(0xF01D, 0x46B, &[&[7; 33][..], b"second"].concat());
        let other = record(0xF01E, 0x123, &[7; 40]);
        let stream = [b"words \xf0 and".as_slice(), &one, &other, b"\x1e\xf0", &two].concat();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(picture) = next(&stream, at) {
            at = picture.data.end;
            found.push(&stream[picture.data]);
        }
        assert_eq!(found, [&b"first"[..], b"second"]);
        assert_eq!(next(&one[..28], 0).map(|p| p.data), Some(25..28));
    }
}
