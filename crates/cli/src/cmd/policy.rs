//! `dlpscan policy`: whether a policy is right, what it does, what it covers, whether its rules
//! hold what they promise.

use crate::args::PolicyAction;
use crate::exit::Code;
use crate::say::{self, Trouble};
use crate::setup;
use dlpscan::model::Secret;
use dlpscan::policy::{Cover, Policy, Rule};
use dlpscan::report::safe;
use dlpscan::source::{self, Selection};
use dlpscan::{Config, Scanner, load};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The longest value that is fingerprinted, in bytes.
const MOST_VALUE: u64 = 1 << 16;

pub fn run(action: &PolicyAction) -> Result<Code, Trouble> {
    let mut out = io::stdout().lock();
    let code = match action {
        PolicyAction::Check { policies, detectors } => check(policies, detectors, &mut out),
        PolicyAction::Explain { policy, path: None } => {
            explain(&setup::policy(policy, &[])?, &mut out).map(|()| Code::Clean)
        }
        PolicyAction::Explain { policy, path: Some(path) } => judge(policy, path, &mut out),
        PolicyAction::Coverage { policy } => {
            coverage(&setup::policy(policy, &[])?, &mut out).map(|()| Code::Clean)
        }
        PolicyAction::Test { policy } => test(policy, &mut out),
        PolicyAction::Fingerprint { detector, config } => {
            fingerprint(detector, config.as_deref(), &mut out)
        }
    };
    code.and_then(|code| out.flush().map(|()| code).map_err(Failed::Write)).map_err(|failed| {
        match failed {
            Failed::Write(error) => {
                Trouble::new(format!("the answer could not be written: {error}"))
            }
            Failed::Trouble(trouble) => trouble,
        }
    })
}

/// Why a command ended early.
enum Failed {
    Write(io::Error),
    Trouble(Trouble),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Failed::Write(error)
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Failed::Trouble(trouble)
    }
}

fn check(policies: &[PathBuf], own: &[PathBuf], out: &mut dyn Write) -> Result<Code, Failed> {
    let own = setup::detector_files(own)?;
    let mut code = Code::Clean;
    for path in policies {
        let policy = match setup::policy(path, &own) {
            Ok(policy) => policy,
            Err(trouble) => {
                say::tell(&trouble.to_string());
                code = Code::Trouble;
                continue;
            }
        };
        let (rules, name) = (policy.rules().len(), safe(policy.name()).into_owned());
        writeln!(out, "{}: right ({name}, {rules} rules)", safe(&path.display().to_string()))?;
        for allow in policy.expired() {
            writeln!(out, "  allow \"{}\" ended on {}; take it out", allow.id, allow.until)?;
        }
        let asks_direction = policy
            .rules()
            .iter()
            .flat_map(|rule| &rule.when)
            .any(|when| !when.directions.is_empty() || when.recipients.is_some());
        if asks_direction && policy.own_domains().is_empty() {
            writeln!(
                out,
                "  it names no own-domains, so every mail counts as going out, and every address \
                 as outside"
            )?;
        }
        for rule in policy.rules() {
            let fires = |wanted| rule.samples.iter().any(|sample| sample.fires == wanted);
            let shown_both_ways = fires(true) && fires(false);
            if !rule.samples.is_empty() && !shown_both_ways {
                writeln!(out, "  rule \"{}\" has samples of one sort only", rule.id)?;
            }
        }
    }
    Ok(code)
}

fn explain(policy: &Policy, out: &mut dyn Write) -> Result<(), Failed> {
    writeln!(out, "{}", safe(policy.name()))?;
    for rule in policy.rules() {
        head(rule, out)?;
        for when in &rule.when {
            writeln!(out, "    when: {}", safe(&when.to_string()))?;
        }
        for unless in &rule.unless {
            writeln!(out, "    unless: {}", safe(&unless.to_string()))?;
        }
        if !rule.words.is_empty() {
            writeln!(out, "    says: {}", safe(&rule.words))?;
        }
    }
    Ok(())
}

fn head(rule: &Rule, out: &mut dyn Write) -> Result<(), Failed> {
    writeln!(out, "\n{}  ({})", rule.id, rule.then)?;
    if !rule.why.is_empty() {
        writeln!(out, "    why: {}", safe(&rule.why))?;
    }
    if !rule.clauses.is_empty() {
        writeln!(out, "    enforces: {}", safe(&rule.clauses.join("; ")))?;
    }
    Ok(())
}

/// Judges one file and says of every rule whether it fires.
fn judge(policy: &Path, path: &Path, out: &mut dyn Write) -> Result<Code, Failed> {
    let scanner = scanner(policy)?;
    let Some(policy) = scanner.policy() else { return Ok(Code::Trouble) };
    let paths = [path.to_owned()];
    if let Some(missing) = source::check(&paths).into_iter().next() {
        return Err(Trouble::new(missing.to_string()).into());
    }
    let selection = Selection::new(&[], &[]).map_err(|error| Trouble::new(error.to_string()))?;
    for item in source::files(paths.to_vec(), selection) {
        let outcome = scanner.scan_item(item);
        let action = outcome.verdict.as_ref().map_or("allow", |verdict| &verdict.action);
        writeln!(out, "{}: {action}", safe(outcome.item.as_str()))?;
        for rule in policy.rules() {
            match rule.lacks(&outcome, policy.own_domains()) {
                None => writeln!(out, "  fires      {}  ({})", rule.id, rule.then)?,
                Some(lack) => writeln!(out, "  does not   {}: {}", rule.id, lack.plain())?,
            }
        }
    }
    Ok(Code::Clean)
}

fn scanner(policy: &Path) -> Result<Scanner, Trouble> {
    let config = Config { policy: Some(policy.to_owned()), ..Config::default() };
    let builder = load::builder(&config).map_err(|wrong| Trouble::new(wrong.to_string()))?;
    builder.isolated(true).build().map_err(|error| Trouble::new(error.to_string()))
}

fn coverage(policy: &Policy, out: &mut dyn Write) -> Result<(), Failed> {
    if policy.clauses().is_empty() {
        return Err(Trouble::new(
            "this policy names no clauses of a written policy, so there is nothing to cover; add \
             [[clause]] entries, or look at uk-council",
        )
        .into());
    }
    let (mut enforced, mut supported, mut beyond, mut open) = (0, 0, 0, 0);
    for (clause, cover) in policy.coverage() {
        writeln!(out, "{}\n    {}", safe(&clause.id), safe(&clause.says))?;
        match cover {
            Cover::Enforced(rules) => {
                enforced += 1;
                writeln!(out, "    enforced by {}", rules.join(", "))?;
            }
            Cover::Supported(how) => {
                supported += 1;
                writeln!(out, "    supported: {}", safe(how))?;
            }
            Cover::Beyond(why) => {
                beyond += 1;
                writeln!(out, "    beyond software: {}", safe(why))?;
            }
            Cover::Open => {
                open += 1;
                writeln!(out, "    not covered: the rule that enforced it was taken out")?;
            }
        }
    }
    write!(
        out,
        "\n{} clauses: {enforced} enforced, {supported} supported, {beyond} beyond software",
        policy.clauses().len()
    )?;
    match open {
        0 => writeln!(out)?,
        _ => writeln!(out, ", {open} not covered")?,
    }
    Ok(())
}

fn test(policy: &Path, out: &mut dyn Write) -> Result<Code, Failed> {
    let scanner = scanner(policy)?;
    let tried = scanner.try_samples();
    let mut shown = BTreeSet::new();
    for sample in tried.iter().filter(|sample| !sample.is_right()) {
        let what = match sample.lack {
            None => "fires, and should not".to_owned(),
            Some(lack) => format!("does not fire, and should: {}", lack.plain()),
        };
        writeln!(out, "{}: {} ({what})", sample.rule, safe(&sample.why))?;
        shown.insert(&sample.rule);
    }
    let rules = scanner.policy().map_or(&[][..], Policy::rules);
    for rule in rules.iter().filter(|rule| rule.samples.is_empty()) {
        writeln!(out, "{}: carries no sample", rule.id)?;
    }
    let wrong = tried.iter().filter(|sample| !sample.is_right()).count();
    writeln!(out, "{} rules, {} samples, {wrong} wrong", rules.len(), tried.len())?;
    Ok(if wrong == 0 { Code::Clean } else { Code::Trouble })
}

fn fingerprint(detector: &str, config: Option<&Path>, out: &mut dyn Write) -> Result<Code, Failed> {
    let mut remarks = Vec::new();
    let config = setup::settings(config, &[], &mut remarks)?;
    let known = dlpscan::detectors::builtin()
        .iter()
        .chain(&setup::detector_files(&config.detectors)?)
        .any(|file| file.detectors.iter().any(|known| known.id == detector));
    if !known {
        return Err(Trouble::new(format!(
            "there is no detector called \"{detector}\"; \"dlpscan detectors list\" shows all"
        ))
        .into());
    }
    let Some(key) = setup::key(&config)? else {
        return Err(Trouble::new("there is no folder to keep a key in; name one as `key`").into());
    };
    let mut value = Vec::new();
    io::stdin().take(MOST_VALUE).read_to_end(&mut value)?;
    let value = Secret::new(value.trim_ascii().to_vec());
    if value.reveal().is_empty() {
        return Err(Trouble::new("standard input holds no value").into());
    }
    writeln!(out, "{}", key.fingerprint(detector, &value))?;
    Ok(Code::Clean)
}
