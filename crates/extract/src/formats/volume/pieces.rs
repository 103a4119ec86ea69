//! A file that lies in an image in pieces.

use crate::descend::{Descent, Flow};
use crate::formats::archive::{Claims, Store};
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// Where a file's bytes lie, in their order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    len: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A range of the image.
    Data(Range<u64>),
    /// So many zeros that are stored nowhere.
    Hole(u64),
}

impl Pieces {
    /// A file in one piece.
    pub(super) fn one(range: Range<u64>) -> Self {
        let mut pieces = Pieces::default();
        pieces.push(range);
        pieces
    }

    /// Adds a range of the image.
    pub(super) fn push(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        self.len = self.len.saturating_add(range.end - range.start);
        match self.pieces.last_mut() {
            Some(Piece::Data(last)) if last.end == range.start => last.end = range.end,
            _ => self.pieces.push(Piece::Data(range)),
        }
    }

    /// Adds zeros that are stored nowhere.
    pub(super) fn hole(&mut self, zeros: u64) {
        if zeros == 0 {
            return;
        }
        self.len = self.len.saturating_add(zeros);
        match self.pieces.last_mut() {
            Some(Piece::Hole(last)) => *last = last.saturating_add(zeros),
            _ => self.pieces.push(Piece::Hole(zeros)),
        }
    }

    /// Adds what another holds.
    pub(super) fn join(&mut self, other: Pieces) {
        for piece in other.pieces {
            match piece {
                Piece::Data(range) => self.push(range),
                Piece::Hole(zeros) => self.hole(zeros),
            }
        }
    }

    /// Bytes in all.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Where in the image it begins, unless with a hole.
    pub(super) fn start(&self) -> Option<u64> {
        match self.pieces.first() {
            Some(Piece::Data(range)) => Some(range.start),
            _ => None,
        }
    }

    /// Drops all behind the first `len` bytes.
    pub(super) fn truncate(&mut self, len: u64) {
        let mut left = len;
        self.pieces.retain_mut(|piece| {
            let all = piece.len();
            match piece {
                Piece::Data(range) => range.end = range.start + all.min(left),
                Piece::Hole(zeros) => *zeros = all.min(left),
            }
            left -= all.min(left);
            piece.len() > 0
        });
        self.len = self.len.min(len);
    }

    /// A section of it.
    pub(super) fn section(&self, section: Range<u64>) -> Pieces {
        let mut found = Pieces::default();
        let mut at = 0;
        for piece in &self.pieces {
            let from = section.start.max(at);
            let to = section.end.min(at + piece.len());
            if let (Piece::Data(range), true) = (piece, from < to) {
                found.push(range.start + (from - at)..range.start + (to - at));
            }
            at += piece.len();
        }
        found
    }

    /// Its bytes, at most `most`, as far as the image goes.
    pub(super) fn read(&self, store: &Store<'_>, most: u64) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        self.reader(store).take(most).read_to_end(&mut all)?;
        Ok(all)
    }

    /// Counts the bytes as read.
    pub(super) fn claim(&self, claims: &mut Claims, descent: &mut Descent<'_>) {
        for piece in &self.pieces {
            if let Piece::Data(range) = piece {
                claims.claim(range.clone(), Fate::Scanned, descent);
            }
        }
    }

    /// Gives it as a part of the image, and accounts for its bytes.
    pub(super) fn give(
        mut self,
        store: &Store<'_>,
        name: String,
        claims: &mut Claims,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let whole = self.len;
        self.clip(store.len());
        if self.len < whole {
            descent.note_inside(&name, Reason::Truncated, Some(whole - self.len));
        }
        if self.len == 0 {
            return Flow::Continue(());
        }
        if let Err(Stopped(reason)) = descent.budget().take_bytes(self.len) {
            descent.note_inside(&name, reason, Some(self.len));
            for piece in &self.pieces {
                if let Piece::Data(range) = piece {
                    claims.claim(range.clone(), Fate::Unscannable(reason), descent);
                }
            }
            return Flow::Continue(());
        }
        self.claim(claims, descent);
        let content = match &self.pieces[..] {
            [Piece::Data(range)] => store.content(range.clone()),
            _ => Content::Stream(Box::new(self.reader(store))),
        };
        descent.part(Part::new(name, content))
    }

    /// Cuts off what the image does not hold.
    fn clip(&mut self, end: u64) {
        let mut kept = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Data(range) if range.end > end => {
                    kept += end.saturating_sub(range.start);
                    break;
                }
                piece => kept += piece.len(),
            }
        }
        self.truncate(kept);
    }

    fn reader<'a>(&self, store: &Store<'a>) -> Reader<'a> {
        Reader { store: *store, pieces: self.pieces.clone().into_iter(), current: None }
    }
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Data(range) => range.end - range.start,
            Piece::Hole(zeros) => *zeros,
        }
    }
}

/// Reads piece after piece.
struct Reader<'a> {
    store: Store<'a>,
    pieces: std::vec::IntoIter<Piece>,
    current: Option<Box<dyn BufRead + 'a>>,
}

impl Read for Reader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(current) = &mut self.current {
                let n = current.read(buf)?;
                if n > 0 || buf.is_empty() {
                    return Ok(n);
                }
            }
            self.current = match self.pieces.next() {
                Some(Piece::Data(range)) => Some(self.store.reader(range)),
                Some(Piece::Hole(zeros)) => {
                    Some(Box::new(io::BufReader::new(io::repeat(0).take(zeros))))
                }
                None => return Ok(0),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_in_their_order_with_zeros_between() {
        let store = Store::Bytes(b"0123456789");
        let mut pieces = Pieces::default();
        pieces.push(4..6);
        pieces.push(6..8);
        pieces.hole(2);
        pieces.push(0..1);
        assert_eq!(pieces.pieces.len(), 3);
        assert_eq!(pieces.read(&store, 100).unwrap(), b"4567\0\x000");
        pieces.truncate(5);
        assert_eq!(pieces.read(&store, 100).unwrap(), b"4567\0");
        assert_eq!(pieces.len(), 5);
    }

    #[test]
    fn what_the_image_does_not_hold_is_cut_off() {
        let mut pieces = Pieces::one(8..20);
        pieces.push(30..40);
        pieces.clip(10);
        assert_eq!(pieces.len(), 2);
    }
}
