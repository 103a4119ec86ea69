//! Text behind keys, tags, folds and escapes.

use crate::support::{golden, read, shared};
use dlpscan_core::model::Reason;

const CARD: &str = "4539578763621486";

#[test]
fn json_comes_as_lines_of_key_and_value() {
    let payroll = golden("text/payroll.json");
    assert_eq!(payroll.place_of("66374958"), "key staff[0].accountNumber");
    assert_eq!(payroll.place_of("4111"), "key staff[1].cards[0]");
    assert!(payroll.holds("sort Code sortCode: 08-99-99"));
    let raw = payroll.raw_of("AB 12 34 56 C").unwrap();
    assert_eq!(raw.end - raw.start, 13);
    let events = golden("text/events.jsonl");
    assert_eq!(events.place_of("07700 900456"), "key 2: phone");
}

#[test]
fn json_that_breaks_off_or_breaks_its_rules_loses_nothing() {
    for text in [
        format!("{{\"a\": [1, 2, {{\"card\": \"{CARD}"),
        format!("{{\"a\": 1, }} trailing {CARD}"),
        format!("{{a: 'single {CARD}' b c}}\n"),
        format!("[1, 2] {CARD} \\u0031"),
    ] {
        for name in ["a.json", "a.txt"] {
            let got = read(name, text.as_bytes());
            got.assert_balances();
            assert!(got.holds(CARD), "{text}");
        }
    }
}

#[test]
fn deep_json_is_read_without_recursion() {
    let text = format!("{}\"{CARD}\"{}", "[".repeat(300_000), "]".repeat(300_000));
    let got = read("deep.json", text.as_bytes());
    got.assert_balances();
    assert!(got.holds(CARD));
}

#[test]
fn a_large_json_comes_in_windows() {
    let mut text = String::from("[");
    for i in 0..60_000 {
        text.push_str(&format!(
            "{{\"account\": \"{:08}\", \"note\": \"nothing\"}},\n",
            20_000_000 + i
        ));
    }
    text.push_str("{}]");
    let got = read("big.json", text.as_bytes());
    got.assert_balances();
    assert!(got.segments.len() > 1);
    for i in (0..60_000).step_by(499) {
        let number = format!("{:08}", 20_000_000 + i);
        assert_eq!(got.begins_in(&number), 1);
        let raw = got.raw_of(&number).unwrap();
        assert_eq!(&text[raw.start as usize..raw.end as usize], number);
    }
}

#[test]
fn xml_comes_as_lines_of_element_and_text() {
    let got = golden("text/supplier.xml");
    assert!(got.holds("name: Café & Co\nnino: AB123456C"));
    assert!(got.holds("Card: 5500 0055 5555 5559"));
    assert!(got.holds("sort Code sortCode: 08-99-99"));
    assert!(got.holds("10-79-99") && got.holds("last: 07700 900123"));
    assert_eq!(got.place_of("AB123456C"), "line 5");
}

#[test]
fn what_an_attribute_calls_an_element_stands_before_its_text() {
    let form = b"<?xml version=\"1.0\"?><form><field name=\"ni_no\">AB123456C</field>\
                 <field name=\"born\"><value>03/07/1978</value></field><value>12</value></form>";
    let got = read("form.xml", form);
    got.assert_balances();
    assert!(got.holds("field ni_no: AB123456C"), "{}", got.text());
    assert!(got.holds("value born: 03/07/1978") && got.holds("value: 12"), "{}", got.text());
}

#[test]
fn xml_with_entities_of_its_own_is_refused_but_its_text_is_scanned() {
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"lol\"><!ENTITY y \"&x;&x;&x;\">]>\
         <a><b>&y;</b><c>{CARD}</c></a>"
    );
    let got = read("bomb.svg", bomb.as_bytes());
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::DtdRefused]);
    assert!(got.holds(CARD) && !got.holds("lollol"));
}

#[test]
fn folded_lines_are_joined() {
    let meeting = golden("text/meeting.ics");
    assert!(meeting.holds("Name: Pauline Bloggs\nEmail: p.bloggs@post.example, phone"));
    assert_eq!(meeting.place_of("07700 900123"), "line 6");
    assert!(golden("text/clerk.vcf").holds("card 4111 1111 1111 1111 café"));
}

#[test]
fn hostile_markup_is_read_to_its_end() {
    for folder in ["h_xml", "h_unicode"] {
        let Some(root) = shared("hostile").map(|r| r.join(folder)) else { return };
        for entry in std::fs::read_dir(root).expect("the folder is there").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let bytes = std::fs::read(entry.path()).expect("the file is there");
            read(&name, &bytes).assert_balances();
        }
    }
    for (file, must) in [
        ("h_deep/json_300k.json", CARD),
        ("h_deep/xml_100k.xml", CARD),
        ("h_deep/yaml_anchors.yaml", CARD),
        ("h_xml/xxe_passwd.xml", CARD),
        ("h_xml/xinclude.xml", CARD),
        ("h_xml/attrs_80k.xml", CARD),
        ("h_xml/billion_laughs.svg", CARD),
        ("h_unicode/lone_surrogates_utf16.txt", CARD),
        ("h_unicode/utf16_odd_length.txt", CARD),
    ] {
        let Some(path) = shared(&format!("hostile/{file}")) else { return };
        let got = read(file, &std::fs::read(path).expect("the file is there"));
        let digits: String = got.text().chars().filter(char::is_ascii_digit).collect();
        assert!(digits.contains(must), "{file}");
    }
}
