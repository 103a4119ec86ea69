//! Outlook's data files. Nothing free makes them, so that those of others are read, where they lie
//! beside the repository.

use crate::support::{read, shared, survives_damage_of};
use dlpscan_core::model::Reason;

#[test]
fn messages_are_found_in_their_folders_with_their_bodies() {
    let Some(path) = shared("corpora/real/tika/testPST_variousBodyTypes.pst") else { return };
    let got = read("mail.pst", &std::fs::read(path).expect("it is read"));
    got.assert_balances();
    let bodies: Vec<_> = got
        .segments
        .iter()
        .map(|s| s.path.to_string())
        .filter(|path| path.contains(".msg › body"))
        .collect();
    assert!(bodies.len() >= 4, "{bodies:?}");
    assert!(!got.reasons().contains(&Reason::Unsupported), "{:?}", got.reasons());
}

#[test]
fn a_cache_file_of_a_later_outlook_is_said_not_to_be_read() {
    let mut bytes = vec![0; 4096];
    bytes[..12].copy_from_slice(b"!BDN\0\0\0\0SM\x24\0");
    let got = read("mail.ost", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Unsupported]);
    bytes[10] = 23;
    let got = read("mail.pst", &bytes);
    got.assert_balances();
    assert!(!got.reasons().is_empty());
}

#[test]
fn no_damage_brings_it_down() {
    let Some(path) = shared("corpora/real/tika/testPST_variousBodyTypes.pst") else { return };
    let whole = std::fs::read(path).expect("it is read");
    survives_damage_of("mail.pst", &whole, 40);
}
