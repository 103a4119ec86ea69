//! Transfer encodings (RFC 2045, uuencode), read leniently and as streams.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

/// How a part's bytes are written in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As they are: 7bit, 8bit, binary, or a name nobody knows.
    Plain,
    Base64,
    QuotedPrintable,
    Uu,
}

impl Encoding {
    /// The encoding of that name.
    pub(crate) fn named(name: &str) -> Encoding {
        let name = name.trim().trim_end_matches(';').to_ascii_lowercase();
        match name.as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            "x-uuencode" | "x-uue" | "uuencode" | "uue" => Encoding::Uu,
            _ => Encoding::Plain,
        }
    }

    /// True when encoded bytes end before a unit of the encoding does: something is missing.
    /// Base64 without its padding is only taken so where the message itself is not closed.
    pub(crate) fn is_cut(self, raw: impl BufRead) -> bool {
        let mut digits = 0_u64;
        let mut last = [0; 2];
        for byte in raw.bytes().map_while(Result::ok).filter(|b| !b.is_ascii_whitespace()) {
            digits += u64::from(byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte));
            last = [last[1], byte];
        }
        match self {
            Encoding::Base64 => !digits.is_multiple_of(4),
            Encoding::QuotedPrintable => last[0] == b'=' && last[1].is_ascii_hexdigit(),
            // An encoded file without its end is told where it is decoded.
            Encoding::Plain | Encoding::Uu => false,
        }
    }

    /// The decoded bytes. What is not allowed in the encoding sets `broken`; it is passed over, or
    /// given as it stands.
    pub(crate) fn decode<'a>(
        self,
        raw: impl BufRead + 'a,
        broken: &'a Cell<bool>,
    ) -> Box<dyn Read + 'a> {
        match self {
            Encoding::Plain => Box::new(raw),
            Encoding::Base64 => Box::new(Decoded::new(raw, Base64 { bits: 0, digits: 0, broken })),
            Encoding::QuotedPrintable => {
                Box::new(Decoded::new(raw, Quoted { state: Escape::None, broken }))
            }
            Encoding::Uu => {
                Box::new(Decoded::new(raw, Uu { line: Vec::new(), inside: None, broken }))
            }
        }
    }
}

/// A decoder that is given bytes as they come.
trait Decoder {
    fn decode(&mut self, raw: &[u8], out: &mut Vec<u8>);
    fn end(&mut self, out: &mut Vec<u8>);
}

struct Decoded<R, D> {
    raw: R,
    decoder: D,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: BufRead, D: Decoder> Decoded<R, D> {
    fn new(raw: R, decoder: D) -> Self {
        Decoded { raw, decoder, out: Vec::new(), given: 0, ended: false }
    }
}

/// Raw bytes decoded at a time.
const STEP: usize = 64 << 10;

impl<R: BufRead, D: Decoder> Read for Decoded<R, D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            self.out.clear();
            self.given = 0;
            let ahead = self.raw.fill_buf()?;
            let n = ahead.len().min(STEP);
            if n == 0 {
                self.ended = true;
                self.decoder.end(&mut self.out);
            } else {
                self.decoder.decode(&ahead[..n], &mut self.out);
                self.raw.consume(n);
            }
        }
        let n = (&self.out[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}

struct Base64<'c> {
    bits: u32,
    digits: u8,
    broken: &'c Cell<bool>,
}

impl Decoder for Base64<'_> {
    fn decode(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        for &byte in raw {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                // What follows padding is another run: some programs join encoded pieces.
                b'=' => {
                    self.end(out);
                    continue;
                }
                _ => {
                    if !byte.is_ascii_whitespace() {
                        self.broken.set(true);
                    }
                    continue;
                }
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.digits += 1;
            if self.digits == 4 {
                out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
                (self.bits, self.digits) = (0, 0);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match self.digits {
            2 => out.push((self.bits >> 4) as u8),
            3 => out.extend_from_slice(&[(self.bits >> 10) as u8, (self.bits >> 2) as u8]),
            1 => self.broken.set(true),
            _ => {}
        }
        (self.bits, self.digits) = (0, 0);
    }
}

/// Where in an escape sequence of quoted-printable one is.
#[derive(Clone, Copy)]
enum Escape {
    None,
    /// After `=`.
    Begun,
    /// After `=` and a digit.
    Digit(u8),
    /// After `=` and blanks, or a carriage return: a soft line break, if a line feed comes.
    Break,
}

struct Quoted<'c> {
    state: Escape,
    broken: &'c Cell<bool>,
}

impl Decoder for Quoted<'_> {
    fn decode(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        let hex = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
        for &byte in raw {
            self.state = match (self.state, byte) {
                (Escape::None, b'=') => Escape::Begun,
                (Escape::None, _) => {
                    out.push(byte);
                    Escape::None
                }
                (Escape::Begun | Escape::Break, b'\n') => Escape::None,
                (Escape::Begun | Escape::Break, b'\r' | b' ' | b'\t') => Escape::Break,
                (Escape::Begun, _) if hex(byte).is_some() => Escape::Digit(byte),
                (Escape::Digit(first), _) if hex(byte).is_some() => {
                    out.push(hex(first).unwrap_or(0) << 4 | hex(byte).unwrap_or(0));
                    Escape::None
                }
                (Escape::Break, b'=') => Escape::Begun,
                (state, _) => {
                    self.broken.set(true);
                    match state {
                        Escape::Digit(first) => out.extend_from_slice(&[b'=', first]),
                        Escape::Begun => out.push(b'='),
                        _ => {}
                    }
                    if byte == b'=' {
                        Escape::Begun
                    } else {
                        out.push(byte);
                        Escape::None
                    }
                }
            };
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match self.state {
            Escape::Digit(first) => out.extend_from_slice(&[b'=', first]),
            Escape::None | Escape::Begun | Escape::Break => {}
        }
    }
}

struct Uu<'c> {
    line: Vec<u8>,
    /// Between `begin` and `end`; `None` before anything was seen.
    inside: Option<bool>,
    broken: &'c Cell<bool>,
}

impl Uu<'_> {
    fn line(&mut self, out: &mut Vec<u8>) {
        let mut line = std::mem::take(&mut self.line);
        while matches!(line.last(), Some(b'\r' | b'\n')) {
            line.pop();
        }
        if line.starts_with(b"begin ") {
            self.inside = Some(true);
        } else if self.inside == Some(true) && line == b"end" {
            self.inside = Some(false);
        } else if self.inside == Some(true) && !line.is_empty() && !uu_line(&line, out) {
            self.broken.set(true);
        }
        line.clear();
        self.line = line;
    }
}

impl Decoder for Uu<'_> {
    fn decode(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        for piece in raw.split_inclusive(|&b| b == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > STEP {
                self.line(out);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.line(out);
        if self.inside != Some(false) {
            self.broken.set(true);
        }
    }
}

/// Decodes one uuencoded line; false when it is none.
fn uu_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    let digit = |b: u8| (b' '..=b'`').contains(&b).then(|| (b - b' ') & 63);
    let Some(len) = line.first().and_then(|&b| digit(b)).map(usize::from) else { return false };
    let start = out.len();
    for group in line[1..].chunks(4) {
        let mut bits = 0_u32;
        for i in 0..4 {
            // Trailing blanks are lost on the way now and then.
            let Some(d) = digit(group.get(i).copied().unwrap_or(b' ')) else { return false };
            bits = bits << 6 | u32::from(d);
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    let whole = out.len() >= start + len;
    out.truncate(start + len);
    whole
}

/// The uuencoded files in a text: their names and where they lie, from `begin` to `end`.
pub(crate) fn uu_blocks(text: &[u8]) -> Vec<(Vec<u8>, std::ops::Range<usize>)> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while let Some(i) = memchr::memmem::find(&text[from..], b"begin ") {
        let start = from + i;
        from = start + 6;
        let rest = &text[from..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let mode = line.iter().take_while(|b| (b'0'..=b'7').contains(b)).count();
        let at_line_start = start == 0 || text[start - 1] == b'\n';
        if !at_line_start || !(3..=4).contains(&mode) || line.get(mode) != Some(&b' ') {
            continue;
        }
        let body = from + line.len();
        // A text that only speaks of "begin 644 x" has no data behind it.
        let data = text[body..].trim_ascii_start();
        let data = &data[..memchr::memchr(b'\n', data).unwrap_or(data.len())];
        if !uu_line(data.trim_ascii_end(), &mut Vec::new()) {
            continue;
        }
        let end = memchr::memmem::find(&text[body..], b"\nend")
            .map_or(text.len(), |end| (body + end + 5).min(text.len()));
        blocks.push((line[mode..].trim_ascii().to_vec(), start..end));
        from = end;
    }
    blocks
}

/// Undoes the line wrapping of `format=flowed` (RFC 3676): a line that ends in a blank goes on in
/// the next; with `delete` the blank is not part of the text.
pub(crate) fn unflow(text: &[u8], delete: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut quotes = None;
    for line in text.split_inclusive(|&b| b == b'\n') {
        let end = line.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |i| i + 1);
        let depth = line.iter().take_while(|&&b| b == b'>').count();
        let mut body = &line[..end];
        if quotes == Some(depth) {
            // The quote marks, and the blank that protects the line's beginning.
            body = &body[depth..];
            body = body.strip_prefix(b" ").unwrap_or(body);
        } else if quotes.is_some() {
            out.push(b'\n');
        }
        let flows = body.ends_with(b" ") && body != b"-- ";
        if flows {
            out.extend_from_slice(if delete { &body[..body.len() - 1] } else { body });
            quotes = Some(depth);
        } else {
            out.extend_from_slice(body);
            out.extend_from_slice(&line[end..]);
            quotes = None;
        }
    }
    out
}

/// The bytes behind a text that is nothing but base64, though nobody said so.
pub(crate) fn hidden_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let count = text.iter().filter(|b| digit(b)).count();
    let clean = text.iter().all(|b| digit(b) || matches!(b, b'\r' | b'\n'));
    if !clean || count < 40 || count % 4 != 0 {
        return None;
    }
    // One long word or number is no encoding.
    let mixed = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    if !mixed.iter().all(|is| text.iter().any(is)) {
        return None;
    }
    let broken = Cell::new(false);
    let mut out = Vec::new();
    let mut decoder = Base64 { bits: 0, digits: 0, broken: &broken };
    decoder.decode(text, &mut out);
    decoder.end(&mut out);
    (!broken.get()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: Encoding, raw: &[u8]) -> (Vec<u8>, bool) {
        let broken = Cell::new(false);
        let mut out = Vec::new();
        encoding.decode(raw, &broken).read_to_end(&mut out).unwrap();
        (out, broken.get())
    }

    #[test]
    fn base64_is_read_past_what_does_not_belong_in_it() {
        assert_eq!(decode(Encoding::Base64, b"aGVs\r\nbG8="), (b"hello".to_vec(), false));
        assert_eq!(decode(Encoding::Base64, b"aG!Vs*bG8"), (b"hello".to_vec(), true));
        assert_eq!(decode(Encoding::Base64, b"aGk=aGk="), (b"hihi".to_vec(), false));
    }

    #[test]
    fn an_encoding_that_ends_in_the_middle_is_cut() {
        assert!(Encoding::Base64.is_cut(&b"aGVs\r\nbG8"[..]));
        assert!(!Encoding::Base64.is_cut(&b"aGVs\r\nbG8=\r\n"[..]));
        assert!(Encoding::QuotedPrintable.is_cut(&b"caf=C"[..]));
        assert!(!Encoding::QuotedPrintable.is_cut(&b"caf=C3=A9"[..]));
        assert!(!Encoding::Plain.is_cut(&b"Dear Sir or"[..]));
    }

    #[test]
    fn soft_breaks_vanish_and_broken_escapes_stay() {
        let (text, broken) = decode(Encoding::QuotedPrintable, b"12=\r\n34=  \n56=3D7");
        assert_eq!((text.as_slice(), broken), (&b"123456=7"[..], false));
        let (text, broken) = decode(Encoding::QuotedPrintable, b"=Card =4\r\n");
        assert_eq!((text.as_slice(), broken), (&b"\xCArd =4\r\n"[..], true));
    }

    #[test]
    fn a_uuencoded_file_is_found_in_a_text_and_decoded() {
        let text = b"see below\nbegin 644 note.txt\n%:&5L;&\\\n`\nend\nbye";
        let blocks = uu_blocks(text);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].0, b"note.txt");
        assert_eq!(decode(Encoding::Uu, &text[blocks[0].1.clone()]), (b"hello".to_vec(), false));
    }

    #[test]
    fn flowed_text_is_joined_with_or_without_its_blank() {
        assert_eq!(unflow(b"Card 4556 \r\n7917\r\nbye", true), b"Card 45567917\r\nbye");
        assert_eq!(unflow(b"> one \n> two\n", false), b"> one two\n");
    }

    #[test]
    fn base64_that_nobody_declared_is_recognised_and_words_are_not() {
        let raw = b"RGVhciBTaXIsIHBsZWFzZSBmaW5kIHRoZSBudW1iZXIgMTIzNA==";
        assert_eq!(hidden_base64(raw).unwrap(), b"Dear Sir, please find the number 1234");
        assert!(hidden_base64(&[b'a'; 64]).is_none());
    }
}
