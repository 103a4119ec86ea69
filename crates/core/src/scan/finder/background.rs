//! How often something is to be expected in a text that holds nothing of interest: prose, tables
//! and logs, all at once. A rough model, only ever used to choose between ways that are all right.

use super::super::bytes::ByteSet;
use super::graph::LONG;
use super::heads::Head;
use super::shape::{Algebra, Grain};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Lower, upper, digit, blank, line break and control, punctuation, not ASCII.
const KINDS: usize = 7;

/// How often a kind follows a kind.
const FOLLOWS: [[f32; KINDS]; KINDS] = [
    [0.77, 0.01, 0.005, 0.14, 0.015, 0.058, 0.002],
    [0.3, 0.55, 0.03, 0.06, 0.01, 0.048, 0.002],
    [0.03, 0.02, 0.62, 0.11, 0.03, 0.189, 0.001],
    [0.6, 0.12, 0.1, 0.08, 0.01, 0.088, 0.002],
    [0.25, 0.2, 0.12, 0.25, 0.1, 0.078, 0.002],
    [0.2, 0.1, 0.2, 0.25, 0.12, 0.128, 0.002],
    [0.3, 0.05, 0.02, 0.1, 0.03, 0.05, 0.45],
];

/// How often a kind occurs.
const OCCURS: [f32; KINDS] = [0.6, 0.06, 0.06, 0.15, 0.03, 0.09, 0.01];

/// English letters, by a thousand.
const LETTERS: [u8; 26] = [
    82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2,
    20, 1,
];

/// So many places of a log have nothing but letters and figures for a while: hashes and names.
const HASHES: f32 = 0.02;

const PUNCTUATION: [(u8, f32); 15] = [
    (b'.', 0.17),
    (b',', 0.14),
    (b'-', 0.12),
    (b':', 0.08),
    (b'/', 0.06),
    (b'"', 0.05),
    (b'\'', 0.04),
    (b'(', 0.04),
    (b')', 0.04),
    (b'_', 0.05),
    (b'=', 0.04),
    (b'<', 0.03),
    (b'>', 0.03),
    (b';', 0.02),
    (b'@', 0.001),
];

/// The kind of a byte, and how often a byte of this kind is this one.
static SHARES: LazyLock<[(usize, f32); 256]> = LazyLock::new(|| {
    std::array::from_fn(|b| {
        let b = b as u8;
        match b {
            b'a'..=b'z' => (0, f32::from(LETTERS[usize::from(b - b'a')]) / 1003.0),
            b'A'..=b'Z' => {
                (1, 0.6 * f32::from(LETTERS[usize::from(b - b'A')]) / 1003.0 + 0.4 / 26.0)
            }
            b'0'..=b'9' => (2, 0.1),
            b' ' => (3, 1.0),
            b'\n' => (4, 0.7),
            b'\t' => (4, 0.2),
            b'\r' => (4, 0.08),
            0..=31 | 127 => (4, 0.0007),
            128.. => (6, 1.0 / 128.0),
            _ => {
                let known = PUNCTUATION.iter().find(|(p, _)| *p == b);
                (5, known.map_or(0.005, |(_, share)| *share))
            }
        }
    })
});

/// Reckons how often a place meets a shape: the value of a shape is how likely it is to stand
/// after a byte of each kind.
#[derive(Default)]
pub(super) struct Background {
    /// As in the graph.
    pub(super) grain: Grain,
    known: FxHashMap<ByteSet, [f32; KINDS]>,
}

impl Background {
    fn shares(&mut self, set: &ByteSet) -> [f32; KINDS] {
        *self.known.entry(*set).or_insert_with(|| shares(set))
    }
}

/// Words that are far commoner than their letters say: half of an English text.
const COMMON: [&[u8]; 96] = [
    b"about",
    b"after",
    b"all",
    b"also",
    b"and",
    b"any",
    b"are",
    b"because",
    b"been",
    b"before",
    b"but",
    b"can",
    b"case",
    b"could",
    b"council",
    b"date",
    b"day",
    b"each",
    b"first",
    b"for",
    b"from",
    b"given",
    b"good",
    b"had",
    b"has",
    b"have",
    b"her",
    b"here",
    b"him",
    b"his",
    b"how",
    b"information",
    b"into",
    b"its",
    b"just",
    b"know",
    b"last",
    b"like",
    b"made",
    b"make",
    b"many",
    b"may",
    b"more",
    b"most",
    b"much",
    b"must",
    b"new",
    b"not",
    b"now",
    b"number",
    b"one",
    b"only",
    b"other",
    b"our",
    b"out",
    b"over",
    b"people",
    b"public",
    b"said",
    b"same",
    b"see",
    b"she",
    b"should",
    b"some",
    b"such",
    b"take",
    b"than",
    b"that",
    b"the",
    b"their",
    b"them",
    b"then",
    b"there",
    b"these",
    b"they",
    b"this",
    b"time",
    b"two",
    b"under",
    b"use",
    b"very",
    b"was",
    b"way",
    b"well",
    b"were",
    b"what",
    b"when",
    b"which",
    b"who",
    b"will",
    b"with",
    b"work",
    b"would",
    b"year",
    b"you",
    b"your",
];

impl Background {
    /// How often a word is to be expected that begins so.
    pub(super) fn head(&mut self, head: &Head) -> f32 {
        let mut value = self.anything();
        for some in head.places().rev() {
            value = self.one(&some.set(), &value);
        }
        frequency(&value, true)
    }

    /// How often a word is to be expected, of which `head` is the beginning.
    pub(super) fn word(&mut self, word: &[u8], head: &Head) -> f32 {
        let common = COMMON.binary_search(&&*word.to_ascii_lowercase()).is_ok();
        self.head(head) + if common { 0.001 } else { 0.0 }
    }
}

impl Algebra for Background {
    type Value = [f32; KINDS];

    fn round(&self, set: &ByteSet) -> ByteSet {
        self.grain.round(set)
    }

    fn anything(&mut self) -> Self::Value {
        [1.0; KINDS]
    }

    fn nothing(&mut self) -> Self::Value {
        [0.0; KINDS]
    }

    fn edge(&mut self, then: &Self::Value) -> Self::Value {
        // Before a word, or after one.
        let word = |i: usize| if i < 3 { FOLLOWS[i][3..].iter().sum() } else { 1.0 };
        std::array::from_fn(|i| then[i] * word(i))
    }

    fn one(&mut self, set: &ByteSet, then: &Self::Value) -> Self::Value {
        step(&self.shares(set), then)
    }

    fn either(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value {
        std::array::from_fn(|i| (a[i] + b[i]).min(1.0))
    }

    fn run(
        &mut self,
        set: &ByteSet,
        least: usize,
        most: Option<usize>,
        then: &Self::Value,
    ) -> Self::Value {
        let shares = self.shares(set);
        let mut value = *then;
        for _ in 0..most.map_or(100, |most| (most - least).min(100)) {
            let more = step(&shares, &value);
            let last = value;
            value = std::array::from_fn(|i| (then[i] + more[i]).min(1.0));
            if value.iter().zip(last).all(|(now, last)| *now <= last * 1.02) {
                break;
            }
        }
        if most.is_none_or(|most| most - least >= LONG) {
            // The streams take so long a run to lead anywhere.
            let mut long = self.anything();
            (0..LONG).for_each(|_| long = step(&shares, &long));
            if set.has(b'4') && set.has(b'e') {
                long = long.map(|chance| chance.max(HASHES));
            }
            value = self.either(&value, &long);
        }
        (0..least.min(40)).for_each(|_| value = step(&shares, &value));
        value
    }
}

fn shares(set: &ByteSet) -> [f32; KINDS] {
    let mut all = [0.0; KINDS];
    for byte in set.bytes() {
        let (kind, share) = SHARES[usize::from(byte)];
        all[kind] += share;
    }
    all
}

fn step(shares: &[f32; KINDS], then: &[f32; KINDS]) -> [f32; KINDS] {
    let next: [f32; KINDS] = std::array::from_fn(|j| shares[j] * then[j]);
    std::array::from_fn(|i| FOLLOWS[i].iter().zip(next).map(|(p, n)| p * n).sum())
}

/// How many of all places meet a shape; `bounded` where no letter or digit may stand before it.
pub(super) fn frequency(value: &[f32; KINDS], bounded: bool) -> f32 {
    let from = if bounded { 3 } else { 0 };
    (from..KINDS).map(|i| OCCURS[i] * value[i]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_in_order_and_told_from_rare_ones() {
        assert!(COMMON.is_sorted());
        let mut background = Background::default();
        let mut often =
            |word: &str| background.word(word.as_bytes(), &Head::of(word.as_bytes(), true));
        assert!(often("Which") > often("snopes") && often("for") > often("fox"));
    }
}
