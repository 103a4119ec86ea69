//! The detectors against the published and generated test vectors, where those are at hand.

// A test tells its reader what it did.
#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use dlpscan_core::detector::Certainty;
use dlpscan_core::scan::{Judge, Vector, Verdict};
use dlpscan_detectors::{Given, builtin, checks_with, modulus};

/// Rows that come out otherwise than they say, and why: detector, value as written, reason.
const EXCEPTIONS: &str = include_str!("vectors-exceptions.tsv");

/// Of all rows, exceptions included, so many in a thousand must come out as they say.
const FLOOR: usize = 990;

/// The rows on own accounts take the first five published cases of the modulus check for them.
fn is_own(text: &[u8]) -> bool {
    let digits: Vec<u8> = text.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect();
    let mut own = modulus::cases().into_iter().take(5).map(|case| case.account);
    own.any(|a| [&a.sort_code[..], &a.number[..]].concat() == digits)
}

/// Pay.UK's tables, without which the rows on the modulus check cannot be judged.
fn operators_tables(folder: &Path) -> Option<modulus::ModulusTable> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let weights = modulus::ModulusTable::parse(&read("valacdos-v770.txt")?).unwrap();
    Some(weights.with_substitutions(&read("scsubtab-v770.txt")?).unwrap())
}

#[test]
fn vectors_come_out_as_they_say_but_for_named_exceptions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/facts/vectors");
    if !folder.is_dir() {
        println!("skipped: ../shared is not here");
        return;
    }
    let exceptions: BTreeSet<(&str, &str)> = EXCEPTIONS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .filter_map(|line| {
            let mut field = line.split('\t');
            Some((field.next()?, field.next()?))
        })
        .collect();
    let checks = checks_with(&Given {
        modulus: operators_tables(&folder.join("../../corpora/tables")).map(Arc::new),
        own_account: Some(Arc::new(is_own)),
    });
    let (mut rows, mut right) = (0, 0);
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for spec in builtin().into_iter().flat_map(|file| file.detectors) {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{}.tsv", spec.id))) else {
            continue;
        };
        // Rows that describe a mail are made mails of, in the hall's tests.
        if !Judge::may_ask(&spec) {
            continue;
        }
        let judge = Judge::new(&spec, &checks).unwrap();
        for row in Vector::read(&spec.id, &text).unwrap() {
            rows += 1;
            let as_it_says = judge.judge(&row.value()) == row.expected;
            right += usize::from(as_it_says);
            let known = exceptions.contains(&(spec.id.as_str(), row.written.as_str()));
            let what = match (as_it_says, known) {
                (true, true) => {
                    println!("{}: {:?} is no exception any more", spec.id, row.written);
                    continue;
                }
                (false, false) if row.expected == Verdict::Valid => "is valid and not found",
                (false, false) => "is invalid and found",
                _ => continue,
            };
            let certainty = match spec.certainty {
                Certainty::A => "A",
                Certainty::B => "B",
                Certainty::C => "C",
            };
            let id = format!("{} ({certainty})", spec.id);
            wrong.entry(id).or_default().push(format!("{:?} {what}", row.written));
        }
    }
    for (id, rows) in &wrong {
        println!("{id}: {}\n  {}", rows.len(), rows.join("\n  "));
    }
    println!("{right} of {rows} rows are right");
    assert!(wrong.is_empty(), "{} detectors have rows that come out otherwise", wrong.len());
    assert!(right * 1000 >= rows * FLOOR, "{right} of {rows} rows are right");
}
