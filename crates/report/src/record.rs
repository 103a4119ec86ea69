//! The wire shape: one JSON object a line, the same for the command, the mail filter's log and
//! Python. Version 1; a change that is not an addition makes it 2.

use crate::base64;
use crate::safe::acts;
use crate::summary::Summary;
use dlpscan_core::model::{
    Evidence, Finding, ItemName, Ledger, Level, Origin, Outcome, PartPath, Place, Reason, Status,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

/// The version of the wire shape, in every record.
pub const SCHEMA_VERSION: u32 = 1;

/// Entries written for one reason of one item. More than that are counted, not listed.
pub const MOST_REASONS: usize = 100;

/// One line of output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record<'a> {
    /// Something found.
    Finding(FindingRecord<'a>),
    /// An item, after its findings.
    Item(ItemRecord<'a>),
    /// The run, last.
    Summary(SummaryRecord<'a>),
}

/// Something found in an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingRecord<'a> {
    /// [`SCHEMA_VERSION`].
    pub schema: u32,
    /// The item's name; bytes that are not UTF-8 are escaped in it.
    pub item: Cow<'a, str>,
    /// The name's bytes in base64, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item_bytes: Option<String>,
    /// The names from the item to the part; empty for the item itself.
    pub part: PartPath,
    /// The detector's id.
    pub detector: Cow<'a, str>,
    /// The detector's name for people.
    pub name: Cow<'a, str>,
    /// The detector's category.
    pub category: Cow<'a, str>,
    /// 0–100.
    pub confidence: u8,
    /// The level of that confidence.
    pub level: Level,
    /// The value with all but a few characters hidden.
    pub masked: Cow<'a, str>,
    /// The value itself; only with `--reveal`. Bytes that are not UTF-8 are replaced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<Cow<'a, str>>,
    /// Keyed hash of detector and value, where a key is set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<Cow<'a, str>>,
    /// Where in the part.
    pub place: Cow<'a, Place>,
    /// Half-open byte range in the text of its segment.
    pub span: Range<usize>,
    /// Half-open byte range in the part's raw bytes; null where it is not known.
    pub raw: Option<Range<u64>>,
    /// What raised and lowered the confidence.
    pub evidence: Cow<'a, [Evidence]>,
}

/// An item, after its findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRecord<'a> {
    /// [`SCHEMA_VERSION`].
    pub schema: u32,
    /// The item's name.
    pub item: Cow<'a, str>,
    /// The name's bytes in base64, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item_bytes: Option<String>,
    /// Where it came from.
    pub origin: Origin,
    /// Its size in bytes, as far as it is known.
    pub bytes: u64,
    /// How much of it was scanned.
    pub status: Status,
    /// Why some of it was not.
    pub reasons: Vec<ReasonRecord<'a>>,
    /// Parts that were encrypted and were opened with one of the passwords given; absent when there
    /// are none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub opened: Vec<PartPath>,
    /// How many findings there were, listed or not.
    pub findings: u64,
    /// What the policy decided; absent where no policy is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Cow<'a, str>>,
    /// The rules behind it; absent where no policy is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rules: Option<Cow<'a, [String]>>,
    /// What the policy says to the person; absent where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<Cow<'a, [String]>>,
    /// Findings an allow-list or a baseline knows, by entry; absent when there are none. They are
    /// not among the findings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub set_aside: BTreeMap<String, u64>,
}

/// Why some bytes of an item were not scanned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReasonRecord<'a> {
    /// From the closed list.
    pub reason: Reason,
    /// The part it happened in.
    pub part: PartPath,
    /// How many bytes of that part it concerns; null where it is not known.
    pub bytes: Option<u64>,
    /// What exactly, in plain words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<Cow<'a, str>>,
    /// How often this reason occurred in the item; only on its first entry, and only where that
    /// is more than the entries listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
}

/// The run, after its items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryRecord<'a> {
    /// [`SCHEMA_VERSION`].
    pub schema: u32,
    /// Items seen.
    pub items: u64,
    /// Items scanned in full.
    pub complete: u64,
    /// Items scanned in part.
    pub partial: u64,
    /// Items of which nothing but names and metadata could be read.
    pub unscannable: u64,
    /// Volumes among the items; absent when there are none.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub volumes: u64,
    /// Named paths that could not be found; absent when there are none.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub missing: u64,
    /// What a hostile document could still do to the process that read it, in plain words; absent
    /// when readers were shut in fully.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unconfined: Option<Cow<'a, str>>,
    /// Findings, listed or not.
    pub findings: u64,
    /// Bytes of all items, as far as they are known.
    pub bytes: u64,
    /// Listed findings by level.
    pub levels: BTreeMap<Level, u64>,
    /// Listed findings by detector.
    pub detectors: BTreeMap<Cow<'a, str>, u64>,
    /// Items by reason.
    pub reasons: BTreeMap<Reason, u64>,
    /// Items by what the policy decided; empty where no policy is in use.
    pub verdicts: BTreeMap<Cow<'a, str>, u64>,
    /// The version of dlpscan.
    pub version: Cow<'a, str>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl<'a> Record<'a> {
    /// The records of an outcome: its findings, then the item.
    pub fn of(outcome: &'a Outcome) -> impl Iterator<Item = Record<'a>> {
        outcome
            .findings
            .iter()
            .map(|finding| Record::Finding(FindingRecord::new(&outcome.item, finding)))
            .chain(std::iter::once_with(|| Record::Item(ItemRecord::new(outcome))))
    }

    /// Writes the record as one line of JSON. Characters that could act on a terminal or a log
    /// are written as `\u` escapes, so that the line is harmless and still the same data.
    pub fn write_line(&self, out: &mut dyn Write) -> io::Result<()> {
        // One write a line: a report cut off by a full disk ends between lines where it can.
        let mut line = Vec::with_capacity(512);
        let mut serializer = serde_json::Serializer::with_formatter(&mut line, Harmless);
        self.serialize(&mut serializer)?;
        line.push(b'\n');
        out.write_all(&line)
    }
}

impl<'a> FindingRecord<'a> {
    /// The record of a finding of an item.
    pub fn new(item: &'a ItemName, finding: &'a Finding) -> Self {
        FindingRecord {
            schema: SCHEMA_VERSION,
            item: Cow::Borrowed(item.as_str()),
            item_bytes: item.raw().map(base64::encode),
            part: finding.location.part.clone(),
            detector: Cow::Borrowed(&finding.detector),
            name: Cow::Borrowed(&finding.name),
            category: Cow::Borrowed(&finding.category),
            confidence: finding.confidence,
            level: finding.level,
            masked: Cow::Borrowed(&finding.masked),
            secret: finding.secret.as_ref().map(|s| String::from_utf8_lossy(s.reveal())),
            fingerprint: finding.fingerprint.as_deref().map(Cow::Borrowed),
            place: Cow::Borrowed(&finding.location.place),
            span: finding.location.span.clone(),
            raw: finding.location.raw.clone(),
            evidence: Cow::Borrowed(&finding.evidence),
        }
    }
}

impl<'a> ItemRecord<'a> {
    /// The record of an outcome's item.
    pub fn new(outcome: &'a Outcome) -> Self {
        let verdict = outcome.verdict.as_ref();
        ItemRecord {
            schema: SCHEMA_VERSION,
            item: Cow::Borrowed(outcome.item.as_str()),
            item_bytes: outcome.item.raw().map(base64::encode),
            origin: outcome.origin,
            bytes: outcome.bytes,
            status: outcome.status(),
            reasons: reasons(&outcome.ledger),
            opened: outcome.ledger.opened_parts().to_vec(),
            findings: outcome.found,
            verdict: verdict.map(|v| Cow::Borrowed(v.action.as_str())),
            rules: verdict.map(|v| Cow::Borrowed(v.rules.as_slice())),
            words: verdict.filter(|v| !v.words.is_empty()).map(|v| Cow::Borrowed(&*v.words)),
            set_aside: outcome.facts.set_aside.clone(),
        }
    }
}

fn reasons(ledger: &Ledger) -> Vec<ReasonRecord<'_>> {
    let mut listed: BTreeMap<Reason, (usize, u64)> = BTreeMap::new();
    let mut records: Vec<ReasonRecord<'_>> = Vec::new();
    for note in ledger.notes() {
        let (_, count) = listed.entry(note.reason).or_insert((records.len(), 0));
        if *count == MOST_REASONS as u64 {
            continue;
        }
        *count += 1;
        records.push(ReasonRecord {
            reason: note.reason,
            part: note.part.clone(),
            bytes: note.bytes,
            detail: note.detail.as_deref().map(Cow::Borrowed),
            count: None,
        });
    }
    for (&reason, &count) in ledger.counts() {
        match listed.get(&reason) {
            Some(&(first, listed)) if count > listed => records[first].count = Some(count),
            Some(_) => {}
            // Counted, but its notes were not kept: it must still be seen.
            None => records.push(ReasonRecord {
                reason,
                part: PartPath::root(),
                bytes: None,
                detail: None,
                count: Some(count),
            }),
        }
    }
    records
}

impl<'a> SummaryRecord<'a> {
    /// The record of a run.
    pub fn new(summary: &'a Summary) -> Self {
        SummaryRecord {
            schema: SCHEMA_VERSION,
            items: summary.items() + summary.volumes,
            complete: summary.complete + summary.volumes,
            partial: summary.partial,
            unscannable: summary.unscannable,
            volumes: summary.volumes,
            missing: summary.missing,
            unconfined: summary.unconfined.as_deref().map(Cow::Borrowed),
            findings: summary.findings,
            bytes: summary.bytes,
            levels: summary.levels.clone(),
            detectors: summary
                .detectors
                .iter()
                .map(|(id, tally)| (Cow::Borrowed(&**id), tally.count))
                .collect(),
            reasons: summary.reasons.clone(),
            verdicts: summary
                .verdicts
                .iter()
                .map(|(action, &n)| (Cow::Borrowed(action.as_str()), n))
                .collect(),
            version: Cow::Borrowed(&summary.version),
        }
    }
}

/// Compact JSON in which every character that could act is escaped. JSON itself asks for that
/// only below U+0020.
struct Harmless;

impl serde_json::ser::Formatter for Harmless {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(acts) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let c = rest[at..].chars().next().unwrap_or_default();
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}
