//! From pieces of text with positions to words, cells and lines: of a page that is drawn, or of a
//! picture that was read.

mod columns;
pub(crate) mod tables;
mod touching;

use hayro_interpret::kurbo::Point;

/// Text written without a break, with its place on the page.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// The letters.
    pub text: String,
    /// Direction of writing in whole degrees.
    angle: i32,
    /// Start and end along the line, in the turned page's points.
    x0: f64,
    x1: f64,
    /// The baseline, growing upwards.
    y: f64,
    /// Height of an em.
    size: f64,
    /// Where in the text another run of glyphs begins, and where on the line: perhaps a cell that
    /// touches the one before it.
    joints: Vec<(usize, f64)>,
}

/// A gap of so many ems is a space.
const SPACE: f64 = 0.23;
/// A gap of so many ems begins a new cell.
const CELL: f64 = 1.1;
/// Baselines closer than so many ems are one line.
const SAME_LINE: f64 = 0.35;

impl Chunk {
    /// Writes a glyph behind the last chunk if it follows there, else into a new one. It says
    /// whether it is the first of its run.
    pub fn write(
        chunks: &mut Vec<Chunk>,
        text: &str,
        origin: Point,
        angle: f64,
        advance: f64,
        size: f64,
        starts: bool,
    ) {
        let (sin, cos) = angle.sin_cos();
        let (x, y) = (origin.x * cos + origin.y * sin, origin.y * cos - origin.x * sin);
        let angle = if angle.is_finite() { angle.to_degrees().round() as i32 } else { 0 };
        if !(x.is_finite() && y.is_finite() && advance.is_finite()) {
            // Text at no place is still text.
            chunks.push(Chunk::new(text, angle, 0.0..0.0, 0.0, 1.0));
            return;
        }
        let size = if size.is_finite() && size > 1e-6 { size } else { advance.abs().max(1e-6) };
        if let Some(last) = chunks.last_mut() {
            let em = size.max(last.size);
            let gap = (x - last.x1) / em;
            if last.angle == angle
                && (y - last.y).abs() < SAME_LINE * em
                && (-0.4..SPACE).contains(&gap)
            {
                if starts {
                    last.joints.push((last.text.len(), x));
                }
                last.text.push_str(text);
                last.x1 = last.x1.max(x + advance);
                return;
            }
        }
        if !text.trim().is_empty() {
            chunks.push(Chunk::new(text, angle, x..x + advance, y, size));
        }
    }

    /// A word that was read in a picture, whose rows grow downwards: its start and end along the
    /// line, the line's lower edge and its height.
    #[cfg(feature = "pictures")]
    pub fn read(text: &str, x: std::ops::Range<f64>, bottom: f64, height: f64) -> Self {
        // A space of its own: that the next word is another one is known, however near it stands.
        Chunk::new(&format!("{text} "), 0, x, -bottom, height.max(1.0))
    }

    fn new(text: &str, angle: i32, x: std::ops::Range<f64>, y: f64, size: f64) -> Self {
        let (x0, x1) = (x.start, x.end);
        Chunk { text: text.to_owned(), angle, x0, x1, y, size, joints: Vec::new() }
    }

    /// True when both stand on the same baseline.
    fn beside(&self, other: &Chunk) -> bool {
        let em = other.size.min(self.size).max(self.size * 0.5);
        (self.y - other.y).abs() <= SAME_LINE * em
    }
}

/// One line of a page: its cells from left to right, each with its start and end along the line.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Line {
    /// The cells.
    pub cells: Vec<LineCell>,
}

/// Text of a line up to a wide gap.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct LineCell {
    /// The text, without space at either end.
    pub text: String,
    /// Where it starts along the line, in points.
    pub x0: f64,
    /// Where it ends.
    pub x1: f64,
    /// Where in the text another piece begins, and where on the line.
    joints: Vec<(usize, f64)>,
}

/// The lines of a page, top to bottom; turned text comes after upright text.
pub(crate) fn lines(chunks: Vec<Chunk>) -> Vec<Line> {
    let mut angles: Vec<i32> = chunks.iter().map(|c| c.angle).collect();
    angles.sort_unstable_by_key(|a| (a.abs(), *a));
    angles.dedup();
    // Text at hundreds of angles is a drawing; what is written in it is read in drawing order.
    angles.truncate(MOST_ANGLES);
    let mut by_angle: Vec<Vec<Chunk>> = angles.iter().map(|_| Vec::new()).collect();
    let mut loose = Vec::new();
    for chunk in chunks.into_iter().filter(|c| !c.text.trim().is_empty()) {
        match angles.iter().position(|&a| a == chunk.angle) {
            Some(i) => by_angle[i].push(chunk),
            None => loose.push(chunk),
        }
    }
    let mut out = Vec::new();
    for chunks in by_angle {
        columns::read(columns::blocks(chunks), 0, &mut out);
    }
    out.extend(loose.iter().map(|c| Line { cells: vec![LineCell::new(c)] }));
    touching::part(&mut out);
    out
}

/// Texts on top of one another that are laid out.
const MOST_LAYERS: usize = 32;
/// Directions of writing on one page that are laid out.
const MOST_ANGLES: usize = 8;

/// Chunks of one direction by their baselines, top to bottom.
fn by_baseline(mut chunks: Vec<Chunk>, out: &mut Vec<Line>) {
    chunks.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut open: Vec<Chunk> = Vec::new();
    for chunk in chunks {
        if !open.first().is_none_or(|first| first.beside(&chunk)) {
            close(std::mem::take(&mut open), out);
        }
        open.push(chunk);
    }
    close(open, out);
}

/// Lays the chunks of one baseline out. What lies on top of other text goes to a line of its own,
/// so that text hidden under or over other text stays whole; the same text on top of itself (a
/// poor man's bold) is dropped.
fn close(mut chunks: Vec<Chunk>, lines: &mut Vec<Line>) {
    for layer in 0.. {
        if chunks.is_empty() {
            break;
        }
        if layer == MOST_LAYERS {
            lines.extend(chunks.iter().map(|c| Line { cells: vec![LineCell::new(c)] }));
            break;
        }
        chunks.sort_by(|a, b| a.x0.total_cmp(&b.x0));
        let mut line = Line::default();
        let mut covered: Vec<Chunk> = Vec::new();
        let mut last: Option<Chunk> = None;
        for chunk in chunks {
            let Some(before) = &mut last else {
                line.cells.push(LineCell::new(&chunk));
                last = Some(chunk);
                continue;
            };
            let em = chunk.size.max(before.size);
            let width = (chunk.x1 - chunk.x0).min(before.x1 - before.x0).max(em * 0.2);
            if before.x1 - chunk.x0 > width * 0.5 {
                let twice = before.text == chunk.text && (chunk.x0 - before.x0).abs() < em * 0.25;
                if !twice {
                    covered.push(chunk);
                }
                continue;
            }
            let gap = (chunk.x0 - before.x1) / em;
            if gap > CELL {
                line.cells.push(LineCell::new(&chunk));
            } else if let Some(cell) = line.cells.last_mut() {
                if gap > SPACE && !cell.text.ends_with(' ') && !chunk.text.starts_with(' ') {
                    cell.text.push(' ');
                }
                let at = cell.text.len();
                cell.joints.push((at, chunk.x0));
                cell.joints.extend(chunk.joints.iter().map(|(i, x)| (at + i, *x)));
                cell.text.push_str(&chunk.text);
                cell.x1 = chunk.x1;
            }
            *before = chunk;
        }
        for cell in &mut line.cells {
            let before = cell.text.len() - cell.text.trim_start().len();
            cell.joints.retain_mut(|(i, _)| {
                *i = i.saturating_sub(before);
                *i > 0
            });
            cell.text = cell.text.trim().to_owned();
        }
        line.cells.retain(|c| !c.text.is_empty());
        if !line.cells.is_empty() {
            lines.push(line);
        }
        chunks = covered;
    }
}

impl LineCell {
    fn new(chunk: &Chunk) -> Self {
        let joints = chunk.joints.clone();
        LineCell { text: chunk.text.clone(), x0: chunk.x0, x1: chunk.x1, joints }
    }
}

/// The lines as text: cells joined by a tab, lines by a line feed.
pub(crate) fn text(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        for (i, cell) in line.cells.iter().enumerate() {
            if i > 0 {
                out.push('\t');
            }
            out.push_str(&cell.text);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(chunks: &mut Vec<Chunk>, text: &str, x: f64, y: f64) {
        let mut x = x;
        for c in text.chars() {
            Chunk::write(chunks, &c.to_string(), Point::new(x, y), 0.0, 5.0, 10.0, false);
            x += 5.0;
        }
    }

    #[test]
    fn letters_drawn_in_any_order_come_out_in_the_order_they_are_seen() {
        let mut chunks = Vec::new();
        for (i, c) in [(3, "4"), (0, "1"), (2, "3"), (1, "2")] {
            write(&mut chunks, c, 10.0 + 5.5 * f64::from(i), 100.0);
        }
        write(&mut chunks, "Below", 10.0, 80.0);
        assert_eq!(text(&lines(chunks)), "1234\nBelow\n");
    }

    #[test]
    fn a_wide_gap_is_a_cell_and_a_narrow_one_a_space() {
        let mut chunks = Vec::new();
        write(&mut chunks, "Sort", 10.0, 100.0);
        write(&mut chunks, "code", 34.0, 100.4);
        write(&mut chunks, "12", 100.0, 100.0);
        assert_eq!(text(&lines(chunks)), "Sort code\t12\n");
    }

    #[test]
    fn text_on_top_of_other_text_stays_whole() {
        let mut chunks = Vec::new();
        write(&mut chunks, "Approved plan", 10.0, 100.0);
        write(&mut chunks, "12345678", 12.0, 100.0);
        write(&mut chunks, "Approved plan", 10.4, 100.0);
        assert_eq!(text(&lines(chunks)), "Approved plan\n12345678\n");
    }
}
