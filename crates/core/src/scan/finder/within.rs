//! A word within the matches of an expression that tells them better than how they begin does, and
//! where they may start before something within them.

use super::super::MAX_MATCH;
use super::super::bytes::{ByteSet, is_word};
use super::anchor::{BACK, CANDIDATE, starts};
use super::background::Background;
use super::heads::{self, Head};
use super::pieces::{bytes_of, characters, firsts, lasts};
use regex_syntax::hir::Hir;
use serde::{Deserialize, Serialize};

/// What may stand between the start of a match and the shape or the word within it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Before {
    /// The bytes of it.
    pub(super) of: ByteSet,
    /// At most so many characters.
    pub(super) most: usize,
    /// The first byte of a match.
    pub(super) first: ByteSet,
    /// No letter, digit or underscore stands before a match.
    pub(super) bounded: bool,
}

impl Before {
    /// Yields where a match may start that has at `place` what it is found by. Nothing before `tried`
    /// is of interest any more; what is, then.
    pub(super) fn starts(
        &self,
        text: &[u8],
        place: usize,
        tried: &mut usize,
        mut each: impl FnMut(usize),
    ) {
        let low = place.saturating_sub(MAX_MATCH).max(*tried);
        if place < low {
            return;
        }
        let mut left = self.most;
        let back = { text[low..place].iter().rev() }
            .take_while(|&&b| {
                // A byte that continues a character is none of its own.
                let counts = b & 0xC0 != 0x80;
                let may = self.of.has(b) && (!counts || left > 0);
                left -= usize::from(may && counts);
                may
            })
            .count();
        for start in place - back..=place {
            let fresh = !self.bounded || start == 0 || !is_word(text[start - 1]);
            if fresh && self.first.has(text[start]) {
                each(start);
            }
        }
        *tried = place + 1;
    }
}

/// The rarest word that stands within every match of what is made of `parts`, in few ways, and
/// what may stand before it; with what it costs to go back from there. Matches begin afresh if
/// `fresh`.
pub(super) fn rarest(
    background: &mut Background,
    parts: &[&Hir],
    fresh: bool,
) -> Option<(f32, Vec<Head>, Before)> {
    let first = firsts(parts);
    let (mut of, mut most) = (ByteSet::default(), 0usize);
    let mut best: Option<(f32, Vec<Head>, Before)> = None;
    for at in 1..parts.len() {
        of = of.union(&bytes_of(parts[at - 1]));
        most = (most + characters(parts[at - 1])).min(MAX_MATCH);
        // Only the beginnings of words are looked up.
        let (end, always) = lasts(&parts[..at]);
        if !always || end.bytes().any(is_word) {
            continue;
        }
        let rest = Hir::concat(parts[at..].iter().map(|part| (*part).clone()).collect());
        let Some(words) = heads::heads(&rest).filter(|words| heads::begin_words(words)) else {
            continue;
        };
        let often: f32 = words.iter().map(|word| background.head(word)).sum();
        let cost = often * (BACK + CANDIDATE * starts(background, &of, most, fresh));
        if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
            best = Some((cost, words, Before { of, most, first, bounded: fresh }));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_starts_no_further_back_than_what_may_stand_before_and_no_start_is_tried_twice() {
        let text = "none\nfar, é1 is the password and 2 is the password".as_bytes();
        let found = |most: usize, place: usize, tried: &mut usize| {
            let of = ByteSet::of(|b| b != b'\n');
            let first = ByteSet::of(|b| b.is_ascii_alphanumeric());
            let mut starts = Vec::new();
            let before = Before { of, most, first, bounded: true };
            before.starts(text, place, tried, |at| starts.push(at));
            starts
        };
        let places: Vec<usize> = memchr::memmem::find_iter(text, "password").collect();
        let mut tried = 0;
        // Not from the line before.
        assert_eq!(found(99, places[0], &mut tried), [5, 12, 14, 17, 21]);
        assert_eq!(tried, places[0] + 1);
        assert_eq!(found(99, places[1], &mut tried), [30, 34, 36, 39, 43]);
        // `é` is one character of fifteen.
        assert_eq!(found(15, places[0], &mut 0), [5, 12, 14, 17, 21]);
        assert_eq!(found(14, places[0], &mut 0), [12, 14, 17, 21]);
    }
}
