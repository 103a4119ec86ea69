//! Looking around a candidate: its line or cell, and bounded stretches before and after it.

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
    let text = candidate.text;
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

/// Lower-case text, for comparing; bytes that are not text become a question mark.
pub(crate) fn lower(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) if text.is_ascii() => text.to_ascii_lowercase(),
        _ => String::from_utf8_lossy(text).to_lowercase(),
    }
}

/// The words of a text: runs of letters, digits, apostrophes.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}')))
        .filter(|w| !w.is_empty())
}
