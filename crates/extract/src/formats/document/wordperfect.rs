//! WordPerfect documents since 5.0: text among codes, which begin and end with the same byte.
//!
//! Read is the text of the body. What stands inside codes, as notes and the heads of pages do, gets
//! the printable-strings pass, and the document is said not to have been read in full.

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::text::Gather;
use crate::little_endian::{le16, le32};
use dlpscan_core::model::{Fate, Part, Place, Reason};

/// The extractor for WordPerfect documents.
pub struct WordPerfect;

const MAGIC: &[u8] = b"\xffWPC";
/// Bytes before the first index of a document.
const HEADER: usize = 16;
/// The product and the kind of its file that a document has at the eighth byte.
const DOCUMENT: &[u8] = &[1, 10];
/// Bytes of a code that has none within its own length: what is longer says how long it is.
const LONGEST_CODE: usize = 16;

/// What stands inside codes is only looked at as strings.
const IN_PART: &str = "a WordPerfect document: of its notes, heads and feet, strings were scanned";

/// The letters of the first 32 bytes in version 6 (from libwpd's table of the same).
const LETTERS: &str = "åÅæÆäÄáàâãÃçÇëéÉèêíñÑøØõÕöÖüÜúùß";

impl Extractor for WordPerfect {
    fn name(&self) -> &'static str {
        "wordperfect"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let version = matches!(head.get(10), Some(0 | 2));
        let document = head.get(8..10) == Some(DOCUMENT);
        if head.starts_with(MAGIC) && document && version { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        let (Some(start), Some(&version)) = (le32(&bytes, 4), bytes.get(10)) else {
            descent.note(Reason::Truncated);
            return Flow::Continue(());
        };
        if le16(&bytes, 12) != Some(0) {
            descent.note_with(
                Reason::Encrypted,
                Some(bytes.len() as u64),
                "a WordPerfect document",
            );
            descent.claim(0..bytes.len() as u64, Fate::Unscannable(Reason::Encrypted));
            return Flow::Continue(());
        }
        let start = start as usize;
        if start < HEADER || start >= bytes.len() {
            descent.note_with(Reason::Damaged, None, "its text begins outside it");
            return Flow::Continue(());
        }
        descent.note_with(Reason::Unsupported, None, IN_PART);
        let mut body = Body { bytes: &bytes, at: start, old: version == 0 };
        let mut gather = Gather::new();
        let mut line = 1;
        gather.place(Place::Line { line, column: 0 });
        while let Some(told) = body.next() {
            match told {
                Told::Nothing => {}
                Told::Text(from, to) => gather.verbatim(&bytes[from..to], from as u64),
                Told::Letter(letter, at) => {
                    gather.decoded(letter.encode_utf8(&mut [0; 4]).as_bytes(), at as u64);
                }
                Told::Line => {
                    gather.end_line();
                    line += 1;
                    gather.place(Place::Line { line, column: 0 });
                    gather.flow(descent)?;
                    if descent.budget().check().is_err() {
                        break;
                    }
                }
            }
        }
        gather.finish(descent)
    }
}

/// What comes next.
enum Told {
    /// Bytes that are their own text.
    Text(usize, usize),
    /// A letter, and where the code for it stands.
    Letter(char, usize),
    /// A line ends.
    Line,
    Nothing,
}

struct Body<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Written before version 6.
    old: bool,
}

impl Body<'_> {
    fn next(&mut self) -> Option<Told> {
        let at = self.at;
        let code = *self.bytes.get(at)?;
        self.at += 1;
        Some(match code {
            b'!'..=b'~' => {
                while matches!(self.bytes.get(self.at), Some(b'!'..=b'~')) {
                    self.at += 1;
                }
                Told::Text(at, self.at)
            }
            0xC0..=0xFF => self.long(code, at),
            _ if self.old => match code {
                b' ' | b'\r' | 0x0B | 0xA0 => Told::Letter(' ', at),
                b'\n' | 0x0C | 0x8C | 0x99 => Told::Line,
                0xA9 => Told::Letter('-', at),
                _ => Told::Nothing,
            },
            1..=32 => LETTERS
                .chars()
                .nth(usize::from(code) - 1)
                .map_or(Told::Nothing, |c| Told::Letter(c, at)),
            0x80 | 0x81 => Told::Letter(' ', at),
            0x84 => Told::Letter('-', at),
            0x87 | 0x89 | 0xB4..=0xBF => Told::Line,
            _ => Told::Nothing,
        })
    }

    /// A code of several bytes. One that contradicts itself is passed over alone.
    fn long(&mut self, code: u8, at: usize) -> Told {
        let sized = if self.old { 0xD0..=0xFF } else { 0xD0..=0xEF };
        if sized.contains(&code) {
            // The old say how much follows their size, the new how long they are.
            let size = le16(self.bytes, at + 2).map_or(0, usize::from);
            let end = at + size + if self.old { 4 } else { 0 };
            if size >= 4 && self.bytes.get(end - 1) == Some(&code) {
                self.at = end;
            }
            let kind = self.bytes.get(at + 1).copied().unwrap_or(0);
            return self.meant(code, kind, at);
        }
        if !self.old && code <= 0xCF {
            return if code == 0xC6 { Told::Letter('\t', at) } else { Told::Line };
        }
        let extended = if self.old { 0xC0 } else { 0xF0 };
        if code == extended && self.bytes.get(at + 3) == Some(&code) {
            self.at = at + 4;
            return Told::Letter(letter(self.bytes[at + 2], self.bytes[at + 1]), at);
        }
        let rest = &self.bytes[self.at..self.bytes.len().min(at + LONGEST_CODE)];
        // The byte behind the first is never the last.
        if let Some(end) = rest.iter().skip(1).position(|&byte| byte == code) {
            self.at += end + 2;
        }
        let moves_on = self.old && matches!(code, 0xC1 | 0xC2);
        if moves_on { Told::Letter('\t', at) } else { Told::Nothing }
    }

    /// What a code that says its size does to the text around it.
    fn meant(&self, code: u8, kind: u8, at: usize) -> Told {
        match (self.old, code, kind) {
            (false, 0xD0, 1..=3 | 20..=22) => Told::Letter(' ', at),
            (false, 0xD0, 10) | (false, 0xE0, _) => Told::Letter('\t', at),
            (false, 0xD0, 4..=28) => Told::Line,
            (true, 0xDC, 0) => Told::Letter('\t', at),
            (true, 0xDC, 1) | (true, 0xDD, 1) => Told::Line,
            _ => Told::Nothing,
        }
    }
}

/// A letter by WordPerfect's sets of them: ASCII, and of the typographic ones those that stand in
/// sums and numbers.
fn letter(set: u8, number: u8) -> char {
    match (set, number) {
        (0, b' '..=b'~') => char::from(number),
        (4, 11) => '£',
        (4, 28 | 29) => '\'',
        (4, 30..=32) => '"',
        (4, 33 | 34) => '-',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(old: bool, bytes: &[u8]) -> String {
        let mut body = Body { bytes, at: 0, old };
        let mut text = String::new();
        while let Some(told) = body.next() {
            match told {
                Told::Text(from, to) => text.push_str(&String::from_utf8_lossy(&bytes[from..to])),
                Told::Letter(letter, _) => text.push(letter),
                Told::Line => text.push('\n'),
                Told::Nothing => {}
            }
        }
        text
    }

    #[test]
    fn words_of_version_6_are_parted_by_codes_and_codes_are_no_words() {
        let bytes = b"4111\x801111\x801111\x801111\xccon\xd0\x01\x0f\0hidden\0\0\x0f\0\xd0";
        assert_eq!(text(false, bytes), "4111 1111 1111 1111\non ");
        let sized = b"a\xd0\x01\x0a\0code\0\xd0b\xf0\x0b\x04\xf0\x315\xf1\0\x7f\x02\xf1\x84\x02";
        assert_eq!(text(false, sized), "a b£15-Å");
    }

    #[test]
    fn words_of_version_5_are_read_through_bold_and_tabs() {
        let bytes = b"\xc3\x0c\xc3Card\xc4\x0c\xc4 4111 1111\r1111 1111\n\
            \xc1\x09\0\0\0\0\0\0\xc1next\xa9one\xd1\x01\x08\0data\x08\0\x01\xd1.";
        assert_eq!(text(true, bytes), "Card 4111 1111 1111 1111\n\tnext-one.");
    }

    #[test]
    fn a_code_that_lies_about_its_size_costs_itself_alone() {
        assert_eq!(text(false, b"a\xd4\x01\xff\xffb"), "aåb");
        assert_eq!(text(true, b"a\xd4"), "a");
    }
}
