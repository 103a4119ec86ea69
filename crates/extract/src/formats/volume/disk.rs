//! Whole disks: the partitions of an MBR or a GPT.

use super::number::{u32_at, u64_at, wide};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store, names};
use crate::formats::raw;
use dlpscan_core::model::{Fate, Part, Reason};
use std::collections::HashSet;
use std::ops::Range;

/// Images of disks with partitions.
pub struct Disk;

/// Bytes of a sector of nearly all disks.
const SECTOR: u64 = 512;
/// Where the entries of an MBR begin.
const ENTRIES: usize = 446;
/// Types of partition: none, the one that stands for a GPT, those that hold further ones.
const NONE: u8 = 0;
const GPT: u8 = 0xee;
const EXTENDED: [u8; 3] = [0x05, 0x0f, 0x85];
/// More logical partitions than any honest disk has.
const LOGICAL: usize = 128;

impl Extractor for Disk {
    fn name(&self) -> &'static str {
        "disk"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        if head.get(512..520) == Some(b"EFI PART") {
            return Sure::Certain;
        }
        // No system writes more than four entries, and each begins with one of two marks.
        let len = hint.len.unwrap_or(u64::MAX);
        let mut some = false;
        let plausible = entries(head).into_iter().all(|entry| match entry {
            Some(Entry { kind: NONE, .. }) => true,
            Some(Entry { mark: 0 | 0x80, sectors, .. }) => {
                let inside = sectors.start > 0 && sectors.start * SECTOR < len;
                some |= inside && !sectors.is_empty();
                inside
            }
            _ => false,
        });
        let signed = head.get(510..512) == Some(b"\x55\xaa");
        if signed && plausible && some && raw::known(head).is_none() {
            Sure::Certain
        } else {
            Sure::No
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let mut reading = Reading { claims: Claims::new(store.len()), store, number: 0 };
        let Ok(head) = store.read(0..SECTOR) else { return Flow::Continue(()) };
        let entries = entries(&head);
        if entries.iter().flatten().any(|entry| entry.kind == GPT) || is_gpt(&store, SECTOR) {
            return reading.gpt(descent);
        }
        for entry in entries.into_iter().flatten() {
            if EXTENDED.contains(&entry.kind) {
                reading.logical(entry.sectors.start, descent)?;
            } else if entry.kind != NONE {
                reading.partition(entry.sectors, SECTOR, descent)?;
            }
        }
        Flow::Continue(())
    }
}

/// An entry of an MBR.
struct Entry {
    mark: u8,
    kind: u8,
    sectors: Range<u64>,
}

fn entries(sector: &[u8]) -> [Option<Entry>; 4] {
    [0, 1, 2, 3].map(|i| {
        let entry = sector.get(ENTRIES + 16 * i..ENTRIES + 16 * (i + 1))?;
        let start = u64::from(u32_at(entry, 8));
        let sectors = start..start + u64::from(u32_at(entry, 12));
        Some(Entry { mark: entry[0], kind: entry[4], sectors })
    })
}

fn is_gpt(store: &Store<'_>, sector: u64) -> bool {
    store.read(sector..sector + 8).is_ok_and(|mark| *mark == *b"EFI PART")
}

struct Reading<'a> {
    store: Store<'a>,
    claims: Claims,
    number: usize,
}

impl Reading<'_> {
    fn partition(&mut self, sectors: Range<u64>, size: u64, descent: &mut Descent<'_>) -> Flow {
        self.number += 1;
        let name = format!("partition {}", self.number);
        let range = sectors.start.saturating_mul(size)..sectors.end.saturating_mul(size);
        let len = self.store.len();
        let missing = range.end.saturating_sub(len).min(range.end.saturating_sub(range.start));
        if missing > 0 {
            descent.note_inside(&name, Reason::Truncated, Some(missing));
        }
        let free = self.claims.free(range.clone());
        if free.len() > 1 || free.first().is_some_and(|free| free.start != range.start) {
            descent.note_inside(&name, Reason::Overlap, None);
        }
        if range.start >= len || range.is_empty() {
            return Flow::Continue(());
        }
        // The partition's own bytes are counted as it is read: taking them here would count twice.
        self.claims.claim(range.clone(), Fate::Scanned, descent);
        descent.part(Part::new(name, self.store.content(range)))
    }

    /// The partitions of an extended one: a chain of sectors, each with the next one's place.
    fn logical(&mut self, first: u64, descent: &mut Descent<'_>) -> Flow {
        let mut at = first;
        let mut seen = HashSet::new();
        while seen.len() < LOGICAL && descent.budget().check().is_ok() {
            if !seen.insert(at) {
                descent.note_with(Reason::Cycle, None, "its partition table comes back to itself");
                break;
            }
            let start = at.saturating_mul(SECTOR);
            let sector = self.store.read(start..start.saturating_add(SECTOR)).unwrap_or_default();
            if sector.get(510..512) != Some(b"\x55\xaa") {
                descent.note_with(Reason::Damaged, None, "its partition table is broken off");
                break;
            }
            let [own, next, ..] = entries(&sector);
            if let Some(own) = own.filter(|own| own.kind != NONE) {
                let sectors = own.sectors.start + at..own.sectors.end + at;
                self.partition(sectors, SECTOR, descent)?;
            }
            match next.filter(|next| EXTENDED.contains(&next.kind)) {
                Some(next) => at = first + next.sectors.start,
                None => break,
            }
        }
        Flow::Continue(())
    }

    fn gpt(&mut self, descent: &mut Descent<'_>) -> Flow {
        let Some(size) = [SECTOR, 4096].into_iter().find(|&size| is_gpt(&self.store, size)) else {
            descent.note_with(Reason::Damaged, None, "its partition table is missing");
            return Flow::Continue(());
        };
        let header = self.store.read(size..size + 92).unwrap_or_default();
        let (count, each) = (u32_at(&header, 80), u32_at(&header, 84));
        let start = u64_at(&header, 72).saturating_mul(size);
        if !(128..=4096).contains(&each) || count > 4096 {
            descent.note_with(Reason::Damaged, None, "its partition table makes no sense");
            return Flow::Continue(());
        }
        let end = start.saturating_add(u64::from(count) * u64::from(each));
        let table = self.store.read(start..end).unwrap_or_default();
        if (table.len() as u64) < end - start {
            descent.note_with(Reason::Truncated, None, "its partition table is cut off");
        }
        for entry in table.chunks_exact(each as usize) {
            if entry[..16] == [0; 16] {
                continue;
            }
            let name = wide(&entry[56..128]);
            let name = name.split('\0').next().unwrap_or_default();
            names::property("partition", name.as_bytes(), descent)?;
            let (first, last) = (u64_at(entry, 32), u64_at(entry, 40));
            self.partition(first..last.saturating_add(1), size, descent)?;
        }
        Flow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_sector_without_plausible_partitions_is_no_disk() {
        let mut sector = vec![0_u8; 1024];
        sector[510..512].copy_from_slice(b"\x55\xaa");
        let hint = Hint { len: Some(1 << 20), ..Hint::default() };
        assert_eq!(Disk.sniff(&sector, &hint), Sure::No, "no partition at all");
        sector[ENTRIES + 4] = 0x0c;
        sector[ENTRIES + 8] = 1;
        sector[ENTRIES + 12] = 100;
        assert_eq!(Disk.sniff(&sector, &hint), Sure::Certain);
        sector[ENTRIES] = 7;
        assert_eq!(Disk.sniff(&sector, &hint), Sure::No);
    }
}
