//! FAT12, FAT16 and FAT32, as on most sticks and cards.

use super::booted;
use super::clusters::{Clusters, Width};
use super::folders::{self, Listed, Listing};
use super::number::{u16_at, u32_at, wide};
use super::pieces::Pieces;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store, names};
use crate::formats::raw;
use dlpscan_core::model::{Fate, Part, Reason};

/// Images of FAT file systems.
pub struct Fat;

impl Extractor for Fat {
    fn name(&self) -> &'static str {
        "fat"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let jumps = matches!(head, [0xeb, _, 0x90, ..] | [0xe9, ..]);
        let signed = head.get(510..512) == Some(b"\x55\xaa");
        let named = [54, 82].iter().any(|&at| head.get(at..at + 3) == Some(b"FAT"));
        let locked = raw::known(head).is_some_and(|known| known.kind == raw::Kind::Locked);
        let fat = jumps && signed && (named || Boot::read(head).is_some()) && !locked;
        if fat { Sure::Certain } else { Sure::No }
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
    /// Where the first table begins, and how long each is.
    table: u64,
    table_len: u64,
    tables: u64,
    /// The root folder of FAT12 and FAT16.
    root_len: u64,
    /// First cluster of the root folder of FAT32.
    root: u32,
    cluster: u64,
    len: u64,
}

impl Boot {
    /// `None` where the figures contradict each other.
    fn read(sector: &[u8]) -> Option<Boot> {
        let bytes = u64::from(u16_at(sector, 11));
        let sectors = u64::from(*sector.get(13)?);
        let known = bytes.is_power_of_two() && (128..=4096).contains(&bytes);
        if !known || !sectors.is_power_of_two() {
            return None;
        }
        let either = |short: u64, long: u64| if short > 0 { short } else { long };
        let boot = Boot {
            table: u64::from(u16_at(sector, 14)) * bytes,
            table_len: either(u16_at(sector, 22).into(), u32_at(sector, 36).into()) * bytes,
            tables: u64::from(sector[16]),
            root_len: (u64::from(u16_at(sector, 17)) * 32).next_multiple_of(bytes),
            root: u32_at(sector, 44),
            cluster: sectors * bytes,
            len: either(u16_at(sector, 19).into(), u32_at(sector, 32).into()) * bytes,
        };
        let sane = boot.table > 0 && boot.table_len > 0 && (1..=4).contains(&boot.tables);
        (sane && boot.data() < boot.len).then_some(boot)
    }

    /// Where the tables end.
    fn root_start(&self) -> u64 {
        self.table + self.tables * self.table_len
    }

    /// Where the first cluster begins.
    fn data(&self) -> u64 {
        self.root_start() + self.root_len
    }

    fn all(&self, store: Store<'_>, descent: &mut Descent<'_>) -> Flow {
        let mut claims = Claims::new(store.len());
        let missing = self.len.saturating_sub(store.len());
        if missing > 0 {
            descent.note_with(Reason::Truncated, Some(missing), "its end is missing");
        }
        let count = (self.len - self.data()) / self.cluster;
        // Microsoft's rule: the number of clusters alone tells the kind.
        let width = match count {
            _ if self.root_len == 0 => Width::ThirtyTwo,
            0..4085 => Width::Twelve,
            4085..65_525 => Width::Sixteen,
            _ => Width::ThirtyTwo,
        };
        let needed = width.bytes(count + 2).min(self.table_len);
        let most = descent.budget().limits().buffer;
        if needed > most {
            descent.note_with(Reason::LimitMemory, None, "its table is too large");
            return Flow::Continue(());
        }
        let table = match store.read(self.table..self.table + needed) {
            Ok(table) => table.into_owned(),
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        claims.claim(self.table..self.table + needed, Fate::Scanned, descent);
        // A further table that says the same holds nothing new; another is looked at as it is.
        for number in 1..self.tables {
            let start = self.table + number * self.table_len;
            if store.read(start..start + needed).is_ok_and(|other| other == table) {
                claims.claim(start..start + needed, Fate::Scanned, descent);
            }
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX - 2);
        let clusters =
            Clusters { table, width, used: None, start: self.data(), size: self.cluster, count };
        let root = if width == Width::ThirtyTwo {
            clusters.chain(self.root, None).0
        } else {
            Pieces::one(self.root_start()..self.data())
        };
        if root.start().is_none() {
            descent.note_with(Reason::Damaged, None, "its root folder is missing");
        }
        folders::walk(&store, &clusters, root, list, &mut claims, descent)
    }
}

/// Attributes of an entry: a volume's name, a folder, and the mark of a piece of a long name.
const LABEL: u8 = 0x08;
const FOLDER: u8 = 0x10;
const LONG: u8 = 0x0f;
/// First byte of an entry that was deleted.
const DELETED: u8 = 0xe5;

/// The entries of a folder.
fn list(bytes: &[u8]) -> Listing {
    let mut listing = Listing { end: bytes.len() as u64, ..Listing::default() };
    let mut long = LongName::default();
    for (i, entry) in bytes.chunks_exact(32).enumerate() {
        if entry[0] == 0 {
            listing.end = i as u64 * 32;
            break;
        }
        let attributes = entry[11] & 0x3f;
        if attributes == LONG {
            long.add(entry);
            continue;
        }
        let spelt = std::mem::take(&mut long).take(entry);
        let short = short_name(entry);
        if entry[0] == b'.' || entry[..11].iter().any(|&b| b < 0x20 && b != 0x05) {
            continue;
        }
        if attributes & LABEL != 0 {
            listing.label = Some(names::text(entry[..11].trim_ascii_end()).into_owned());
            continue;
        }
        let is_folder = attributes & FOLDER != 0;
        listing.entries.push(Listed {
            name: spelt.unwrap_or(short),
            is_folder,
            is_deleted: entry[0] == DELETED,
            // The high half is zero but on FAT32.
            first: u32::from(u16_at(entry, 26)) | u32::from(u16_at(entry, 20)) << 16,
            len: if is_folder { 0 } else { u32_at(entry, 28).into() },
            is_run: false,
        });
    }
    listing
}

/// A name of eight and three characters; the first of a deleted one is lost.
fn short_name(entry: &[u8]) -> String {
    let mut raw = entry[..11].to_vec();
    match raw[0] {
        DELETED => raw[0] = b'_',
        0x05 => raw[0] = DELETED,
        _ => {}
    }
    // Windows marks a base or an ending that is all in small letters.
    for (range, mark) in [(0..8, 0x08), (8..11, 0x10)] {
        if entry[12] & mark != 0 {
            raw[range].make_ascii_lowercase();
        }
    }
    let (base, ending) = raw.split_at(8);
    let base = names::text(base.trim_ascii_end());
    match ending.trim_ascii_end() {
        [] => base.into_owned(),
        ending => format!("{base}.{}", names::text(ending)),
    }
}

/// A long name, gathered from the entries in front of its short one, its last piece first.
#[derive(Default)]
struct LongName {
    pieces: Vec<[u8; 26]>,
    checksum: u8,
}

impl LongName {
    /// Pieces of 13 characters that the longest name takes.
    const MOST: usize = 20;

    fn add(&mut self, entry: &[u8]) {
        let begins = entry[0] != DELETED && entry[0] & 0x40 != 0;
        if begins || self.checksum != entry[13] || self.pieces.len() == Self::MOST {
            self.pieces.clear();
        }
        self.checksum = entry[13];
        let mut piece = [0; 26];
        piece[..10].copy_from_slice(&entry[1..11]);
        piece[10..22].copy_from_slice(&entry[14..26]);
        piece[22..].copy_from_slice(&entry[28..32]);
        self.pieces.push(piece);
    }

    /// The name, if it belongs to this short entry.
    fn take(self, entry: &[u8]) -> Option<String> {
        let sum = entry[..11].iter().fold(0_u8, |sum, &b| sum.rotate_right(1).wrapping_add(b));
        // What a deleted entry's first byte was nobody knows.
        if self.pieces.is_empty() || (entry[0] != DELETED && sum != self.checksum) {
            return None;
        }
        let name = wide(&self.pieces.into_iter().rev().flatten().collect::<Vec<_>>());
        let name = name.split('\0').next().unwrap_or_default();
        (!name.is_empty()).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &[u8; 11], attributes: u8, first: u16, len: u32) -> Vec<u8> {
        let mut entry = name.to_vec();
        entry.resize(32, 0);
        entry[11] = attributes;
        entry[26..28].copy_from_slice(&first.to_le_bytes());
        entry[28..32].copy_from_slice(&len.to_le_bytes());
        entry
    }

    #[test]
    fn a_folder_lists_live_and_deleted_files_up_to_its_end() {
        let mut bytes = entry(b"USBSTICK   ", LABEL, 0, 0);
        bytes.extend(entry(b".          ", FOLDER, 2, 0));
        bytes.extend(entry(b"LETTER  TXT", 0x20, 5, 100));
        bytes.extend(entry(b"\xe5LD     TXT", 0x20, 9, 7));
        bytes.extend([0; 32]);
        bytes.extend(entry(b"BEHIND  TXT", 0x20, 5, 100));
        let listing = list(&bytes);
        assert_eq!(listing.label.as_deref(), Some("USBSTICK"));
        assert_eq!(listing.end, 128);
        let said: Vec<_> = listing.entries.iter().map(|e| (&e.name[..], e.is_deleted)).collect();
        assert_eq!(said, [("LETTER.TXT", false), ("_LD.TXT", true)]);
    }

    #[test]
    fn a_long_name_belongs_to_the_short_one_whose_sum_it_bears() {
        let short = entry(b"LONGNA~1TXT", 0x20, 5, 1);
        let mut long = vec![0_u8; 32];
        long[0] = 0x41;
        long[11] = LONG;
        long[13] = short[..11].iter().fold(0, |sum: u8, &b| sum.rotate_right(1).wrapping_add(b));
        for (at, c) in [1, 3, 5, 7, 9, 14, 16, 18].into_iter().zip("long.txt".encode_utf16()) {
            long[at..at + 2].copy_from_slice(&c.to_le_bytes());
        }
        let listing = list(&[long.clone(), short.clone()].concat());
        assert_eq!(listing.entries[0].name, "long.txt");
        long[13] ^= 1;
        assert_eq!(list(&[long, short].concat()).entries[0].name, "LONGNA~1.TXT");
    }
}
