//! Compiled help (CHM): a list of files, most of them compressed together with LZX that begins anew
//! every so often. After the descriptions of chmlib and of Matthew T. Russotto.

use super::cab::window;
use super::claims::Claims;
use super::names;
use super::sequence::file;
use super::store::Store;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use crate::little_endian::{le32, le64};
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use lzxd::Lzxd;
use std::io::{self, Read};
use std::ops::Range;

/// Compiled help.
pub struct Chm;

/// With the versions there are.
const MAGIC: [&[u8]; 2] = [b"ITSF\x03\0\0\0", b"ITSF\x02\0\0\0"];

impl Extractor for Chm {
    fn name(&self) -> &'static str {
        "chm"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if MAGIC.iter().any(|magic| head.starts_with(magic)) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let mut claims = Claims::new(store.len());
        let mut help = match Help::read(&store) {
            Ok(help) => help,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        claims.claim(help.list.clone(), Fate::Scanned, descent);
        if help.damaged {
            descent.note_with(Reason::Damaged, None, "its list of files breaks off");
        }
        help.files.sort_by_key(|entry| entry.at);
        let (packed, plain): (Vec<_>, Vec<_>) = help.files.iter().partition(|entry| entry.packed);
        for entry in plain.into_iter().filter(|entry| !entry.name.starts_with(SYSTEM)) {
            let range = help.range(entry);
            if range.end > store.len() {
                descent.note_inside(&entry.shown(), Reason::Truncated, Some(entry.size));
            }
            entry.name(descent)?;
            if entry.is_own() {
                raw::strings(store.reader(range.clone()), range.start, descent)?;
            } else {
                descent.part(Part::new(entry.shown(), store.content(range.clone())))?;
            }
            claims.claim(range, Fate::Scanned, descent);
        }
        if packed.is_empty() {
            Flow::Continue(())
        } else {
            unpack(&store, &help, &packed, &mut claims, descent)
        }
    }
}

/// Gives the files that are compressed together.
fn unpack(
    store: &Store<'_>,
    help: &Help,
    files: &[&Entry],
    claims: &mut Claims,
    descent: &mut Descent<'_>,
) -> Flow {
    let content = help.system("Content").map(|entry| help.range(entry)).unwrap_or_default();
    let mut at = 0;
    let mut failed = None;
    let frames = Frames::new(store, help, content.clone());
    let mut stream = match frames {
        Ok(frames) => descent.budget().meter(frames, Some(content.end - content.start)),
        Err(error) => {
            descent.note_with(Stopped::reason(&error), None, "how it is compressed is not told");
            return Flow::Continue(());
        }
    };
    for entry in files {
        entry.name(descent)?;
        if let Some(reason) = failed {
            descent.note_inside(&entry.shown(), reason, Some(entry.size));
            continue;
        }
        if entry.at < at {
            descent.note_inside(&entry.shown(), Reason::Overlap, Some(entry.size));
            continue;
        }
        let before = entry.at - at;
        failed = match io::copy(&mut (&mut stream).take(before), &mut io::sink()) {
            Ok(n) if n == before => None,
            Ok(_) => Some(Reason::Damaged),
            Err(error) => Some(Stopped::reason(&error)),
        };
        at = entry.at.saturating_add(entry.size);
        match failed {
            Some(reason) => descent.note_inside(&entry.shown(), reason, Some(entry.size)),
            None if entry.is_own() => {
                let mut own = Vec::new();
                let most = descent.budget().limits().buffer;
                failed = match (&mut stream).take(entry.size.min(most)).read_to_end(&mut own) {
                    Ok(n) if n as u64 == entry.size => None,
                    Ok(_) => Some(Reason::Damaged),
                    Err(error) => Some(Stopped::reason(&error)),
                };
                if let Some(reason) = failed {
                    descent.note_inside(&entry.shown(), reason, Some(entry.size));
                }
                raw::strings(&own[..], 0, descent)?;
            }
            None => {
                failed = file(&mut stream, &entry.shown(), entry.size, None, descent)?;
                if let Some(reason) = failed {
                    descent.note_inside(&entry.shown(), reason, Some(entry.size));
                }
            }
        }
    }
    let fate = failed.map_or(Fate::Scanned, Fate::Unscannable);
    claims.claim(content, fate, descent);
    Flow::Continue(())
}

/// What begins the name of a file that says how the others are kept.
const SYSTEM: &str = "::";
/// Before the names of those that say how the compressed files are.
const COMPRESSED: &str = "::DataSpace/Storage/MSCompressed/";
const TABLE: &str = "Transform/{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}/InstanceData/ResetTable";

/// What a help file lists.
struct Help {
    /// Its headers and the list.
    list: Range<u64>,
    /// Where the files begin.
    content: u64,
    files: Vec<Entry>,
    damaged: bool,
}

struct Entry {
    name: String,
    /// It lies in the stream of compressed files, `at` so many bytes.
    packed: bool,
    at: u64,
    size: u64,
}

impl Entry {
    /// What the help system keeps for itself: titles, indices, links.
    fn is_own(&self) -> bool {
        self.name.starts_with("/#") || self.name.starts_with("/$")
    }

    fn shown(&self) -> String {
        names::shown(self.name.trim_start_matches('/'), 1)
    }

    fn name(&self, descent: &mut Descent<'_>) -> Flow {
        names::give(self.name.trim_start_matches('/'), &self.shown(), descent)
    }
}

impl Help {
    fn read(store: &Store<'_>) -> io::Result<Help> {
        let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let head = store.read(0..0x60)?;
        let list = le64(&head, 0x48).ok_or_else(short)?;
        let length = le64(&head, 0x50).ok_or_else(short)?;
        let until = list.checked_add(length).ok_or_else(damaged)?;
        let content = match le32(&head, 4) {
            Some(2) => until,
            _ => le64(&head, 0x58).ok_or_else(short)?,
        };
        let header = store.read(list..until.min(list.saturating_add(0x54)))?;
        let size = u64::from(le32(&header, 0x10).ok_or_else(short)?);
        let start = list + u64::from(le32(&header, 8).ok_or_else(short)?);
        let blocks = u64::from(le32(&header, 0x2c).ok_or_else(short)?);
        if !header.starts_with(b"ITSP") || !(32..=MOST_BLOCK).contains(&size) {
            return Err(damaged());
        }
        let mut help = Help { list: 0..until, content, files: Vec::new(), damaged: false };
        for block in 0..blocks {
            let from = start.saturating_add(block * size);
            let bytes = store.read(from..from.saturating_add(size).min(until))?;
            if (bytes.len() as u64) < size {
                help.damaged = true;
                break;
            }
            // The others tell in which of these a name stands.
            if bytes.starts_with(b"PMGL") {
                help.damaged |= help.block(&bytes).is_none();
            }
        }
        Ok(help)
    }

    /// Reads the entries of one block of the list; nothing where it contradicts itself.
    fn block(&mut self, bytes: &[u8]) -> Option<()> {
        let free = le32(bytes, 4)? as usize;
        let mut rest = bytes.get(20..bytes.len().checked_sub(free)?)?;
        while !rest.is_empty() {
            let length = usize::try_from(number(&mut rest)?).ok()?;
            let (name, after) = rest.split_at_checked(length)?;
            rest = after;
            let section = number(&mut rest)?;
            let (at, size) = (number(&mut rest)?, number(&mut rest)?);
            let name = names::text(name).into_owned();
            // Folders have no bytes.
            if size > 0 {
                self.files.push(Entry { name, packed: section != 0, at, size });
            }
        }
        Some(())
    }

    /// Where a file that is not compressed lies.
    fn range(&self, entry: &Entry) -> Range<u64> {
        let start = self.content.saturating_add(entry.at);
        start..start.saturating_add(entry.size)
    }

    /// One of the files that say how the others are compressed.
    fn system(&self, name: &str) -> Option<&Entry> {
        let is = |entry: &&Entry| entry.name.strip_prefix(COMPRESSED) == Some(name);
        self.files.iter().filter(|entry| !entry.packed).find(is)
    }
}

/// Bytes of a block of the list, at most; all there are have 4,096.
const MOST_BLOCK: u64 = 1 << 20;

/// A number of seven bits a byte, the highest first; the last byte is below 0x80.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (i, &byte) in rest.iter().enumerate().take(9) {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            *rest = &rest[i + 1..];
            return Some(number);
        }
    }
    None
}

/// Bytes that one frame has when unpacked; the last may have fewer.
const FRAME: u64 = 1 << 15;
/// Those it has when packed, at most.
const MOST_PACKED: u64 = 2 * FRAME;

/// The unpacked bytes of the compressed files, frame by frame.
struct Frames<'s, 'a> {
    store: &'s Store<'a>,
    content: Range<u64>,
    /// Where the frames begin, eight bytes for each.
    table: Vec<u8>,
    /// All bytes when unpacked.
    size: u64,
    /// After so many frames it begins anew.
    anew: u64,
    lzx: Lzxd,
    next: u64,
    frame: Vec<u8>,
    given: usize,
}

impl<'s, 'a> Frames<'s, 'a> {
    fn new(store: &'s Store<'a>, help: &Help, content: Range<u64>) -> io::Result<Self> {
        let read = |name: &str, most: u64| {
            let range = help.range(help.system(name).ok_or_else(damaged)?);
            store.read(range.start..range.end.min(range.start.saturating_add(most)))
        };
        let control = read("ControlData", 0x20)?;
        let told = |at| le32(&control, at).map(u64::from).ok_or_else(damaged);
        // Since the second version in units of a frame.
        let unit = if told(8)? >= 2 { FRAME } else { 1 };
        let (interval, bytes) = (told(0xc)? * unit, told(0x10)? * unit);
        if !control[4..].starts_with(b"LZXC") || !bytes.is_power_of_two() {
            return Err(damaged());
        }
        let anew = (interval / (bytes / 2).max(1)).saturating_mul(told(0x14)?).max(1);
        let window = window(bytes.trailing_zeros() as u16).map_err(io::Error::from)?;
        let table = read(TABLE, content.end - content.start)?;
        let start = le32(&table, 0xc).map_or(usize::MAX, |start| start as usize);
        let size = le64(&table, 0x10).ok_or_else(damaged)?;
        let table = table.get(start..).ok_or_else(damaged)?.to_vec();
        if le64(&read(TABLE, 0x28)?, 0x20) != Some(FRAME) {
            return Err(damaged());
        }
        let lzx = Lzxd::new(window);
        Ok(Frames { store, content, table, size, anew, lzx, next: 0, frame: Vec::new(), given: 0 })
    }

    /// Unpacks the next frame; none is left where it is empty.
    fn unpack(&mut self) -> io::Result<()> {
        let left = self.size.saturating_sub(self.next.saturating_mul(FRAME)).min(FRAME);
        self.frame.clear();
        self.given = 0;
        if left == 0 {
            return Ok(());
        }
        let packed = self.content.end - self.content.start;
        let begins = |frame: u64| le64(&self.table, usize::try_from(frame).ok()?.checked_mul(8)?);
        let from = begins(self.next).ok_or_else(damaged)?;
        let to = begins(self.next + 1).unwrap_or(packed).min(packed);
        if from >= to || to - from > MOST_PACKED {
            return Err(damaged());
        }
        let data = self.store.read(self.content.start + from..self.content.start + to)?;
        if self.next > 0 && self.next.is_multiple_of(self.anew) {
            self.lzx.reset();
        }
        let frame = self.lzx.decompress_next(&data, left as usize).map_err(|_| damaged())?;
        self.frame.extend_from_slice(frame);
        self.next += 1;
        Ok(())
    }
}

impl Read for Frames<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given == self.frame.len() {
            self.unpack()?;
        }
        let n = (&self.frame[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}

fn damaged() -> io::Error {
    Stopped(Reason::Damaged).into()
}
