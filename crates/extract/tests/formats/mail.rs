//! Messages and mailboxes: the samples in the corpus, and how they may be cut.

use crate::support::{golden, read, read_stream};
use dlpscan_core::model::{Place, Reason};

#[test]
fn every_part_of_a_message_is_read_with_its_path() {
    let got = golden("mail/parts.eml");
    assert!(got.holds("Sort code 08-99-99, account 66374958, caf\u{e9}"), "both alternatives");
    assert!(got.holds("4539 5787 6362 1486"));
    let (cell, _) = got.find("66374958\n").or_else(|| got.find("Acme")).unwrap();
    assert_eq!(cell.path.names(), ["offer.zip", "prices.csv"]);
    assert!(got.holds("account 12345678"), "what stands before the first part");
    assert_eq!(got.reasons(), [Reason::Damaged], "the broken base64");
}

#[test]
fn headers_are_decoded_and_know_their_names() {
    let got = golden("mail/parts.eml");
    let (headers, at) = got.find("New details \u{a3}500").unwrap();
    assert_eq!(headers.place_at(at), Place::Header { name: "Subject".into() });
    assert!(got.holds("From: Zo\u{eb} Ackroyd <zoe@council.example>"));
}

#[test]
fn wrapped_lines_old_line_ends_and_uuencoded_files_are_undone() {
    assert!(golden("mail/flowed.eml").holds("4539578763621486"));
    assert!(golden("mail/returns.eml").holds("4539578763621486"));
    let uu = golden("mail/uuencoded.eml");
    assert_eq!(uu.find("4539 5787 6362 1486").unwrap().0.path.names(), ["card.txt"]);
}

#[test]
fn sealed_mail_is_noted_and_signed_mail_is_read() {
    assert_eq!(golden("mail/enveloped.eml").reasons(), [Reason::Encrypted]);
    let signed = golden("mail/signed.eml");
    assert!(signed.holds("66374958"));
}

#[test]
fn content_that_lies_elsewhere_and_pieces_of_messages_are_noted() {
    let got = golden("mail/pointers.eml");
    assert_eq!(got.reasons(), [Reason::External, Reason::Fragment]);
}

#[test]
fn a_mailbox_gives_message_after_message_by_number() {
    let got = golden("mail/box.mbox");
    let (last, _) = got.find("last").unwrap();
    assert_eq!(last.path.names(), ["3"]);
    let (price, _) = got.find("Acme").unwrap();
    assert_eq!(price.path.names(), ["2", "offer.zip", "prices.csv"]);
    let path = format!("{}/../../corpus/formats/mail/box.mbox", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let streamed = read_stream("box.mbox", &bytes, 1000);
    streamed.assert_balances();
    assert_eq!(streamed.text(), got.text());
}

#[test]
fn every_cut_of_a_message_ends_and_keeps_its_books() {
    for sample in ["parts.eml", "signed.eml", "box.mbox", "uuencoded.eml"] {
        let path = format!("{}/../../corpus/formats/mail/{sample}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        for cut in (0..bytes.len()).step_by((bytes.len() / 150).max(1)) {
            read(sample, &bytes[..cut]).assert_balances();
        }
    }
}

#[test]
fn twenty_thousand_multiparts_inside_each_other_are_no_trouble() {
    let mut message = b"From: a@b.example\nSubject: deep\n".to_vec();
    for i in 0..20_000 {
        message.extend(format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n").bytes());
    }
    message.extend(b"\nCard 4539578763621486\n");
    let got = read("deep.eml", &message);
    assert!(got.holds("4539578763621486"));
    got.assert_balances();
}

#[test]
fn a_message_whose_last_part_is_not_closed_is_complete_unless_its_coding_was_cut() {
    let message = |end: &str| {
        format!(
            "From: a@b.example\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
             Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{end}"
        )
    };
    let whole = read("m.eml", message("Q2FyZCA0NTM5NTc4NzYzNjIxNDg2\n").as_bytes());
    assert!(whole.holds("Card 4539578763621486"));
    assert_eq!(whole.reasons(), []);
    let cut = read("m.eml", message("Q2FyZCA0NTM5NTc4NzYzNjIxNDg").as_bytes());
    assert!(cut.holds("Card 453957876362148"));
    assert_eq!(cut.reasons(), [Reason::Truncated]);
}

#[test]
fn the_headers_of_a_message_are_content_even_where_its_body_cannot_be_read() {
    let message = b"From: a@b.example\nTo: c@d.example\nContent-Type: application/octet-stream\n\
        Content-Transfer-Encoding: base64\n\nUmFyIRoHAQA=\n";
    let got = read("m.eml", message);
    assert!(got.ledger.read_content() && !got.reasons().is_empty());
}

#[test]
fn a_mailbox_whose_first_line_parts_nothing_is_one_message_and_no_cycle() {
    let got = read(
        "x.mbox",
        b" From a@b.example Tue Jan  2 03:04:05 2024\nSubject: s\n\nCard 4539578763621486\n",
    );
    got.assert_balances();
    assert!(got.holds("4539578763621486"));
    assert!(!got.reasons().contains(&Reason::Cycle));
    let marked = "\u{feff}From -\nFrom: a\nSubject: s\n\nFrom Russia\n\nFrom -\nFrom: b\n\nx\n";
    let got = read("unmunged.mbox", marked.as_bytes());
    assert_eq!(got.reasons(), []);
    assert_eq!(got.find("From Russia").unwrap().0.path.names(), ["1", "body"]);
}

#[test]
fn sequences_of_asn1_are_never_taken_for_text() {
    let got = read("deep.p7m", &b"\x30\x80".repeat(2000));
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Unsupported]);
    assert!(!got.ledger.read_content());
}

#[test]
fn a_body_that_is_declared_as_text_is_text_unless_it_is_noise() {
    let mut message = b"From: a@b.example\nSubject: s\n\n".to_vec();
    message.extend((0..=255_u8).cycle().take(25_600));
    message.extend(b"\nCard 4539578763621486\n");
    let got = read("m.eml", &message);
    got.assert_balances();
    assert!(got.holds("4539578763621486"));
    assert_eq!(got.reasons(), []);
    let mut message = b"From: a@b.example\nSubject: s\n\n".to_vec();
    let mut state = 1_u64;
    message.extend((0..20_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    }));
    assert_ne!(read("m.eml", &message).reasons(), []);
}
