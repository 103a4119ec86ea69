//! PDF, RTF and pictures: samples with the segments expected of them, every value planted in the
//! shared corpus, and hostile files, each in a process of its own.

use crate::support::{golden, read, read_part, shared};
use dlpscan_core::model::{Limits, Part, PartPath, Reason, Role, Status};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn text_of_a_page_is_joined_as_it_is_seen() {
    let got = golden("document/letter.pdf");
    assert_eq!(got.place_of("sort code 20-00-00"), "page 1");
    // Kerned, split over operators, drawn out of order.
    assert_eq!(got.place_of("Account number: 55779911"), "page 2");
    assert_eq!(got.place_of("Sort code: 20-00-00"), "page 2");
    assert_eq!(got.place_of("4111 1111 1111 1111"), "page 2");
    assert_eq!(got.place_of("NINO AB 12 34 56 C"), "property Subject");
    assert_eq!(got.place_of("Finance team"), "property XMP metadata");
    assert!(got.reasons().is_empty());
}

#[test]
fn a_table_on_a_page_has_rows_and_headers() {
    let got = golden("document/tables.pdf");
    assert_eq!(got.place_of("55779911"), "page 1!D2 (Account number)");
    assert_eq!(got.place_of("Mill Lane, Brigg DN20 8ZZ"), "page 1!B2 (Address)");
    assert!(got.holds("NHS number:\t943 476 5919"));
    assert_eq!(got.place_of("943 476 5919"), "page 1");
}

#[test]
fn what_a_page_does_not_show_is_read_too() {
    let got = golden("document/hidden.pdf");
    for (text, place) in [
        ("Layer off: 4111 1111 1111 1111", "page 1"),
        ("Invisible: 5555 5555 5555 4444", "page 1"),
        ("Account number: 55779911", "page 1"),
        ("Comment", "page 1"),
        ("Bookmark for Ann Teak", "property Title"),
        ("PIN 4821", "property JS"),
        ("Hidden stamp: AB 12 34 56 C", "property object 26, not shown"),
        ("4012 8888 8888 1881", "property object 27"),
    ] {
        assert_eq!(got.place_of(text), place, "{text}");
    }
    let (attached, _) = got.find("sort code 20-00-00").expect("the attached file");
    assert_eq!(attached.path, PartPath::root().join("note.txt"));
}

#[test]
fn earlier_revisions_and_what_follows_the_end_are_read() {
    let got = golden("document/revised.pdf");
    assert!(got.holds("The account is not given here."));
    assert!(got.holds("The account is 55779911."));
    let (kept, _) = got.find("behind the end").expect("the zip");
    assert_eq!(kept.path, PartPath::root().join("after the end").join("kept.txt"));
}

#[test]
fn broken_documents_give_what_they_still_hold_and_say_so() {
    for (sample, reasons) in [
        ("no_table.pdf", &[Reason::Damaged][..]),
        ("junk_before.pdf", &[]),
        ("torn.pdf", &[Reason::Damaged]),
        ("bomb.pdf", &[Reason::LimitBytes]),
        ("cut.rtf", &[Reason::Damaged]),
    ] {
        let got = golden(&format!("document/{sample}"));
        assert!(got.holds("4111 1111 1111 1111"), "{sample}");
        assert_eq!(got.reasons(), reasons, "{sample}");
    }
}

#[test]
fn what_cannot_be_read_is_never_complete() {
    for (sample, reason) in [
        ("document/scan.pdf", Reason::NoOcr),
        ("document/no_letters.pdf", Reason::Unsupported),
        ("document/locked.pdf", Reason::Encrypted),
        ("image/page.png", Reason::NoOcr),
        ("image/page.tif", Reason::NoOcr),
    ] {
        assert_eq!(golden(sample).reasons(), [reason], "{sample}");
    }
    assert_eq!(golden("image/cut.png").reasons(), [Reason::Damaged, Reason::NoOcr]);
}

#[test]
fn letters_that_only_have_numbers_are_guessed_and_said_not_to_be_read() {
    let got = golden("document/no_letters.pdf");
    assert!(got.holds("Card 4111 1111 1111 1111"));
    assert_eq!(got.reasons(), [Reason::Unsupported]);
}

#[test]
fn words_among_the_codes_of_wordperfect_are_read_and_notes_as_strings() {
    let got = golden("document/letter.wpd");
    assert!(got.holds("Card 4111 1111 1111 1111"));
    assert!(got.holds("A note: 5555555555554444"));
    assert_eq!(got.reasons(), [Reason::Unsupported]);
}

#[test]
fn a_document_locked_in_an_unknown_way_was_not_read_whatever_it_shows() {
    let mut bytes = crate::support::sample("document/letter.pdf");
    let at = bytes.windows(7).rposition(|w| w == b"trailer").expect("a trailer");
    bytes.truncate(at);
    bytes.extend(b"trailer <</Root 1 0 R/Encrypt<</Filter/Other/V 9>>>>\nstartxref\n0\n%%EOF");
    let got = read("a.pdf", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Encrypted]);
    assert_eq!(got.ledger.status(1), Status::Unscannable);
}

#[test]
fn a_table_of_letters_that_holds_itself_is_a_cycle() {
    let document = |base: &str| {
        format!(
            "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
             2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n\
             3 0 obj<</UseCMap 4 0 R/Length 1>>stream\n \nendstream endobj\n\
             4 0 obj<</UseCMap {base}/Length 1>>stream\n \nendstream endobj\n\
             trailer<</Root 1 0 R>>\n%%EOF"
        )
    };
    for (base, cycle) in [("3 0 R", true), ("4 0 R", true), ("5 0 R", false), ("/H", false)] {
        let got = read("a.pdf", document(base).as_bytes());
        got.assert_balances();
        assert_eq!(got.reasons().contains(&Reason::Cycle), cycle, "{base}");
    }
}

#[test]
fn a_document_too_large_to_hold_says_so_and_its_strings_are_read() {
    let bytes = b"%PDF-1.4 (a string in it: 55779911)";
    let limits = Limits { buffer: 8, ..Limits::default() };
    let part = Part::new("a.pdf", dlpscan_core::model::Content::Bytes(bytes));
    let got = read_part(part, limits);
    assert!(got.holds("55779911"));
    assert_eq!(got.reasons(), [Reason::LimitMemory]);
}

#[test]
fn rich_text_is_read_in_its_charsets_with_its_notes_and_objects() {
    let got = golden("document/letter.rtf");
    for text in [
        "Sort code 20-00-00, account number 5577\u{200B}9911.",
        "Café € 5, 日本, Пример テスト",
        "Hidden: 4111 1111 1111 1111",
        "mailto:ann@example.com",
        "A footnote: AB 12 34 56 C",
        "A comment: PIN 4821",
        "Nobody shows this: 5555 5555 5555 4444",
        "Council OFFICIAL-SENSITIVE",
    ] {
        assert!(got.holds(text), "{text}");
    }
    assert!(!got.holds("Strong;"), "names of styles are no text");
    assert_eq!(got.place_of("author: Ann Teak"), "property author");
    let (attached, _) = got.find("Attached:").expect("the object");
    assert_eq!(attached.path, PartPath::root().join("note.txt"));
    let got = golden("document/tables.rtf");
    assert_eq!(got.place_of("55779911"), "row 2 (Account number)");
}

#[test]
fn what_is_written_about_a_picture_and_behind_it_is_read() {
    let got = golden("image/note.png");
    assert_eq!(got.place_of("4111 1111 1111 1111"), "property Comment");
    assert_eq!(got.place_of("Sort code 20-00-00"), "property Packed");
    assert_eq!(got.place_of("Café of Ann Teak"), "property Title");
    let got = golden("image/exif.jpg");
    assert_eq!(got.place_of("NINO AB 12 34 56 C"), "property UserComment");
    assert_eq!(got.place_of("PIN 4821"), "property XPComment");
    assert_eq!(got.place_of("Account 55779911"), "property comment");
    assert_eq!(got.find("behind it: 4111").expect("the tail").0.role, Role::Raw);
    assert!(golden("image/comment.gif").holds("Account 55779911"));
    let got = golden("image/behind.png");
    let (kept, _) = got.find("behind the picture").expect("the zip");
    assert_eq!(kept.path, PartPath::root().join("behind the picture").join("kept.txt"));
    assert!(golden("image/dot.bmp").reasons().is_empty());
}

#[test]
fn every_value_planted_in_pdf_and_rtf_is_in_the_text() {
    let Some(root) = shared("corpora/planted") else { return };
    let truth = std::fs::read_to_string(root.join("truth.jsonl")).expect("the truth is there");
    let (mut count, mut missing) = (0, Vec::new());
    for line in truth.lines() {
        let Some(file) = field(line, "file") else { continue };
        let kind = file.split('/').next().unwrap_or("");
        let name = file.rsplit('/').next().unwrap_or(file);
        if ["png", "jpg", "scan.pdf"].contains(&kind) {
            let bytes = std::fs::read(root.join(file)).expect("the file is there");
            assert!(read(name, &bytes).reasons().contains(&Reason::NoOcr), "{file}");
        }
        if !["pdf", "lo-pdf", "rtf"].contains(&kind) {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(root.join(file)).expect("the file is there");
        let got = read(name, &bytes);
        got.assert_balances();
        assert!(got.reasons().is_empty(), "{file}: {:?}", got.reasons());
        let value = field(line, "value").unwrap_or("");
        if !plain(&got.text()).contains(&plain(value)) {
            missing.push(format!("{file}: {}", field(line, "where").unwrap_or("")));
        }
    }
    assert!(count > 100);
    assert!(missing.is_empty(), "{} values missing:\n{}", missing.len(), missing.join("\n"));
}

/// Letters, digits and @, lower case.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '@').collect()
}

/// A string field of a line of JSON whose values hold no escapes that matter here.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start = line.find(&format!("\"{name}\": \""))? + name.len() + 5;
    line[start..].split('"').next()
}

/// Names the file that [`one_file_named_by_the_environment_is_read`] reads.
const ONE: &str = "DLPSCAN_TEST_ONE_FILE";
/// The longest that one hostile file may take, in a build that is not optimised.
const LONGEST: Duration = Duration::from_secs(30);

#[test]
fn one_file_named_by_the_environment_is_read() {
    let Some(path) = std::env::var_os(ONE).map(PathBuf::from) else { return };
    let bytes = std::fs::read(&path).expect("the file is there");
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    let got = read(&name, &bytes);
    got.assert_balances();
    let fell = got.ledger.notes().iter().any(|n| n.detail.as_deref() == Some(GAVE_UP));
    assert!(!fell, "a reader panicked");
}

/// What the descent says of a reader that panicked.
const GAVE_UP: &str = "its reader gave up on it";

#[test]
fn no_hostile_document_crashes_or_hangs_its_reader() {
    let (Some(hostile), Some(real)) = (shared("hostile"), shared("corpora/real")) else { return };
    let mut files = Vec::new();
    for root in [&hostile, &real] {
        collect(root, &mut files);
    }
    files.sort();
    assert!(files.len() > 100);
    let (mut crashes, mut hangs) = (Vec::new(), Vec::new());
    for file in &files {
        match in_a_child(file) {
            Some(true) => {}
            Some(false) => crashes.push(file),
            None => hangs.push(file),
        }
    }
    // The tests' own voice: nothing of the library prints.
    #[allow(clippy::print_stderr)]
    {
        eprintln!("{} files: {} crashes, {} hangs", files.len(), crashes.len(), hangs.len());
    }
    assert!(crashes.is_empty() && hangs.is_empty(), "crashes {crashes:?}, hangs {hangs:?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| {
            ["pdf", "rtf", "png", "jpg", "gif", "tif", "bmp", "webp"].iter().any(|x| e == *x)
        }) {
            files.push(path);
        }
    }
}

/// True if a child read the file to its end; nothing if it had to be stopped.
fn in_a_child(file: &Path) -> Option<bool> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "one_file_named_by_the_environment_is_read"])
        .env(ONE, file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the child starts");
    let until = Instant::now() + LONGEST;
    loop {
        if let Some(status) = child.try_wait().expect("the child can be asked") {
            return Some(status.success());
        }
        if Instant::now() > until {
            child.kill().expect("the child can be stopped");
            child.wait().expect("the child ends");
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
