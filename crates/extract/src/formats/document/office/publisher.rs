//! Publisher documents: their text lies in a stream of its own, `Quill`, in named pieces, among them
//! one of running text. As told by Apache POI's HPBF and libmspub; Microsoft never has.

use super::prose::{Change, Prose};
use crate::descend::{Descent, Flow};
use crate::formats::raw;
use crate::little_endian::{le32, utf16};
use std::ops::Range;

/// What the stream begins with.
const BEGINS: &[u8] = b"CHNKINK ";
/// Where the list of pieces begins, how long an entry of it is, and what it begins with.
const LIST: usize = 0x20;
const ENTRY: usize = 24;
const USED: [u8; 2] = [0x18, 0];
/// Entries there are at most.
const MOST: usize = 20;

/// True for a stream of this kind.
pub(super) fn is_text(stream: &[u8]) -> bool {
    stream.starts_with(BEGINS)
}

/// Reads the running text, paragraph after paragraph, and the strings of everything else.
pub(super) fn read(stream: &[u8], descent: &mut Descent<'_>) -> Flow {
    let mut prose = Prose::paragraphs();
    let mut at = 0;
    for Range { start, end } in texts(stream) {
        raw::strings(&stream[at..start.max(at)], at as u64, descent)?;
        at = end;
        for paragraph in utf16(&stream[start..end]).split(['\r', '\u{c}']) {
            prose.begin_paragraph();
            let lines = paragraph.replace('\u{b}', "\n");
            prose.text(lines.as_bytes(), Change::None, descent)?;
            prose.end_paragraph(descent)?;
        }
    }
    prose.finish(descent)?;
    raw::strings(&stream[at..], at as u64, descent)
}

/// Where running text lies, in the order of the stream.
fn texts(stream: &[u8]) -> Vec<Range<usize>> {
    let entries = stream.get(LIST..).unwrap_or_default().as_chunks::<ENTRY>().0;
    let text = |entry: &[u8; ENTRY]| {
        let start = le32(entry, 16)? as usize;
        let end = start.checked_add(le32(entry, 20)? as usize)?.min(stream.len());
        let known = entry.starts_with(&USED) && &entry[12..16] == b"TEXT";
        (known && start < end).then_some(start..end)
    };
    let mut texts: Vec<_> = entries.iter().take(MOST).filter_map(text).collect();
    texts.sort_unstable_by_key(|range| range.start);
    texts.dedup_by(|next, before| next.start < before.end);
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pieces_of_text_that_lie_in_the_stream_and_apart_are_taken() {
        let mut stream = BEGINS.to_vec();
        stream.resize(LIST, 0);
        for (name, start, len) in [
            (b"FONT", 0_u32, 8_u32),
            (b"TEXT", 300, 40),
            (b"TEXT", 320, 9),
            (b"TEXT", 350, 99),
            (b"TEXT", 900, 1),
        ] {
            stream.extend_from_slice(&[0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            stream.extend_from_slice(name);
            stream.extend_from_slice(&start.to_le_bytes());
            stream.extend_from_slice(&len.to_le_bytes());
        }
        stream.resize(400, 0);
        assert_eq!(texts(&stream), [300..340, 350..400]);
        assert!(texts(&stream[..33]).is_empty());
    }
}
