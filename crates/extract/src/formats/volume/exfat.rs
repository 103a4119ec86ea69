//! exFAT, as on larger sticks and cards.

use super::booted;
use super::clusters::{Clusters, Width};
use super::folders::{self, Listed, Listing};
use super::number::{u16_at, u32_at, u64_at, wide};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store};
use dlpscan_core::model::{Fate, Part, Reason};
use std::ops::Range;

/// Images of exFAT file systems.
pub struct ExFat;

impl Extractor for ExFat {
    fn name(&self) -> &'static str {
        "exfat"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.get(3..11) == Some(b"EXFAT   ") { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some((boot, store)) = booted(part.content, Boot::read, descent) else {
            return Flow::Continue(());
        };
        boot.all(store, descent)
    }
}

/// What the boot sector says, in bytes.
struct Boot {
    len: u64,
    table: Range<u64>,
    data: u64,
    cluster: u64,
    count: u32,
    root: u32,
}

impl Boot {
    /// `None` where the figures contradict each other.
    fn read(sector: &[u8]) -> Option<Boot> {
        let (bytes, sectors) = (*sector.get(108)?, *sector.get(109)?);
        if !(9..=12).contains(&bytes) || sectors > 25 - bytes {
            return None;
        }
        let long = |at: usize| u64::from(u32_at(sector, at)) << bytes;
        let boot = Boot {
            len: u64_at(sector, 72).checked_mul(1 << bytes)?,
            table: long(80)..long(80) + long(84),
            data: long(88),
            cluster: 1 << (bytes + sectors),
            count: u32_at(sector, 92),
            root: u32_at(sector, 96),
        };
        let sane = !boot.table.is_empty() && boot.table.end <= boot.data && boot.data < boot.len;
        (sane && u64::from(boot.count) <= (boot.len - boot.data) / boot.cluster).then_some(boot)
    }

    fn all(&self, store: Store<'_>, descent: &mut Descent<'_>) -> Flow {
        let mut claims = Claims::new(store.len());
        let missing = self.len.saturating_sub(store.len());
        if missing > 0 {
            descent.note_with(Reason::Truncated, Some(missing), "its end is missing");
        }
        let needed = Width::Full.bytes(u64::from(self.count) + 2);
        let needed = needed.min(self.table.end - self.table.start);
        let most = descent.budget().limits().buffer;
        if needed > most {
            descent.note_with(Reason::LimitMemory, None, "its table is too large");
            return Flow::Continue(());
        }
        let table = match store.read(self.table.start..self.table.start + needed) {
            Ok(table) => table.into_owned(),
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        claims.claim(self.table.start..self.table.start + needed, Fate::Scanned, descent);
        let mut clusters = Clusters {
            table,
            width: Width::Full,
            used: None,
            start: self.data,
            size: self.cluster,
            count: self.count,
        };
        let root = clusters.chain(self.root, None).0;
        if root.start().is_none() {
            descent.note_with(Reason::Damaged, None, "its root folder is missing");
            return Flow::Continue(());
        }
        let entries = root.read(&store, most).unwrap_or_default();
        for entry in entries.chunks_exact(32).take_while(|entry| entry[0] != 0) {
            // The bitmap of what is in use, and the table of capital letters.
            if matches!(entry[0], 0x81 | 0x82) {
                let len = u64_at(entry, 24);
                let (mut pieces, _) = clusters.chain(u32_at(entry, 20), Some(len.min(most)));
                pieces.truncate(len);
                if entry[0] == 0x81 && clusters.used.is_none() {
                    clusters.used = pieces.read(&store, most).ok();
                }
                pieces.claim(&mut claims, descent);
            }
        }
        folders::walk(&store, &clusters, root, list, &mut claims, descent)
    }
}

/// The bit of an entry's type that says it is in use.
const USED: u8 = 0x80;

/// The entries of a folder: sets of a file entry, a stream entry and its name's.
fn list(bytes: &[u8]) -> Listing {
    let mut listing = Listing { end: bytes.len() as u64, ..Listing::default() };
    let mut entries = bytes.chunks_exact(32).enumerate().peekable();
    while let Some((i, entry)) = entries.next() {
        match entry[0] {
            0 => {
                listing.end = i as u64 * 32;
                break;
            }
            0x83 => {
                let len = usize::from(entry[1]).min(11);
                listing.label = Some(wide(&entry[2..2 + 2 * len]));
            }
            0x85 | 0x05 => {
                let used = entry[0] & USED;
                let is_folder = u16_at(entry, 4) & 0x10 != 0;
                let Some((_, stream)) = entries.next_if(|(_, next)| next[0] == 0x40 | used) else {
                    continue;
                };
                let mut name = Vec::new();
                while let Some((_, piece)) = entries.next_if(|(_, next)| next[0] == 0x41 | used) {
                    name.extend_from_slice(&piece[2..]);
                }
                name.truncate(usize::from(stream[3]) * 2);
                listing.entries.push(Listed {
                    name: wide(&name),
                    is_folder,
                    is_deleted: used == 0,
                    first: u32_at(stream, 20),
                    len: u64_at(stream, 24),
                    is_run: stream[1] & 2 != 0,
                });
            }
            _ => {}
        }
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_entries_is_a_file() {
        let mut bytes = vec![0_u8; 32 * 4];
        bytes[0] = 0x85;
        bytes[32] = 0xc0;
        bytes[32 + 1] = 3;
        bytes[32 + 3] = 5;
        bytes[32 + 20] = 7;
        bytes[32 + 24] = 99;
        bytes[64] = 0xc1;
        for (i, c) in "a.txtXXX".encode_utf16().enumerate() {
            bytes[66 + 2 * i..68 + 2 * i].copy_from_slice(&c.to_le_bytes());
        }
        let listing = list(&bytes);
        assert_eq!(listing.end, 96);
        let [file] = &listing.entries[..] else { panic!("one file") };
        assert_eq!((&file.name[..], file.first, file.len), ("a.txt", 7, 99));
        assert!(file.is_run && !file.is_deleted && !file.is_folder);
        for at in [0, 32, 64] {
            bytes[at] &= !USED;
        }
        assert!(list(&bytes).entries[0].is_deleted);
    }
}
