use super::fold::Folded;
use crate::model::{Cell, Layout, Place, Segment, Table};
use std::ops::Range;

/// A segment as the stages after folding see it.
#[derive(Clone, Copy)]
pub(super) struct View<'s> {
    pub(super) segment: &'s Segment<'s>,
    /// The folded text; the segment's own where nothing had to be folded.
    pub(super) text: &'s [u8],
    /// The way back, where something was.
    folded: Option<&'s Folded>,
}

impl<'s> View<'s> {
    pub(super) fn new(segment: &'s Segment<'s>, folded: Option<&'s Folded>) -> Self {
        View { segment, text: folded.map_or(segment.text, Folded::text), folded }
    }

    /// Where a span of the folded text stood in the segment's own.
    pub(super) fn original(&self, span: &Range<usize>) -> Range<usize> {
        self.folded.map_or_else(|| span.clone(), |folded| folded.unfold(span))
    }

    /// The same for spans that come in order; `from` is zero for the first.
    pub(super) fn original_from(&self, from: &mut usize, span: &Range<usize>) -> Range<usize> {
        self.folded.map_or_else(|| span.clone(), |folded| folded.unfold_from(from, span))
    }

    pub(super) fn table(&self) -> Option<&'s Table> {
        match self.segment.layout {
            Layout::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The cell that a span starts in.
    pub(super) fn cell(&self, span: &Range<usize>) -> Option<&'s Cell> {
        self.table()?.cell_at(self.original(&(span.start..span.start + 1)).start)
    }

    /// Where a cell stands in the folded text.
    pub(super) fn cell_span(&self, cell: &Cell) -> Range<usize> {
        match self.folded {
            Some(folded) => folded.refold(cell.span.start)..folded.refold(cell.span.end),
            None => cell.span.start.min(self.text.len())..cell.span.end.min(self.text.len()),
        }
    }

    /// Whether anything in the segment has a name of its own; see [`View::key`].
    pub(super) fn is_keyed(&self) -> bool {
        match self.segment.layout {
            Layout::Marks(marks) => {
                key_of(&self.segment.place).or_else(|| marks.iter().find_map(|m| key_of(&m.place)))
            }
            _ => key_of(&self.segment.place),
        }
        .is_some()
    }

    /// The name that structured data gives to what stands at a span: its key or property.
    pub(super) fn key(&self, span: &Range<usize>) -> Option<&'s str> {
        let place = match self.segment.layout {
            Layout::Marks(marks) => {
                let at = self.original(span).start;
                let i = marks.partition_point(|mark| mark.start <= at);
                i.checked_sub(1).map_or(&self.segment.place, |i| &marks[i].place)
            }
            _ => &self.segment.place,
        };
        key_of(place)
    }
}

/// The last name of a path, or a property's name.
fn key_of(place: &Place) -> Option<&str> {
    match place {
        Place::Key { path } => Some(path.rsplit('.').next().unwrap_or(path)),
        Place::Property { name } => Some(name),
        _ => None,
    }
}
