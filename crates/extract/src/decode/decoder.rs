use super::charset::{Charset, goes_on, unit16, unit32};
use super::is_utf8;
use dlpscan_core::model::SpanMap;
use encoding_rs::{CoderResult, Encoding, WINDOWS_1252};
use std::sync::LazyLock;

/// Decodes a text piece by piece.
///
/// What it gives does not depend on how the bytes are cut into pieces.
pub struct Decoder {
    mode: Mode,
    /// The charset of 8-bit bytes that are not UTF-8; `None` makes them zero.
    legacy: Option<&'static Encoding>,
    /// Its characters for 0x80 to 0xFF, once they are asked for: most text has none of them.
    high: Option<Box<[char; 128]>>,
    /// What a zero byte becomes.
    zero: u8,
    lossy: bool,
}

enum Mode {
    Bytes,
    /// `lone` for a run inside 8-bit text, which ends at the first unlikely unit.
    Wide {
        big: bool,
        lone: bool,
    },
    Quads {
        big: bool,
    },
    Other(encoding_rs::Decoder),
}

/// Pairs of a character and a zero byte that make a run of UTF-16 inside 8-bit text.
const PAIRS: usize = 6;
/// Bytes of plain ASCII after which text is no longer UTF-16.
const ASCII_RUN: usize = 16;

impl Decoder {
    /// A decoder for text without its byte order mark. Lone zero bytes become blanks, so that
    /// they separate like one.
    pub fn new(charset: Charset) -> Self {
        let (mode, encoding) = match charset {
            Charset::Bytes(encoding) => (Mode::Bytes, encoding),
            Charset::Utf16 { big } => (Mode::Wide { big, lone: false }, WINDOWS_1252),
            Charset::Utf32 { big } => (Mode::Quads { big }, WINDOWS_1252),
            Charset::Other(encoding) => {
                (Mode::Other(encoding.new_decoder_without_bom_handling()), encoding)
            }
        };
        Decoder { mode, legacy: Some(encoding), high: None, zero: b' ', lossy: false }
    }

    /// A decoder for bytes of unknown kind: UTF-8 and runs of UTF-16 are read, every other byte
    /// that is not ASCII becomes a zero, as do zeros.
    pub fn strings() -> Self {
        Decoder { mode: Mode::Bytes, legacy: None, high: None, zero: 0, lossy: false }
    }

    /// The same decoder keeping lone zero bytes as they are.
    pub fn keeping_zeros(self) -> Self {
        Decoder { zero: 0, ..self }
    }

    /// True while what is UTF-8 without zeros is text as it is.
    pub(super) fn passes_utf8(&self) -> bool {
        matches!(self.mode, Mode::Bytes) && self.legacy.is_some()
    }

    /// True when something could not be decoded and stands as U+FFFD.
    pub fn lossy(&self) -> bool {
        self.lossy
    }

    /// Decodes a piece whose first byte is byte `at` of the raw text, appending to `text` and
    /// `map`. Answers how many bytes it took: what it left must come again at the front of the
    /// next piece. With `last` it takes all; with 64 bytes or more it takes at least one.
    pub fn push(
        &mut self,
        raw: &[u8],
        at: u64,
        last: bool,
        text: &mut Vec<u8>,
        map: &mut SpanMap,
    ) -> usize {
        let mut done = 0;
        loop {
            let piece = &raw[done..];
            let at = at + done as u64;
            let turned = match self.mode {
                Mode::Bytes => self.bytes(piece, at, last, text, map),
                Mode::Wide { big, lone } => self.wide(piece, at, last, (big, lone), text, map),
                Mode::Quads { big } => self.quads(piece, at, last, big, text, map),
                Mode::Other(_) => self.other(piece, last, text),
            };
            let (took, mode) = turned;
            done += took;
            match mode {
                Some(mode) => self.mode = mode,
                None => return done,
            }
        }
    }

    /// 8-bit text up to its end, or to where UTF-16 begins.
    fn bytes(
        &mut self,
        raw: &[u8],
        at: u64,
        last: bool,
        text: &mut Vec<u8>,
        map: &mut SpanMap,
    ) -> (usize, Option<Mode>) {
        let mut i = 0;
        loop {
            let Some(zero) = memchr::memchr(0, &raw[i..]).map(|z| i + z) else {
                // The last byte may be the first of a UTF-16 run, which is told by the one before.
                let end = if last { raw.len() } else { raw.len().saturating_sub(2).max(i) };
                return (i + self.eight(&raw[i..end], at + i as u64, last, text, map), None);
            };
            let run = raw[zero..].iter().take_while(|&&b| b == 0).count();
            if !last && raw.len() - zero < run + 2 * PAIRS + 2 {
                let end = zero.saturating_sub(2).max(i);
                let took = i + self.eight(&raw[i..end], at + i as u64, true, text, map);
                if took > 0 || run <= 2 * PAIRS {
                    return (took, None);
                }
                // A long run of zeros at the front: all but the last few are settled.
                let settled = zero + run - 1;
                self.eight(&raw[took..zero], at + took as u64, true, text, map);
                self.zeros(settled - zero, at + zero as u64, text, map);
                return (settled, None);
            }
            // A zero after a word ends it, and what follows is a new run.
            let word = |at: usize| raw[at].is_ascii_alphanumeric();
            let ends_word = zero >= i + 2 && word(zero - 2) && word(zero - 1);
            if zero > i && !ends_word && pairs(&raw[zero - 1..], false) {
                self.eight(&raw[i..zero - 1], at + i as u64, true, text, map);
                return (zero - 1, Some(Mode::Wide { big: false, lone: true }));
            }
            self.eight(&raw[i..zero], at + i as u64, true, text, map);
            let end = zero + run;
            if ends_word && run == 1 && pairs(&raw[end..], false) {
                self.zeros(1, at + zero as u64, text, map);
                return (end, Some(Mode::Wide { big: false, lone: true }));
            }
            if pairs(&raw[end - 1..], true) {
                self.zeros(run - 1, at + zero as u64, text, map);
                return (end - 1, Some(Mode::Wide { big: true, lone: true }));
            }
            self.zeros(run, at + zero as u64, text, map);
            i = end;
        }
    }

    fn zeros(&self, n: usize, at: u64, text: &mut Vec<u8>, map: &mut SpanMap) {
        if n > 0 {
            map.linear(text.len(), at);
            text.resize(text.len() + n, self.zero);
        }
    }

    /// Bytes without zeros: UTF-8, and the legacy charset for what is not. Answers how many it took:
    /// fewer than all only for a character cut at the end, where more is to come.
    fn eight(
        &mut self,
        mut raw: &[u8],
        mut at: u64,
        last: bool,
        text: &mut Vec<u8>,
        map: &mut SpanMap,
    ) -> usize {
        let all = raw.len();
        let Some(legacy) = self.legacy else {
            return printable(raw, at, last, text, map);
        };
        if is_utf8(raw) {
            if !raw.is_empty() {
                map.linear(text.len(), at);
                text.extend_from_slice(raw);
            }
            return all;
        }
        while !raw.is_empty() {
            let (good, bad) = match std::str::from_utf8(raw) {
                Ok(_) => (raw.len(), 0),
                Err(error) => match error.error_len() {
                    _ if !last && matches!(raw[error.valid_up_to()..], [0xC0..=0xC1]) => {
                        (error.valid_up_to(), usize::MAX)
                    }
                    None if !last => (error.valid_up_to(), usize::MAX),
                    length => {
                        let left = raw.len() - error.valid_up_to();
                        (error.valid_up_to(), length.unwrap_or(left))
                    }
                },
            };
            if good > 0 {
                map.linear(text.len(), at);
                text.extend_from_slice(&raw[..good]);
                raw = &raw[good..];
                at += good as u64;
            }
            if bad == usize::MAX {
                break;
            }
            if bad > 0 {
                let high = self.high.get_or_insert_with(|| high_half(legacy));
                let took = stray(high, raw, bad, at, text, map);
                raw = &raw[took..];
                at += took as u64;
            }
        }
        all - raw.len()
    }

    fn wide(
        &mut self,
        raw: &[u8],
        at: u64,
        last: bool,
        (big, lone): (bool, bool),
        text: &mut Vec<u8>,
        map: &mut SpanMap,
    ) -> (usize, Option<Mode>) {
        let mut i = 0;
        while i + 2 <= raw.len() {
            let unit = unit16(&raw[i..], big);
            if lone && !goes_on(unit) {
                return (i, Some(Mode::Bytes));
            }
            if unit < 0x80 && unit != 0 {
                map.stepped(text.len(), at + i as u64, 2);
                text.push(unit as u8);
                i += 2;
                continue;
            }
            if !lone && ascii(raw[i]) && ascii(raw[i + 1]) {
                let ahead = &raw[i..raw.len().min(i + ASCII_RUN)];
                if ahead.iter().all(|&b| ascii(b)) {
                    if ahead.len() == ASCII_RUN {
                        return (i, Some(Mode::Bytes));
                    }
                    if !last {
                        return (i, None);
                    }
                }
            }
            let mut took = 2;
            let c = match unit {
                0 => ' ',
                0xD800..=0xDBFF => {
                    if i + 4 > raw.len() && !last {
                        return (i, None);
                    }
                    let low = raw.get(i + 2..i + 4).map_or(0, |p| unit16(p, big));
                    if (0xDC00..=0xDFFF).contains(&low) {
                        took = 4;
                        let code =
                            0x1_0000 + (u32::from(unit & 0x3FF) << 10) + u32::from(low & 0x3FF);
                        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                    } else {
                        char::REPLACEMENT_CHARACTER
                    }
                }
                unit => char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER),
            };
            self.lossy |= c == char::REPLACEMENT_CHARACTER;
            map.point(text.len(), at + i as u64);
            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            i += took;
        }
        if last && i < raw.len() {
            return (i, Some(Mode::Bytes));
        }
        (i, None)
    }

    fn quads(
        &mut self,
        raw: &[u8],
        at: u64,
        last: bool,
        big: bool,
        text: &mut Vec<u8>,
        map: &mut SpanMap,
    ) -> (usize, Option<Mode>) {
        let mut i = 0;
        while i + 4 <= raw.len() {
            match char::from_u32(unit32(&raw[i..], big)) {
                Some(c) if c.is_ascii() && c != '\0' => {
                    map.stepped(text.len(), at + i as u64, 4);
                    text.push(c as u8);
                }
                Some(c) => {
                    map.point(text.len(), at + i as u64);
                    let c = if c == '\0' { ' ' } else { c };
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                // No character has such a number: this is something else.
                None => return (i, Some(Mode::Bytes)),
            }
            i += 4;
        }
        if last && i < raw.len() {
            return (i, Some(Mode::Bytes));
        }
        (i, None)
    }

    fn other(&mut self, raw: &[u8], last: bool, text: &mut Vec<u8>) -> (usize, Option<Mode>) {
        let Mode::Other(decoder) = &mut self.mode else { return (0, None) };
        let mut done = 0;
        loop {
            let room = decoder.max_utf8_buffer_length(raw.len() - done).unwrap_or(1 << 20).max(16);
            let start = text.len();
            text.resize(start + room, 0);
            let (result, read, written, lossy) =
                decoder.decode_to_utf8(&raw[done..], &mut text[start..], last);
            text.truncate(start + written);
            self.lossy |= lossy;
            done += read;
            if result == CoderResult::InputEmpty {
                return (done, None);
            }
        }
    }
}

fn ascii(b: u8) -> bool {
    matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n')
}

/// True when pairs of an ASCII character and a zero byte follow one another.
fn pairs(raw: &[u8], big: bool) -> bool {
    raw.len() >= 2 * PAIRS
        && raw.chunks_exact(2).take(PAIRS).all(|p| {
            let (high, low) = if big { (p[0], p[1]) } else { (p[1], p[0]) };
            high == 0 && ascii(low)
        })
}

/// The characters of a single-byte charset's upper half.
fn high_half(encoding: &'static Encoding) -> Box<[char; 128]> {
    static WESTERN: LazyLock<[char; 128]> = LazyLock::new(|| characters(WINDOWS_1252));
    Box::new(if encoding == WINDOWS_1252 { *WESTERN } else { characters(encoding) })
}

fn characters(encoding: &'static Encoding) -> [char; 128] {
    let mut table = [char::REPLACEMENT_CHARACTER; 128];
    for (i, slot) in table.iter_mut().enumerate() {
        let byte = [0x80 | i as u8];
        let (text, _) = encoding.decode_without_bom_handling(&byte);
        if let Some(c) = text.chars().next() {
            *slot = c;
        }
    }
    table
}

/// Bytes without zeros as UTF-8, with a zero for each that is none. Answers how many it took: fewer
/// than all only for a character cut at the end, where more is to come. Most bytes that are read so
/// are packed data, in which every other byte begins something else.
fn printable(raw: &[u8], at: u64, last: bool, text: &mut Vec<u8>, map: &mut SpanMap) -> usize {
    let raw = if last { raw } else { &raw[..raw.len() - cut_short(raw)] };
    let mut done = 0;
    while done < raw.len() {
        let rest = &raw[done..];
        let own = rest.windows(2).position(|pair| smuggled(pair).is_some());
        let own = &rest[..own.unwrap_or(rest.len())];
        if !own.is_empty() {
            map.linear(text.len(), at + done as u64);
            let start = text.len();
            text.extend(own.iter().map(|&b| if b < 0x80 { b } else { 0 }));
            for (i, pair) in own.windows(2).enumerate() {
                if pair[0] >= 0xC2
                    && pair[1] & 0xC0 == 0x80
                    && let Some(character) = character(&own[i..])
                {
                    text[start + i..][..character.len()].copy_from_slice(character);
                }
            }
            done += own.len();
        }
        if let Some(character) = smuggled(&rest[own.len()..]) {
            map.point(text.len(), at + done as u64);
            text.push(character);
            done += 2;
        }
    }
    done
}

/// The character of several bytes at the front.
fn character(raw: &[u8]) -> Option<&[u8]> {
    let length = match raw.first()? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    raw.get(..length).filter(|raw| std::str::from_utf8(raw).is_ok())
}

/// How many bytes at the end begin a character of which more is to come.
fn cut_short(raw: &[u8]) -> usize {
    let tail = &raw[raw.len().saturating_sub(3)..];
    let Some(lead) = tail.iter().rposition(|&b| b >= 0xC0) else { return 0 };
    let open = &tail[lead..];
    let cut = std::str::from_utf8(open).is_err_and(|error| error.error_len().is_none());
    if cut || matches!(open, [0xC0..=0xC1]) { open.len() } else { 0 }
}

/// The ASCII character at the front that is spelt with two bytes: forbidden in UTF-8, and used to slip
/// past filters.
fn smuggled(raw: &[u8]) -> Option<u8> {
    match *raw {
        [lead @ 0xC0..=0xC1, trail @ 0x80..=0xBF, ..] => Some((lead & 1) << 6 | (trail & 0x3F)),
        _ => None,
    }
}

/// Bytes that are not UTF-8, `bad` of them at the front, in a legacy charset. Answers how many it took.
fn stray(
    legacy: &[char; 128],
    raw: &[u8],
    bad: usize,
    at: u64,
    text: &mut Vec<u8>,
    map: &mut SpanMap,
) -> usize {
    if let Some(character) = smuggled(raw) {
        map.point(text.len(), at);
        text.push(character);
        return 2;
    }
    // Bytes that begin no character come in runs: all of one at once.
    let hopeless = |b: &&u8| matches!(**b, 0x80..=0xBF | 0xF5..=0xFF);
    let bad = bad + raw[bad..].iter().take_while(hopeless).count();
    for (i, &byte) in raw[..bad].iter().enumerate() {
        map.point(text.len(), at + i as u64);
        let c = legacy[usize::from(byte & 0x7F)];
        text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    bad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{self, detect};

    fn pieces(raw: &[u8], step: usize) -> (String, SpanMap) {
        let (charset, bom) = detect(raw, None, true);
        let mut decoder = Decoder::new(charset);
        let (mut text, mut map) = (Vec::new(), SpanMap::new());
        let (mut start, mut end) = (bom, bom);
        while start < raw.len() {
            end = (end + step).min(raw.len());
            let last = end == raw.len();
            start += decoder.push(&raw[start..end], start as u64, last, &mut text, &mut map);
        }
        (String::from_utf8_lossy(&text).into_owned(), map)
    }

    fn wide(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    }

    fn samples() -> Vec<(Vec<u8>, &'static str)> {
        let mut mixed = b"a log in ASCII, \xA3 5\n".to_vec();
        mixed.extend(wide("Card 4539 5787 6362 1486 \u{a3}\n", false));
        mixed.extend(b"and ASCII again, na\xC3\xAFve, then big endian\n");
        mixed.extend(wide("card 4111 1111\n", true));
        mixed.extend(b"end");
        let mut turned = vec![0xFF, 0xFE];
        turned.extend(wide("first wide \u{1F600} text ", false));
        turned.extend(b"then plain text that goes on for a while");
        let mut padded = b"before".to_vec();
        padded.extend([0; 100]);
        padded.extend(b"after");
        vec![
            (
                mixed,
                "a log in ASCII, £ 5\nCard 4539 5787 6362 1486 £\nand ASCII again, naïve, then big endian\ncard 4111 1111\nend",
            ),
            (turned, "first wide \u{1F600} text then plain text that goes on for a while"),
            (b"\xEF\xBB\xBFcaf\xC3\xA9".to_vec(), "café"),
            (b"4539\x004378\x001472".to_vec(), "4539 4378 1472"),
            (b"4539\xA04378".to_vec(), "4539\u{a0}4378"),
            (b"\xFF\xFEDear Sir, 4556 3452".to_vec(), "ÿþDear Sir, 4556 3452"),
            (b"overlong \xC0\xB4\xC0\xB5".to_vec(), "overlong 45"),
            (wide("no mark at all, but \u{20AC} 5", true), "no mark at all, but € 5"),
            ("wide £ 32".chars().flat_map(|c| (c as u32).to_le_bytes()).collect(), "wide £ 32"),
            (b"".to_vec(), ""),
        ]
    }

    #[test]
    fn every_charset_becomes_utf8() {
        for (raw, want) in samples() {
            assert_eq!(String::from_utf8_lossy(&decode::text(&raw, None).text), want);
        }
        let mut padded = b"before".to_vec();
        padded.extend([0; 100]);
        padded.extend(b"after");
        let text = decode::text(&padded, None).text.into_owned();
        assert_eq!(text, format!("before{}after", " ".repeat(100)).into_bytes());
    }

    #[test]
    fn how_the_bytes_are_cut_changes_nothing() {
        for (raw, want) in samples() {
            for step in [1, 2, 3, 5, 7, 16, 64, 1000] {
                assert_eq!(pieces(&raw, step).0, want, "step {step}");
            }
        }
    }

    #[test]
    fn the_map_leads_back_to_the_raw_bytes() {
        let (raw, _) = samples().swap_remove(0);
        let (text, map) = pieces(&raw, 1000);
        let wide_at = text.find("4539").unwrap();
        let raw_span = map.raw_span(&(wide_at..wide_at + 4)).unwrap();
        let raw_bytes = &raw[raw_span.start as usize..raw_span.end as usize];
        assert_eq!(raw_bytes, wide("4539", false));
        let late = text.find("then big").unwrap();
        let raw_late = map.raw(late).unwrap() as usize;
        assert_eq!(&raw[raw_late..raw_late + 8], b"then big");
        let pound = map.raw_span(&(16..18)).unwrap();
        assert_eq!(&raw[pound.start as usize..pound.end as usize], b"\xA3");
    }

    #[test]
    fn shift_jis_is_read_by_its_declaration() {
        let raw = b"\x93\xfa\x96\x7b 1234";
        assert_eq!(decode::text(raw, Some("shift_jis")).string(), "日本 1234");
    }

    #[test]
    fn unknown_bytes_leave_zeros_between_their_strings() {
        let mut decoder = Decoder::strings();
        let (mut text, mut map) = (Vec::new(), SpanMap::new());
        let mut raw = b"\x80\x81abc\xFFna\xC3\xAFve\x00".to_vec();
        raw.extend(wide("password", false));
        raw.extend([0xFF, 0xFF]);
        decoder.push(&raw, 0, true, &mut text, &mut map);
        assert_eq!(text, "\0\0abc\0naïve\0password\0\0".as_bytes());
    }

    #[test]
    fn strings_of_noise_are_the_same_however_it_is_cut() {
        let mut seed = 7_u32;
        let mut noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 24) as u8).max(1)
        })
        .take(20_000)
        .collect();
        noise.extend(b"caf\xC3\xA9 \xE2\x82\xAC\xC0\xB4\xC1 \xF0\x9F\x98\x80\xF0\x9F\x98");
        // What the standard library takes for UTF-8, byte by byte.
        let mut want = Vec::new();
        let mut rest = &noise[..];
        while !rest.is_empty() {
            if let Some(character) = smuggled(rest) {
                want.push(character);
                rest = &rest[2..];
                continue;
            }
            let chunk = rest.utf8_chunks().next().unwrap();
            let valid = chunk.valid().len();
            want.extend_from_slice(&rest[..valid]);
            rest = &rest[valid..];
            if !rest.is_empty() && smuggled(rest).is_none() {
                want.push(0);
                rest = &rest[1..];
            }
        }
        for step in [1, 2, 3, 61, 4096, usize::MAX] {
            let mut decoder = Decoder::strings();
            let (mut text, mut map) = (Vec::new(), SpanMap::new());
            let (mut start, mut end) = (0, 0_usize);
            while start < noise.len() {
                end = end.saturating_add(step).min(noise.len());
                let (piece, last) = (&noise[start..end], end == noise.len());
                start += decoder.push(piece, start as u64, last, &mut text, &mut map);
            }
            assert!(text == want, "cut into pieces of {step}");
            let last = text.len() - 1;
            assert_eq!(map.raw(last), Some(noise.len() as u64 - 1));
        }
    }
}
