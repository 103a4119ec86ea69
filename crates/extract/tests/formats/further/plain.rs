//! Archives of plain entries, and compressed streams that are rare.

use crate::support::{golden, read, read_stream, sample, survives_damage};
use dlpscan_core::model::Reason;

const ACCOUNT: &str = "08-99-99, account number 66374958";

#[test]
fn rare_streams_are_unpacked() {
    let names: &[&str] = if cfg!(feature = "lz4") {
        &["letter.txt.Z", "letter.txt.lz", "letter.txt.lz4", "old.lz4"]
    } else {
        &["letter.txt.Z", "letter.txt.lz"]
    };
    for name in names {
        let bytes = sample(&format!("archive/{name}"));
        for got in [read(name, &bytes), read_stream(name, &bytes, 7)] {
            got.assert_balances();
            assert!(got.reasons().is_empty(), "{name}: {:?}", got.ledger.notes());
            assert!(got.holds(ACCOUNT), "{name}");
            assert!(name.starts_with("old") || got.holds("At the end: card 4111"), "{name}");
        }
        let inner = name.rsplit_once('.').map(|(stem, _)| stem);
        assert_eq!(Some(read(name, &bytes).segments[0].path.to_string().as_str()), inner);
    }
}

#[test]
fn a_rare_stream_that_is_cut_is_not_called_whole() {
    let names: &[&str] = if cfg!(feature = "lz4") {
        &["letter.txt.lz", "letter.txt.lz4"]
    } else {
        &["letter.txt.lz"]
    };
    for name in names {
        let whole = sample(&format!("archive/{name}"));
        for end in (7..whole.len()).step_by(97) {
            let got = read(name, &whole[..end]);
            got.assert_balances();
            assert!(!got.reasons().is_empty(), "{name} cut at {end}");
        }
    }
}

#[cfg(feature = "lz4")]
#[test]
fn what_stands_behind_a_rare_stream_is_scanned() {
    let mut bytes = sample("archive/letter.txt.lz4");
    bytes.extend_from_slice(b"behind it: card 5555 5555 5555 4444");
    let got = read("letter.txt.lz4", &bytes);
    assert!(got.assert_balances().reasons().is_empty());
    assert!(got.holds("behind it: card 5555") && got.holds("At the end: card 4111"));
}

#[test]
fn cpio_archives_of_every_kind_are_read() {
    for name in ["newc.cpio", "crc.cpio", "odc.cpio", "bin.cpio"] {
        let got = golden(&format!("archive/{name}"));
        assert!(got.holds(ACCOUNT), "{name}");
        assert_eq!(got.place_of("4111"), "row 2 (Card number)", "{name}");
        assert_eq!(got.reasons(), [Reason::Symlink], "{name}");
    }
}

#[test]
fn ar_archives_and_packages_are_read() {
    let got = golden("archive/names.a");
    assert!(got.holds("a name too long for a header.txt") && got.holds(ACCOUNT));
    assert!(got.reasons().is_empty());
    let got = golden("archive/package.deb");
    let (segment, _) = got.find(ACCOUNT).expect("the letter is found");
    assert_eq!(segment.path.to_string(), "data.tar.gz › data.tar › letter.txt");
}

#[test]
fn a_disc_is_read_by_its_better_names() {
    let got = golden("archive/disc.iso");
    let (segment, _) = got.find(ACCOUNT).expect("the letter is found");
    let path = segment.path.to_string();
    assert!(path == "letter.txt" || path.ends_with("final version.txt"), "{path}");
    assert!(got.holds("A Folder/deeper/Letter to the supplier, final version.txt"));
    assert!(got.holds("j.bloggs@council.example"));
    let bytes = sample("archive/disc.iso");
    let streamed = read_stream("disc.iso", &bytes, 5000);
    assert_eq!(streamed.assert_balances().segments, got.segments);
    let cut = read("disc.iso", &bytes[..bytes.len() - 3000]);
    assert!(cut.assert_balances().reasons().contains(&Reason::Truncated));
}

#[cfg(feature = "cab")]
#[test]
fn cabinets_are_unpacked_across_their_blocks() {
    let bytes = sample("archive/office.cab");
    let got = read("office.cab", &bytes);
    assert!(got.assert_balances().reasons().is_empty());
    assert!(got.holds(ACCOUNT));
    assert_eq!(got.place_of("4111"), "row 2 (Card number)");
    assert_eq!(got.place_of("5555 5555"), "line 1001, column 18");
    let cut = read("office.cab", &bytes[..bytes.len() - 200]);
    assert!(cut.assert_balances().reasons().contains(&Reason::Truncated));
    assert!(cut.holds("line 500 of the minutes"));
}

#[test]
fn zeros_that_are_no_disc_stay_erased_space() {
    let got = read("blank.img", &[0; 100_000]);
    assert!(got.assert_balances().reasons().is_empty());
    let mut bytes = vec![0; 50_000];
    bytes.extend_from_slice(b"card 4111 1111 1111 1111");
    let got = read("stick.img", &bytes);
    assert!(got.assert_balances().holds("card 4111"));
    assert_eq!(got.reasons(), [Reason::Unsupported]);
}

#[test]
fn no_damage_brings_it_down() {
    for name in ["letter.txt.Z", "letter.txt.lz", "letter.txt.lz4", "old.lz4", "newc.cpio"] {
        survives_damage(&format!("archive/{name}"));
    }
    for name in ["odc.cpio", "bin.cpio", "names.a", "package.deb", "disc.iso", "office.cab"] {
        survives_damage(&format!("archive/{name}"));
    }
}

#[test]
fn the_files_of_others_neither_crash_nor_hang() {
    let kinds = [".cpio", ".iso", ".z", ".lz4", ".lz", ".a", ".deb", ".rpm", ".img", ".cab"];
    super::survives_the_files_of_others(&kinds);
}
