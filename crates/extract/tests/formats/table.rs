//! Tables as text.

use crate::support::{KeptLayout, golden, read, read_stream};
use dlpscan_core::model::Place;

#[test]
fn the_samples_give_the_segments_beside_them() {
    let suppliers = golden("table/suppliers.csv");
    assert_eq!(suppliers.segments[0].title, "Supplier payments");
    assert_eq!(suppliers.place_of("66374958"), "row 3 (Account number)");
    assert_eq!(suppliers.place_of("20-29-59"), "row 6 (Sort code)");
    assert_eq!(suppliers.place_of("70872490"), "row 7 (Supplier)");
    assert_eq!(suppliers.raw_of("88837491"), Some(142..150));
    let staff = golden("table/staff.tsv");
    assert_eq!(staff.place_of("CE 10 00 00 A"), "row 3 (NI number)");
}

fn large(rows: usize) -> String {
    let mut text = String::from("Name,Sort code,Account number\n");
    for i in 0..rows {
        text.push_str(&format!("\"Payee, number {i}\",08-99-99,{:08}\n", 10_000_000 + i));
    }
    text
}

#[test]
fn a_large_table_comes_in_windows_of_whole_rows() {
    let text = large(70_000);
    let got = read("payees.csv", text.as_bytes());
    got.assert_balances();
    assert!(got.segments.len() > 1);
    let rows: usize =
        got.segments.iter().map(|s| memchr::memchr_iter(b'\n', s.body()).count()).sum();
    assert_eq!(rows, 70_001);
    for segment in &got.segments {
        assert!(segment.body().ends_with(b"\n"));
        let KeptLayout::Table(table) = &segment.layout else { panic!("a table") };
        assert_eq!(table.headers[2], "Account number");
        for cell in &table.cells {
            assert!(cell.span.end <= segment.text.len() || cell.span.start >= segment.body.end);
        }
    }
    for i in (0..70_000).step_by(997) {
        let number = format!("{:08}", 10_000_000 + i);
        assert_eq!(got.begins_in(&number), 1);
        let (segment, at) = got.find(&number).unwrap();
        let row = i as u64 + 2;
        let column = Some("Account number".to_owned());
        assert_eq!(segment.place_at(at), Place::Row { row, column });
        let raw = got.raw_of(&number).unwrap();
        assert_eq!(&text[raw.start as usize..raw.end as usize], number);
    }
}

#[test]
fn a_streamed_table_is_the_same_table() {
    let text = large(30_000);
    let whole = read("payees.csv", text.as_bytes());
    assert_eq!(read_stream("payees.csv", text.as_bytes(), 7_001).segments, whole.segments);
}

#[test]
fn a_row_longer_than_a_window_is_still_scanned() {
    let mut text = String::from("Name,Notes,Card\nJo,");
    text.push_str(&"x".repeat(3 << 20));
    text.push_str(",4111111111111111\nAl,short,5500005555555559\n");
    let got = read("a.csv", text.as_bytes());
    got.assert_balances();
    assert_eq!(got.begins_in("4111111111111111"), 1);
    assert_eq!(got.place_of("4111111111111111"), "row 2 (Card)");
    assert_eq!(got.place_of("5500005555555559"), "row 3 (Card)");
}

#[test]
fn a_quote_that_is_never_closed_loses_nothing() {
    let mut text = String::from("Name,Notes,Card\n\"Jo,a,1\n");
    for i in 0..10_000 {
        text.push_str(&format!("Al,b,{i:016}\n"));
    }
    let got = read("a.csv", text.as_bytes());
    got.assert_balances();
    assert!((0..10_000).step_by(313).all(|i| got.holds(&format!("{i:016}"))));
}

#[test]
fn prose_named_csv_is_read_as_text() {
    let got = read("news.csv", b"Newsletter\nThe fete is on Sunday.\nCard 4111111111111111\n");
    assert_eq!(got.place_of("4111111111111111"), "line 3, column 6");
}

/// A dBase table of two columns.
fn dbase(rows: &[(u8, &str, &str)]) -> Vec<u8> {
    let mut out = vec![3, 126, 11, 22];
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend([97, 0, 41, 0]);
    out.resize(32, 0);
    for (name, kind, len) in [("ACCOUNT_NO", b'C', 32), ("BORN", b'D', 8)] {
        let mut field = name.as_bytes().to_vec();
        field.resize(32, 0);
        (field[11], field[16]) = (kind, len);
        out.extend(field);
    }
    out.push(0x0d);
    for (mark, account, born) in rows {
        out.push(*mark);
        out.extend(format!("{account:<32}{born:<8}").bytes());
    }
    out.push(0x1a);
    out
}

#[test]
fn the_rows_of_a_dbase_table_stand_under_their_columns_deleted_ones_too() {
    let bytes = dbase(&[(b' ', "08-99-99 66374958", "19850506"), (b'*', "20-00-00 12345678", "")]);
    let got = read("members.dbf", &bytes);
    got.assert_balances();
    assert!(got.reasons().is_empty());
    assert_eq!(got.place_of("08-99-99 66374958"), "row 1 (ACCOUNT_NO)");
    assert_eq!(got.raw_of("08-99-99 66374958"), Some(98..115));
    assert_eq!(got.place_of("1985-05-06"), "row 1 (BORN)");
    assert_eq!(got.place_of("20-00-00 12345678"), "row 2 (ACCOUNT_NO)");
}

#[test]
fn a_dbase_table_without_its_end_is_said_to_be_cut_and_no_damage_brings_it_down() {
    let whole = dbase(&[(b' ', "08-99-99 66374958", "19850506"); 20]);
    let cut = read("cut.dbf", &whole[..300]);
    cut.assert_balances();
    assert_eq!(cut.reasons(), [dlpscan_core::model::Reason::Truncated]);
    crate::support::survives_damage_of("members.dbf", &whole, 100);
}
