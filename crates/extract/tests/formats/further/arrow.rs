//! Arrow tables. The samples are made by `corpus/formats/make_arrow_avro.py`.

use crate::support::{golden, read, sample, survives_damage};
use dlpscan_core::model::Reason;

const ALL: &[&str] = &["plain.arrow", "zstd.arrows", "lz4.feather"];

#[test]
fn arrow_rows_stand_under_their_columns_however_they_are_packed() {
    for name in ALL {
        let got = golden(&format!("table/{name}"));
        assert_eq!(got.reasons(), [], "{name}");
        assert_eq!(got.place_of("4539578763621486"), "row 2 (Card number)", "{name}");
        assert_eq!(got.place_of("66374958"), "row 1 (Account)", "{name}");
        assert_eq!(got.place_of("20-00-00"), "row 3 (Sort code)", "{name}");
        assert_eq!(got.place_of("1985-05-06"), "row 1 (Born)", "{name}");
        assert_eq!(got.place_of("2024-02-29"), "row 1 (Seen)", "{name}");
        assert_eq!(got.place_of("-12.50"), "row 1 (Paid)", "{name}");
        assert_eq!(got.place_of("020 7946 0018; 0117 496 0123"), "row 1 (Phones)", "{name}");
        assert_eq!(got.place_of("LS2 8JS"), "row 3 (Address.Postcode)", "{name}");
        assert_eq!(got.place_of("1.5; 2.5"), "row 1 (Pair)", "{name}");
        assert!(got.holds("hidden words"), "{name}");
    }
}

#[test]
fn unions_views_and_runs_of_arrow_are_followed() {
    for name in &ALL[..2] {
        let got = golden(&format!("table/{name}"));
        assert_eq!(got.place_of("QQ 12 34 56 C"), "row 1 (Mixed)", "{name}");
        assert_eq!(got.place_of("a view of more than twelve bytes"), "row 2 (Short)", "{name}");
        assert_eq!(got.place_of("once"), "row 3 (Runs)", "{name}");
        assert_eq!(got.begins_in("same twice"), 2, "{name}");
    }
}

#[test]
fn an_arrow_table_that_is_cut_says_so_and_keeps_its_strings() {
    let whole = sample("table/plain.arrow");
    let cut = read("cut.arrow", &whole[..whole.len() / 2]);
    cut.assert_balances();
    assert_eq!(cut.reasons(), [Reason::Truncated]);
}

#[test]
fn no_damage_brings_arrow_down() {
    for name in ALL {
        survives_damage(&format!("table/{name}"));
    }
}

#[test]
fn the_arrow_tables_of_others_bring_nothing_down() {
    super::survives_the_files_of_others(&[".arrow_file", ".stream", ".arrow", ".feather"]);
}
