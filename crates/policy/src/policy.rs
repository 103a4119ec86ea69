use crate::action::Action;
use crate::error::PolicyError;
use crate::rule::{Found, Rule, When};
use crate::spec::{PolicySpec, RuleSpec};
use dlpscan_core::model::{Level, Outcome, Reason, Verdict};

/// A checked policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    name: String,
    file: String,
    rules: Vec<Rule>,
    lines: Vec<usize>,
}

impl Policy {
    /// Reads a policy. `file` is its name in messages.
    pub fn parse(file: &str, text: &str) -> Result<Policy, PolicyError> {
        let line_at = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let error = |line, message| PolicyError { file: file.to_owned(), line, message };
        let spec: PolicySpec = toml::from_str(text)
            .map_err(|e| error(e.span().map(|s| line_at(s.start)), e.message().to_owned()))?;
        if spec.rules.is_empty() {
            let message = "there is no [[rule]] in this policy, so it would allow everything; \
                           write at least one"
                .to_owned();
            return Err(error(None, message));
        }
        let mut policy = Policy {
            name: spec.name.unwrap_or_else(|| file.to_owned()),
            file: file.to_owned(),
            rules: Vec::with_capacity(spec.rules.len()),
            lines: Vec::with_capacity(spec.rules.len()),
        };
        for rule in spec.rules {
            let line = line_at(rule.id.span().start);
            let rule = check(rule).map_err(|message| error(Some(line), message))?;
            if policy.rules.iter().any(|known| known.id == rule.id) {
                let message = format!("two rules are called \"{}\"; rename one", rule.id);
                return Err(error(Some(line), message));
            }
            policy.rules.push(rule);
            policy.lines.push(line);
        }
        Ok(policy)
    }

    /// A policy that comes with dlpscan: `default` or `council`.
    pub fn builtin(name: &str) -> Option<Policy> {
        let (name, text) = crate::BUILTIN.iter().find(|(known, _)| *known == name)?;
        Policy::parse(name, text).ok()
    }

    /// Its name for people; the file's name where it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rules, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The lowest level any rule asks for: a scan for this policy must keep findings from there.
    pub fn least(&self) -> Level {
        self.rules
            .iter()
            .filter_map(|rule| rule.when.found.as_ref())
            .map(|found| found.level)
            .min()
            .unwrap_or(Level::High)
    }

    /// The verdict on an item: the strongest action of all rules that fire, and those rules in
    /// the order of the file. Where none fires, it is allowed.
    pub fn judge(&self, outcome: &Outcome) -> Verdict {
        let mut action = Action::Allow;
        let mut rules = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.fires(outcome)) {
            action = action.max(rule.then);
            rules.push(rule.id.clone());
        }
        Verdict { action: action.as_str().to_owned(), rules }
    }

    /// What the rules name that does not exist: a misspelt detector would never fire, and nobody
    /// would notice.
    pub fn unknown_names(&self, detectors: &[&str], categories: &[&str]) -> Vec<PolicyError> {
        let mut errors = Vec::new();
        for (rule, &line) in self.rules.iter().zip(&self.lines) {
            let Some(found) = &rule.when.found else { continue };
            let named = [
                ("detector", &found.detectors, detectors),
                ("category", &found.categories, categories),
            ];
            for (what, names, known) in named {
                for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
                    errors.push(PolicyError {
                        file: self.file.clone(),
                        line: Some(line),
                        message: format!(
                            "rule \"{}\" names the {what} \"{name}\", which does not exist; \
                             \"dlpscan detectors list\" shows all there are",
                            rule.id
                        ),
                    });
                }
            }
        }
        errors
    }
}

fn check(spec: RuleSpec) -> Result<Rule, String> {
    let id = spec.id.into_inner();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if id.is_empty() || !id.chars().all(plain) {
        return Err(format!(
            "\"{}\" cannot be a rule's id; use letters, digits, dots and hyphens",
            id.escape_debug()
        ));
    }
    let when = spec.when.into_inner();
    if when.count == Some(0) {
        return Err(format!("rule \"{id}\" has count = 0, which is always so; say 1 or more"));
    }
    let mut reasons = Vec::new();
    for word in when.reasons.iter().flatten() {
        reasons.push(word.parse::<Reason>().map_err(|e| {
            let all: Vec<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
            format!("rule \"{id}\": {e}; the reasons are: {}", all.join(", "))
        })?);
    }
    let categories = when.category.into_vec();
    let detectors = when.detector.into_vec();
    let asks = when.level.is_some()
        || when.count.is_some()
        || !categories.is_empty()
        || !detectors.is_empty();
    let found = asks.then(|| Found {
        level: when.level.unwrap_or(Level::Low),
        categories,
        detectors,
        count: when.count.unwrap_or(1),
    });
    if found.is_none() && when.incomplete.is_none() && reasons.is_empty() {
        return Err(format!(
            "rule \"{id}\" has nothing in \"when\", so it would fire on everything; say a level, \
             category, detector, count, incomplete or reasons"
        ));
    }
    Ok(Rule {
        id,
        why: spec.why,
        when: When { found, incomplete: when.incomplete, reasons },
        then: spec.then,
    })
}
