use super::gather::Gather;
use super::whole;
use crate::decode::Decoded;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Opening, Sure};
use dlpscan_core::model::{Part, Place};

/// Calendars and address cards (RFC 5545, RFC 6350): lines folded at 75 bytes are joined, escapes
/// and quoted-printable decoded.
pub struct Folded;

impl Extractor for Folded {
    fn name(&self) -> &'static str {
        "calendar"
    }

    fn sniff_text(&self, opening: &Opening<'_>, _hint: &Hint<'_>) -> Sure {
        let text = opening.text.trim_ascii_start();
        let is = |mark: &[u8]| text.get(..mark.len()).is_some_and(|t| t.eq_ignore_ascii_case(mark));
        if is(b"BEGIN:VCALENDAR") || is(b"BEGIN:VCARD") { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        whole::read(part, |_| None, descent, read)
    }
}

fn read(decoded: &Decoded<'_>, descent: &mut Descent<'_>) -> Flow {
    let text = &*decoded.text;
    let mut gather = Gather::new();
    let mut quoted = false;
    let mut soft = false;
    let (mut at, mut line) = (0, 0);
    while at < text.len() {
        line += 1;
        let next = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i + 1);
        let mut end = next;
        while end > at && matches!(text[end - 1], b'\n' | b'\r') {
            end -= 1;
        }
        let folded = at > 0 && matches!(text[at], b' ' | b'\t');
        if folded {
            at += 1;
        }
        if !folded && !soft {
            gather.end_line();
            let name = &text[at..end][..memchr::memchr(b':', &text[at..end]).unwrap_or(0)];
            quoted =
                memchr::memmem::find(&name.to_ascii_uppercase(), b"QUOTED-PRINTABLE").is_some();
        }
        gather.place(Place::Line { line, column: 0 });
        soft = quoted && text[at..end].last() == Some(&b'=');
        let end = if soft { end - 1 } else { end };
        while at < end {
            let (decoded_bytes, length): (&[u8], usize) = match text[at..end] {
                [b'\\', b'n' | b'N', ..] => (b"\n", 2),
                [b'\\', b',', ..] => (b",", 2),
                [b'\\', b';', ..] => (b";", 2),
                [b'\\', b'\\', ..] => (b"\\", 2),
                [b'=', high, low, ..] if quoted && hex(high).is_some() && hex(low).is_some() => {
                    let byte = hex(high).unwrap_or(0) << 4 | hex(low).unwrap_or(0);
                    gather.decoded(&[byte], decoded.map.raw(at).unwrap_or(0));
                    at += 3;
                    continue;
                }
                _ => {
                    let stop = memchr::memchr2(b'\\', b'=', &text[at + 1..end]);
                    let stop = stop.map_or(end, |i| at + 1 + i);
                    gather.mapped(text, at..stop, &decoded.map);
                    at = stop;
                    continue;
                }
            };
            gather.decoded(decoded_bytes, decoded.map.raw(at).unwrap_or(0));
            at += length;
        }
        at = next;
        gather.flow(descent)?;
    }
    gather.finish(descent)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}
