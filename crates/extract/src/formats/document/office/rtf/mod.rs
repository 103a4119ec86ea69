//! Rich Text Format: text with its charsets, tables, notes, fields, hidden text, properties,
//! embedded objects and pictures.

mod blob;
mod charset;
mod destination;
mod object;
mod words;

use super::properties::Properties;
use super::prose::{Change, Prose};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, SNIFF, Sure};
use crate::formats::document::runs::printable;
use crate::formats::image::may_hold_writing;
use blob::Blob;
use destination::To;
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use encoding_rs::Encoding;
use std::collections::HashMap;
use std::ops::ControlFlow::Continue;
use words::{Token, Words};

/// Rich Text Format.
pub struct Rtf;

impl Extractor for Rtf {
    fn name(&self) -> &'static str {
        "rtf"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        // Word opens it without the f too.
        if head.starts_with(b"{\\rt") { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Continue(()) };
        let mut reader = Reader {
            prose: Prose::paragraphs(),
            properties: Properties::new(),
            state: State::new(),
            stack: Vec::new(),
            deeper: 0,
            ansi: encoding_rs::WINDOWS_1252,
            fonts: HashMap::new(),
            font_entry: 0,
            bytes: Vec::new(),
            half: None,
            skip: 0,
            star: false,
            side: String::new(),
            blob: Blob::default(),
            property: String::new(),
            row: Row::default(),
            pictures: 0,
        };
        let read = reader.run(&bytes, descent)?;
        descent.claim(0..read as u64, Fate::Scanned);
        Continue(())
    }
}

/// Groups inside one another that are kept apart; deeper ones share a state.
const DEEPEST: usize = 50_000;
/// Words between two looks at the clock.
const BETWEEN_CHECKS: u64 = 4096;

/// What a group changes and gives back at its end.
#[derive(Debug, Clone, Copy)]
struct State {
    to: To,
    /// The group began this destination.
    begins: bool,
    /// How many characters stand in for a `\u`.
    uc: u32,
    charset: Option<&'static Encoding>,
    in_table: bool,
}

impl State {
    fn new() -> Self {
        State { to: To::Body, begins: false, uc: 1, charset: None, in_table: false }
    }
}

/// A table row that is being read.
#[derive(Default)]
struct Row {
    /// Between `\trowd` and `\row`.
    open: bool,
    /// Its first cell has begun.
    begun: bool,
}

struct Reader {
    prose: Prose,
    properties: Properties,
    state: State,
    stack: Vec<State>,
    deeper: usize,
    ansi: &'static Encoding,
    fonts: HashMap<i64, &'static Encoding>,
    /// The font whose entry in the table is being read.
    font_entry: i64,
    /// Text bytes not yet decoded: a letter may be made of several words.
    bytes: Vec<u8>,
    /// The first half of a pair of `\u`.
    half: Option<u16>,
    /// Stand-ins still to be passed over.
    skip: u32,
    star: bool,
    side: String,
    blob: Blob,
    property: String,
    row: Row,
    pictures: u32,
}

impl Reader {
    /// Reads it all; gives how many bytes were understood.
    fn run(&mut self, bytes: &[u8], descent: &mut Descent<'_>) -> std::ops::ControlFlow<(), usize> {
        let mut words = Words::new(bytes);
        let mut count = 0u64;
        let mut read = bytes.len();
        let mut opened = false;
        while let Some(token) = words.next() {
            count += 1;
            if count.is_multiple_of(BETWEEN_CHECKS)
                && let Err(Stopped(reason)) = descent.budget().check()
            {
                descent.note(reason);
                read = words.at;
                break;
            }
            let closes = token == Token::Close;
            opened |= token == Token::Open;
            self.token(token, descent)?;
            if closes && opened && self.stack.is_empty() && self.deeper == 0 {
                match self.behind(&bytes[words.at..], descent)? {
                    Behind::Nothing => break,
                    Behind::Another => {
                        read = words.at;
                        break;
                    }
                    Behind::Text => opened = false,
                }
            }
        }
        if !self.stack.is_empty() || self.deeper > 0 {
            descent.note_with(Reason::Damaged, None, "groups are open at its end");
            while !self.stack.is_empty() {
                self.close(descent)?;
            }
        }
        self.flush(descent)?;
        self.prose.finish(descent)?;
        std::mem::replace(&mut self.properties, Properties::new()).finish(descent)?;
        Continue(read)
    }

    /// What follows the last group: nothing, another file, or text behind one bracket too many.
    fn behind(
        &mut self,
        rest: &[u8],
        descent: &mut Descent<'_>,
    ) -> std::ops::ControlFlow<(), Behind> {
        let rest = rest.trim_ascii();
        let rest = rest.iter().position(|&b| b != 0).map_or(&rest[..0], |i| &rest[i..]);
        if rest.is_empty() {
            return Continue(Behind::Nothing);
        }
        let hint = Hint { name: "", media: "", len: Some(rest.len() as u64) };
        let chosen = descent.choose(&rest[..rest.len().min(SNIFF)], &hint);
        if chosen.is_some_and(|(_, sure)| sure >= Sure::Certain) {
            descent.part(Part::new("after the end", Content::Bytes(rest)))?;
            return Continue(Behind::Nothing);
        }
        let sample = &rest[..rest.len().min(4096)];
        let odd = sample.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace());
        if odd.count() * 20 > sample.len() {
            return Continue(Behind::Another);
        }
        descent.note_with(Reason::Damaged, None, "its groups do not match");
        Continue(Behind::Text)
    }

    fn token(&mut self, token: Token<'_>, descent: &mut Descent<'_>) -> Flow {
        match token {
            Token::Open => {
                self.flush(descent)?;
                self.skip = 0;
                match self.stack.len() < DEEPEST {
                    true => self.stack.push(self.state),
                    false => self.deeper += 1,
                }
                self.state.begins = false;
                Continue(())
            }
            Token::Close => {
                self.skip = 0;
                self.close(descent)
            }
            Token::Word(word, number) => {
                let star = std::mem::take(&mut self.star);
                if self.skip > 0 && word != b"u" {
                    self.skip -= 1;
                    return Continue(());
                }
                self.word(word, number, star, descent)
            }
            Token::Symbol(symbol) => {
                if symbol != b'*' && self.skip > 0 {
                    self.skip -= 1;
                    return Continue(());
                }
                match symbol {
                    b'*' => self.star = true,
                    b'~' => self.write(" ", descent)?,
                    b'_' => self.write("-", descent)?,
                    b'\\' | b'{' | b'}' => self.raw(&[symbol]),
                    b'\r' | b'\n' => self.paragraph(descent)?,
                    b'\t' => self.write("\t", descent)?,
                    _ => {}
                }
                Continue(())
            }
            Token::Byte(byte) => {
                if self.skip > 0 {
                    self.skip -= 1;
                } else {
                    self.raw(&[byte]);
                }
                Continue(())
            }
            Token::Text(text) => {
                let passed = (self.skip as usize).min(text.len());
                self.skip -= passed as u32;
                match self.state.to {
                    To::Object | To::Picture => self.blob.hex(&text[passed..]),
                    To::Fonts | To::Nowhere => {}
                    _ => self.raw(&text[passed..]),
                }
                Continue(())
            }
            Token::Binary(data) => {
                match self.state.to {
                    To::Object | To::Picture => self.blob.bytes.extend_from_slice(data),
                    // Binary data where there should be none.
                    _ => self.prose.aside(printable(data).as_bytes(), descent)?,
                }
                Continue(())
            }
        }
    }

    fn word(
        &mut self,
        word: &[u8],
        number: Option<i64>,
        star: bool,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let value = number.unwrap_or(0);
        if let Some(sign) = destination::sign(word) {
            return self.write(sign, descent);
        }
        match word {
            b"u" => {
                self.unit(value as u16, descent)?;
                self.skip = self.state.uc;
            }
            b"uc" => self.state.uc = u32::try_from(value).unwrap_or(1).min(64),
            b"par" | b"sect" | b"page" | b"column" | b"softpage" => self.paragraph(descent)?,
            b"pard" => {
                self.flush(descent)?;
                self.state.in_table = false;
            }
            b"intbl" => self.state.in_table = true,
            b"trowd" => self.row.open = true,
            b"cell" => self.cell(descent)?,
            b"row" => {
                self.flush(descent)?;
                self.row = Row::default();
            }
            b"plain" => {
                self.flush(descent)?;
                self.state.charset = None;
            }
            b"f" | b"af" if self.state.to == To::Fonts => self.font_entry = value,
            b"f" => {
                self.flush(descent)?;
                self.state.charset = self.fonts.get(&value).copied();
            }
            b"fcharset" | b"cpg" => {
                let known = match word {
                    b"cpg" => charset::code_page(value),
                    _ => charset::font_charset(value),
                };
                if let Some(known) = known {
                    self.fonts.insert(self.font_entry, known);
                }
            }
            b"ansicpg" => {
                if let Some(known) = charset::code_page(value) {
                    self.ansi = known;
                }
            }
            b"mac" => self.ansi = encoding_rs::MACINTOSH,
            b"picw" => self.blob.width = value,
            b"pich" => self.blob.height = value,
            b"pngblip" | b"jpegblip" => self.blob.bitmap = true,
            _ => return self.destination(word, star, descent),
        }
        Continue(())
    }

    /// A word that sends the group's text elsewhere.
    fn destination(&mut self, word: &[u8], star: bool, descent: &mut Descent<'_>) -> Flow {
        if matches!(self.state.to, To::Nowhere | To::Fonts | To::Object) {
            return Continue(());
        }
        let Some(to) = destination::of(word, star) else { return Continue(()) };
        self.flush(descent)?;
        if to == To::Beside && self.state.to == To::Body {
            self.prose.begin_paragraph();
        }
        match to {
            To::Property if word != b"staticval" => {
                self.property = String::from_utf8_lossy(word).into_owned();
            }
            To::Object | To::Picture => self.blob = Blob::default(),
            _ => {}
        }
        self.side.clear();
        self.state.to = to;
        self.state.begins = true;
        Continue(())
    }

    fn close(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.flush(descent)?;
        if self.deeper > 0 {
            self.deeper -= 1;
            return Continue(());
        }
        let ended = self.state;
        let Some(outer) = self.stack.pop() else { return Continue(()) };
        let in_table = self.state.in_table;
        self.state = outer;
        // A paragraph's properties outlive the group they are set in.
        self.state.in_table |= in_table && outer.to == ended.to;
        if !ended.begins {
            return Continue(());
        }
        let side = std::mem::take(&mut self.side);
        match ended.to {
            To::Beside if outer.to == To::Body => self.prose.end_paragraph(descent),
            To::Beside => self.write("\n", descent),
            To::Aside => self.aside(&side, descent),
            To::Property => self.properties.add(&self.property, side.as_bytes(), descent),
            To::PropertyName => {
                self.property = side;
                Continue(())
            }
            To::Object => self.object(descent),
            To::Picture => self.picture(descent),
            _ => Continue(()),
        }
    }

    /// Text of an unknown destination; a long run of hexadecimal digits is data.
    fn aside(&mut self, text: &str, descent: &mut Descent<'_>) -> Flow {
        let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
        if text.len() > 256 && digits == text.len() {
            self.blob = Blob::default();
            self.blob.hex(text.as_bytes());
            let data = std::mem::take(&mut self.blob.bytes);
            return self.prose.aside(printable(&data).as_bytes(), descent);
        }
        self.prose.aside(text.as_bytes(), descent)
    }

    fn object(&mut self, descent: &mut Descent<'_>) -> Flow {
        let blob = std::mem::take(&mut self.blob);
        if blob.bytes.is_empty() {
            return Continue(());
        }
        let embedded = object::open(&blob.bytes);
        let name = embedded.name.filter(|n| !n.is_empty()).unwrap_or_else(|| "object".into());
        descent.part(Part::new(name, Content::Bytes(embedded.data)))
    }

    fn picture(&mut self, descent: &mut Descent<'_>) -> Flow {
        let blob = std::mem::take(&mut self.blob);
        if blob.bytes.is_empty() {
            return Continue(());
        }
        self.pictures += 1;
        if blob.bitmap {
            let name = format!("picture {}", self.pictures);
            return descent.part(Part::new(name, Content::Bytes(&blob.bytes)));
        }
        // A metafile: its text records are printable strings, what it draws is a picture.
        let pixels = |n: i64| u32::try_from(n).unwrap_or(0);
        if may_hold_writing(pixels(blob.width), pixels(blob.height)) {
            descent.note(Reason::NoOcr);
        }
        self.prose.aside(printable(&blob.bytes).as_bytes(), descent)
    }

    fn raw(&mut self, bytes: &[u8]) {
        if !matches!(self.state.to, To::Fonts | To::Nowhere | To::Object | To::Picture) {
            self.half = None;
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Decodes the bytes that wait and writes them.
    fn flush(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.bytes.is_empty() {
            return Continue(());
        }
        let bytes = std::mem::take(&mut self.bytes);
        let charset = self.state.charset.unwrap_or(self.ansi);
        let (text, _) = charset.decode_without_bom_handling(&bytes);
        self.put(&text, descent)?;
        self.bytes = bytes;
        self.bytes.clear();
        Continue(())
    }

    fn write(&mut self, text: &str, descent: &mut Descent<'_>) -> Flow {
        self.flush(descent)?;
        self.put(text, descent)
    }

    /// One unit of UTF-16.
    fn unit(&mut self, unit: u16, descent: &mut Descent<'_>) -> Flow {
        self.flush(descent)?;
        let units = match (self.half.take(), unit) {
            (None, 0xD800..=0xDBFF) => {
                self.half = Some(unit);
                return Continue(());
            }
            (Some(first), second) => vec![first, second],
            // Symbol fonts: the sign's place above U+F000 is its byte.
            (None, 0xF020..=0xF0FF) => vec![unit - 0xF000],
            (None, unit) => vec![unit],
        };
        self.put(&String::from_utf16_lossy(&units), descent)
    }

    fn put(&mut self, text: &str, descent: &mut Descent<'_>) -> Flow {
        match self.state.to {
            To::Body => {
                self.table(descent)?;
                self.prose.text(text.as_bytes(), Change::None, descent)
            }
            To::Beside => self.prose.text(text.as_bytes(), Change::None, descent),
            To::Aside | To::Property | To::PropertyName => {
                self.side.push_str(text);
                Continue(())
            }
            _ => Continue(()),
        }
    }

    /// Begins or ends a table as the text that comes now asks for.
    fn table(&mut self, descent: &mut Descent<'_>) -> Flow {
        let inside = self.state.in_table || self.row.open || self.row.begun;
        if inside && !self.prose.in_table() {
            self.prose.end_paragraph(descent)?;
            self.prose.begin_table();
        } else if !inside && self.prose.in_table() {
            self.prose.end_paragraph(descent)?;
            self.prose.end_table(descent)?;
        }
        if inside && !self.row.begun {
            self.row.begun = true;
            self.prose.begin_row(descent)?;
        }
        Continue(())
    }

    fn cell(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.flush(descent)?;
        if self.state.to != To::Body {
            return self.write("\t", descent);
        }
        self.row.open = true;
        self.table(descent)?;
        self.prose.end_paragraph(descent)?;
        self.prose.end_cell(descent)
    }

    fn paragraph(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.flush(descent)?;
        match self.state.to {
            To::Body => self.prose.end_paragraph(descent),
            To::Beside => {
                self.prose.end_paragraph(descent)?;
                self.prose.begin_paragraph();
                Continue(())
            }
            _ => self.write("\n", descent),
        }
    }
}

/// What stands behind the last group.
enum Behind {
    Nothing,
    Another,
    Text,
}
