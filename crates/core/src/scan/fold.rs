//! Folding: look-alikes become what they look like, invisible characters vanish, and a map leads
//! back. Patterns, keywords and checks see folded text; findings stand in the text as it was.
//! Underscores that a figure is set off by or written onto (`__12345678__`) become blanks.
//!
//! What a browser wrote otherwise in a form it sent (`a=1+2&b=x%40y`) is read as it was typed.
//!
//! `Marks` are where something may have to be done; `look_alikes` says what becomes of a character,
//! `underscores` and `forms` what of theirs.

use super::finder::{Machine, Marks};
use super::forms::escape;
use super::look_alikes::{Fate, fate};
use super::text::decode;
use super::underscores;
use std::ops::Range;

/// A folded text and its way back. Reused from segment to segment.
#[derive(Debug, Default)]
pub(super) struct Folded {
    text: Vec<u8>,
    runs: Vec<Run>,
}

/// From `folded` on, the text stands for what begins at `original`: byte for byte, or, where
/// `width` is not zero, all of the run for one character of so many bytes.
#[derive(Debug, Clone, Copy)]
struct Run {
    folded: usize,
    original: usize,
    width: usize,
}

impl Folded {
    /// Folds `text`, with a machine's instructions; false where nothing had to change and `text` itself
    /// is to be used.
    pub(super) fn fold(&mut self, machine: Machine, text: &[u8]) -> bool {
        self.text.clear();
        self.runs.clear();
        let mut marks = Marks::new(machine, text);
        let mut copied = 0;
        let mut at = 0;
        // Whether look-alikes fold, decided once for the token that ends here.
        let mut token = (0, false);
        while let Some(next) = marks.next(at) {
            match text[next] {
                b'_' => {
                    at = next + underscores::run(text, next);
                    if underscores::are_blanks(text, &(next..at)) {
                        self.copy(text, copied..next);
                        self.runs.push(Run { folded: self.text.len(), original: next, width: 0 });
                        self.text.resize(self.text.len() + at - next, b' ');
                        copied = at;
                    }
                    continue;
                }
                b'%' | b'+' => {
                    at = next + 1;
                    if let Some((width, means)) = escape(text, next) {
                        at = next + width;
                        self.replace(text, copied, next..at, &[means]);
                        copied = at;
                    }
                    continue;
                }
                _ => {}
            }
            let Some((c, len)) = decode(&text[next..]) else {
                at = next + 1;
                continue;
            };
            at = next + len;
            if c == RIGHT_TO_LEFT {
                let end = override_end(text, at);
                self.copy(text, copied..next);
                self.reverse(text, next, at..end);
                (copied, at) = (end, end);
                continue;
            }
            let mut small = [0];
            let new: &[u8] = match fate(c) {
                Fate::Keep => continue,
                Fate::Delete => &[],
                Fate::Byte(byte) => {
                    small[0] = byte;
                    &small
                }
                Fate::Bytes(bytes) => bytes,
                Fate::LooksLike(byte) => {
                    if token.0 <= next {
                        token = mixed_token(text, next);
                    }
                    if !token.1 {
                        continue;
                    }
                    small[0] = byte;
                    &small
                }
            };
            self.replace(text, copied, next..at, new);
            copied = at;
        }
        if copied == 0 {
            return false;
        }
        self.copy(text, copied..text.len());
        true
    }

    /// Copies from `copied` to where `old` stands, and `new` in its place.
    fn replace(&mut self, text: &[u8], copied: usize, old: Range<usize>, new: &[u8]) {
        self.copy(text, copied..old.start);
        if !new.is_empty() {
            let folded = self.text.len();
            self.runs.push(Run { folded, original: old.start, width: old.len() });
            self.text.extend_from_slice(new);
        }
    }

    /// Adds the characters of `range` in the order they are shown in. All of them stand for all
    /// of it, and for the override at `start`.
    fn reverse(&mut self, text: &[u8], start: usize, range: Range<usize>) {
        let run = Run { folded: self.text.len(), original: start, width: range.end - start };
        let shown = String::from_utf8_lossy(&text[range]);
        for c in shown.chars().rev() {
            match fate(c) {
                Fate::Keep | Fate::LooksLike(_) => {
                    self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Fate::Delete => {}
                Fate::Byte(byte) => self.text.push(byte),
                Fate::Bytes(bytes) => self.text.extend_from_slice(bytes),
            }
        }
        if self.text.len() > run.folded {
            self.runs.push(run);
        }
    }

    fn copy(&mut self, text: &[u8], range: Range<usize>) {
        if !range.is_empty() {
            self.runs.push(Run { folded: self.text.len(), original: range.start, width: 0 });
            self.text.extend_from_slice(&text[range]);
        }
    }

    /// The folded text.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where a span of the folded text stood in the original.
    pub(super) fn unfold(&self, span: &Range<usize>) -> Range<usize> {
        let mut from = self.runs.partition_point(|run| run.folded <= span.start).saturating_sub(1);
        self.unfold_from(&mut from, span)
    }

    /// The same, by a run that is not behind the span. It is left where the span starts: spans that
    /// come in order need no search.
    pub(super) fn unfold_from(&self, from: &mut usize, span: &Range<usize>) -> Range<usize> {
        if self.runs.is_empty() || span.is_empty() {
            return 0..0;
        }
        let next = |run: usize, at: usize| {
            let behind = self.runs[run + 1..].iter().take_while(|run| run.folded <= at);
            run + behind.count()
        };
        *from = next(*from, span.start);
        let first = self.runs[*from];
        let start = first.original + if first.width == 0 { span.start - first.folded } else { 0 };
        let last = self.runs[next(*from, span.end - 1)];
        let end = last.original + if last.width == 0 { span.end - last.folded } else { last.width };
        start..end
    }

    /// Where a position of the original came to stand in the folded text.
    pub(super) fn refold(&self, at: usize) -> usize {
        let i = self.runs.partition_point(|run| run.original <= at);
        let Some(run) = i.checked_sub(1).map(|i| self.runs[i]) else { return 0 };
        let next = self.runs.get(i).map_or(self.text.len(), |run| run.folded);
        let inside = match run.width {
            0 => at - run.original,
            width if at >= run.original + width => next - run.folded,
            _ => 0,
        };
        (run.folded + inside).min(next)
    }
}

/// Right-to-left override: what follows is shown backwards, figures too (UAX #9).
const RIGHT_TO_LEFT: char = '\u{202E}';
/// Its reach, in bytes. Writing that is meant to be shown backwards is short.
const OVERRIDE_REACH: usize = 512;

/// Where an override ends that began before `at`: at the mark that ends it, at the end of the
/// line, or out of reach, but always between two characters.
fn override_end(text: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(&byte) = text.get(end) {
        let inside = byte & 0xC0 == 0x80;
        let over = end >= at + OVERRIDE_REACH && !inside;
        if over || byte == b'\n' || text[end..].starts_with("\u{202C}".as_bytes()) {
            break;
        }
        end += 1;
    }
    end
}

/// Tokens longer than this on either side are not looked through to their ends.
const TOKEN_REACH: usize = 64;

/// The end of the token around `at`, and whether it is made of ASCII letters or digits together
/// with look-alikes only. A word of another script is left alone.
fn mixed_token(text: &[u8], at: usize) -> (usize, bool) {
    let mut start = at;
    while start > 0 && at - start < TOKEN_REACH {
        let before = text[start - 1];
        if before.is_ascii() && !before.is_ascii_alphanumeric() {
            break;
        }
        start -= 1;
    }
    let (mut ascii, mut foreign) = (false, false);
    let mut end = start;
    while end < text.len() && end < at + TOKEN_REACH {
        let Some((c, len)) = decode(&text[end..]) else {
            // The middle of a character where the token was cut, or an odd byte.
            if end >= at {
                break;
            }
            end += 1;
            continue;
        };
        if c.is_ascii_alphanumeric() {
            ascii = true;
        } else if c.is_ascii() || !(c.is_alphanumeric() || matches!(fate(c), Fate::Delete)) {
            if end > at {
                break;
            }
            (ascii, foreign) = (false, false);
        } else if matches!(fate(c), Fate::Keep) {
            foreign = true;
        } else if matches!(fate(c), Fate::Byte(_)) {
            ascii = true;
        }
        end += len;
    }
    (end.max(at + 1), ascii && !foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> String {
        let mut folded = Folded::default();
        match folded.fold(Machine::Portable, text.as_bytes()) {
            true => String::from_utf8(folded.text().to_vec()).unwrap(),
            false => text.to_owned(),
        }
    }

    #[test]
    fn look_alikes_of_figures_blanks_and_dashes_become_plain() {
        assert_eq!(fold("１２－３４–５６"), "12-34-56");
        assert_eq!(fold("٠١٢٣ ۴۵ 𝟏𝟐 𝔸𝐛"), "0123 45 12 Ab");
        assert_eq!(fold("12\u{a0}34\u{202f}56"), "12 34 56");
        assert_eq!(fold("con\u{ad}fi\u{200b}den\u{2060}tial"), "confidential");
        assert_eq!(fold("conﬁdential, driver’s"), "confidential, driver's");
    }

    #[test]
    fn letters_of_another_alphabet_fold_only_among_latin_ones() {
        assert_eq!(fold("АВ123456С"), "AB123456C");
        assert_eq!(fold("pаsswоrd"), "password");
        assert_eq!(fold("Пароль: сон, ΑΒΓ"), "Пароль: сон, ΑΒΓ");
        assert_eq!(fold("Соня5"), "Соня5");
    }

    #[test]
    fn every_span_leads_back_to_the_characters_it_came_from() {
        let text = "é １２\u{200b}３4\u{200b}x ﬁn";
        let mut folded = Folded::default();
        assert!(folded.fold(Machine::Portable, text.as_bytes()));
        let plain = std::str::from_utf8(folded.text()).unwrap();
        assert_eq!(plain, "é 1234x fin");
        let number = plain.find("1234").unwrap();
        let back = folded.unfold(&(number..number + 4));
        assert_eq!(&text[back], "１２\u{200b}３4");
        let fi = plain.find("fi").unwrap();
        assert_eq!(&text[folded.unfold(&(fi..fi + 1))], "ﬁ");
        assert_eq!(&text[folded.unfold(&(0..plain.len()))], text);
        assert_eq!(folded.refold(text.find('x').unwrap()), plain.find('x').unwrap());
        assert_eq!(folded.refold(text.len()), plain.len());
        assert_eq!(folded.refold(text.find('３').unwrap()), plain.find('3').unwrap());
    }

    #[test]
    fn keycaps_are_the_figures_on_them() {
        assert_eq!(fold("4\u{fe0f}\u{20e3}1\u{fe0f}\u{20e3} 7\u{20e3}"), "41 7");
    }

    #[test]
    fn what_is_shown_backwards_is_read_as_it_is_shown() {
        assert_eq!(fold("no \u{202e}9-8７６\u{202c} end"), "no 678-9 end");
        assert_eq!(fold("\u{202e}cba\nnext"), "abc\nnext");
        assert_eq!(fold("a\u{202e}"), "a");
        let long = format!("\u{202e}{}", "é".repeat(2000));
        assert_eq!(fold(&long).chars().count(), 2000);
        let text = "no \u{202e}4321\u{202c} end";
        let mut folded = Folded::default();
        assert!(folded.fold(Machine::Portable, text.as_bytes()));
        assert_eq!(folded.text(), b"no 1234 end");
        assert_eq!(&text[folded.unfold(&(3..7))], "\u{202e}4321");
        assert_eq!(&text[folded.unfold(&(8..11))], "end");
        assert_eq!(folded.refold(text.find("end").unwrap()), 8);
    }

    #[test]
    fn underscores_around_figures_are_blanks_and_those_of_names_stay() {
        assert_eq!(
            fold("Sort code: __12-34-56__, _1234 5678_."),
            "Sort code:   12-34-56  ,  1234 5678 ."
        );
        assert_eq!(fold("Account ____12345678____"), "Account     12345678    ");
        assert_eq!(fold("Account: ____12345678"), "Account:     12345678");
        for name in
            ["_12345678", "user_12345678_x", "__init__", "_a_", "__v1", "x = _f1(_a);", "____"]
        {
            assert_eq!(fold(name), name);
        }
        let text = "no é __1234__ end";
        let mut folded = Folded::default();
        assert!(folded.fold(Machine::Portable, text.as_bytes()));
        let at = folded.text().iter().position(|b| *b == b'1').unwrap();
        assert_eq!(&text[folded.unfold(&(at..at + 4))], "1234");
        assert_eq!(fold(&"_1_ ".repeat(100_000)).len(), 400_000);
    }

    #[test]
    fn arrows_ellipses_and_ruled_lines_are_what_people_type_for_them() {
        assert_eq!(fold("PIN ➜ 1 … 2 │ 3"), "PIN -> 1 ... 2 | 3");
    }

    #[test]
    fn plain_text_and_odd_bytes_pass_through() {
        let mut folded = Folded::default();
        assert!(!folded.fold(Machine::Portable, b"caf\xE9 \xF0\x9F 12"));
        assert!(folded.fold(Machine::Portable, b"caf\xE9\xC2\xA012\xFF"));
        assert_eq!(folded.text(), b"caf\xE9 12\xFF");
        assert_eq!(folded.unfold(&(5..8)), 6..9);
    }

    #[test]
    fn a_long_run_of_look_alikes_takes_linear_time() {
        let text = "а".repeat(300_000) + "1";
        assert!(!fold(&text).is_empty());
    }
}
