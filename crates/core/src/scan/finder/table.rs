//! Beginnings of words, looked up at every word of a text.

use super::heads::{Head, LONGEST, SHORTEST};

/// All beginnings.
#[derive(Debug)]
pub(super) struct Table {
    /// Of three bytes: those that beginnings have.
    known: Hashes,
    /// Those that do not tell their first [`LONG`] bytes one by one, by a hash of three.
    short: Chains,
    /// All others, by a hash of so many.
    long: Chains,
}

/// A beginning that tells so many bytes one by one is looked up by all of these.
const LONG: usize = 5;

/// Beginnings by a hash of their first bytes.
#[derive(Debug)]
struct Chains {
    /// So many.
    len: usize,
    known: Hashes,
    /// By the first bits of a hash: where its entries start; those of the next end them.
    from: Vec<u32>,
    entries: Vec<Entry>,
    targets: Vec<u32>,
}

/// One beginning, and for whom it is looked up.
#[derive(Debug, Clone)]
struct Entry {
    head: Head,
    /// Where its targets end; they start where those of the entry before end.
    targets: u32,
}

/// A set of hashes, a bit each.
type Hashes = Box<[u64; (1 << BITS) / 64]>;

/// Bits of a hash.
const BITS: u32 = 15;
/// Bits of a hash by which entries are kept.
const FEWER: u32 = 12;
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
        let mut known: Hashes = Box::new([0; (1 << BITS) / 64]);
        for (head, _) in heads {
            debug_assert!((SHORTEST..=LONGEST).contains(&head.len()));
            add(&mut known, hash(head.value, SHORTEST));
        }
        let (long, short) = heads.iter().partition(|(head, _)| head.word().count() >= LONG);
        Table { known, short: Chains::new(SHORTEST, short), long: Chains::new(LONG, long) }
    }

    /// Whether a word may be something whose first eight bytes, the first lowest, are `first`.
    #[inline(always)]
    pub(super) fn may(&self, first: u64) -> bool {
        has(&self.known, hash(first, SHORTEST))
    }

    /// For whom it may be something.
    #[inline(always)]
    pub(super) fn look(&self, first: u64, mut each: impl FnMut(u32)) {
        self.short.look(first, &mut each);
        self.long.look(first, &mut each);
    }
}

impl Chains {
    fn new(len: usize, mut heads: Vec<(Head, u32)>) -> Chains {
        heads.sort_unstable_by_key(|(head, target)| (hash(head.value, len), *head, *target));
        heads.dedup();
        let mut known: Hashes = Box::new([0; (1 << BITS) / 64]);
        let mut from = vec![0; (1 << FEWER) + 1];
        let (mut entries, mut targets) = (Vec::new(), Vec::new());
        for same in heads.chunk_by(|(a, _), (b, _)| a == b) {
            let head = same[0].0;
            targets.extend(same.iter().map(|(_, target)| *target));
            entries.push(Entry { head, targets: targets.len() as u32 });
            let hash = hash(head.value, len);
            add(&mut known, hash);
            from[(hash >> (BITS - FEWER)) + 1] += 1;
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        Chains { len, known, from, entries, targets }
    }

    #[inline(always)]
    fn look(&self, first: u64, each: impl FnMut(u32)) {
        let hash = hash(first, self.len);
        if has(&self.known, hash) {
            self.compare(first, hash >> (BITS - FEWER), each);
        }
    }

    #[inline]
    fn compare(&self, first: u64, key: usize, mut each: impl FnMut(u32)) {
        let (from, to) = (self.from[key] as usize, self.from[key + 1] as usize);
        let mut start = from.checked_sub(1).map_or(0, |last| self.entries[last].targets);
        for entry in &self.entries[from..to] {
            if first & entry.head.mask == entry.head.value {
                let targets = start as usize..entry.targets as usize;
                self.targets[targets].iter().for_each(|target| each(*target));
            }
            start = entry.targets;
        }
    }
}
