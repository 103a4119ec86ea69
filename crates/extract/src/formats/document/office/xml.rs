//! A forgiving pull reader for the XML inside office files.
//!
//! Our own, because the ready-made readers hold a whole text node in memory and stop at the first
//! fault: a scanner must pass on a node of a gigabyte in pieces, and read what stands behind the
//! damage. It builds no tree, keeps no names, expands no entity but the five of XML and
//! characters, and skips a document type definition.

use crate::descend::{Descent, Flow};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::ControlFlow::{Break, Continue};

/// Longest tag; what is longer is given as text.
const LONGEST_TAG: usize = 256 << 10;
/// Bytes read at a time; also the longest piece of text.
const BLOCK: usize = 64 << 10;

/// What the reader meets.
#[derive(Debug)]
pub(super) enum Event<'x> {
    /// An element begins. An empty element is followed by its [`Event::End`].
    Start(Tag<'x>),
    /// An element ends: its name without prefix.
    End(&'x [u8]),
    /// A piece of text, entities resolved. One text node may come in many pieces.
    Text(&'x [u8]),
    /// A piece of a comment.
    Comment(&'x [u8]),
    /// The end of the data.
    Eof,
}

/// The beginning of an element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'x> {
    name: &'x [u8],
    attributes: &'x [u8],
}

impl<'x> Tag<'x> {
    /// The name without its namespace prefix.
    pub(super) fn local(&self) -> &'x [u8] {
        local(self.name)
    }

    /// The namespace prefix; empty if none.
    pub(super) fn prefix(&self) -> &'x [u8] {
        &self.name[..memchr::memchr(b':', self.name).unwrap_or(0)]
    }

    /// The attributes: full name and value with its entities resolved.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'x [u8], Cow<'x, [u8]>)> + use<'x> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let equals = memchr::memchr(b'=', rest)?;
            let name = rest[..equals].trim_ascii();
            let after = rest[equals + 1..].trim_ascii_start();
            let (value, left) = match after.first() {
                Some(&quote @ (b'"' | b'\'')) => {
                    let end = memchr::memchr(quote, &after[1..]).map_or(after.len(), |i| i + 1);
                    (&after[1..end], after.get(end + 1..).unwrap_or_default())
                }
                _ => {
                    let end = after.iter().position(u8::is_ascii_whitespace);
                    after.split_at(end.unwrap_or(after.len()))
                }
            };
            rest = left;
            Some((name, unescape(value)))
        })
    }

    /// The value of the attribute with this name, whatever its prefix.
    pub(super) fn attribute(&self, name: &[u8]) -> Option<Cow<'x, [u8]>> {
        self.attributes().find(|(n, _)| local(n) == name).map(|(_, value)| value)
    }

    /// The same as text.
    pub(super) fn string(&self, name: &[u8]) -> Option<String> {
        self.attribute(name).map(|v| String::from_utf8_lossy(&v).into_owned())
    }

    /// The same as a number.
    pub(super) fn number(&self, name: &[u8]) -> Option<u64> {
        std::str::from_utf8(&self.attribute(name)?).ok()?.trim().parse().ok()
    }
}

/// A name without its namespace prefix.
pub(super) fn local(name: &[u8]) -> &[u8] {
    memchr::memrchr(b':', name).map_or(name, |i| &name[i + 1..])
}

enum State {
    Text,
    /// Plain characters up to this many more bytes, because no tag ends within reach.
    Literal(usize),
    CData,
    Comment,
    Instruction,
    /// A document type definition: open brackets, and the quote we are in.
    Dtd(u32, u8),
}

/// The reader.
pub(super) struct Xml<R> {
    input: R,
    decoder: Option<Box<Decoder>>,
    raw: Vec<u8>,
    buf: Vec<u8>,
    at: usize,
    /// Everything has been read into `buf`.
    ended: bool,
    state: State,
    /// The end of an empty element that is still to be told: its name's range in `buf`.
    pending: Option<(usize, usize)>,
    entity: [u8; 4],
    dtd: bool,
    failed: Option<io::Error>,
}

impl<R: Read> Xml<R> {
    /// Reads XML in the charset that its first bytes tell.
    pub(super) fn new(input: R) -> Self {
        let mut xml = Xml {
            input,
            decoder: None,
            raw: Vec::new(),
            buf: Vec::with_capacity(2 * BLOCK),
            at: 0,
            ended: false,
            state: State::Text,
            pending: None,
            entity: [0; 4],
            dtd: false,
            failed: None,
        };
        xml.begin();
        xml
    }

    /// True once a document type with definitions of its own was met (and passed over).
    pub(super) fn has_dtd(&self) -> bool {
        self.dtd
    }

    fn begin(&mut self) {
        self.fill();
        let encoding = match *self.buf {
            [0xFF, 0xFE, ..] => UTF_16LE,
            [0xFE, 0xFF, ..] => UTF_16BE,
            [b'<', 0, ..] => UTF_16LE,
            [0, b'<', ..] => UTF_16BE,
            _ => declared(&self.buf),
        };
        if encoding == UTF_8 {
            if self.buf.starts_with(b"\xEF\xBB\xBF") {
                self.at = 3;
            }
            return;
        }
        let mut decoder = Box::new(encoding.new_decoder());
        let raw = std::mem::take(&mut self.buf);
        decode(&mut decoder, &raw, &mut self.buf, self.ended);
        self.decoder = Some(decoder);
    }

    /// Reads one more block behind what is there. False when there is no more.
    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.at > 0 {
            self.buf.drain(..self.at);
            self.at = 0;
        }
        let into = if self.decoder.is_some() { &mut self.raw } else { &mut self.buf };
        let had = into.len();
        match (&mut self.input).take(BLOCK as u64).read_to_end(into) {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) => {
                self.ended = true;
                self.failed = Some(error);
            }
        }
        let grew = into.len() > had;
        if let Some(decoder) = &mut self.decoder {
            decode(decoder, &self.raw, &mut self.buf, self.ended);
            self.raw.clear();
        }
        grew || !self.ended
    }

    /// Where `needle` begins at or behind `from` bytes after the current position, reading on as
    /// far as `most` bytes.
    fn find(&mut self, needle: &[u8], mut from: usize, most: usize) -> Option<usize> {
        loop {
            let here = &self.buf[self.at..];
            if let Some(i) = here.get(from..).and_then(|h| memchr::memmem::find(h, needle)) {
                return Some(from + i);
            }
            from = from.max(here.len().saturating_sub(needle.len() - 1));
            if here.len() >= most || !self.fill() {
                return None;
            }
        }
    }

    /// The length of the tag that begins at the current position, its `>` included.
    fn tag_len(&mut self) -> Option<usize> {
        let mut quote = 0;
        let mut from = 1;
        loop {
            let here = &self.buf[self.at..];
            while from < here.len() {
                let rest = &here[from..];
                let next = match quote {
                    0 => memchr::memchr3(b'>', b'"', b'\'', rest),
                    q => memchr::memchr(q, rest),
                };
                let Some(i) = next else {
                    from = here.len();
                    break;
                };
                let byte = rest[i];
                from += i + 1;
                match byte {
                    b'>' if quote == 0 => return Some(from),
                    q if quote == 0 => quote = q,
                    _ => quote = 0,
                }
            }
            if here.len() >= LONGEST_TAG || !self.fill() {
                return None;
            }
        }
    }

    /// The next event. After an error of the underlying reader has been given, [`Event::Eof`].
    pub(super) fn next(&mut self) -> io::Result<Event<'_>> {
        if let Some((start, end)) = self.pending.take() {
            return Ok(Event::End(&self.buf[start..end]));
        }
        loop {
            if self.at >= self.buf.len() && !self.fill() && self.at >= self.buf.len() {
                return match self.failed.take() {
                    Some(error) => Err(error),
                    None => Ok(Event::Eof),
                };
            }
            if self.at >= self.buf.len() {
                continue;
            }
            match self.state {
                State::Text if self.buf[self.at] == b'<' => {
                    if let Some((start, end, kind)) = self.markup() {
                        return Ok(self.tag(start, end, kind));
                    }
                }
                State::Text if self.buf[self.at] == b'&' => return Ok(self.reference()),
                State::Text => {
                    let here = &self.buf[self.at..];
                    let n = memchr::memchr2(b'<', b'&', here).unwrap_or(here.len());
                    return Ok(Event::Text(self.take(n)));
                }
                State::Literal(left) => {
                    let n = left.min(self.buf.len() - self.at);
                    self.state = if n == left { State::Text } else { State::Literal(left - n) };
                    return Ok(Event::Text(self.take(n)));
                }
                State::CData | State::Comment | State::Instruction => {
                    if let Some((n, comment)) = self.run() {
                        let text = self.take(n);
                        return Ok(if comment { Event::Comment(text) } else { Event::Text(text) });
                    }
                }
                State::Dtd(..) => self.skip_dtd(),
            }
        }
    }

    fn take(&mut self, n: usize) -> &[u8] {
        let start = self.at;
        self.at += n;
        &self.buf[start..start + n]
    }

    /// At a `<`: begins a comment or the like, or gives a tag's range.
    fn markup(&mut self) -> Option<(usize, usize, u8)> {
        while self.buf.len() - self.at < 9 && self.fill() {}
        let here = &self.buf[self.at..];
        let (skip, state) = if here.starts_with(b"<!--") {
            (4, State::Comment)
        } else if here.starts_with(b"<![CDATA[") {
            (9, State::CData)
        } else if here.starts_with(b"<?") {
            (2, State::Instruction)
        } else if here.starts_with(b"<!") {
            (2, State::Dtd(0, 0))
        } else if !here
            .get(1)
            .is_some_and(|&b| b == b'/' || b == b'_' || b >= 0x80 || b.is_ascii_alphabetic())
        {
            // A stray sign: text, as readers of damaged files show it.
            self.state = State::Literal(1);
            return None;
        } else {
            let Some(len) = self.tag_len() else {
                self.state = State::Literal((self.buf.len() - self.at).max(1));
                return None;
            };
            let start = self.at;
            self.at += len;
            return Some((start, start + len, self.buf[start + 1]));
        };
        self.at += skip;
        self.state = state;
        None
    }

    fn tag(&mut self, start: usize, end: usize, kind: u8) -> Event<'_> {
        if kind == b'/' {
            return Event::End(local(self.buf[start + 2..end - 1].trim_ascii()));
        }
        let empty = end - start > 2 && self.buf[end - 2] == b'/';
        let inner = start + 1..end - 1 - usize::from(empty);
        let body = &self.buf[inner.clone()];
        let name_len = body.iter().position(u8::is_ascii_whitespace).unwrap_or(body.len());
        let (name, attributes) = body.split_at(name_len);
        if empty {
            let from = inner.start + name_len - local(name).len();
            self.pending = Some((from, inner.start + name_len));
        }
        Event::Start(Tag { name, attributes })
    }

    /// At a `&`: one resolved reference, or the ampersand itself.
    fn reference(&mut self) -> Event<'_> {
        while self.buf.len() - self.at < 12 && self.fill() {}
        let here = &self.buf[self.at..];
        let window = &here[..here.len().min(12)];
        if let Some(end) = memchr::memchr(b';', window)
            && let Some(c) = resolve(&window[1..end])
        {
            self.at += end + 1;
            return Event::Text(c.encode_utf8(&mut self.entity).as_bytes());
        }
        Event::Text(self.take(1))
    }

    /// Inside a comment, CDATA or instruction: how many bytes to give, and whether they are a
    /// comment's. Nothing when the end was reached without text.
    fn run(&mut self) -> Option<(usize, bool)> {
        let (end, comment): (&[u8], bool) = match self.state {
            State::CData => (b"]]>", false),
            State::Comment => (b"-->", true),
            _ => (b"?>", true),
        };
        match self.find(end, 0, BLOCK) {
            Some(0) => {
                self.at += end.len();
                self.state = State::Text;
                None
            }
            Some(n) => Some((n, comment)),
            None => {
                let have = self.buf.len() - self.at;
                let n = if self.ended { have } else { have.saturating_sub(end.len()) };
                (n > 0).then_some((n, comment))
            }
        }
    }

    fn skip_dtd(&mut self) {
        let State::Dtd(mut depth, mut quote) = self.state else { return };
        while let Some(&byte) = self.buf.get(self.at) {
            self.at += 1;
            match byte {
                b if quote != 0 => quote = if b == quote { 0 } else { quote },
                b'"' | b'\'' => quote = byte,
                b'[' | b'<' => {
                    // Without definitions of its own it asks nothing of a reader.
                    self.dtd |= byte == b'[' && depth == 0;
                    depth += 1;
                }
                b']' => depth = depth.saturating_sub(1),
                b'>' if depth == 0 => {
                    self.state = State::Text;
                    return;
                }
                b'>' => depth -= 1,
                _ => {}
            }
        }
        self.state = State::Dtd(depth, quote);
    }
}

/// Passes each event to `each` until the end; what broke it off, and whether a document type was
/// declared.
pub(super) fn events(
    reader: &mut dyn Read,
    descent: &mut Descent<'_>,
    mut each: impl FnMut(Event<'_>, &mut Descent<'_>) -> Flow,
) -> io::Result<(Flow, bool)> {
    let mut xml = Xml::new(reader);
    let mut count = 0u32;
    loop {
        count = count.wrapping_add(1);
        if count.is_multiple_of(4096) {
            descent.budget().check()?;
        }
        match xml.next()? {
            Event::Eof => return Ok((Continue(()), xml.has_dtd())),
            // The declaration at the beginning is no text.
            Event::Comment(text) if text.starts_with(b"xml ") => {}
            event => {
                if each(event, descent).is_break() {
                    return Ok((Break(()), xml.has_dtd()));
                }
            }
        }
    }
}

fn decode(decoder: &mut Decoder, raw: &[u8], into: &mut Vec<u8>, last: bool) {
    let most = decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len() * 3 + 16);
    let had = into.len();
    into.resize(had + most, 0);
    let (_, _, written, _) = decoder.decode_to_utf8(raw, &mut into[had..], last);
    into.truncate(had + written);
}

/// The charset that an XML declaration in ASCII-compatible bytes names.
fn declared(head: &[u8]) -> &'static Encoding {
    let head = &head[..head.len().min(200)];
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if !head.starts_with(b"<?xml") {
        return UTF_8;
    }
    let declaration = &head[..memchr::memmem::find(head, b"?>").unwrap_or(head.len())];
    let Some(at) = memchr::memmem::find(declaration, b"encoding") else { return UTF_8 };
    let rest = declaration[at + 8..].trim_ascii_start();
    let rest = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start();
    let name = rest.get(1..).unwrap_or_default();
    let name = &name[..name.iter().position(|b| matches!(b, b'"' | b'\'')).unwrap_or(name.len())];
    match Encoding::for_label(name) {
        // Its bytes are not UTF-16, or the declaration could not have been read.
        Some(e) if e != UTF_16LE && e != UTF_16BE => e,
        _ => UTF_8,
    }
}

/// The character a reference stands for: `amp`, `#233`, `#xE9`.
fn resolve(name: &[u8]) -> Option<char> {
    Some(match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', rest @ ..] => {
            let text = std::str::from_utf8(rest).ok()?;
            let code = match text.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => text.parse().ok()?,
            };
            char::from_u32(code)?
        }
        _ => return None,
    })
}

/// An attribute's value with its references resolved.
pub(super) fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'&', value) else { return Cow::Borrowed(value) };
    let mut out = value[..first].to_vec();
    let mut rest = &value[first..];
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'&'
            && let Some(end) = memchr::memchr(b';', &after[..after.len().min(11)])
            && let Some(c) = resolve(&after[..end])
        {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &after[end + 1..];
        } else {
            out.push(byte);
            rest = after;
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> String {
        let mut xml = Xml::new(bytes);
        let mut out = String::new();
        loop {
            match xml.next().unwrap() {
                Event::Start(tag) => {
                    out += &format!("<{}", String::from_utf8_lossy(tag.local()));
                    for (name, value) in tag.attributes() {
                        let name = String::from_utf8_lossy(name);
                        out += &format!(" {name}={}", String::from_utf8_lossy(&value));
                    }
                    out += ">";
                }
                Event::End(name) => out += &format!("</{}>", String::from_utf8_lossy(name)),
                Event::Text(text) => out += &String::from_utf8_lossy(text),
                Event::Comment(text) => out += &format!("({})", String::from_utf8_lossy(text)),
                Event::Eof => return out,
            }
        }
    }

    #[test]
    fn elements_text_and_references_come_out() {
        assert_eq!(
            told(br#"<a x:b="1 &amp; 2" c='>'>t&lt;&#65;&#x42;<w:e/><![CDATA[<raw>]]></a>"#),
            "<a x:b=1 & 2 c=>>t<AB<e></e><raw></a>"
        );
    }

    #[test]
    fn a_document_type_is_passed_over_and_its_entities_stay_unexpanded() {
        let bytes = br#"<!DOCTYPE a [<!ENTITY x "y]>y"> ]><a>&x;1</a>"#;
        assert_eq!(told(bytes), "<a>&x;1</a>");
        let mut xml = Xml::new(&bytes[..]);
        while !matches!(xml.next().unwrap(), Event::Eof) {}
        assert!(xml.has_dtd());
    }

    #[test]
    fn text_behind_damage_is_still_read() {
        assert_eq!(
            told(b"<a>one</b></c>two<d x=>three & four < five"),
            "<a>one</b></c>two<d x=>three & four < five"
        );
    }

    #[test]
    fn utf_16_and_declared_charsets_are_decoded() {
        let text: Vec<u8> =
            "\u{feff}<a>\u{e9}\u{20ac}</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(told(&text), "<a>\u{e9}\u{20ac}</a>");
        let latin = b"<?xml version=\"1.0\" encoding='iso-8859-1'?><a>\xe9</a>";
        assert!(told(latin).ends_with("<a>\u{e9}</a>"));
    }

    #[test]
    fn a_long_node_comes_in_pieces_and_nothing_is_lost() {
        let mut bytes = b"<a>".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 3 * BLOCK));
        bytes.extend_from_slice(b"<!--");
        bytes.extend(std::iter::repeat_n(b'-', 3 * BLOCK));
        bytes.extend_from_slice(b">y</a>");
        let mut xml = Xml::new(&bytes[..]);
        let (mut text, mut comment, mut longest) = (0, 0, 0);
        loop {
            match xml.next().unwrap() {
                Event::Text(t) => (text, longest) = (text + t.len(), longest.max(t.len())),
                Event::Comment(t) => comment += t.len(),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((text, comment), (3 * BLOCK + 1, 3 * BLOCK - 2));
        assert!(longest <= 2 * BLOCK);
    }

    #[test]
    fn many_unclosed_tags_do_not_cost_the_square_of_their_number() {
        let bytes = vec![b'<'; 8 << 20];
        assert_eq!(told(&bytes).len(), bytes.len());
    }
}
