//! Text that stands in objects, not on pages: properties, bookmarks, comments, form values,
//! links, scripts, names.

use super::value::{Dict, Lexer, Token, Value};

/// Keys whose strings are keys, hashes and tables, never text.
const NO_TEXT: &[&str] = &[
    "ID",
    "O",
    "U",
    "OE",
    "UE",
    "Perms",
    "CheckSum",
    "Cert",
    "Panose",
    "CharSet",
    "FontFamily",
    "Registry",
    "Ordering",
    "DA",
];

/// One string of an object, and the key it stood under.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// The nearest key above it; empty in an object that is a bare string.
    pub key: String,
    /// The text, with the name of its form field before it.
    pub text: String,
}

/// All text in an object. With `keys`, as in the document information, each text is led by its key.
pub(super) fn entries(value: &Value, keys: bool) -> Vec<Entry> {
    let mut out = Vec::new();
    let mut todo: Vec<(&[u8], &Value)> = vec![(b"", value)];
    while let Some((key, value)) = todo.pop() {
        match value {
            Value::Text(bytes) if !NO_TEXT.iter().any(|k| k.as_bytes() == key) => {
                let text = text(bytes);
                if is_text(&text) && !is_date(&text) {
                    let key = String::from_utf8_lossy(key).into_owned();
                    let text = match keys && !key.is_empty() {
                        true => format!("{key}: {text}"),
                        false => text,
                    };
                    out.push(Entry { key, text });
                }
            }
            Value::Array(items) => todo.extend(items.iter().rev().map(|v| (key, v))),
            Value::Dict(dict) => {
                let signature = dict.get("ByteRange").is_some();
                let field = field(dict);
                let said: &[&[u8]] = if field.is_some() { &[b"T", b"TU", b"V"] } else { &[] };
                out.extend(field);
                todo.extend(
                    dict.0
                        .iter()
                        .rev()
                        .filter(|(k, _)| !(signature && k == b"Contents"))
                        .filter(|(k, _)| !said.contains(&k.as_slice()))
                        .map(|(k, v)| (k.as_slice(), v)),
                );
            }
            _ => {}
        }
    }
    out
}

/// A form field's value under its name.
fn field(dict: &Dict) -> Option<Entry> {
    let (Value::Text(name), value) = (dict.get("T")?, dict.get("V")?) else { return None };
    let value = match value {
        Value::Text(bytes) => text(bytes),
        Value::Name(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => return None,
    };
    let shown = match dict.get("TU") {
        Some(Value::Text(title)) => text(title),
        _ => text(name),
    };
    Some(Entry { key: "form field".into(), text: format!("{shown}: {value}") })
}

/// The strings of a content stream as they stand, and whether one is not closed: for streams
/// that the interpreter could not follow.
pub(super) fn loose(content: &[u8]) -> (String, bool) {
    let mut lexer = Lexer::new(content, 0);
    let (mut out, mut unclosed) = (String::new(), false);
    while let Some(token) = lexer.next() {
        match token {
            Token::Text(bytes, closed) => {
                unclosed |= !closed;
                let text = text(&bytes);
                if is_text(&text) {
                    out.push_str(&text);
                }
            }
            Token::Word(a, b) => match lexer.word(a, b) {
                b"ID" => {
                    // The bytes of an inline picture follow, up to `EI` between white space.
                    let rest = &content[lexer.at..];
                    let end = memchr::memmem::find_iter(rest, b"EI").find(|&i| {
                        i > 0
                            && super::value::is_space(rest[i - 1])
                            && rest.get(i + 2).is_none_or(|&b| super::value::is_space(b))
                    });
                    if let Some(end) = end {
                        lexer.at += end + 2;
                    }
                }
                b"ET" | b"Td" | b"TD" | b"T*" | b"Tm" | b"'" | b"\"" if !out.ends_with('\n') => {
                    out.push('\n');
                }
                _ => {}
            },
            _ => {}
        }
    }
    (out, unclosed)
}

/// A text string: UTF-16 or UTF-8 with its mark, else PDFDocEncoding (ISO 32000-2, annex D.3).
pub(super) fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // UTF-8 without its mark is common, and says so itself.
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&b| letter(b)).collect(),
        },
    }
}

fn wide(bytes: &[u8], read: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()
}

fn letter(byte: u8) -> char {
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{FFFD}', '€',
    ];
    match byte {
        0x80..=0xA0 => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// True when most of it is printable.
pub(super) fn is_text(text: &str) -> bool {
    let (mut all, mut odd) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        odd += usize::from(c == '\u{FFFD}' || (c.is_control() && !c.is_whitespace()));
    }
    all > 0 && odd * 5 <= all && !text.trim().is_empty()
}

fn is_date(text: &str) -> bool {
    text.strip_prefix("D:").is_some_and(|rest| {
        rest.len() <= 22
            && rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'\'' | b'Z'))
            && rest.bytes().take_while(u8::is_ascii_digit).count() <= 14
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(object: &str, keys: bool) -> Vec<String> {
        let value = Lexer::new(object.as_bytes(), 0).value().unwrap();
        entries(&value, keys).into_iter().map(|e| e.text).collect()
    }

    #[test]
    fn a_form_value_follows_the_name_of_its_field() {
        let texts = of("<</T(Account number)/V(12345678)/DA(/Helv 0 Tf)>>", false);
        assert_eq!(texts, ["Account number: 12345678"]);
    }

    #[test]
    fn properties_are_led_by_their_keys_and_dates_are_left_out() {
        let texts = of("<</Title(Minutes)/ModDate(D:20261122002807+00'00')/X<FEFF0041>>>", true);
        assert_eq!(texts, ["Title: Minutes", "X: A"]);
    }

    #[test]
    fn loose_strings_join_within_a_line_and_pass_over_inline_pictures() {
        let content =
            b"BT (12-3) Tj [(4) -5 (-56)] TJ 0 -12 Td (next) Tj ET BI /W 1 ID (\x01\x02 EI (x";
        assert_eq!(loose(content), ("12-34-56\nnext\nx".to_owned(), true));
    }
}
