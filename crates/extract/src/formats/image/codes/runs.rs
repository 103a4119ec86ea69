//! Lines of a picture as the widths of their bars and gaps, and whether they can be the beginning of
//! a code. To look here costs little; to have each reader go over each line pixel by pixel costs
//! most of what a picture costs. What is asked is no stricter than what the readers ask.

use rxing::common::{BitArray, BitMatrix};

/// Bars and gaps of the shortest bar code: Codabar with one character between its ends.
const SHORTEST: usize = 23;
/// How much wider the widest of these may be than the narrowest: four modules to one, of which a
/// narrow one may have lost and a wide one won a pixel.
const WIDEST: u32 = 12;
/// How far widths may be from those of a beginning: all of them together, as a share of their sum,
/// and each, in modules. The largest that the reader of any kind allows.
const ALL_TOGETHER: f32 = 0.48;
const EACH: f32 = 0.8;
/// Both ends of PDF417: bars and gaps in modules.
const PDF417_ENDS: [&[u32]; 2] = [&[8, 1, 1, 1, 1, 1, 1, 3], &[7, 1, 1, 3, 1, 1, 1, 2, 1]];
/// Every so manyth line is asked for an end of PDF417, whose lowest is ten lines high.
const PDF417_STEP: usize = 3;
/// Lines with such an end that one of ten lines has at least.
const PDF417_LINES: usize = 2;

/// A family of bar codes by how its codes begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    Ean,
    Code39,
    Code93,
    Code128,
    Itf,
    Codabar,
}

/// The widths of a line's gaps and bars by turns, a gap (that may be none) first and last.
#[derive(Debug, Default)]
pub(super) struct Runs(Vec<u32>);

impl Runs {
    pub(super) fn of(line: &BitArray) -> Self {
        let (mut runs, mut at, mut dark) = (Vec::new(), 0, false);
        while at < line.get_size() {
            let end = if dark { line.getNextUnset(at) } else { line.getNextSet(at) };
            runs.push((end - at) as u32);
            (at, dark) = (end, !dark);
        }
        if runs.len().is_multiple_of(2) {
            runs.push(0);
        }
        Runs(runs)
    }

    /// The same line from its other end.
    pub(super) fn reversed(mut self) -> Self {
        self.0.reverse();
        self
    }

    /// True when a bar code of this family may begin on the line.
    pub(super) fn may_begin(&self, beginning: Beginning) -> bool {
        (1..self.0.len().saturating_sub(SHORTEST - 1)).step_by(2).any(|at| {
            let runs = &self.0[at..];
            // Where the picture ends, its edge does for the empty space before a code.
            let quiet = if at == 1 { u32::MAX } else { self.0[at - 1] };
            beginning.fits(runs, quiet) && alike(&runs[..SHORTEST])
        })
    }

    /// True when these widths, in modules, stand somewhere on the line, a bar first.
    fn shows(&self, modules: &[u32]) -> bool {
        let last = self.0.len().saturating_sub(modules.len());
        (1..=last).step_by(2).any(|at| near(&self.0[at..], modules))
    }
}

impl Beginning {
    fn fits(self, runs: &[u32], quiet: u32) -> bool {
        let sum = |count: usize| runs[..count].iter().sum::<u32>();
        match self {
            Beginning::Ean => near(runs, &[1, 1, 1]) && quiet >= sum(3),
            Beginning::Itf => near(runs, &[1, 1, 1, 1]) && quiet / 10 >= sum(4) / 4,
            Beginning::Code93 => near(runs, &[1, 1, 1, 1, 4, 1]),
            Beginning::Code128 => {
                const STARTS: [&[u32]; 3] =
                    [&[2, 1, 1, 4, 1, 2], &[2, 1, 1, 2, 1, 4], &[2, 1, 1, 2, 3, 2]];
                quiet >= sum(6) / 2 && STARTS.iter().any(|modules| near(runs, modules))
            }
            Beginning::Code39 => {
                let wide = [1, 4, 6];
                let narrowest = wide.map(|at| runs[at]).into_iter().min();
                let rest = (0..9).filter(|at| !wide.contains(at)).map(|at| runs[at]);
                quiet >= sum(9) / 2 && narrowest > rest.max()
            }
            Beginning::Codabar => {
                // Bars and gaps are wide or narrow among themselves.
                let middle = |first: usize| {
                    let widths = (first..7).step_by(2).map(|at| runs[at]);
                    let (least, most) = (widths.clone().min(), widths.max());
                    (least.unwrap_or(0) + most.unwrap_or(0)) / 2
                };
                let middle = [middle(0), middle(1)];
                let wide =
                    (0..7).fold(0, |wide, at| wide << 1 | u8::from(runs[at] > middle[at % 2]));
                let ends = [0b001_1010, 0b010_1001, 0b000_1011, 0b000_1110];
                ends.contains(&wide) && quiet >= sum(7) / 2
            }
        }
    }
}

/// True when no width is that much larger than another that they could not be of one code.
fn alike(runs: &[u32]) -> bool {
    let (least, most) = runs.iter().fold((u32::MAX, 0), |(l, m), &run| (l.min(run), m.max(run)));
    most <= least.saturating_mul(WIDEST)
}

/// True when the first of these widths are about as many modules.
fn near(runs: &[u32], modules: &[u32]) -> bool {
    let sum = runs[..modules.len()].iter().sum::<u32>();
    let all = modules.iter().sum::<u32>();
    if sum < all {
        return false;
    }
    let module = sum as f32 / all as f32;
    let mut apart = 0.0;
    for (&run, &modules) in runs.iter().zip(modules) {
        let off = (run as f32 - modules as f32 * module).abs();
        if off > EACH * module {
            return false;
        }
        apart += off;
    }
    apart / sum as f32 <= ALL_TOGETHER
}

/// True when the ends of a PDF417 code may stand somewhere in the picture, whichever way up.
pub(super) fn may_hold_pdf417(picture: &BitMatrix) -> bool {
    let shows = |line: BitArray| {
        let runs = Runs::of(&line);
        let either = |runs: &Runs| PDF417_ENDS.iter().any(|modules| runs.shows(modules));
        either(&runs) || either(&runs.reversed())
    };
    let enough = |lines: &mut dyn Iterator<Item = BitArray>| {
        lines.filter(|line| shows(line.clone())).take(PDF417_LINES).count() == PDF417_LINES
    };
    enough(&mut (0..picture.height()).step_by(PDF417_STEP).map(|y| picture.getRow(y)))
        || enough(&mut (0..picture.width()).step_by(PDF417_STEP).map(|x| picture.getCol(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of bars and gaps of these widths, a gap first.
    fn line(widths: &[u32]) -> BitArray {
        let mut line = BitArray::new();
        for (at, &width) in widths.iter().enumerate() {
            (0..width).for_each(|_| line.appendBit(at % 2 == 1));
        }
        line
    }

    #[test]
    fn a_line_is_its_gaps_and_bars_from_either_end() {
        assert_eq!(Runs::of(&line(&[3, 1, 70, 2])).0, [3, 1, 70, 2, 0]);
        assert_eq!(Runs::of(&line(&[0, 5, 1])).0, [0, 5, 1]);
        assert_eq!(Runs::of(&line(&[4])).0, [4]);
        assert_eq!(Runs::of(&line(&[3, 1, 70, 2])).reversed().0, [0, 2, 70, 1, 3]);
        assert_eq!(Runs::of(&BitArray::new()).0, [0]);
    }

    #[test]
    fn a_beginning_needs_bars_behind_it_and_nothing_before_it() {
        let code = |quiet: u32, behind: usize| {
            let mut widths = vec![40, 2, quiet, 4, 2, 2, 8, 2, 4];
            widths.extend([2, 4, 6].iter().cycle().take(behind));
            widths.push(40);
            Runs::of(&line(&widths)).may_begin(Beginning::Code128)
        };
        assert!(code(20, 20));
        assert!(!code(20, 10), "too few bars for a code");
        assert!(!code(5, 20), "no empty space before it");
    }

    #[test]
    fn widths_that_no_code_has_are_no_beginning() {
        let mut widths = vec![40, 2, 2, 2, 2];
        widths.extend([1, 30].iter().cycle().take(40));
        let runs = Runs::of(&line(&widths));
        for kind in [Beginning::Ean, Beginning::Itf, Beginning::Code39, Beginning::Codabar] {
            assert!(!runs.may_begin(kind), "{kind:?}");
        }
    }
}
