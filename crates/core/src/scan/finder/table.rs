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
    /// Where its targets end; they start where those of the entry before end.
    targets: u32,
}

/// All beginnings, by a hash of their first three bytes.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    targets: Vec<u32>,
    /// By hash: where its entries start; those of the next hash end them.
    from: Vec<u32>,
    /// By hash of three bytes: whether it has entries.
    known: Vec<u64>,
    /// By hash of three bytes: whether it has entries of fewer than [`LONG`] bytes.
    short: Vec<u64>,
    /// By hash of [`LONG`] bytes: whether there are entries of so many or more that begin so.
    long: Vec<u64>,
}

/// Bits of a hash.
const BITS: u32 = 13;
/// Of a beginning of so many bytes so many are looked at before it is compared.
const LONG: usize = 5;
/// What makes letters small.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// A hash of the first `len` bytes, letters of either case alike.
fn hash(first: u64, len: usize) -> usize {
    let some = (first | SMALL) << (64 - 8 * len);
    (some.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

fn has(set: &[u64], hash: usize) -> bool {
    set[hash / 64] >> (hash % 64) & 1 != 0
}

fn add(set: &mut [u64], hash: usize) {
    set[hash / 64] |= 1 << (hash % 64);
}

impl Table {
    /// Each head is at least three bytes long.
    pub(super) fn new(heads: &[(Head, u32)]) -> Self {
        if heads.is_empty() {
            return Table::default();
        }
        let mut heads = heads.to_vec();
        let key = |head: &Head| {
            let value = head.bytes().rev().fold(0, |all, (byte, _)| all << 8 | u64::from(byte));
            hash(value, SHORTEST)
        };
        heads.sort_by_cached_key(|(head, target)| (key(head), *head, *target));
        heads.dedup();
        let mut from = vec![0; (1 << BITS) + 1];
        let [mut known, mut short, mut long] = [const { [0u64; (1 << BITS) / 64] }; 3];
        let (mut entries, mut targets) = (Vec::<Entry>::new(), Vec::new());
        for same in heads.chunk_by(|(a, _), (b, _)| a == b) {
            let head = same[0].0;
            debug_assert!((SHORTEST..=LONGEST).contains(&head.len()));
            targets.extend(same.iter().map(|(_, target)| *target));
            let mut entry = Entry { value: 0, either: 0, mask: 0, targets: targets.len() as u32 };
            for (i, (byte, either)) in head.bytes().enumerate() {
                entry.value |= u64::from(byte) << (8 * i);
                entry.mask |= 0xFF << (8 * i);
                entry.either |= if either { 0x20 << (8 * i) } else { 0 };
            }
            let three = hash(entry.value, SHORTEST);
            from[three + 1] += 1;
            add(&mut known, three);
            match head.len() < LONG {
                true => add(&mut short, three),
                false => add(&mut long, hash(entry.value, LONG)),
            }
            entries.push(entry);
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        let [known, short, long] = [known, short, long].map(Vec::from);
        Table { entries, targets, from, known, short, long }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For whom the word that starts at `at` may be something.
    #[inline]
    pub(super) fn look(&self, text: &[u8], at: usize, each: impl FnMut(u32)) {
        let first = match text.get(at..at + 8) {
            Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
            None => {
                let mut eight = [0; 8];
                let rest = &text[at..];
                eight[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(eight)
            }
        };
        let three = hash(first, SHORTEST);
        if has(&self.known, three)
            && (has(&self.short, three) || has(&self.long, hash(first, LONG)))
        {
            self.compare(first, three, each);
        }
    }

    fn compare(&self, first: u64, three: usize, mut each: impl FnMut(u32)) {
        let (from, to) = (self.from[three] as usize, self.from[three + 1] as usize);
        let mut start = from.checked_sub(1).map_or(0, |last| self.entries[last].targets);
        for entry in &self.entries[from..to] {
            if (first | entry.either) & entry.mask == entry.value {
                let targets = start as usize..entry.targets as usize;
                self.targets[targets].iter().for_each(|target| each(*target));
            }
            start = entry.targets;
        }
    }
}
