//! The built-in detector files keep their own promises.

use std::collections::BTreeSet;

use dlpscan_core::detector::{DetectorFile, DetectorSpec};
use dlpscan_core::scan::{Engine, check_examples};
use dlpscan_detectors::{builtin, checks, prepared, sources, to_run};

#[test]
fn every_file_is_named_after_its_detector_and_category() {
    for (file, (name, _)) in builtin().iter().zip(sources()) {
        for spec in &file.detectors {
            assert_eq!(*name, format!("{}/{}.toml", spec.category, spec.id));
        }
    }
}

#[test]
fn what_the_program_carries_is_what_the_files_say() {
    let (carried, run) = (builtin(), to_run());
    assert_eq!([carried.len(), run.len()], [sources().len(); 2]);
    for ((file, run), (name, text)) in carried.iter().zip(run).zip(sources()) {
        let mut parsed = DetectorFile::parse(name, text).unwrap();
        assert_eq!(format!("{file:?}"), format!("{parsed:?}"));
        parsed.detectors.iter_mut().for_each(DetectorSpec::leave_to_run);
        assert_eq!(format!("{run:?}"), format!("{parsed:?}"));
    }
    let expressions: BTreeSet<_> =
        carried.iter().flat_map(|f| &f.detectors).flat_map(|spec| spec.expressions()).collect();
    assert_eq!(prepared().len(), expressions.len());
}

#[test]
fn every_id_is_given_once() {
    let mut seen = BTreeSet::new();
    for file in builtin() {
        for spec in file.detectors {
            assert!(seen.insert(spec.id.clone()), "{} is given twice", spec.id);
        }
    }
    assert!(seen.len() >= 30, "only {}", seen.len());
}

#[test]
fn every_check_exists_and_takes_its_parameters() {
    let checks = checks();
    for file in builtin() {
        for spec in &file.detectors {
            for check in &spec.checks {
                if let Err(error) = checks.make(&check.name, &check.parameters) {
                    panic!("{}: check \"{}\": {error}", spec.id, check.name);
                }
            }
        }
    }
}

#[test]
fn every_detector_says_why_and_shows_what_it_does_and_does_not_find() {
    for file in builtin() {
        for spec in &file.detectors {
            assert!(spec.why.ends_with('.'), "{}: `why` is a sentence", spec.id);
            assert!(!spec.references.is_empty(), "{} names no source", spec.id);
            // One needs a table, the other the operator's list, some a whole mail: examples carry
            // none of them.
            let unshown = spec.whole.is_some()
                || ["secret-login-table", "council-bank-details"].contains(&&*spec.id);
            assert!(spec.examples.len() >= 2 || unshown, "{}: two examples", spec.id);
            let unshown = spec.whole.is_some();
            assert!(spec.counterexamples.len() >= 2 || unshown, "{}: two counterexamples", spec.id);
        }
    }
}

#[test]
fn every_expression_can_be_built() {
    let files = builtin();
    if let Err(errors) = Engine::build(&files, &checks(), &|_| true) {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn every_example_comes_out_as_its_author_says_with_all_detectors_loaded() {
    let files = builtin();
    let on = |spec: &_| DetectorSpec::on_by_default(spec);
    let engine = match Engine::build_prepared(&files, &prepared(), &checks(), &on) {
        Ok(engine) => engine,
        Err(errors) => {
            panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    };
    let failures: Vec<String> = files
        .iter()
        .flat_map(|file| &file.detectors)
        .filter(|spec| spec.on_by_default())
        .flat_map(|spec| check_examples(&engine, spec))
        .map(|failure| failure.to_string())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
