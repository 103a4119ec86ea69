use super::{Decoder, SAMPLE, detect};
use dlpscan_core::model::{Layout, Place, Segment, SpanMap};
use dlpscan_core::scan::MARGIN;
use encoding_rs::Encoding;
use std::io::{self, Read};
use std::ops::Range;

/// Bytes of text that are a window's own.
const BODY: usize = 1 << 20;
/// Raw bytes read at a time.
const READ: usize = 256 << 10;
/// So many bytes at most are held back of what was read in place, for what may follow them: half of
/// them for a character that is cut.
const HELD_BACK: usize = 8;

/// Decodes a stream into windows: runs of text of bounded size, each with enough of its neighbours
/// on both sides that no match is cut.
///
/// The bodies of all windows, one after another, are the whole text.
pub struct Windows<R> {
    reader: R,
    decoder: Option<Decoder>,
    declared: Option<String>,
    charset: &'static str,
    body_size: usize,
    /// Raw bytes read and not decoded yet; the first of them is byte `raw_at` of the part.
    raw: Vec<u8>,
    raw_at: u64,
    ended: bool,
    fault: Option<io::Error>,
    text: Vec<u8>,
    map: SpanMap,
    body: Range<usize>,
    line: u64,
    column: u64,
    /// Lines end in a carriage return alone, which the text has as a line feed.
    returns: bool,
}

/// One window of a text.
#[derive(Debug, Clone)]
pub struct Window<'w> {
    /// The text with its margins.
    pub text: &'w [u8],
    /// The window's own part of it.
    pub body: Range<usize>,
    /// Line and column where the text starts.
    pub place: Place,
    /// Back to the raw bytes.
    pub map: &'w SpanMap,
}

impl<'w> Window<'w> {
    /// The window as a segment of content.
    pub fn segment(&self) -> Segment<'w> {
        Segment {
            body: self.body.clone(),
            layout: Layout::Lines,
            map: (!self.map.is_empty()).then_some(self.map),
            ..Segment::new(self.text, self.place.clone())
        }
    }
}

impl<R: Read> Windows<R> {
    /// The windows of a text. `declared` is a charset label from its container, if any.
    pub fn new(reader: R, declared: Option<&str>) -> Self {
        Windows {
            reader,
            decoder: None,
            declared: declared.map(str::to_owned),
            charset: "UTF-8",
            body_size: BODY,
            raw: Vec::new(),
            raw_at: 0,
            ended: false,
            fault: None,
            text: Vec::new(),
            map: SpanMap::new(),
            body: 0..0,
            line: 1,
            column: 1,
            returns: false,
        }
    }

    /// The same with another decoder than the one its first bytes call for.
    pub fn with_decoder(self, decoder: Decoder) -> Self {
        Windows { decoder: Some(decoder), ..self }
    }

    /// The same with other sizes of body. Any size gives the same text.
    pub fn with_body(self, bytes: usize) -> Self {
        Windows { body_size: bytes.max(1), ..self }
    }

    /// The same where the reader's first byte is not the part's.
    pub fn starting_at(self, raw: u64) -> Self {
        Windows { raw_at: raw, ..self }
    }

    /// The charset's name, known from the first window on.
    pub fn charset(&self) -> &'static str {
        self.charset
    }

    /// Raw bytes decoded so far.
    pub fn raw_decoded(&self) -> u64 {
        self.raw_at
    }

    /// Raw bytes read so far.
    pub fn raw_read(&self) -> u64 {
        self.raw_at + self.raw.len() as u64
    }

    /// The error that ended the stream early, if one did. What was read before it is in the windows.
    pub fn fault(&mut self) -> Option<io::Error> {
        self.fault.take()
    }

    /// The next window; `None` when the text has ended.
    #[allow(clippy::should_implement_trait)] // It lends its buffer, which an Iterator cannot.
    pub fn next(&mut self) -> Option<Window<'_>> {
        self.forget();
        let start = self.body.end;
        self.fill(start.saturating_add(self.body_size).saturating_add(MARGIN));
        if start >= self.text.len() {
            return None;
        }
        let left = self.text.len() - start;
        let own = if left <= self.body_size { left } else { self.boundary(start) };
        self.body = start..start + own;
        let text_end = self.text.len().min(self.body.end + MARGIN);
        Some(Window {
            text: &self.text[..text_end],
            body: self.body.clone(),
            place: Place::Line { line: self.line, column: self.column },
            map: &self.map,
        })
    }

    /// The body's length from `start` on, so that no character is cut.
    fn boundary(&self, start: usize) -> usize {
        let mut end = start + self.body_size;
        while end > start + 1 && self.text[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        end - start
    }

    /// Drops what the next window does not need.
    fn forget(&mut self) {
        let mut cut = self.body.end.saturating_sub(MARGIN);
        while cut > 0 && self.text[cut] & 0xC0 == 0x80 {
            cut -= 1;
        }
        if cut == 0 {
            return;
        }
        let gone = &self.text[..cut];
        let chars = |text: &[u8]| text.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u64;
        match memchr::memrchr(b'\n', gone) {
            Some(at) => {
                self.line += memchr::memchr_iter(b'\n', gone).count() as u64;
                self.column = 1 + chars(&gone[at + 1..]);
            }
            None => self.column += chars(gone),
        }
        self.text.drain(..cut);
        self.map = self.map.tail(cut);
        self.body = self.body.start.saturating_sub(cut)..self.body.end - cut;
    }

    /// Decodes until there are `want` bytes of text, or no more.
    fn fill(&mut self, want: usize) {
        while self.text.len() < want && !(self.ended && self.raw.is_empty()) {
            if !self.ended && !self.read_in_place() {
                self.read();
            }
            if self.decoder.is_none() {
                while !self.ended && self.raw.len() < SAMPLE {
                    self.read();
                }
                let sample = &self.raw[..self.raw.len().min(SAMPLE)];
                let whole = self.ended && sample.len() == self.raw.len();
                let (charset, bom) = detect(sample, self.declared.as_deref(), whole);
                self.charset = charset.name();
                self.returns = memchr::memchr(b'\r', sample).is_some()
                    && memchr::memchr(b'\n', sample).is_none();
                self.raw.drain(..bom);
                self.raw_at += bom as u64;
                self.decoder = Some(Decoder::new(charset));
            }
            let old = self.text.len();
            if let Some(decoder) = &mut self.decoder {
                let took =
                    decoder.push(&self.raw, self.raw_at, self.ended, &mut self.text, &mut self.map);
                self.raw.drain(..took);
                self.raw_at += took as u64;
            }
            if self.returns {
                for byte in &mut self.text[old..] {
                    *byte = if *byte == b'\r' { b'\n' } else { *byte };
                }
            }
        }
    }

    fn read(&mut self) {
        // Room for what most texts hold, so that they are read at once.
        self.raw.reserve(SAMPLE);
        let got = (&mut self.reader).take(READ as u64).read_to_end(&mut self.raw);
        self.note(got);
    }

    /// Reads to where the text will stand, and leaves there what needs no decoding. False where that
    /// is nothing: then what was read is raw.
    fn read_in_place(&mut self) -> bool {
        let passes = self.decoder.as_ref().is_some_and(Decoder::passes_utf8);
        if !passes || self.returns || self.raw.len() > HELD_BACK {
            return false;
        }
        let start = self.text.len();
        self.text.append(&mut self.raw);
        let got = (&mut self.reader).take(READ as u64).read_to_end(&mut self.text);
        self.note(got);
        let new = &self.text[start..];
        // The last bytes may begin something else than they seem to.
        let most = new.len().saturating_sub(HELD_BACK / 2);
        let good = Encoding::utf8_valid_up_to(&new[..most]);
        let plain = good + HELD_BACK / 2 >= most && memchr::memchr(0, new).is_none();
        let good = if plain && !self.ended { good } else { 0 };
        self.raw.extend_from_slice(&new[good..]);
        self.text.truncate(start + good);
        if good > 0 {
            self.map.linear(start, self.raw_at);
            self.raw_at += good as u64;
        }
        true
    }

    fn note(&mut self, got: io::Result<usize>) {
        match got {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) => {
                self.ended = true;
                self.fault = Some(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlpscan_core::model::Stopped;

    fn bodies(raw: &[u8], size: usize) -> (Vec<u8>, usize) {
        let mut windows = Windows::new(raw, None).with_body(size);
        let (mut all, mut count) = (Vec::new(), 0);
        let mut line = 1;
        while let Some(window) = windows.next() {
            let segment = window.segment();
            let Place::Line { line: at, .. } = segment.place_at(window.body.start) else {
                panic!()
            };
            assert_eq!(at, line);
            let own = &window.text[window.body.clone()];
            line += memchr::memchr_iter(b'\n', own).count() as u64;
            all.extend_from_slice(own);
            count += 1;
        }
        (all, count)
    }

    #[test]
    fn the_bodies_of_any_size_make_the_same_text() {
        let raw = "line £ of text, naïve\nand another\n".repeat(2_000).into_bytes();
        for size in [1_000, 4_096, 10_001, 1 << 20] {
            let (text, count) = bodies(&raw, size);
            assert_eq!(text, raw, "body {size}");
            assert!(count >= raw.len() / size);
        }
    }

    #[test]
    fn a_body_of_one_byte_is_still_the_same_text() {
        let raw = "a £\n€".repeat(20).into_bytes();
        assert_eq!(bodies(&raw, 1).0.len(), raw.len());
    }

    #[test]
    fn what_is_read_in_place_is_what_decoding_makes_of_it() {
        let wide: Vec<u8> = "Card number 4539".bytes().flat_map(|b| [b, 0]).collect();
        for odd in [&wide[..], "£é\u{1F600}".as_bytes(), b"caf\xE9", b"\xC2", b"", b"a\0b"] {
            for shift in 0..16 {
                // The odd bytes stand where the second piece ends that is read.
                let mut raw = b"plain text\n".repeat(READ / 5);
                raw.truncate(2 * READ - shift);
                raw.extend_from_slice(odd);
                raw.extend_from_slice("\nmore £ of it\n".repeat(READ / 16).as_bytes());
                let whole = crate::decode::text(&raw, None);
                let mut windows = Windows::new(&raw[..], None);
                let mut text = Vec::new();
                while let Some(window) = windows.next() {
                    for at in [window.body.start, window.body.end - 1] {
                        let raw = whole.map.raw(text.len() + at - window.body.start);
                        assert_eq!(window.map.raw(at), raw, "{odd:?} {shift} at {at}");
                    }
                    text.extend_from_slice(&window.text[window.body.clone()]);
                }
                assert!(text == *whole.text, "{odd:?} {shift}");
            }
        }
    }

    #[test]
    fn a_window_has_a_margin_on_both_sides() {
        let raw = b"x".repeat(30_000);
        let mut windows = Windows::new(&raw[..], None).with_body(10_000);
        windows.next();
        let second = windows.next().unwrap();
        assert_eq!(second.body, MARGIN..MARGIN + 10_000);
        assert_eq!(second.text.len(), MARGIN + 10_000 + MARGIN);
        assert_eq!(second.place, Place::Line { line: 1, column: (10_000 - MARGIN) as u64 + 1 });
        assert_eq!(second.map.raw(0), Some((10_000 - MARGIN) as u64));
    }

    #[test]
    fn lines_that_end_in_a_carriage_return_alone_are_lines() {
        let mut windows = Windows::new(&b"one\rtwo\rthree"[..], None);
        assert_eq!(windows.next().unwrap().text, b"one\ntwo\nthree");
    }

    #[test]
    fn an_error_on_the_way_is_told_after_what_was_read() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(Stopped(dlpscan_core::model::Reason::Truncated).into())
            }
        }
        let mut windows = Windows::new(b"the first part".chain(Fails), None);
        assert_eq!(windows.next().unwrap().text, b"the first part");
        assert!(windows.next().is_none());
        let fault = windows.fault().unwrap();
        assert_eq!(Stopped::reason(&fault), dlpscan_core::model::Reason::Truncated);
    }
}
