//! What a policy learns of a mail while it is read, as data: bodies and header fields in, the
//! texts that stand in them out.

use dlpscan_core::model::{Layout, Mark, PartPath, Place, Segment};
use dlpscan_policy::Policy;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    policy: String,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    header: Vec<(String, String)>,
    plain: Option<String>,
    html: Option<String>,
    attached: Option<String>,
    has: Vec<String>,
}

#[test]
fn every_letter_holds_the_texts_its_case_says() {
    let cases: Cases = toml::from_str(include_str!("cases/letters.toml")).unwrap();
    let policy = Policy::parse("cases", &cases.policy).unwrap();
    for case in cases.case {
        let mut letter = policy.letter();
        letter.read_as(&PartPath::root(), "eml");
        for (name, value) in &case.header {
            let field = format!("{name}: {value}");
            let place = Place::Header { name: name.clone() };
            letter.segment(&PartPath::root(), &Segment::new(field.as_bytes(), place));
        }
        let parts = [("body", &case.plain), ("body.html", &case.html), ("a.txt", &case.attached)];
        for (name, text) in parts {
            let Some(text) = text else { continue };
            let place = Place::Line { line: 1, column: 1 };
            letter.segment(&PartPath::root().join(name), &Segment::new(text.as_bytes(), place));
        }
        let texts: Vec<_> = letter.finish().texts.into_iter().collect();
        assert_eq!(texts, case.has, "{}", case.name);
    }
}

#[test]
fn the_header_tells_who_writes_to_whom_where_no_server_does() {
    let policy = Policy::builtin("default").unwrap();
    let mut letter = policy.letter();
    letter.read_as(&PartPath::root(), "eml");
    for (name, value) in [
        ("From", "\"Clerk, the\" <clerk@hartle-tc.example>"),
        ("To", "a@box.example, B <b@box.example>"),
        ("Cc", "c@box.example"),
        ("From", "forged@box.example"),
    ] {
        let field = format!("{name}: {value}");
        let place = Place::Header { name: name.into() };
        letter.segment(&PartPath::root(), &Segment::new(field.as_bytes(), place));
    }
    let envelope = letter.finish().envelope.unwrap();
    assert_eq!(envelope.sender, "clerk@hartle-tc.example");
    assert_eq!(envelope.recipients, ["a@box.example", "b@box.example", "c@box.example"]);
}

#[test]
fn fields_that_come_together_are_told_apart() {
    let policy = Policy::builtin("default").unwrap();
    let mut letter = policy.letter();
    letter.read_as(&PartPath::root(), "eml");
    let (mut text, mut marks) = (String::new(), Vec::new());
    for (name, value) in
        [("Subject", "From: x@y.example"), ("From", "a@b.example"), ("To", "c@d.example")]
    {
        let place = Place::Header { name: name.into() };
        marks.push(Mark { start: text.len(), place });
        text += &format!("{name}: {value}\n");
    }
    let first = marks[0].place.clone();
    let segment = Segment::new(text.as_bytes(), first).with_layout(Layout::Marks(&marks));
    letter.segment(&PartPath::root(), &segment);
    let envelope = letter.finish().envelope.unwrap();
    assert_eq!(envelope.sender, "a@b.example");
    assert_eq!(envelope.recipients, ["c@d.example"]);
}

#[test]
fn what_is_no_mail_has_no_sender() {
    let policy = Policy::builtin("default").unwrap();
    let mut letter = policy.letter();
    letter.read_as(&PartPath::root(), "zip");
    letter.read_as(&PartPath::root().join("a.eml"), "eml");
    let facts = letter.finish();
    assert_eq!(facts.envelope, None);
    assert!(facts.kinds.contains("eml") && facts.kinds.contains("zip"));
}
