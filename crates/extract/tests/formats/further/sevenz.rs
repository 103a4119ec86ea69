//! 7z archives.

use crate::support::{golden, read, read_part, sample, survives_damage};
use dlpscan_core::model::{Content, Limits, Part, Reason};

#[test]
fn the_samples_give_the_segments_beside_them() {
    let solid = golden("archive/solid.7z");
    assert!(solid.holds("08-99-99, account number 66374958") && solid.reasons().is_empty());
    assert_eq!(solid.place_of("4111"), "row 2 (Card number)");
    let methods = golden("archive/methods.7z");
    assert_eq!(methods.begins_in("card 4111 1111 1111 1111"), 7);
    assert!(methods.reasons().is_empty());
    let filter = golden("archive/filter.7z");
    assert!(filter.holds("Inside a program: card 4111 1111 1111 1111"));
}

#[test]
fn locked_files_are_named_and_a_locked_list_is_said_to_be_locked() {
    let got = golden("archive/locked.7z");
    assert_eq!(got.reasons(), [Reason::Encrypted]);
    assert_eq!(got.ledger.notes()[0].part.to_string(), "office/letter.txt");
    let got = golden("archive/locked_list.7z");
    assert_eq!(got.reasons(), [Reason::Encrypted]);
    assert!(!got.ledger.read_content());
}

#[test]
fn an_archive_without_its_end_still_gives_what_can_be_unpacked() {
    let whole = sample("archive/solid.7z");
    let got = read("cut.7z", &whole[..whole.len() - 40]);
    got.assert_balances();
    assert!(got.holds("account number 66374958"));
    assert!(got.reasons().contains(&Reason::Truncated));
    assert_eq!(read("box.7z.001", &whole[..100]).reasons()[0], Reason::Truncated);
}

#[test]
fn a_file_that_declares_a_directory_of_any_size_costs_nothing() {
    let mut bytes = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    let mut start = Vec::new();
    start.extend(0_u64.to_le_bytes());
    start.extend(u64::MAX.to_le_bytes());
    start.extend([0; 4]);
    let mut crc = flate2::Crc::new();
    crc.update(&start);
    bytes.extend(crc.sum().to_le_bytes());
    bytes.extend(start);
    let got = read("a.7z", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Truncated]);
}

#[test]
fn a_limit_on_bytes_stops_a_solid_archive_and_names_what_was_left() {
    let bytes = sample("archive/solid.7z");
    let limits = Limits { bytes: 60, ..Limits::default() };
    let got = read_part(Part::new("solid.7z", Content::Bytes(&bytes)), limits);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::LimitBytes]);
}

#[test]
fn no_damage_brings_it_down() {
    for name in ["solid.7z", "methods.7z", "filter.7z", "locked.7z", "locked_list.7z"] {
        survives_damage(&format!("archive/{name}"));
    }
}

#[test]
fn the_files_of_others_neither_crash_nor_hang() {
    super::survives_the_files_of_others(&[".7z", ".7z.001"]);
}

#[test]
fn a_version_that_there_is_not_is_said_where_the_directory_is_missing() {
    let mut bytes = sample("archive/solid.7z");
    bytes[6] = 48;
    assert_eq!(read("a.7z", &bytes).reasons(), []);
    let got = read("a.7z", &bytes[..bytes.len() - 40]);
    got.assert_balances();
    assert!(got.reasons().contains(&Reason::Unsupported));
}
