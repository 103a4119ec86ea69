//! Archives and compressed files: the samples in the corpus, and how they may be cut and lied in.

mod support;

use dlpscan_core::model::{Limits, Part, Reason};
use support::{golden, read, read_part, read_stream};

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
