//! Characters written as escapes: `%41`, `=41`, `\x41`, `\101`, `\u0041`.

use super::Hidden;
use super::unpack::nibble;
use std::ops::Range;

/// Fewer escapes in one place are an odd character, not a way of writing.
const FEWEST: usize = 3;
/// How far before its first escape a stretch may begin, and how long it may be.
const BEFORE: usize = 512;
const LONGEST: usize = 64 << 10;

/// A way of writing characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Addresses and forms (RFC 3986).
    Percent,
    /// Mail (RFC 2045).
    Quoted,
    /// Source code.
    Backslash,
}

impl Way {
    fn of(mark: u8) -> Way {
        match mark {
            b'%' => Way::Percent,
            b'=' => Way::Quoted,
            _ => Way::Backslash,
        }
    }

    /// How its escapes begin.
    fn mark(self) -> u8 {
        match self {
            Way::Percent => b'%',
            Way::Quoted => b'=',
            Way::Backslash => b'\\',
        }
    }

    fn code(self) -> &'static str {
        match self {
            Way::Percent => "percent-encoding",
            Way::Quoted => "quoted-printable",
            Way::Backslash => "escapes",
        }
    }

    /// Whether a stretch of this writing ends at a byte.
    fn ends_at(self, byte: u8) -> bool {
        match self {
            Way::Percent => byte <= b' ' || matches!(byte, b'"' | b'\'' | b'<' | b'>'),
            Way::Quoted => byte == b'\n',
            Way::Backslash => matches!(byte, b'\n' | b'"' | b'\'' | b'`'),
        }
    }

    /// The character that the escape at the start of a text stands for, and the escape's length.
    fn escape(self, text: &[u8]) -> Option<(char, usize)> {
        let hex = |digits: &[u8]| {
            digits.iter().try_fold(0_u32, |n, d| Some(n << 4 | u32::from(nibble(*d)?)))
        };
        let (value, len) = match (self, text) {
            (Way::Percent, [b'%', digits @ ..]) | (Way::Quoted, [b'=', digits @ ..]) => {
                (hex(digits.get(..2)?)?, 3)
            }
            (Way::Backslash, [b'\\', b'x', digits @ ..]) => (hex(digits.get(..2)?)?, 4),
            (Way::Backslash, [b'\\', b'u', b'{', digits @ ..]) => {
                let len = digits.iter().take(7).position(|b| *b == b'}')?;
                (hex(&digits[..len])?, len + 4)
            }
            (Way::Backslash, [b'\\', b'u', digits @ ..]) => (hex(digits.get(..4)?)?, 6),
            (Way::Backslash, [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
                let digit = |d: u8| u32::from(d - b'0');
                (digit(*a) << 6 | digit(*b) << 3 | digit(*c), 4)
            }
            _ => return None,
        };
        Some((char::from_u32(value)?, len))
    }

    /// Whether an escape stands for a byte rather than a character.
    fn is_byte(self, text: &[u8]) -> bool {
        !text.starts_with(b"\\u")
    }
}

/// Finds stretches with escapes, and decodes them as a whole: what stands unescaped between them
/// belongs to them.
pub(super) fn find(text: &[u8], body: &Range<usize>, found: &mut Vec<Hidden>) {
    let mut done = [0; 3];
    for at in memchr::memchr3_iter(b'%', b'\\', b'=', text) {
        let way = Way::of(text[at]);
        let done = &mut done[way as usize];
        if at < *done || way.escape(&text[at..]).is_none() {
            continue;
        }
        if at >= body.end {
            break;
        }
        let from = (*done).max(at.saturating_sub(BEFORE));
        let start =
            text[from..at].iter().rposition(|b| way.ends_at(*b)).map_or(from, |i| from + i + 1);
        let most = &text[at..text.len().min(at + LONGEST)];
        let end = at + most.iter().position(|b| way.ends_at(*b)).unwrap_or(most.len());
        *done = end;
        if !body.contains(&at) {
            continue;
        }
        let bytes = match way {
            Way::Percent => address(&text[start..end]),
            _ => stretch(&text[start..end], way),
        };
        if let Some(bytes) = bytes {
            found.push(Hidden { start: at, code: way.code(), bytes });
        }
    }
}

/// A stretch decoded; `None` with too few escapes.
fn stretch(text: &[u8], way: Way) -> Option<Vec<u8>> {
    let mark = way.mark();
    let escapes = memchr::memchr_iter(mark, text).filter(|at| way.escape(&text[*at..]).is_some());
    // The mark itself may be escaped, so that fewer are left in the end.
    if escapes.take(FEWEST).count() < FEWEST {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    let (mut rest, mut count) = (text, 0);
    while let Some(at) = memchr::memchr(mark, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let len = match way.escape(rest) {
            Some((c, len)) => {
                count += 1;
                match u8::try_from(u32::from(c)) {
                    // Assignments of numbers look like it.
                    Ok(byte) if way == Way::Quoted && byte < b'\t' => return None,
                    Ok(0x0e..0x20) if way == Way::Quoted => return None,
                    Ok(byte) if way.is_byte(rest) => out.push(byte),
                    _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                len
            }
            None => {
                let (byte, len) = match rest {
                    [b'\\', b'n', ..] => (b'\n', 2),
                    [b'\\', b't', ..] => (b'\t', 2),
                    [b'\\', byte, ..] => (*byte, 2),
                    _ => (mark, 1),
                };
                out.push(byte);
                len
            }
        };
        rest = &rest[len..];
    }
    out.extend_from_slice(rest);
    (count >= FEWEST).then_some(out)
}

/// The fields of an address that hold escapes, each on a line, with its name as a label: a value
/// that is part of an address is not a value of its own.
fn address(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for field in text.split(|b| matches!(b, b'?' | b'&')) {
        let spaced: Vec<u8> = field.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        let (name, value) = match memchr::memchr(b'=', &spaced) {
            Some(i) => (Some(&spaced[..i]), &spaced[i + 1..]),
            None => (None, &spaced[..]),
        };
        if let Some(value) = stretch(value, Way::Percent) {
            if let Some(name) = name {
                out.extend_from_slice(name);
                out.extend_from_slice(b": ");
            }
            out.extend_from_slice(&value);
            out.push(b'\n');
        }
    }
    (!out.is_empty()).then_some(out)
}
