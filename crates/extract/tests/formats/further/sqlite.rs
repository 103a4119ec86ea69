//! SQLite databases.

use crate::support::{golden, read, sample, survives_damage};
use dlpscan_core::model::Reason;

#[test]
fn rows_stand_under_the_names_of_their_columns() {
    let got = golden("table/payroll.sqlite");
    assert_eq!(got.place_of("66374958"), "row 1 (account_number)");
    assert_eq!(got.begins_in("66374958"), 40);
    assert_eq!(got.begins_in("Clerk Number 39"), 1);
    assert_eq!(got.place_of("Card number 4111"), "row 1 (body)");
    assert!(got.holds("Inside a value: card 4111"), "a document in a value is read");
    assert!(got.holds("j.bloggs@council.example"), "the statements are scanned");
    assert!(got.reasons().is_empty());
    let bytes = sample("table/payroll.sqlite");
    let raw = got.raw_of("Clerk Number 17").expect("it has a place in the file");
    assert_eq!(&bytes[raw.start as usize..raw.end as usize], b"Clerk Number 17");
}

#[test]
fn what_was_deleted_is_still_found() {
    let got = golden("table/deleted.sqlite");
    assert_eq!(got.place_of("kept: card"), "row 1 (note)");
    assert!(got.holds("erased: card 5555 5555 5555 4444"));
    assert!(got.holds("of the table that was dropped, line 30\t66374958"));
    assert!(got.reasons().is_empty());
}

#[test]
fn a_log_beside_a_database_is_read_without_it() {
    let got = golden("table/live.sqlite-wal");
    assert!(got.holds("Jo Bloggs\t4111 1111 1111 1111") && got.reasons().is_empty());
}

#[test]
fn pages_that_lead_to_each_other_are_named_and_left() {
    let mut bytes = sample("table/payroll.sqlite");
    // The root of the first table, on page 2, is an inner page: its last child becomes itself.
    assert_eq!(bytes[512], 5);
    bytes[520..524].copy_from_slice(&2_u32.to_be_bytes());
    let got = read("a.db", &bytes);
    got.assert_balances();
    assert!(got.reasons().contains(&Reason::Cycle));
    assert!(got.holds("Clerk Number 39"), "pages nobody leads to any more are read all the same");
}

#[test]
fn a_database_that_is_only_a_beginning_is_truncated() {
    let bytes = sample("table/payroll.sqlite");
    assert_eq!(read("a.db", &bytes[..16]).reasons(), [Reason::Truncated]);
    let got = read("a.db", &bytes[..1000]);
    got.assert_balances();
    assert!(got.reasons().contains(&Reason::Damaged));
}

#[test]
fn no_damage_brings_it_down() {
    for name in ["payroll.sqlite", "deleted.sqlite", "live.sqlite-wal"] {
        survives_damage(&format!("table/{name}"));
    }
}

#[test]
fn the_files_of_others_neither_crash_nor_hang() {
    super::survives_the_files_of_others(&[".db", ".sqlite", "-wal", "-journal"]);
}
