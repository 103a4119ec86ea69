//! Web pages and HTML mail.

use crate::support::{golden, read, read_part, shared};
use dlpscan_core::model::Limits;

const CARD: &str = "4539578763621486";

#[test]
fn the_sample_gives_the_segments_beside_it() {
    let got = golden("text/notice.html");
    assert!(got.holds("by virtue of paragraph 3 of Schedule\u{a0}12A"));
    assert!(got.holds("Card 4111 1111 1111 1111"));
    assert!(got.holds("Hirer: Jo Bloggs\nPostcode: LS1 4AP"));
    assert!(got.holds("href: mailto:jo@council.example"));
    assert_eq!(got.place_of("08-99-99"), "row 2 (Sort code)");
    assert_eq!(got.place_of("88837491"), "row 3 (Account number)");
    assert_eq!(got.find("08-99-99").unwrap().0.title, "Suppliers");
    assert_eq!(got.place_of("70872490"), "line 16");
    for hidden in ["5500 0055", "07700 900123", "07700 900456", "10-79-99", "CE 10 00 00 A"] {
        assert!(got.holds(hidden), "{hidden}");
    }
    let raw = got.raw_of("66374958").unwrap();
    assert_eq!(raw.end - raw.start, 8);
}

#[test]
fn a_page_that_is_cut_off_anywhere_loses_no_text() {
    let page =
        format!("<html><body><table><tr><td>a</td><td>{CARD}</td></tr><tr><td>b<td>c<p x=\"");
    for end in page.find("</td></tr><tr>").unwrap()..page.len() {
        let got = read("a.html", &page.as_bytes()[..end]);
        got.assert_balances();
        assert!(got.holds(CARD), "cut at {end}");
    }
    for text in [
        format!("<html><!-- never closed {CARD}"),
        format!("<html><script>var x = '{CARD}'"),
        format!("<html><p title=\"never closed {CARD}"),
        format!("<html><textarea>{CARD}"),
        format!("<html><![CDATA[{CARD}]]>"),
        format!("<html><?php {CARD} ?>"),
        format!("<html></p {CARD}>"),
    ] {
        assert!(read("a.html", text.as_bytes()).holds(CARD), "{text}");
    }
}

#[test]
fn a_large_table_is_given_row_by_row() {
    let mut page = String::from("<html><table><tr><th>Name</th><th>Account number</th></tr>");
    for i in 0..60_000 {
        page.push_str(&format!("<tr><td>Payee {i}</td><td>{:08}</td></tr>\n", 30_000_000 + i));
    }
    page.push_str("</table>");
    let got = read("payees.html", page.as_bytes());
    got.assert_balances();
    for i in (0..60_000).step_by(2_003) {
        let number = format!("{:08}", 30_000_000 + i);
        assert_eq!(got.begins_in(&number), 1);
        assert_eq!(got.place_of(&number), format!("row {} (Account number)", i + 2));
    }
}

#[test]
fn a_part_too_large_to_hold_is_scanned_as_text_and_noted() {
    let page = format!("<html><p>{}</p><p>{CARD}</p>", "x".repeat(5_000));
    let part = dlpscan_core::model::Part::new(
        "a.html",
        dlpscan_core::model::Content::Bytes(page.as_bytes()),
    );
    let got = read_part(part, Limits { buffer: 1_000, ..Limits::default() });
    got.assert_balances();
    assert!(got.holds(CARD));
    assert_eq!(got.reasons(), [dlpscan_core::model::Reason::LimitMemory]);
}

#[test]
fn the_evasions_are_seen_through() {
    let Some(truth) = shared("hostile/TRUTH_dev.jsonl") else { return };
    let truth = std::fs::read_to_string(truth).expect("the truth is there");
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let mut missing = Vec::new();
    for line in truth.lines() {
        let field = |name: &str| {
            let from = line.find(&format!("\"{name}\": \""))? + name.len() + 5;
            line[from..].split('"').next()
        };
        let (Some(file), Some(value), Some(family)) =
            (field("file"), field("value"), field("family"))
        else {
            continue;
        };
        if !["html", "encoding", "boundary"].contains(&family) {
            continue;
        }
        let Some(path) = shared(&format!("hostile/{file}")) else { continue };
        let name = file.rsplit('/').next().unwrap_or(file);
        let got = read(name, &std::fs::read(path).expect("the file is there"));
        got.assert_balances();
        let text = plain(&got.text());
        // A pair is a sort code and an account number.
        if !value.split('/').all(|v| text.contains(&plain(v))) {
            missing.push(file.to_owned());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn deep_pages_are_read_without_recursion() {
    let Some(path) = shared("hostile/h_deep/html_250k.html") else { return };
    let got = read("deep.html", &std::fs::read(path).expect("the file is there"));
    got.assert_balances();
    assert!(got.holds(CARD) || got.text().replace(' ', "").contains(CARD));
}
