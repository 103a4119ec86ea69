use super::{PartPath, Reason, Status};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A fault of the data, or a skip: why some bytes were not scanned. Never holds matched text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Why.
    pub reason: Reason,
    /// The part it happened in.
    pub part: PartPath,
    /// How many bytes of that part it concerns, where known.
    pub bytes: Option<u64>,
    /// What exactly, in plain words, where the reason alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

impl Note {
    /// A note about a whole part of unknown size.
    pub fn new(reason: Reason, part: PartPath) -> Self {
        Note { reason, part, bytes: None, detail: None }
    }

    /// The same with its number of bytes.
    pub fn with_bytes(self, bytes: u64) -> Self {
        Note { bytes: Some(bytes), ..self }
    }

    /// The same with plain words.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Note { detail: Some(detail.into()), ..self }
    }
}

/// What became of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Scanned, as itself or as what it decodes to (structure bytes that a parser read included).
    Scanned,
    /// Left out on purpose.
    Skipped(Reason),
    /// Could not be scanned.
    Unscannable(Reason),
}

/// The account of one layer: which bytes of a part have which fate.
///
/// An extractor claims what it read; what nobody claims is a gap, and the descent gives gaps to
/// the printable-strings pass before the account is closed.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    claims: Vec<(Range<u64>, Fate)>,
}

/// The sums of a closed layer. `scanned + skipped + unscannable + gap = size`, `overlap = 0`
/// when the books balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LayerSum {
    /// Bytes of the layer.
    pub size: u64,
    /// Bytes scanned.
    pub scanned: u64,
    /// Bytes left out on purpose.
    pub skipped: u64,
    /// Bytes that could not be scanned.
    pub unscannable: u64,
    /// Bytes nobody accounted for.
    pub gap: u64,
    /// Bytes claimed more than once with different fates, or past the end.
    pub overlap: u64,
}

impl Coverage {
    /// Says what became of a half-open range of the layer's bytes. Claiming the same range again
    /// with the same fate is harmless.
    pub fn claim(&mut self, range: Range<u64>, fate: Fate) {
        if range.is_empty() {
            return;
        }
        if let Some((last, last_fate)) = self.claims.last_mut()
            && *last_fate == fate
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        self.claims.push((range, fate));
    }

    /// The ranges of a layer of `size` bytes that nobody claimed.
    pub fn gaps(&mut self, size: u64) -> Vec<Range<u64>> {
        self.sort();
        let mut gaps = Vec::new();
        let mut at = 0;
        for (range, _) in &self.claims {
            if range.start > at {
                gaps.push(at..range.start.min(size));
            }
            at = at.max(range.end);
        }
        if at < size {
            gaps.push(at..size);
        }
        gaps.retain(|g| !g.is_empty());
        gaps
    }

    /// Adds the layer up. Where two claims disagree, the worse fate counts and the bytes are
    /// reported as overlap.
    pub fn close(mut self, size: u64) -> LayerSum {
        let mut sum = LayerSum { size, ..LayerSum::default() };
        // Most layers are read from end to end.
        if let [(range, Fate::Scanned)] = &self.claims[..]
            && *range == (0..size)
        {
            return LayerSum { scanned: size, ..sum };
        }
        self.sort();
        // A sweep over the edges: at each elementary range, look at the fates that cover it.
        let mut edges: Vec<u64> = self.claims.iter().flat_map(|(r, _)| [r.start, r.end]).collect();
        edges.extend([0, size]);
        edges.sort_unstable();
        edges.dedup();
        let mut next = 0;
        let mut open: Vec<(u64, Fate)> = Vec::new();
        for pair in edges.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            open.retain(|&(until, _)| until > start);
            while let Some((range, fate)) = self.claims.get(next)
                && range.start <= start
            {
                open.push((range.end, *fate));
                next += 1;
            }
            let bytes = end - start;
            if start >= size {
                sum.overlap += bytes;
                continue;
            }
            let Some(worst) = open.iter().map(|&(_, fate)| rank(fate)).max() else {
                sum.gap += bytes;
                continue;
            };
            if open.iter().any(|&(_, fate)| fate != open[0].1) {
                sum.overlap += bytes;
            }
            match worst {
                0 => sum.scanned += bytes,
                1 => sum.skipped += bytes,
                _ => sum.unscannable += bytes,
            }
        }
        sum
    }

    fn sort(&mut self) {
        self.claims.sort_by_key(|(range, _)| (range.start, range.end));
    }
}

const fn rank(fate: Fate) -> u8 {
    match fate {
        Fate::Scanned => 0,
        Fate::Skipped(_) => 1,
        Fate::Unscannable(_) => 2,
    }
}

impl LayerSum {
    /// True when every byte has exactly one fate.
    pub const fn balances(&self) -> bool {
        self.gap == 0
            && self.overlap == 0
            && self.scanned + self.skipped + self.unscannable == self.size
    }
}

/// The account of an item: every byte of every decoded layer, and every reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// What went wrong or was left out; at most [`Ledger::MOST_NOTES`] are kept, all are counted.
    notes: Vec<Note>,
    counts: BTreeMap<Reason, u64>,
    /// Layers closed, and the sums over all of them.
    layers: u64,
    sum: LayerSum,
    unbalanced: u64,
    /// Bytes of text that were a part's own content (not its metadata, not printable strings).
    content: u64,
    /// Parts that were locked and were opened with one of the passwords given.
    #[serde(default)]
    opened: Vec<PartPath>,
}

impl Ledger {
    /// Notes kept with their part.
    pub const MOST_NOTES: usize = 1_000;

    /// An empty account.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a note. The first of each reason and part is kept.
    pub fn note(&mut self, note: Note) {
        let first = self.count(note.reason, 1);
        self.keep(note, first);
    }

    /// Counts a reason; true where it is new.
    fn count(&mut self, reason: Reason, times: u64) -> bool {
        let count = self.counts.entry(reason).or_default();
        *count += times;
        *count == times
    }

    /// Keeps a note unless it is known or there is no room. The first of a reason is always kept,
    /// however full the list is.
    fn keep(&mut self, note: Note, first: bool) {
        let known = self
            .notes
            .iter()
            .rev()
            .take(32)
            .any(|n| n.reason == note.reason && n.part == note.part);
        if !known && (self.notes.len() < Self::MOST_NOTES || first) {
            self.notes.push(note);
        }
    }

    /// Closes a layer's account.
    pub fn layer(&mut self, sum: LayerSum) {
        self.layers += 1;
        self.more_of_layer(sum);
    }

    /// Adds the account of a further piece of a layer that is counted already.
    pub fn more_of_layer(&mut self, sum: LayerSum) {
        self.unbalanced += u64::from(!sum.balances());
        self.add(&sum);
    }

    fn add(&mut self, sum: &LayerSum) {
        let all = &mut self.sum;
        all.size += sum.size;
        all.scanned += sum.scanned;
        all.skipped += sum.skipped;
        all.unscannable += sum.unscannable;
        all.gap += sum.gap;
        all.overlap += sum.overlap;
    }

    /// Counts text that was scanned as a part's own content.
    pub fn content(&mut self, bytes: u64) {
        self.content += bytes;
    }

    /// Records that a locked part was opened with one of the passwords given. It was read: this is
    /// no fault, but whoever lets it go should know that others will find it locked.
    pub fn opened(&mut self, part: PartPath) {
        if self.opened.len() < Self::MOST_NOTES && !self.opened.contains(&part) {
            self.opened.push(part);
        }
    }

    /// The parts that were locked and were opened; at most [`Ledger::MOST_NOTES`] are kept.
    pub fn opened_parts(&self) -> &[PartPath] {
        &self.opened
    }

    /// What went wrong or was left out, in the order it was met.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How often each reason occurred, kept notes or not.
    pub fn counts(&self) -> &BTreeMap<Reason, u64> {
        &self.counts
    }

    /// The sums over all layers.
    pub fn sum(&self) -> LayerSum {
        self.sum
    }

    /// Layers closed.
    pub fn layers(&self) -> u64 {
        self.layers
    }

    /// Layers whose books do not balance. Zero, or there is a bug in an extractor.
    pub fn unbalanced(&self) -> u64 {
        self.unbalanced
    }

    /// True when some part's own content was read as text, or there was none to read.
    pub fn read_content(&self) -> bool {
        self.content > 0
    }

    /// Rewrites the part of every note: where a name holds a value, it is masked there.
    pub fn map_parts(&mut self, mut rewrite: impl FnMut(&PartPath) -> PartPath) {
        for note in &mut self.notes {
            note.part = rewrite(&note.part);
        }
        for part in &mut self.opened {
            *part = rewrite(part);
        }
    }

    /// How much of an item with this account and so many findings was scanned.
    ///
    /// Something was read if a part's own text was, if anything was found, or if a container was
    /// unpacked until a limit or damage stopped it. What is merely locked or unknown was not read;
    /// of what is locked as a whole a finding shows only what stands there in the clear.
    pub fn status(&self, found: u64) -> Status {
        let mut faults = self.counts.keys().filter(|r| !r.is_skip()).peekable();
        if faults.peek().is_none() {
            return Status::Complete;
        }
        // Reading goes on until such a limit is reached; damage may stand at the very beginning.
        let began = faults.any(|r| r.is_exhaustion() || self.layers > 1 && r.is_breakage());
        let read = self.content > 0 || found > 0 && !self.is_locked() || began;
        if read { Status::Partial } else { Status::Unscannable }
    }

    /// True when the item itself is locked: what is found in it stands beside what it holds.
    fn is_locked(&self) -> bool {
        let whole = |n: &Note| n.reason == Reason::Encrypted && n.part == PartPath::root();
        self.layers <= 1 && self.notes.iter().any(whole)
    }

    /// Takes over what another account holds, as if its notes had been made here.
    pub fn absorb(&mut self, other: Ledger) {
        let counts = other.counts.into_iter();
        let mut new: BTreeSet<Reason> =
            counts.filter_map(|(reason, n)| self.count(reason, n).then_some(reason)).collect();
        for note in other.notes {
            let first = new.remove(&note.reason);
            self.keep(note, first);
        }
        other.opened.into_iter().for_each(|part| self.opened(part));
        self.add(&other.sum);
        self.layers += other.layers;
        self.unbalanced += other.unbalanced;
        self.content += other.content;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_fate_or_is_named_as_gap_or_overlap() {
        let mut coverage = Coverage::default();
        coverage.claim(0..10, Fate::Scanned);
        coverage.claim(20..30, Fate::Unscannable(Reason::Encrypted));
        coverage.claim(25..32, Fate::Scanned);
        assert_eq!(coverage.gaps(40), vec![10..20, 32..40]);
        let sum = coverage.close(40);
        assert_eq!(
            sum,
            LayerSum { size: 40, scanned: 12, skipped: 0, unscannable: 10, gap: 18, overlap: 5 }
        );
        assert!(!sum.balances());
    }

    #[test]
    fn claiming_twice_with_the_same_fate_is_harmless() {
        let mut coverage = Coverage::default();
        coverage.claim(0..10, Fate::Scanned);
        coverage.claim(5..10, Fate::Scanned);
        assert!(coverage.close(10).balances());
    }

    #[test]
    fn what_is_locked_as_a_whole_was_not_read_whatever_stands_in_the_clear() {
        let root = PartPath::root();
        for (part, status) in
            [(root.clone(), Status::Unscannable), (root.join("a.txt"), Status::Partial)]
        {
            let mut ledger = Ledger::new();
            ledger.note(Note::new(Reason::Encrypted, part));
            ledger.layer(LayerSum::default());
            assert_eq!(ledger.status(0), Status::Unscannable);
            assert_eq!(ledger.status(1), status);
        }
    }

    #[test]
    fn claims_past_the_end_do_not_balance() {
        let mut coverage = Coverage::default();
        coverage.claim(0..11, Fate::Scanned);
        assert_eq!(coverage.close(10).overlap, 1);
    }

    #[test]
    fn accounts_of_pieces_add_up_to_that_of_the_whole() {
        let part = |n: u64| PartPath::root().join((n / 2).to_string());
        let reason = |n: u64| match n {
            0..1_500 => Reason::Damaged,
            _ => Reason::Encrypted,
        };
        let note = |ledger: &mut Ledger, n| {
            ledger.note(Note::new(reason(n), part(n)));
            ledger.content(n);
        };
        let sum = |from, to| LayerSum { size: to - from, scanned: to - from, ..<_>::default() };
        let mut whole = Ledger::new();
        (0..3_000).for_each(|n| note(&mut whole, n));
        whole.layer(sum(0, 3_000));
        let mut added = Ledger::new();
        for start in [0, 1_001, 1_500, 2_777] {
            let end = [1_001, 1_500, 2_777, 3_000].into_iter().find(|&end| end > start).unwrap();
            let mut piece = Ledger::new();
            (start..end).for_each(|n| note(&mut piece, n));
            match start {
                0 => piece.layer(sum(start, end)),
                _ => piece.more_of_layer(sum(start, end)),
            }
            added.absorb(piece);
        }
        assert_eq!(added, whole);
    }

    #[test]
    fn a_flood_of_notes_is_counted_but_not_kept() {
        let mut ledger = Ledger::new();
        for i in 0..5_000 {
            ledger.note(Note::new(Reason::Damaged, PartPath::root().join(i.to_string())));
        }
        ledger.note(Note::new(Reason::Encrypted, PartPath::root()));
        assert_eq!(ledger.counts()[&Reason::Damaged], 5_000);
        assert_eq!(ledger.notes().len(), Ledger::MOST_NOTES + 1);
    }
}
