//! The UK modulus check, where the operator named Pay.UK's tables.

use std::sync::Arc;

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::digits;
use super::parameters::Parameters;
use crate::modulus::{ModulusTable, Verdict, accounts};

struct Modulus {
    table: Option<Arc<ModulusTable>>,
    sort_code: String,
    account: String,
}

/// Makes the makers of the check `gb-modulus`. Its parameters name the groups that hold the two
/// numbers: `sort-code` (default `first`) and `account` (default `second`). Unknown without the
/// tables, where they do not list the sort code, and where the account cannot be checked.
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
        };
        p.done()?;
        Ok(Box::new(check))
    }
}

impl Validator for Modulus {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let Some(table) = &self.table else { return Trust::Unknown };
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

#[cfg(test)]
mod tests {
    use super::*;
    use dlpscan_core::model::{Place, Segment};

    fn judge(table: Option<ModulusTable>, first: &str, second: &str) -> Trust {
        let validator = with(table.map(Arc::new))(&toml::Table::new()).unwrap();
        let value = format!("{first} {second}");
        let segment = Segment::new(value.as_bytes(), Place::Line { line: 1, column: 1 });
        let groups = [("first", first.as_bytes()), ("second", second.as_bytes())];
        validator.check(&Candidate {
            value: value.as_bytes(),
            text: value.as_bytes(),
            span: 0..value.len(),
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
    }
}
