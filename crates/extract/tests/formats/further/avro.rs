//! Avro files. The samples are made by `corpus/formats/make_arrow_avro.py`.

use crate::support::{golden, read, sample, survives_damage};
use dlpscan_core::model::Reason;

const ALL: &[&str] = &["null", "deflate", "snappy", "zstandard", "bzip2", "xz"];

#[test]
fn avro_rows_stand_under_their_columns_however_they_are_packed() {
    for name in ALL {
        let got = golden(&format!("table/{name}.avro"));
        assert_eq!(got.reasons(), [], "{name}");
        assert_eq!(got.place_of("4539578763621486"), "row 2 (Card number)", "{name}");
        assert_eq!(got.place_of("66374958"), "row 1 (Account)", "{name}");
        assert_eq!(got.place_of("1985-05-06"), "row 1 (Born)", "{name}");
        assert_eq!(got.place_of("2024-02-29"), "row 1 (Seen)", "{name}");
        assert_eq!(got.place_of("-12.50"), "row 1 (Paid)", "{name}");
        assert_eq!(got.place_of("020 7946 0018; 0117 496 0123"), "row 1 (Phones)", "{name}");
        assert_eq!(got.place_of("1 High Street"), "row 1 (Address.Street)", "{name}");
        assert_eq!(got.place_of("Postcode: BS1 5TR"), "row 1 (Before)", "{name}");
        assert!(got.render().contains("[row 1 (Kind)] supplier"), "{name}");
        assert_eq!(
            got.place_of("Name: Alex O'Neill; Sort code: 20-00-00"),
            "row 1 (Partner)",
            "{name}"
        );
        assert!(got.holds("hidden words"), "{name}");
    }
}

#[test]
fn an_avro_block_that_is_broken_costs_its_rows_only() {
    let mut bytes = sample("table/null.avro");
    // The size of the second block: what stands behind the first block's mark and its count.
    let sync: Vec<u8> = (200..216).collect();
    let marks: Vec<usize> = memchr::memmem::find_iter(&bytes, &sync).collect();
    bytes[marks[1] + 17] ^= 0x7f;
    let got = read("broken.avro", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Damaged]);
    assert!(got.holds("Jo Bloggs") && got.holds("LS2 8JS"));
}

#[test]
fn an_avro_file_that_is_cut_says_so() {
    let whole = sample("table/deflate.avro");
    for len in [whole.len() - 1, whole.len() - 40, 20] {
        let got = read("cut.avro", &whole[..len]);
        got.assert_balances();
        assert_eq!(got.reasons(), [Reason::Truncated], "{len}");
    }
}

#[test]
fn an_avro_block_of_endless_nothing_is_stopped_by_a_limit() {
    let schema = br#"{"type": "array", "items": "null"}"#;
    let mut bytes = b"Obj\x01\x02\x16avro.schema".to_vec();
    bytes.push(2 * schema.len() as u8);
    bytes.extend_from_slice(schema);
    bytes.push(0);
    bytes.extend_from_slice(&[7; 16]);
    // One row of ten bytes: an array of as many nothings as there can be.
    bytes.extend_from_slice(&[2, 20]);
    bytes.extend_from_slice(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]);
    bytes.extend_from_slice(&[7; 16]);
    let start = std::time::Instant::now();
    let got = read("endless.avro", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::LimitCount]);
    assert!(start.elapsed().as_secs() < 10);
}

#[test]
fn no_damage_brings_avro_down() {
    for name in ALL {
        survives_damage(&format!("table/{name}.avro"));
    }
}

#[test]
fn the_avro_files_of_others_bring_nothing_down() {
    super::survives_the_files_of_others(&[".avro"]);
}
