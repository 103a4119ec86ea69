//! Finds every object of a file by looking at its bytes, whatever its cross-reference table says:
//! earlier revisions, objects nothing points to, files whose table is gone.

use super::value::{Dict, Lexer, Value, is_space};
use memchr::memmem;
use std::collections::HashMap;
use std::ops::Range;

/// An object that begins at some place of the file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Its number.
    pub number: u32,
    /// Its value's first byte.
    pub start: usize,
    /// The raw bytes of its stream, if it has one.
    pub stream: Option<Range<usize>>,
}

/// What the sweep saw.
#[derive(Debug, Default)]
pub(super) struct Swept {
    /// The objects in the file's order.
    pub objects: Vec<Found>,
    /// Where each `%PDF-` outside objects stands.
    pub headers: Vec<usize>,
    /// The end of each `%%EOF` outside objects.
    pub ends: Vec<usize>,
    /// Trailer dictionaries, and the dictionaries of cross-reference streams.
    pub trailers: Vec<Dict>,
    /// There are more objects than are looked at.
    pub too_many: bool,
}

/// Objects of one file that are looked at.
const MOST_OBJECTS: usize = 1_000_000;

/// Looks through a file.
pub(super) fn sweep(bytes: &[u8]) -> Swept {
    let mut swept = Swept::default();
    let lengths = Lengths { bytes, found: None };
    let mut lengths = lengths;
    let finder = memmem::Finder::new(b"obj");
    let mut at = 0;
    let mut from = 0;
    while let Some(found) = finder.find(&bytes[from..]).map(|i| from + i) {
        from = found + 3;
        let Some((start, number)) = identifier(bytes, found, at) else { continue };
        if swept.objects.len() == MOST_OBJECTS {
            swept.too_many = true;
            break;
        }
        between(bytes, at..start, &mut swept);
        let mut lexer = Lexer::new(bytes, from);
        let value = lexer.value();
        let mut stream = None;
        if let Some(Value::Dict(dict)) = &value {
            stream = stream_of(bytes, lexer.at, dict, &mut lengths);
            if dict.is("Type", "XRef") {
                swept.trailers.push(dict.clone());
            }
        }
        swept.objects.push(Found { number, start: from, stream: stream.clone() });
        at = stream.map_or(lexer.at, |s| s.end).max(from);
        from = at;
    }
    between(bytes, at..bytes.len(), &mut swept);
    swept
}

/// Reads `12 0 ` backwards from the `obj` at `found`, not past `from`.
fn identifier(bytes: &[u8], found: usize, from: usize) -> Option<(usize, u32)> {
    let mut at = found;
    let mut back = |accept: fn(u8) -> bool, most: usize| {
        let end = at;
        while at > from && end - at < most && accept(bytes[at - 1]) {
            at -= 1;
        }
        at..end
    };
    back(is_space, 32);
    let generation = back(|b| b.is_ascii_digit(), 6);
    let gap = back(is_space, 32);
    let number = back(|b| b.is_ascii_digit(), 10);
    if generation.is_empty() || gap.is_empty() || number.is_empty() {
        return None;
    }
    let number = std::str::from_utf8(&bytes[number.clone()]).ok()?.parse().ok()?;
    Some((at, number))
}

/// The range of the stream that follows a dictionary which ends before `at`.
fn stream_of(
    bytes: &[u8],
    at: usize,
    dict: &Dict,
    lengths: &mut Lengths<'_>,
) -> Option<Range<usize>> {
    let mut lexer = Lexer::new(bytes, at);
    lexer.skip_space();
    let rest = bytes[lexer.at..].strip_prefix(b"stream")?;
    let mut start = bytes.len() - rest.len();
    if rest.starts_with(b"\r\n") {
        start += 2;
    } else if rest.first().is_some_and(|&b| b == b'\n' || b == b'\r') {
        start += 1;
    }
    let declared = match dict.get("Length") {
        Some(Value::Number(n)) => Some(*n),
        Some(Value::Ref(number)) => lengths.get(*number),
        _ => None,
    };
    if let Some(length) = declared.filter(|&n| n >= 0.0 && n <= (bytes.len() - start) as f64) {
        let end = start + length as usize;
        let mut after = end;
        while after < bytes.len() && after - end < 4 && is_space(bytes[after]) {
            after += 1;
        }
        if bytes[after..].starts_with(b"endstream") {
            return Some(start..end);
        }
    }
    let rest = &bytes[start..];
    // Without its end, a stream ends where the next object begins at the latest.
    let end = memmem::find(rest, b"endstream").unwrap_or(rest.len());
    let end = memmem::find(&rest[..end], b"endobj").unwrap_or(end);
    let mut end = start + end;
    for eol in [b'\n', b'\r'] {
        end -= usize::from(end > start && bytes[end - 1] == eol);
    }
    Some(start..end)
}

/// Notes what stands between objects.
fn between(bytes: &[u8], range: Range<usize>, swept: &mut Swept) {
    let gap = &bytes[range.clone()];
    swept.headers.extend(memmem::find_iter(gap, b"%PDF-").map(|i| range.start + i));
    swept.ends.extend(memmem::find_iter(gap, b"%%EOF").map(|i| range.start + i + 5));
    for i in memmem::find_iter(gap, b"trailer") {
        let mut lexer = Lexer::new(&bytes[..range.end], range.start + i + 7);
        if let Some(Value::Dict(dict)) = lexer.value() {
            swept.trailers.push(dict);
        }
    }
}

/// Numbers that stand in objects of their own, as streams' lengths do. Read when first needed.
struct Lengths<'a> {
    bytes: &'a [u8],
    found: Option<HashMap<u32, f64>>,
}

impl Lengths<'_> {
    fn get(&mut self, number: u32) -> Option<f64> {
        let bytes = self.bytes;
        let found = self.found.get_or_insert_with(|| {
            let mut found = HashMap::new();
            for at in memmem::find_iter(bytes, b" obj") {
                let Some((_, number)) = identifier(bytes, at + 1, 0) else { continue };
                let mut lexer = Lexer::new(bytes, at + 4);
                lexer.skip_space();
                if bytes.get(lexer.at).is_some_and(u8::is_ascii_digit)
                    && let Some(super::value::Token::Number(n)) = lexer.next()
                {
                    lexer.skip_space();
                    if bytes[lexer.at..].starts_with(b"endobj") {
                        found.insert(number, n);
                    }
                }
            }
            found
        });
        found.get(&number).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_found_with_its_stream() {
        let file =
            b"%PDF-1.4\n1 0 obj <</A 1>> endobj\n2 0 obj<</Length 3 0 R>>stream\nab\nendstream \
                     endobj 3 0 obj 2 endobj trailer <</Root 1 0 R>> %%EOF tail";
        let swept = sweep(file);
        let numbers: Vec<_> = swept.objects.iter().map(|o| o.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(&file[swept.objects[1].stream.clone().unwrap()], b"ab");
        assert_eq!(swept.trailers[0].get("Root"), Some(&Value::Ref(1)));
        assert_eq!((swept.headers.as_slice(), swept.ends.len()), (&[0][..], 1));
    }

    #[test]
    fn a_lying_length_is_put_right_by_the_end_of_the_stream() {
        for length in ["99999", "-5", "1"] {
            let file = format!("1 0 obj<</Length {length}>>stream\nabc\nendstream endobj");
            let swept = sweep(file.as_bytes());
            assert_eq!(&file[swept.objects[0].stream.clone().unwrap()], "abc");
        }
    }
}
