//! What stands side by side: rows of a table, whose cells may be several lines high, or columns
//! of running text.
//!
//! Lines that were drawn one right below the other are a block. A block beside other text is read
//! as a whole, unless the two agree line by line, as labels and their values do.

use super::{Chunk, Line, LineCell, by_baseline};

/// Lines drawn one below the other.
pub(super) struct Block {
    lines: Vec<Vec<Chunk>>,
}

/// The next line of a block is so many ems below the last.
const LEADING: std::ops::Range<f64> = 0.7..1.7;
/// Edges closer than so many ems are aligned.
const ALIGNED: f64 = 1.0;
/// Columns of columns of columns: deeper is not looked.
const DEEPEST: u32 = 6;
/// A row of a table is at most so many lines high.
const HIGHEST_ROW: usize = 8;
/// Longer lines than this are running text, shorter ones may be labels and values.
const RUNNING_TEXT: usize = 30;

/// Groups chunks, in drawing order, into blocks.
pub(super) fn blocks(chunks: Vec<Chunk>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for chunk in chunks {
        if let Some(block) = blocks.last_mut() {
            let line = block.lines.last_mut().expect("a block has lines");
            let last = line.last().expect("a line has chunks");
            let gap = (chunk.x0 - last.x1) / chunk.size.max(last.size);
            if last.beside(&chunk) && (-0.4..super::CELL).contains(&gap) {
                line.push(chunk);
                continue;
            }
            let em = last.size;
            let below = (last.y - chunk.y) / em;
            let same_size = (chunk.size / em - 1.0).abs() < 0.15;
            let (x0, x1) = extent(line);
            // The chunk may be only the first word of its line: its left edge must fit, or it
            // stands inside the line above, as centred text does.
            let aligned = (chunk.x0 - x0).abs() < ALIGNED * em || (x0 < chunk.x0 && chunk.x1 < x1);
            if LEADING.contains(&below) && same_size && aligned {
                block.lines.push(vec![chunk]);
                continue;
            }
        }
        blocks.push(Block { lines: vec![vec![chunk]] });
    }
    blocks
}

fn extent(line: &[Chunk]) -> (f64, f64) {
    line.iter().fold((f64::MAX, f64::MIN), |(a, b), c| (a.min(c.x0), b.max(c.x1)))
}

impl Block {
    fn x(&self) -> (f64, f64) {
        self.lines.iter().fold((f64::MAX, f64::MIN), |(a, b), line| {
            let (c, d) = extent(line);
            (a.min(c), b.max(d))
        })
    }

    /// Upper and lower edge, a little inside the letters, so that neighbouring lines do not touch.
    fn y(&self) -> (f64, f64) {
        let chunks = self.lines.iter().flatten();
        chunks.fold((f64::MIN, f64::MAX), |(top, low), c| {
            (top.max(c.y + c.size * 0.5), low.min(c.y + c.size * 0.05))
        })
    }

    fn first(&self) -> &Chunk {
        &self.lines[0][0]
    }

    /// Bytes of its longest line.
    fn longest(&self) -> usize {
        let lengths = self.lines.iter().map(|l| l.iter().map(|c| c.text.len()).sum());
        lengths.max().unwrap_or(0)
    }

    /// The block as one cell: its lines joined by a space; a mail address that was broken at the
    /// cell's edge without one.
    fn cell(self) -> LineCell {
        let (x0, x1) = self.x();
        let mut text = String::new();
        let mut lines = Vec::new();
        by_baseline(self.lines.into_iter().flatten().collect(), &mut lines);
        for line in lines {
            let last = text.rsplit(' ').next().unwrap_or("");
            let broken = last.contains('@') && last.len() == text.len();
            if !text.is_empty() && !broken {
                text.push(' ');
            }
            let cells: Vec<_> = line.cells.into_iter().map(|c| c.text).collect();
            text.push_str(&cells.join(" "));
        }
        LineCell { text, x0, x1, joints: Vec::new() }
    }
}

/// Reads blocks of one direction, top to bottom.
pub(super) fn read(mut blocks: Vec<Block>, depth: u32, out: &mut Vec<Line>) {
    blocks.sort_by(|a, b| b.y().0.total_cmp(&a.y().0));
    let mut band: Vec<Block> = Vec::new();
    let mut low = f64::MAX;
    for block in blocks {
        let (top, bottom) = block.y();
        if top < low && !band.is_empty() {
            self::band(std::mem::take(&mut band), depth, out);
            low = f64::MAX;
        }
        low = low.min(bottom);
        band.push(block);
    }
    self::band(band, depth, out);
}

/// Reads blocks that stand side by side, if only through others between them.
fn band(blocks: Vec<Block>, depth: u32, out: &mut Vec<Line>) {
    let tall = blocks.iter().any(|b| b.lines.len() > 1);
    if !tall || blocks.len() == 1 || depth >= DEEPEST {
        return plain(blocks, out);
    }
    let columns = split(blocks);
    if columns.len() == 1 || columns.windows(2).any(|pair| agree(&pair[0], &pair[1])) {
        return plain(columns.into_iter().flatten().collect(), out);
    }
    if columns.iter().all(|c| c.len() == 1 && c[0].lines.len() <= HIGHEST_ROW) {
        let cells: Vec<_> = columns.into_iter().flatten().map(Block::cell).collect();
        out.push(Line { cells });
        return;
    }
    for column in columns {
        read(column, depth + 1, out);
    }
}

fn plain(blocks: Vec<Block>, out: &mut Vec<Line>) {
    by_baseline(blocks.into_iter().flat_map(|b| b.lines).flatten().collect(), out);
}

/// Sorts blocks into columns: sets that do not overlap from left to right.
fn split(mut blocks: Vec<Block>) -> Vec<Vec<Block>> {
    blocks.sort_by(|a, b| a.x().0.total_cmp(&b.x().0));
    let mut columns: Vec<Vec<Block>> = Vec::new();
    let mut edge = f64::MIN;
    for block in blocks {
        let (x0, x1) = block.x();
        match columns.last_mut() {
            Some(column) if x0 < edge - block.first().size * 0.2 => column.push(block),
            _ => columns.push(vec![block]),
        }
        edge = edge.max(x1);
    }
    columns
}

/// True when two neighbouring columns are labels and values: short lines, on the same baselines,
/// as many here as there.
fn agree(left: &[Block], right: &[Block]) -> bool {
    let firsts = |column: &[Block]| -> Vec<Chunk> {
        column.iter().flat_map(|b| b.lines.iter().map(|l| l[0].clone())).collect()
    };
    let short = |column: &[Block]| column.iter().all(|b| b.longest() < RUNNING_TEXT);
    let (a, b) = (firsts(left), firsts(right));
    let (few, many) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    let enough = few.len() == many.len() || (few.len() >= 4 && few.len() * 4 >= many.len() * 3);
    few.len() >= 2
        && enough
        && (short(left) || short(right))
        && few.iter().all(|c| many.iter().any(|d| c.beside(d)))
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, lines, text};
    use hayro_interpret::kurbo::Point;

    fn write(chunks: &mut Vec<Chunk>, words: &[(&str, f64, f64)]) {
        for &(word, x, y) in words {
            for (i, c) in word.chars().enumerate() {
                let at = Point::new(x + 5.0 * i as f64, y);
                Chunk::write(chunks, &c.to_string(), at, 0.0, 5.0, 10.0, false);
            }
        }
    }

    #[test]
    fn a_cell_of_several_lines_stays_in_its_row() {
        let mut chunks = Vec::new();
        write(
            &mut chunks,
            &[
                ("Ann", 10.0, 88.0),
                ("The Forge,", 100.0, 100.0),
                ("Brigg DN1", 100.0, 88.0),
                ("1WN", 100.0, 76.0),
                ("01610", 200.0, 88.0),
            ],
        );
        assert_eq!(text(&lines(chunks)), "Ann\tThe Forge, Brigg DN1 1WN\t01610\n");
    }

    #[test]
    fn labels_drawn_first_and_values_after_make_rows() {
        let mut chunks = Vec::new();
        write(
            &mut chunks,
            &[
                ("Sort code", 10.0, 100.0),
                ("Account", 10.0, 88.0),
                ("12-34-56", 100.0, 100.0),
                ("12345678", 100.0, 88.0),
            ],
        );
        assert_eq!(text(&lines(chunks)), "Sort code\t12-34-56\nAccount\t12345678\n");
    }

    #[test]
    fn columns_of_running_text_are_read_one_after_the_other() {
        let mut chunks = Vec::new();
        let long = "words and words and words and words";
        for (x, end) in [(10.0, "left end"), (250.0, "right end")] {
            for line in 0..9 {
                write(&mut chunks, &[(long, x, 200.0 - 12.0 * f64::from(line))]);
            }
            write(&mut chunks, &[(end, x, 92.0)]);
        }
        let lines = text(&lines(chunks));
        assert!(lines.contains("left end\nwords"), "{lines}");
    }
}
