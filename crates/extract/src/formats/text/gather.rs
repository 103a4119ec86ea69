use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Layout, Mark, Place, Role, Segment, SpanMap};
use dlpscan_core::scan::MARGIN;
use std::ops::Range;

/// Text bytes that are a segment's own.
const BODY: usize = 1 << 20;

/// Gathers a text from pieces that know where they stood, and gives it as segments of bounded size
/// with margins. For formats whose text is not their bytes: json, xml, html.
pub struct Gather {
    text: Vec<u8>,
    marks: Vec<Mark>,
    map: SpanMap,
    body: usize,
    start: usize,
    role: Role,
    title: String,
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

impl Gather {
    /// Nothing gathered yet; what will be is content.
    pub fn new() -> Self {
        Gather {
            text: Vec::new(),
            marks: Vec::new(),
            map: SpanMap::new(),
            body: BODY,
            start: 0,
            role: Role::Content,
            title: String::new(),
        }
    }

    /// The same with another role.
    pub fn with_role(self, role: Role) -> Self {
        Gather { role, ..self }
    }

    /// The same with words that stand over all of it.
    pub fn with_title(self, title: &str) -> Self {
        Gather { title: title.to_owned(), ..self }
    }

    /// The same with other sizes of body. Any size gives the same text.
    pub fn with_body(self, bytes: usize) -> Self {
        Gather { body: bytes.max(1), ..self }
    }

    /// From here on `place` holds.
    pub fn place(&mut self, place: Place) {
        let start = self.text.len();
        match self.marks.last_mut() {
            Some(last) if last.place == place => {}
            Some(last) if last.start == start => last.place = place,
            _ => self.marks.push(Mark { start, place }),
        }
    }

    /// Adds text whose bytes are those of the part from `raw` on.
    pub fn verbatim(&mut self, text: &[u8], raw: u64) {
        self.map.linear(self.text.len(), raw);
        self.text.extend_from_slice(text);
    }

    /// Adds text that stands for what begins at `raw`: a decoded entity or escape.
    pub fn decoded(&mut self, text: &[u8], raw: u64) {
        self.map.point(self.text.len(), raw);
        self.text.extend_from_slice(text);
    }

    /// Adds a range of a text that has its own map.
    pub fn mapped(&mut self, text: &[u8], range: Range<usize>, map: &SpanMap) {
        self.map.append(self.text.len(), map, range.clone());
        self.text.extend_from_slice(&text[range]);
    }

    /// Adds text without a way back.
    pub fn push(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// The last byte gathered.
    pub fn last(&self) -> Option<u8> {
        self.text.last().copied()
    }

    /// True when nothing is waiting to be given.
    pub fn is_empty(&self) -> bool {
        self.text.len() <= self.start
    }

    /// Ends the line, unless it is empty.
    pub fn end_line(&mut self) {
        if self.last().is_some_and(|b| b != b'\n') {
            self.text.push(b'\n');
        }
    }

    /// Takes back the last line end, so that more can follow on its line. False if there is none.
    pub fn unend_line(&mut self) -> bool {
        let own = self.text.len() > self.start && self.last() == Some(b'\n');
        if own {
            self.text.pop();
        }
        own
    }

    /// Gives what is enough for a segment. Call it often; between two calls the text grows.
    pub fn flow(&mut self, descent: &mut Descent<'_>) -> Flow {
        while self.text.len() >= self.start + self.body + MARGIN {
            let mut end = self.start + self.body;
            while end > self.start + 1 && self.text[end] & 0xC0 == 0x80 {
                end -= 1;
            }
            self.give(end, descent)?;
            self.forget(end);
        }
        Flow::Continue(())
    }

    /// Gives all that is left.
    pub fn finish(&mut self, descent: &mut Descent<'_>) -> Flow {
        self.flow(descent)?;
        self.give(self.text.len(), descent)?;
        self.text.clear();
        self.marks.clear();
        self.map = SpanMap::new();
        self.start = 0;
        Flow::Continue(())
    }

    fn give(&self, end: usize, descent: &mut Descent<'_>) -> Flow {
        if end <= self.start {
            return Flow::Continue(());
        }
        let text_end = self.text.len().min(end + MARGIN);
        let text = &self.text[..text_end];
        let place = self.marks.first().map_or(Place::Whole, |m| m.place.clone());
        descent.segment(&Segment {
            body: self.start..end,
            layout: Layout::Marks(&self.marks),
            map: (!self.map.is_empty()).then_some(&self.map),
            role: self.role,
            title: &self.title,
            ..Segment::new(text, place)
        })
    }

    fn forget(&mut self, end: usize) {
        let mut cut = end.saturating_sub(MARGIN);
        while cut > 0 && self.text[cut] & 0xC0 == 0x80 {
            cut -= 1;
        }
        self.text.drain(..cut);
        self.map = self.map.tail(cut);
        let first = self.marks.partition_point(|m| m.start <= cut).saturating_sub(1);
        self.marks.drain(..first);
        for mark in &mut self.marks {
            mark.start = mark.start.saturating_sub(cut);
        }
        self.start = end - cut;
    }
}
