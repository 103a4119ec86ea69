//! Columns without a table: the heading line above a row of plain text.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::window::{REACH, before, lower};

struct Above {
    all: Vec<Vec<String>>,
}

/// Parameter `all`: a list of phrases, alternatives parted by `|`. Valid when one line above the
/// value, within reach, names each of them and is no sentence; otherwise unknown.
pub(crate) fn above(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let all: Vec<Vec<String>> =
        p.texts("all")?.iter().map(|t| t.split('|').map(str::to_owned).collect()).collect();
    if all.is_empty() {
        return Err("`all = [\"sort code|sortcode\", \"account\"]` is missing".into());
    }
    p.done()?;
    Ok(Box::new(Above { all }))
}

impl Validator for Above {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let text = lower(before(candidate, REACH));
        let is_heading = |line: &str| {
            line.len() <= 200
                && !line.trim_end().ends_with('.')
                && line.bytes().filter(u8::is_ascii_digit).count() <= 4
                && self.all.iter().all(|any| any.iter().any(|p| line.contains(p.as_str())))
        };
        // A heading may be broken over lines where a page was laid out in columns.
        let lines: Vec<&str> = text.lines().rev().skip(1).collect();
        let found = lines.iter().any(|l| is_heading(l))
            || lines.windows(5).any(|w| {
                w.iter().all(|l| l.len() <= 40)
                    && is_heading(&w.iter().rev().copied().collect::<Vec<_>>().join(" "))
            });
        if found { Trust::Valid } else { Trust::Unknown }
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
