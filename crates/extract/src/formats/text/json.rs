use super::gather::Gather;
use super::whole;
use crate::decode::Decoded;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Opening, Sure};
use dlpscan_core::model::{Part, Place, Stopped};

/// JSON, also line by line: each value on a line behind its key, with the key's path as its place.
///
/// It never gives up: what is not JSON is text all the same, and every byte that is not structure
/// comes out.
pub struct Json;

impl Extractor for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn sniff_text(&self, opening: &Opening<'_>, hint: &Hint<'_>) -> Sure {
        let named = hint.ends(&["json", "jsonl", "ndjson", "geojson", "webmanifest"])
            || hint.media.ends_with("json");
        match (begins(&opening.text), named) {
            (Some(true), _) => Sure::Certain,
            (Some(false), true) => Sure::Likely,
            _ => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        whole::read(part, |_| None, descent, read)
    }
}

/// `None`: does not begin like JSON. `Some(true)`: all of it follows the grammar as far as it goes.
fn begins(text: &[u8]) -> Option<bool> {
    let text = text.trim_ascii_start();
    if !matches!(text.first(), Some(b'{' | b'[')) {
        return None;
    }
    let mut tokens = Tokens::new(text);
    let (mut strict, mut depth, mut structure) = (true, 0_usize, 0);
    let mut before = Token::Comma;
    while let Some((token, span)) = tokens.next() {
        strict &= match token {
            Token::Open(_) => {
                depth += 1;
                matches!(before, Token::Open(_) | Token::Comma | Token::Colon)
                    || depth == 1 && before == Token::Close
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                !matches!(before, Token::Colon)
            }
            Token::Comma | Token::Colon => {
                structure += 1;
                matches!(before, Token::Text { .. } | Token::Close) && depth > 0
            }
            Token::Text { quoted } => {
                let bare = &text[span.clone()];
                let cut = span.end == text.len();
                matches!(before, Token::Open(_) | Token::Comma | Token::Colon)
                    && depth > 0
                    && (quoted || cut || is_literal(bare))
            }
        };
        before = token;
    }
    Some(strict && (structure > 0 || depth == 0))
}

/// A number, true, false or null.
fn is_literal(bare: &[u8]) -> bool {
    matches!(bare, b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity")
        || std::str::from_utf8(bare).is_ok_and(|s| {
            s.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                && s.parse::<f64>().is_ok()
        })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// `{` (true) or `[`.
    Open(bool),
    Close,
    Comma,
    Colon,
    /// A string without its quotes, or a bare word.
    Text {
        quoted: bool,
    },
}

/// Splits a text into tokens. Everything that is not structure or blank is text.
struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t [u8]) -> Self {
        Tokens { text, at: 0 }
    }

    fn next(&mut self) -> Option<(Token, std::ops::Range<usize>)> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let token = match *self.text.get(start)? {
            b'{' => Token::Open(true),
            b'[' => Token::Open(false),
            b'}' | b']' => Token::Close,
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => return Some((Token::Text { quoted: true }, self.string(start + 1))),
            _ => {
                let rest = &self.text[start..];
                let end = rest.iter().position(|b| b"{}[],:\"\n\r".contains(b));
                let bare = rest[..end.unwrap_or(rest.len())].trim_ascii_end();
                self.at = start + bare.len().max(1);
                return Some((Token::Text { quoted: false }, start..self.at));
            }
        };
        self.at += 1;
        Some((token, start..self.at))
    }

    fn string(&mut self, start: usize) -> std::ops::Range<usize> {
        let mut at = start;
        while let Some(found) = memchr::memchr2(b'"', b'\\', &self.text[at..]) {
            at += found;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return start..at;
            }
            at = (at + 2).min(self.text.len());
        }
        self.at = self.text.len();
        start..self.text.len()
    }
}

/// Names of keys deeper than this are left out of the path.
const DEEP: usize = 32;

/// Values of a list further on are not numbered in the path.
const NUMBERED: u64 = 10_000;

/// An object or array that is open.
struct Level {
    object: bool,
    /// Length of the path that leads to it.
    path: usize,
    /// The last key, as a span of the text.
    key: Option<std::ops::Range<usize>>,
    index: u64,
}

fn read(decoded: &Decoded<'_>, descent: &mut Descent<'_>) -> Flow {
    let text = &*decoded.text;
    let mut tokens = Tokens::new(text);
    let mut gather = Gather::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut path = String::new();
    let mut documents = 0_u64;
    let mut value_due = false;
    let mut count = 0_u32;
    while let Some((token, span)) = tokens.next() {
        count += 1;
        if count.is_multiple_of(4096)
            && let Err(Stopped(reason)) = descent.budget().check()
        {
            descent.note(reason);
            return gather.finish(descent);
        }
        match token {
            Token::Open(object) => {
                if levels.is_empty() {
                    documents += 1;
                }
                step(&mut path, levels.last(), levels.len(), text);
                levels.push(Level { object, path: path.len(), key: None, index: 0 });
                value_due = false;
            }
            Token::Close => {
                levels.pop();
                path.truncate(levels.last().map_or(0, |l| l.path));
                gather.end_line();
                gather.flow(descent)?;
            }
            Token::Comma => {
                if let Some(level) = levels.last_mut() {
                    level.index += 1;
                    level.key = None;
                }
                value_due = false;
                gather.end_line();
            }
            Token::Colon => value_due = true,
            Token::Text { quoted } => {
                let is_key = !value_due && levels.last().is_some_and(|l| l.object);
                if is_key && let Some(level) = levels.last_mut() {
                    gather.end_line();
                    level.key = Some(span.clone());
                }
                let level = levels.last();
                step(&mut path, level, levels.len(), text);
                gather.place(Place::Key { path: named(&path, documents) });
                path.truncate(level.map_or(0, |l| l.path));
                if is_key {
                    let name = std::str::from_utf8(&text[span.clone()]).unwrap_or("");
                    if let Some(words) = whole::words(name) {
                        gather.decoded(words.as_bytes(), raw(decoded, span.start));
                        gather.push(b" ");
                    }
                    string(decoded, span, quoted, &mut gather);
                    gather.push(b": ");
                } else {
                    // A value of a list stands behind the list's own key.
                    if let [.., above, list] = &levels[..]
                        && !list.object
                        && let Some(key) = &above.key
                        && gather.last().is_none_or(|b| b == b'\n')
                    {
                        string(decoded, key.clone(), true, &mut gather);
                        gather.push(b": ");
                    }
                    string(decoded, span, quoted, &mut gather);
                    if !value_due {
                        gather.push(b" ");
                    }
                }
                gather.flow(descent)?;
            }
        }
    }
    gather.finish(descent)
}

/// Adds to a path what leads from a level to its current value.
fn step(path: &mut String, level: Option<&Level>, depth: usize, text: &[u8]) {
    let Some(level) = level else { return };
    path.truncate(level.path);
    if depth > DEEP {
        return;
    }
    match &level.key {
        Some(key) => {
            let name: String =
                String::from_utf8_lossy(&text[key.clone()]).chars().take(64).collect();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&name);
        }
        None if !level.object && level.index < NUMBERED => {
            path.push_str(&format!("[{}]", level.index));
        }
        None if !level.object => path.push_str("[]"),
        None => {}
    }
}

/// A path, with the number of its document where there are several.
fn named(path: &str, documents: u64) -> String {
    if documents > 1 { format!("{documents}: {path}") } else { path.to_owned() }
}

fn raw(decoded: &Decoded<'_>, at: usize) -> u64 {
    decoded.map.raw(at).unwrap_or(0)
}

/// Gathers a string with its escapes decoded.
fn string(decoded: &Decoded<'_>, span: std::ops::Range<usize>, quoted: bool, gather: &mut Gather) {
    let text = &*decoded.text;
    let mut at = span.start;
    while at < span.end {
        let next = match memchr::memchr(b'\\', &text[at..span.end]) {
            Some(found) if quoted => at + found,
            _ => span.end,
        };
        if next > at {
            gather.mapped(text, at..next, &decoded.map);
        }
        if next == span.end {
            return;
        }
        let (c, length) = escape(&text[next..span.end]);
        gather.decoded(c.encode_utf8(&mut [0; 4]).as_bytes(), raw(decoded, next));
        at = next + length;
    }
}

/// The character of an escape that begins with a backslash, and its length.
fn escape(text: &[u8]) -> (char, usize) {
    let c = match text.get(1) {
        Some(b'n' | b'r') => '\n',
        Some(b't') => '\t',
        Some(b'b' | b'f') => ' ',
        Some(b'u') => match (hex(text.get(2..6)), hex(text.get(8..12))) {
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF))
                if text[6..8] == *b"\\u" =>
            {
                let code = 0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF);
                return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
            }
            (Some(unit), _) => {
                return (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 6);
            }
            (None, _) => '\\',
        },
        Some(&b @ (b'"' | b'\\' | b'/')) => char::from(b),
        // No escape of JSON: the backslash is text.
        _ => return ('\\', 1),
    };
    if c == '\\' && text.get(1) != Some(&b'\\') { ('\\', 1) } else { (c, 2) }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_text_that_begins_like_it() {
        for json in [
            "{\"a\": 1, \"b\": [true, null]}",
            "[1,2,3]",
            "{\"a\":1}\n{\"a\":2}\n",
            "{}",
            "[{\"half\": \"cut of",
        ] {
            assert_eq!(begins(json.as_bytes()), Some(true), "{json}");
        }
        for text in [
            "[section]\nkey=value\n",
            "[2026-11-02] started",
            "{\\rtf1 x}",
            "[1] a note",
            "{name}: hi",
        ] {
            assert_ne!(begins(text.as_bytes()), Some(true), "{text}");
        }
        assert_eq!(begins(b"plain"), None);
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(escape(br"\u00a3"), ('£', 6));
        assert_eq!(escape(br"\ud83d\ude00"), ('😀', 12));
        assert_eq!(escape(br"\ud83d!"), ('\u{FFFD}', 6));
        assert_eq!(escape(br"\\n"), ('\\', 2));
        assert_eq!(escape(br"\q"), ('\\', 1));
        assert_eq!(escape(br"\u12"), ('\\', 1));
    }
}
