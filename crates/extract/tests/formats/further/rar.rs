//! RAR archives. The samples were made with the writer of the `rars` crate.

use crate::support::{golden, read, sample, survives_damage};
use dlpscan_core::model::Reason;

#[test]
fn archives_of_every_age_are_unpacked() {
    for name in ["five", "five_solid", "four", "three_solid", "two", "thirteen"] {
        let got = golden(&format!("archive/{name}.rar"));
        assert!(got.holds("08-99-99, account number 66374958"), "{name}");
        assert_eq!(got.place_of("4111 1111 1111 1111"), "row 2 (Card number)", "{name}");
        assert!(got.reasons().is_empty(), "{name}");
    }
    assert!(golden("archive/five.rar").holds("Packed by j.bloggs@council.example"));
}

#[test]
fn locked_files_are_named_and_a_locked_list_is_said_to_be_locked() {
    for name in ["locked.rar", "locked_four.rar"] {
        let got = golden(&format!("archive/{name}"));
        assert_eq!(got.reasons(), [Reason::Encrypted]);
        assert_eq!(got.ledger.notes()[0].part.to_string(), "office/letter.txt");
    }
    let got = golden("archive/locked_list.rar");
    assert_eq!(got.reasons(), [Reason::Encrypted]);
    assert!(!got.ledger.read_content());
}

#[test]
fn a_volume_gives_its_whole_files_and_says_that_others_are_pieces() {
    let first = golden("archive/volume.part1.rar");
    assert_eq!(first.reasons(), [Reason::Fragment]);
    assert!(first.holds("account number 66374958"));
    assert_eq!(golden("archive/volume.part2.rar").reasons(), [Reason::Fragment]);
}

#[test]
fn an_archive_without_its_end_is_not_called_whole() {
    let whole = sample("archive/five.rar");
    for len in [8, 30, 100, 200, whole.len() - 60, whole.len() - 30, whole.len() - 1] {
        let got = read("cut.rar", &whole[..len]);
        got.assert_balances();
        assert!(!got.reasons().is_empty(), "{len}");
    }
    for (name, cut) in [("five", 9), ("five", 60), ("four", 20), ("three_solid", 30)] {
        let whole = sample(&format!("archive/{name}.rar"));
        let got = read("cut.rar", &whole[..whole.len() - cut]);
        got.assert_balances();
        assert!(got.holds("account number 66374958"), "{name}: the first file is whole");
        assert!(got.reasons().contains(&Reason::Truncated), "{name}");
    }
}

#[test]
fn no_damage_brings_it_down() {
    for name in ["five", "five_solid", "four", "three_solid", "two", "thirteen", "locked_list"] {
        survives_damage(&format!("archive/{name}.rar"));
    }
}

#[test]
fn the_files_of_others_neither_crash_nor_hang() {
    super::survives_the_files_of_others(&[".rar"]);
}
