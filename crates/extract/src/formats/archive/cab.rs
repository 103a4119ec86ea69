//! Windows cabinets ([MS-CAB]).

use super::claims::Claims;
use super::names;
use super::sequence::file;
use super::store::Store;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use flate2::{Decompress, FlushDecompress};
use lzxd::{Lzxd, WindowSize};
use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;

/// Windows cabinets: stored, MSZIP and LZX.
pub struct Cab;

const MAGIC: &[u8] = b"MSCF";

impl Extractor for Cab {
    fn name(&self) -> &'static str {
        "cab"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) && !raw::begins_as_text(head) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let mut claims = Claims::new(store.len());
        let cabinet = match Cabinet::read(&store) {
            Ok(cabinet) => cabinet,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        claims.claim(cabinet.header.clone(), Fate::Scanned, descent);
        claims.claim(cabinet.list.clone(), Fate::Scanned, descent);
        if cabinet.size > store.len() {
            descent.note_with(Reason::Truncated, Some(cabinet.size - store.len()), "");
            if !cabinet.formal {
                let words = "its header is not one that a cabinet has";
                descent.note_with(Reason::Damaged, None, words);
            }
        }
        if cabinet.damaged {
            descent.note_with(Reason::Damaged, None, "its list of files breaks off");
        }
        let mut shown = Vec::with_capacity(cabinet.files.len());
        for (i, entry) in cabinet.files.iter().enumerate() {
            let name = names::shown(&entry.name, i + 1);
            names::give(&entry.name, &name, descent)?;
            if entry.folder.is_none() {
                // It begins or goes on in another cabinet.
                descent.note_inside(&name, Reason::Fragment, Some(entry.size));
            }
            shown.push(name);
        }
        for (i, folder) in cabinet.folders.iter().enumerate() {
            let own = cabinet.files.iter().zip(&shown).filter(|(e, _)| e.folder == Some(i));
            let mut own: Vec<_> = own.collect();
            own.sort_by_key(|(entry, _)| entry.at);
            read_folder(&store, folder, &own, &mut claims, descent)?;
            if descent.budget().check().is_err() {
                break;
            }
        }
        Flow::Continue(())
    }
}

/// The files of a folder, which are one stream.
fn read_folder(
    store: &Store<'_>,
    folder: &Folder,
    files: &[(&Entry, &String)],
    claims: &mut Claims,
    descent: &mut Descent<'_>,
) -> Flow {
    let blocks = folder.blocks(store);
    let packed = blocks.end - blocks.start;
    let mut failed = None;
    let wrong = Cell::new(false);
    match Blocks::new(store, folder, &wrong) {
        Err(Stopped(reason)) => failed = Some(reason),
        Ok(stream) => {
            let mut stream = descent.budget().meter(stream, Some(packed));
            let mut at = 0;
            for &(entry, name) in files {
                if entry.at < at && failed.is_none() {
                    descent.note_inside(name, Reason::Overlap, Some(entry.size));
                    continue;
                }
                if let Some(reason) = failed {
                    descent.note_inside(name, reason, Some(entry.size));
                    continue;
                }
                let mut before = (&mut stream).take(entry.at - at);
                failed = match io::copy(&mut before, &mut io::sink()) {
                    Ok(n) if n == entry.at - at => None,
                    Ok(_) => Some(Reason::Damaged),
                    Err(error) => Some(Stopped::reason(&error)),
                };
                at = entry.at.saturating_add(entry.size);
                match failed {
                    Some(reason) => descent.note_inside(name, reason, Some(entry.size)),
                    None => failed = file(&mut stream, name, entry.size, None, descent)?,
                }
            }
            if wrong.get() {
                let words = "a block of it contradicts its checksum";
                descent.note_with(Reason::Damaged, None, words);
            }
            let fate = failed.map_or(Fate::Scanned, Fate::Unscannable);
            claims.claim(blocks, fate, descent);
            return Flow::Continue(());
        }
    }
    if let Some(reason) = failed {
        for (entry, name) in files {
            descent.note_inside(name, reason, Some(entry.size));
        }
        claims.claim(blocks, Fate::Unscannable(reason), descent);
    }
    Flow::Continue(())
}

/// What a cabinet lists.
struct Cabinet {
    size: u64,
    header: Range<u64>,
    list: Range<u64>,
    folders: Vec<Folder>,
    files: Vec<Entry>,
    /// The list could not be read to its end.
    damaged: bool,
    /// Its version is the only one there is, and what must be zero is.
    formal: bool,
}

/// Files that are compressed together.
struct Folder {
    /// Where its first block begins.
    at: u64,
    blocks: u16,
    method: u16,
    /// Bytes reserved for others in the header of each block.
    reserved: u64,
}

struct Entry {
    name: String,
    size: u64,
    /// Where it begins in its folder's stream.
    at: u64,
    /// Its folder; `None` when that lies in several cabinets.
    folder: Option<usize>,
}

/// Longest name that is read as one, with room for what stands before it.
const NAME: u64 = 300;

impl Cabinet {
    fn read(store: &Store<'_>) -> io::Result<Cabinet> {
        let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        // All of it, with four names and the most that can be reserved.
        let head = store.read(0..(1 << 16) + (1 << 20))?;
        let word = |at: usize| number::<2>(&head, at).map(u16::from_le_bytes).ok_or_else(short);
        let long = |at: usize| number::<4>(&head, at).map(u32::from_le_bytes).ok_or_else(short);
        let (folders, files, flags) = (word(26)?, word(28)?, word(30)?);
        let mut at = 36;
        let (mut per_folder, mut per_block) = (0, 0);
        if flags & 4 != 0 {
            let reserved = usize::from(word(36)?);
            per_folder = usize::from(*head.get(38).ok_or_else(short)?);
            per_block = u64::from(*head.get(39).ok_or_else(short)?);
            at = 40 + reserved;
        }
        // The names of the cabinets before and after this one, and of their discs.
        let texts = 2 * (usize::from(flags & 1 != 0) + usize::from(flags & 2 != 0));
        for _ in 0..texts {
            let rest = head.get(at..).ok_or_else(short)?;
            at += rest.iter().position(|&b| b == 0).ok_or_else(short)? + 1;
        }
        let mut cabinet = Cabinet {
            size: u64::from(long(8)?),
            header: 0..0,
            list: 0..0,
            folders: Vec::new(),
            files: Vec::new(),
            damaged: false,
            formal: [4, 12, 20].iter().all(|&at| long(at).is_ok_and(|n| n == 0))
                && word(24)? == 0x0103,
        };
        for _ in 0..folders {
            cabinet.folders.push(Folder {
                at: u64::from(long(at)?),
                blocks: word(at + 4)?,
                method: word(at + 6)?,
                reserved: per_block,
            });
            at += 8 + per_folder;
        }
        cabinet.header = 0..at as u64;
        let start = u64::from(long(16)?);
        let mut next = start;
        for _ in 0..files {
            let Some((entry, len)) = Entry::read(&store.read(next..next + NAME)?, folders) else {
                cabinet.damaged = true;
                break;
            };
            cabinet.files.push(entry);
            next += len as u64;
        }
        cabinet.list = start..next;
        Ok(cabinet)
    }
}

impl Entry {
    /// An entry, and how many bytes it has.
    fn read(bytes: &[u8], folders: u16) -> Option<(Entry, usize)> {
        let word = |at| number::<2>(bytes, at).map(u16::from_le_bytes);
        let long = |at| number::<4>(bytes, at).map(u32::from_le_bytes);
        let name = bytes.get(16..)?;
        let name = &name[..name.iter().position(|&b| b == 0)?];
        let folder = Some(word(8)?).filter(|&folder| folder < folders).map(usize::from);
        let entry = Entry {
            name: names::text(name).into_owned(),
            size: u64::from(long(0)?),
            at: u64::from(long(4)?),
            folder,
        };
        Some((entry, 16 + name.len() + 1))
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

impl Folder {
    /// Where its blocks lie.
    fn blocks(&self, store: &Store<'_>) -> Range<u64> {
        let mut end = self.at.min(store.len());
        for _ in 0..self.blocks {
            let Ok(head) = store.read(end..end + 8) else { break };
            let Some(len) = number::<2>(&head, 4) else { break };
            end = (end + 8 + self.reserved + u64::from(u16::from_le_bytes(len))).min(store.len());
        }
        self.at.min(store.len())..end
    }
}

/// The unpacked bytes of a folder, block by block.
struct Blocks<'s, 'a> {
    store: &'s Store<'a>,
    /// Set when a block is not what its checksum says.
    wrong: &'s Cell<bool>,
    at: u64,
    left: u16,
    reserved: u64,
    method: Method,
    /// The block that is being given, and how much of it was.
    block: Vec<u8>,
    given: usize,
}

enum Method {
    Stored,
    MsZip(Box<Decompress>),
    Lzx(Box<Lzxd>),
}

/// Bytes of a block when unpacked, at most.
const BLOCK: usize = 1 << 15;

impl<'s, 'a> Blocks<'s, 'a> {
    fn new(store: &'s Store<'a>, folder: &Folder, wrong: &'s Cell<bool>) -> Result<Self, Stopped> {
        let method = match folder.method & 0x0f {
            0 => Method::Stored,
            1 => Method::MsZip(Box::new(Decompress::new(false))),
            3 => Method::Lzx(Box::new(Lzxd::new(window(folder.method >> 8 & 0x1f)?))),
            _ => return Err(Stopped(Reason::Unsupported)),
        };
        let (at, left, reserved) = (folder.at, folder.blocks, folder.reserved);
        Ok(Blocks { store, wrong, at, left, reserved, method, block: Vec::new(), given: 0 })
    }

    /// Unpacks the next block.
    fn next(&mut self) -> io::Result<()> {
        let head = self.store.read(self.at..self.at + 8 + self.reserved)?;
        let word = |at| number::<2>(&head, at).map(u16::from_le_bytes);
        let (Some(packed), Some(size)) = (word(4), word(6)) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let start = self.at + 8 + self.reserved;
        let end = start + u64::from(packed);
        let data = self.store.read(start..end)?;
        if data.len() < usize::from(packed) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = end;
        let told = number::<4>(&head, 0).map_or(0, u32::from_le_bytes);
        if told != 0 && told != checksum(&data) ^ checksum(&head[4..]) {
            self.wrong.set(true);
        }
        let size = usize::from(size);
        match &mut self.method {
            Method::Stored => self.block = data.into_owned(),
            Method::MsZip(inflate) => {
                let packed = data.strip_prefix(b"CK").ok_or_else(damaged)?;
                inflate.reset(false);
                if !self.block.is_empty() {
                    inflate.set_dictionary(&self.block).map_err(|_| damaged())?;
                }
                let mut block = Vec::with_capacity(size.max(BLOCK));
                inflate
                    .decompress_vec(packed, &mut block, FlushDecompress::Finish)
                    .map_err(|_| damaged())?;
                self.block = block;
            }
            Method::Lzx(lzx) => {
                let block = lzx.decompress_next(&data, size).map_err(|_| damaged())?;
                self.block = block.to_vec();
            }
        }
        self.given = 0;
        if self.block.len() == size { Ok(()) } else { Err(damaged()) }
    }
}

impl Read for Blocks<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.block.len() && self.left > 0 {
            self.left -= 1;
            if let Err(error) = self.next() {
                self.left = 0;
                self.block.clear();
                self.given = 0;
                return Err(error);
            }
        }
        let n = (&self.block[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}

/// All words of four bytes, each excluding the others.
fn checksum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks();
    let sum = words.iter().fold(0, |sum, &word| sum ^ u32::from_le_bytes(word));
    // What is left stands the other way round.
    sum ^ rest.iter().fold(0, |n, &b| n << 8 | u32::from(b))
}

/// LZX's window, told as a power of two.
pub(super) fn window(bits: u16) -> Result<WindowSize, Stopped> {
    Ok(match bits {
        15 => WindowSize::KB32,
        16 => WindowSize::KB64,
        17 => WindowSize::KB128,
        18 => WindowSize::KB256,
        19 => WindowSize::KB512,
        20 => WindowSize::MB1,
        21 => WindowSize::MB2,
        _ => return Err(Stopped(Reason::Damaged)),
    })
}

fn damaged() -> io::Error {
    Stopped(Reason::Damaged).into()
}
