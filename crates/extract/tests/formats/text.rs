//! Text as it is, in any charset, of any size.

use crate::support::{golden, read, read_part, read_stream};
use dlpscan_core::model::{Content, Limits, Part, Reason};

const CARD: &str = "4111 1111 1111 1111";

#[test]
fn the_samples_give_the_segments_beside_them() {
    let western = golden("text/western.txt");
    assert_eq!(western.place_of("4111"), "line 3, column 14");
    assert_eq!(western.raw_of("4111\u{a0}1111"), Some(67..76));
    let wide = golden("text/wide.txt");
    assert_eq!(wide.place_of("66374958"), "line 3, column 17");
    assert_eq!(wide.raw_of("08-99-99"), Some(62..78));
    let log = golden("text/service.log");
    assert_eq!(log.place_of("a.clerk@council.example"), "line 3, column 31");
    assert!(log.reasons().is_empty());
    let device = golden("text/device.bin");
    assert!(device.holds("owner=Jo Bloggs") && device.holds("pin card 4111111111111111"));
    assert_eq!(device.reasons(), [Reason::Unsupported]);
}

#[test]
fn what_stands_encoded_in_a_text_is_read_where_it_stands() {
    let encoded = golden("text/encoded.txt");
    assert!(encoded.reasons().is_empty());
    let packed = encoded.segments.iter().find(|s| s.text.starts_with(b"Dear Jo"));
    assert!(packed.is_some_and(|s| s.path.to_string().starts_with("base64 at line 3")));
    assert_eq!(encoded.place_of("Write-Host 4012"), "line 4, column 24");
    let shown = encoded.segments.iter().find(|s| s.path.to_string() == "decoded text").unwrap();
    let shown = String::from_utf8_lossy(&shown.text).into_owned();
    assert_eq!(shown.matches("4012 8888 8888 1881").count(), 9, "{shown}");
}

#[test]
fn a_run_of_base64_longer_than_a_window_is_read_in_each() {
    let line = "words of a letter that goes on and on, ";
    let text = line.repeat(40_000) + "4012 8888 8888 1881 ends it";
    let digits: String = base64(text.as_bytes());
    let got = read("long.txt", format!("x {digits}").as_bytes());
    got.assert_balances();
    assert!(got.holds("4012 8888 8888 1881 ends it"));
}

/// A plain encoder, for tests.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let of = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        (0..=three.len())
            .map(|i| char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]))
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[test]
fn a_value_at_a_window_boundary_begins_in_exactly_one_body() {
    for at in (0..40).map(|i| (1 << 20) - 30 + i) {
        let mut bytes = vec![b'x'; (1 << 20) + 20_000];
        bytes[at..at + CARD.len()].copy_from_slice(CARD.as_bytes());
        let got = read("long.txt", &bytes);
        got.assert_balances();
        assert_eq!(got.begins_in(CARD), 1, "at {at}");
    }
}

#[test]
fn a_stream_gives_the_same_segments_as_memory_however_it_is_cut() {
    let mut bytes = "line of a log £ with things\n".repeat(60_000).into_bytes();
    bytes.extend("wide tail 4111111111111111\n".encode_utf16().flat_map(u16::to_le_bytes));
    let whole = read("a.log", &bytes);
    whole.assert_balances();
    assert!(whole.segments.len() > 1 && whole.holds("wide tail"));
    for step in [4097, 65_536, 1_000_003] {
        let streamed = read_stream("a.log", &bytes, step);
        streamed.assert_balances();
        assert_eq!(streamed.segments, whole.segments, "step {step}");
    }
}

#[test]
fn text_with_an_archive_behind_it_is_scanned_but_not_called_complete() {
    let mut bytes = b"Dear all, the figures are below.\n".repeat(200);
    bytes.extend(b"PK\x03\x04\x14\0\0\0\x08\0");
    bytes.extend((0..3000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8));
    bytes.extend(b"\nafter it: 4111 1111 1111 1111\n");
    let got = read("letter.txt", &bytes);
    got.assert_balances();
    assert!(got.holds("after it: 4111"));
    assert_eq!(got.reasons(), [Reason::Unsupported]);
}

#[test]
fn zero_bytes_between_groups_separate_them_like_blanks() {
    let got = read("a.txt", b"Card number: 4539\x004378\x001472\x007604\n");
    assert!(got.holds("4539 4378 1472 7604"));
    assert!(got.reasons().is_empty());
}

#[test]
fn encrypted_text_is_named_and_is_not_content() {
    let vault = format!("$ANSIBLE_VAULT;1.1;AES256\n{}\n", "3132".repeat(40));
    let got = read("secrets.yml", vault.as_bytes());
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Encrypted]);
    assert!(!got.ledger.read_content());
}

#[test]
fn nothing_erased_space_and_a_single_byte_are_complete() {
    for bytes in [&b""[..], b"x", &[0; 10_000], &[0xFF; 10_000]] {
        let got = read("a", bytes);
        got.assert_balances();
        assert!(got.reasons().is_empty());
    }
}

#[test]
fn noise_is_opaque() {
    let mut state = 7_u64;
    let noise: Vec<u8> = (0..50_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    assert_eq!(read("volume.hc", &noise).assert_balances().reasons(), [Reason::Opaque]);
}

#[test]
fn the_declared_charset_of_a_mail_part_is_used() {
    let mut part = Part::new("body", Content::Bytes(b"na\xefve \xa4 5"));
    part.charset = Some("iso-8859-15".into());
    let got = read_part(part, Limits::default());
    assert!(got.holds("naïve € 5"));
}
