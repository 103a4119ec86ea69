//! Disk images. The samples are made by `corpus/formats/make_volumes.py`.

use crate::support::{Collected, read, read_part, sample};
use dlpscan_core::model::{Content, Limits, Part, Reason};
use std::fs::File;
use std::io::{Read, Write};

const ACCOUNT: &str = "08-99-99, account number 66374958";
const DELETED: &str = "card number 4539 5787 6362 1486";

fn image(name: &str) -> Vec<u8> {
    let packed = sample(&format!("volume/{name}.gz"));
    let mut image = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut image).expect("it unpacks");
    image
}

/// The name of the part that this stands in.
fn part_of(got: &Collected, needle: &str) -> String {
    got.find(needle).expect("the text is there").0.path.to_string()
}

#[test]
fn files_are_found_by_their_path_and_deleted_ones_said_to_be() {
    for (name, letter, deleted) in [
        ("fat12.img", "Office/Letter to the bank.txt", "(deleted) old account.txt"),
        ("fat32.img", "Office/Letter to the bank.txt", "(deleted) old account.txt"),
        ("exfat.img", "Letter to the bank.txt", "(deleted) old account.txt"),
        ("ext2.img", "Office/letter.txt", "(deleted) inode 16"),
        ("ext4.img", "Office/letter.txt", "(deleted) inode 16"),
    ] {
        let got = read("stick", &image(name));
        got.assert_balances();
        assert_eq!(got.reasons(), [], "{name}");
        assert_eq!(part_of(&got, ACCOUNT), letter, "{name}");
        assert_eq!(part_of(&got, DELETED), deleted, "{name}");
    }
}

#[test]
fn ntfs_gives_small_large_and_hidden_contents() {
    let got = read("stick", &image("ntfs.img"));
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    let parts: Vec<_> = got
        .segments
        .iter()
        .filter(|s| memchr::memmem::find(s.body(), ACCOUNT.as_bytes()).is_some())
        .map(|s| s.path.to_string())
        .collect();
    assert_eq!(parts, ["Letter to the bank.txt", "Letter to the bank.txt:hidden"]);
    assert_eq!(part_of(&got, "4111 1111 1111 1111"), "cards.csv");
}

#[test]
fn the_partitions_of_both_kinds_of_table_are_read() {
    for name in ["gpt.img", "mbr.img"] {
        let got = read("disk", &image(name));
        got.assert_balances();
        assert_eq!(got.reasons(), [], "{name}");
        assert_eq!(part_of(&got, ACCOUNT), "partition 1 › Office/Letter to the bank.txt");
        assert!(got.segments.iter().any(|s| s.path.to_string() == "partition 2 › cards.csv"));
    }
    assert!(read("disk", &image("gpt.img")).holds("data for j.bloggs@council.example"));
}

#[test]
fn an_image_larger_than_memory_allows_is_read_from_its_file() {
    let mut file = tempfile();
    let bytes = image("mbr.img");
    file.write_all(&bytes).expect("it is written");
    let part = Part::new("disk", Content::File(&file, bytes.len() as u64));
    let got = read_part(part, Limits { buffer: 256 << 10, ..Limits::default() });
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert_eq!(part_of(&got, ACCOUNT), "partition 1 › Office/Letter to the bank.txt");
}

/// A file without a name.
fn tempfile() -> File {
    let path = std::env::temp_dir().join(format!("dlpscan-volume-{}", std::process::id()));
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(true).open(&path);
    std::fs::remove_file(&path).expect("its name is removed");
    file.expect("a temporary file")
}

#[test]
fn what_lies_in_the_slack_and_in_free_space_is_found_at_its_offset() {
    let mut bytes = image("fat12.img");
    let hidden = b"Hidden: 4111-1111-1111-1111 behind all files";
    let at = bytes.len() - 4096;
    bytes[at..at + hidden.len()].copy_from_slice(hidden);
    let got = read("stick.img", &bytes);
    assert_eq!(got.place_of("4111-1111-1111-1111"), format!("byte {at}"));
}

#[test]
fn a_file_system_without_its_end_is_said_to_be_truncated() {
    for name in ["fat12.img", "exfat.img", "ext2.img", "ntfs.img"] {
        let whole = image(name);
        let got = read("cut", &whole[..whole.len() * 3 / 5]);
        got.assert_balances();
        assert!(got.reasons().contains(&Reason::Truncated), "{name}: {:?}", got.reasons());
    }
}

#[test]
fn a_folder_that_contains_itself_is_read_once() {
    let mut bytes = image("fat12.img");
    // The folder's entry for itself becomes an ordinary one that leads to its own cluster.
    let dot = memchr::memmem::find(&bytes, b".          \x10").expect("the folder's own entry");
    bytes[dot..dot + 8].copy_from_slice(b"MYSELF  ");
    let got = read("loop.img", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Cycle]);
    assert!(got.holds(ACCOUNT));
}

#[test]
fn no_damage_brings_a_file_system_down() {
    for (name, rounds) in [
        ("fat12.img", 150),
        ("exfat.img", 30),
        ("ext2.img", 60),
        ("ext4.img", 60),
        ("ntfs.img", 30),
    ] {
        crate::support::survives_damage_of(name, &image(name), rounds);
    }
}

#[test]
fn no_damage_to_its_tables_brings_a_file_system_down() {
    for (name, start, len) in [
        ("fat12.img", 512, 8 << 10),
        ("exfat.img", 64 << 10, 32 << 10),
        ("ext2.img", 1024, 24 << 10),
        ("ext4.img", 1024, 24 << 10),
        ("ntfs.img", 16 << 10, 40 << 10),
        ("mbr.img", 446, 64),
        ("gpt.img", 512, 1024),
    ] {
        let mut bytes = image(name);
        // Every hundredth byte of the tables, in three ways.
        for fill in [0, 0xff, 0x41] {
            for at in (start..start + len).step_by(101) {
                bytes[at] = fill;
            }
            let limits = Limits { seconds: 5, bytes: 64 << 20, ..Limits::default() };
            let begun = std::time::Instant::now();
            read_part(Part::new(name, Content::Bytes(&bytes)), limits).assert_balances();
            assert!(begun.elapsed().as_secs() < 7, "{name}: took {:?}", begun.elapsed());
        }
    }
}
