use std::ops::Range;

/// The way from a text back to the bytes it was made from.
///
/// A sorted list of runs: text from `text` on stands for raw bytes from `raw` on, `step` raw bytes
/// for each byte of text. With step 0 the whole run stands for one raw position (a decoded entity,
/// a folded character). Text before the first run maps to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpanMap {
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    text: usize,
    raw: u64,
    step: u8,
}

impl Run {
    fn raw_at(self, text: usize) -> u64 {
        self.raw + (text - self.text) as u64 * u64::from(self.step)
    }
}

impl SpanMap {
    /// A map that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A text that is its raw bytes, from `raw_start` on.
    pub fn identity(raw_start: u64) -> Self {
        SpanMap { runs: vec![Run { text: 0, raw: raw_start, step: 1 }] }
    }

    /// From `text` on, each byte of text is one raw byte, from `raw` on.
    pub fn linear(&mut self, text: usize, raw: u64) {
        self.stepped(text, raw, 1);
    }

    /// From `text` on, each byte of text is `step` raw bytes, from `raw` on: 2 for ASCII characters
    /// in UTF-16.
    pub fn stepped(&mut self, text: usize, raw: u64, step: u8) {
        if let Some(last) = self.runs.last()
            && last.step == step
            && step > 0
            && last.raw_at(text) == raw
        {
            return;
        }
        self.runs.push(Run { text, raw, step });
    }

    /// From `text` on, all text stands for what begins at `raw`.
    pub fn point(&mut self, text: usize, raw: u64) {
        self.runs.push(Run { text, raw, step: 0 });
    }

    /// Where a position of the text lies in the raw bytes.
    pub fn raw(&self, text: usize) -> Option<u64> {
        let i = self.runs.partition_point(|r| r.text <= text).checked_sub(1)?;
        Some(self.runs[i].raw_at(text))
    }

    /// Where a span of the text lies in the raw bytes. The end is that of the last byte's run.
    pub fn raw_span(&self, span: &Range<usize>) -> Option<Range<u64>> {
        let start = self.raw(span.start)?;
        if span.end == span.start {
            return Some(start..start);
        }
        let i = self.runs.partition_point(|r| r.text < span.end).checked_sub(1)?;
        let run = self.runs[i];
        let end = if run.step > 0 {
            run.raw_at(span.end)
        } else {
            self.runs.get(i + 1).map_or(run.raw + 1, |next| next.raw)
        };
        Some(start..end.max(start))
    }

    /// The same map for the text that is left when the first `cut` bytes are taken away.
    pub fn tail(&self, cut: usize) -> SpanMap {
        let first = self.runs.partition_point(|r| r.text <= cut).saturating_sub(1);
        let runs = self.runs[first..].iter().map(|run| match run.text.checked_sub(cut) {
            Some(text) => Run { text, ..*run },
            None => Run { text: 0, raw: run.raw_at(cut), ..*run },
        });
        SpanMap { runs: runs.collect() }
    }

    /// Appends a range of another map's text, which stands from `text` on in this one.
    pub fn append(&mut self, text: usize, other: &SpanMap, range: Range<usize>) {
        let first = other.runs.partition_point(|r| r.text <= range.start).saturating_sub(1);
        for run in other.runs[first..].iter().take_while(|r| r.text < range.end) {
            let from = run.text.max(range.start);
            self.stepped(text + from - range.start, run.raw_at(from), run.step);
        }
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
    fn a_map_cut_at_the_front_says_the_same_of_what_is_left() {
        // UTF-16: two raw bytes for each ASCII character, two for the two bytes of é.
        let mut map = SpanMap::new();
        map.stepped(0, 2, 2);
        map.point(3, 8);
        map.stepped(5, 10, 2);
        for cut in 0..8 {
            let tail = map.tail(cut);
            for text in cut..10 {
                assert_eq!(tail.raw(text - cut), map.raw(text), "cut {cut} at {text}");
            }
        }
        assert_eq!(map.raw_span(&(2..6)), Some(6..12));
        let mut other = SpanMap::identity(100);
        other.append(4, &map, 2..7);
        for text in 2..7 {
            assert_eq!(other.raw(text + 2), map.raw(text));
        }
        assert_eq!(other.raw(3), Some(103));
    }

    #[test]
    fn text_before_the_first_run_maps_to_nothing() {
        let mut map = SpanMap::new();
        map.linear(10, 0);
        assert_eq!(map.raw(3), None);
    }
}
