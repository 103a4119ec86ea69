//! The central directory and the local headers of a zip (APPNOTE.TXT 4.3), read without trust.

use super::store::Store;
use std::io::{self, Read};
use std::ops::Range;

/// An entry's first bytes.
pub(crate) const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";
/// How far from the end of the file the end record is sought: its longest comment, and room for
/// bytes that somebody appended.
const TAIL: u64 = 1 << 20;
/// How far from the end the end record of a zip is sought that is not known to be one: its own
/// length and its longest comment.
const NEAR: u64 = (64 << 10) + 22;
/// A size that stands in the zip64 extra field.
const ELSEWHERE: u32 = u32::MAX;

/// What a header says about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    /// Compressed size, in bytes.
    pub(crate) packed: u64,
    /// Decompressed size, in bytes.
    pub(crate) size: u64,
    /// Where its local header is said to begin (central), or begins (local).
    pub(crate) offset: u64,
}

impl Entry {
    /// True when its content is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// True when sizes and checksum follow the data instead of standing in the local header.
    pub(crate) fn is_streamed(&self) -> bool {
        self.flags & 8 != 0
    }
}

/// A local header and where the entry's data begins.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub(crate) entry: Entry,
    pub(crate) data: u64,
    /// Where its extra field lies.
    pub(crate) extra: Range<u64>,
}

/// The directory of a zip.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// What it lists, in its order; offsets are those of the part.
    pub(crate) entries: Vec<Entry>,
    /// The bytes it takes, end record included.
    pub(crate) range: Range<u64>,
    /// The archive's comment.
    pub(crate) comment: Vec<u8>,
    /// Its end record was found.
    pub(crate) found: bool,
    /// It contradicts itself.
    pub(crate) damaged: bool,
    /// It is one disk of several.
    pub(crate) split: bool,
    /// It lists more entries than were wanted.
    pub(crate) cut: bool,
}

/// An end record, zip64 or not.
struct End {
    at: u64,
    end: u64,
    disk: u32,
    first_disk: u32,
    count: u64,
    size: u64,
    offset: u64,
    /// Where the record itself begins, zip64's included.
    start: u64,
}

impl Directory {
    /// Reads the directory of at most `most` entries. Without one it is empty.
    pub(crate) fn read(store: &Store<'_>, most: u64) -> io::Result<Directory> {
        let len = store.len();
        let base = len.saturating_sub(TAIL);
        let tail = store.read(base..len)?;
        let mut directory = Directory::default();
        let mut until = tail.len();
        // The last end record that leads to a directory wins, as with most unpackers.
        while let Some(i) = memchr::memmem::rfind(&tail[..until], END) {
            until = i;
            let Some(end) = End::read(store, &tail, i, base + i as u64)? else { continue };
            directory.found = true;
            directory.split |= (end.disk != 0 && end.disk != u32::from(u16::MAX))
                || (end.first_disk != 0 && end.first_disk != u32::from(u16::MAX));
            let Some((start, shift)) = end.directory(store)? else {
                directory.damaged = true;
                continue;
            };
            directory.walk(store, start, shift, &end, most)?;
            let comment = end.at + 22;
            directory.comment = store.read(comment..end.end)?.into_owned();
            return Ok(directory);
        }
        Ok(directory)
    }

    fn walk(
        &mut self,
        store: &Store<'_>,
        start: u64,
        shift: i64,
        end: &End,
        most: u64,
    ) -> io::Result<()> {
        let mut reader = store.reader(start..end.start);
        let mut at = start;
        let mut head = [0; 46];
        while reader.read_exact(&mut head).is_ok() && head.starts_with(CENTRAL) {
            let [name, extra, comment] = [28, 30, 32].map(|i| usize::from(u16_at(&head, i)));
            let mut rest = Vec::with_capacity(name + extra + comment);
            (&mut reader).take((name + extra + comment) as u64).read_to_end(&mut rest)?;
            if rest.len() < name + extra + comment {
                self.damaged = true;
                break;
            }
            at += (46 + rest.len()) as u64;
            if self.entries.len() as u64 >= most {
                self.cut = true;
                break;
            }
            let mut sizes =
                [u32_at(&head, 24), u32_at(&head, 20), u32_at(&head, 42)].map(u64::from);
            zip64(&rest[name..name + extra], &mut sizes);
            let [size, packed, told] = sizes;
            let shifted = told.checked_add_signed(shift);
            let here = |offset: Option<u64>| -> io::Result<Option<u64>> {
                let Some(offset) = offset else { return Ok(None) };
                Ok(store
                    .read(offset..offset.saturating_add(4))?
                    .starts_with(LOCAL)
                    .then_some(offset))
            };
            // Self-extracting archives count either from their own start or from the archive's.
            let offset = match here(shifted)? {
                Some(offset) => offset,
                None => here(Some(told))?.unwrap_or(shifted.unwrap_or(told)),
            };
            self.entries.push(Entry {
                flags: u16_at(&head, 8),
                method: u16_at(&head, 10),
                crc: u32_at(&head, 16),
                packed,
                size,
                offset,
                comment: rest[name + extra..].to_vec(),
                name: {
                    rest.truncate(name);
                    rest
                },
            });
        }
        self.damaged |= shift < 0 || (!self.cut && self.entries.len() as u64 != end.count);
        // A digital signature or zip64 record may stand between.
        let until = if self.cut { end.start } else { at };
        self.range = start..until.min(end.start);
        if until >= end.start || self.cut {
            self.range.end = end.end;
        }
        Ok(())
    }
}

/// Where a zip lies that something else stands before: a picture, a sound, data of any kind.
/// Unpackers find it from the end, so it is looked for there.
pub(crate) fn appended(store: &Store<'_>) -> io::Result<Option<Range<u64>>> {
    let base = store.len().saturating_sub(NEAR);
    let tail = store.read(base..store.len())?;
    let mut until = tail.len();
    while let Some(i) = memchr::memmem::rfind(&tail[..until], END) {
        until = i;
        let Some(end) = End::read(store, &tail, i, base + i as u64)? else { continue };
        let Some((directory, shift)) = end.directory(store)? else { continue };
        let first = store.read(directory..directory.saturating_add(46))?;
        if first.len() < 46 || !first.starts_with(CENTRAL) {
            continue;
        }
        // Its offsets count from its own start, or from that of the whole.
        let start = u64::from(u32_at(&first, 42)).checked_add_signed(shift);
        if let Some(start) = start.filter(|&start| start > 0 && start < directory)
            && store.read(start..start + 4)?.starts_with(LOCAL)
        {
            return Ok(Some(start..end.end));
        }
    }
    Ok(None)
}

impl End {
    fn read(store: &Store<'_>, tail: &[u8], i: usize, at: u64) -> io::Result<Option<End>> {
        let Some(record) = tail.get(i..i + 22) else { return Ok(None) };
        let comment = u64::from(u16_at(record, 20));
        let mut end = End {
            at,
            end: (at + 22 + comment).min(store.len()),
            disk: u32::from(u16_at(record, 4)),
            first_disk: u32::from(u16_at(record, 6)),
            count: u64::from(u16_at(record, 10)),
            size: u64::from(u32_at(record, 12)),
            offset: u64::from(u32_at(record, 16)),
            start: at,
        };
        let Some(locator) = at.checked_sub(20) else { return Ok(Some(end)) };
        let bytes = store.read(locator..at)?;
        if !bytes.starts_with(LOCATOR64) {
            return Ok(Some(end));
        }
        end.start = locator;
        for place in [u64_at(&bytes, 8), locator.saturating_sub(56)] {
            let record = store.read(place..place.saturating_add(56))?;
            if record.len() == 56 && record.starts_with(END64) {
                end.disk = u32_at(&record, 16);
                end.first_disk = u32_at(&record, 20);
                end.count = u64_at(&record, 32);
                end.size = u64_at(&record, 40);
                end.offset = u64_at(&record, 48);
                end.start = place.min(locator);
                break;
            }
        }
        Ok(Some(end))
    }

    /// Where the directory begins, and what must be added to the offsets in it.
    fn directory(&self, store: &Store<'_>) -> io::Result<Option<(u64, i64)>> {
        if self.count == 0 && self.size == 0 {
            return Ok(Some((self.start, 0)));
        }
        for place in [self.start.checked_sub(self.size), Some(self.offset)].into_iter().flatten() {
            if place < self.start && store.read(place..place + 4)?.starts_with(CENTRAL) {
                return Ok(Some((place, place.wrapping_sub(self.offset) as i64)));
            }
        }
        Ok(None)
    }
}

impl Local {
    /// The local header at `offset`; `None` when there is none, or it is cut off.
    pub(crate) fn read(store: &Store<'_>, offset: u64) -> io::Result<Option<Local>> {
        let head = store.read(offset..offset.saturating_add(30))?;
        if head.len() < 30 || !head.starts_with(LOCAL) {
            return Ok(None);
        }
        let [name, extra] = [26, 28].map(|i| u64::from(u16_at(&head, i)));
        let names = offset + 30;
        let rest = store.read(names..names + name + extra)?;
        let name = (name as usize).min(rest.len());
        let mut sizes = [u32_at(&head, 22), u32_at(&head, 18), 0].map(u64::from);
        zip64(&rest[name..], &mut sizes);
        let data = names + rest.len() as u64;
        Ok(Some(Local {
            entry: Entry {
                name: rest[..name].to_vec(),
                comment: Vec::new(),
                flags: u16_at(&head, 6),
                method: u16_at(&head, 8),
                crc: u32_at(&head, 14),
                packed: sizes[1],
                size: sizes[0],
                offset,
            },
            data,
            extra: names + name as u64..data,
        }))
    }

    /// True when the directory says something else about the entry.
    pub(crate) fn differs(&self, central: &Entry) -> bool {
        let local = &self.entry;
        let told = local.packed != 0 || local.size != 0 || local.crc != 0 || !local.is_streamed();
        local.name != central.name
            || local.method != central.method
            || local.is_encrypted() != central.is_encrypted()
            || (told
                && (local.crc != central.crc
                    || local.packed != central.packed
                    || local.size != central.size))
    }
}

/// Puts the sizes of a zip64 extra field in the place of those that point there. The order is
/// fixed: size, packed size, offset.
fn zip64(mut extra: &[u8], sizes: &mut [u64; 3]) {
    while extra.len() >= 4 {
        let (id, len) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let Some(mut field) = extra.get(4..4 + len) else { return };
        if id == 1 {
            for size in sizes.iter_mut().filter(|s| **s == u64::from(ELSEWHERE)) {
                let Some((value, rest)) = field.split_first_chunk() else { return };
                *size = u64::from_le_bytes(*value);
                field = rest;
            }
            return;
        }
        extra = &extra[4 + len..];
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
