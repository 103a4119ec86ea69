//! The floor: data of no known format.

mod support;

use dlpscan_core::model::Reason;
use support::read;

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
