//! The written policy a policy file enforces, clause by clause.

use crate::policy::Policy;
use crate::spec::ClauseSpec;

/// A clause of the written policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its id, as rules name it: `Kirkham 11`.
    pub id: String,
    /// What it says, in short.
    pub says: String,
    /// What helps to keep it where no rule enforces it.
    pub supported: Option<String>,
    /// Why no software can decide it.
    pub beyond: Option<String>,
}

/// How far a clause is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover<'p> {
    /// These rules enforce it.
    Enforced(Vec<&'p str>),
    /// No rule enforces it, but this helps to keep it.
    Supported(&'p str),
    /// No software can decide it, because of this.
    Beyond(&'p str),
    /// The rule that enforced it in the policy this one is based on was taken out.
    Open,
}

impl Clause {
    pub(crate) fn check(spec: ClauseSpec, enforced: bool) -> Result<Clause, String> {
        let id = spec.id.into_inner();
        match (enforced, &spec.supported, &spec.beyond) {
            (true, _, None) | (false, Some(_), None) | (false, None, Some(_)) => {}
            (false, None, None) => {
                return Err(format!(
                    "no rule names the clause \"{id}\"; name it in a rule, or say in \"supported\" \
                     what helps to keep it, or in \"beyond\" why software cannot"
                ));
            }
            (_, _, Some(_)) => {
                return Err(format!(
                    "the clause \"{id}\" is said to be beyond software, but something here enforces \
                     or supports it; leave \"beyond\" out"
                ));
            }
        }
        Ok(Clause { id, says: spec.says, supported: spec.supported, beyond: spec.beyond })
    }
}

impl Policy {
    /// Every clause of the written policy, in its order, and how far it is covered.
    pub fn coverage(&self) -> Vec<(&Clause, Cover<'_>)> {
        self.clauses()
            .iter()
            .map(|clause| {
                let rules = self.rules().iter().filter(|rule| rule.clauses.contains(&clause.id));
                let rules: Vec<&str> = rules.map(|rule| rule.id.as_str()).collect();
                let cover = match (rules.is_empty(), &clause.supported, &clause.beyond) {
                    (false, ..) => Cover::Enforced(rules),
                    (true, Some(how), _) => Cover::Supported(how),
                    (true, None, Some(why)) => Cover::Beyond(why),
                    (true, None, None) => Cover::Open,
                };
                (clause, cover)
            })
            .collect()
    }
}
