//! Runs the samples that a policy's rules carry through the scanner itself.

use crate::scanner::Scanner;
use dlpscan_core::model::{Handle, Item, ItemName, Origin, Outcome};
use dlpscan_policy::{Lack, Sample};
use dlpscan_source::volume;

/// What became of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The rule that carries it.
    pub rule: String,
    /// What it shows.
    pub why: String,
    /// Whether the rule was to fire.
    pub wanted: bool,
    /// What kept the rule from firing; `None` where it fired.
    pub lack: Option<Lack>,
}

impl Tried {
    /// Whether it came out as its author says.
    pub fn is_right(&self) -> bool {
        self.wanted == self.lack.is_none()
    }
}

impl Scanner {
    /// Runs every sample of the policy's rules, in their order.
    pub fn try_samples(&self) -> Vec<Tried> {
        let Some(policy) = self.policy() else { return Vec::new() };
        let mut tried = Vec::new();
        for rule in policy.rules() {
            for sample in &rule.samples {
                let outcome = self.of_sample(sample);
                let own = sample.own_domains.as_deref().unwrap_or(policy.own_domains());
                tried.push(Tried {
                    rule: rule.id.clone(),
                    why: sample.why.clone(),
                    wanted: sample.fires,
                    lack: rule.lacks(&outcome, own),
                });
            }
        }
        tried
    }

    fn of_sample(&self, sample: &Sample) -> Outcome {
        let default = if sample.mail.is_some() { "sample.eml" } else { "sample.txt" };
        let name = sample.name.as_deref().unwrap_or(default);
        let bytes = sample.plain().unwrap_or_default().into_bytes();
        let mut outcome = self.scan_item(Item {
            name: ItemName::from(name),
            origin: Origin::Memory,
            handle: Handle::Memory(bytes.into()),
            envelope: None,
        });
        outcome.found += sample.volume.len() as u64;
        outcome.findings.extend(sample.volume.iter().filter_map(|id| volume::found(id)));
        outcome
    }
}
