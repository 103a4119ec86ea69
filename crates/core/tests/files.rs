//! Detector files that are wrong, their examples, and why a candidate fell.

mod kit;

use dlpscan_core::detector::{DetectorFile, Needs, SpecError};
use dlpscan_core::model::{Place, Segment};
use dlpscan_core::scan::{Engine, Fate, check_examples};
use kit::{checks, engine, engine_of};

const GOOD: &str = r#"
id = "case-no"
name = "Case number"
category = "council"
certainty = "A"
confidence = { alone = 50, keyword = 70, strong = 90 }

[[pattern]]
regex = 'KC(?<year>\d{2})-\d{4}'

[[check]]
name = "at-most"
on = "year"
most = 30

[proximity]
keywords = ["case"]

[[example]]
text = "case KC‖26-1234"
finds = "KC26-1234"
level = "high"
why = "the usual form"

[[example]]
text = "KC26-1234"
header = "Case number"
level = "high"
why = "in a column"

[[counterexample]]
text = "KC99-1234"
why = "no such year"
"#;

fn errors(text: &str) -> Vec<String> {
    let file = DetectorFile::parse("own.toml", text).unwrap();
    let errors: Vec<SpecError> = Engine::build(&[file], &checks(), &|_| true).err().unwrap();
    errors.iter().map(SpecError::to_string).collect()
}

#[test]
fn the_errors_of_a_file_come_all_at_once_with_what_to_do() {
    let text = GOOD
        .replace("alone = 50", "alone = 80")
        .replace("KC(?<year>", "KC(")
        .replace("keywords = [\"case\"]", "keywords = [\"case\", \" \"]\nbefore = 9000");
    let errors = errors(&text);
    assert_eq!(errors.len(), 4, "{errors:#?}");
    for (error, says) in errors.iter().zip(["grow", "at most 500", "empty", "no pattern has"]) {
        assert!(error.starts_with("own.toml: detector \"case-no\": "), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn an_expression_or_a_check_that_cannot_be_used_is_an_error() {
    assert!(
        errors(&GOOD.replace(r"\d{4}'", r"\d{4'"))[0].contains("of \"pattern\" cannot be used")
    );
    assert!(errors(&GOOD.replace(r"\d{4}'", r"(?=x)'"))[0].contains("look-around"));
    assert!(errors(&GOOD.replace("at-most", "at-least"))[0].contains("the checks are: at-most"));
    assert!(errors(&GOOD.replace("most = 30", "least = 30"))[0].contains("say most = a number"));
}

#[test]
fn two_detectors_of_one_id_are_an_error() {
    let file = |name| DetectorFile::parse(name, GOOD).unwrap();
    let files = [file("a.toml"), file("b.toml")];
    let errors = Engine::build(&files, &checks(), &|_| true).err().unwrap();
    assert!(errors[0].to_string().contains("a.toml already has"), "{}", errors[0]);
}

#[test]
fn a_detector_that_is_not_enabled_is_not_there() {
    let file = DetectorFile::parse("own.toml", GOOD).unwrap();
    let engine = Engine::build(&[file], &checks(), &|spec| spec.id != "case-no").unwrap();
    assert!(engine.detectors().is_empty());
    assert!(kit::matches(&engine, &Segment::new(b"KC26-1234", Place::Whole), 0).is_empty());
}

#[test]
fn examples_that_come_out_as_said_are_no_failures() {
    let spec = &DetectorFile::parse("own.toml", GOOD).unwrap().detectors[0];
    assert_eq!(check_examples(&engine_of(GOOD), spec), []);
}

#[test]
fn examples_that_do_not_are_told_with_what_came_out() {
    let text = GOOD
        .replace("finds = \"KC26-1234\"", "finds = \"KC26-1235\"")
        .replace("text = \"KC26-1234\"\nheader = \"Case number\"", "text = \"KC26-1234\"")
        .replace("KC99-1234", "KC09-1234");
    let spec = &DetectorFile::parse("own.toml", &text).unwrap().detectors[0];
    let failures = check_examples(&engine_of(&text), spec);
    let what: Vec<&str> = failures.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "found \"KC26-1234\", not \"KC26-1235\"",
            "found with confidence 50, which is low, not high",
            "found \"KC09-1234\" with confidence 50, which is low",
        ]
    );
}

#[test]
fn explain_tells_why_a_candidate_fell() {
    let engine = engine();
    let text = "hn 1000000008, #2000000008, dob then 01/02/1990, card 4000 0000 0000 0006";
    let segment = Segment::new(text.as_bytes(), Place::Whole);
    let all = engine.explain(&mut engine.scratch(), &segment);
    let fates: Vec<(&str, &Fate)> = all.iter().map(|e| (&text[e.span.clone()], &e.fate)).collect();
    let check = Fate::Check("digit-sum".into());
    for expected in [
        ("1000000008", &check),
        ("2000000008", &Fate::Boundary),
        ("01/02/1990", &Fate::Needs(Needs::Strong)),
        ("4000 0000 0000 0006", &Fate::Kept),
    ] {
        assert!(fates.contains(&expected), "{expected:?} in {fates:?}");
    }
}

#[test]
fn explain_names_the_match_that_was_better() {
    let engine = engine();
    let text = "health number and tax reference 1000000009";
    let all = engine.explain(&mut engine.scratch(), &Segment::new(text.as_bytes(), Place::Whole));
    let tax = engine.detectors().iter().position(|d| &*d.id == "tax").unwrap();
    let lost = all.iter().find_map(|e| match e.fate {
        Fate::Overlap(winner) => Some((&*engine.detector(e.detector).id, winner.index())),
        _ => None,
    });
    assert_eq!(lost, Some(("health", tax)));
}
