//! PostScript: a program that draws pages. It is not run; the strings it holds are put together as
//! they most likely stand on the page, since programs that write it cut words and numbers into
//! pieces.

use super::gather::Gather;
use super::plain;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::little_endian::le32;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Stopped};

/// PostScript documents and pictures, bare, behind a printer's commands or with a preview.
pub struct PostScript;

const MAGIC: &[u8] = b"%!PS";
/// Bytes a printer's commands may take before it.
const COMMANDS: usize = 1024;
/// A picture with a preview begins like this; then where its program and the previews stand.
const BINARY: &[u8] = b"\xc5\xd0\xd3\xc6";
/// Of numbers between two strings, one larger than the first moves on by a word (as dvips writes it,
/// in dots), one smaller than the second too (as in PDF, in thousandths of an em).
const DOTS: f64 = 10.0;
const THOUSANDTHS: f64 = -200.0;
/// Strings in strings that are followed; letters of a number or word.
const DEEPEST: u32 = 100;
const LONGEST_WORD: usize = 64;

impl Extractor for PostScript {
    fn name(&self) -> &'static str {
        "postscript"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let commands = head.starts_with(b"\x1b%-12345X") || head.starts_with(b"\x04");
        let within = &head[..head.len().min(if commands { COMMANDS } else { MAGIC.len() })];
        let found = head.starts_with(BINARY) || memchr::memmem::find(within, MAGIC).is_some();
        if found { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        if bytes.starts_with(BINARY) {
            return pieces(&bytes, descent);
        }
        plain::scan(&bytes[..], part.charset.as_deref(), descent)?;
        let words = "it is a program that draws; what it writes may not all be seen in it";
        descent.note_with(Reason::Unsupported, None, words);
        drawn(&bytes, descent)
    }
}

/// The program, and the previews for those who cannot run it.
fn pieces(bytes: &[u8], descent: &mut Descent<'_>) -> Flow {
    let number = |at: usize| Some(le32(bytes, at)? as usize);
    descent.claim(0..bytes.len().min(30) as u64, Fate::Scanned);
    for (name, at) in [("program", 4), ("metafile", 12), ("picture", 20)] {
        let (Some(from), Some(len)) = (number(at), number(at + 4)) else { continue };
        let end = from.saturating_add(len);
        let piece = bytes.get(from.max(30)..end.min(bytes.len())).unwrap_or_default();
        if len == 0 {
            continue;
        }
        if end > bytes.len() {
            descent.note_inside(name, Reason::Truncated, Some((end - bytes.len()) as u64));
        }
        descent.part(Part::new(name, Content::Bytes(piece)))?;
        // Pieces that lie on top of each other are claimed alike.
        descent.claim(from.max(30) as u64..(from.max(30) + piece.len()) as u64, Fate::Scanned);
    }
    Flow::Continue(())
}

/// A line that is being put together.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    /// Where its first string begins.
    at: usize,
    /// It does not stand in the program as it is.
    joined: bool,
    /// A gap has come since the last string.
    gap: bool,
}

/// Gives the lines that do not stand in the program as they are.
fn drawn(bytes: &[u8], descent: &mut Descent<'_>) -> Flow {
    let mut gather = Gather::new();
    let mut line = Line::default();
    let (mut at, mut row, mut counted) = (0, 1_u64, 0);
    let mut steps = 0_u32;
    let mut end = |line: &mut Line, gather: &mut Gather| {
        let done = std::mem::take(line);
        if done.joined {
            row += memchr::memchr_iter(b'\n', &bytes[counted..done.at]).count() as u64;
            counted = done.at;
            gather.place(Place::Line { line: row, column: 0 });
            gather.decoded(&done.text, done.at as u64);
            gather.end_line();
        }
    };
    while let Some(&byte) = bytes.get(at) {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(4096)
            && let Err(Stopped(reason)) = descent.budget().check()
        {
            descent.note(reason);
            break;
        }
        match byte {
            b'%' => at += memchr::memchr2(b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at),
            b'(' => {
                let start = at;
                let (text, changed, next) = string(bytes, at + 1);
                at = next;
                if line.text.is_empty() {
                    line.at = start;
                } else if !text.is_empty() {
                    if line.gap && !line.text.ends_with(b" ") && !text.starts_with(b" ") {
                        line.text.push(b' ');
                    }
                    line.joined = true;
                }
                line.joined |= changed;
                line.gap = false;
                line.text.extend(text);
            }
            b if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'+' | b'*') => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || b"-.+*_".contains(b);
                let len = bytes[at..].iter().take_while(|b| word(b)).count();
                let text = std::str::from_utf8(&bytes[at..at + len.min(LONGEST_WORD)]);
                at += len;
                match text.unwrap_or("") {
                    // To another place, and the names dvips and PDF have for it; the page's end.
                    "moveto" | "showpage" | "a" | "Td" | "TD" | "Tm" | "T*" | "ET" | "eop" => {
                        end(&mut line, &mut gather);
                        if gather.flow(descent).is_break() {
                            return Flow::Break(());
                        }
                    }
                    "rmoveto" => line.gap = true,
                    text => {
                        let moved = text.parse::<f64>().unwrap_or(0.0);
                        line.gap |= !(THOUSANDTHS..=DOTS).contains(&moved);
                    }
                }
            }
            _ => at += 1,
        }
    }
    end(&mut line, &mut gather);
    gather.finish(descent)
}

/// The bytes of a string that begins at `at`, whether they are others than those in the program, and
/// where it ends.
fn string(bytes: &[u8], mut at: usize) -> (Vec<u8>, bool, usize) {
    let mut text = Vec::new();
    let (mut depth, mut changed) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b')' if depth == 0 => break,
            b')' => depth -= 1,
            b'(' if depth < DEEPEST => depth += 1,
            b'\\' => {
                changed = true;
                let Some(&next) = bytes.get(at) else { break };
                at += 1;
                match next {
                    b'0'..=b'7' => {
                        let more = bytes[at..].iter().take(2);
                        let more = more.take_while(|b| matches!(b, b'0'..=b'7')).count();
                        let digits = &bytes[at - 1..at + more];
                        text.push(digits.iter().fold(0_u8, |n, b| n << 3 | (b - b'0')));
                        at += more;
                    }
                    b'n' | b'r' | b't' | b'f' | b'b' => text.push(b' '),
                    b'\n' | b'\r' => {}
                    other => text.push(other),
                }
                continue;
            }
            _ => {}
        }
        text.push(byte);
    }
    (latin(text), changed, at)
}

/// Bytes beyond ASCII as the letters of Latin 1, which most fonts' codes are.
fn latin(text: Vec<u8>) -> Vec<u8> {
    match text.is_ascii() {
        true => text,
        false => text.iter().map(|&b| char::from(b)).collect::<String>().into_bytes(),
    }
}
