//! From what a policy file says to a rule that can be judged by, or what is wrong with it.

use crate::mail::Address;
use crate::rule::{Found, Near, Recipients, Rule, When};
use crate::spec::{AnyOf, NearSpec, OneOrMany, RuleSpec, WhenSpec};
use dlpscan_core::model::{Level, Reason};

/// Lines between two findings that stand near each other, where the file does not say.
const NEAR_LINES: u64 = 5;

/// Whether a word can be an id: it stands in reports and in mail headers.
pub(crate) fn id(word: &str, what: &str, prose: bool) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if word.is_empty() || !word.chars().all(|c| plain(c) || prose && matches!(c, ' ' | ',' | ':')) {
        return Err(format!(
            "\"{}\" cannot be a {what}'s id; use letters, digits, dots and hyphens",
            word.escape_debug()
        ));
    }
    Ok(())
}

pub(crate) fn rule(spec: RuleSpec) -> Result<Rule, String> {
    let id = spec.id.into_inner();
    self::id(&id, "rule", false)?;
    let any = |any: AnyOf| {
        any.0.into_iter().map(|when| self::when(&id, when)).collect::<Result<Vec<_>, _>>()
    };
    let when = any(spec.when)?;
    if when.is_empty() {
        return Err(nothing(&id));
    }
    let unless = any(spec.unless)?;
    Ok(Rule {
        when,
        unless,
        why: spec.why,
        clauses: spec.clause.into_vec(),
        words: spec.words,
        then: spec.then,
        finding: spec.finding,
        samples: spec.samples,
        id,
    })
}

fn nothing(id: &str) -> String {
    format!(
        "rule \"{id}\" has nothing in \"when\", so it would fire on everything; say a level, \
         category, detector, count, incomplete or reasons"
    )
}

fn when(id: &str, spec: WhenSpec) -> Result<When, String> {
    if spec.count == Some(0) {
        return Err(format!("rule \"{id}\" has count = 0, which is always so; say 1 or more"));
    }
    if spec.recipients == Some(0) {
        return Err(format!("rule \"{id}\" has recipients = 0, which is always so; say 1 or more"));
    }
    let mut reasons = Vec::new();
    for word in spec.reasons.iter().flatten() {
        reasons.push(word.parse::<Reason>().map_err(|e| {
            let all: Vec<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
            format!("rule \"{id}\": {e}; the reasons are: {}", all.join(", "))
        })?);
    }
    let addresses = |words: OneOrMany| {
        let parse = |word: &String| Address::parse(word).map_err(|e| format!("rule \"{id}\": {e}"));
        words.into_vec().iter().map(parse).collect::<Result<Vec<_>, _>>()
    };
    let (of, not) = (addresses(spec.recipient)?, addresses(spec.recipient_not)?);
    let asked = spec.recipients.is_some() || !of.is_empty() || !not.is_empty();
    let recipients = asked.then(|| Recipients { of, not, least: spec.recipients.unwrap_or(1) });
    let categories = spec.category.into_vec();
    let detectors = spec.detector.into_vec();
    let values = spec.value.into_vec();
    let asks = spec.level.is_some()
        || spec.count.is_some()
        || spec.near.is_some()
        || !categories.is_empty()
        || !detectors.is_empty()
        || !values.is_empty()
        || !spec.place.is_empty();
    let near = spec.near.map(|near| self::near(id, near)).transpose()?;
    let found = asks.then(|| Found {
        level: spec.level.unwrap_or(Level::Low),
        categories,
        detectors,
        values,
        places: spec.place,
        near,
        count: spec.count.unwrap_or(1),
    });
    let when = When {
        found,
        incomplete: spec.incomplete,
        status: spec.status.unwrap_or_default(),
        reasons,
        kinds: spec.kind.into_vec(),
        directions: spec.direction.into_vec(),
        sender: addresses(spec.sender)?,
        recipients,
        present: spec.present.into_vec(),
        missing: spec.missing.into_vec(),
    };
    if when == When::default() { Err(nothing(id)) } else { Ok(when) }
}

fn near(id: &str, spec: NearSpec) -> Result<Near, String> {
    let near = Near {
        level: spec.level.unwrap_or(Level::Low),
        categories: spec.category.into_vec(),
        detectors: spec.detector.into_vec(),
        lines: spec.lines.unwrap_or(NEAR_LINES),
    };
    if near.categories.is_empty() && near.detectors.is_empty() {
        return Err(format!(
            "rule \"{id}\": \"near\" needs a category or a detector, else anything near would do"
        ));
    }
    Ok(near)
}
