//! Where a mailbox may be divided among several readers.

use super::walk::{From, Taker, walk};
use super::{is_nothing, lines};
use crate::budget::Budget;
use crate::descend::Flow;
use crate::extractor::Piece;
use crate::formats::archive::Store;
use std::io;
use std::ops::Range;

/// Pieces of about the same length that begin at a `From ` line each; none where the mailbox holds
/// more messages than may be read, or cannot be read to its end.
pub(super) fn divide(store: Store<'_>, budget: &Budget, most: usize) -> Vec<Piece> {
    let len = store.len();
    let each = len.div_ceil(most.max(1) as u64);
    let mut dividing =
        Dividing { store, budget, each, pieces: Vec::new(), at: 0, before: 0, number: 0 };
    if walk(lines(store, 0..len), &mut dividing).is_break() || !dividing.goes_on() {
        return Vec::new();
    }
    dividing.end_piece(len);
    dividing.pieces
}

struct Dividing<'a> {
    store: Store<'a>,
    budget: &'a Budget,
    /// The least length of a piece but the last.
    each: u64,
    pieces: Vec<Piece>,
    /// Where the piece at hand begins, and how many messages come before it.
    at: u64,
    before: u64,
    /// Messages so far.
    number: u64,
}

impl Dividing<'_> {
    fn end_piece(&mut self, end: u64) {
        self.pieces.push(Piece { bytes: self.at..end, before: self.before });
        (self.at, self.before) = (end, self.number);
    }
}

impl Taker for Dividing<'_> {
    fn goes_on(&self) -> bool {
        self.budget.check().is_ok() && self.number <= self.budget.limits().parts
    }

    fn line(&mut self, _: &[u8]) -> Flow {
        Flow::Continue(())
    }

    fn message(&mut self, range: Range<u64>) -> Flow {
        self.number += u64::from(!is_nothing(&self.store, &range));
        Flow::Continue(())
    }

    fn from(&mut self, from: From<'_>) -> Flow {
        if from.alone && from.start >= self.at + self.each {
            self.end_piece(from.start);
        }
        Flow::Continue(())
    }

    fn cut(&mut self) {}

    fn fault(&mut self, _: &io::Error) {
        // Reading stops here; the pieces would not.
        self.number = u64::MAX;
    }
}
