//! Segments that wait to be scanned by several threads.

use dlpscan_core::model::{Layout, Mark, PartPath, Place, Role, Segment, SpanMap};
use std::ops::Range;

/// A segment with all that belongs to it.
pub(crate) struct Held {
    pub(crate) path: PartPath,
    text: Vec<u8>,
    body: Range<usize>,
    place: Place,
    marks: Option<Vec<Mark>>,
    title: String,
    map: Option<SpanMap>,
    role: Role,
}

impl Held {
    /// A copy of a segment. `None` for a table, which would be long to copy.
    pub(crate) fn of(path: &PartPath, segment: &Segment<'_>) -> Option<Self> {
        let marks = match segment.layout {
            Layout::Lines => None,
            Layout::Marks(marks) => Some(marks.to_vec()),
            Layout::Whole | Layout::Table(_) => return None,
        };
        Some(Held {
            path: path.clone(),
            text: segment.text.to_vec(),
            body: segment.body.clone(),
            place: segment.place.clone(),
            marks,
            title: segment.title.to_owned(),
            map: segment.map.cloned(),
            role: segment.role,
        })
    }

    pub(crate) fn segment(&self) -> Segment<'_> {
        Segment {
            text: &self.text,
            body: self.body.clone(),
            place: self.place.clone(),
            layout: self.marks.as_deref().map_or(Layout::Lines, Layout::Marks),
            title: &self.title,
            map: self.map.as_ref(),
            role: self.role,
        }
    }

    /// Bytes of text.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }
}
