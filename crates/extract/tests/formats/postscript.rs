//! PostScript.

use crate::support::{read, survives_damage_of};
use dlpscan_core::model::Reason;

const PROGRAM: &[u8] = b"%!PS-Adobe-3.0\n%%For: A. Clerk\n\
    72 720 moveto (Card number 4539 ) show (5787 6362 1486) show\n\
    72 700 moveto (Whole: 08-99-99) show\n\
    0 -12 Td [(A)-20(ccount)-300(66)10(37)5(4958)] TJ\n\
    72 680 a(Sort)28 b(co)-1 b(de)27 b(08\\05588\\05599) b(\\(new\\)) b\nshowpage\n";

#[test]
fn pieces_of_words_and_numbers_are_put_together() {
    for bytes in [PROGRAM.to_vec(), [b"\x1b%-12345X@PJL\n", PROGRAM].concat()] {
        let got = read("a.ps", &bytes);
        got.assert_balances();
        assert_eq!(got.reasons(), [Reason::Unsupported]);
        assert_eq!(got.begins_in("Card number 4539 5787 6362 1486"), 1);
        assert_eq!(got.begins_in("Whole: 08-99-99"), 1, "what stands in one piece is given once");
        assert!(got.holds("Account 66374958"));
        assert!(got.holds("Sort code 08-88-99(new)"), "{}", got.text());
        assert!(got.holds("For: A. Clerk"));
    }
    let got = read("a.ps", PROGRAM);
    assert_eq!(got.place_of("Card number 4539 5787"), "line 3");
    survives_damage_of("a.ps", PROGRAM, 200);
}

#[test]
fn a_picture_with_a_preview_is_read_as_both() {
    let mut bytes = b"\xc5\xd0\xd3\xc6".to_vec();
    for number in [30, PROGRAM.len() as u32, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([0xff, 0xff]);
    bytes.extend(PROGRAM);
    let got = read("a.eps", &bytes);
    got.assert_balances();
    let (kept, _) = got.find("Card number 4539 5787 6362 1486").expect("the program's words");
    assert_eq!(kept.path.names(), ["program"]);
    assert!(read("a.eps", &bytes[..200]).reasons().contains(&Reason::Truncated));
    survives_damage_of("a.eps", &bytes, 200);
}
