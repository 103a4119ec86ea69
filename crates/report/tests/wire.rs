//! The wire shape is what the schema says it is, and comes back as it went out.

#[allow(dead_code, reason = "each test binary uses its own part of the samples")]
mod sample;

use dlpscan_core::model::{Level, Note, Outcome, Place, Reason, Secret};
use dlpscan_report::record::{MOST_REASONS, Record, SummaryRecord};
use dlpscan_report::{Look, SCHEMA, Summary, reporter};
use serde_json::Value;

fn jsonl(outcomes: &[Outcome]) -> String {
    let mut summary = Summary::new("0.1.0", Level::Info);
    let mut out = Vec::new();
    let mut report = reporter("jsonl", Look::default()).unwrap();
    report.begin(&mut out).unwrap();
    for outcome in outcomes {
        let mut outcome = outcome.clone();
        summary.take(&mut outcome);
        report.outcome(&outcome, &mut out).unwrap();
    }
    report.end(&summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The part of JSON Schema that our schema uses. An unknown keyword fails, so that the schema
/// cannot say something this test does not check.
fn valid(schema: &Value, value: &Value, root: &Value) -> Result<(), String> {
    let fail = |what: &str| Err(format!("{what}: {value} against {schema}"));
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let name = rule.as_str().unwrap().trim_start_matches("#/$defs/");
                valid(&root["$defs"][name], value, root)?;
            }
            "const" if value != rule => return fail("const"),
            "enum" if !rule.as_array().unwrap().contains(value) => return fail("enum"),
            "oneOf" => {
                let fits = |s: &&Value| valid(s, value, root).is_ok();
                if rule.as_array().unwrap().iter().filter(fits).count() != 1 {
                    return fail("oneOf");
                }
            }
            "type" => {
                let names = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                let is = |name: &Value| match name.as_str().unwrap() {
                    "integer" => value.is_i64() || value.is_u64(),
                    "string" => value.is_string(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    "null" => value.is_null(),
                    other => panic!("unknown type {other}"),
                };
                if !names.iter().any(is) {
                    return fail("type");
                }
            }
            "minimum" if value.as_i64() < rule.as_i64() => return fail("minimum"),
            "maximum" if value.as_i64() > rule.as_i64() => return fail("maximum"),
            "required" => {
                let missing = |key: &Value| value.get(key.as_str().unwrap()).is_none();
                if rule.as_array().unwrap().iter().any(missing) {
                    return fail("required");
                }
            }
            "items" => {
                value.as_array().into_iter().flatten().try_for_each(|v| valid(rule, v, root))?
            }
            "properties" => {}
            "additionalProperties" => {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    match (schema.get("properties").and_then(|p| p.get(key)), rule) {
                        (Some(known), _) => valid(known, inner, root)?,
                        (None, Value::Bool(false)) => return fail(&format!("unknown key {key}")),
                        (None, rule) => valid(rule, inner, root)?,
                    }
                }
            }
            "const" | "enum" | "minimum" | "maximum" => {}
            other => panic!("the schema uses {other}, which this test does not check"),
        }
    }
    Ok(())
}

fn revealed() -> Outcome {
    let mut outcome = sample::mailbox();
    outcome.findings[0].secret = Some(Secret::new("clerk@mail.example"));
    outcome
}

#[test]
fn every_record_fits_the_shipped_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let outcomes =
        [sample::mailbox(), sample::hostile(), revealed(), sample::outcome("ok", vec![], vec![])];
    for line in jsonl(&outcomes).lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        valid(&schema, &record, &schema).unwrap();
    }
}

#[test]
fn every_reason_and_place_of_the_model_is_in_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names: Vec<_> = Reason::ALL.iter().map(|r| Value::from(r.as_str())).collect();
    assert_eq!(schema["$defs"]["reason"]["enum"], Value::Array(names));
    for place in [
        Place::Line { line: 1, column: 2 },
        Place::Page { page: 1 },
        Place::Cell { sheet: "a".into(), cell: "A1".into(), column: None },
        Place::Row { row: 1, column: Some("b".into()) },
        Place::Slide { slide: 1 },
        Place::Paragraph { paragraph: 1 },
        Place::Header { name: "To".into() },
        Place::Key { path: "a.b".into() },
        Place::Property { name: "Title".into() },
        Place::Name,
        Place::Offset { offset: 0 },
        Place::Whole,
    ] {
        valid(&schema["$defs"]["place"], &serde_json::to_value(place).unwrap(), &schema).unwrap();
    }
}

#[test]
fn records_come_back_as_they_went_out() {
    for outcome in [sample::mailbox(), sample::hostile(), revealed()] {
        let text = jsonl(std::slice::from_ref(&outcome));
        let back: Vec<Record<'static>> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut summary = Summary::new("0.1.0", Level::Info);
        summary.take(&mut outcome.clone());
        let sent: Vec<_> =
            Record::of(&outcome).chain([Record::Summary(SummaryRecord::new(&summary))]).collect();
        assert_eq!(back, sent);
    }
}

#[test]
fn a_finding_reads_as_the_contract_shows_it() {
    let text = jsonl(&[sample::mailbox()]);
    let line = text.lines().nth(1).unwrap();
    assert_eq!(
        line,
        r#"{"type":"finding","schema":1,"item":"docs/box.mbox","part":["17","offer.zip","prices.xlsx"],"detector":"gb-sort-code-account","name":"UK sort code and account number","category":"bank","confidence":92,"level":"high","masked":"**-**-** *****678","fingerprint":"3f2a","place":{"kind":"cell","sheet":"Suppliers","cell":"D14","column":"Account number"},"span":{"start":120,"end":137},"raw":{"start":4,"end":9},"evidence":[{"kind":"check","by":"gb-modulus","result":"valid","weight":30}]}"#
    );
    assert_eq!(
        text.lines().nth(2).unwrap(),
        r#"{"type":"item","schema":1,"item":"docs/box.mbox","origin":"file","bytes":81234,"status":"partial","reasons":[{"reason":"encrypted","part":["17","locked.zip"],"bytes":2311}],"findings":2,"verdict":"block","rules":["knowsley.bank-details"],"words":["The council's bank details may not leave."]}"#
    );
}

#[test]
fn a_secret_is_written_only_where_there_is_one() {
    assert!(!jsonl(&[sample::mailbox()]).contains("secret"));
    assert!(jsonl(&[revealed()]).contains(r#""secret":"clerk@mail.example""#));
}

#[test]
fn nothing_in_a_line_can_act_on_a_terminal_and_the_data_is_the_same() {
    let text = jsonl(&[sample::hostile()]);
    let acts = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{2028}' | '\u{202E}' | '\u{FEFF}' | '\u{E0041}')
    };
    assert!(!text.contains(acts), "{text}");
    let record: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(record["part"][0], "\u{202E}fdp.exe");
    assert_eq!(record["item_bytes"], "ZXZpbBtbMzFtDQrpLnR4dA==");
}

#[test]
fn a_flood_of_one_reason_is_cut_and_its_count_is_kept() {
    let flood = (0..5_000)
        .map(|i| Note::new(Reason::Damaged, sample::part(&[&i.to_string()])))
        .chain([Note::new(Reason::Encrypted, sample::part(&["last"]))])
        .collect();
    let text = jsonl(&[sample::outcome("flood.zip", vec![], flood)]);
    let item: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let reasons = item["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), MOST_REASONS + 1);
    assert_eq!(reasons[0]["count"], 5_000);
    assert_eq!(reasons[1].get("count"), None);
    assert_eq!(reasons[MOST_REASONS]["reason"], "encrypted");
}
