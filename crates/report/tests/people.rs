//! The report for people says what is there, what is not known, and what to do.

#[allow(dead_code, reason = "each test binary uses its own part of the samples")]
mod sample;

use dlpscan_core::model::{Level, Note, Outcome, PartPath, Place, Reason};
use dlpscan_report::{Look, Summary, reporter};

fn text(outcomes: &[Outcome], look: Look, missing: u64) -> String {
    let mut summary = Summary::new("0.1.0", Level::Info);
    summary.missing = missing;
    let mut out = Vec::new();
    let mut report = reporter("text", look).unwrap();
    report.begin(&mut out).unwrap();
    for outcome in outcomes {
        let mut outcome = outcome.clone();
        summary.take(&mut outcome);
        report.outcome(&outcome, &mut out).unwrap();
    }
    report.end(&summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn last_line(outcomes: &[Outcome]) -> String {
    text(outcomes, Look::default(), 0).lines().last().unwrap().to_owned()
}

fn clean() -> Outcome {
    sample::outcome("minutes.txt", vec![], vec![])
}

fn fault(reason: Reason) -> Outcome {
    sample::outcome("x.zip", vec![], vec![Note::new(reason, PartPath::root())])
}

#[test]
fn the_report_reads_like_this() {
    let report = text(&[clean(), sample::mailbox()], Look::default(), 0);
    assert_eq!(
        report,
        "\
docs/box.mbox
  policy says block: knowsley.bank-details
      The council's bank details may not leave.
  very likely UK sort code and account number  **-**-** *****678  17 › offer.zip › prices.xlsx › Suppliers!D14 (Account number)
  possible    E-mail address                   **-**-** *****678  3 › header To
  in part     17 › locked.zip: it is encrypted and cannot be read without its password

What could not be checked, and what to do
  1 file (encrypted): it is encrypted and cannot be read without its password
      Open it with its password and scan the contents, or ask for a copy without one.

Summary
  2 files looked at, 162 kB
  1 read in full, 1 only in part
  2 found: 1 very likely (high), 1 possible (low)

  E-mail address                   ############################## 1
  UK sort code and account number  ############################## 1

Do not let this leave: the policy stops 1 file, and 1 file could not be checked in full.
"
    );
}

#[test]
fn only_what_was_read_in_full_and_holds_nothing_is_safe_to_go() {
    assert_eq!(last_line(&[clean()]), "Safe to go: everything was read and nothing was found.");
    for &reason in Reason::ALL {
        let line = last_line(&[clean(), fault(reason)]);
        assert_eq!(line.starts_with("Safe to go"), reason.is_skip(), "{reason}: {line}");
        assert!(!line.contains("everything was read"), "{reason}: {line}");
    }
}

#[test]
fn doubtful_finds_alone_ask_for_a_look() {
    let low = sample::finding("gb-postcode", "UK postcode", 50, &[], Place::Whole);
    let line = last_line(&[sample::outcome("a", vec![low], vec![])]);
    assert!(line.starts_with("Look before it leaves"), "{line}");
}

#[test]
fn a_named_path_that_is_not_there_is_never_safe_to_go() {
    let report = text(&[clean()], Look::default(), 1);
    assert!(report.ends_with("1 of the paths you named is not there.\n"), "{report}");
}

#[test]
fn nothing_to_check_is_said_so() {
    assert_eq!(last_line(&[]), "There was nothing to check.");
}

#[test]
fn nothing_from_an_input_can_act_on_a_terminal() {
    let report = text(&[sample::hostile()], Look::default(), 0);
    let acts = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{2028}' | '\u{202E}' | '\u{FEFF}' | '\u{E0041}')
    };
    assert!(!report.contains(acts), "{report}");
    assert!(report.starts_with("evil\\x1B[31m\\r\\n\\xE9.txt\n"), "{report}");
}

#[test]
fn colours_come_only_when_asked_for() {
    let look = Look { colour: true, ..Look::default() };
    assert!(text(&[sample::mailbox()], look, 0).contains("\x1b[1;31mvery likely"));
    assert!(!text(&[sample::mailbox()], Look::default(), 0).contains('\x1b'));
}

#[test]
fn a_flood_in_one_file_is_counted_by_kind() {
    let mut findings: Vec<_> = (0..140)
        .map(|_| sample::finding("gb-postcode", "UK postcode", 50, &[], Place::Whole))
        .collect();
    findings.push(sample::finding("iban", "IBAN", 95, &[], Place::Whole));
    let mut outcome = sample::outcome("list.csv", findings, vec![]);
    outcome.found += 1_000;
    let report = text(&[outcome], Look::default(), 0);
    let first = report.lines().nth(1).unwrap();
    assert!(first.contains("IBAN"), "the strongest is shown: {first}");
    assert!(
        report.contains("… and 1041 more: 41 × UK postcode, 1000 past the limit on findings"),
        "{report}"
    );
}

#[test]
fn what_is_withheld_still_counts_for_the_last_word() {
    let medium = sample::finding("iban", "IBAN", 70, &[], Place::Whole);
    let mut outcome = sample::outcome("a", vec![medium], vec![]);
    let mut summary = Summary::new("0.1.0", Level::High);
    summary.take(&mut outcome);
    assert_eq!((outcome.findings.len(), outcome.found, summary.findings), (0, 0, 0));
    let mut out = Vec::new();
    reporter("text", Look::default()).unwrap().end(&summary, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("1 more below \"high\", not shown as you asked"), "{text}");
    assert!(text.ends_with("Do not let this leave: findings stand in 1 file.\n"), "{text}");
}

#[test]
fn test_values_do_not_keep_a_file_back() {
    let info = sample::finding("iban", "IBAN", 20, &[], Place::Whole);
    assert!(last_line(&[sample::outcome("a", vec![info], vec![])]).starts_with("Safe to go"));
}
