//! What stands near a match: keywords, its column's header, its row's or line's label.

use super::DetectorId;
use super::aligned::{names_columns, row_label};
use super::columns::{Columns, HEADING_REACH, Heading, Rows};
use super::compile::{Compiled, role};
use super::finder::{Parts, Places, Visits};
use super::gathered::{BLOCK, Gathered};
use super::keywords::Hit;
use super::label::{LABEL_GAP, LEADER, LONGEST_HEADING};
use super::label::{
    answers, asks, has_its_own, heads_what_follows, is_all, is_own_line, is_question, joins,
    led_from, line_above, names_a_part, only_speaks, runs_on, speaks_for_another,
};
use super::near::{Near, Strength};
use super::text::{line_end, line_start};
use super::view::View;
use crate::detector::Needs;
use crate::model::EvidenceKind;
use std::cell::{Cell, Ref, RefCell};
use std::ops::Range;

/// With a reach up to this a detector looks no further than its own line.
const ONE_LINE: usize = 60;
/// A line above, and one between, are no further away than this.
const ABOVE: usize = 3 * LONGEST_HEADING + 8;

/// Whether something near may speak for a match at any of these places.
#[derive(Debug, Clone, Default)]
pub(super) struct Chance {
    pub(super) places: Range<usize>,
    pub(super) is_there: bool,
}

/// Where nothing near speaks for a match, so many bytes further on are looked at, so that it is
/// known how far that holds.
const AHEAD: usize = 4 << 10;

/// The words of a segment and of what stands over it. Reused.
#[derive(Default)]
pub(super) struct Context {
    gathered: RefCell<Gathered>,
    /// The line that was last looked at for columns, and what parts them.
    line: Cell<(usize, usize, Option<Columns>)>,
    rows: Rows,
    /// The place that a heading was last sought for, and that heading.
    heading: RefCell<Option<(usize, Option<Heading>)>>,
    /// By column: the entries in its header, and whether they are all of it.
    columns: Vec<Vec<(u32, bool)>>,
    /// The entries in the segment's title.
    title: Vec<u32>,
    /// Whether the text is structured data, whose keys are labels.
    keyed: bool,
    found: Vec<Hit>,
}

impl Context {
    /// Reads what stands over a text. The text's own keywords are gathered where somebody asks. If
    /// words are visited, the places where the finder has to look them up go to `heads`.
    pub(super) fn open(
        &mut self,
        c: &Compiled,
        view: &View<'_>,
        visits: Option<&Visits>,
        heads: &mut Places,
    ) {
        let gathered = self.gathered.get_mut();
        gathered.clear(c, view.text);
        gathered.places = visits.map(|visits| {
            let mut places = gathered.places.take().unwrap_or_default();
            visits.each(&mut gathered.parts, view.text, &mut places, heads);
            places
        });
        self.line.set((0, 0, None));
        self.rows = Rows::default();
        self.heading.take();
        self.title.clear();
        self.columns.clear();
        self.keyed = view.is_keyed();
        self.found.clear();
        let title = view.segment.title.as_bytes();
        let parts = &mut self.gathered.get_mut().parts;
        c.words.find(parts, title, 0..title.len(), &mut self.found);
        self.title.extend(self.found.iter().map(|hit| hit.entry));
        if let Some(table) = view.table() {
            for header in &table.headers {
                let header = header.as_bytes();
                self.found.clear();
                c.words.find(parts, header, 0..header.len(), &mut self.found);
                let hits = self.found.iter();
                self.columns.push(hits.map(|h| (h.entry, is_all(header, h))).collect());
            }
        }
    }

    /// False where nothing over a text can meet what a detector's pattern needs, and nothing in it
    /// could. A segment of structured data always may: its keys are only looked at beside a match.
    pub(super) fn may_speak(&self, c: &Compiled, detector: DetectorId, needs: Needs) -> bool {
        needs != Needs::Header
            || self.keyed
            || self.columns.is_empty()
            || (0..self.columns.len() as u32)
                .any(|column| self.column_roles(c, detector, column) & role::FOR != 0)
    }

    /// Whether something near may meet what a detector's pattern needs of a match of at most
    /// `longest` bytes at `at`, and for which places from there on that holds.
    pub(super) fn may_speak_at(
        &self,
        c: &Compiled,
        view: &View<'_>,
        detector: DetectorId,
        needs: Needs,
        at: usize,
        longest: usize,
    ) -> Chance {
        let always = Chance { places: at..usize::MAX, is_there: true };
        if needs == Needs::Nothing || self.keyed || view.table().is_some() {
            return always;
        }
        let columns = self.columns_at(view.text, at);
        let line = self.line.get().1.max(at + 1);
        if needs == Needs::Header && columns.is_none() {
            return Chance { places: at..line, is_there: false };
        }
        let by_title = |&entry: &u32| c.entries[entry as usize].role(detector) & role::FOR != 0;
        if needs == Needs::Keyword && self.title.iter().any(by_title) {
            return always;
        }
        let d = &c.detectors[detector.index()];
        let end = view.text.len();
        let reach = longest + d.after;
        let high = (at + reach).min(end);
        let most = HEADING_REACH + LONGEST_HEADING;
        let back = match columns {
            Some(_) => most,
            None => ABOVE.max(d.before + LEADER),
        };
        let (above, low) = (at.saturating_sub(most), at.saturating_sub(back));
        // As long as these are the blocks that are looked at.
        let same_low = (low / BLOCK + 1) * BLOCK + back;
        let same_high = ((high / BLOCK + 1) * BLOCK).saturating_sub(reach);
        let mut gathered = self.gathered.borrow_mut();
        gathered.gather(c, view.text, &(low..high));
        if gathered.first_spoken(detector, low..high).is_some() {
            let until = line.min(same_low).min(same_high).max(at + 1);
            return Chance { places: at..until, is_there: true };
        }
        let far = (high + AHEAD).min(end);
        gathered.gather(c, view.text, &(above..far));
        let until = match gathered.first_spoken(detector, above..far) {
            None if far == end => end,
            None => (far / BLOCK * BLOCK).saturating_sub(reach),
            Some(block) if block > high / BLOCK => (block * BLOCK).saturating_sub(reach),
            // Too far above, unless the next line has columns.
            Some(_) => line.min(same_high),
        };
        Chance { places: at..until.max(at + 1), is_there: false }
    }

    /// Whether what a pattern needs can only be met in the lines of a plain text that are cut into
    /// columns.
    pub(super) fn only_in_columns(&self, view: &View<'_>, needs: Needs) -> bool {
        needs == Needs::Header && !self.keyed && view.table().is_none()
    }

    /// The next place from `at` on in a line that is cut into columns.
    pub(super) fn next_columns(&self, text: &[u8], at: usize) -> Option<usize> {
        if at < text.len() && self.columns_at(text, at).is_some() {
            return Some(at);
        }
        self.rows.next(text, at)
    }

    /// What cuts the line that holds `at` into columns.
    fn columns_at(&self, text: &[u8], at: usize) -> Option<Columns> {
        let (start, end, columns) = self.line.get();
        if (start..end).contains(&at) {
            return columns;
        }
        let (start, end) = (line_start(text, at), line_end(text, at));
        let columns = Columns::of(&text[start..end]);
        self.line.set((start, end, columns));
        columns
    }

    /// What speaks for a column: the roles of the entries in its header.
    pub(super) fn column_roles(&self, c: &Compiled, detector: DetectorId, column: u32) -> u8 {
        let entries = self.columns.get(column as usize).into_iter().flatten();
        entries.fold(0, |roles, (e, _)| roles | c.entries[*e as usize].role(detector))
    }

    /// Looks around a match. `pieces` are its value, or the two values of a pair.
    pub(super) fn look(
        &self,
        c: &Compiled,
        view: &View<'_>,
        detector: DetectorId,
        whole: &Range<usize>,
        pieces: &[Range<usize>],
    ) -> Near {
        if c.words.is_empty() {
            return Near::NOTHING;
        }
        let mut look = Look { c, view, detector, near: Near::NOTHING, anti: (usize::MAX, 0) };
        for piece in pieces {
            self.look_at_cell(&mut look, piece);
            if look.near.strength < Strength::Strong
                && let Some(key) = view.key(piece)
            {
                look.key(key);
            }
        }
        let mut headings = Vec::new();
        if view.table().is_none() {
            headings.extend(pieces.iter().filter_map(|p| self.heading(view.text, p.start)));
        }
        self.look_at_window(&mut look, whole, pieces, &headings);
        if view.table().is_none() {
            if look.near.strength < Strength::Strong {
                self.look_at_row(&mut look, &pieces[0]);
            }
            for heading in &headings {
                if look.near.strength < Strength::Strong {
                    self.look_at_heading(&mut look, heading);
                }
            }
            if look.near.strength < Strength::Strong && headings.is_empty() {
                self.look_above(&mut look, &pieces[0]);
            }
        }
        for &entry in &self.title {
            if look.role(entry) & role::FOR != 0 && look.near.strength == Strength::None {
                look.near.raise(Strength::Title, EvidenceKind::Keyword, entry, usize::MAX);
            }
        }
        if look.anti.0 < look.near.distance {
            look.near.anti = Some(look.anti.1);
        }
        look.near
    }

    /// Its column's header, its row's label, and the cell before it.
    fn look_at_cell(&self, look: &mut Look<'_>, piece: &Range<usize>) {
        let (Some(table), Some(cell)) = (look.view.table(), look.view.cell(piece)) else { return };
        for &(entry, all) in self.columns.get(cell.column as usize).into_iter().flatten() {
            let role = look.role(entry);
            let header = role & (role::HEADER | role::FIRST | role::SECOND) != 0;
            if header || (role & role::KEYWORD != 0 && all) {
                look.near.raise(Strength::Strong, EvidenceKind::Header, entry, 0);
                look.near.header = true;
            } else if role & role::KEYWORD != 0 {
                look.near.raise(Strength::Keyword, EvidenceKind::Header, entry, 0);
            }
            if role & role::ANTI != 0 {
                look.anti = (0, entry);
            }
        }
        let row = table.row_of(cell);
        let before = row.iter().rev().find(|other| other.column < cell.column);
        for label in row.first().filter(|f| f.column < cell.column).into_iter().chain(before) {
            let span = look.view.cell_span(label);
            if span.len() > LONGEST_HEADING {
                continue;
            }
            for hit in self.gathered(look, &span).within(look.detector, &span) {
                let inside =
                    Hit { start: hit.start - span.start, end: hit.end - span.start, ..*hit };
                if look.role(hit.entry) & role::FOR != 0
                    && is_all(&look.view.text[span.clone()], &inside)
                {
                    look.near.raise(Strength::Strong, EvidenceKind::Label, hit.entry, 0);
                }
            }
        }
    }

    /// What stands around it; the headings of other columns speak for those.
    fn look_at_window(
        &self,
        look: &mut Look<'_>,
        whole: &Range<usize>,
        pieces: &[Range<usize>],
        headings: &[Heading],
    ) {
        let text = look.view.text;
        let d = &look.c.detectors[look.detector.index()];
        let (start, end) = (pieces[0].start.min(whole.start), whole.end.max(pieces[0].end));
        let mut low = led_from(text, start).saturating_sub(d.before);
        let mut high = (end + d.after).min(text.len());
        let mut own = low;
        if d.before <= ONE_LINE {
            own += line_start(&text[low..start], start - low);
            high = end + line_end(&text[end..high], 0);
            // A keyword may be broken over the end of the line above.
            low = low.max(own.saturating_sub(LABEL_GAP));
        }
        let ends_above =
            |end: usize| pieces.iter().any(|p| end <= p.start && runs_on(&text[end..p.start]));
        for hit in self.gathered(look, &(low..high)).within(look.detector, &(low..high)) {
            let role = look.role(hit.entry);
            if role == 0
                || hit.end <= own && !ends_above(hit.end)
                || pieces.iter().any(|p| hit.start < p.end && hit.end > p.start)
            {
                continue;
            }
            let heads = |h: &Heading| h.field.start <= hit.start && hit.end <= h.field.end;
            if headings.iter().any(|h| h.line.contains(&hit.start)) && !headings.iter().any(heads) {
                continue;
            }
            if speaks_for_another(text, &hit.span(), pieces) {
                continue;
            }
            let distance = pieces.iter().map(|piece| gap(&hit.span(), piece)).min();
            let distance = distance.unwrap_or(usize::MAX);
            if role & role::FOR != 0 {
                let label = pieces
                    .iter()
                    .any(|piece| hit.end <= piece.start && joins(&text[hit.end..piece.start]));
                if label || ends_above(hit.end) {
                    look.near.raise(Strength::Strong, EvidenceKind::Label, hit.entry, 0);
                } else if role & (role::KEYWORD | role::FIRST | role::SECOND) != 0 {
                    look.near.raise(Strength::Keyword, EvidenceKind::Keyword, hit.entry, distance);
                }
            }
            if role & role::ANTI != 0
                && distance < look.anti.0
                && !heads_what_follows(text, &hit.span(), pieces)
                && !has_its_own(text, &hit.span(), pieces)
            {
                look.anti = (distance, hit.entry);
            }
        }
    }

    /// The heading over a place, where lines of plain text are cut into fields. Many ask for the same
    /// place in turn.
    fn heading(&self, text: &[u8], at: usize) -> Option<Heading> {
        let columns = self.columns_at(text, at)?;
        let mut last = self.heading.borrow_mut();
        match &*last {
            Some((place, heading)) if *place == at => heading.clone(),
            _ => last.insert((at, columns.heading(text, at))).1.clone(),
        }
    }

    /// False where what a pattern needs could only be the heading of a column of plain text, and none
    /// over a place speaks for its detector.
    pub(super) fn may_be_headed(
        &self,
        c: &Compiled,
        view: &View<'_>,
        detector: DetectorId,
        needs: Needs,
        at: usize,
    ) -> bool {
        if !self.only_in_columns(view, needs) {
            return true;
        }
        let Some(Heading { field, .. }) = self.heading(view.text, at) else { return false };
        let mut gathered = self.gathered.borrow_mut();
        gathered.gather(c, view.text, &field);
        let speaks = |hit: &Hit| c.entries[hit.entry as usize].role(detector) & role::FOR != 0;
        gathered.within(detector, &field).any(speaks)
    }

    /// The label that begins a row of plain text, whichever of its values this is.
    fn look_at_row(&self, look: &mut Look<'_>, piece: &Range<usize>) {
        let text = look.view.text;
        if self.columns_at(text, piece.start).is_none() {
            return;
        }
        let line = self.line.get().0;
        let Some(label) = row_label(&text[line..piece.start]) else { return };
        let label = line + label.start..line + label.end;
        for hit in self.gathered(look, &label).within(look.detector, &label) {
            let inside = Hit { start: hit.start - label.start, end: hit.end - label.start, ..*hit };
            if look.role(hit.entry) & role::FOR != 0 && is_all(&text[label.clone()], &inside) {
                look.near.raise(Strength::Strong, EvidenceKind::Label, hit.entry, 0);
            }
        }
    }

    /// The heading of its column.
    fn look_at_heading(&self, look: &mut Look<'_>, heading: &Heading) {
        let (text, field) = (look.view.text, &heading.field);
        let sure = heading.marked || names_columns(&text[heading.line.clone()]);
        for hit in self.gathered(look, field).within(look.detector, field) {
            let inside = Hit { start: hit.start - field.start, end: hit.end - field.start, ..*hit };
            let role = look.role(hit.entry);
            let header = role & (role::HEADER | role::FIRST | role::SECOND) != 0;
            if header || (role & role::KEYWORD != 0 && is_all(&text[field.clone()], &inside)) {
                look.near.raise(Strength::Strong, EvidenceKind::Header, hit.entry, 0);
                look.near.header |= sure;
            } else if role & role::KEYWORD != 0 {
                look.near.raise(Strength::Keyword, EvidenceKind::Header, hit.entry, 0);
            }
        }
    }

    /// A heading in the line right above: over the value, or alone on its line.
    fn look_above(&self, look: &mut Look<'_>, piece: &Range<usize>) {
        let text = look.view.text;
        let Some((line, mut above)) = line_above(text, piece.start) else { return };
        let mut spoken = false;
        if only_speaks(&text[above.clone()])
            && let Some((_, asked)) = line_above(text, above.start)
        {
            (above, spoken) = (asked, text[line..piece.start].trim_ascii().is_empty());
        }
        let indent = piece.start - line;
        let part = || names_a_part(&text[above.clone()]);
        let answered = || match spoken {
            true => asks(&text[above.clone()]),
            false => answers(&text[line..piece.start], &text[above.clone()]),
        };
        // `What is your vehicle's registration?`
        let question = || is_question(&text[above.clone()]);
        for hit in self.gathered(look, &above).within(look.detector, &above) {
            if look.role(hit.entry) & role::FOR == 0 {
                continue;
            }
            let columns = hit.start - above.start..hit.end - above.start;
            let over = columns.start < indent + piece.len() + 4 && indent < columns.end + 4;
            let inside = Hit { start: columns.start, end: columns.end, ..*hit };
            let all = is_all(&text[above.clone()], &inside);
            if answered() || (all || part() || question()) && is_own_line(text, piece) {
                look.near.raise(Strength::Strong, EvidenceKind::Label, hit.entry, 0);
            } else if over || all {
                let distance = 30 + columns.start.abs_diff(indent);
                look.near.raise(Strength::Keyword, EvidenceKind::Keyword, hit.entry, distance);
            }
        }
    }

    /// The keywords of the text, of which those within a span are gathered.
    fn gathered(&self, look: &Look<'_>, span: &Range<usize>) -> Ref<'_, Gathered> {
        self.gathered.borrow_mut().gather(look.c, look.view.text, span);
        self.gathered.borrow()
    }
}

/// One look around a match.
struct Look<'l> {
    c: &'l Compiled,
    view: &'l View<'l>,
    detector: DetectorId,
    near: Near,
    /// The nearest word against it, and how far it is.
    anti: (usize, u32),
}

impl Look<'_> {
    fn role(&self, entry: u32) -> u8 {
        self.c.entries[entry as usize].role(self.detector)
    }

    /// The key of structured data is what a header is to a column.
    fn key(&mut self, key: &str) {
        let mut hits = Vec::new();
        self.c.words.find(&mut Parts::default(), key.as_bytes(), 0..key.len(), &mut hits);
        for hit in hits {
            let role = self.role(hit.entry);
            if role & role::FOR != 0 {
                self.near.raise(Strength::Strong, EvidenceKind::Header, hit.entry, 0);
                self.near.header = true;
            }
            if role & role::ANTI != 0 {
                self.anti = (0, hit.entry);
            }
        }
    }
}

/// Bytes between two spans.
fn gap(a: &Range<usize>, b: &Range<usize>) -> usize {
    if a.end <= b.start { b.start - a.end } else { a.start.saturating_sub(b.end) }
}
