use super::plain;
use crate::decode::{self, Decoded};
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};

/// Reads the whole of a part, decodes it and has it read; then claims it.
///
/// `declared` finds a charset in the first bytes, where the format has a way to say it; what the
/// container says goes first. A part too large to hold is scanned as the text it is, with a note.
pub(super) fn read(
    part: Part<'_>,
    declared: impl Fn(&[u8]) -> Option<String>,
    descent: &mut Descent<'_>,
    reader: impl FnOnce(&Decoded<'_>, &mut Descent<'_>) -> Flow,
) -> Flow {
    let most = descent.budget().limits().buffer;
    if part.content.len().is_some_and(|len| len > most) {
        descent.note(Reason::LimitMemory);
        return plain::scan(part.content.reader(), part.charset.as_deref(), descent);
    }
    let bytes = match part.content {
        Content::Bytes(bytes) => bytes.into(),
        other => match other.bytes(most) {
            Ok(bytes) => bytes,
            // What was read before the error is gone with it: the strings pass reads it again.
            Err(error) => {
                descent.note(Stopped::reason(&error));
                return Flow::Continue(());
            }
        },
    };
    let label = part.charset.or_else(|| declared(&bytes[..bytes.len().min(HEAD)]));
    let decoded = decode::text(&bytes, label.as_deref());
    let flow = reader(&decoded, descent);
    if flow.is_continue() && descent.budget().check().is_ok() {
        descent.claim(0..bytes.len() as u64, Fate::Scanned);
    }
    flow
}

/// Where a declaration of the charset is looked for.
const HEAD: usize = 2048;

/// The value behind `name=` in these bytes, bare or in quotes: a charset in a `meta` tag or an XML
/// declaration.
pub(super) fn value_of<'t>(text: &'t [u8], name: &str) -> Option<&'t str> {
    let at = memchr::memmem::find(text, name.as_bytes())? + name.len();
    let rest = text[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
    let stop =
        |b: &u8| matches!(b, b'"' | b'\'' | b'>' | b';' | b'?' | b'/') || b.is_ascii_whitespace();
    let end = rest.iter().position(stop).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok().filter(|label| !label.is_empty())
}

/// A name that is written as one word, as its words: `sortCode` as `sort Code`. `None` where it
/// has no hidden words; underscores and hyphens are understood as they are.
pub(super) fn words(name: &str) -> Option<String> {
    if name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let mut out = String::with_capacity(name.len() + 4);
    let bytes = name.as_bytes();
    for (i, &b) in bytes.iter().enumerate() {
        let after_lower = i > 0 && bytes[i - 1].is_ascii_lowercase();
        let last_of_capitals = i > 0
            && bytes[i - 1].is_ascii_uppercase()
            && bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        if b.is_ascii_uppercase() && (after_lower || last_of_capitals) {
            out.push(' ');
        }
        out.push(char::from(b));
    }
    (out.len() > name.len()).then_some(out)
}

/// Counts lines while going forward through a text.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t [u8]) -> Self {
        Lines { text, at: 0, line: 1 }
    }

    /// The line of a position. Positions before an earlier one are on that one's line.
    pub fn at(&mut self, position: usize) -> u64 {
        let position = position.min(self.text.len());
        if position > self.at {
            self.line += memchr::memchr_iter(b'\n', &self.text[self.at..position]).count() as u64;
            self.at = position;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_inside_a_name_are_told_apart() {
        assert_eq!(words("sortCode").as_deref(), Some("sort Code"));
        assert_eq!(words("NINumber").as_deref(), Some("NI Number"));
        assert_eq!(words("accountNumber2").as_deref(), Some("account Number2"));
        for plain in ["name", "sort_code", "NHS", "Sort code", "a@b.example"] {
            assert_eq!(words(plain), None);
        }
    }

    #[test]
    fn a_charset_is_found_bare_and_in_quotes() {
        assert_eq!(value_of(b"<meta charset=\"utf-8\">", "charset"), Some("utf-8"));
        assert_eq!(
            value_of(b"<meta content='text/html; charset=iso-8859-2'>", "charset"),
            Some("iso-8859-2")
        );
        assert_eq!(
            value_of(b"<?xml version='1.0' encoding='UTF-16'?>", "encoding"),
            Some("UTF-16")
        );
        assert_eq!(value_of(b"<p>no charset here", "charset"), None);
    }
}
