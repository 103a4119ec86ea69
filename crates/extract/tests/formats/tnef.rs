//! Outlook's winmail.dat: what is in it comes out, whatever it says about itself.

use crate::support::read;
use dlpscan_core::model::{Place, Reason};

/// An attribute with its checksum.
fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0_u16, |n, &b| n.wrapping_add(u16::from(b)));
    let mut out = vec![level];
    out.extend(id.to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.extend(sum.to_le_bytes());
    out
}

/// A property of a type whose values have a length.
fn property(kind: u16, id: u16, data: &[u8]) -> Vec<u8> {
    let mut out = (u32::from(id) << 16 | u32::from(kind)).to_le_bytes().to_vec();
    out.extend(1_u32.to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn list(properties: &[Vec<u8>]) -> Vec<u8> {
    let mut out = (properties.len() as u32).to_le_bytes().to_vec();
    out.extend(properties.concat());
    out
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// RTF that is stored under the name of compressed RTF.
fn stored_rtf(text: &str) -> Vec<u8> {
    let mut out = (text.len() as u32 + 12).to_le_bytes().to_vec();
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(b"MELA\0\0\0\0");
    out.extend(text.bytes());
    out
}

fn winmail() -> Vec<u8> {
    let mut out = b"\x78\x9f\x3e\x22\x01\x00".to_vec();
    out.extend(attribute(1, 0x0006_9007, &1252_u64.to_le_bytes()));
    out.extend(attribute(1, 0x0001_8004, b"New details \xa3500\0"));
    let message = list(&[
        property(0x001f, 0x0c1a, &wide("Zo\u{eb} Ackroyd")),
        property(0x0102, 0x1009, &stored_rtf("{\\rtf1 Account 66374958\\par}")),
        property(0x0102, 0x1013, b"<html><body>Card 4539578763621486</body></html>"),
        property(0x001e, 0x1000, b"Sort code 08-99-99\0"),
        property(0x0102, 0x0fff, b"\x01\x02identifier\x03"),
    ]);
    out.extend(attribute(1, 0x0006_9003, &message));
    out.extend(attribute(2, 0x0006_9002, &[0; 14]));
    out.extend(attribute(2, 0x0006_800f, b"name,account\nAcme,12345678\n"));
    out.extend(attribute(2, 0x0001_8010, b"PRICES~1.CSV\0"));
    let attached = list(&[property(0x001f, 0x3707, &wide("prices of 2024.csv"))]);
    out.extend(attribute(2, 0x0006_9005, &attached));
    out
}

#[test]
fn text_in_all_its_forms_and_attachments_come_out_under_their_names() {
    let got = read("winmail.dat", &winmail());
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    let (subject, _) = got.find("New details \u{a3}500").unwrap();
    assert_eq!(subject.place, Place::Property { name: "subject".into() });
    assert_eq!(got.find("Account 66374958").unwrap().0.path.names(), ["body.rtf"]);
    assert_eq!(got.find("4539578763621486").unwrap().0.path.names(), ["body.html"]);
    assert_eq!(got.find("08-99-99").unwrap().0.path.names(), ["body"]);
    assert_eq!(got.find("12345678").unwrap().0.path.names(), ["prices of 2024.csv"]);
    assert!(got.holds("Zo\u{eb} Ackroyd") && got.holds("identifier"));
}

#[test]
fn lies_about_lengths_and_checksums_are_told_and_the_rest_is_read() {
    let mut wrong = winmail();
    let sum = wrong.len() - 1;
    wrong[sum] ^= 1;
    assert_eq!(read("winmail.dat", &wrong).reasons(), [Reason::Damaged]);
    let mut behind = winmail();
    behind.extend(b"\x75some more text 66374958");
    let got = read("winmail.dat", &behind);
    assert_eq!(got.reasons(), [Reason::Damaged]);
    assert!(got.holds("some more text"));
    assert_eq!(read("winmail.dat", b"\x78\x9f\x3e\x22").reasons(), [Reason::Truncated]);
}

#[test]
fn every_cut_and_every_changed_byte_keeps_the_books() {
    let whole = winmail();
    for cut in 0..whole.len() {
        read("winmail.dat", &whole[..cut]).assert_balances();
    }
    for at in 6..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        read("winmail.dat", &bytes).assert_balances();
    }
}
