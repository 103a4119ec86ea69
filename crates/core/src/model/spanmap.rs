use std::ops::Range;

/// The way from a text back to the bytes it was made from.
///
/// A sorted list of runs: text from `text` on stands for raw bytes from `raw` on, one to one while
/// `linear`, otherwise the whole run stands for one raw position (a decoded entity, a folded
/// character). Text before the first run maps to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanMap {
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    text: usize,
    raw: u64,
    linear: bool,
}

impl SpanMap {
    /// A map that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A text that is its raw bytes, from `raw_start` on.
    pub fn identity(raw_start: u64) -> Self {
        SpanMap { runs: vec![Run { text: 0, raw: raw_start, linear: true }] }
    }

    /// From `text` on, each byte of text is one raw byte, from `raw` on.
    pub fn linear(&mut self, text: usize, raw: u64) {
        if let Some(last) = self.runs.last()
            && last.linear
            && last.raw + (text - last.text) as u64 == raw
        {
            return;
        }
        self.runs.push(Run { text, raw, linear: true });
    }

    /// From `text` on, all text stands for what begins at `raw`.
    pub fn point(&mut self, text: usize, raw: u64) {
        self.runs.push(Run { text, raw, linear: false });
    }

    /// Where a position of the text lies in the raw bytes.
    pub fn raw(&self, text: usize) -> Option<u64> {
        let i = self.runs.partition_point(|r| r.text <= text).checked_sub(1)?;
        let run = self.runs[i];
        Some(if run.linear { run.raw + (text - run.text) as u64 } else { run.raw })
    }

    /// Where a span of the text lies in the raw bytes. The end is that of the last byte's run.
    pub fn raw_span(&self, span: &Range<usize>) -> Option<Range<u64>> {
        let start = self.raw(span.start)?;
        if span.end == span.start {
            return Some(start..start);
        }
        let i = self.runs.partition_point(|r| r.text < span.end).checked_sub(1)?;
        let run = self.runs[i];
        let end = if run.linear {
            run.raw + (span.end - run.text) as u64
        } else {
            self.runs.get(i + 1).map_or(run.raw + 1, |next| next.raw)
        };
        Some(start..end.max(start))
    }

    /// True when nothing is known.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_runs_join_and_points_cover_what_they_stand_for() {
        // raw: "ab&amp;cd", text: "ab&cd"
        let mut map = SpanMap::identity(0);
        map.linear(1, 1);
        map.point(2, 2);
        map.linear(3, 7);
        assert_eq!(map.raw_span(&(0..2)), Some(0..2));
        assert_eq!(map.raw_span(&(2..3)), Some(2..7));
        assert_eq!(map.raw_span(&(1..5)), Some(1..9));
    }

    #[test]
    fn text_before_the_first_run_maps_to_nothing() {
        let mut map = SpanMap::new();
        map.linear(10, 0);
        assert_eq!(map.raw(3), None);
    }
}
