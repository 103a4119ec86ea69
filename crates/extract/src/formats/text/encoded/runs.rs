//! Long runs of digits of base64 or hex.
//!
//! Ordinary text costs little: every run holds eight bytes at a multiple of sixteen, which are told by
//! a few operations to be no part of one; where they may be, a run is looked for from the end of
//! where its first bytes would be.

use super::{Hidden, promising, unpack};
use std::borrow::Cow;
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
    while let Some((start, class)) = next(text, at).filter(|(start, _)| *start < body.end) {
        at = match class & BASE64 != 0 {
            true => base64(text, body, start, found),
            false => dump(text, body, start, found),
        };
    }
}

/// The next run from `at` on: where it starts, and of what its first bytes may be digits.
fn next(text: &[u8], mut at: usize) -> Option<(usize, u8)> {
    loop {
        let clean = next_clean(text, at)?;
        // A run that began further ahead would hold the eight bytes before these.
        at = at.max((clean + 1).saturating_sub(STRIDE));
        while at <= clean {
            let mut class = BASE64 | SPACED;
            let mut from = at + RUN;
            if from > text.len() {
                return None;
            }
            while from > at && is(text[from - 1], class) {
                from -= 1;
                class &= CLASS[usize::from(text[from])];
            }
            if from == at {
                return Some((at, class));
            }
            at = from;
        }
    }
}

/// One in so many places is looked at, which every run covers with the eight bytes that follow.
const STRIDE: usize = 16;

/// The next multiple of [`STRIDE`] from `at` on where a run may be: the eight bytes there, and the
/// eight before or after, have none of the commonest bytes that no run of its kind has.
fn next_clean(text: &[u8], at: usize) -> Option<usize> {
    let word = |at: usize| text[at..].first_chunk().map(|eight| u64::from_le_bytes(*eight));
    let beside = |at: usize, is: fn(u64) -> bool| {
        at.checked_sub(8).and_then(word).is_some_and(is) || word(at + 8).is_some_and(is)
    };
    let from = at.next_multiple_of(STRIDE).min(text.len());
    let chunks = text[from..].chunks(STRIDE).enumerate();
    let mut clean = chunks.filter_map(|(n, chunk)| {
        let eight = u64::from_le_bytes(*chunk.first_chunk()?);
        let (base64, spaced) = (may_be_base64(eight), may_be_spaced(eight));
        let at = from + n * STRIDE;
        let is = base64 && beside(at, may_be_base64) || spaced && beside(at, may_be_spaced);
        is.then_some(at)
    });
    clean.next()
}

/// A byte in each of eight places.
const ONES: u64 = u64::MAX / 255;

/// Whether none of eight bytes comes before `+`: no blank, no line end, no quotation mark.
fn may_be_base64(eight: u64) -> bool {
    eight.wrapping_sub(ONES * b'+' as u64) & !eight & ONES << 7 == 0
}

/// Whether none of eight bytes comes after `f`.
fn may_be_spaced(eight: u64) -> bool {
    (eight.wrapping_add(ONES * (127 - b'f') as u64) | eight) & ONES << 7 == 0
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
    let digits = match text[start..end].iter().all(|b| is(*b, BASE64)) {
        true => Cow::Borrowed(&text[start..end]),
        false => text[start..end].iter().copied().filter(|b| is(*b, BASE64)).collect(),
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_holds_no_run() {
        let is_run = |run: &[u8]| {
            [BASE64, SPACED].into_iter().any(|class| run.iter().all(|b| is(*b, class)))
        };
        // Digits of both kinds in runs of all lengths around the shortest, between other bytes.
        let (mut seed, mut runs) = (1_u32, 0);
        let mut random = move |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as usize % below
        };
        for _ in 0..300 {
            let mut text = Vec::new();
            while text.len() < 400 {
                let digits = [&b"Zz09+/-_g"[..], b"af 09:AF", b"", b"\n.~{,*"][random(4)];
                let len = if digits.contains(&b'.') { random(4) } else { random(2 * RUN) };
                text.extend((0..len).filter_map(|_| digits.get(random(digits.len().max(1)))));
            }
            let all: Vec<usize> =
                (0..=text.len() - RUN).filter(|&at| is_run(&text[at..at + RUN])).collect();
            runs += all.len();
            for at in 0..text.len() {
                let first = all.iter().copied().find(|run| *run >= at);
                assert_eq!(next(&text, at).map(|(start, _)| start), first, "from {at}: {text:?}");
            }
        }
        assert!(runs > 10_000, "{runs}");
    }
}
