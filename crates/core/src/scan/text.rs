//! Looking at bytes that are conventionally UTF-8 but may be anything.

/// The character that ends right before `at`; `None` at the start of the text or where there is
/// none that is valid.
pub(super) fn char_before(text: &[u8], at: usize) -> Option<char> {
    let last = *text[..at].last()?;
    if last.is_ascii() {
        return Some(last as char);
    }
    let start = (at.saturating_sub(4)..at).rev().find(|&i| text[i] & 0xC0 != 0x80)?;
    std::str::from_utf8(&text[start..at]).ok()?.chars().next()
}

/// The character that starts at `at`; `None` at the end or where there is none that is valid.
pub(super) fn char_after(text: &[u8], at: usize) -> Option<char> {
    decode(&text[at..]).map(|(c, _)| c)
}

/// The first character of a text and its length in bytes, if it is valid.
pub(super) fn decode(text: &[u8]) -> Option<(char, usize)> {
    let first = *text.first()?;
    let len = match first {
        0x00..=0x7F => return Some((first as char, 1)),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let c = std::str::from_utf8(text.get(..len)?).ok()?.chars().next()?;
    Some((c, len))
}

/// A letter of any script.
pub(super) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic())
}

/// Where the line that holds `at` starts.
pub(super) fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |i| i + 1)
}

/// Where the line that holds `at` ends, before its line feed.
pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_bytes_are_no_characters_and_no_panic() {
        let text = b"\xE9a\xF0\x9F\x92";
        assert_eq!(char_before(text, 1), None);
        assert_eq!(char_after(text, 0), None);
        assert_eq!(char_after(text, 2), None);
        assert_eq!(char_before(text, 2), Some('a'));
        assert_eq!(char_before("é".as_bytes(), 2), Some('é'));
    }
}
