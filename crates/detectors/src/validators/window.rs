//! Looking around a candidate: its line or cell, and bounded stretches before and after it.

use std::borrow::Cow;
use std::ops::Range;

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Layout;

/// No check looks further than this from a candidate, so that windows of a long text agree.
pub(crate) const REACH: usize = 2000;

/// The span of the cell or line that holds the candidate's start.
pub(crate) fn own_line(candidate: &Candidate<'_>) -> Range<usize> {
    let at = candidate.span.start;
    if let Layout::Table(table) = candidate.segment.layout
        // A folded text may have other offsets than the segment's own; then lines must do.
        && candidate.segment.text.len() == candidate.text.len()
        && let Some(cell) = table.cell_at(at)
    {
        return cell.span.clone();
    }
    text_line(candidate)
}

/// The span of the line that holds the candidate's start, which of a table is its row.
pub(crate) fn text_line(candidate: &Candidate<'_>) -> Range<usize> {
    let (text, at) = (candidate.text, candidate.span.start);
    let floor = at.saturating_sub(REACH);
    let start = memchr::memrchr2(b'\n', b'\r', &text[floor..at]).map_or(floor, |i| floor + i + 1);
    let roof = text.len().min(candidate.span.end + REACH);
    let end = memchr::memchr2(b'\n', b'\r', &text[candidate.span.end..roof])
        .map_or(roof, |i| candidate.span.end + i);
    start..end
}

/// Up to `n` bytes before the candidate.
pub(crate) fn before<'a>(candidate: &Candidate<'a>, n: usize) -> &'a [u8] {
    &candidate.text[candidate.span.start.saturating_sub(n)..candidate.span.start]
}

/// Up to `n` bytes after the candidate.
pub(crate) fn after<'a>(candidate: &Candidate<'a>, n: usize) -> &'a [u8] {
    let end = candidate.span.end.min(candidate.text.len());
    &candidate.text[end..candidate.text.len().min(end + n)]
}

/// A text as characters; bytes that are none become a question mark.
pub(crate) fn characters(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(text),
    }
}

/// Lower-case text, for comparing; bytes that are not text become a question mark.
pub(crate) fn lower(text: &[u8]) -> String {
    match text.is_ascii() {
        true => characters(text).to_ascii_lowercase(),
        false => characters(text).to_lowercase(),
    }
}

/// The words of a text: runs of letters, digits, apostrophes.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}')))
        .filter(|w| !w.is_empty())
}

/// The words of a text that may be anything: as [`words`], without its being read first.
pub(crate) fn words_in(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += run(&text[at..], false);
        let start = at;
        at += run(&text[at..], true);
        (at > start).then(|| &text[start..at])
    })
}

/// The word that a text begins with.
pub(crate) fn first_word(text: &[u8]) -> Option<&[u8]> {
    Some(&text[..run(text, true)]).filter(|word| !word.is_empty())
}

/// By byte: whether it is part of a word, as 0 or 1; for those beyond ASCII it is not said.
const OF_WORD: [u8; 256] = {
    let mut table = [2; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = ((byte as u8).is_ascii_alphanumeric() || byte as u8 == b'\'') as u8;
        byte += 1;
    }
    table
};

/// Bytes of the characters at the start of a text that all are part of words, or all are not.
fn run(text: &[u8], of_word: bool) -> usize {
    let other = |byte: &u8| OF_WORD[usize::from(*byte)] != u8::from(of_word);
    let mut at = 0;
    loop {
        at += text[at..].iter().position(other).unwrap_or(text.len() - at);
        let Some(first) = text.get(at) else { return at };
        let (other, len) = match first_char(&text[at..]) {
            _ if first.is_ascii() => return at,
            Some(c) => (c.is_alphanumeric() || c == '\u{2019}', c.len_utf8()),
            None => (false, 1),
        };
        if other != of_word {
            return at;
        }
        at += len;
    }
}

/// The character that a text begins with, if it is one.
pub(crate) fn first_char(text: &[u8]) -> Option<char> {
    let first = *text.first()?;
    if first.is_ascii() {
        return Some(first as char);
    }
    (2..=4).find_map(|len| std::str::from_utf8(text.get(..len)?).ok()?.chars().next())
}

/// Whether a text begins with a letter or a figure.
pub(crate) fn begins_with_word(text: &[u8]) -> bool {
    first_char(text).is_some_and(char::is_alphanumeric)
}

/// Whether a text ends in a letter or a figure.
pub(crate) fn ends_in_word(text: &[u8]) -> bool {
    match text {
        [.., last] if last.is_ascii() => last.is_ascii_alphanumeric(),
        _ => (2..=4)
            .filter_map(|len| text.get(text.len().checked_sub(len)?..))
            .find_map(|end| std::str::from_utf8(end).ok())
            .is_some_and(|end| end.ends_with(char::is_alphanumeric)),
    }
}

/// The lines of a text, the last first.
pub(crate) fn lines_back(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = text.strip_suffix(b"\n").unwrap_or(text);
    let mut rest = (!text.is_empty()).then_some(whole);
    std::iter::from_fn(move || {
        let text = rest?;
        let line = match memchr::memrchr(b'\n', text) {
            Some(at) => {
                rest = Some(&text[..at]);
                &text[at + 1..]
            }
            None => {
                rest = None;
                text
            }
        };
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_bytes_are_words_of_text() {
        for text in ["", "O'Neill, 5 Caf\u{e9} Row", " \u{2014}a\u{2019}b\u{a3}5 ", "x\n\ny"] {
            let expected: Vec<&[u8]> = words(text).map(str::as_bytes).collect();
            assert_eq!(words_in(text.as_bytes()).collect::<Vec<_>>(), expected, "{text}");
        }
        assert_eq!(words_in(b"a\xFFb").count(), 2);
        assert!(ends_in_word("caf\u{e9}".as_bytes()) && !ends_in_word("\u{a3}".as_bytes()));
    }

    #[test]
    fn lines_are_the_same_from_either_end() {
        for text in ["", "\n", "a", "a\r\nb\n", "a\n\nb", "\na"] {
            let mut expected: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
            expected.reverse();
            assert_eq!(lines_back(text.as_bytes()).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
