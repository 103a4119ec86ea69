//! Parquet tables. The samples are made by `corpus/formats/make_parquet.py`.

use crate::support::{golden, read, sample, survives_damage};
use dlpscan_core::model::Reason;

const ALL: &[&str] = &["snappy", "zstd_pages", "brotli", "lz4", "gzip_groups", "delta"];

#[test]
fn rows_are_put_together_from_their_columns_however_they_are_packed() {
    for name in ALL {
        let got = golden(&format!("table/{name}.parquet"));
        assert_eq!(got.reasons(), [], "{name}");
        assert_eq!(got.place_of("4539578763621486"), "row 2 (Card number)", "{name}");
        assert_eq!(got.place_of("66374958"), "row 1 (Account)", "{name}");
    }
}

#[test]
fn dates_amounts_lists_and_structures_are_written_as_people_write_them() {
    for name in &ALL[..5] {
        let got = golden(&format!("table/{name}.parquet"));
        assert_eq!(got.place_of("1985-05-06"), "row 1 (Born)", "{name}");
        assert_eq!(got.place_of("2024-02-29"), "row 1 (Seen)", "{name}");
        assert_eq!(got.place_of("-12.50"), "row 1 (Paid)", "{name}");
        assert_eq!(got.place_of("020 7946 0018; 0117 496 0123"), "row 1 (Phones)", "{name}");
        assert_eq!(got.place_of("LS2 8JS"), "row 3 (Address.Postcode)", "{name}");
        assert!(got.holds("hidden words"), "{name}");
    }
}

#[test]
fn a_file_without_its_end_or_with_a_locked_one_is_named() {
    let whole = sample("table/snappy.parquet");
    let cut = read("cut.parquet", &whole[..whole.len() - 9]);
    cut.assert_balances();
    assert_eq!(cut.reasons(), [Reason::Truncated]);
    let mut locked = whole.clone();
    let end = locked.len() - 1;
    locked[end] = b'E';
    let got = read("locked.parquet", &locked);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Encrypted]);
}

#[test]
fn no_damage_brings_it_down() {
    for name in ALL {
        survives_damage(&format!("table/{name}.parquet"));
    }
}
