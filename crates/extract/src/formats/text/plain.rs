use crate::decode::{Charset, Decoder, Windows, detect, is_utf8};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Opening, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Role, Segment, SpanMap, Stopped};
use std::io::{Read, Write};
use std::ops::Range;

/// Text as it is: prose, logs, source code, settings, anything without a format of its own.
pub struct Plain;

impl Extractor for Plain {
    fn name(&self) -> &'static str {
        "text"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        if hint.media == DECLARED && may_be_text(head) { Sure::Fallback } else { Sure::No }
    }

    fn sniff_text(&self, _opening: &Opening<'_>, _hint: &Hint<'_>) -> Sure {
        Sure::Fallback
    }

    fn is_plain(&self) -> bool {
        true
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let declared = part.media.as_deref().is_some_and(|m| m.eq_ignore_ascii_case(DECLARED));
        if let Content::Bytes(bytes) = part.content
            && bytes.len() <= AT_ONCE
            && part.charset.is_none()
            && let Some(text) = untouched(bytes)
            && !old_line_ends(bytes)
        {
            return at_once(text, declared, descent);
        }
        read(part.content.reader(), part.charset.as_deref(), declared, descent)
    }
}

/// Bytes in memory that are one window.
const AT_ONCE: usize = 1 << 20;

/// Whether lines end in a carriage return alone.
fn old_line_ends(text: &[u8]) -> bool {
    memchr::memchr(b'\r', text).is_some() && memchr::memchr(b'\n', text).is_none()
}

/// Scans a short text that needs no decoding where it lies: what [`read`] does, without a copy.
fn at_once(text: &[u8], as_text: bool, descent: &mut Descent<'_>) -> Flow {
    let mut seen = Seen { as_text, ..Seen::default() };
    let mut flow = Flow::Continue(());
    if !text.is_empty() {
        let map = SpanMap::identity(0);
        let place = Place::Line { line: 1, column: 1 };
        let segment = Segment { map: Some(&map), ..Segment::new(text, place) };
        flow = seen.segment(segment, descent);
    }
    descent.claim(0..text.len() as u64, Fate::Scanned);
    seen.tell(descent);
    flow
}

/// The media type under which control characters and zeros count as text: a mail body is what its
/// sender says it is, as long as it is not noise.
const DECLARED: &str = "text/plain";

/// True when first bytes that do not look like text could still be it where somebody says so.
fn may_be_text(head: &[u8]) -> bool {
    let bad = head.iter().filter(|&&b| b == 0 || is_control(b)).count();
    raw::known(head).is_none() && bad * 4 <= head.len() && !is_noise(head)
}

/// True when bytes cannot be made shorter, as those of encrypted and compressed data cannot.
fn is_noise(bytes: &[u8]) -> bool {
    if bytes.len() < 256 {
        return false;
    }
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = packer.write_all(bytes).and_then(|()| packer.finish());
    // A byte that became two on the way to UTF-8 says no more for it.
    let characters = bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count();
    packed.is_ok_and(|packed| packed.len() * 10 > characters * 9)
}

/// Scans a reader that begins at the current part's first byte as text, and claims what it read.
/// Formats whose bytes turn out not to be theirs come here, so that nothing is lost.
pub fn scan(reader: impl Read, declared: Option<&str>, descent: &mut Descent<'_>) -> Flow {
    read(reader, declared, false, descent)
}

/// The same; `as_text` says that the container declares it to be text.
fn read(
    reader: impl Read,
    declared: Option<&str>,
    as_text: bool,
    descent: &mut Descent<'_>,
) -> Flow {
    let mut windows = Windows::new(reader, declared);
    let mut seen = Seen { as_text, ..Seen::default() };
    let mut flow = Flow::Continue(());
    while let Some(window) = windows.next() {
        if let Err(Stopped(reason)) = descent.budget().check() {
            descent.note(reason);
            let (decoded, read) = (windows.raw_decoded(), windows.raw_read());
            descent.claim(0..decoded, Fate::Scanned);
            descent.claim(decoded..read, Fate::Unscannable(reason));
            return flow;
        }
        flow = seen.segment(window.segment(), descent);
        if flow.is_break() {
            break;
        }
    }
    descent.claim(0..windows.raw_read(), Fate::Scanned);
    if let Some(error) = windows.fault() {
        descent.fault(&error);
    }
    seen.tell(descent);
    flow
}

/// What was seen of a text so far.
#[derive(Default)]
struct Seen {
    as_text: bool,
    foreign: Foreign,
    /// Its first line says that it is encrypted; `None` before the first line.
    locked: Option<bool>,
}

impl Seen {
    /// Looks at a segment and has it scanned.
    fn segment(&mut self, mut segment: Segment<'_>, descent: &mut Descent<'_>) -> Flow {
        // What an encrypted text holds is not what can be read of it.
        if *self.locked.get_or_insert_with(|| is_locked(segment.text)) {
            segment.role = Role::Raw;
        }
        self.foreign.look(segment.text, &segment.body, self.as_text);
        descent.segment(&segment)
    }

    /// Notes what of the text is none.
    fn tell(self, descent: &mut Descent<'_>) {
        if self.locked == Some(true) {
            descent.note(Reason::Encrypted);
        } else if let Some(bytes) = self.foreign.bytes() {
            let words = "some of it is not text; of that, only printable text was scanned";
            descent.note_with(Reason::Unsupported, Some(bytes), words);
        }
    }
}

/// True when these first bytes read as text in some charset.
pub fn is_text(head: &[u8], whole: bool) -> bool {
    if head.is_empty() {
        return true;
    }
    if raw::known(head).is_some() {
        return false;
    }
    if let Some(text) = untouched(head) {
        let odd = text.chunks(BLOCK).any(has_odd);
        let controls = || text.chunks(128).map(controls).sum::<usize>();
        let bad = if odd { controls() } else { 0 } + upper_controls(text);
        return bad * 20 <= text.len() || bad <= 1 && text.len() >= 8;
    }
    let (charset, bom) = detect(head, None, whole);
    let mut decoder = Decoder::new(charset).keeping_zeros();
    let mut text = Vec::with_capacity(head.len());
    decoder.push(&head[bom..], 0, whole, &mut text, &mut SpanMap::new());
    // Padding at the end is no content.
    let end = text.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    if end == 0 {
        return text.is_empty();
    }
    let text = &text[..end];
    let zeros = memchr::memchr_iter(0, text).count();
    let mut bad = text.iter().filter(|&&b| is_control(b)).count();
    if matches!(charset, Charset::Bytes(_)) {
        // Legacy charsets leave some of their upper half unused or to controls.
        bad += upper_controls(String::from_utf8_lossy(text).as_bytes());
    }
    bad * 20 <= text.len() && zeros * 4 <= text.len() || bad + zeros <= 1 && text.len() >= 8
}

/// The text, if it is UTF-8 to its last byte without a mark and without zeros: then no charset
/// needs to be told and nothing decoded.
pub(crate) fn untouched(head: &[u8]) -> Option<&[u8]> {
    let marked = head.starts_with(b"\xEF\xBB\xBF") || memchr::memchr(0, head).is_some();
    (!marked && is_utf8(head)).then_some(head)
}

/// How many of the control characters U+0080 to U+009F there are.
fn upper_controls(text: &[u8]) -> usize {
    let is = |at: usize| text.get(at + 1).is_some_and(|b| (0x80..=0x9F).contains(b));
    memchr::memchr_iter(0xC2, text).filter(|at| is(*at)).count()
}

/// Text that is a container of encrypted data: its own first line says so.
fn is_locked(text: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] = [
        b"$ANSIBLE_VAULT;",
        b"age-encryption.org/",
        b"-----BEGIN AGE ENCRYPTED FILE-----",
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN PKCS7-----",
        // "Salted__" in base64, which openssl enc writes.
        b"U2FsdGVkX1",
    ];
    let text = text.trim_ascii_start();
    MARKS.iter().any(|mark| text.starts_with(mark))
}

/// Control characters that text does not hold. Tabs, line ends, form feeds, backspaces and escapes
/// do occur in logs; zeros are counted apart.
fn is_control(b: u8) -> bool {
    (b > 0) & (b < 8) | (b == 11) | (b > 13) & (b < 27) | (b > 27) & (b < 32) | (b == 127)
}

/// Watches for stretches that are not text: an archive behind a letter, a damaged log.
#[derive(Default)]
pub(crate) struct Foreign {
    /// Bytes and control characters of the block that is being counted.
    seen: usize,
    bad: usize,
    blocks: u64,
    archive: bool,
}

const BLOCK: usize = 512;
/// How a zip archive begins.
const ARCHIVE: &[u8] = b"PK\x03\x04";
/// Bytes that are packed together to tell noise from text.
const NOISE: usize = 4096;

impl Foreign {
    /// Looks at a window's own text.
    /// In what is declared as text, only noise is foreign.
    pub fn look(&mut self, text: &[u8], body: &Range<usize>, declared: bool) {
        let mut rest = &text[body.clone()];
        let end = text.len().min(body.end + ARCHIVE.len() - 1);
        if !text[body.start..end].chunks(BLOCK).any(has_odd) {
            self.skip(rest.len());
            return;
        }
        let noise = |block: &[u8]| {
            block.iter().filter(|&&b| is_control(b)).count() * 20 >= block.len() && is_noise(block)
        };
        if declared && !rest.chunks(NOISE).any(noise) {
            rest = &[];
        }
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BLOCK - self.seen));
            self.bad += now.chunks(128).map(controls).sum::<usize>();
            self.seen += now.len();
            rest = later;
            if self.seen == BLOCK {
                self.close();
            }
        }
        if !self.archive {
            self.archive = memchr::memmem::find(&text[body.start..end], ARCHIVE).is_some();
        }
    }

    /// Passes over so many bytes none of which is a control character.
    fn skip(&mut self, bytes: usize) {
        let all = self.seen + bytes;
        if all >= BLOCK {
            self.seen = BLOCK;
            self.close();
        }
        self.seen = all % BLOCK;
    }

    fn close(&mut self) {
        let share = self.bad * 20 >= self.seen && self.bad >= 4;
        self.blocks += u64::from(share);
        (self.seen, self.bad) = (0, 0);
    }

    /// About how many bytes were not text; `None` when all were.
    pub fn bytes(mut self) -> Option<u64> {
        self.close();
        match (self.blocks, self.archive) {
            (0, false) => None,
            (blocks, _) => Some(blocks.max(1) * BLOCK as u64),
        }
    }
}

/// Whether there is any character that text hardly holds, in a form that the compiler can do many
/// at once of: most text is told by this alone to have no control characters.
fn has_odd(block: &[u8]) -> bool {
    let odd = |b: u8| (b < 32) & (b != b'\n') & (b != b'\r') & (b != b'\t') | (b == 127);
    block.iter().fold(false, |any, &b| any | odd(b))
}

/// Counts in bytes, so that the compiler can do many at once. At most 255 bytes.
fn controls(chunk: &[u8]) -> usize {
    usize::from(chunk.iter().fold(0_u8, |n, &b| n + u8::from(is_control(b))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_binary_are_told_apart() {
        for text in [
            &b"hello"[..],
            b"x",
            b"4539\x004378\x001472\x007604\n",
            b"\xFF\xFEh\0i\0",
            b"h\0i\0",
            b"caf\xE9 \xA35",
            b"\x1b[31mred\x1b[0m log line\n",
            b"padded\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            assert!(is_text(text, true), "{text:?}");
        }
        let noise: Vec<u8> =
            (0..4096_u32).map(|i| (i.wrapping_mul(2654435761) >> 13) as u8).collect();
        for binary in [&b"PK\x03\x04\x14\0"[..], b"\x7fELF\x02\x01\x01", b"\0\0\0\0", &noise] {
            assert!(!is_text(binary, true), "{:?}", &binary[..4]);
        }
    }
}
