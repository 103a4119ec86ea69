//! Columns without a table: the heading line above a row of plain text.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::phrases::Phrases;
use super::window::{REACH, before, lines_back};

/// Lines this short may be one heading, broken where a page was laid out in columns.
const SHORT: usize = 40;
/// A longer line is no heading.
const LONG: usize = 200;
/// So many of them.
const PIECES: usize = 5;
/// So many figures are too many for a heading.
const FIGURES: usize = 5;

struct Above {
    all: Vec<Phrases>,
}

/// Parameter `all`: a list of phrases, alternatives parted by `|`. Valid when one line above the
/// value, within reach, names each of them and is no sentence; otherwise unknown.
pub(crate) fn above(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let all: Vec<Phrases> = p.texts("all")?.iter().map(|t| Phrases::new(t.split('|'))).collect();
    if all.is_empty() {
        return Err("`all = [\"sort code|sortcode\", \"account\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(Above { all }))
}

impl Above {
    /// Of a line with few figures.
    fn is_heading(&self, line: &[u8]) -> bool {
        line.len() <= LONG
            && !line.trim_ascii_end().ends_with(b".")
            && self.all.iter().all(|any| any.any_in(line))
    }
}

/// Whether there are too many figures for a heading. Most lines are rows of data, and say so early.
fn has_figures(line: &[u8]) -> bool {
    let count = |some: &[u8]| some.iter().map(|b| u8::from(b.is_ascii_digit())).sum::<u8>();
    let (chunks, rest) = line.as_chunks::<32>();
    let mut figures = 0;
    for chunk in chunks {
        figures += count(chunk);
        if usize::from(figures) >= FIGURES {
            return true;
        }
    }
    usize::from(figures + count(rest)) >= FIGURES
}

impl Validator for Above {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let mut lines = lines_back(before(candidate, REACH));
        // The value's own line is not above it.
        lines.next();
        let mut short: Vec<&[u8]> = Vec::new();
        for line in lines {
            // A row of data is no piece of a heading either.
            let is_row = line.len() > LONG || has_figures(line);
            if !is_row && self.is_heading(line) {
                return Trust::Valid;
            }
            if is_row || line.len() > SHORT {
                short.clear();
                continue;
            }
            short.push(line);
            if let Some(from) = short.len().checked_sub(PIECES) {
                let mut pieces: Vec<&[u8]> = short[from..].to_vec();
                pieces.reverse();
                let line = pieces.join(&b' ');
                if !has_figures(&line) && self.is_heading(&line) {
                    return Trust::Valid;
                }
            }
        }
        Trust::Unknown
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    const ALL: &str = "all = ['sort code', 'account n']";

    #[test]
    fn a_heading_above_gives_context_to_the_rows_below() {
        let text = "Employee\tSort code\tAccount number\nA B\t071986\t36709451\n";
        assert_eq!(judge_in("heading-above", ALL, text, "071986"), Trust::Valid);
    }

    #[test]
    fn a_sentence_above_is_no_heading() {
        let text = "Please send your sort code and account number to us.\n071986\t36709451\n";
        assert_eq!(judge_in("heading-above", ALL, text, "071986"), Trust::Unknown);
    }
}
