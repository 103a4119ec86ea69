//! The page for the person who decides, as text and for a browser.

#[allow(dead_code, reason = "each test binary uses its own part of the samples")]
mod sample;

use dlpscan_core::model::{Finding, Note, Origin, Outcome, PartPath, Place, Reason, Verdict};
use dlpscan_report::{Look, Summary, reporter};

fn page(format: &str, outcomes: &[Outcome]) -> String {
    let mut summary = Summary::new("0.1.0", dlpscan_core::model::Level::Low);
    let mut out = Vec::new();
    let mut report = reporter(format, Look::default()).unwrap();
    report.begin(&mut out).unwrap();
    for outcome in outcomes {
        let mut outcome = outcome.clone();
        summary.take(&mut outcome);
        report.outcome(&outcome, &mut out).unwrap();
    }
    report.end(&summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn fact(id: &str, name: &str, confidence: u8, said: &str) -> Finding {
    let found = sample::finding(id, name, confidence, &[], Place::Whole);
    Finding { category: "volume".into(), masked: said.into(), ..found }
}

fn stick() -> Outcome {
    let facts = vec![
        fact(
            "volume-removable-unencrypted",
            "A removable device that is not encrypted",
            100,
            "whoever finds it can read it",
        ),
        fact("volume-file-system", "File system", 1, "vfat"),
        fact("volume-device", "Device", 1, "/dev/sdb1, <Kingston>"),
    ];
    let outcome = sample::outcome("/media/usb", facts, vec![]);
    let words = vec!["This device is not encrypted.".to_owned()];
    let rules = vec!["default.open-device".to_owned()];
    let verdict = Some(Verdict { action: "quarantine".into(), rules, words });
    Outcome { origin: Origin::Volume, bytes: 0, verdict, ..outcome }
}

fn safe_stick() -> Outcome {
    let facts = vec![fact("volume-encrypted", "Encrypted", 1, "LUKS 2 (dm-crypt)")];
    Outcome { origin: Origin::Volume, bytes: 0, ..sample::outcome("/media/usb", facts, vec![]) }
}

fn clean() -> Outcome {
    sample::outcome("minutes.txt", vec![], vec![])
}

#[test]
fn the_page_reads_like_this() {
    assert_eq!(
        page("page", &[stick(), clean(), sample::mailbox()]),
        "\
Do not let this leave: the device itself is not safe, and the policy stops 1 file, and 1 file could not be checked in full.

The volume at /media/usb
  not safe  A removable device that is not encrypted: whoever finds it can read it
  known     File system: vfat
  known     Device: /dev/sdb1, <Kingston>

What was found
  very likely UK sort code and account number: 1 in 1 file  ####################
      **-**-** *****678  docs/box.mbox › 17 › offer.zip › prices.xlsx › Suppliers!D14 (Account number)
  possible    E-mail address: 1 in 1 file  ####################
      **-**-** *****678  docs/box.mbox › 3 › header To

What could not be read
  1 file: it is encrypted and cannot be read without its password
      docs/box.mbox

What to do next
  1. This device is not encrypted.
  2. The council's bank details may not leave.
  3. Do not use this device as it is: copy what must go to an encrypted one, or encrypt this one first (BitLocker, LUKS, VeraCrypt).
  4. Open the places named above. Take out what must not leave, or leave the file behind.
  5. 1 file (encrypted): Open it with its password and scan the contents, or ask for a copy without one.
  6. Then run this check again.

2 files looked at, 162 kB; 1 read in full. dlpscan 0.1.0
"
    );
}

#[test]
fn an_encrypted_stick_with_nothing_on_it_may_go() {
    let report = page("page", &[safe_stick(), clean()]);
    assert!(
        report.starts_with("Safe to go: everything was read and nothing was found."),
        "{report}"
    );
    assert!(report.contains("Nothing. Keep this page with the record of what left."), "{report}");
}

#[test]
fn a_device_that_is_not_safe_holds_back_files_that_are() {
    let report = page("page", &[stick(), clean()]);
    assert!(
        report.starts_with("Do not let this leave: the device itself is not safe."),
        "{report}"
    );
}

#[test]
fn a_page_stays_a_page_however_much_there_is() {
    let many: Vec<Outcome> = (0..3000)
        .map(|i| {
            let id = format!("kind-{}", i % 40);
            let found = sample::finding(&id, &id, 60 + (i % 40) as u8, &[], Place::Whole);
            let note = Note::new(Reason::ALL[i % 20], PartPath::root());
            sample::outcome(format!("{i}.txt").as_str(), vec![found], vec![note])
        })
        .collect();
    let report = page("page", &many);
    assert!(report.lines().count() < 200, "{}", report.lines().count());
    assert!(page("html", &many).len() < 100_000);
}

#[test]
fn the_worst_places_come_first_and_only_a_few() {
    let found = |confidence| {
        sample::finding("iban", "IBAN", confidence, &[], Place::Page { page: confidence.into() })
    };
    let outcome = sample::outcome("a.pdf", [70, 90, 65, 95, 80].map(found).to_vec(), vec![]);
    let report = page("page", &[outcome]);
    let places: Vec<&str> = report.lines().filter(|line| line.contains("a.pdf")).collect();
    assert_eq!(places.len(), 3);
    for (place, number) in places.iter().zip([95, 90, 80]) {
        assert!(place.ends_with(&format!("page {number}")), "{place}");
    }
}

#[test]
fn nothing_from_an_input_can_act_in_a_terminal_or_a_browser() {
    let mut hostile = sample::hostile();
    hostile.findings[0].masked = "<script>alert(1)</script>\"'&".into();
    hostile.findings[0].secret = None;
    let all = [stick(), hostile];
    let acts = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{2028}' | '\u{202E}' | '\u{FEFF}' | '\u{E0041}')
    };
    let html = page("html", &all);
    assert!(!html.contains(acts) && !html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"), "{html}");
    assert!(html.contains("/dev/sdb1, &lt;Kingston&gt;"), "{html}");
    assert!(!page("page", &all).contains(acts));
}

#[test]
fn the_page_for_a_browser_loads_nothing_and_has_a_picture() {
    let html = page("html", &[stick(), sample::mailbox()]);
    assert!(html.contains("default-src 'none'") && html.contains("<svg"));
    for way_out in ["http://", "https://", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(way_out), "{way_out}");
    }
    assert!(html.contains("class=\"no\"") && html.ends_with("</body></html>\n"));
}
