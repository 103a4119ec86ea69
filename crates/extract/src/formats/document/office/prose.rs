//! Running text: paragraphs, the tables among them, and what stands beside the text.

use super::grid::Grid;
use super::numbers::letters;
use super::window::Window;
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Role};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow::Continue;

/// A paragraph longer than this is passed on in pieces.
const LONGEST: usize = 256 << 10;
/// Paragraphs and tables inside one another; deeper ones are read as if they stood side by side.
const DEEPEST: usize = 32;
/// How much of the text before a table is given with it as context.
const BEFORE_TABLE: usize = 200;

/// Builds the text of one stretch: a document's body, a slide, a header.
pub(super) struct Prose {
    lines: Window,
    /// The place of everything, where paragraphs are not counted.
    place: Option<Place>,
    /// The name that tables are given as their sheet.
    sheet: Option<String>,
    /// Places change on the way.
    moves: bool,
    paragraphs: u64,
    open: Vec<Paragraph>,
    tables: Vec<Draft>,
    /// Tables that are open but too deep to be kept apart.
    too_deep: u32,
    alternatives: u32,
    fallbacks: u32,
    seen: HashSet<u64>,
    /// Remarks that are open: their text stands beside the table they are in.
    remarks: u32,
}

/// How a piece of text stands to the tracked changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Always there.
    None,
    /// Not there before.
    Inserted,
    /// No longer there.
    Deleted,
}

#[derive(Default)]
struct Paragraph {
    text: Vec<u8>,
    /// The text as it was before the tracked changes, once there is one.
    before: Option<Vec<u8>>,
    deleted: bool,
    asides: Vec<Vec<u8>>,
    /// Its beginning has been passed on.
    split: bool,
}

struct Draft {
    grid: Grid,
    /// The number of the row that comes next.
    next: u64,
    column: u32,
    /// Columns the open cell takes.
    wide: u32,
    text: Vec<u8>,
}

impl Prose {
    /// Text whose places are its paragraphs.
    pub(super) fn paragraphs() -> Self {
        Prose::new(Window::lines(Place::Whole, Role::Content), None, None)
    }

    /// Text with one place for all of it; its tables are named as sheets if a name is given.
    pub(super) fn at(place: Place, sheet: Option<String>) -> Self {
        Prose::new(Window::lines(place.clone(), Role::Content), Some(place), sheet)
    }

    fn new(lines: Window, place: Option<Place>, sheet: Option<String>) -> Self {
        Prose {
            lines,
            place,
            moves: sheet.is_some(),
            sheet,
            paragraphs: 0,
            open: Vec::new(),
            tables: Vec::new(),
            too_deep: 0,
            alternatives: 0,
            fallbacks: 0,
            seen: HashSet::new(),
            remarks: 0,
        }
    }

    /// A paragraph begins; it may lie inside another one (a text box).
    pub(super) fn begin_paragraph(&mut self) {
        if self.open.len() < DEEPEST {
            self.open.push(Paragraph::default());
        }
    }

    /// True while a paragraph is open.
    pub(super) fn in_paragraph(&self) -> bool {
        !self.open.is_empty()
    }

    /// The text of the open paragraph so far.
    pub(super) fn open_text(&self) -> &[u8] {
        self.open.last().map_or(&[], |p| &p.text)
    }

    /// Adds text to the open paragraph.
    pub(super) fn text(&mut self, text: &[u8], change: Change, descent: &mut Descent<'_>) -> Flow {
        if self.open.is_empty() {
            self.open.push(Paragraph::default());
        }
        let Some(paragraph) = self.open.last_mut() else { return Continue(()) };
        if change != Change::None && paragraph.before.is_none() {
            paragraph.before = Some(paragraph.text.clone());
        }
        if change != Change::Deleted {
            paragraph.text.extend_from_slice(text);
        }
        if change != Change::Inserted
            && let Some(before) = &mut paragraph.before
        {
            before.extend_from_slice(text);
        }
        paragraph.deleted |= change == Change::Deleted;
        if paragraph.text.len() > LONGEST {
            paragraph.split = true;
            let piece = std::mem::take(&mut paragraph.text);
            self.deliver(&piece, descent)?;
        }
        if let Some(paragraph) = self.open.last_mut()
            && paragraph.before.as_ref().is_some_and(|b| b.len() > LONGEST)
        {
            let piece = paragraph.before.replace(Vec::new()).unwrap_or_default();
            if paragraph.deleted {
                self.line(&piece, descent)?;
            }
        }
        Continue(())
    }

    /// Adds text that stands beside the text: an alternative text, a field's instruction.
    pub(super) fn aside(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Continue(());
        }
        match self.open.last_mut() {
            Some(paragraph) if paragraph.asides.len() < 1000 && text.len() < LONGEST => {
                paragraph.asides.push(text.to_vec());
                Continue(())
            }
            _ => self.line(text, descent),
        }
    }

    /// The same with what was gathered, if anything was; it is taken.
    pub(super) fn gathered(&mut self, text: &mut Vec<u8>, descent: &mut Descent<'_>) -> Flow {
        match text.is_empty() {
            true => Continue(()),
            false => self.aside(&std::mem::take(text), descent),
        }
    }

    /// Ends the open paragraph.
    pub(super) fn end_paragraph(&mut self, descent: &mut Descent<'_>) -> Flow {
        let Some(mut paragraph) = self.open.pop() else { return Continue(()) };
        if self.alternatives > 0 && !paragraph.split {
            let mut hasher = DefaultHasher::new();
            paragraph.text.hash(&mut hasher);
            let new = self.seen.len() > 10_000 || self.seen.insert(hasher.finish());
            if self.fallbacks > 0 && !new {
                paragraph.text.clear();
            }
        }
        if self.open.is_empty() && self.tables.is_empty() {
            self.paragraphs += 1;
        }
        if !paragraph.text.trim_ascii().is_empty() || paragraph.split {
            self.deliver(&paragraph.text, descent)?;
            match self.tables.last_mut() {
                Some(draft) if self.remarks == 0 => draft.text.push(b'\n'),
                _ => self.lines.end_line(descent)?,
            }
        }
        if paragraph.deleted
            && let Some(before) = paragraph.before
        {
            self.line(&before, descent)?;
        }
        for aside in paragraph.asides {
            self.line(&aside, descent)?;
        }
        Continue(())
    }

    /// Passes on a piece of a paragraph to where it belongs.
    fn deliver(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        match self.tables.last_mut() {
            Some(draft) if self.remarks == 0 => {
                draft.text.extend_from_slice(text);
                if draft.text.len() > LONGEST {
                    let piece = std::mem::take(&mut draft.text);
                    draft.grid.cell(draft.column, piece, descent)?;
                }
                Continue(())
            }
            _ => {
                self.mark();
                self.lines.push(text, descent)
            }
        }
    }

    /// A line of its own, outside any table.
    fn line(&mut self, text: &[u8], descent: &mut Descent<'_>) -> Flow {
        if text.trim_ascii().is_empty() {
            return Continue(());
        }
        self.mark();
        self.lines.push(text, descent)?;
        self.lines.end_line(descent)
    }

    fn mark(&mut self) {
        let place = match (self.cell_place(), &self.place) {
            (Some(cell), _) => cell,
            // One place for all: the window has it.
            (None, Some(_)) if !self.moves => return,
            (None, Some(place)) => place.clone(),
            // A text box belongs to the paragraph it hangs on, which is not counted yet.
            (None, None) => {
                let inside = u64::from(!self.open.is_empty());
                Place::Paragraph { paragraph: (self.paragraphs + inside).max(1) }
            }
        };
        self.lines.mark(place);
    }

    /// From here on text has this place.
    pub(super) fn set_place(&mut self, place: Place) {
        self.moves = true;
        self.place = Some(place);
    }

    /// A choice between two forms of the same thing begins. What stands in both is given once.
    pub(super) fn begin_alternatives(&mut self) {
        self.alternatives += 1;
    }

    /// The choice ends.
    pub(super) fn end_alternatives(&mut self) {
        self.alternatives = self.alternatives.saturating_sub(1);
        if self.alternatives == 0 {
            self.seen.clear();
            self.fallbacks = 0;
        }
    }

    /// The second form begins.
    pub(super) fn begin_fallback(&mut self) {
        self.fallbacks += 1;
    }

    /// The second form ends.
    pub(super) fn end_fallback(&mut self) {
        self.fallbacks = self.fallbacks.saturating_sub(1);
    }

    /// A table begins.
    pub(super) fn begin_table(&mut self) {
        if self.tables.len() >= DEEPEST {
            self.too_deep += 1;
            return;
        }
        let before = match self.tables.last() {
            Some(outer) => &outer.text[..],
            None => self.lines.text(),
        };
        let mut from = before.len().saturating_sub(BEFORE_TABLE);
        while from < before.len() && before[from] & 0xC0 == 0x80 {
            from += 1;
        }
        let place = match &self.place {
            Some(place) => place.clone(),
            None => Place::Paragraph { paragraph: self.paragraphs.max(1) },
        };
        let grid = Grid::new(self.sheet.clone(), place, &before[from..]);
        self.tables.push(Draft { grid, next: 1, column: 0, wide: 1, text: Vec::new() });
    }

    /// True while a table is open.
    pub(super) fn in_table(&self) -> bool {
        !self.tables.is_empty()
    }

    fn draft(&mut self) -> Option<&mut Draft> {
        if self.too_deep > 0 { None } else { self.tables.last_mut() }
    }

    /// A row begins.
    pub(super) fn begin_row(&mut self, descent: &mut Descent<'_>) -> Flow {
        let Some(draft) = self.draft() else { return Continue(()) };
        draft.column = 0;
        let row = draft.next;
        draft.next = row.saturating_add(1);
        draft.grid.begin_row(row, descent)
    }

    /// The row that began last stands for so many rows with the same content.
    pub(super) fn repeat_row(&mut self, times: u64) {
        if let Some(draft) = self.draft() {
            draft.next = draft.next.saturating_add(times.saturating_sub(1));
        }
    }

    /// The text of the open cell so far.
    pub(super) fn cell_text(&self) -> &[u8] {
        self.tables.last().map_or(&[], |draft| &draft.text)
    }

    /// Gives the open cell another text.
    pub(super) fn set_cell_text(&mut self, text: &[u8]) {
        if let Some(draft) = self.draft() {
            draft.text = text.to_vec();
        }
    }

    /// The place of the open cell, if it is one of a sheet.
    pub(super) fn cell_place(&self) -> Option<Place> {
        let (draft, sheet) = (self.tables.last()?, self.sheet.clone()?);
        let cell = format!("{}{}", letters(draft.column), draft.grid.row());
        Some(Place::Cell { sheet, cell, column: None })
    }

    /// From here on tables are sheets of this name.
    pub(super) fn name_tables(&mut self, name: String) {
        self.sheet = Some(name);
    }

    /// A remark begins: its paragraphs belong to no cell.
    pub(super) fn begin_remark(&mut self) {
        self.remarks += 1;
    }

    /// The remark ends.
    pub(super) fn end_remark(&mut self) {
        self.remarks = self.remarks.saturating_sub(1);
    }

    /// A cell begins, so many columns wide.
    pub(super) fn begin_cell(&mut self, wide: u64) {
        if let Some(draft) = self.draft() {
            draft.wide = wide.clamp(1, 1000) as u32;
        }
    }

    /// The open cell turns out to be so many columns wide.
    pub(super) fn widen_cell(&mut self, wide: u64) {
        self.begin_cell(wide);
    }

    /// Ends the open cell.
    pub(super) fn end_cell(&mut self, descent: &mut Descent<'_>) -> Flow {
        let Some(draft) = self.draft() else { return Continue(()) };
        let mut text = std::mem::take(&mut draft.text);
        text.truncate(text.trim_ascii_end().len());
        let column = draft.column;
        draft.column = column.saturating_add(draft.wide);
        draft.wide = 1;
        draft.grid.cell(column, text, descent)
    }

    /// Passes over columns that hold nothing.
    pub(super) fn skip_columns(&mut self, n: u64) {
        if let Some(draft) = self.draft() {
            draft.column = draft.column.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        }
    }

    /// Ends the table.
    pub(super) fn end_table(&mut self, descent: &mut Descent<'_>) -> Flow {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return Continue(());
        }
        let Some(mut draft) = self.tables.pop() else { return Continue(()) };
        if !draft.text.is_empty() {
            draft.grid.cell(draft.column, draft.text, descent)?;
        }
        draft.grid.finish(descent)
    }

    /// Ends whatever is open and gives what is left.
    pub(super) fn finish(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.too_deep = 0;
        while !self.open.is_empty() {
            self.end_paragraph(descent)?;
        }
        while !self.tables.is_empty() {
            self.end_table(descent)?;
        }
        self.lines.finish(descent)
    }
}
