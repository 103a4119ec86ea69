//! What is found of an item as a whole: to how many outsiders a mail shows each other, what came
//! with it, and which rules of the policy are findings.

use crate::worker::Core;
use dlpscan_core::detector::{Step, WholeSpec};
use dlpscan_core::model::{
    Evidence, EvidenceKind, Finding, Level, Location, Outcome, PartPath, Place, Secret,
};
use dlpscan_core::scan::DetectorInfo;
use dlpscan_policy::{Policy, outsiders};

/// What is said of personal data of this kind makes it worse who sees it.
const SPECIAL: &str = "special-category";

impl Core {
    /// Adds how many people outside see each other's addresses, where those are too many.
    pub(crate) fn add_recipients(&self, outcome: &mut Outcome) {
        let Some(envelope) = &outcome.facts.envelope else { return };
        // Without a policy that names the own domains, the sender's is taken for one's own.
        let named = self.policy.as_ref().map_or(&[][..], Policy::own_domains);
        let senders = { envelope.sender.rsplit_once('@') }.map(|(_, domain)| domain.to_lowercase());
        let own: Vec<String> = match named {
            [] => senders.into_iter().collect(),
            named => named.to_vec(),
        };
        let outside = outsiders(&outcome.facts.shown, &own);
        let special = |f: &Finding| &*f.category == SPECIAL && f.level >= Level::Low;
        let worse = outcome.findings.iter().any(special);
        for info in self.engine.detectors() {
            let Some(WholeSpec::Recipients { steps, consumers, mixed }) = info.whole.as_deref()
            else {
                continue;
            };
            let domain = |address: &&String| {
                let domain = address.rsplit_once('@').map(|(_, domain)| domain);
                domain.is_some_and(|domain| consumers.iter().any(|known| known == domain))
            };
            let private = outside.iter().filter(domain).count() as u64;
            let confidence = sure(steps, *mixed, outside.len() as u64, private, worse);
            let place = Place::Header { name: "To".to_owned() };
            let what = format!("{} addresses", outside.len());
            self.add(outcome, info, confidence, place, what, "recipients outside");
        }
    }

    /// Adds the findings that rules of the policy are, once it has judged.
    pub(crate) fn add_ruled(&self, outcome: &mut Outcome) {
        let (Some(policy), Some(verdict)) = (&self.policy, outcome.verdict.clone()) else { return };
        for (rule, detector) in policy.findings(&verdict) {
            let infos = self.engine.detectors();
            let Some(info) = infos.iter().find(|info| *info.id == *detector) else { continue };
            let what = format!("rule {}", rule.id);
            self.add(outcome, info, info.alone, Place::Whole, what, &rule.id);
        }
    }

    fn add(
        &self,
        outcome: &mut Outcome,
        info: &DetectorInfo,
        confidence: u8,
        place: Place,
        what: String,
        by: &str,
    ) {
        if confidence < self.wanted.least.floor() {
            return;
        }
        let finding =
            whole(info, confidence, PartPath::root(), place, what, by, self.wanted.reveal);
        // The item itself comes before its parts.
        outcome.findings.insert(0, finding);
        outcome.found += 1;
    }
}

/// A finding of something that is no value: `what` says it in words.
pub(crate) fn whole(
    info: &DetectorInfo,
    confidence: u8,
    part: PartPath,
    place: Place,
    what: String,
    by: &str,
    reveal: bool,
) -> Finding {
    Finding {
        detector: info.id.clone(),
        name: info.name.clone(),
        category: info.category.clone(),
        confidence,
        level: Level::of(confidence),
        secret: reveal.then(|| Secret::new(what.as_bytes())),
        masked: what,
        fingerprint: None,
        location: Location { part, place, span: 0..0, raw: None },
        evidence: vec![Evidence {
            kind: EvidenceKind::Pattern,
            by: by.into(),
            result: "found".into(),
            weight: i16::from(confidence),
        }],
    }
}

/// The confidence of the highest step that is reached, of the next one where it is `worse`; 0
/// where none is.
fn sure(steps: &[Step], mixed: Step, count: u64, private: u64, worse: bool) -> u8 {
    let reached = steps.iter().filter(|step| count >= step.count).count();
    let step = match (reached, worse) {
        (0, _) => None,
        (reached, true) => steps.get(reached).or(steps.last()),
        (reached, false) => steps.get(reached - 1),
    };
    let crowd = step.map_or(0, |step| step.confidence);
    let mixed = if private >= mixed.count { mixed.confidence } else { 0 };
    crowd.max(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_see_each_other_the_surer_and_illness_makes_it_worse() {
        let step = |count, confidence| Step { count, confidence };
        let steps = [step(10, 50), step(20, 75), step(50, 90)];
        let sure = |count, private, worse| sure(&steps, step(6, 50), count, private, worse);
        assert_eq!(sure(9, 0, true), 0);
        assert_eq!(sure(10, 0, false), 50);
        assert_eq!(sure(20, 0, false), 75);
        assert_eq!(sure(20, 0, true), 90);
        assert_eq!(sure(70, 0, true), 90);
        assert_eq!(sure(7, 6, false), 50);
    }
}
