//! Which of several matches of the same text is reported.

use super::DetectorInfo;
use super::compile::{Compiled, PatternKind};
use super::explain::{Fate, Journal};
use super::verify::Draft;
use crate::model::Level;
use std::ops::Range;

/// Categories within which a match inside a longer one says nothing more: the longer marking is
/// the marking, the password that is a token is a token.
const NESTING: [&str; 2] = ["marking", "secret"];

/// Memory of [`Resolver::resolve`]. Reused.
#[derive(Default)]
pub(super) struct Resolver {
    pieces: Vec<Piece>,
    spare: Vec<Piece>,
    /// By draft.
    forms: Vec<Form>,
    lost: Vec<bool>,
    groups: Groups,
    /// By group, which drafts overlap others.
    contested: Vec<(u32, u32)>,
    order: Vec<(Rank, u32)>,
    /// The drafts that remain, sorted by where they start.
    pub(super) kept: Vec<u32>,
}

/// One of the values of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    start: usize,
    end: usize,
    draft: u32,
}

impl Resolver {
    /// Finds out which of `drafts` no other match of the same text outranks.
    ///
    /// Matches conflict where their spans are equal, where both are numbers or one detector's,
    /// or where one nests in another of the same category. Otherwise both are reported: an
    /// address and the postcode in it, a password line and the e-mail address in it.
    pub(super) fn resolve(
        &mut self,
        c: &Compiled,
        text: &[u8],
        drafts: &[Draft],
        journal: &mut Journal<'_>,
    ) {
        let Resolver { pieces, spare, forms, lost, groups, contested, order, kept } = self;
        pieces.clear();
        for (draft, i) in drafts.iter().zip(0..) {
            let all = draft.pieces().iter();
            pieces.extend(all.map(|p| Piece { start: p.start, end: p.end, draft: i }));
        }
        sort_by_start(pieces, spare);
        // Nothing is to be settled about a match that overlaps no other.
        lost.clear();
        lost.resize(drafts.len(), true);
        let (mut end, mut longest) = (0, 0);
        groups.clear(drafts.len());
        for (at, piece) in pieces.iter().enumerate() {
            if piece.start < end {
                lost[piece.draft as usize] = false;
                lost[pieces[at - 1].draft as usize] = false;
            } else {
                groups.open();
            }
            groups.add(piece.draft);
            end = end.max(piece.end);
            longest = longest.max(piece.end - piece.start);
        }
        forms.clear();
        forms.resize(drafts.len(), Form::Words);
        contested.clear();
        for (i, draft) in drafts.iter().enumerate().filter(|(i, _)| !lost[*i]) {
            let all = draft.pieces().iter().map(|piece| Form::of(&text[piece.clone()]));
            forms[i] = all.min().unwrap_or(Form::Words);
            contested.push((groups.of(i as u32), i as u32));
        }
        // They come nearly in order.
        contested.sort_by_key(|(group, _)| *group);
        lost.fill(false);
        for group in contested.chunk_by(|a, b| a.0 == b.0) {
            order.clear();
            let all = group.iter().map(|&(_, i)| (i as usize, i));
            order.extend(all.map(|(at, i)| (rank(c, &drafts[at], forms[at]), i)));
            order.sort_unstable();
            for &(_, winner) in order.iter() {
                if lost[winner as usize] {
                    continue;
                }
                let w = &drafts[winner as usize];
                let others = w.pieces().iter().flat_map(|own| overlapping(pieces, own, longest));
                for other in others.filter(|other| other.draft != winner) {
                    let i = other.draft as usize;
                    if lost[i] {
                        continue;
                    }
                    let numbers = forms[winner as usize].is_number() && forms[i].is_number();
                    if numbers || conflict(&c.infos, w, &drafts[i]) {
                        lost[i] = true;
                        let (fallen, by) = (&drafts[i], w.detector);
                        journal.fell(fallen.detector, fallen.span(), || Fate::Overlap(by));
                    }
                }
            }
        }
        kept.clear();
        // The pieces are sorted: a draft's first comes where its span starts.
        for piece in pieces.iter().filter(|piece| !lost[piece.draft as usize]) {
            let draft = &drafts[piece.draft as usize];
            if draft.span().start != piece.start {
                continue;
            }
            let place = draft.place();
            let before = |&&i: &&u32| drafts[i as usize].place() > place;
            let after = kept.iter().rev().take_while(before).count();
            kept.insert(kept.len() - after, piece.draft);
        }
    }
}

/// The pieces that overlap a span, of pieces sorted by where they start, none of which is longer than
/// `longest`.
fn overlapping<'p>(
    pieces: &'p [Piece],
    span: &Range<usize>,
    longest: usize,
) -> impl Iterator<Item = &'p Piece> + use<'p> {
    let Range { start, end } = *span;
    let low = start.saturating_sub(longest);
    let from = pieces.partition_point(|other| other.start < low);
    let near = pieces[from..].iter().take_while(move |other| other.start < end);
    near.filter(move |other| other.end > start)
}

/// Drafts that overlap, and those that overlap these: which of them remain is settled among them.
#[derive(Default)]
struct Groups {
    /// By draft.
    numbers: Vec<u32>,
    /// By group: an earlier one that it is one with, or itself.
    first: Vec<u32>,
}

impl Groups {
    const NONE: u32 = u32::MAX;

    fn clear(&mut self, drafts: usize) {
        self.first.clear();
        self.numbers.clear();
        self.numbers.resize(drafts, Self::NONE);
    }

    /// Starts another one.
    fn open(&mut self) {
        self.first.push(self.first.len() as u32);
    }

    /// Adds a draft to the last one; a pair may be in two, which then are one.
    fn add(&mut self, draft: u32) {
        let last = self.first.len() as u32 - 1;
        match self.numbers[draft as usize] {
            Self::NONE => self.numbers[draft as usize] = last,
            other => {
                let (a, b) = (self.root(other), self.root(last));
                self.first[a.max(b) as usize] = a.min(b);
            }
        }
    }

    fn of(&mut self, draft: u32) -> u32 {
        self.root(self.numbers[draft as usize])
    }

    fn root(&mut self, mut group: u32) -> u32 {
        while self.first[group as usize] != group {
            let before = self.first[group as usize];
            // The next one who asks has half as far to go.
            self.first[group as usize] = self.first[before as usize];
            group = before;
        }
        group
    }
}

/// Sorts by where they start what is sorted by draft; pieces of one start stay in order.
fn sort_by_start(pieces: &mut Vec<Piece>, spare: &mut Vec<Piece>) {
    /// So few are not worth counting.
    const FEW: usize = 64;
    if pieces.len() < FEW {
        pieces.sort_by_key(|piece| piece.start);
        return;
    }
    let most = pieces.iter().map(|piece| piece.start).max().unwrap_or(0);
    for shift in (0..usize::BITS).step_by(8).take_while(|shift| most >> shift > 0) {
        let digit = |piece: &Piece| piece.start >> shift & 0xFF;
        let mut from = [0; 256];
        pieces.iter().for_each(|piece| from[digit(piece)] += 1);
        let mut sum = 0;
        for place in &mut from {
            sum += std::mem::replace(place, sum);
        }
        spare.clone_from(pieces);
        for piece in spare.iter() {
            let place = &mut from[digit(piece)];
            pieces[*place] = *piece;
            *place += 1;
        }
    }
}

/// What a value is made of. In this order the first is the most wordy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Words,
    /// An identifier: figures and capital letters.
    Number,
    /// Figures only.
    Figures,
}

impl Form {
    fn of(value: &[u8]) -> Form {
        let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
        let letters = value.iter().filter(|b| b.is_ascii_alphabetic() || !b.is_ascii()).count();
        if digits < 4 || digits * 2 < letters || value.iter().any(u8::is_ascii_lowercase) {
            Form::Words
        } else if letters > 0 {
            Form::Number
        } else {
            Form::Figures
        }
    }

    fn is_number(self) -> bool {
        self != Form::Words
    }
}

/// Whether only one of two overlapping matches can be meant.
fn conflict(infos: &[DetectorInfo], a: &Draft, b: &Draft) -> bool {
    if a.detector == b.detector || a.span() == b.span() {
        return true;
    }
    let (i, j) = (&infos[a.detector.index()], &infos[b.detector.index()]);
    let within = |a: Range<usize>, b: Range<usize>| a.start >= b.start && a.end <= b.end;
    i.category == j.category
        && NESTING.contains(&&*i.category)
        && (within(a.span(), b.span()) || within(b.span(), a.span()))
}

/// How good a match is; the least is the best.
type Rank = (u64, u64, u64, usize, (bool, usize));

/// Below low never beats low; then the longest that no check doubts (a pair of at least medium is
/// not doubted for its halves' sake); of figures alone the one whose keyword is nearest; then
/// confidence, precedence, the ids' order, what stands first.
fn rank(c: &Compiled, draft: &Draft, form: Form) -> Rank {
    let low = Level::of(draft.confidence) >= Level::Low;
    // Two values that stand together say more than either half, though a check doubts them.
    let sure = draft.validated || (draft.is_pair && Level::of(draft.confidence) >= Level::Medium);
    let figures = form == Form::Figures;
    let length = u64::from(u32::MAX) - draft.len() as u64;
    let distance = if figures { draft.near.distance as u64 } else { 0 };
    let number = draft.detector.index();
    let less = |better: u8| u64::from(u8::MAX - better);
    let pattern = &c.patterns[draft.pattern];
    (
        u64::from(!low) << 34 | u64::from(!sure) << 33 | length << 1 | u64::from(!figures),
        distance,
        less(draft.confidence) << 40
            | less(c.infos[number].precedence) << 32
            | u64::from(c.by_id[number]),
        draft.span().start,
        // In an order that does not depend on how they were found.
        (pattern.kind == PatternKind::Phrases, draft.pattern),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_the_order_of_their_starts_then_of_their_drafts() {
        let starts = (0..700usize).map(|i| i.wrapping_mul(0x9E37_79B1) % 70_000 / 3);
        let mut pieces: Vec<Piece> =
            starts.zip(0..).map(|(start, draft)| Piece { start, end: start + 9, draft }).collect();
        let mut want = pieces.clone();
        want.sort();
        sort_by_start(&mut pieces, &mut Vec::new());
        assert_eq!(pieces, want);
    }

    #[test]
    fn groups_that_a_pair_stands_in_are_one() {
        let mut groups = Groups::default();
        groups.clear(5);
        for drafts in [&[0, 1][..], &[2], &[3, 1], &[4, 3]] {
            groups.open();
            drafts.iter().for_each(|draft| groups.add(*draft));
        }
        assert_eq!([0, 1, 2, 3, 4].map(|draft| groups.of(draft)), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn identifiers_are_told_from_words() {
        assert_eq!(Form::of(b"12-34-56"), Form::Figures);
        assert_eq!(Form::of(b"AB 12 34 56 C"), Form::Number);
        assert_eq!(Form::of(b"GB29NWBK60161331926819"), Form::Number);
        assert_eq!(Form::of(b"SW1A 1AA"), Form::Words);
        assert_eq!(Form::of(b"flat 1234, High Street"), Form::Words);
    }
}
