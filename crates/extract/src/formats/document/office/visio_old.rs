//! Visio drawings of 2000 to 2010: one stream in which pointers lead to packed blocks, some of more
//! pointers, some of chunks, one kind of which is a shape's text. As told by Apache POI's HDGF and
//! libvisio; Microsoft never has.

use super::prose::{Change, Prose};
use crate::descend::{Descent, Flow};
use crate::formats::raw;
use crate::little_endian::{le32, utf16};
use dlpscan_core::model::{Place, Stopped};
use encoding_rs::WINDOWS_1252;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow::Continue;
use std::ops::Range;

/// What the stream begins with, where its version stands, and where its first pointer does.
const BEGINS: &[u8] = b"Visio (TM) Drawing\r\n";
const VERSION: usize = 0x1A;
const FIRST: usize = 0x24;
/// The oldest version whose pointers are known here, and the oldest with UTF-16.
const OLDEST: u16 = 6;
const WIDE: u16 = 11;
/// Bytes of a pointer, and between the number of pointers and the first of them.
const POINTER: usize = 18;
const BEFORE: usize = 8;
/// Kinds of pointer: to all others, and to a page.
const TRAILER: u32 = 20;
const PAGE: u32 = 0x15;
/// Bytes of a chunk's header, the kind that is text, and where in it the text begins.
const CHUNK: usize = 19;
const TEXT: u32 = 0x0E;
const TEXT_AT: usize = 8;
/// Kinds that have eight bytes behind them, and those of them without four more.
const TRAILED: [u32; 8] = [0x2C, 0x65, 0x66, 0x69, 0x6A, 0x6B, 0x70, 0x71];
const UNPARTED: [u32; 2] = [0x1F, 0xC9];

/// True for a stream whose pointers can be followed.
pub(super) fn is_drawing(stream: &[u8]) -> bool {
    stream.starts_with(BEGINS) && version(stream) >= OLDEST
}

fn version(stream: &[u8]) -> u16 {
    stream.get(VERSION..).and_then(|s| s.first_chunk()).map_or(0, |v| u16::from_le_bytes(*v))
}

/// Follows all pointers: gives the texts of shapes page by page, and the strings of all else.
pub(super) fn read(stream: &[u8], descent: &mut Descent<'_>) -> Flow {
    let drawing = Place::Property { name: "drawing".into() };
    let mut prose = Prose::at(drawing.clone(), Some(String::new()));
    let mut strings: Vec<Vec<u8>> = Vec::new();
    let mut seen = HashSet::new();
    let mut pages = 0;
    let mut open: Vec<(Pointer, Option<u64>)> =
        Pointer::read(stream, FIRST).map(|first| (first, None)).into_iter().collect();
    while let Some((pointer, page)) = open.pop() {
        let known = !seen.insert((pointer.offset, pointer.len));
        let Some(block) = pointer.block(stream).filter(|_| !known) else { continue };
        if let Err(Stopped(reason)) = descent.budget().take_bytes(block.len() as u64) {
            descent.note(reason);
            break;
        }
        let page = match pointer.kind {
            PAGE => {
                pages += 1;
                Some(pages)
            }
            _ => page,
        };
        if pointer.leads_on() {
            // The last one is followed first.
            open.extend(pointers(&block).into_iter().rev().map(|next| (next, page)));
        }
        let mut at = 0;
        if pointer.has_chunks() {
            prose.set_place(page.map_or(drawing.clone(), |page| Place::Page { page }));
            for Range { start, end } in texts(&block) {
                strings.push(block[at..start].to_vec());
                at = end;
                shape(&block[start..end], version(stream) >= WIDE, &mut prose, descent)?;
            }
        }
        strings.push(block[at..].to_vec());
    }
    prose.finish(descent)?;
    strings.iter().try_for_each(|bytes| raw::strings(&bytes[..], 0, descent))?;
    raw::strings(stream, 0, descent)
}

/// The text of a shape, up to its first zero.
fn shape(text: &[u8], wide: bool, prose: &mut Prose, descent: &mut Descent<'_>) -> Flow {
    let text: Cow<'_, str> = match wide {
        true => {
            let end = text.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0]);
            utf16(&text[..end.map_or(text.len(), |units| 2 * units)]).into()
        }
        false => {
            let end = memchr::memchr(0, text).unwrap_or(text.len());
            WINDOWS_1252.decode_without_bom_handling(&text[..end]).0
        }
    };
    for line in text.split(['\n', '\r', '\u{2028}']).filter(|line| !line.trim().is_empty()) {
        prose.begin_paragraph();
        prose.text(line.as_bytes(), Change::None, descent)?;
        prose.end_paragraph(descent)?;
    }
    Continue(())
}

struct Pointer {
    kind: u32,
    offset: usize,
    len: usize,
    format: u16,
}

impl Pointer {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let pointer = bytes.get(at..at.checked_add(POINTER)?)?;
        Some(Pointer {
            kind: le32(pointer, 0)?,
            offset: le32(pointer, 8)? as usize,
            len: le32(pointer, 12)? as usize,
            format: u16::from_le_bytes([pointer[16], pointer[17]]),
        })
    }

    fn leads_on(&self) -> bool {
        self.kind == TRAILER || matches!(self.format, 0x1D | 0x1E | 0x50..0x60)
    }

    fn has_chunks(&self) -> bool {
        matches!(self.format, 0xD0..0xDF)
    }

    /// What it leads to, unpacked. Four bytes before pointers are for the program.
    fn block<'s>(&self, stream: &'s [u8]) -> Option<Cow<'s, [u8]>> {
        let bytes = stream.get(self.offset..self.offset.checked_add(self.len)?)?;
        if self.len == 0 {
            return None;
        }
        match self.format & 2 {
            0 => Some(Cow::Borrowed(bytes)),
            _ if self.has_chunks() => Some(Cow::Owned(unpacked(bytes))),
            _ => Some(Cow::Owned(unpacked(bytes).get(4..)?.to_vec())),
        }
    }
}

/// The pointers in a block, which says at its beginning where their number stands.
fn pointers(block: &[u8]) -> Vec<Pointer> {
    let list = || {
        let at = le32(block, 0)? as usize;
        Some((le32(block, at)? as usize, at.checked_add(BEFORE)?))
    };
    let Some((count, first)) = list() else { return Vec::new() };
    // Bounded by the bytes there are.
    let all = (0..count).map_while(|n| Pointer::read(block, first.checked_add(n * POINTER)?));
    all.collect()
}

/// Where the texts of shapes lie in a block of chunks.
fn texts(block: &[u8]) -> Vec<Range<usize>> {
    let mut texts = Vec::new();
    let mut at = 0;
    while let Some(head) = block.get(at..at + CHUNK) {
        let (Some(kind), Some(more), Some(len)) = (le32(head, 0), le32(head, 8), le32(head, 12))
        else {
            break;
        };
        let (flags, last) = (u16::from_le_bytes([head[16], head[17]]), head[18]);
        let start = at + CHUNK;
        let end = start.saturating_add(len as usize).min(block.len());
        if kind == TEXT && end - start > TEXT_AT {
            texts.push(start + TEXT_AT..end);
        }
        let trailed = more != 0 || TRAILED.contains(&kind);
        let parted = trailed
            || flags == 2
                && (last == 0x55 || last == 0x54 && matches!(kind, 0xA9 | 0xAA | 0xB4 | 0xB6))
            || flags == 3 && last != 0x50;
        at = end + if trailed { 8 } else { 0 };
        if parted && !UNPARTED.contains(&kind) {
            at += 4;
        }
    }
    texts
}

/// Unpacks Visio's LZW: a window of 4 KiB, eight flags a byte of which a set one means a byte as it
/// is, else twelve bits of where in the window and four of how many.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    const WINDOW: usize = 4096;
    const AHEAD: usize = 18;
    let mut window = [0_u8; WINDOW];
    let mut out = Vec::with_capacity(packed.len() * 2);
    let mut input = packed.iter().copied();
    while let Some(flags) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else { return out };
            if flags >> bit & 1 == 1 {
                window[out.len() % WINDOW] = first;
                out.push(first);
                continue;
            }
            let Some(second) = input.next() else { return out };
            let from = usize::from(first) + (usize::from(second & 0xF0) << 4) + AHEAD;
            for n in 0..usize::from(second & 15) + 3 {
                let byte = window[(from + n) % WINDOW];
                window[out.len() % WINDOW] = byte;
                out.push(byte);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_is_taken_from_the_window() {
        // Three bytes as they are, then six from the window's beginning, which they repeat.
        let packed = [0b0000_0111, b'a', b'b', b'c', 0xEE, 0xF3];
        assert_eq!(unpacked(&packed), b"abcabcabc");
        assert_eq!(unpacked(&packed[..5]), b"abc");
    }

    #[test]
    fn only_chunks_of_text_are_taken_and_a_chunk_that_lies_ends_the_walk() {
        let chunk = |kind: u32, more: u32, data: &[u8]| {
            let mut chunk = Vec::new();
            for number in [kind, 1, more, data.len() as u32] {
                chunk.extend_from_slice(&number.to_le_bytes());
            }
            chunk.extend_from_slice(&[0, 0, 0]);
            chunk.extend_from_slice(data);
            chunk
        };
        let mut block = chunk(0x69, 0, b"other");
        block.extend_from_slice(&[0; 12]);
        let start = block.len() + CHUNK + TEXT_AT;
        block.extend(chunk(TEXT, 0, b"12345678text"));
        block.extend(chunk(TEXT, 0, b"short"));
        block.extend_from_slice(&[0xFF; CHUNK]);
        let only = Range { start, end: start + 4 };
        assert_eq!(texts(&block), [only]);
    }
}
