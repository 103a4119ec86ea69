//! The rule by which a mailbox is parted into messages.

use super::super::header::field_name;
use super::super::lines::{Line, Lines};
use crate::descend::Flow;
use std::io::{self, BufRead};
use std::ops::Range;

/// Takes what a mailbox is made of, in its order.
pub(super) trait Taker {
    /// False where there is no more time.
    fn goes_on(&self) -> bool;

    /// A line of a message.
    fn line(&mut self, line: &[u8]) -> Flow;

    /// The message that lies here has ended.
    fn message(&mut self, range: Range<u64>) -> Flow;

    /// A `From ` line, after the message before it.
    fn from(&mut self, from: From<'_>) -> Flow;

    /// A line was too long to keep all of it.
    fn cut(&mut self);

    /// It cannot be read any further.
    fn fault(&mut self, error: &io::Error);
}

/// A line that parts messages.
pub(super) struct From<'l> {
    pub(super) line: &'l [u8],
    pub(super) start: u64,
    /// It parts messages whatever stands around it, given that a blank line comes before it.
    pub(super) alone: bool,
}

/// Gives all that these lines hold to a taker.
pub(super) fn walk<R: BufRead>(mut lines: Lines<R>, to: &mut impl Taker) -> Flow {
    let mut line = Line::default();
    let mut blank = true;
    let mut start = lines.at();
    let mut end = start;
    // A `From ` line without a date counts once a header field has followed it.
    let mut maybe: Option<(u64, Vec<u8>)> = None;
    loop {
        if !to.goes_on() {
            return Flow::Continue(());
        }
        match lines.next(&mut line) {
            Ok(true) if line.cut => to.cut(),
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                to.fault(&error);
                break;
            }
        }
        if line.start == 0 && line.bytes.starts_with(b"\xef\xbb\xbf") {
            line.bytes.drain(..3);
        }
        let waited = maybe.is_some();
        if let Some((at, from)) = maybe.take() {
            if field_name(&line.bytes).is_some() || line.bytes.starts_with(b">From ") {
                to.message(start..at.max(start))?;
                to.from(From { line: &from, start: at, alone: false })?;
                start = line.start;
            } else {
                to.line(&from)?;
            }
        }
        let from = line.bytes.starts_with(b"From ");
        if from && blank && is_from_line(&line.bytes) {
            to.message(start..line.start)?;
            to.from(From { line: &line.bytes, start: line.start, alone: !waited })?;
            start = line.end;
        } else if from && (blank || is_from_line(&line.bytes)) {
            maybe = Some((line.start, line.bytes.clone()));
        } else {
            to.line(&line.bytes)?;
        }
        blank = line.is_blank() || start == line.end;
        end = line.end;
    }
    if let Some((_, from)) = maybe.take() {
        to.line(&from)?;
    }
    to.message(start..end)
}

/// True for `From somebody Tue Jan  2 03:04:05 2024`: a sender, a time and a year.
pub(super) fn is_from_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words: Vec<&[u8]> =
        rest.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty()).take(20).collect();
    let time = |w: &&[u8]| {
        w.contains(&b':') && w.iter().all(|b| b.is_ascii_digit() || *b == b':') && w.len() >= 4
    };
    let year = |w: &&[u8]| w.len() == 4 && w.iter().all(u8::is_ascii_digit);
    words.len() >= 4 && words.iter().any(time) && words.iter().any(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_has_a_sender_a_time_and_a_year() {
        assert!(is_from_line(b"From a@b Tue Jan  2 03:04:05 2024"));
        assert!(is_from_line(b"From MAILER-DAEMON Fri Jul  8 12:08:34 2011 +0100"));
        assert!(is_from_line(b"From - Sat Jan 03 01:05:34 1996"));
        assert!(!is_from_line(b"From not a separator in body"));
        assert!(!is_from_line(b"From x"));
    }
}
