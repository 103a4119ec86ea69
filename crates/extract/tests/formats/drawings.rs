//! Drawings, publications and electronic books.

use crate::support::{read, shared};
use dlpscan_extract::{Hint, SNIFF, choose, formats};
use std::io::{Cursor, Write};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

fn package(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in entries {
        zip.start_file(*name, stored).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

#[test]
fn a_drawing_gives_the_texts_and_data_of_its_shapes_with_their_page() {
    let relations = format!(
        "<Relationships xmlns='{RELATIONS}'><Relationship Id='a' Target='page1.xml'/>\
         <Relationship Id='b' Target='page2.xml'/></Relationships>"
    );
    let shape = "<PageContents><Shapes><Shape><Section N='Property'><Row N='Row_1'>\
         <Cell N='Label' V='NI number'/><Cell N='Type' V='0'/><Cell N='Value' V='AB123456C' U='STR'/>\
         </Row></Section><Section N='Geometry'><Row><Cell N='Value' V='7777'/></Row></Section>\
         <Text><cp IX='0'/>card 4111 1111 <cp IX='1'/>1111 1111\n</Text></Shape></Shapes></PageContents>";
    let drawing = package(&[
        ("[Content_Types].xml", "<Types/>"),
        ("visio/pages/_rels/pages.xml.rels", &relations),
        (
            "visio/pages/pages.xml",
            "<Pages xmlns:r='r'><Page><Rel r:id='b'/></Page><Page><Rel r:id='a'/></Page></Pages>",
        ),
        ("visio/pages/page1.xml", shape),
        ("visio/pages/page2.xml", "<PageContents><Text>what comes first</Text></PageContents>"),
    ]);
    let got = read("plan.vsdx", &drawing);
    got.assert_balances();
    assert_eq!(got.reasons(), []);
    assert_eq!(got.place_of("card 4111 1111 1111 1111"), "page 2");
    assert_eq!(got.place_of("NI number: AB123456C"), "page 2");
    assert_eq!(got.place_of("what comes first"), "page 1");
    assert!(!got.holds("7777"), "a line's coordinates are no text");
}

#[test]
fn an_electronic_book_is_told_from_other_archives_and_read() {
    let page = "<html><body><p>card 4111 1111 1111 1111</p></body></html>";
    let book = package(&[
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", "<container/>"),
        ("OEBPS/one.xhtml", page),
    ]);
    let hint = Hint { name: "book.epub", ..Hint::default() };
    let (reader, _) = choose(&formats::all(), &book[..SNIFF.min(book.len())], &hint).unwrap();
    assert_eq!(reader.name(), "epub");
    let got = read("book.epub", &book);
    got.assert_balances();
    let (kept, _) = got.find("4111 1111 1111 1111").unwrap();
    assert_eq!(kept.path.to_string(), "OEBPS/one.xhtml");
}

/// Words that stand in third-party files, and where.
const REAL: &[(&str, &str, &str)] = &[
    ("tika/testVISIO.vsdx", "This is a test.", "page 1"),
    ("poi/NegativeChunkLength.vsd", "Ergebnisse der", "page 2"),
    ("poi/NegativeChunkLength2.vsd", "WeekdaySchedule", "page 1"),
    ("poi/Sample2000.pub", "It is also times new roman, 10 point", "paragraph 8"),
];

#[test]
fn third_party_files_give_the_text_that_stands_in_them() {
    let Some(real) = shared("corpora/real") else { return };
    for &(file, words, place) in REAL {
        let got = read(file, &std::fs::read(real.join(file)).unwrap());
        got.assert_balances();
        assert_eq!(got.place_of(words), place, "{file}");
    }
}
