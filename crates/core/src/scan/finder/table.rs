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

/// A set of hashes, a bit each.
type Hashes = Box<[u64; (1 << BITS) / 64]>;

/// All beginnings, by a hash of their first three bytes.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    targets: Vec<u32>,
    /// By the first bits of a hash: where its entries start; those of the next end them.
    from: Vec<u32>,
    /// Of three bytes: those that entries begin with.
    known: Hashes,
    /// Of three bytes: those that entries of fewer than [`LONG`] bytes begin with.
    short: Hashes,
    /// Of [`LONG`] bytes: those that entries of so many or more begin with.
    long: Hashes,
}

/// Bits of a hash.
const BITS: u32 = 15;
/// Bits of a hash by which entries are kept.
const FEWER: u32 = 12;
/// Of a beginning of so many bytes so many are looked at before it is compared.
const LONG: usize = 5;
/// What makes letters small.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// A hash of the first `len` bytes, letters of either case alike.
fn hash(first: u64, len: usize) -> usize {
    let some = (first | SMALL) << (64 - 8 * len);
    (some.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

fn has(set: &Hashes, hash: usize) -> bool {
    set[hash / 64] >> (hash % 64) & 1 != 0
}

fn add(set: &mut Hashes, hash: usize) {
    set[hash / 64] |= 1 << (hash % 64);
}

impl Table {
    /// Each head is at least three bytes long.
    pub(super) fn new(heads: &[(Head, u32)]) -> Self {
        let mut heads = heads.to_vec();
        let key = |head: &Head| {
            let value = head.bytes().rev().fold(0, |all, (byte, _)| all << 8 | u64::from(byte));
            hash(value, SHORTEST)
        };
        heads.sort_by_cached_key(|(head, target)| (key(head), *head, *target));
        heads.dedup();
        let mut from = vec![0; (1 << FEWER) + 1];
        let [mut known, mut short, mut long] = [(); 3].map(|()| Box::new([0u64; (1 << BITS) / 64]));
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
            from[(three >> (BITS - FEWER)) + 1] += 1;
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
        Table { entries, targets, from, known, short, long }
    }

    /// Whether a word may be something whose first eight bytes, the first lowest, are `first`.
    #[inline(always)]
    pub(super) fn may(&self, first: u64) -> bool {
        has(&self.known, hash(first, SHORTEST))
    }

    /// For whom it may be something.
    pub(super) fn look(&self, first: u64, each: impl FnMut(u32)) {
        let three = hash(first, SHORTEST);
        if has(&self.short, three) || has(&self.long, hash(first, LONG)) {
            self.compare(first, three >> (BITS - FEWER), each);
        }
    }

    fn compare(&self, first: u64, key: usize, mut each: impl FnMut(u32)) {
        let (from, to) = (self.from[key] as usize, self.from[key + 1] as usize);
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
