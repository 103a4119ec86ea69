//! What a zip's directory says about the archive as a whole: what it is, whether its entries lie
//! on top of each other, and where it may be divided among several readers.

use super::names;
use super::zip_directory::{Directory, Entry};
use crate::extractor::{Extractor, Piece};
use crate::formats::document::office::office_kind;
use std::ops::Range;

/// What an entry weighs beside its bytes: finding it and beginning to read it.
const EACH: u64 = 4096;

impl Directory {
    /// The office format that is made of entries of these names, if it is one.
    pub(crate) fn office(&self) -> Option<&'static dyn Extractor> {
        let listed: Vec<_> = self.entries.iter().map(|e| names::text(&e.name)).collect();
        let listed: Vec<_> = listed.iter().map(AsRef::as_ref).collect();
        office_kind(&listed)
    }

    /// True when entries claim the same bytes. Only sizes and places the directory gives are
    /// looked at; local headers before the data are at least 30 bytes.
    pub(crate) fn overlaps(&self) -> bool {
        let mut ranges: Vec<_> = self.entries.iter().map(range).collect();
        ranges.sort_unstable_by_key(|r| (r.start, r.end));
        ranges.windows(2).any(|pair| pair[1].start < pair[0].end)
    }

    /// At most `most` pieces of an archive of this length, of about the same weight. None where
    /// the entries do not lie one after another, in the order of the directory, before it.
    pub(crate) fn divide(&self, len: u64, most: usize) -> Vec<Piece> {
        let ordered = self.entries.windows(2).all(|pair| pair[0].offset < pair[1].offset);
        let before = self.entries.last().is_some_and(|last| range(last).end <= self.range.start);
        let honest = self.found && !self.damaged && !self.split && !self.cut && !self.overlaps();
        if !(ordered && before && honest) || self.office().is_some() {
            return Vec::new();
        }
        let weight = |e: &Entry| e.packed.max(e.size).saturating_add(EACH);
        let all = self.entries.iter().map(weight).fold(0, u64::saturating_add);
        let each = all.div_ceil(most.max(1) as u64);
        let mut pieces = Vec::new();
        let (mut at, mut number, mut held) = (0, 0, 0);
        for (before, entry) in (0..).zip(&self.entries) {
            if held >= each {
                pieces.push(Piece { bytes: at..entry.offset, before: number });
                (at, number, held) = (entry.offset, before, 0);
            }
            held = held.saturating_add(weight(entry));
        }
        pieces.push(Piece { bytes: at..len, before: number });
        pieces
    }
}

/// Where an entry lies, as the directory says.
fn range(entry: &Entry) -> Range<u64> {
    let header = 30 + entry.name.len() as u64;
    entry.offset..entry.offset.saturating_add(header).saturating_add(entry.packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(sizes: &[u64]) -> Directory {
        let mut offset = 0;
        let entries = sizes.iter().map(|&size| {
            let name = b"a.txt".to_vec();
            let (comment, flags, method, crc) = (Vec::new(), 0, 0, 0);
            let entry = Entry { name, comment, flags, method, crc, packed: size, size, offset };
            offset = range(&entry).end;
            entry
        });
        let entries: Vec<_> = entries.collect();
        let end = entries.last().map_or(0, |last| range(last).end);
        Directory { entries, range: end..end + 100, found: true, ..Directory::default() }
    }

    #[test]
    fn pieces_weigh_about_the_same_and_leave_nothing_out() {
        let directory = directory(&[100_000; 10]);
        let pieces = directory.divide(2_000_000, 5);
        assert_eq!(pieces.iter().map(|p| p.before).collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
        assert!(pieces.windows(2).all(|pair| pair[0].bytes.end == pair[1].bytes.start));
        assert_eq!((pieces[0].bytes.start, pieces[4].bytes.end), (0, 2_000_000));
    }

    #[test]
    fn what_is_not_in_order_is_not_divided() {
        let mut swapped = directory(&[1000; 4]);
        swapped.entries.swap(1, 2);
        let mut overlapping = directory(&[1000; 4]);
        overlapping.entries[1].packed += 1;
        let mut within = directory(&[1000; 4]);
        within.range.start -= 1;
        for directory in [swapped, overlapping, within] {
            assert_eq!(directory.divide(1 << 20, 2), []);
        }
    }
}
