//! Archives and compressed files: the samples in the corpus, and how they may be cut and lied in.

use crate::support::{golden, read, read_part, read_stream};
use dlpscan_core::model::{Limits, Part, Reason};

#[test]
fn every_method_of_a_zip_is_read_and_nested_zips_too() {
    let got = golden("archive/methods.zip");
    assert_eq!(got.begins_in("4539 5787 6362 1486"), 2);
    assert_eq!(got.begins_in("66374958"), 3);
    assert!(got.reasons().is_empty());
}

#[test]
fn a_zip_behind_a_program_is_read_and_so_is_what_was_appended() {
    let got = golden("archive/selfextract.exe");
    assert_eq!(got.begins_in("66374958"), 3);
    assert!(got.holds("account 12345678"));
}

#[test]
fn a_zip_without_its_end_gives_what_is_there() {
    let got = golden("archive/cut.zip");
    assert!(got.holds("4539 5787 6362 1486"));
    assert!(got.reasons().contains(&Reason::Damaged));
}

#[test]
fn one_entry_s_fault_does_not_stop_the_others() {
    let got = golden("archive/mixed.zip");
    assert_eq!(got.begins_in("Card number"), 2);
    assert_eq!(got.reasons(), [Reason::Encrypted, Reason::Damaged]);
}

#[test]
fn a_zip_from_a_pipe_is_read_by_its_local_headers() {
    assert!(golden("archive/piped.zip").holds("66374958"));
}

#[test]
fn dangerous_names_are_noted_and_their_entries_read() {
    let got = golden("archive/names.zip");
    assert_eq!(got.begins_in("4539 5787 6362 1486"), 3);
    assert_eq!(got.reasons(), [Reason::BadName]);
}

#[test]
fn tars_of_all_ages_are_read_from_memory_and_from_a_stream() {
    for sample in ["archive/gnu.tar", "archive/pax.tar", "archive/damaged.tar"] {
        let got = golden(sample);
        assert!(got.holds("4539 5787 6362 1486"), "{sample}");
        let bytes =
            std::fs::read(format!("{}/../../corpus/formats/{sample}", env!("CARGO_MANIFEST_DIR")))
                .unwrap();
        let name = sample.rsplit('/').next().unwrap();
        let streamed = read_stream(name, &bytes, 100);
        streamed.assert_balances();
        assert_eq!(streamed.render(), got.render(), "{sample}");
    }
    let got = golden("archive/gnu.tar");
    assert_eq!(got.reasons(), [Reason::SpecialFile, Reason::Symlink]);
}

#[test]
fn compressed_files_give_all_their_streams_and_what_trails_them() {
    let two = golden("archive/two.gz");
    assert!(two.holds("66374958") && two.holds("4539 5787") && two.holds("4539578763621486"));
    assert!(golden("archive/box.tar.bz2").holds("4539 5787"));
    let xz = golden("archive/note.txt.xz");
    assert!(xz.holds("4539 5787") && xz.holds("66374958"));
    assert!(golden("archive/note.txt.lzma").holds("4539 5787"));
    assert!(golden("archive/note.txt.zst").holds("4539 5787"));
}

#[test]
fn locked_texts_are_noted_and_what_follows_them_is_read() {
    let vault = golden("archive/vault.yml");
    assert!(vault.segments.is_empty());
    assert_eq!(vault.reasons(), [Reason::Encrypted]);
    assert!(golden("archive/message.asc").holds("kind regards"));
}

#[test]
fn every_cut_of_an_archive_ends_and_keeps_its_books() {
    for sample in ["methods.zip", "gnu.tar", "two.gz", "box.tar.bz2", "note.txt.xz", "note.txt.zst"]
    {
        let path = format!("{}/../../corpus/formats/archive/{sample}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        let step = (bytes.len() / 150).max(1);
        for cut in (0..bytes.len()).step_by(step) {
            read(sample, &bytes[..cut]).assert_balances();
        }
    }
}

#[test]
fn a_dictionary_larger_than_the_buffer_is_refused_before_it_is_made() {
    let mut lzma = vec![0x5d];
    lzma.extend(u32::MAX.to_le_bytes());
    lzma.extend(u64::MAX.to_le_bytes());
    lzma.extend([0; 20]);
    assert_eq!(read("x.lzma", &lzma).reasons(), [Reason::LimitMemory]);
}

#[test]
fn a_spent_budget_ends_an_archive_with_its_reason() {
    let path = format!("{}/../../corpus/formats/archive/methods.zip", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let limits = Limits { parts: 2, ..Limits::default() };
    let part = Part::new("x.zip", dlpscan_core::model::Content::Bytes(&bytes));
    let got = read_part(part, limits);
    got.assert_balances();
    assert!(got.reasons().contains(&Reason::LimitCount));
}

/// A zip with one stored entry under these flags.
fn stored(flags: u16, text: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(text);
    let mut fields = flags.to_le_bytes().to_vec();
    fields.extend([0; 6]);
    fields.extend(crc.sum().to_le_bytes());
    fields.extend((text.len() as u32).to_le_bytes().repeat(2));
    fields.extend([5, 0, 0, 0]);
    let mut out = b"PK\x03\x04\x14\0".to_vec();
    out.extend(&fields);
    out.extend(b"a.txt");
    out.extend(text);
    let directory = out.len() as u32;
    out.extend(b"PK\x01\x02\x14\0\x14\0");
    out.extend(&fields);
    out.extend([0; 14]);
    out.extend(b"a.txt");
    let size = out.len() as u32 - directory;
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend(size.to_le_bytes());
    out.extend(directory.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn an_entry_that_is_only_said_to_be_encrypted_is_read() {
    let mut zip = stored(1, b"Card 4539578763621486");
    let got = read("a.zip", &zip);
    got.assert_balances();
    assert!(got.holds("4539578763621486"));
    assert_eq!(got.reasons(), []);
    // With another checksum it may well be encrypted.
    let central = zip.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    zip[central + 16] ^= 1;
    assert!(read("a.zip", &zip).reasons().contains(&Reason::Encrypted));
}

#[test]
fn a_zip_behind_data_of_another_format_is_read() {
    let zip = stored(0, b"Card 4539578763621486");
    for front in [&b"\x7fsomething\0\x01\x02\x03"[..], b"GIF89a\x01\0\x01\0\0\0\0;junk\0\x01"] {
        let got = read("a.bin", &[front, &zip].concat());
        got.assert_balances();
        let read = got.segments.iter().find(|s| s.path.names() == ["appended.zip", "a.txt"]);
        assert_eq!(read.unwrap().body(), b"Card 4539578763621486");
    }
}

#[test]
fn a_bare_zlib_stream_is_read_and_words_that_begin_like_one_are_text() {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, b"blob 21\0Card 4539578763621486").unwrap();
    let packed = packer.finish().unwrap();
    let got = read("4f2a", &packed);
    got.assert_balances();
    assert!(got.holds("4539578763621486"));
    assert_eq!(got.reasons(), []);
    let words = read("note.txt", b"x^2 + y^2 = 66374958");
    assert_eq!(words.find("66374958").unwrap().0.path.names(), [""; 0]);
}

#[test]
fn a_message_that_openpgp_only_wraps_is_read() {
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    let literal = b"\xcb\x20b\x05a.txt\0\0\0\0Card 4539578763621486";
    let mut literal = literal.to_vec();
    literal[1] = (literal.len() - 2) as u8;
    std::io::Write::write_all(&mut packer, &literal).unwrap();
    let packed = [&b"\xa3\x01"[..], &packer.finish().unwrap()].concat();
    let got = read("note.gpg", &packed);
    got.assert_balances();
    assert_eq!(got.find("4539578763621486").unwrap().0.path.names(), ["a.txt"]);
    assert_eq!(got.reasons(), []);
    for cut in 0..packed.len() {
        read("note.gpg", &packed[..cut]).assert_balances();
    }
}

#[test]
fn a_cpio_name_without_its_end_is_damage() {
    let mut bytes = crate::support::sample("archive/newc.cpio");
    let end = bytes.windows(11).rposition(|w| w == b"TRAILER!!!\0").expect("its last name");
    assert!(!read("a.cpio", &bytes).reasons().contains(&Reason::Damaged));
    bytes[end + 10] = 2;
    let got = read("a.cpio", &bytes);
    got.assert_balances();
    assert!(got.reasons().contains(&Reason::Damaged));
}

#[test]
fn a_cabinet_that_is_cut_is_damaged_too_only_if_its_header_is_odd() {
    let whole = crate::support::sample("archive/office.cab");
    let mut cut = whole[..whole.len() - 100].to_vec();
    assert!(!read("a.cab", &cut).reasons().contains(&Reason::Damaged));
    cut[24] = 0x92;
    let got = read("a.cab", &cut);
    got.assert_balances();
    assert!(got.reasons().contains(&Reason::Damaged));
    assert!(got.reasons().contains(&Reason::Truncated));
}

#[test]
fn a_frame_to_be_skipped_that_is_not_all_there_is_cut_or_its_size_is_spoilt() {
    for (size, reason) in [(1_000_u32, Reason::Truncated), (u32::MAX - 7, Reason::Damaged)] {
        let mut bytes = crate::support::sample("archive/note.txt.zst");
        bytes.extend(b"\x50\x2a\x4d\x18");
        bytes.extend(size.to_le_bytes());
        bytes.extend(b"some words");
        let got = read("a.zst", &bytes);
        got.assert_balances();
        assert!(got.holds("4539 5787"));
        assert_eq!(got.reasons(), [reason]);
    }
}
