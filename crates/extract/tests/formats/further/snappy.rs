//! What is packed with Snappy.

use crate::support::{read, survives_damage_of};
use dlpscan_core::model::Reason;
use std::io::Write;

const LETTER: &[u8] = b"Dear Ms Clerk, please pay into 08-99-99, account number 66374958, at once.";

/// A part of one of Apple's documents, of these blocks.
fn iwa(blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for block in blocks {
        let packed = snap::raw::Encoder::new().compress_vec(block).expect("room");
        out.push(0);
        out.extend(&(packed.len() as u32).to_le_bytes()[..3]);
        out.extend(packed);
    }
    out
}

#[test]
fn the_words_of_apple_s_documents_are_read_and_the_rest_is_said_not_to_be() {
    // A message of numbers, then the text.
    let message = [&[0x08, 0x96, 0x01, 0xc8][..].repeat(30), LETTER, b"\x18\x01\0\0"].concat();
    let (first, rest) = message.split_at(150);
    let bytes = iwa(&[first, rest]);
    let got = read("Document.iwa", &bytes);
    got.assert_balances();
    assert_eq!(got.find("account number 66374958").expect("it").0.path.names(), ["Document"]);
    assert_eq!(got.reasons(), [Reason::Unsupported]);
    for cut in 5..bytes.len() {
        read("Document.iwa", &bytes[..cut]).assert_balances();
    }
    survives_damage_of("Document.iwa", &bytes, 200);
}

#[test]
fn a_file_of_frames_is_read_and_its_checksums_are_kept() {
    let mut packer = snap::write::FrameEncoder::new(Vec::new());
    packer.write_all(LETTER).expect("room");
    let mut bytes = packer.into_inner().expect("room");
    let got = read("letter.txt.sz", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert_eq!(got.find("66374958").expect("it").0.path.names(), ["letter.txt"]);
    bytes[14] ^= 1;
    assert_eq!(read("letter.txt.sz", &bytes).reasons(), [Reason::Damaged]);
}
