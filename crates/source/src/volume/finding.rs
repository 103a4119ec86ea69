use super::{Encryption, Volume};
use dlpscan_core::model::{Evidence, EvidenceKind, Finding, Level, Location, PartPath, Place};
use serde::Deserialize;
use std::sync::LazyLock;

/// Something that can be found about a volume, as `data/volume.toml` says it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its id, as policies name it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it means, for people.
    pub words: String,
    /// How much it speaks against letting the volume go, 0–100.
    pub confidence: u8,
}

#[derive(Deserialize)]
struct Kinds {
    kind: Vec<Kind>,
}

/// Every kind of finding about a volume. Their category is `volume`.
pub static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let text = include_str!("../../data/volume.toml");
    toml::from_str::<Kinds>(text).expect("data/volume.toml is read by a test").kind
});

/// A finding of this id as it is made of a volume of which nothing more is known; `None` where
/// [`KINDS`] has none.
pub fn found(id: &str) -> Option<Finding> {
    KINDS.iter().find(|kind| kind.id == id).map(|kind| finding(kind, ""))
}

/// What is known of a volume, as findings: the gravest first.
pub fn findings(volume: &Volume) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut find = |id: &str, said: &str| {
        let kind = KINDS.iter().find(|kind| kind.id == id).expect("every id is in the data file");
        all.push(finding(kind, said));
    };
    let may_leave = volume.removable == Some(true);
    match &volume.encryption {
        Encryption::By(method) => find("volume-encrypted", method.name()),
        Encryption::None => {
            if may_leave {
                find("volume-removable-unencrypted", "");
            }
            find("volume-unencrypted", "");
        }
        Encryption::Unknown(why) => {
            if may_leave {
                find("volume-removable-encryption-unknown", "");
            }
            find("volume-encryption-unknown", why);
        }
    }
    match volume.removable {
        Some(true) => find("volume-removable", ""),
        Some(false) => find("volume-fixed", ""),
        None => find("volume-removable-unknown", ""),
    }
    if volume.read_only {
        find("volume-read-only", "");
    }
    if !volume.file_system.is_empty() {
        find("volume-file-system", &volume.file_system);
    }
    let serial = volume.serial.as_ref().map(|serial| format!("serial {serial}"));
    let size = volume.bytes.map(|bytes| format!("{:.1} GB", bytes as f64 / 1e9));
    let known = [&volume.device, &volume.vendor, &volume.product, &serial, &size];
    let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
    if !known.is_empty() {
        find("volume-device", &known.join(", "));
    }
    all
}

/// The fact stands where a finding's value stands: it is nobody's secret.
fn finding(kind: &Kind, said: &str) -> Finding {
    Finding {
        detector: kind.id.as_str().into(),
        name: kind.name.as_str().into(),
        category: "volume".into(),
        confidence: kind.confidence,
        level: Level::of(kind.confidence),
        masked: if said.is_empty() { kind.words.clone() } else { said.to_owned() },
        secret: None,
        fingerprint: None,
        location: Location { part: PartPath::root(), place: Place::Whole, span: 0..0, raw: None },
        evidence: vec![Evidence {
            kind: EvidenceKind::Check,
            by: "the operating system".into(),
            result: "found".into(),
            weight: i16::from(kind.confidence),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_read_and_every_id_in_it_is_once() {
        let mut ids: Vec<&str> = KINDS.iter().map(|kind| kind.id.as_str()).collect();
        assert!(ids.iter().all(|id| id.starts_with("volume-")));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), KINDS.len());
    }

    #[test]
    fn unknown_is_never_taken_for_encrypted() {
        let mut volume = Volume::untold("/mnt", "its header could not be read");
        for removable in [None, Some(true), Some(false)] {
            volume.removable = removable;
            let ids: Vec<String> =
                findings(&volume).iter().map(|f| f.detector.to_string()).collect();
            assert!(ids.iter().any(|id| id == "volume-encryption-unknown"), "{ids:?}");
            assert!(ids.iter().all(|id| id != "volume-encrypted"), "{ids:?}");
        }
    }
}
