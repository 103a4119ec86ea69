//! Messages saved by Outlook, made here stream by stream.

use crate::support::{read, shared};
use dlpscan_core::model::Reason;
use std::io::{Cursor, Write};

type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

fn new() -> File {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a file");
    // A header of 32 bytes, then the code page: 1252.
    let mut numbers = vec![0; 32];
    numbers.extend(0x3ffd_0003_u32.to_le_bytes());
    numbers.extend([6, 0, 0, 0]);
    numbers.extend(1252_u64.to_le_bytes());
    put(&mut file, "/__properties_version1.0", &numbers);
    file
}

fn put(file: &mut File, path: &str, bytes: &[u8]) {
    let (folder, _) = path.rsplit_once('/').expect("a path");
    if !folder.is_empty() {
        file.create_storage_all(folder).expect("a storage");
    }
    file.create_stream(path).and_then(|mut out| out.write_all(bytes)).expect("a stream");
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn bytes(mut file: File) -> Vec<u8> {
    file.flush().expect("it is written");
    file.into_inner().into_inner()
}

#[test]
fn a_message_gives_its_headers_bodies_and_attachments() {
    let mut file = new();
    put(&mut file, "/__substg1.0_0037001F", &wide("Refund for Jo Bloggs"));
    put(&mut file, "/__substg1.0_1000001E", b"The fee is \xa3 5 to 08-99-99, 66374958.");
    put(&mut file, "/__substg1.0_10130102", b"<html><body>Pay <b>today</b></body></html>");
    put(
        &mut file,
        "/__recip_version1.0_#00000000/__substg1.0_39FE001F",
        &wide("a@council.example"),
    );
    let attached = "/__attach_version1.0_#00000000";
    put(&mut file, &format!("{attached}/__substg1.0_3707001F"), &wide("cards.csv"));
    let data = b"Name,Card number\r\nJo,4111 1111 1111 1111\r\n";
    put(&mut file, &format!("{attached}/__substg1.0_37010102"), data);
    let got = read("letter.msg", &bytes(file));
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert_eq!(got.place_of("Refund for Jo"), "property subject");
    assert!(got.holds("The fee is £ 5 to 08-99-99, 66374958."));
    assert!(got.holds("Pay today"));
    assert_eq!(got.place_of("a@council.example"), "property address");
    let (segment, _) = got.find("4111 1111 1111 1111").expect("the attachment is read");
    assert_eq!(segment.path.to_string(), "cards.csv");
}

#[test]
fn a_message_within_a_message_is_a_part_of_its_own() {
    let mut file = new();
    let attached = "/__attach_version1.0_#00000000";
    put(&mut file, &format!("{attached}/__substg1.0_3001001F"), &wide("Fwd: account"));
    let inner = format!("{attached}/__substg1.0_3701000D");
    put(&mut file, &format!("{inner}/__properties_version1.0"), &[0; 24]);
    put(&mut file, &format!("{inner}/__substg1.0_1000001F"), &wide("account 66374958"));
    let deeper = format!("{inner}/__attach_version1.0_#00000000");
    put(&mut file, &format!("{deeper}/__substg1.0_3704001F"), &wide("note.txt"));
    put(&mut file, &format!("{deeper}/__substg1.0_37010102"), b"sort code 08-99-99");
    let got = read("outer.msg", &bytes(file));
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    let path = |needle: &str| got.find(needle).expect("it is read").0.path.to_string();
    assert_eq!(path("account 66374958"), "Fwd: account.msg › body");
    assert_eq!(path("sort code 08-99-99"), "Fwd: account.msg › note.txt");
}

#[test]
fn an_attachment_that_lies_elsewhere_is_said_to() {
    let mut file = new();
    let attached = "/__attach_version1.0_#00000000";
    put(&mut file, &format!("{attached}/__substg1.0_3707001F"), &wide("budget.xlsx"));
    put(&mut file, &format!("{attached}/__substg1.0_370D001F"), &wide("\\\\share\\budget.xlsx"));
    let got = read("link.msg", &bytes(file));
    assert_eq!(got.reasons(), [Reason::External]);
}

#[test]
fn no_damage_brings_the_messages_of_others_down() {
    let Some(folder) = shared("corpora/planted/msg") else { return };
    for entry in std::fs::read_dir(folder).expect("the folder is read").flatten() {
        let whole = std::fs::read(entry.path()).expect("the message is read");
        crate::support::survives_damage_of("letter.msg", &whole, 20);
    }
}
