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
    let (first, rest) = text.split_first()?;
    let (len, top) = match first {
        0x00..=0x7F => return Some((*first as char, 1)),
        0xC2..=0xDF => (2, first & 0x1F),
        0xE0..=0xEF => (3, first & 0x0F),
        0xF0..=0xF4 => (4, first & 0x07),
        _ => return None,
    };
    let mut code = u32::from(top);
    for byte in rest.get(..len - 1)? {
        if byte & 0xC0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    // What is written in more bytes than it needs is no character.
    char::from_u32(code).filter(|c| c.len_utf8() == len).map(|c| (c, len))
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

    #[test]
    fn characters_are_those_that_the_standard_library_reads() {
        let mut bytes = [0; 4];
        for code in (0..=0x0011_0000).chain([0xFFFF_FFFF]) {
            if let Some(c) = char::from_u32(code) {
                let text = c.encode_utf8(&mut bytes).as_bytes();
                assert_eq!(decode(text), Some((c, text.len())));
                assert_eq!(decode(&text[..text.len() - 1]), None);
            }
        }
        for odd in [
            &b"\xC0\x80"[..],
            b"\xE0\x80\x80",
            b"\xED\xA0\x80",
            b"\xF0\x80\x80\x80",
            b"\xF4\x90\x80\x80",
            b"\xE2\x28\xA1",
            b"\x80",
        ] {
            assert_eq!(decode(odd), None, "{odd:?}");
        }
    }
}
