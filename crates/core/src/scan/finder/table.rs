//! Beginnings of words, looked up at every word of a text.

use super::heads::{Head, LONGEST, SHORTEST};

/// One beginning, and for whom it is looked up.
#[derive(Debug, Clone)]
struct Entry {
    /// Its bytes, the first lowest.
    value: u64,
    /// Set in letters of either case.
    either: u64,
    /// Set in bytes that count.
    mask: u64,
    target: u32,
}

/// All beginnings, by a hash of their first three bytes.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    /// By hash: where its entries start; those of the next hash end them.
    from: Vec<u32>,
    /// By hash: whether it has entries.
    known: Vec<u64>,
}

/// Bits of a hash.
const BITS: u32 = 13;
/// What makes three letters small.
const SMALL: u32 = 0x0020_2020;

fn hash(first: u64) -> usize {
    let three = (first as u32 & 0x00FF_FFFF) | SMALL;
    (three.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

impl Table {
    /// Each head is at least three bytes long.
    pub(super) fn new(heads: &[(Head, u32)]) -> Self {
        if heads.is_empty() {
            return Table::default();
        }
        let mut entries: Vec<(usize, Entry)> = heads
            .iter()
            .map(|(head, target)| {
                debug_assert!((SHORTEST..=LONGEST).contains(&head.len()));
                let mut entry = Entry { value: 0, either: 0, mask: 0, target: *target };
                for (i, (byte, either)) in head.bytes().enumerate() {
                    entry.value |= u64::from(byte) << (8 * i);
                    entry.mask |= 0xFF << (8 * i);
                    entry.either |= if either { 0x20 << (8 * i) } else { 0 };
                }
                (hash(entry.value), entry)
            })
            .collect();
        entries.sort_by_key(|(hash, entry)| (*hash, entry.target));
        let mut from = vec![0; (1 << BITS) + 1];
        let mut known = vec![0; (1 << BITS) / 64];
        for (hash, _) in &entries {
            from[hash + 1] += 1;
            known[hash / 64] |= 1 << (hash % 64);
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        Table { entries: entries.into_iter().map(|(_, entry)| entry).collect(), from, known }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For whom the word that starts at `at` may be something.
    #[inline]
    pub(super) fn look(&self, text: &[u8], at: usize, mut each: impl FnMut(u32)) {
        let first = match text.get(at..at + 8) {
            Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
            None => {
                let mut eight = [0; 8];
                let rest = &text[at..];
                eight[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(eight)
            }
        };
        let hash = hash(first);
        if self.known[hash / 64] >> (hash % 64) & 1 == 0 {
            return;
        }
        for entry in &self.entries[self.from[hash] as usize..self.from[hash + 1] as usize] {
            if (first | entry.either) & entry.mask == entry.value {
                each(entry.target);
            }
        }
    }
}
