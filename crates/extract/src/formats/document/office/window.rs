//! Text on its way to the engine: lines or table rows, given in windows of bounded size.

use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Cell, Layout, Mark, Place, Role, Segment, Table};
use dlpscan_core::scan::MARGIN;
use std::ops::ControlFlow::Continue;

/// Text is given once there is so much of it.
const FULL: usize = 1 << 20;
/// How far back from the best place a cut may look for the beginning of a line or row.
const LOOK_BACK: usize = 64 << 10;

/// Collects text with places and gives it in segments: all of it in one where it fits, else in
/// windows that share a margin, so that a value on a cut is found whole, and once.
pub(super) struct Window {
    text: Vec<u8>,
    /// Up to here the text is margin that was body before.
    body: usize,
    /// Starts of lines and rows.
    lines: Vec<usize>,
    marks: Vec<Mark>,
    table: Option<Table>,
    place: Place,
    role: Role,
}

impl Window {
    /// A window of lines whose places are told by [`Window::mark`].
    pub(super) fn lines(place: Place, role: Role) -> Self {
        Window {
            text: Vec::new(),
            body: 0,
            lines: Vec::new(),
            marks: Vec::new(),
            table: None,
            place,
            role,
        }
    }

    /// A window of table rows.
    pub(super) fn rows(table: Table, place: Place, role: Role) -> Self {
        Window { table: Some(table), ..Window::lines(place, role) }
    }

    /// The text collected and not yet let go.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// True when no text has been collected that was not given.
    pub(super) fn is_empty(&self) -> bool {
        self.text.len() == self.body
    }

    /// The table's column headers, to be set before the first window is given.
    pub(super) fn set_headers(&mut self, headers: Vec<String>) {
        if let Some(table) = &mut self.table {
            table.headers = headers;
        }
    }

    /// Puts text in front that gives context and is no body.
    pub(super) fn context(&mut self, text: &[u8]) {
        debug_assert!(self.text.is_empty());
        self.text.extend_from_slice(text);
        self.body = self.text.len();
    }

    /// From here on this place holds.
    pub(super) fn mark(&mut self, place: Place) {
        self.marks.push(Mark { start: self.text.len(), place });
    }

    /// Adds text to the line or cell that is open, giving a window if it is full.
    pub(super) fn push(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        for piece in text.chunks(FULL) {
            self.text.extend_from_slice(piece);
            if let Some(cell) = self.table.as_mut().and_then(|t| t.cells.last_mut()) {
                cell.span.end = self.text.len();
            }
            self.give_if_full(descent)?;
        }
        Continue(())
    }

    /// Ends a line or row.
    pub(super) fn end_line(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.text.push(b'\n');
        self.lines.push(self.text.len());
        self.give_if_full(descent)
    }

    /// Adds a cell to the row that is open.
    pub(super) fn cell(
        &mut self,
        row: u64,
        column: u32,
        text: &[u8],
        descent: &mut Descent<'_>,
    ) -> Flow {
        if let Some(table) = &mut self.table {
            if self.text.len() > self.lines.last().copied().unwrap_or(self.body) {
                self.text.push(b'\t');
            }
            let at = self.text.len();
            table.cells.push(Cell { span: at..at, row, column });
        }
        self.push(text, descent)
    }

    fn give_if_full(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.text.len() - self.body < FULL + 2 * MARGIN {
            return Continue(());
        }
        let wanted = self.text.len() - MARGIN;
        let line = self.lines.iter().rev().find(|&&l| l <= wanted).copied();
        let mut cut = line.filter(|&l| l + LOOK_BACK > wanted && l > self.body).unwrap_or(wanted);
        while cut > self.body + 1 && self.text[cut] & 0xC0 == 0x80 {
            cut -= 1;
        }
        self.give(cut, descent)?;
        let mut keep = cut - MARGIN;
        while self.text[keep] & 0xC0 == 0x80 {
            keep += 1;
        }
        self.forget(keep);
        self.body = cut - keep;
        Continue(())
    }

    /// Drops the first bytes of the text.
    fn forget(&mut self, n: usize) {
        self.text.drain(..n);
        self.lines.retain_mut(|l| {
            let keep = *l >= n;
            *l = l.saturating_sub(n);
            keep
        });
        let first = self.marks.partition_point(|m| m.start <= n).saturating_sub(1);
        self.marks.drain(..first);
        for mark in &mut self.marks {
            mark.start = mark.start.saturating_sub(n);
        }
        if let Some(table) = &mut self.table {
            // The open cell stays even if all its text is gone.
            let last = table.cells.len().saturating_sub(1);
            let first = table.cells.partition_point(|c| c.span.end < n).min(last);
            table.cells.drain(..first);
            for cell in &mut table.cells {
                cell.span = cell.span.start.saturating_sub(n)..cell.span.end.saturating_sub(n);
            }
        }
    }

    fn give(&mut self, until: usize, descent: &mut Descent<'_>) -> Flow {
        let layout = match &self.table {
            Some(table) => Layout::Table(table),
            None if self.marks.is_empty() => Layout::Whole,
            None => Layout::Marks(&self.marks),
        };
        let segment = Segment {
            body: self.body..until,
            role: self.role,
            ..Segment::new(&self.text, self.place.clone()).with_layout(layout)
        };
        descent.segment(&segment)
    }

    /// Gives what is left.
    pub(super) fn finish(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.is_empty() {
            return Continue(());
        }
        self.give(self.text.len(), descent)?;
        self.text.clear();
        self.body = 0;
        self.lines.clear();
        self.marks.clear();
        if let Some(table) = &mut self.table {
            table.cells.clear();
        }
        Continue(())
    }
}
