//! Long runs of digits of base64 or hex.
//!
//! Ordinary text costs little: a run is looked for from the end of where its first bytes would be,
//! so that most bytes are never looked at.

use super::{Hidden, promising, unpack};
use std::ops::Range;

/// The shortest run: 18 bytes of base64.
const RUN: usize = 24;
/// The fewest digits of bare hex.
const HEX_RUN: usize = 32;
/// Lines of base64 shorter than this do not go on in the next.
const FOLDED: usize = 40;
/// Digits that are decoded to see whether the rest is worth it; whole groups of both codes.
const HEAD: usize = 64;

const BASE64: u8 = 1;
const SPACED: u8 = 2;

/// What each byte may be a digit of.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        if c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'-' | b'_') {
            class[b] |= BASE64;
        }
        if c.is_ascii_hexdigit() || matches!(c, b' ' | b':') {
            class[b] |= SPACED;
        }
        b += 1;
    }
    class
};

fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}

/// Finds the runs of a text.
pub(super) fn find(text: &[u8], body: &Range<usize>, found: &mut Vec<Hidden>) {
    let mut at = 0;
    while at < body.end && at + RUN <= text.len() {
        let mut class = BASE64 | SPACED;
        let mut from = at + RUN;
        while from > at && is(text[from - 1], class) {
            from -= 1;
            class &= CLASS[usize::from(text[from])];
        }
        at = match (from > at, class & BASE64 != 0) {
            (true, _) => from,
            (false, true) => base64(text, body, at, found),
            (false, false) => dump(text, body, at, found),
        };
    }
}

/// A run that starts at `start`. Answers where it ends.
fn base64(text: &[u8], body: &Range<usize>, start: usize, found: &mut Vec<Hidden>) -> usize {
    let token = |from: usize| {
        text[from..].iter().position(|b| !is(*b, BASE64)).map_or(text.len(), |i| from + i)
    };
    let mut end = token(start);
    let mut line = end - start;
    while line >= FOLDED
        && let Some(next) = next_line(text, end)
    {
        let ends = token(next);
        let closed = text.get(ends).is_none_or(|b| matches!(b, b'\n' | b'\r' | b'='));
        if ends == next || ends - next > line || !closed {
            break;
        }
        (line, end) = (ends - next, ends);
    }
    // A run that was cut at the window's start goes on from there.
    let cut = start == 0 && body.start > 0 && end > body.start;
    if !body.contains(&start) && !cut {
        return end;
    }
    let digits: Vec<u8> = text[start..end].iter().copied().filter(|b| is(*b, BASE64)).collect();
    let mut add = |code, decode: fn(&[u8]) -> Vec<u8>, from: usize| {
        let digits = digits.get(from..).unwrap_or(&[]);
        let worth = promising(&decode(&digits[..digits.len().min(HEAD)]));
        if worth {
            found.push(Hidden { start, code, bytes: decode(digits) });
        }
        worth
    };
    let offsets = if cut { 4 } else { 1 };
    let hex = digits.len() >= HEX_RUN && digits.iter().all(u8::is_ascii_hexdigit);
    let _ = hex && (0..offsets.min(2)).any(|from| add("hex", unpack::hex, from))
        || (0..offsets).any(|from| add("base64", unpack::base64, from));
    end
}

/// Where the next line's text starts, if the line ends at `end`.
fn next_line(text: &[u8], end: usize) -> Option<usize> {
    let rest = text.get(end..)?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let rest = rest.trim_ascii_start();
    Some(text.len() - rest.len())
}

/// Hexadecimal pairs with blanks between, which run on at `at`: of the whole line, and of the
/// lines after it, if they are a dump. Answers where to go on.
fn dump(text: &[u8], body: &Range<usize>, at: usize, found: &mut Vec<Hidden>) -> usize {
    let end = text[at..].iter().position(|b| !is(*b, SPACED)).map_or(text.len(), |i| at + i);
    let digits = text[at..end].iter().filter(|b| b.is_ascii_hexdigit()).count();
    if digits < RUN / 2 {
        return end;
    }
    // Digits without blanks, behind a label.
    let mut word = at;
    for piece in text[at..end].split(|b| matches!(b, b' ' | b':')) {
        if piece.len() >= RUN {
            return base64(text, body, word, found);
        }
        word += piece.len() + 1;
    }
    let before = &text[at.saturating_sub(RUN)..at];
    let line_end = |at: usize| memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i);
    let line_start = memchr::memrchr(b'\n', before).map_or(at, |i| at - before.len() + i + 1);
    let is_dump = |at: &usize| dump_line(&text[*at..line_end(*at)]).is_some();
    let Some(start) = [line_start, at].into_iter().find(is_dump) else { return end };
    let mut bytes = Vec::new();
    let mut next = start;
    let mut offsets = None;
    while next < text.len() {
        let line = line_end(next);
        let Some((offset, more)) = dump_line(&text[next..line]) else { break };
        if *offsets.get_or_insert(offset) != offset {
            break;
        }
        bytes.extend_from_slice(&more);
        next = line + 1;
    }
    if body.contains(&start) && promising(&bytes[..bytes.len().min(HEAD)]) {
        found.push(Hidden { start, code: "hex", bytes });
    }
    next.clamp(end, text.len())
}

/// Whether one line of a dump begins with an offset, and the bytes that it shows between that and
/// its characters.
fn dump_line(line: &[u8]) -> Option<(bool, Vec<u8>)> {
    let line = line.trim_ascii();
    let word = |from: usize| {
        let rest = &line[from..];
        from..from + rest.iter().position(|b| !b.is_ascii_hexdigit()).unwrap_or(rest.len())
    };
    let first = word(0);
    let mut at = match &line[first.end..] {
        [b':', b' ', ..] if first.len() >= 4 => first.end + 1,
        [b' ', b' ', ..] if first.len() >= 7 => first.end,
        _ => 0,
    };
    let offset = at > 0;
    let mut bytes = Vec::new();
    loop {
        let rest = &line[at..];
        let gap = rest.iter().position(|b| !matches!(b, b' ' | b':')).unwrap_or(rest.len());
        // Two blanks stand before the characters, and in the middle where bars enclose those.
        let middle = bytes.len() == 8 && line.ends_with(b"|");
        if gap > 1 && !bytes.is_empty() && !middle {
            break;
        }
        let pairs = word(at + gap);
        let ends = line.get(pairs.end).is_none_or(|b| matches!(b, b' ' | b':'));
        if pairs.is_empty() || pairs.len() % 2 == 1 || pairs.len() > 16 || !ends {
            break;
        }
        bytes.extend(unpack::hex(&line[pairs.clone()]));
        at = pairs.end;
    }
    (!bytes.is_empty()).then_some((offset, bytes))
}
