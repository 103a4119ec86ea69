//! What is read in pieces gives what it gives as a whole: the same text in the same order at the
//! same places, the same account.

use crate::support::{read, read_pieces, shared};
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Into how many pieces it was divided; 0 where it is not to be.
fn compare(name: &str, bytes: &[u8]) -> usize {
    let mut whole = None;
    let mut divided = 0;
    for most in [2, 5, 1000] {
        let Some((pieces, count)) = read_pieces(name, bytes, most) else { continue };
        let whole = whole.get_or_insert_with(|| read(name, bytes));
        assert_eq!(pieces.segments.len(), whole.segments.len(), "{name} in {count}");
        for (piece, whole) in pieces.segments.iter().zip(&whole.segments) {
            assert!(piece == whole, "{name} in {count}: {piece:?} is not {whole:?}");
        }
        assert_eq!(pieces.ledger, whole.ledger, "{name} in {count}");
        divided = divided.max(count);
    }
    divided
}

/// A mailbox whose parting lines are of every kind.
fn mailbox(messages: usize, ending: &str) -> String {
    let mut all = String::new();
    for n in 0..messages {
        match n % 5 {
            0 => all.push_str("From a@example.org Tue Jan  2 03:04:05 2024\n"),
            1 => all.push_str("From somebody\n"),
            2 => all.push_str("From b@example.org Tue Jan  2 03:04:05 2024 +0100\n\n"),
            3 => all.push_str("From - Sat Jan 03 01:05:34 1996\n>From another@place\n"),
            _ => all.push_str("From nobody\nFrom c@example.org Tue Jan  2 03:04:05 2024\n"),
        }
        all.push_str(&format!("From: writer{n}@example.org\nSubject: number {n}\n\n"));
        all.push_str(&format!("Dear {n},\nFrom here on it is text.\n\nFrom now on, too.\n"));
        if n % 3 == 0 {
            all.push_str("From a quoted line Tue Jan  2 03:04:05 2024\nand what follows it\n");
        }
        if n % 4 != 3 {
            all.push('\n');
        }
    }
    all.replace('\n', ending)
}

#[test]
fn a_mailbox_in_pieces_is_the_mailbox() {
    for ending in ["\n", "\r\n", "\r"] {
        let all = mailbox(60, ending);
        assert!(compare("mail.mbox", all.as_bytes()) > 20);
        for cut in (0..500).step_by(19) {
            compare("cut.mbox", &all.as_bytes()[..all.len() - cut]);
        }
    }
}

#[test]
fn a_mailbox_of_one_message_is_not_divided() {
    assert_eq!(compare("mail.mbox", mailbox(1, "\n").as_bytes()), 0);
}

/// An archive of texts, as streamed or not.
fn archive(entries: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..entries {
        zip.start_file(format!("folder/{n}.txt"), SimpleFileOptions::default()).unwrap();
        write!(zip, "text number {n}\n{}", "and the same once more\n".repeat(n % 40)).unwrap();
    }
    zip.set_comment("of the archive as a whole").unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn an_archive_in_pieces_is_the_archive_with_what_stands_before_and_behind_it() {
    let plain = archive(100);
    assert!(compare("a.zip", &plain) > 50);
    let behind = [&plain[..], b" and somebody appended a text to it"].concat();
    assert!(compare("behind.zip", &behind) > 50);
    let before = [b"MZ a program of some kind, that unpacks itself. ", &plain[..]].concat();
    assert!(compare("before.exe", &before) > 50);
}

#[test]
fn a_damaged_archive_is_read_as_a_whole_or_the_same() {
    let plain = archive(12);
    let mut divided = 0;
    for at in (0..plain.len()).step_by(7) {
        let mut damaged = plain.clone();
        damaged[at] ^= 0x41;
        divided += usize::from(compare("damaged.zip", &damaged) > 0);
        if at % 4 == 0 {
            compare("cut.zip", &plain[..at]);
        }
    }
    assert!(divided > 50, "{divided}");
}

#[test]
fn every_sample_is_the_same_in_pieces() {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats")];
    folders.extend(shared("corpora/real"));
    let mut divided = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match path.is_dir() {
                true => folders.push(path),
                false if is_container(&path) => {
                    divided += usize::from(compare(name, &fs::read(&path).unwrap()) > 0);
                }
                false => {}
            }
        }
    }
    assert!(divided > 0);
}

/// By its name, so that not every sample is read.
fn is_container(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["zip", "mbox", "jar", "epub", "exe", "docx"].contains(&extension)
}
