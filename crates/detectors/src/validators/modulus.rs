//! The UK modulus check, where the operator named Pay.UK's tables.

use std::sync::Arc;

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::{Layout, Trust};

use super::digits;
use super::parameters::Parameters;
use super::window::lower;
use crate::modulus::{ModulusTable, Verdict, accounts};

struct Modulus {
    table: Option<Arc<ModulusTable>>,
    sort_code: String,
    account: String,
    unlabelled: bool,
}

/// What speaks of an account in the text before a pair or within it.
const LABELS: [&str; 7] = ["sort", "acc", "a/c", "s/c", "bank", "bacs", "pay"];
/// So far before it, in bytes.
const REACH: usize = 120;

/// Makes the makers of the check `gb-modulus`. Its parameters name the groups that hold the two
/// numbers: `sort-code` (default `first`) and `account` (default `second`); with `unlabelled = true`
/// it only judges pairs that nothing calls an account. Unknown without the tables, where they do not list the sort code, and where the account cannot be checked.
pub(crate) fn with(
    table: Option<Arc<ModulusTable>>,
) -> impl Fn(&toml::Table) -> Result<Box<dyn Validator>, String> {
    move |parameters| {
        let p = Parameters::new(parameters);
        let group =
            |key, default: &str| Ok::<_, String>(p.text(key)?.unwrap_or(default).to_owned());
        let check = Modulus {
            table: table.clone(),
            sort_code: group("sort-code", "first")?,
            account: group("account", "second")?,
            unlabelled: p.flag("unlabelled")?,
        };
        p.done()?;
        Ok(Box::new(check))
    }
}

impl Validator for Modulus {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some(table) = &self.table else { return Trust::Unknown };
        if self.unlabelled && is_labelled(candidate) {
            return Trust::Unknown;
        }
        let group = |name: &str| candidate.group(name).map(digits).unwrap_or_default();
        let verdicts: Vec<Verdict> = accounts(&group(&self.sort_code), &group(&self.account))
            .iter()
            .map(|account| table.judge(account))
            .collect();
        if verdicts.contains(&Verdict::Valid) {
            Trust::Valid
        } else if verdicts.contains(&Verdict::Invalid) {
            Trust::Invalid
        } else {
            Trust::Unknown
        }
    }
}

fn is_labelled(candidate: &Candidate<'_>) -> bool {
    let from = candidate.span.start.saturating_sub(REACH);
    let around = lower(&candidate.text[from..candidate.span.end.min(candidate.text.len())]);
    matches!(candidate.segment.layout, Layout::Table(_))
        || LABELS.iter().any(|label| around.contains(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlpscan_core::model::{Place, Segment};

    fn judge(table: Option<ModulusTable>, first: &str, second: &str) -> Trust {
        judge_after("", &toml::Table::new(), table, first, second)
    }

    fn judge_after(
        front: &str,
        parameters: &toml::Table,
        table: Option<ModulusTable>,
        first: &str,
        second: &str,
    ) -> Trust {
        let validator = with(table.map(Arc::new))(parameters).unwrap();
        let value = format!("{first} {second}");
        let text = format!("{front}{value}");
        let segment = Segment::new(text.as_bytes(), Place::Line { line: 1, column: 1 });
        let groups = [("first", first.as_bytes()), ("second", second.as_bytes())];
        validator.check(&Candidate {
            value: value.as_bytes(),
            text: text.as_bytes(),
            span: front.len()..text.len(),
            groups: &groups,
            segment: &segment,
        })
    }

    #[test]
    fn only_a_listed_sort_code_is_judged() {
        let table = || ModulusTable::parse("990000 990009 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1").ok();
        assert_eq!(judge(table(), "99-00-00", "8883 7491"), Trust::Valid);
        assert_eq!(judge(table(), "99-00-00", "8883 7492"), Trust::Invalid);
        assert_eq!(judge(table(), "98-00-00", "8883 7492"), Trust::Unknown);
        assert_eq!(judge(None, "99-00-00", "8883 7492"), Trust::Unknown);
        let bare = toml::from_str("unlabelled = true").unwrap();
        let judge = |front| judge_after(front, &bare, table(), "99-00-00", "8883 7492");
        assert_eq!(judge("Ref "), Trust::Invalid);
        assert_eq!(judge("Account: "), Trust::Unknown);
    }
}
