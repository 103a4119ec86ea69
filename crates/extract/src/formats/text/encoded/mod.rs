//! Text inside text: base64, hex, dumps, escapes, words written backwards. What they decode to is
//! read too.
//!
//! Decoded text is scanned at once, beside the text it stood in, and needs no parser. Decoded data
//! that begins with the mark of a format that this build reads becomes a part. Everything else is
//! a token, a digest or a key, and says nothing.

mod backwards;
mod escapes;
mod runs;
mod unpack;

use crate::descend::{Descent, Flow};
use crate::extractor::{Hint, Sure};
use crate::formats::raw::{self, Kind};
use dlpscan_core::model::{Content, Layout, Mark, Part, PlaceCursor, Segment, SpanMap};
use std::borrow::Cow;
use std::ops::Range;

/// Something that stands encoded in a text.
struct Hidden {
    /// Where its encoded form begins.
    start: usize,
    /// How it is encoded, in plain words.
    code: &'static str,
    /// What it decodes to.
    bytes: Vec<u8>,
}

/// Reads what stands encoded in a segment's text.
pub(crate) fn reveal(segment: &Segment<'_>, descent: &mut Descent<'_>) -> Flow {
    let found = find(segment.text, &segment.body);
    if found.is_empty() {
        return Flow::Continue(());
    }
    let mut places = PlaceCursor::new(segment);
    let (mut text, mut marks, mut map) = (Vec::new(), Vec::new(), SpanMap::new());
    for hidden in found {
        let place = places.place_at(hidden.start);
        if let Some(shown) = readable(&hidden.bytes) {
            if let Some(raw) = segment.map.and_then(|map| map.raw(hidden.start)) {
                map.point(text.len(), raw);
            }
            marks.push(Mark { start: text.len(), place });
            text.extend_from_slice(&shown);
            text.push(b'\n');
        } else if is_packed(&hidden.bytes, descent) {
            let name = format!("{} at {place}", hidden.code);
            descent.part(Part::new(name, Content::Bytes(&hidden.bytes)))?;
        }
    }
    let Some(first) = marks.first() else { return Flow::Continue(()) };
    descent.decoded(&Segment {
        body: 0..text.len(),
        layout: Layout::Marks(&marks),
        title: segment.title,
        map: (!map.is_empty()).then_some(&map),
        role: segment.role,
        ..Segment::new(&text, first.place.clone())
    })
}

/// Everything that may be encoded text or a format, in the order of the text. What began before
/// the body belongs to the window before.
fn find(text: &[u8], body: &Range<usize>) -> Vec<Hidden> {
    let mut found = Vec::new();
    runs::find(text, body, &mut found);
    escapes::find(text, body, &mut found);
    ascii85(text, body, &mut found);
    backwards::find(text, body, &mut found);
    found.sort_by_key(|hidden| hidden.start);
    found
}

fn ascii85(text: &[u8], body: &Range<usize>, found: &mut Vec<Hidden>) {
    let mut at = 0;
    while let Some(start) = memchr::memmem::find(&text[at..], b"<~").map(|i| at + i) {
        let Some(len) = memchr::memmem::find(&text[start + 2..], b"~>") else { return };
        at = start + 2 + len;
        if body.contains(&start)
            && let Some(bytes) = unpack::ascii85(&text[start + 2..at])
        {
            found.push(Hidden { start, code: "ascii85", bytes });
        }
    }
}

/// Fewer decoded bytes are no text worth scanning.
const SHORTEST: usize = 8;

/// How decoded bytes read as text.
#[derive(Clone, Copy)]
enum Reading {
    /// UTF-16 of ASCII, with the zero of each pair at this place.
    Wide(usize),
    /// UTF-8.
    Utf8,
    /// A legacy charset.
    Legacy,
}

/// As what decoded bytes read, if they are text. Stricter than for a whole file, because any token
/// decodes to something.
fn reading(bytes: &[u8]) -> Option<Reading> {
    if bytes.len() < SHORTEST {
        return None;
    }
    if let Some(zero) = wide(bytes) {
        return Some(Reading::Wide(zero));
    }
    let control =
        |b: u8| b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b) || b == 0x7f;
    if bytes.iter().filter(|b| control(**b)).count() * 20 > bytes.len() {
        return None;
    }
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    // Text of another language is mostly beyond ASCII, but random bytes are not UTF-8.
    if valid {
        return Some(Reading::Utf8);
    }
    let plain = bytes.iter().filter(|b| b.is_ascii()).count();
    (plain * 20 >= bytes.len() * 17).then_some(Reading::Legacy)
}

/// Decoded bytes as text, if that is what they are.
fn readable(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    Some(match reading(bytes)? {
        Reading::Utf8 => Cow::Borrowed(bytes),
        Reading::Legacy => crate::decode::text(bytes, None).text,
        Reading::Wide(zero) => {
            let units = bytes.chunks_exact(2).map(|pair| match zero {
                1 => u16::from_le_bytes([pair[0], pair[1]]),
                _ => u16::from_be_bytes([pair[0], pair[1]]),
            });
            let text = char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}'));
            Cow::Owned(text.collect::<String>().into_bytes())
        }
    })
}

/// ASCII in UTF-16, as Windows' shell encodes its commands: where in each pair the zero stands.
fn wide(bytes: &[u8]) -> Option<usize> {
    let plain = |b: u8| b == b'\t' || b == b'\n' || b == b'\r' || (b' '..0x7f).contains(&b);
    // Nine pairs in ten hold a zero.
    memchr::memchr(0, bytes)?;
    let is = |zero: &usize| {
        let fits = |pair: &&[u8]| pair[*zero] == 0 && plain(pair[1 - zero]);
        let pairs = bytes.chunks_exact(2);
        let all = pairs.len();
        pairs.filter(fits).count() * 10 >= all * 9
    };
    [1, 0].into_iter().find(is)
}

/// Whether these bytes begin like a format that can be read here.
fn is_packed(bytes: &[u8], descent: &Descent<'_>) -> bool {
    let hint = Hint { len: Some(bytes.len() as u64), ..Hint::default() };
    has_mark(bytes) && descent.choose(bytes, &hint).is_some_and(|(_, sure)| sure >= Sure::Certain)
}

/// Whether these bytes begin with the mark of a format. A mark of two bytes is met by chance.
fn has_mark(bytes: &[u8]) -> bool {
    raw::known(bytes).is_some_and(|known| known.kind != Kind::Locked)
        && (!bytes.starts_with(b"\x1f\x8b") || bytes.get(2) == Some(&8))
}

/// Whether a beginning is worth decoding the rest.
fn promising(head: &[u8]) -> bool {
    reading(head).is_some() || has_mark(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<String> {
        let all = find(text.as_bytes(), &(0..text.len()));
        let shown = all.iter().filter_map(|hidden| readable(&hidden.bytes));
        shown.map(|t| String::from_utf8_lossy(&t).into_owned()).collect()
    }

    #[test]
    fn base64_is_read_in_one_line_and_in_many() {
        assert_eq!(
            decoded("key: Q2FyZCBudW1iZXI6IDQxMTEgMTExMSAxMTExIDExMTE="),
            ["Card number: 4111 1111 1111 1111"]
        );
        let folded = "VGhlIGNhcmQgb2YgdGhlIHRyYXZlbCBmdW5kIGlz\nIHRoZSBvbmUgd2l0aCA0MTExIDExMTEgMTExMSAx\nMTExLg==\n";
        assert_eq!(
            decoded(folded),
            ["The card of the travel fund is the one with 4111 1111 1111 1111."]
        );
        let wide = "powershell -enc QwBhAHIAZAAgADQAMQAxADEAIAAxADEAMQAxAA==";
        assert_eq!(decoded(wide), ["Card 4111 1111"]);
    }

    #[test]
    fn hex_is_read_bare_spaced_and_in_dumps() {
        assert_eq!(decoded("x=43617264206e756d6265723a2034313131 y"), ["Card number: 4111"]);
        assert_eq!(decoded("dump: 43617264206e756d6265723a2034313131"), ["Card number: 4111"]);
        assert_eq!(decoded("43 61 72 64 20 6e 75 6d 62 65 72 3a"), ["Card number:"]);
        assert_eq!(decoded("sent: 43 61 72 64 20 6e 75 6d 62 65 72 3a"), ["Card number:"]);
        let xxd = "00000000: 4361 7264 206e 756d 6265 723a 2034 3131  Card number: 411\n\
                   00000010: 3120 3131                                1 11\n";
        assert_eq!(decoded(xxd), ["Card number: 4111 11"]);
        let canonical = "00000000  43 61 72 64 20 6e 75 6d  62 65 72 3a 20 34 31 31  |Card number: 411|\n\
             00000010  31 20 31 31                                       |1 11|\n00000014\n";
        assert_eq!(decoded(canonical), ["Card number: 4111 11"]);
    }

    #[test]
    fn escapes_are_read_with_the_words_around_them() {
        assert_eq!(
            decoded("GET /pay?card=4111%201111%201111%201111&x=1 HTTP/1.1"),
            ["card: 4111 1111 1111 1111\n"]
        );
        assert_eq!(decoded(r#"s = "card \x34\x31\061\061 1";"#), ["card 4111 1"]);
        assert_eq!(decoded(r"'\u0063\u0061\u0072\u{64}s are'"), ["cards are"]);
        assert_eq!(decoded("card 4111=201111=201111=201111"), ["card 4111 1111 1111 1111"]);
    }

    #[test]
    fn ascii85_is_read_between_its_marks() {
        assert_eq!(decoded("a <~ {no} digits of it ~> b"), Vec::<String>::new());
        assert_eq!(decoded("<~87cURD]i,\"Ebo80~>"), ["Hello World!"]);
    }

    #[test]
    fn text_that_stands_backwards_is_read_forwards() {
        assert_eq!(
            decoded("1111 1111 1111 1114 :rebmun draC"),
            ["Card number: 4111 1111 1111 1111"]
        );
        assert_eq!(
            decoded("rebmun eht si ereh\n1111 1111 1111 1114\n"),
            ["\n4111 1111 1111 1111\nhere is the number"]
        );
        let forwards = "The number of the account and the name of the card, not eht rebmun.";
        assert_eq!(decoded(forwards), Vec::<String>::new());
    }

    #[test]
    fn digests_tokens_and_long_words_are_nothing() {
        for text in [
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "an_identifier_that_is_very_long_indeed = averyLongCamelCaseIdentifierForReasons()",
            "/usr/share/documentation/packages/with/long/names",
            "fingerprint 9f:86:d0:81:88:4c:7d:65:9a:2f:ea:a0:c5:5a:d0:15",
            "------------------------------------------------",
            "                                        indented",
            "a=10 b=20 c=30; x = \"\\d+\\s*\\w+\\.\"; 5% of 10% or 20% off",
        ] {
            assert_eq!(decoded(text), Vec::<String>::new(), "{text}");
        }
    }
}
