//! What a scanner is made from, as it goes from Python to here or to a child: one JSON object.

use dlpscan::detector::DetectorFile;
use dlpscan::model::{Level, Limits, Outcome, Secret};
use dlpscan::policy::Policy;
use dlpscan::report::record::Record;
use dlpscan::{Key, OcrUse, load};
use serde::Deserialize;

/// A file by its name in messages and its text.
type File = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    level: String,
    reveal: bool,
    enable: Vec<String>,
    disable: Vec<String>,
    detectors: Vec<File>,
    policy: Option<File>,
    limits: Limits,
    /// A key file's bytes, each as a character.
    key: Option<String>,
    /// Whether what is written in pictures is read.
    ocr: String,
    /// Passwords to try on what is encrypted.
    passwords: Vec<String>,
}

impl Setup {
    /// Reads what Python wrote; what is wrong in it is the user's.
    pub(crate) fn parse(json: &str) -> Result<Setup, String> {
        serde_json::from_str(json).map_err(|error| {
            // Where in our own JSON it stands helps nobody.
            let words = error.to_string();
            words.split(" at line ").next().unwrap_or_default().to_owned()
        })
    }

    pub(crate) fn build(self, isolated: bool) -> Result<dlpscan::Scanner, String> {
        let level: Level = self.level.parse()?;
        let own = self.own_detectors()?;
        let switched = self.enable.iter().chain(&self.disable);
        load::check_switches(switched, &own).map_err(|wrong| wrong.to_string())?;
        let policy = match &self.policy {
            Some((file, text)) => Some(Policy::parse(file, text).map_err(|e| e.to_string())?),
            None => None,
        };
        if let Some(policy) = &policy {
            load::check_names(policy, &own).map_err(|wrong| wrong.to_string())?;
        }
        let key = match &self.key {
            Some(text) => {
                let bytes = bytes(text).and_then(|bytes| Key::digest(&bytes));
                Some(bytes.ok_or("a key has at least 16 bytes")?)
            }
            None => None,
        };
        let least = policy.iter().map(Policy::least).fold(level, Level::min);
        let ocr: OcrUse = self.ocr.parse().map_err(|wrong: String| format!("ocr {wrong}"))?;
        dlpscan::Scanner::builder()
            .ocr(ocr.recogniser())
            .passwords(self.passwords.iter().map(|p| Secret::new(p.as_bytes())).collect())
            .detector_files(own)
            .enable(self.enable)
            .disable(self.disable)
            .limits(self.limits)
            .least(least)
            .reveal(self.reveal)
            .key(key)
            .policy(policy)
            .isolated(isolated)
            .build()
            .map_err(|error| error.to_string())
    }

    /// The level from which findings are given.
    pub(crate) fn shown(&self) -> Level {
        self.level.parse().unwrap_or(Level::Low)
    }

    fn own_detectors(&self) -> Result<Vec<DetectorFile>, String> {
        let parse = |(name, text): &File| DetectorFile::parse(name, text);
        self.detectors.iter().map(parse).collect::<Result<_, _>>().map_err(|e| e.to_string())
    }
}

/// Bytes that came as characters, one each.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// An outcome as its records, one JSON object a line. Findings below `shown` were looked for only
/// because the policy asks about them.
pub(crate) fn lines(mut outcome: Outcome, shown: Level) -> String {
    let before = outcome.findings.len();
    outcome.findings.retain(|finding| finding.level >= shown);
    outcome.found -= (before - outcome.findings.len()) as u64;
    let mut out = Vec::new();
    for record in Record::of(&outcome) {
        // Writing to memory does not fail, and a record is always JSON.
        _ = record.write_line(&mut out);
    }
    String::from_utf8_lossy(&out).into_owned()
}
