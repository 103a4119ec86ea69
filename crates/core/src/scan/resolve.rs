//! Which of several matches of the same text is reported.

use super::DetectorInfo;
use super::compile::Compiled;
use super::explain::{Fate, Journal};
use super::verify::Draft;
use crate::model::Level;
use std::cmp::Ordering;
use std::ops::Range;

/// Categories within which a match inside a longer one says nothing more: the longer marking is
/// the marking, the password that is a token is a token.
const NESTING: [&str; 2] = ["marking", "secret"];

/// Memory of [`resolve`]. Reused.
#[derive(Default)]
pub(super) struct Resolver {
    order: Vec<usize>,
    pieces: Vec<(Range<usize>, usize)>,
    forms: Vec<Form>,
    lost: Vec<bool>,
}

impl Resolver {
    /// Takes out of `drafts` what another match of the same text outranks, and sorts the rest by
    /// where it starts.
    ///
    /// Matches conflict where their spans are equal, where both are numbers or one detector's,
    /// or where one nests in another of the same category. Otherwise both are reported: an
    /// address and the postcode in it, a password line and the e-mail address in it.
    pub(super) fn resolve(
        &mut self,
        c: &Compiled,
        text: &[u8],
        drafts: &mut Vec<Draft>,
        journal: &mut Journal<'_>,
    ) {
        self.pieces.clear();
        self.forms.clear();
        for (i, draft) in drafts.iter().enumerate() {
            let form = draft.pieces().iter().map(|piece| Form::of(&text[piece.clone()])).min();
            self.forms.push(form.unwrap_or(Form::Words));
            self.pieces.extend(draft.pieces().iter().map(|piece| (piece.clone(), i)));
        }
        self.pieces.sort_unstable_by_key(|(piece, i)| (piece.start, piece.end, *i));
        let longest = self.pieces.iter().map(|(piece, _)| piece.len()).max().unwrap_or(0);
        // Nothing is to be settled about a match that overlaps no other.
        self.lost.clear();
        self.lost.resize(drafts.len(), true);
        let mut end = 0;
        for (at, (piece, i)) in self.pieces.iter().enumerate() {
            if piece.start < end {
                self.lost[*i] = false;
                self.lost[self.pieces[at - 1].1] = false;
            }
            end = end.max(piece.end);
        }
        let contested = |i: &usize| !self.lost[*i];
        self.order.clear();
        self.order.extend((0..drafts.len()).filter(contested));
        let forms = &self.forms;
        self.order.sort_unstable_by(|&a, &b| {
            rank(&c.infos, (&drafts[a], forms[a]), (&drafts[b], forms[b])).then(a.cmp(&b))
        });
        self.lost.clear();
        self.lost.resize(drafts.len(), false);
        for &winner in &self.order {
            if self.lost[winner] {
                continue;
            }
            let w = &drafts[winner];
            for piece in w.pieces() {
                let low = piece.start.saturating_sub(longest);
                let from = self.pieces.partition_point(|(other, _)| other.start < low);
                for (other, i) in &self.pieces[from..] {
                    if other.start >= piece.end {
                        break;
                    }
                    let o = &drafts[*i];
                    if *i == winner || self.lost[*i] || other.end <= piece.start {
                        continue;
                    }
                    let numbers = forms[winner].is_number() && forms[*i].is_number();
                    if numbers || conflict(&c.infos, w, o) {
                        self.lost[*i] = true;
                        journal.fell(o.detector, o.span(), Fate::Overlap(w.detector));
                    }
                }
            }
        }
        let mut i = 0;
        drafts.retain(|_| {
            i += 1;
            !self.lost[i - 1]
        });
        drafts.sort_by_cached_key(|d| (d.span().start, d.span().end, d.detector));
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

/// The better match first. Below low never beats low; then the longest that no check doubts (a
/// pair of at least medium is not doubted for its halves' sake); of figures alone the one whose keyword is nearest; then confidence, precedence, the file's order.
fn rank(infos: &[DetectorInfo], (a, f): (&Draft, Form), (b, g): (&Draft, Form)) -> Ordering {
    let low = |d: &Draft| Level::of(d.confidence) >= Level::Low;
    // Two values that stand together say more than either half, though a check doubts them.
    let sure = |d: &Draft| d.validated || (d.is_pair && Level::of(d.confidence) >= Level::Medium);
    let distance = |d: &Draft, form| if form == Form::Figures { d.near.distance } else { 0 };
    let (i, j) = (&infos[a.detector.index()], &infos[b.detector.index()]);
    low(b)
        .cmp(&low(a))
        .then(sure(b).cmp(&sure(a)))
        .then(b.len().cmp(&a.len()))
        .then((g == Form::Figures).cmp(&(f == Form::Figures)))
        .then(distance(a, f).cmp(&distance(b, g)))
        .then(b.confidence.cmp(&a.confidence))
        .then(j.precedence.cmp(&i.precedence))
        .then_with(|| i.id.cmp(&j.id))
        .then(a.span().start.cmp(&b.span().start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_from_words() {
        assert_eq!(Form::of(b"12-34-56"), Form::Figures);
        assert_eq!(Form::of(b"AB 12 34 56 C"), Form::Number);
        assert_eq!(Form::of(b"GB29NWBK60161331926819"), Form::Number);
        assert_eq!(Form::of(b"SW1A 1AA"), Form::Words);
        assert_eq!(Form::of(b"flat 1234, High Street"), Form::Words);
    }
}
