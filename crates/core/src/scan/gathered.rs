//! The keywords of a text, gathered where somebody asks for them, and once.

use super::DetectorId;
use super::compile::{Compiled, role};
use super::finder::{Parts, Places};
use super::keywords::Hit;
use std::ops::Range;

/// Keywords are gathered for so many bytes of a text at once.
pub(super) const BLOCK: usize = 512;

/// The keywords of a text, as far as somebody wanted to know.
#[derive(Default)]
pub(super) struct Gathered {
    /// Sorted by start within a block.
    hits: Vec<Hit>,
    /// By block: which hits start in it, once it is known.
    blocks: Vec<Option<(u32, u32)>>,
    /// By block and detector, a bit each: something in it speaks for the detector.
    spoken: Vec<u64>,
    /// The same: something in it speaks for or against it.
    heard: Vec<u64>,
    /// Words of these to a block.
    width: usize,
    /// Where keywords may start, if the words of the text were visited.
    pub(super) places: Option<Places>,
    pub(super) parts: Parts,
}

// Inlined into other files only where that is said: without, logs cost a fiftieth more.
impl Gathered {
    pub(super) fn clear(&mut self, c: &Compiled, text: &[u8]) {
        let blocks = text.len() / BLOCK + 1;
        self.width = c.detectors.len().div_ceil(64);
        self.hits.clear();
        self.blocks.clear();
        self.blocks.resize(blocks, None);
        for bits in [&mut self.spoken, &mut self.heard] {
            bits.clear();
            bits.resize(blocks * self.width, 0);
        }
    }

    /// Gathers the keywords of the blocks of a span.
    #[inline]
    pub(super) fn gather(&mut self, c: &Compiled, text: &[u8], span: &Range<usize>) {
        for number in span.start / BLOCK..=(span.end / BLOCK).min(self.blocks.len() - 1) {
            if self.blocks[number].is_some() {
                continue;
            }
            let from = self.hits.len();
            let start = number * BLOCK;
            let range = start..(start + BLOCK).min(text.len());
            match &self.places {
                Some(places) => c.words.find_at(text, places, &range, &mut self.hits),
                None => c.words.find(&mut self.parts, text, range, &mut self.hits),
            }
            self.blocks[number] = Some((from as u32, self.hits.len() as u32));
            let spoken = &mut self.spoken[number * self.width..][..self.width];
            let heard = &mut self.heard[number * self.width..][..self.width];
            for hit in &self.hits[from..] {
                for (detector, roles) in c.entries[hit.entry as usize].uses() {
                    let (word, bit) = (detector.index() / 64, 1 << (detector.index() % 64));
                    heard[word] |= bit;
                    if roles & role::FOR != 0 {
                        spoken[word] |= bit;
                    }
                }
            }
        }
    }

    /// By one of the sets of bits: whether something in a block is of this kind for a detector.
    fn is_in(&self, bits: &[u64], block: usize, detector: DetectorId) -> bool {
        let (word, bit) = (detector.index() / 64, detector.index() % 64);
        bits[block * self.width + word] >> bit & 1 != 0
    }

    /// The first of the gathered blocks of a span in which something speaks for a detector.
    #[inline]
    pub(super) fn first_spoken(&self, detector: DetectorId, span: Range<usize>) -> Option<usize> {
        let mut blocks = span.start / BLOCK..=span.end / BLOCK;
        blocks.find(|block| self.is_in(&self.spoken, *block, detector))
    }

    /// The gathered hits within a span that may be something to a detector.
    #[inline]
    pub(super) fn within(
        &self,
        detector: DetectorId,
        span: &Range<usize>,
    ) -> impl Iterator<Item = &Hit> {
        let blocks = span.start / BLOCK..=(span.end / BLOCK).min(self.blocks.len() - 1);
        let (start, end) = (span.start, span.end);
        blocks
            .filter(move |block| self.is_in(&self.heard, *block, detector))
            .filter_map(|block| self.blocks[block])
            .flat_map(|(from, to)| &self.hits[from as usize..to as usize])
            .filter(move |hit| hit.start >= start && hit.end <= end)
    }
}
