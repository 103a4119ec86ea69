//! Word 97 to 2003 documents (MS-DOC): the pieces of text in their order, main text, footnotes,
//! headers, remarks and text boxes alike, with the tables in them.

use super::prose::{Change, Prose};
use crate::descend::{Descent, Flow};
use crate::little_endian::{le16, le32};
use crate::unlock::legacy::{self, Streams};
use dlpscan_core::model::{Reason, Stopped};
use encoding_rs::WINDOWS_1252;
use std::ops::ControlFlow::Continue;

/// Where the file information block says whether the text is encrypted and which table stream
/// goes with it.
const FLAGS: usize = 0x0A;
const ENCRYPTED: u16 = 0x0100;
const TABLE_1: u16 = 0x0200;
const OBFUSCATED: u16 = 0x8000;
/// Position and length of the piece table, and of the paragraph properties' index.
const CLX: usize = 0x01A2;
const PAPX: usize = 0x0102;
/// Pieces of text; more are damage.
const MOST_PIECES: usize = 1 << 20;

/// True when the table stream is called `1Table`.
pub(super) fn uses_table_1(document: &[u8]) -> bool {
    le16(document, FLAGS).is_some_and(|flags| flags & TABLE_1 != 0)
}

/// True when the document is locked in a way that a password may open.
pub(super) fn is_locked(document: &[u8]) -> bool {
    let locked = |flags| flags & (ENCRYPTED | OBFUSCATED) == ENCRYPTED;
    le16(document, FLAGS).is_some_and(locked)
}

/// The streams of a document that is locked, if a password opens it.
pub(super) fn unlocked(locked: &Streams, descent: &mut Descent<'_>) -> Option<Streams> {
    match legacy::word(locked, descent.passwords(), descent.budget()) {
        Ok(opened) => {
            let mut streams = opened?;
            descent.opened(None);
            let flags = le16(&streams.document, FLAGS)? & !ENCRYPTED;
            streams.document[FLAGS..FLAGS + 2].copy_from_slice(&flags.to_le_bytes());
            Some(streams)
        }
        Err(Stopped(reason)) => {
            descent.note(reason);
            None
        }
    }
}

/// Reads the text of a document from its two streams.
pub(super) fn read(document: &[u8], table: &[u8], descent: &mut Descent<'_>) -> Flow {
    let flags = le16(document, FLAGS).unwrap_or(0);
    if flags & ENCRYPTED != 0 {
        descent.note_with(Reason::Encrypted, Some(document.len() as u64), "");
        return Continue(());
    }
    let version = le16(document, 2).unwrap_or(0);
    // Before Word 97 there is no table stream; the text lies in one piece.
    let pieces = if version < 0x00C1 { one_piece(document) } else { pieces(document, table) };
    let Some(pieces) = pieces.filter(|p| !p.is_empty()) else {
        descent.note_with(Reason::Damaged, None, "its text cannot be located");
        return crate::formats::raw::strings(document, 0, descent);
    };
    let mut text = Text {
        prose: Prose::paragraphs(),
        rows: Paragraphs::read(document, table),
        field: None,
        in_table: false,
        open: false,
        line: Vec::new(),
    };
    let mut missing = 0;
    for piece in &pieces {
        let Some(bytes) = document.get(piece.start..piece.start + piece.len) else {
            missing += piece.len as u64;
            continue;
        };
        if let Err(stopped) = descent.budget().take_bytes(bytes.len() as u64) {
            descent.note(stopped.0);
            break;
        }
        text.piece(bytes, piece, descent)?;
    }
    if missing > 0 {
        descent.note_with(Reason::Damaged, Some(missing), "text lies outside the file");
    }
    text.finish(descent)
}

/// A run of characters in the document stream.
struct Piece {
    start: usize,
    len: usize,
    wide: bool,
}

fn one_piece(document: &[u8]) -> Option<Vec<Piece>> {
    let (start, end) = (le32(document, 0x18)? as usize, le32(document, 0x1C)? as usize);
    let end = end.min(document.len());
    (start < end).then(|| vec![Piece { start, len: end - start, wide: false }])
}

fn pieces(document: &[u8], table: &[u8]) -> Option<Vec<Piece>> {
    let start = le32(document, CLX)? as usize;
    let len = le32(document, CLX + 4)? as usize;
    let mut clx = table.get(start..start.checked_add(len)?.min(table.len()))?;
    // Formatting that pieces share stands in front.
    while let Some(rest) = clx.strip_prefix(&[1]) {
        clx = rest.get(2 + le16(rest, 0)? as usize..)?;
    }
    let plc = clx.strip_prefix(&[2])?;
    let size = (le32(plc, 0)? as usize).min(plc.len() - 4);
    let plc = &plc[4..4 + size];
    let count = (size.checked_sub(4)? / 12).min(MOST_PIECES);
    let mut out = Vec::new();
    for i in 0..count {
        let (from, to) = (le32(plc, 4 * i)?, le32(plc, 4 * i + 4)?);
        let fc = le32(plc, 4 * (count + 1) + 8 * i + 2)?;
        let characters = to.saturating_sub(from) as usize;
        let narrow = fc & 1 << 30 != 0;
        let start = (fc & 0x3FFF_FFFF) as usize;
        out.push(match narrow {
            true => Piece { start: start / 2, len: characters, wide: false },
            false => Piece { start, len: characters.saturating_mul(2), wide: true },
        });
    }
    Some(out)
}

/// What the paragraph properties say of stretches of the document stream, sorted.
struct Paragraphs(Vec<(usize, usize, Kind)>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cell,
    RowEnd,
}

impl Paragraphs {
    /// Stretches that are in a table. Empty where the index is damaged: then cells are lines.
    fn read(document: &[u8], table: &[u8]) -> Self {
        let mut out = Vec::new();
        let index = || -> Option<&[u8]> {
            let start = le32(document, PAPX)? as usize;
            let len = le32(document, PAPX + 4)? as usize;
            table.get(start..start.checked_add(len)?)
        };
        let Some(index) = index() else { return Paragraphs(out) };
        let pages = index.len().saturating_sub(4) / 8;
        for i in 0..pages {
            let Some(number) = le32(index, 4 * (pages + 1) + 4 * i) else { break };
            let start = (number & 0x003F_FFFF) as usize * 512;
            if let Some(page) = document.get(start..start + 512) {
                page_kinds(page, &mut out);
            }
        }
        out.sort_unstable_by_key(|&(start, ..)| start);
        Paragraphs(out)
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        let i = self.0.partition_point(|&(start, ..)| start <= at).checked_sub(1)?;
        let (_, end, kind) = self.0[i];
        (at < end).then_some(kind)
    }
}

fn page_kinds(page: &[u8], out: &mut Vec<(usize, usize, Kind)>) {
    let runs = page[511] as usize;
    for run in 0..runs {
        let (Some(from), Some(to)) = (le32(page, 4 * run), le32(page, 4 * run + 4)) else { return };
        let Some(&offset) = page.get(4 * (runs + 1) + 13 * run) else { return };
        let at = 2 * offset as usize;
        if at == 0 {
            continue;
        }
        let Some(&words) = page.get(at) else { continue };
        let (at, len) = match words {
            0 => (at + 2, 2 * page.get(at + 1).copied().unwrap_or(0) as usize),
            words => (at + 1, 2 * words as usize - 1),
        };
        // The style's number stands before the properties.
        let Some(properties) = page.get(at + 2..(at + len).min(511)) else { continue };
        if let Some(kind) = table_kind(properties) {
            out.push((from as usize, to as usize, kind));
        }
    }
}

/// What the properties of a paragraph say about tables (sprmPFInTable, sprmPFTtp and their kin
/// for inner tables).
fn table_kind(mut properties: &[u8]) -> Option<Kind> {
    let mut kind = None;
    while let Some(sprm) = le16(properties, 0) {
        let operand = properties.get(2..)?;
        let len = match sprm >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            // A length of its own; sprmTDefTable has two bytes of it, sprmPChgTabs may lie.
            _ if sprm == 0xD608 => le16(operand, 0)? as usize + 1,
            _ => *operand.first()? as usize + 1,
        };
        let on = operand.first().is_some_and(|&b| b != 0);
        match sprm {
            0x2416 | 0x244B if on && kind.is_none() => kind = Some(Kind::Cell),
            0x2417 | 0x244C if on => kind = Some(Kind::RowEnd),
            _ => {}
        }
        properties = operand.get(len..)?;
    }
    kind
}

/// Puts characters together.
struct Text {
    prose: Prose,
    rows: Paragraphs,
    /// The instruction of the field that is open.
    field: Option<Vec<u8>>,
    in_table: bool,
    open: bool,
    line: Vec<u8>,
}

impl Text {
    fn piece(&mut self, bytes: &[u8], piece: &Piece, descent: &mut Descent<'_>) -> Flow {
        let step = if piece.wide { 2 } else { 1 };
        let mut wide = Vec::new();
        for (i, unit) in bytes.chunks_exact(step).enumerate() {
            let code = if piece.wide {
                u16::from_le_bytes([unit[0], unit[1]])
            } else {
                u16::from(unit[0])
            };
            if code >= 0x20 {
                if piece.wide {
                    wide.push(code);
                } else {
                    self.flush_wide(&mut wide);
                    let text = WINDOWS_1252.decode_without_bom_handling(unit).0;
                    self.push(text.as_bytes());
                }
                if self.line.len() > 64 << 10 || wide.len() > 64 << 10 {
                    self.flush_wide(&mut wide);
                    self.begin(piece.start + i * step, descent)?;
                    self.flush_line(descent)?;
                }
                continue;
            }
            self.flush_wide(&mut wide);
            self.sign(code, piece.start + i * step, descent)?;
        }
        self.flush_wide(&mut wide);
        Continue(())
    }

    fn flush_wide(&mut self, wide: &mut Vec<u16>) {
        if !wide.is_empty() {
            let text = String::from_utf16_lossy(wide);
            wide.clear();
            self.push(text.as_bytes());
        }
    }

    fn push(&mut self, text: &[u8]) {
        match &mut self.field {
            Some(field) if field.len() < 64 << 10 => field.extend_from_slice(text),
            _ => self.line.extend_from_slice(text),
        }
    }

    /// One of Word's signs below the space (MS-DOC 2.4.1, 2.8.25).
    fn sign(&mut self, code: u16, at: usize, descent: &mut Descent<'_>) -> Flow {
        match code {
            0x09 => self.push(b"\t"),
            0x0B => self.push(b"\n"),
            0x1E => self.push(b"-"),
            0x13 => self.field = Some(Vec::new()),
            0x14 | 0x15 => {
                if let Some(field) = self.field.take() {
                    self.begin(at, descent)?;
                    self.prose.aside(&field, descent)?;
                }
            }
            0x07 => {
                self.begin(at, descent)?;
                if self.rows.kind(at) == Some(Kind::RowEnd) {
                    // The mark that ends a row follows the mark of its last cell.
                    self.flush_line(descent)?;
                    self.prose.end_paragraph(descent)?;
                    self.open = false;
                    return self.prose.begin_row(descent);
                }
                self.flush_line(descent)?;
                self.prose.end_paragraph(descent)?;
                self.open = false;
                self.prose.end_cell(descent)?;
            }
            0x0C..=0x0E => {
                self.begin(at, descent)?;
                if self.in_table && self.rows.kind(at).is_none() {
                    self.prose.end_table(descent)?;
                    self.in_table = false;
                }
                self.flush_line(descent)?;
                self.prose.end_paragraph(descent)?;
                self.open = false;
            }
            _ => {}
        }
        Continue(())
    }

    /// Opens a paragraph, and the table around it, before its text is passed on: what it is
    /// stands at its end.
    fn begin(&mut self, at: usize, descent: &mut Descent<'_>) -> Flow {
        if !self.in_table && self.rows.kind(at).is_some() {
            self.in_table = true;
            self.prose.begin_table();
            self.prose.begin_row(descent)?;
        }
        if !self.open {
            self.prose.begin_paragraph();
            self.open = true;
        }
        Continue(())
    }

    fn flush_line(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.line.is_empty() {
            return Continue(());
        }
        let line = std::mem::take(&mut self.line);
        self.prose.text(&line, Change::None, descent)
    }

    fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        if let Some(field) = self.field.take() {
            self.prose.aside(&field, descent)?;
        }
        self.flush_line(descent)?;
        self.prose.finish(descent)
    }
}
