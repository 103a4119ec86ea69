//! Hands on text that was laid out from where its letters stand.

use crate::descend::{Descent, Flow};
use crate::formats::document::layout::{Line, tables};
use dlpscan_core::model::{Layout, Mark, Place, Segment};

/// Gives lines, the tables among them as tables; of a picture without pages each line with its
/// number.
pub(super) fn give(lines: &[Line], page: Option<u64>, descent: &mut Descent<'_>) -> Flow {
    let sheet = page.map_or_else(|| "picture".to_owned(), |page| format!("page {page}"));
    let read = tables::page_text(lines, &sheet);
    let place = |line: u64| match page {
        Some(page) => Place::Page { page },
        None => Place::Line { line, column: 0 },
    };
    let mut marks = vec![Mark { start: 0, place: place(1) }];
    let breaks = memchr::memchr_iter(b'\n', read.text.as_bytes());
    marks.extend(breaks.zip(2..).map(|(at, line)| Mark { start: at + 1, place: place(line) }));
    let whole = Segment::new(read.text.as_bytes(), Place::Whole).with_layout(Layout::Marks(&marks));
    let mut at = 0;
    for (range, table) in &read.tables {
        if range.start > at {
            descent.segment(&Segment { body: at..range.start, ..whole.clone() })?;
        }
        let layout = Layout::Table(table);
        descent.segment(&Segment { body: range.clone(), layout, ..whole.clone() })?;
        at = range.end;
    }
    if at < read.text.len() {
        descent.segment(&Segment { body: at..read.text.len(), ..whole })?;
    }
    Flow::Continue(())
}
