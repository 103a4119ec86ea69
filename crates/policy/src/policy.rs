use crate::action::Action;
use crate::allow::Allow;
use crate::baseline::Baseline;
use crate::check;
use crate::clause::Clause;
use crate::date::{Date, Written};
use crate::error::PolicyError;
use crate::letter::Letter;
use crate::rule::{Rule, When};
use crate::spec::PolicySpec;
use crate::text::Text;
use dlpscan_core::model::{Facts, Finding, Level, Outcome, Verdict};
use toml::Spanned;

/// A checked policy file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    name: String,
    own_domains: Vec<String>,
    texts: Vec<Text>,
    allows: Vec<Placed<Allow>>,
    clauses: Vec<Clause>,
    rules: Vec<Rule>,
    /// Where each rule was written.
    written: Vec<Line>,
    baseline: Baseline,
}

/// A place in a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    file: String,
    line: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Placed<T> {
    what: T,
    written: Line,
}

/// The entry under which findings known from a baseline are set aside.
const BASELINE: &str = "baseline";

/// Everything a policy may name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// Ids of detectors.
    pub detectors: &'a [&'a str],
    /// Their categories.
    pub categories: &'a [&'a str],
    /// Names of extractors.
    pub kinds: &'a [&'a str],
}

impl Policy {
    /// Reads a policy. `file` is its name in messages.
    pub fn parse(file: &str, text: &str) -> Result<Policy, PolicyError> {
        let line_at = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let error = |line, message| PolicyError { file: file.to_owned(), line, message };
        let spec: PolicySpec = toml::from_str(text)
            .map_err(|e| error(e.span().map(|s| line_at(s.start)), e.message().to_owned()))?;
        let line = |id: &Spanned<String>| line_at(id.span().start);
        let at = |line: usize| Line { file: file.to_owned(), line };
        let mut policy = match &spec.based_on {
            Some(base) => {
                let known: Vec<_> = crate::BUILTIN.iter().map(|(name, _)| *name).collect();
                Policy::builtin(base.get_ref()).ok_or_else(|| {
                    let message = format!(
                        "there is no policy \"{}\" to be based on; there are: {}",
                        base.get_ref().escape_debug(),
                        known.join(", ")
                    );
                    error(Some(line(base)), message)
                })?
            }
            None => Policy::default(),
        };
        policy.name = spec.name.unwrap_or_else(|| file.to_owned());
        policy.own_domains = spec.own_domains.unwrap_or(policy.own_domains);
        for id in &spec.without {
            let Some(at) = policy.rules.iter().position(|rule| rule.id == *id.get_ref()) else {
                let message = format!(
                    "\"without\" names the rule \"{}\", which the policy it is based on does not \
                     have",
                    id.get_ref().escape_debug()
                );
                return Err(error(Some(line(id)), message));
            };
            policy.rules.remove(at);
            policy.written.remove(at);
        }
        let mut ids: Vec<(&str, String)> = Vec::new();
        let mut once = |what: &'static str, id: &Spanned<String>, prose: bool| {
            check::id(id.get_ref(), what, prose)
                .and_then(|()| match ids.contains(&(what, id.get_ref().clone())) {
                    true => Err(format!("two {what}s are called \"{}\"; rename one", id.get_ref())),
                    false => {
                        ids.push((what, id.get_ref().clone()));
                        Ok(())
                    }
                })
                .map_err(|message| error(Some(line(id)), message))
        };
        for text in spec.texts {
            once("text", &text.id, false)?;
            let line = line(&text.id);
            let text = Text::check(text).map_err(|message| error(Some(line), message))?;
            put(&mut policy.texts, text, |text| &text.id);
        }
        for allow in spec.allows {
            once("allow", &allow.id, false)?;
            let impossible = |until: &&Spanned<Written>| Date::parse(&until.get_ref().0).is_none();
            let line = match allow.until.as_ref().filter(impossible) {
                Some(until) => line_at(until.span().start),
                None => line(&allow.id),
            };
            let what = Allow::check(allow).map_err(|message| error(Some(line), message))?;
            put(&mut policy.allows, Placed { what, written: at(line) }, |placed| &placed.what.id);
        }
        for rule in spec.rules {
            once("rule", &rule.id, false)?;
            let line = line(&rule.id);
            let rule = check::rule(rule).map_err(|message| error(Some(line), message))?;
            match policy.rules.iter().position(|known| known.id == rule.id) {
                Some(i) => (policy.rules[i], policy.written[i]) = (rule, at(line)),
                None => {
                    policy.rules.push(rule);
                    policy.written.push(at(line));
                }
            }
        }
        for clause in spec.clauses {
            once("clause", &clause.id, true)?;
            let line = line(&clause.id);
            let id = clause.id.get_ref();
            let enforced = policy.rules.iter().any(|rule| rule.clauses.contains(id));
            let clause =
                Clause::check(clause, enforced).map_err(|message| error(Some(line), message))?;
            put(&mut policy.clauses, clause, |clause| &clause.id);
        }
        if policy.rules.is_empty() {
            let message = "there is no [[rule]] in this policy, so it would allow everything; \
                           write at least one"
                .to_owned();
            return Err(error(None, message));
        }
        match policy.inner_names().into_iter().next() {
            Some(wrong) => Err(wrong),
            None => Ok(policy),
        }
    }

    /// A policy that comes with dlpscan: `default` or `uk-council`.
    pub fn builtin(name: &str) -> Option<Policy> {
        let (name, text) = crate::BUILTIN.iter().find(|(known, _)| *known == name)?;
        Policy::parse(name, text).ok()
    }

    /// The same with what was known already: such findings are set aside.
    pub fn with_baseline(self, baseline: Baseline) -> Policy {
        Policy { baseline, ..self }
    }

    /// The same with these own domains, in place of those the file names.
    pub fn with_own_domains(self, own_domains: Vec<String>) -> Policy {
        Policy { own_domains, ..self }
    }

    /// Its name for people; the file's name where it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rules, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The clauses of the written policy it speaks of, in the order of the file.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The texts it asks about.
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// The domains that are one's own. Where there are none, every mail counts as going out.
    pub fn own_domains(&self) -> &[String] {
        &self.own_domains
    }

    /// Entries of the allow-list that no longer hold.
    pub fn expired(&self) -> impl Iterator<Item = &Allow> {
        let today = Date::today();
        self.allows.iter().map(|placed| &placed.what).filter(move |allow| allow.until < today)
    }

    /// The lowest level any rule asks for: a scan for this policy must keep findings from there.
    pub fn least(&self) -> Level {
        let whens = self.rules.iter().flat_map(|rule| rule.when.iter().chain(&rule.unless));
        whens
            .filter_map(|when| when.found.as_ref())
            .flat_map(|found| {
                [Some(found.level), found.near.as_ref().map(|near| near.level)]
                    .into_iter()
                    .flatten()
            })
            .min()
            .unwrap_or(Level::High)
    }

    /// What reads along while an item is scanned.
    pub fn letter(&self) -> Letter<'_> {
        Letter::new(&self.texts)
    }

    /// Whether the allow-list speaks of values, so that [`Policy::allows_value`] must be asked of
    /// every finding.
    pub fn asks_values(&self) -> bool {
        self.allows.iter().any(|placed| placed.what.is_about_values())
    }

    /// The entry of the allow-list by which a finding is harmless because of its value, which only
    /// the scan itself has at hand. `item` is the item's name.
    pub fn allows_value(&self, item: &str, finding: &Finding, value: &[u8]) -> Option<&str> {
        self.holding(true, item, finding, Some(value))
    }

    /// Takes the findings away that the allow-list or the baseline knows, and counts them in the
    /// outcome's facts.
    pub fn set_aside(&self, outcome: &mut Outcome) {
        if self.allows.is_empty() && self.baseline.is_empty() {
            return;
        }
        let Outcome { item, findings, facts: Facts { set_aside, .. }, found, .. } = outcome;
        findings.retain(|finding| {
            let known = finding
                .fingerprint
                .as_ref()
                .is_some_and(|fingerprint| self.baseline.knows(item.as_str(), fingerprint));
            let entry = match known {
                true => Some(BASELINE),
                false => self.holding(false, item.as_str(), finding, None),
            };
            if let Some(entry) = entry {
                *set_aside.entry(entry.to_owned()).or_default() += 1;
                *found = found.saturating_sub(1);
            }
            entry.is_none()
        });
    }

    fn holding(
        &self,
        about_values: bool,
        item: &str,
        finding: &Finding,
        value: Option<&[u8]>,
    ) -> Option<&str> {
        let mut entries = self.allows.iter().map(|placed| &placed.what);
        let mut today = None;
        let entry = entries.find(|allow| {
            allow.is_about_values() == about_values
                && allow.covers(item, finding, value)
                && allow.until >= *today.get_or_insert_with(Date::today)
        })?;
        Some(&entry.id)
    }

    /// The verdict on an item: the strongest action of all rules that fire, and those rules in
    /// the order of the file. Where none fires, it is allowed.
    pub fn judge(&self, outcome: &Outcome) -> Verdict {
        let fired: Vec<&Rule> =
            self.rules.iter().filter(|rule| rule.fires(outcome, &self.own_domains)).collect();
        let action = fired.iter().map(|rule| rule.then).max().unwrap_or(Action::Allow);
        let mut words: Vec<String> = Vec::new();
        for rule in fired.iter().filter(|rule| rule.then == action && !rule.words.is_empty()) {
            if !words.contains(&rule.words) {
                words.push(rule.words.clone());
            }
        }
        let rules = fired.iter().map(|rule| rule.id.clone()).collect();
        Verdict { action: action.as_str().to_owned(), rules, words }
    }

    /// The rules of a verdict that are findings, and the detectors whose findings they are.
    pub fn findings<'p>(
        &'p self,
        verdict: &'p Verdict,
    ) -> impl Iterator<Item = (&'p Rule, &'p str)> {
        let fired = |rule: &&Rule| verdict.rules.contains(&rule.id);
        let of = |rule: &'p Rule| rule.finding.as_deref().map(|detector| (rule, detector));
        self.rules.iter().filter(fired).filter_map(of)
    }

    /// What the rules name that does not exist: a misspelt detector would never fire, and nobody
    /// would notice.
    pub fn unknown_names(&self, names: Names<'_>) -> Vec<PolicyError> {
        let mut errors = Vec::new();
        let mut check = |who: &str, line: &Line, what: &str, named: &[String], known: &[&str]| {
            let listed =
                if what == "kind" { "docs/formats.md" } else { "\"dlpscan detectors list\"" };
            for name in named.iter().filter(|name| !known.contains(&name.as_str())) {
                errors.push(line.error(format!(
                    "{who} names the {what} \"{}\", which does not exist; {listed} shows all there \
                     are",
                    name.escape_debug()
                )));
            }
        };
        let detectors: Vec<&str> = [names.detectors, crate::VOLUME].concat();
        let categories: Vec<&str> = [names.categories, &["volume"]].concat();
        for (rule, line) in self.rules.iter().zip(&self.written) {
            let who = format!("rule \"{}\"", rule.id);
            check(&who, line, "detector", rule.finding.as_slice(), &detectors);
            for When { found, kinds, .. } in rule.when.iter().chain(&rule.unless) {
                check(&who, line, "kind", kinds, names.kinds);
                let Some(found) = found else { continue };
                check(&who, line, "detector", &found.detectors, &detectors);
                check(&who, line, "category", &found.categories, &categories);
                if let Some(near) = &found.near {
                    check(&who, line, "detector", &near.detectors, &detectors);
                    check(&who, line, "category", &near.categories, &categories);
                }
            }
        }
        for Placed { what: allow, written } in &self.allows {
            let who = format!("allow \"{}\"", allow.id);
            check(&who, written, "detector", allow.detectors(), &detectors);
            check(&who, written, "category", allow.categories(), &categories);
        }
        errors
    }

    /// Texts and clauses that rules name and the file does not have.
    fn inner_names(&self) -> Vec<PolicyError> {
        let mut errors = Vec::new();
        for (rule, line) in self.rules.iter().zip(&self.written) {
            let whens = rule.when.iter().chain(&rule.unless);
            for text in whens.flat_map(|when| when.present.iter().chain(&when.missing)) {
                if !self.texts.iter().any(|known| known.id == *text) {
                    errors.push(line.error(format!(
                        "rule \"{}\" asks about the text \"{}\", and there is no [[text]] of that \
                         id; write one",
                        rule.id,
                        text.escape_debug()
                    )));
                }
            }
            let unknown = |clause: &&String| !self.clauses.iter().any(|known| known.id == **clause);
            if !self.clauses.is_empty()
                && let Some(clause) = rule.clauses.iter().find(unknown)
            {
                errors.push(line.error(format!(
                    "rule \"{}\" names the clause \"{}\", and there is no [[clause]] of that id",
                    rule.id,
                    clause.escape_debug()
                )));
            }
        }
        errors
    }
}

impl Line {
    fn error(&self, message: String) -> PolicyError {
        PolicyError { file: self.file.clone(), line: Some(self.line), message }
    }
}

/// Puts something in the place of what has the same id, or at the end.
fn put<T>(list: &mut Vec<T>, new: T, id: impl Fn(&T) -> &String) {
    match list.iter().position(|known| id(known) == id(&new)) {
        Some(at) => list[at] = new,
        None => list.push(new),
    }
}
