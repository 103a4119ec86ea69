//! The policies that come with dlpscan, and the messages for those who write their own, as data.

use dlpscan_core::model::{
    Facts, Finding, Ledger, Level, Location, Note, Origin, Outcome, PartPath, Place,
};
use dlpscan_policy::{BUILTIN, Names, Policy};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases<C> {
    case: Vec<C>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    name: String,
    policy: String,
    #[serde(default)]
    found: Vec<Found>,
    #[serde(default)]
    not_kept: u64,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default = "yes")]
    read: bool,
    action: String,
    rules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    detector: String,
    category: String,
    confidence: u8,
    #[serde(default = "one")]
    times: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    name: String,
    text: String,
    line: Option<usize>,
    says: Vec<String>,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn outcome(case: &Case) -> Outcome {
    let mut ledger = Ledger::new();
    ledger.content(u64::from(case.read));
    for reason in &case.reasons {
        ledger.note(Note::new(reason.parse().unwrap(), PartPath::root()));
    }
    let findings: Vec<Finding> = case
        .found
        .iter()
        .flat_map(|found| {
            std::iter::repeat_with(|| Finding {
                detector: found.detector.as_str().into(),
                name: found.detector.as_str().into(),
                category: found.category.as_str().into(),
                confidence: found.confidence,
                level: Level::of(found.confidence),
                masked: "****".into(),
                secret: None,
                fingerprint: None,
                location: Location {
                    part: PartPath::root(),
                    place: Place::Whole,
                    span: 0..4,
                    raw: None,
                },
                evidence: vec![],
            })
            .take(found.times)
        })
        .collect();
    Outcome {
        item: "x".into(),
        origin: Origin::File,
        bytes: 1,
        found: findings.len() as u64 + case.not_kept,
        findings,
        ledger,
        facts: Facts::default(),
        verdict: None,
    }
}

#[test]
fn every_case_gets_its_verdict() {
    let cases: Cases<Case> = toml::from_str(include_str!("cases/verdicts.toml")).unwrap();
    for case in cases.case {
        let verdict = Policy::builtin(&case.policy).unwrap().judge(&outcome(&case));
        assert_eq!((verdict.action, verdict.rules), (case.action, case.rules), "{}", case.name);
    }
}

#[test]
fn every_mistake_is_named_with_its_line_and_the_fix() {
    let cases: Cases<Mistake> = toml::from_str(include_str!("cases/mistakes.toml")).unwrap();
    for case in cases.case {
        let error = Policy::parse("mine.toml", &case.text).expect_err(&case.name);
        assert_eq!(error.line, case.line, "{}: {error}", case.name);
        for words in case.says {
            assert!(error.to_string().contains(&words), "{}: {error}", case.name);
        }
    }
}

#[test]
fn every_builtin_policy_reads_and_says_why() {
    for (name, text) in BUILTIN {
        let policy = Policy::parse(name, text).unwrap_or_else(|e| panic!("{e}"));
        assert!(policy.rules().iter().all(|rule| !rule.why.is_empty()), "{name}");
        assert!(Policy::builtin(name) == Some(policy), "{name}");
    }
}

#[test]
fn a_name_that_does_not_exist_is_told_with_its_line() {
    let text =
        "[[rule]]\nid = \"a\"\nwhen = { detector = [\"gb-nino\", \"gb-nin0\"] }\nthen = \"block\"";
    let policy = Policy::parse("mine.toml", text).unwrap();
    let errors = policy.unknown_names(Names { detectors: &["gb-nino"], ..Names::default() });
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().starts_with("mine.toml:2: "), "{}", errors[0]);
    assert!(errors[0].message.contains("gb-nin0"));
}

#[test]
fn a_policy_says_from_which_level_it_must_be_fed() {
    assert_eq!(Policy::builtin("default").unwrap().least(), Level::Medium);
    let low = "[[rule]]\nid = \"a\"\nwhen = { category = \"bank\" }\nthen = \"tag\"";
    assert_eq!(Policy::parse("low", low).unwrap().least(), Level::Low);
}
