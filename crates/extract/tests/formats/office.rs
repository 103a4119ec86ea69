//! Office files: what comes out of them, where it says it stood, and what the ledger says.

use crate::support::{Collected, golden, read, shared};
use dlpscan_core::model::{Reason, Status};
use std::collections::HashMap;

const OFFICE: &[&str] =
    &["docx", "xlsx", "pptx", "odt", "ods", "lo-odp", "lo-doc", "lo-xls", "lo-ppt"];

const SAMPLES: &[&str] = &[
    "letter.docx",
    "suppliers.xlsx",
    "briefing.pptx",
    "letter.odt",
    "suppliers.ods",
    "briefing.odp",
    "letter.fodt",
    "suppliers.xls",
    "letter.doc",
    "briefing.ppt",
];

#[test]
fn the_samples_give_the_segments_beside_them() {
    for sample in SAMPLES {
        let got = golden(&format!("document/{sample}"));
        assert!(got.reasons().is_empty(), "{sample}: {:?}", got.reasons());
    }
}

#[test]
fn locked_documents_are_named_as_encrypted() {
    for sample in ["locked.xls", "locked.doc", "locked.odt"] {
        let got = golden(&format!("document/{sample}"));
        assert_eq!(got.reasons(), [Reason::Encrypted], "{sample}");
    }
    assert_eq!(read("a.docx", &agile()).reasons(), [Reason::Encrypted]);
}

/// A document that is really encrypted.
fn agile() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/locked/agile.docx");
    std::fs::read(path).expect("the sample")
}

#[test]
fn a_lock_that_does_not_say_how_it_locks_is_damaged() {
    let got = golden("document/locked.docx");
    assert_eq!(got.reasons(), [Reason::Encrypted, Reason::Damaged]);
    let mut bytes = agile();
    let at = bytes.windows(8).position(|w| w == b"keyBits=").expect("its description");
    bytes[at + 2] = b'z';
    let got = read("a.docx", &bytes);
    got.assert_balances();
    assert_eq!(got.reasons(), [Reason::Encrypted, Reason::Damaged]);
}

#[test]
fn what_stands_beside_an_encrypted_document_in_the_clear_is_read() {
    let mut file = cfb::CompoundFile::open(std::io::Cursor::new(agile())).expect("a file");
    file.create_storage_all("/\u{6}DataSpaces").expect("a storage");
    for path in ["/note", "/\u{6}DataSpaces/note"] {
        let mut stream = file.create_stream(path).expect("a stream");
        std::io::Write::write_all(&mut stream, b"account 66374958").expect("room");
    }
    file.flush().expect("room");
    let got = read("a.docx", file.into_inner().get_ref());
    got.assert_balances();
    assert_eq!(got.begins_in("66374958"), 2);
    assert_eq!(got.reasons(), [Reason::Encrypted, Reason::Unsupported]);
    assert_eq!(got.ledger.status(1), Status::Unscannable);
}

/// A metafile that writes a card number.
fn written() -> Vec<u8> {
    let text: Vec<u8> = "4539 5787 6362 1486".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut emf = Vec::new();
    let mut header = vec![0; 80];
    header[32..36].copy_from_slice(b" EMF");
    let mut written = vec![0; 28];
    for word in [5, 5, 19_u32, 76, 0, 0, 0, 0, 0, 0] {
        written.extend(word.to_le_bytes());
    }
    written.extend(&text);
    for (kind, data) in [(1_u32, header), (84, written), (14, vec![0; 12])] {
        emf.extend(kind.to_le_bytes());
        emf.extend((data.len() as u32 + 8).to_le_bytes());
        emf.extend(data);
    }
    emf
}

/// A record of a packed metafile that writes a card number, and one of a picture of 200 by 80 pixels.
fn pictures() -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, &written()).expect("room");
    let packed = packer.finish().expect("room");
    let mut dib = Vec::new();
    for word in [40, 200, 80, 1 | 8 << 16, 0, 0, 0, 0, 1, 0, 0_u32] {
        dib.extend(word.to_le_bytes());
    }
    dib.extend([0; 16_000]);
    let mut out = b"\x40\x3d\x1a\xf0".to_vec();
    out.extend((packed.len() as u32 + 50).to_le_bytes());
    out.extend([0; 48]);
    out.extend([0, 0xfe]);
    out.extend(packed);
    out.extend(b"\x80\x7a\x1f\xf0");
    out.extend((dib.len() as u32 + 17).to_le_bytes());
    out.extend([0; 17]);
    out.extend(dib);
    out
}

/// The sample with another stream in place of, or beside, its own.
fn with_stream(sample: &str, path: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let bytes = std::io::Cursor::new(crate::support::sample(sample));
    let mut file = cfb::CompoundFile::open(bytes).expect("a compound file");
    let mut old = Vec::new();
    if let Ok(mut stream) = file.open_stream(path) {
        std::io::Read::read_to_end(&mut stream, &mut old).expect("the stream");
    }
    let mut stream = file.create_stream(path).expect("a stream");
    std::io::Write::write_all(&mut stream, &change(old)).expect("room");
    drop(stream);
    file.flush().expect("room");
    file.into_inner().into_inner()
}

#[test]
fn pictures_in_old_documents_are_read_or_said_not_to_be() {
    let beside_text = with_stream("document/letter.doc", "/WordDocument", |mut old| {
        old.extend(pictures());
        old
    });
    let inline = with_stream("document/letter.doc", "/Data", |_| pictures());
    let sheet = with_stream("document/suppliers.xls", "/Workbook", |old| {
        // Behind the first record, in pieces as long as a record can be.
        let at = 4 + usize::from(u16::from_le_bytes([old[2], old[3]]));
        let mut out = old[..at].to_vec();
        for (i, piece) in pictures().chunks(8_224).enumerate() {
            out.extend([0xEB_u16, 0xEB, 0x3C][i.min(2)].to_le_bytes());
            out.extend((piece.len() as u16).to_le_bytes());
            out.extend(piece);
        }
        out.extend(&old[at..]);
        out
    });
    for (name, bytes) in [("a.doc", beside_text), ("b.doc", inline), ("c.xls", sheet)] {
        let got = read(name, &bytes);
        got.assert_balances();
        let (kept, _) = got.find("4539 5787 6362 1486").expect(name);
        assert_eq!(kept.path.names(), ["picture 1"], "{name}");
        assert_eq!(got.reasons(), [Reason::NoOcr], "{name}");
        assert_eq!(got.ledger.notes()[0].part.names(), ["picture 2"], "{name}");
    }
}

#[test]
fn documents_in_old_presentations_and_macros_are_parts_of_them() {
    let inner = with_storage("document/letter.doc", &[
        ("/Macros/VBA/_VBA_PROJECT", b"\xcc\x61"),
        ("/Macros/VBA/__SRP_0", b"\x93\x4b"),
        ("/Macros/VBA/dir", b"\x01\x03\xb0\x02a\x45\x00"),
        (
            "/Macros/VBA/Module1",
            b"compiled\x01\x2b\xb0\x00Attribut\x00e VB_Nam\x00e = \"A\"\r\x00\n' pin 6\x006374958",
        ),
        ("/ObjectPool/_1/\u{3}EPRINT", &written()),
        ("/MsoDataStore/Item", b"<?xml version=\"1.0\"?><r><a>55779912</a></r>"),
    ]);
    let got = read("a.doc", &inner);
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert_eq!(got.find("pin 66374958").expect("the macro").0.path.names(), ["Module1.bas"]);
    assert_eq!(got.find("4539 5787 6362 1486").expect("it").0.path.names(), ["preview"]);
    assert_eq!(got.find("55779912").expect("the data").0.path.names(), ["Item"]);
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, &inner).expect("room");
    let packed = packer.finish().expect("room");
    // Without the checksum at its end, as PowerPoint packs it.
    let packed = [&(inner.len() as u32).to_le_bytes(), &packed[..packed.len() - 4]].concat();
    for (mark, object) in [(0x10, packed), (0, inner)] {
        let show = with_stream("document/briefing.ppt", "/PowerPoint Document", |old| {
            let len = (object.len() as u32).to_le_bytes();
            [&[mark, 0, 0x11, 0x10][..], &len, &object, &old].concat()
        });
        let got = read("a.ppt", &show);
        got.assert_balances();
        assert_eq!(got.reasons(), []);
        let (kept, _) = got.find("pin 66374958").expect("the macro");
        assert_eq!(kept.path.names(), ["object 1", "Module1.bas"]);
    }
}

/// The sample with these streams beside its own.
fn with_storage(sample: &str, streams: &[(&str, &[u8])]) -> Vec<u8> {
    let bytes = std::io::Cursor::new(crate::support::sample(sample));
    let mut file = cfb::CompoundFile::open(bytes).expect("a compound file");
    for (path, data) in streams {
        let folder = path.rsplit_once('/').expect("a path").0;
        file.create_storage_all(folder).expect("a storage");
        let mut stream = file.create_stream(path).expect("a stream");
        std::io::Write::write_all(&mut stream, data).expect("room");
    }
    file.flush().expect("room");
    file.into_inner().into_inner()
}

#[test]
fn a_word_file_is_read_in_every_corner() {
    let got = golden("document/letter.docx");
    assert!(got.holds("Card 4111 1111 1111 1111"), "runs join");
    assert!(got.holds("5555-5555-5555-4444\tafter a tab\nnext line"));
    assert!(got.holds("Account 66374959\nAccount 66374958"), "as it is and as it was");
    assert_eq!(got.text().matches("in a text box").count(), 1, "what stands twice is given once");
    for words in ["hidden words", "mailto:a.clerk", "alternative text", "a comment", "a footnote"] {
        assert!(got.holds(words), "{words}");
    }
    assert!(got.holds("https://council.example/?ref=AB 12"));
    assert_eq!(got.place_of("88837491"), "row 3 (Account number)");
    assert_eq!(got.place_of("5555-"), "paragraph 2");
    assert_eq!(
        got.place_of("Confidential"),
        "property MSIP_Label_00000000-1111-2222-3333-444444444444_Name"
    );
}

#[test]
fn a_sheet_shows_its_cells_as_a_person_sees_them() {
    let got = golden("document/suppliers.xlsx");
    assert_eq!(got.place_of("66374958"), "Suppliers!C4 (Account number)");
    assert_eq!(got.place_of("10-79-99"), "Suppliers!B5 (Sort code)");
    assert_eq!(got.place_of("28/02/2022"), "Suppliers!D4 (Since)");
    assert_eq!(got.place_of("very hidden"), "Old!B9");
    assert_eq!(got.place_of("a cell comment"), "Suppliers!B4");
    for words in [
        "4111111111111111",
        "Bolt & Co",
        "text in no cell",
        "Rate: \"AB123456C\"",
        "red,green",
        "OFFICIAL-SENSITIVE",
        "pivoted\t12345678",
    ] {
        assert!(got.holds(words), "{words}");
    }
}

#[test]
fn a_binary_workbook_is_read_like_any_other() {
    let got = golden("document/suppliers.xlsb");
    assert_eq!(got.place_of("08-99-99"), "Suppliers!B4 (Sort code)");
    assert_eq!(got.place_of("66374958"), "Suppliers!C4 (Account number)");
    assert_eq!(got.place_of("4111 1111 1111 1111"), "Suppliers!D4 (Card number)");
    assert_eq!(got.place_of("Quarry Lane Ltd"), "Suppliers!A5 (Payee)");
    assert_eq!(got.place_of("55779911"), "Suppliers!C5 (Account number)");
    assert_eq!(got.place_of("31926819"), "Suppliers!C4");
    assert_eq!(got.place_of("5555 5555 5555 4444"), "property text in no cell");
    assert!(got.holds("Confidential: NINO CE 12 34 56 C"));
    assert!(got.reasons().is_empty());
}

#[test]
fn slides_are_numbered_in_the_order_they_are_shown() {
    let got = golden("document/briefing.pptx");
    assert_eq!(got.place_of("card 4111 1111"), "slide 1");
    assert_eq!(got.place_of("Shown second"), "slide 2");
    assert_eq!(got.place_of("notes of the second"), "slide 2");
    assert_eq!(got.place_of("QQ123456C"), "slide 2!B2 (NI number)");
}

#[test]
fn a_number_that_a_sheet_shows_short_is_given_in_full() {
    let got = golden("document/suppliers.ods");
    assert_eq!(got.place_of("4111111111111111"), "Suppliers!D5 (Card number)");
    assert_eq!(got.place_of("a remark"), "Suppliers!C5");
}

/// A package of stored entries.
fn package(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn document(body: &str) -> Vec<u8> {
    let xml = format!("<w:document><w:body>{body}</w:body></w:document>");
    package(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml.as_bytes())])
}

#[test]
fn a_value_on_the_cut_between_two_windows_is_begun_once() {
    const CARD: &str = "4111 1111 1111 1111";
    for shift in (0..40).step_by(3) {
        let filler = "x".repeat((1 << 20) + 4096 - 40 + shift);
        let long = document(&format!("<w:p><w:t>{filler} {CARD} {filler}</w:t></w:p>"));
        assert_eq!(read("a.docx", &long).begins_in(CARD), 1, "shift {shift}");
    }
}

#[test]
fn a_long_table_keeps_its_headers_and_row_numbers_in_every_window() {
    let mut rows = String::from(
        "<w:tr><w:tc><w:p><w:t>Payee</w:t></w:p></w:tc><w:tc><w:p><w:t>Account number</w:t></w:p></w:tc></w:tr>",
    );
    for i in 0..60_000 {
        rows += &format!(
            "<w:tr><w:tc><w:p><w:t>Somebody of that name</w:t></w:p></w:tc><w:tc><w:p><w:t>{}</w:t></w:p></w:tc></w:tr>",
            10_000_000 + i
        );
    }
    let got = read("a.docx", &document(&format!("<w:tbl>{rows}</w:tbl>")));
    assert!(got.segments.len() > 1);
    assert_eq!(got.place_of("10000000"), "row 2 (Account number)");
    assert_eq!(got.place_of("10059999"), "row 60001 (Account number)");
    assert!((0..60_000).step_by(97).all(|i| got.begins_in(&format!("{}", 10_000_000 + i)) == 1));
}

#[test]
fn labels_in_the_first_column_are_no_row_of_headers() {
    let row = |a: &str, b: &str| {
        format!(
            "<w:tr><w:tc><w:p><w:t>{a}</w:t></w:p></w:tc><w:tc><w:p><w:t>{b}</w:t></w:p></w:tc></w:tr>"
        )
    };
    let form = row("Name", "Jo Bloggs")
        + &row("Date of birth", "1 May 1970")
        + &row("Phone", "020 7946 0000");
    let got = read("a.docx", &document(&format!("<w:tbl>{form}</w:tbl>")));
    assert_eq!(got.place_of("1 May 1970"), "row 2 (column 2)");
}

#[test]
fn a_file_inside_a_document_is_read_as_what_it_is() {
    let inner = document("<w:p><w:t>inside the inner one</w:t></w:p>");
    let outer = package(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", b"<w:document><w:p><w:t>outer</w:t></w:p></w:document>"),
        ("word/embeddings/Microsoft_Word_Document.docx", &inner),
    ]);
    let got = read("outer.docx", &outer);
    got.assert_balances();
    let (segment, _) = got.find("inside the inner one").unwrap();
    assert_eq!(segment.path.to_string(), "word/embeddings/Microsoft_Word_Document.docx");
}

#[test]
fn damage_in_one_part_leaves_the_others_readable() {
    let mut bytes = document("<w:p><w:t>still here</w:t></w:p>");
    let at = memchr::memmem::find(&bytes, b"[Content_Types].xml").unwrap() + 25;
    bytes[at] ^= 0x55;
    let got = read("a.docx", &bytes);
    got.assert_balances();
    assert!(got.holds("still here"));
    assert_eq!(got.reasons(), [Reason::Damaged]);
}

#[test]
fn own_entities_are_refused_and_the_rest_is_read() {
    let xml = b"<!DOCTYPE a [<!ENTITY x \"many\">]><w:document><w:p><w:t>seen &x;</w:t></w:p></w:document>";
    let got = read(
        "a.docx",
        &package(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml)]),
    );
    assert!(got.holds("seen &x;"));
    assert_eq!(got.reasons(), [Reason::DtdRefused]);
}

#[test]
fn deep_nesting_and_unclosed_elements_are_read_to_the_end() {
    let body = "<w:p><w:tbl><w:tr><w:tc>".repeat(20_000) + "<w:p><w:t>at the bottom</w:t></w:p>";
    let got = read("a.docx", &document(&body));
    got.assert_balances();
    assert!(got.holds("at the bottom"));
}

/// Numbers that look random and are the same every time (xorshift).
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

#[test]
fn samples_with_changed_bytes_are_read_without_giving_up() {
    let mut state = 0x2545_F491_4F6C_DD1D;
    for sample in SAMPLES {
        let path = format!("{}/../../corpus/formats/document/{sample}", env!("CARGO_MANIFEST_DIR"));
        let whole = std::fs::read(path).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 6 {
                let at = next(&mut state) % bytes.len();
                bytes[at] = next(&mut state) as u8;
            }
            if round % 5 == 0 {
                bytes.truncate(next(&mut state) % bytes.len());
            }
            let got = read(sample, &bytes);
            got.assert_balances();
            let gave_up = |n: &dlpscan_core::model::Note| {
                n.detail.as_deref().is_some_and(|d| d.contains("gave up"))
            };
            assert!(!got.ledger.notes().iter().any(gave_up), "{sample} in round {round}");
        }
    }
}

fn field<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let rest = &line[line.find(&format!("\"{key}\": \""))? + key.len() + 5..];
    Some(&rest[..rest.find('"')?])
}

/// As the scoring tool compares: letters and digits only, in lower case.
fn norm(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '@');
    kept.collect::<String>().to_ascii_lowercase()
}

#[test]
fn every_planted_value_of_the_office_files_is_in_their_text() {
    let Some(root) = shared("corpora/planted") else { return };
    let truth = std::fs::read_to_string(root.join("truth.jsonl")).unwrap();
    let mut texts: HashMap<String, (Collected, String)> = HashMap::new();
    let mut missing = Vec::new();
    for line in truth.lines() {
        let file = field(line, "file").unwrap();
        if !OFFICE.contains(&file.split('/').next().unwrap()) {
            continue;
        }
        let (_, text) = texts.entry(file.to_owned()).or_insert_with(|| {
            let got = read(file, &std::fs::read(root.join(file)).unwrap());
            got.assert_balances();
            let text = norm(&got.text());
            (got, text)
        });
        if !text.contains(&norm(field(line, "value").unwrap())) {
            missing.push(format!("{file}: {}", field(line, "where").unwrap_or("")));
        }
    }
    assert!(texts.len() > 40 && missing.is_empty(), "missing: {missing:#?}");
    let payroll = &texts["xlsx/payroll-00.xlsx"].0;
    assert_eq!(payroll.place_of("41174453"), "Sheet1!D5 (Account number)");
}

#[test]
fn hidden_corners_of_office_files_are_read() {
    let Some(root) = shared("hostile") else { return };
    let truth = std::fs::read_to_string(root.join("TRUTH_dev.jsonl")).unwrap();
    let mut count = 0;
    for line in truth.lines() {
        let family = field(line, "family").unwrap();
        let wanted = field(line, "should_find").unwrap() == "yes";
        if !wanted || !["docx", "xlsx", "pptx", "odf"].contains(&family) {
            continue;
        }
        let file = field(line, "file").unwrap();
        let got = read(file, &std::fs::read(root.join(file)).unwrap());
        let text = norm(&got.text());
        let whole = norm(field(line, "display").unwrap());
        let value = norm(field(line, "value").unwrap());
        // A sort code and an account in two columns stand apart.
        let pieces = field(line, "value").unwrap().split('/').all(|p| text.contains(&norm(p)));
        assert!(text.contains(&whole) || text.contains(&value) || pieces, "{file}");
        count += 1;
    }
    assert!(count >= 25, "{count} files");
}
