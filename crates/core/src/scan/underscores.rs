//! Underscores around figures. Within a name they belong to it; around a number they are Markdown or a
//! line to fill in.

use std::ops::Range;

/// What is set off by underscores is no longer.
const SET_OFF: usize = 64;
/// So many underscores are a line to write on, though only one side has them.
const LINE: usize = 3;

/// How many underscores stand there.
pub(super) fn run(text: &[u8], start: usize) -> usize {
    text[start..].iter().take_while(|b| **b == b'_').count()
}

/// Whether a whole run of underscores is a line around a figure, and blanks to whoever reads it.
pub(super) fn are_blanks(text: &[u8], run: &Range<usize>) -> bool {
    match may_open(text, run.start) {
        true => opens_figure(&text[run.end..], run.len()),
        false => closes_figure(text, run),
    }
}

/// Whether what follows an opening run of underscores is a figure that such a run closes, or that
/// stands on a line to write on.
fn opens_figure(rest: &[u8], run: usize) -> bool {
    let rest = &rest[..rest.len().min(SET_OFF)];
    if !rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'(' | b'+')) {
        return false;
    }
    let stop = rest.iter().position(|b| matches!(b, b'_' | b'\n')).unwrap_or(rest.len());
    let closed = rest.get(stop) == Some(&b'_')
        && rest[stop..].iter().find(|b| **b != b'_').is_none_or(|b| !b.is_ascii_alphanumeric());
    (closed || run >= LINE) && rest[..stop].iter().any(u8::is_ascii_digit)
}

/// Whether a run of underscores at `start` may open something: a name does not go before it.
fn may_open(text: &[u8], start: usize) -> bool {
    let joint = |b: u8| matches!(b, b':' | b'(' | b'|' | b'*' | b'=' | b'>' | b',');
    start == 0 || text[start - 1].is_ascii_whitespace() || joint(text[start - 1])
}

/// Whether a run of underscores ends what one of its kind began.
fn closes_figure(text: &[u8], run: &Range<usize>) -> bool {
    if text.get(run.end).is_some_and(u8::is_ascii_alphanumeric) {
        return false;
    }
    let low = run.start.saturating_sub(SET_OFF);
    let inner = |b: &u8| !matches!(b, b'_' | b'\n');
    let from = low + text[low..run.start].iter().rev().take_while(|b| inner(b)).count();
    let from = low + run.start - from;
    let marks = text[low..from].iter().rev().take_while(|b| **b == b'_').count();
    let opened = marks > 0 && may_open(text, from - marks);
    (opened || run.len() >= LINE) && text[from..run.start].iter().any(u8::is_ascii_digit)
}
