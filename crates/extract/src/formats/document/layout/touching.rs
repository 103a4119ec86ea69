//! Cells that touch: where a table's text fills its column, the next cell begins without a gap.

use super::{Line, LineCell};
use std::collections::HashMap;

/// Cells that begin at the same place make a column.
const FEWEST_ROWS: usize = 3;
/// Beginnings this close, in points, are at the same place.
const SAME_PLACE: f64 = 0.75;

/// Parts cells at the joints that stand where a column begins, on lines that are rows of a table
/// anyway.
pub(super) fn part(lines: &mut [Line]) {
    let mut begins: HashMap<i64, usize> = HashMap::new();
    for line in lines.iter() {
        for cell in line.cells.iter().skip(1) {
            *begins.entry(place(cell.x0)).or_default() += 1;
        }
    }
    begins.retain(|_, rows| *rows >= FEWEST_ROWS);
    let column = |x: f64| (-1..=1).any(|d| begins.contains_key(&(place(x) + d)));
    for line in lines {
        let aligned = line.cells.iter().skip(1).filter(|c| column(c.x0)).count();
        if aligned == 0 || line.cells.iter().all(|c| c.joints.is_empty()) {
            continue;
        }
        let mut cells = Vec::new();
        for mut cell in std::mem::take(&mut line.cells) {
            // From the last joint back, so that the places before it stay right.
            let mut behind = Vec::new();
            while let Some((at, x)) = cell.joints.pop() {
                if column(x) && x - cell.x0 > SAME_PLACE && cell.text.is_char_boundary(at) {
                    let text = cell.text.split_off(at).trim().to_owned();
                    behind.push(LineCell { text, x0: x, x1: cell.x1, joints: Vec::new() });
                    cell.x1 = x;
                }
            }
            cell.text.truncate(cell.text.trim_end().len());
            cells.push(cell);
            cells.extend(behind.into_iter().rev());
        }
        cells.retain(|c| !c.text.is_empty());
        line.cells = cells;
    }
}

fn place(x: f64) -> i64 {
    (x / SAME_PLACE).round() as i64
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, lines, text};
    use hayro_interpret::kurbo::Point;

    #[test]
    fn a_cell_that_fills_its_column_does_not_swallow_the_next() {
        let mut chunks = Vec::new();
        let mut write = |word: &str, x: f64, y: f64| {
            for (i, c) in word.chars().enumerate() {
                let at = Point::new(x + 5.0 * i as f64, y);
                Chunk::write(&mut chunks, &c.to_string(), at, 0.0, 5.0, 10.0, i == 0);
            }
        };
        for (row, town) in ["York", "Hull", "Ely", "Brigg DN20 8ZZ"].into_iter().enumerate() {
            let y = 200.0 - 30.0 * row as f64;
            write("Ann", 10.0, y);
            write(town, 60.0, y);
            write("01610", 130.5, y);
        }
        assert!(text(&lines(chunks)).ends_with("Ann\tBrigg DN20 8ZZ\t01610\n"));
    }
}
