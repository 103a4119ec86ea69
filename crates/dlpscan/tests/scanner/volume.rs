//! A volume is an item like any other: the policy judges what is known of it.

use dlpscan::Scanner;
use dlpscan::model::{Origin, Status};
use dlpscan::policy::Policy;
use dlpscan::source::volume::{Encryption, KINDS, Method, Volume};
use std::path::PathBuf;

fn stick(encryption: Encryption, removable: Option<bool>) -> Volume {
    Volume {
        mount: PathBuf::from("/media/usb"),
        device: Some("/dev/sdb1".into()),
        encryption,
        file_system: "vfat".into(),
        removable,
        read_only: false,
        vendor: Some("Kingston".into()),
        product: None,
        serial: Some("E0D55EA573DCF450".into()),
        bytes: Some(30_750_951_424),
    }
}

#[test]
fn the_policies_stop_what_anybody_could_read_and_let_go_what_is_encrypted() {
    let unknown = || Encryption::Unknown("it may not be read".into());
    for (encryption, removable, default, council) in [
        (Encryption::None, Some(true), "quarantine", "block"),
        (Encryption::None, Some(false), "allow", "block"),
        (unknown(), Some(true), "quarantine", "notify"),
        (unknown(), None, "allow", "notify"),
        (Encryption::By(Method::Luks2), Some(true), "allow", "allow"),
    ] {
        let volume = stick(encryption, removable);
        for (name, action) in [("default", default), ("uk-council", council)] {
            let policy = Policy::builtin(name).expect("it comes with dlpscan");
            let scanner = Scanner::builder().policy(Some(policy)).build().unwrap();
            let outcome = scanner.scan_item(volume.item());
            assert_eq!((outcome.origin, outcome.status()), (Origin::Volume, Status::Complete));
            let verdict = outcome.verdict.expect("there is a policy");
            let stopped = ["quarantine", "block"].contains(&action);
            let stops = ["quarantine", "block"].contains(&verdict.action.as_str());
            assert_eq!(stops, stopped, "{name}: {volume:?}: {verdict:?}");
            if name == "default" || action == "allow" {
                assert!(["allow", "notify", action].contains(&verdict.action.as_str()));
            }
        }
    }
}

#[test]
fn policies_may_name_every_finding_there_is_about_a_volume() {
    let mut told: Vec<&str> = KINDS.iter().map(|kind| kind.id.as_str()).collect();
    let mut known = dlpscan::policy::VOLUME.to_vec();
    told.sort_unstable();
    known.sort_unstable();
    assert_eq!(told, known);
}
