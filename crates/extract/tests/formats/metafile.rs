//! Windows metafiles: text however it was written, and the pictures in them.

use crate::support::{Collected, read};
use dlpscan_core::model::{Reason, Role};

/// An enhanced metafile of these records, each its type and what follows type and size.
fn emf(records: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut header = vec![0; 80];
    header[32..36].copy_from_slice(b" EMF");
    let mut out = Vec::new();
    for (kind, data) in [&[(1, header)], records, &[(14, vec![0; 12])]].concat() {
        out.extend(kind.to_le_bytes());
        out.extend((data.len() as u32 + 8).to_le_bytes());
        out.extend(data);
    }
    out
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Text at a place, each letter so many units wide.
fn text(x: u32, y: u32, text: &str, step: u32, options: u32) -> (u32, Vec<u8>) {
    let units = utf16(text);
    let count = units.len() as u32 / 2;
    let steps = 76 + units.len().next_multiple_of(4) as u32;
    let mut data = vec![0; 28];
    data.extend(words(&[x, y, count, 76, options, 0, 0, 0, 0, steps]));
    data.extend(&units);
    data.resize(steps as usize - 8, 0);
    data.extend(words(&vec![step; count as usize]));
    (84, data)
}

fn complete(got: &Collected) {
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert!(got.ledger.read_content());
}

#[test]
fn letters_drawn_one_by_one_are_read_as_the_number_they_show() {
    let mut records: Vec<_> = "Card 4539 5787 6362 1486"
        .chars()
        .enumerate()
        .map(|(i, letter)| text(100 + 8 * i as u32, 50, &letter.to_string(), 8, 0))
        .collect();
    records.reverse();
    let got = read("chart.emf", &emf(&records));
    complete(&got);
    assert_eq!(got.place_of("Card 4539 5787 6362 1486"), "line 1");
}

#[test]
fn columns_of_a_drawn_table_have_their_headers() {
    let mut records = Vec::new();
    let rows = [["Name", "Sort code", "Account"], ["A Hall", "20-00-00", "55779911"]];
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            records.push(text(300 * column as u32, 40 * row as u32, cell, 8, 0));
        }
    }
    let got = read("table.emf", &emf(&records));
    complete(&got);
    assert_eq!(got.place_of("55779911"), "picture!C2 (Account)");
}

#[test]
fn text_written_as_numbers_of_glyphs_is_said_not_to_be_read() {
    let got = read("a.emf", &emf(&[text(0, 0, "%$#", 8, 0x10)]));
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Unsupported]);
}

/// A GDI+ record in a comment.
fn plus(kind: u16, flags: u16, data: &[u8]) -> (u32, Vec<u8>) {
    let mut comment = b"EMF+".to_vec();
    comment.extend(kind.to_le_bytes());
    comment.extend(flags.to_le_bytes());
    comment.extend(words(&[data.len() as u32 + 12, data.len() as u32]));
    comment.extend(data);
    (70, [words(&[comment.len() as u32]), comment].concat())
}

#[test]
fn what_gdi_plus_writes_is_read_once() {
    let mut string = words(&[0, 0, 24, 0, 0, 0, 0]);
    string.extend(utf16("Card 4539 5787 6362 1486"));
    let both = [plus(0x401C, 0, &string), text(0, 0, "Card 4539 5787 6362 1486", 8, 0)];
    for records in [&both[..], &both[..1]] {
        let got = read("a.emf", &emf(records));
        complete(&got);
        let texts = got.segments.iter().filter(|s| s.role != Role::Raw);
        let held = |s: &crate::support::Kept| s.body().windows(4).filter(|w| w == b"4539").count();
        assert_eq!(texts.map(held).sum::<usize>(), 1);
    }
}

#[test]
fn pictures_and_drawings_within_a_drawing_are_parts_of_it() {
    let inner = emf(&[text(0, 0, "sort code 20-00-00", 8, 0)]);
    let mut image = words(&[0, 2, 3, inner.len() as u32]);
    image.extend(&inner);
    let (first, rest) = image.split_at(50);
    let piece = [words(&[image.len() as u32]), first.to_vec()].concat();
    let records = [plus(0x4008, 0x8500, &piece), plus(0x4008, 0x0500, rest)];
    let got = read("a.emf", &emf(&records));
    complete(&got);
    let (kept, _) = got.find("sort code 20-00-00").expect("the inner drawing");
    assert_eq!(kept.path.names(), ["picture 1"]);
    // 200 by 80 pixels of one colour, too large to be an icon: nobody can read it here.
    let mut paint = vec![0; 40];
    paint.extend(words(&[80, 40, 120, 64_000, 0, 0xCC0020, 200, 80]));
    paint.extend(words(&[40, 200, 80, 1 | 32 << 16, 0, 0, 0, 0, 0, 0]));
    paint.extend(vec![7; 64_000]);
    let got = read("a.emf", &emf(&[(81, paint)]));
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::NoOcr]);
    assert_eq!(got.ledger.notes()[0].part.names(), ["picture 1"]);
}

/// A metafile of 16-bit Windows with these records: function and arguments.
fn wmf(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (function, data) in [records, &[(0, Vec::new())]].concat() {
        body.extend((3 + data.len() as u32 / 2).to_le_bytes());
        body.extend(function.to_le_bytes());
        body.extend(data);
    }
    let mut out = b"\x01\0\x09\0\0\x03".to_vec();
    out.extend(words(&[9 + body.len() as u32 / 2]));
    out.extend([1, 0]);
    out.extend(words(&[1000]));
    out.extend([0, 0]);
    [out, body].concat()
}

fn shorts(shorts: &[i16]) -> Vec<u8> {
    shorts.iter().flat_map(|n| n.to_le_bytes()).collect()
}

#[test]
fn old_metafiles_are_read_in_the_charset_of_their_font() {
    let mut greek = shorts(&[-16, 0, 0, 0, 400]);
    greek.extend([0, 0, 0, 161, 0, 0, 0, 0]);
    let mut plain = shorts(&[8]);
    plain.extend(b"55779911");
    plain.extend(shorts(&[100, 10]));
    let mut placed = shorts(&[200, 10, 5, 0]);
    placed.extend(b"\xcf\xed\xef\xec\xe1\0");
    placed.extend(shorts(&[8, 8, 8, 8, 8]));
    let records = [
        (0x020C, shorts(&[-1000, 2000])),
        (0x02FB, greek),
        (0x0521, plain),
        (0x012D, shorts(&[0])),
        (0x0A32, placed),
    ];
    let bare = wmf(&records);
    let framed = [b"\xd7\xcd\xc6\x9a".as_slice(), &[0; 18], &bare].concat();
    for bytes in [&bare, &framed] {
        let got = read("a.wmf", bytes);
        complete(&got);
        assert!(got.holds("55779911"));
        assert!(got.holds("Ονομα"), "{}", got.text());
    }
}

#[test]
fn a_placed_metafile_within_gdi_plus_is_read() {
    let plain = [shorts(&[8]), b"55779911".to_vec(), shorts(&[100, 10])].concat();
    let inner = [b"\xd7\xcd\xc6\x9a".as_slice(), &[0; 20], &wmf(&[(0x0521, plain)])].concat();
    let image = [words(&[0, 2, 2, inner.len() as u32]), inner].concat();
    let got = read("a.emf", &emf(&[plus(0x4008, 0x0500, &image)]));
    complete(&got);
    assert_eq!(got.find("55779911").expect("the inner drawing").0.path.names(), ["picture 1"]);
}

#[test]
fn what_is_cut_or_makes_no_sense_is_said() {
    let whole = emf(&[text(0, 0, "Card 4539 5787 6362 1486", 8, 0)]);
    for cut in (44..whole.len()).step_by(3) {
        let got = read("a.emf", &whole[..cut]);
        got.assert_balances();
        assert_eq!(got.reasons(), [Reason::Truncated], "{cut}");
    }
    let old = wmf(&[(0x0521, [shorts(&[4]), b"abcd".to_vec(), shorts(&[1, 1])].concat())]);
    for cut in 22..old.len() {
        assert_eq!(read("a.wmf", &old[..cut]).reasons(), [Reason::Truncated], "{cut}");
    }
    let mut odd = whole.clone();
    odd[88 + 4] = 0;
    assert!(read("a.emf", &odd).reasons().contains(&Reason::Damaged));
    crate::support::survives_damage_of("a.emf", &whole, 300);
    crate::support::survives_damage_of("a.wmf", &old, 300);
}
