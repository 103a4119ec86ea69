//! Binary property lists.

use crate::support::{read, read_part, survives_damage_of};
use dlpscan_core::model::{Limits, Part, Reason};

/// A list of these objects, the first of which holds the others.
fn bplist(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"bplist00".to_vec();
    let mut table = Vec::new();
    for object in objects {
        table.extend((out.len() as u16).to_be_bytes());
        out.extend(object);
    }
    let end = out.len() as u64;
    out.extend(table);
    out.extend([0; 6]);
    out.extend([2, 1]);
    for number in [objects.len() as u64, 0, end] {
        out.extend(number.to_be_bytes());
    }
    out
}

fn counted(kind: u8, count: usize, data: &[u8]) -> Vec<u8> {
    let head = match count {
        0..15 => vec![kind | count as u8],
        _ => vec![kind | 15, 0x11, (count >> 8) as u8, count as u8],
    };
    [&head, data].concat()
}

fn ascii(text: &str) -> Vec<u8> {
    counted(0x50, text.len(), text.as_bytes())
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    counted(0x60, units.len() / 2, &units)
}

fn list(refs: &[u8]) -> Vec<u8> {
    counted(0xA0, refs.len(), refs)
}

fn map(keys: &[u8], values: &[u8]) -> Vec<u8> {
    counted(0xD0, keys.len(), &[keys, values].concat())
}

fn sample() -> Vec<u8> {
    bplist(&[
        map(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]),
        ascii("sortCode"),
        wide("Namé"),
        ascii("accounts"),
        ascii("born"),
        ascii("attached"),
        ascii("20-00-00"),
        wide("Zoë Clerk"),
        list(&[11, 12]),
        [&[0x33][..], &(-494_640_000_f64).to_be_bytes()].concat(),
        counted(0x40, 19, b"<p>PIN&nbsp;4821</p"),
        [&[0x13][..], &55_779_911_i64.to_be_bytes()].concat(),
        ascii("66374958"),
    ])
}

#[test]
fn each_value_stands_behind_its_key() {
    let got = read("a.plist", &sample());
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert!(got.ledger.read_content());
    assert!(got.holds("sort Code sortCode: 20-00-00"));
    assert_eq!(got.place_of("20-00-00"), "key sortCode");
    assert_eq!(got.place_of("Zoë Clerk"), "key Namé");
    assert_eq!(got.place_of("55779911"), "key accounts[0]");
    assert!(got.holds("accounts: 66374958"));
    assert!(got.holds("born: 1985-04-30"));
    assert!(got.holds("attached: <p>PIN"));
}

#[test]
fn documents_in_data_are_parts_and_what_nothing_refers_to_is_read() {
    let mut inner = sample();
    inner.resize(inner.len(), 0);
    let got = read(
        "a.plist",
        &bplist(&[
            map(&[1], &[2]),
            ascii("archive"),
            counted(0x40, inner.len(), &inner),
            ascii("nobody refers to 4111 1111 1111 1111"),
        ]),
    );
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    let (kept, _) = got.find("20-00-00").expect("the inner list");
    assert_eq!(kept.path.names(), ["archive"]);
    assert_eq!(got.begins_in("4111 1111 1111 1111"), 1);
}

#[test]
fn a_list_that_holds_itself_is_read_once() {
    let got = read("a.plist", &bplist(&[list(&[1, 0, 2]), list(&[0, 2]), ascii("55779911")]));
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Cycle]);
    assert!(got.holds("55779911"));
}

#[test]
fn lists_on_top_of_each_other_end_at_a_limit() {
    // A thousand maps of thousands of keys each, all in the same bytes.
    let mut bytes = b"bplist00".to_vec();
    bytes.extend([0xAF, 0x12, 0, 0x10, 0, 0].repeat(20_000));
    let end = bytes.len();
    for at in 0..20_000_u32 {
        bytes.extend((8 + 6 * at).to_be_bytes());
    }
    bytes.extend([0; 6]);
    bytes.extend([4, 2]);
    for number in [20_000, 0, end as u64] {
        bytes.extend(number.to_be_bytes());
    }
    let limits = Limits { seconds: 1, ..Limits::default() };
    let content = dlpscan_core::model::Content::Bytes(&bytes);
    let start = std::time::Instant::now();
    let got = read_part(Part::new("a.plist", content), limits);
    got.assert_balances();
    assert!(start.elapsed().as_secs() < 5);
    assert!(!got.reasons().is_empty());
}

#[test]
fn a_list_without_its_table_is_damaged_and_its_words_are_still_read() {
    let whole = sample();
    for cut in 9..whole.len() {
        let got = read("a.plist", &whole[..cut]);
        got.assert_balances();
        assert_eq!(got.reasons(), [Reason::Damaged], "{cut}");
    }
    assert!(read("a.plist", &whole[..whole.len() - 1]).holds("66374958"));
    survives_damage_of("a.plist", &whole, 400);
}
