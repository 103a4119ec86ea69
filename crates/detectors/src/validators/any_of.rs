//! Several ways of being right.

use dlpscan_core::detector::{Candidate, Checks, Validator};
use dlpscan_core::model::Trust;
use std::sync::LazyLock;

use super::parameters::Parameters;

/// All checks, with nothing that an operator gave: made once for all.
static PLAIN: LazyLock<Checks> = LazyLock::new(|| super::all(&crate::Given::default()));

struct AnyOf(Vec<Vec<Box<dyn Validator>>>);

/// Parameter `ways`: lists of checks with their parameters. The value is valid where in one of
/// the lists all checks say valid; invalid where that is not so and one of them says invalid;
/// unknown otherwise.
pub(crate) fn any_of(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let wrong = || {
        "`ways` must be a list of lists of checks: [[{ name = \"luhn\" }], [{ name = \"digits\", \
         min = 9 }]]"
            .to_owned()
    };
    let p = Parameters::new(table);
    let mut ways = Vec::new();
    for way in p.list("ways").ok_or_else(wrong)? {
        let mut list = Vec::new();
        for check in way.as_array().ok_or_else(wrong)? {
            let mut parameters = check.as_table().ok_or_else(wrong)?.clone();
            let name = parameters.remove("name");
            let name = name.as_ref().and_then(toml::Value::as_str).ok_or_else(wrong)?;
            let made = PLAIN.make(name, &parameters).map_err(|e| format!("\"{name}\": {e}"))?;
            list.push(made);
        }
        ways.push(list);
    }
    if ways.is_empty() {
        return Err(wrong());
    }
    p.done()?;
    Ok(Box::new(AnyOf(ways)))
}

impl Validator for AnyOf {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let mut answer = Trust::Unknown;
        for way in &self.0 {
            let mut says = Trust::Valid;
            for check in way {
                match check.check(candidate) {
                    Trust::Valid => {}
                    Trust::Unknown => says = Trust::Unknown,
                    Trust::Invalid => {
                        says = Trust::Invalid;
                        break;
                    }
                }
            }
            match says {
                Trust::Valid => return Trust::Valid,
                Trust::Invalid => answer = Trust::Invalid,
                Trust::Unknown => {}
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn one_way_of_being_right_is_enough() {
        let ways = "ways = [[{ name = 'digits', min = 4, max = 4 }, { name = 'luhn' }], \
                    [{ name = 'digits', min = 9 }]]";
        assert_eq!(judge("any-of", ways, "0018"), Trust::Valid);
        assert_eq!(judge("any-of", ways, "0019"), Trust::Invalid);
        assert_eq!(judge("any-of", ways, "123456789"), Trust::Valid);
    }

    #[test]
    fn a_mistake_inside_is_told_with_the_check_it_is_in() {
        let wrong: toml::Table = toml::from_str("ways = [[{ name = 'digits', mim = 4 }]]").unwrap();
        let error = crate::checks().make("any-of", &wrong).err().unwrap();
        assert!(error.contains("digits") && error.contains("mim"), "{error}");
    }
}
