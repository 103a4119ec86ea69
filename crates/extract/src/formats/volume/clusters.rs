//! The cluster chains of FAT and exFAT.

use super::number::{u16_at, u32_at};
use super::pieces::Pieces;
use std::collections::HashSet;

/// Bits of an entry of the file allocation table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// FAT12.
    Twelve,
    /// FAT16.
    Sixteen,
    /// FAT32, of which 28 bits count.
    ThirtyTwo,
    /// exFAT, of which all 32 count.
    Full,
}

impl Width {
    /// Bytes that a table of so many entries takes.
    pub(super) fn bytes(self, entries: u64) -> u64 {
        match self {
            Width::Twelve => (entries * 3).div_ceil(2),
            Width::Sixteen => entries * 2,
            Width::ThirtyTwo | Width::Full => entries * 4,
        }
    }

    /// Entries from this one on end a chain.
    fn end(self) -> u32 {
        match self {
            Width::Twelve => 0xff8,
            Width::Sixteen => 0xfff8,
            Width::ThirtyTwo => 0x0fff_fff8,
            Width::Full => 0xffff_fff8,
        }
    }
}

/// The clusters of a file system. The first one is number 2.
pub(super) struct Clusters {
    /// The file allocation table.
    pub(super) table: Vec<u8>,
    pub(super) width: Width,
    /// exFAT says in a bitmap which clusters are in use, not in the table.
    pub(super) used: Option<Vec<u8>>,
    /// Where the first cluster begins in the image.
    pub(super) start: u64,
    /// Bytes of a cluster.
    pub(super) size: u64,
    /// How many there are.
    pub(super) count: u32,
}

/// How a chain came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As it should.
    Good,
    /// It comes back to a cluster it went through.
    Loop,
    /// It leads to a cluster that is free, bad or not there.
    Lost,
}

impl Clusters {
    /// The clusters of a chain from `first` on, as far as `len` bytes need, or to its end.
    pub(super) fn chain(&self, first: u32, len: Option<u64>) -> (Pieces, End) {
        let mut pieces = Pieces::default();
        let mut seen = HashSet::new();
        let mut cluster = first;
        loop {
            if len.is_some_and(|len| pieces.len() >= len) {
                break (pieces, End::Good);
            }
            if cluster >= self.width.end() {
                let short = len.is_some_and(|len| pieces.len() < len);
                break (pieces, if short { End::Lost } else { End::Good });
            }
            if !self.is_there(cluster) {
                break (pieces, End::Lost);
            }
            if !seen.insert(cluster) {
                break (pieces, End::Loop);
            }
            self.add(cluster, &mut pieces);
            cluster = self.entry(cluster);
        }
    }

    /// Clusters that follow one another without being chained.
    pub(super) fn run(&self, first: u32, len: u64) -> (Pieces, End) {
        let wanted = len.div_ceil(self.size);
        let there = u64::from(self.count) + 2;
        let from = u64::from(first);
        if !self.is_there(first) {
            return (Pieces::default(), End::Lost);
        }
        let last = from.saturating_add(wanted).min(there);
        let start = self.start + (from - 2) * self.size;
        let pieces = Pieces::one(start..start + (last - from) * self.size);
        let end = if from.saturating_add(wanted) > there { End::Lost } else { End::Good };
        (pieces, end)
    }

    /// Where the bytes of a deleted file most likely lie: in free clusters, one after another from
    /// its first. Nothing if that one has been used again.
    pub(super) fn deleted(&self, first: u32, len: u64) -> Pieces {
        let mut pieces = Pieces::default();
        let mut cluster = first;
        while self.is_there(cluster) && pieces.len() < len {
            match self.is_free(cluster) {
                true => self.add(cluster, &mut pieces),
                false if cluster == first => break,
                false => {}
            }
            cluster += 1;
        }
        pieces.truncate(len);
        pieces
    }

    fn add(&self, cluster: u32, pieces: &mut Pieces) {
        let start = self.start + u64::from(cluster - 2) * self.size;
        pieces.push(start..start + self.size);
    }

    fn is_there(&self, cluster: u32) -> bool {
        cluster >= 2 && cluster - 2 < self.count
    }

    fn is_free(&self, cluster: u32) -> bool {
        match &self.used {
            Some(bits) => {
                let bit = cluster as usize - 2;
                bits.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 0)
            }
            None => self.entry(cluster) == 0,
        }
    }

    /// What the table says about a cluster: the next one, its end, or 0 for free.
    fn entry(&self, cluster: u32) -> u32 {
        let at = cluster as usize;
        match self.width {
            Width::Twelve => {
                let pair = u32::from(u16_at(&self.table, at + at / 2));
                if at.is_multiple_of(2) { pair & 0xfff } else { pair >> 4 }
            }
            Width::Sixteen => u32::from(u16_at(&self.table, at * 2)),
            Width::ThirtyTwo => u32_at(&self.table, at * 4) & 0x0fff_ffff,
            Width::Full => u32_at(&self.table, at * 4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 → 4 → end, 3 → 3 for ever, 5 free, 6 → 9, which is not there, 7 free.
    fn clusters() -> Clusters {
        let table: Vec<u8> = [0xfff8, 0xffff, 4, 3, 0xffff, 0, 9, 0_u16]
            .iter()
            .flat_map(|entry| entry.to_le_bytes())
            .collect();
        Clusters { table, width: Width::Sixteen, used: None, start: 100, size: 10, count: 6 }
    }

    #[test]
    fn chains_end_where_they_should_or_say_how_they_fail() {
        let clusters = clusters();
        let (pieces, end) = clusters.chain(2, None);
        assert_eq!((pieces.len(), end), (20, End::Good));
        assert_eq!(clusters.chain(2, Some(30)).1, End::Lost);
        assert_eq!(clusters.chain(3, None).1, End::Loop);
        assert_eq!(clusters.chain(6, None).1, End::Lost);
        assert_eq!(clusters.chain(0, None).1, End::Lost);
        assert_eq!(clusters.run(7, 20).1, End::Lost);
        assert_eq!(clusters.run(6, 20).1, End::Good);
    }

    #[test]
    fn a_deleted_file_takes_the_free_clusters_behind_its_first() {
        let clusters = clusters();
        assert_eq!(clusters.deleted(5, 15).len(), 15, "5, then 7 behind one that is in use");
        assert_eq!(clusters.deleted(4, 15).len(), 0, "its first is in use again");
    }

    #[test]
    fn entries_of_twelve_bits_lie_in_pairs() {
        let table = vec![0xf8, 0xff, 0xff, 0x03, 0x40, 0x00, 0xff, 0x0f];
        let clusters =
            Clusters { table, width: Width::Twelve, used: None, start: 0, size: 1, count: 3 };
        assert_eq!(clusters.entry(2), 3);
        assert_eq!(clusters.entry(3), 4);
        assert_eq!(clusters.chain(2, None), clusters.chain(2, Some(3)));
    }
}
