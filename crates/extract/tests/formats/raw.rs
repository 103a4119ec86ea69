//! The floor: data of no known format.

use crate::support::read;
use dlpscan_core::model::Reason;

#[test]
fn data_of_no_known_format_is_noted_and_its_strings_are_scanned() {
    let mut bytes = vec![1, 2, 3, 255, 254, 0, 7];
    bytes.extend_from_slice(b"account 12345678");
    bytes.extend([0, 1, 2, 200, 201]);
    let got = read("thing.bin", &bytes);
    got.assert_balances();
    assert!(got.holds("account 12345678"));
    assert_eq!(got.reasons(), [Reason::Unsupported]);
}

#[test]
fn text_that_begins_like_the_name_of_a_format_is_text() {
    for begins in [
        "AC10 2 Mill Lane",
        "l -lh /home",
        "LRZI",
        "xar!",
        "regfile",
        "\n\r\r\n",
        "KDMV",
        "OggS",
        "fLaC",
        "hsqs",
        "PAR1",
        "FEA1",
        "MSCF",
        "wOFF",
        "ID3",
        "XFSB",
        "!BDN",
        "BZh9",
        "GIF89a",
        "vhdxfile",
        "the DICM and",
    ] {
        let got = read("note", format!("{begins} and account 12345678\n").as_bytes());
        assert_eq!(got.reasons(), [], "{begins}");
        assert!(got.holds("account 12345678"));
    }
}

#[test]
fn a_database_that_looks_random_is_encrypted() {
    let mut bytes = b"\0\x01\0\0Standard ACE DB\0".to_vec();
    bytes.extend(b"account 12345678\0\0".repeat(1_000));
    let got = read("a.accdb", &bytes);
    assert!(got.holds("account 12345678"));
    assert_eq!(got.reasons(), [Reason::Unsupported]);
    let mut state = 1_u64;
    bytes.truncate(20);
    bytes.extend((0..20_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    }));
    assert_eq!(read("a.accdb", &bytes).reasons(), [Reason::Encrypted]);
}
