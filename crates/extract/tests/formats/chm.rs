//! Compiled help, made here with LZX that packs nothing, and files of others.

use crate::support::{read, shared, survives_damage_of};
use dlpscan_core::model::Reason;

const CONTROL: &str = "::DataSpace/Storage/MSCompressed/ControlData";
const CONTENT: &str = "::DataSpace/Storage/MSCompressed/Content";
const TABLE: &str = "::DataSpace/Storage/MSCompressed/Transform/{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}/InstanceData/ResetTable";

/// A number of seven bits a byte, the highest first.
fn number(n: usize) -> Vec<u8> {
    let groups = (0..5).rev().map(|i| (n >> (7 * i) & 0x7f) as u8 | if i > 0 { 0x80 } else { 0 });
    groups.collect()
}

/// A frame of LZX that holds these bytes as they are.
fn frame(bytes: &[u8]) -> Vec<u8> {
    // No translation of calls, a block of the third kind, its length.
    let head = 0b0011_u32 << 28 | (bytes.len() as u32) << 4;
    let mut out = Vec::new();
    out.extend(((head >> 16) as u16).to_le_bytes());
    out.extend((head as u16).to_le_bytes());
    out.extend([1_u32, 1, 1].map(u32::to_le_bytes).concat());
    out.extend(bytes);
    out
}

/// Help with these files, the first so many of them in the stream of compressed ones.
fn help(files: &[(&str, &[u8])], packed: usize) -> Vec<u8> {
    let (mut list, mut stream, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    let mut entry = |name: &str, section: usize, at: usize, size: usize| {
        list.extend(number(name.len()));
        list.extend(name.as_bytes());
        list.extend([section, at, size].map(number).concat());
    };
    for (i, (name, bytes)) in files.iter().enumerate() {
        let into = if i < packed { &mut stream } else { &mut plain };
        entry(name, usize::from(i < packed), into.len(), bytes.len());
        into.extend_from_slice(bytes);
    }
    let (mut content, mut starts) = (Vec::new(), Vec::new());
    for bytes in stream.chunks(0x8000) {
        starts.extend((content.len() as u64).to_le_bytes());
        content.extend(frame(bytes));
    }
    let mut control = 6_u32.to_le_bytes().to_vec();
    control.extend(b"LZXC");
    control.extend([2_u32, 1, 2, 1, 0].map(u32::to_le_bytes).concat());
    let mut table = [2_u32, (starts.len() / 8) as u32, 8, 0x28].map(u32::to_le_bytes).concat();
    let sizes = [stream.len(), content.len(), 0x8000].map(|n| (n as u64).to_le_bytes());
    table.extend(sizes.concat());
    table.extend(starts);
    for (name, bytes) in [(CONTENT, &content), (CONTROL, &control), (TABLE, &table)] {
        entry(name, 0, plain.len(), bytes.len());
        plain.extend(bytes);
    }
    let mut block = b"PMGL".to_vec();
    let room = 4096 - 20 - list.len();
    block.extend([room as u32, 0, u32::MAX, u32::MAX].map(u32::to_le_bytes).concat());
    block.extend(list);
    block.resize(4096, 0);
    let mut out = b"ITSF".to_vec();
    out.extend([3_u32, 0x60, 1, 0, 0x409].map(u32::to_le_bytes).concat());
    out.resize(0x38, 7);
    let places = [0x60_u64, 0x18, 0x78, 0x54 + 4096, 0x78 + 0x54 + 4096];
    out.extend(places.map(u64::to_le_bytes).concat());
    out.resize(0x78, 0);
    out.extend(b"ITSP");
    out.extend(
        [1_u32, 0x54, 10, 4096, 2, 1, u32::MAX, 0, 0, u32::MAX, 1].map(u32::to_le_bytes).concat(),
    );
    out.resize(0x78 + 0x54, 0);
    out.extend(block);
    out.extend(plain);
    out
}

fn sample() -> Vec<u8> {
    let mut long = b"<html><body><p>Refunds</p><p>".to_vec();
    long.extend(b"word ".repeat(9000));
    long.extend(b"Sort code 08-99-99, account 66374958</p></body></html>");
    help(
        &[
            ("/refunds.htm", &long),
            ("/#STRINGS", b"\0How to refund a resident\0"),
            ("/prices.csv", b"name,account\nAcme,12345678\n"),
            ("/readme.txt", b"Ask the clerk about 4539 5787 6362 1486."),
        ],
        3,
    )
}

#[test]
fn topics_and_files_of_compiled_help_are_read_by_their_names() {
    let got = read("help.chm", &sample());
    got.assert_balances();
    for (text, path) in [
        ("Sort code 08-99-99", "refunds.htm"),
        ("12345678", "prices.csv"),
        ("4539 5787 6362 1486", "readme.txt"),
    ] {
        assert_eq!(got.find(text).expect(text).0.path.names(), [path]);
    }
    assert!(got.holds("How to refund a resident"));
    assert_eq!(got.reasons(), []);
}

#[test]
fn help_that_is_cut_or_changed_says_so_and_keeps_its_books() {
    let whole = sample();
    let got = read("help.chm", &whole[..whole.len() - 30_000]);
    got.assert_balances();
    assert!(!got.reasons().is_empty());
    // The first byte of the table's frames.
    let mut wrong = whole.clone();
    let at = memchr::memmem::find(&wrong, b"LZXC").expect("the control data");
    wrong[at..at + 4].copy_from_slice(b"XXXX");
    assert_eq!(read("help.chm", &wrong).reasons(), [Reason::Damaged]);
    survives_damage_of("help.chm", &whole, 200);
}

#[test]
fn the_help_of_others_is_read() {
    let Some(folder) = shared("corpora/real/tika") else { return };
    for (name, words) in [
        ("admin.chm", "Send feedback to Visual Studio"),
        ("gpedit.CHM", "Affecter des scripts d\u{2019}arrêt"),
        ("tcpip.CHM", "Onglet DNS avancé pour IPv4"),
    ] {
        let bytes = std::fs::read(folder.join(name)).expect("a file");
        let got = read(name, &bytes);
        got.assert_balances();
        assert!(got.holds(words), "{name}");
        assert!(!got.reasons().contains(&Reason::Damaged), "{name}: {:?}", got.reasons());
    }
}
