//! What becomes of a character when a text is folded.
//!
//! This is the part of Unicode's compatibility mapping (NFKC, UAX #15) and of its confusables
//! (UTS #39) that matters for numbers, keywords and markings, from small tables of our own.

/// What becomes of a character.
pub(super) enum Fate {
    Keep,
    Delete,
    Byte(u8),
    Bytes(&'static [u8]),
    /// A letter that looks like this one; only folded among ASCII letters and digits.
    LooksLike(u8),
}

/// What becomes of it.
pub(super) fn fate(c: char) -> Fate {
    let code = u32::from(c);
    match code {
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => Fate::Byte(b' '),
        0x85 | 0x2028 | 0x2029 => Fate::Byte(b'\n'),
        0x2010..=0x2015 | 0x2212 | 0xFE58 | 0xFE63 => Fate::Byte(b'-'),
        0x2018 | 0x2019 | 0x201B | 0x2032 => Fate::Byte(b'\''),
        0x201C | 0x201D | 0x201F | 0x2033 => Fate::Byte(b'"'),
        0x2044 | 0x2215 => Fate::Byte(b'/'),
        0x2024 | 0xFE52 => Fate::Byte(b'.'),
        0x2026 => Fate::Bytes(b"..."),
        0x2192 | 0x21D2 | 0x2794 | 0x2799 | 0x279C | 0x279E | 0x27A1 | 0x27F6 => {
            Fate::Bytes(b"->")
        }
        0x2500 | 0x2501 | 0x2550 => Fate::Byte(b'-'),
        0x2502 | 0x2503 | 0x2551 => Fate::Byte(b'|'),
        0x2236 | 0xFE55 => Fate::Byte(b':'),
        0xFE6B => Fate::Byte(b'@'),
        // Soft hyphen, joiners, zero width, direction, word joiner, variation selectors, tags.
        0xAD
        | 0x34F
        | 0x61C
        | 0x180E
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x2064
        | 0x2066..=0x2069
        // The key around a figure in a keycap emoji.
        | 0x20E3
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xE0000..=0xE007F
        | 0xE0100..=0xE01EF => Fate::Delete,
        0xFB00..=0xFB06 => Fate::Bytes(LIGATURES[(code - 0xFB00) as usize]),
        0xFF01..=0xFF5E => Fate::Byte((code - 0xFEE0) as u8),
        0x1D400..=0x1D6A3 => {
            let letter = ((code - 0x1D400) % 52) as u8;
            Fate::Byte(if letter < 26 { b'A' + letter } else { b'a' + letter - 26 })
        }
        0x1D7CE..=0x1D7FF => Fate::Byte(b'0' + ((code - 0x1D7CE) % 10) as u8),
        0x2460..=0x2468 => Fate::Byte(b'1' + (code - 0x2460) as u8),
        0x370..=0x52F => match look_alike(c) {
            Some(byte) => Fate::LooksLike(byte),
            None => Fate::Keep,
        },
        0x660..=0x1FBF9 => match digit(code) {
            Some(byte) => Fate::Byte(byte),
            None => Fate::Keep,
        },
        _ => Fate::Keep,
    }
}

const LIGATURES: [&[u8]; 7] = [b"ff", b"fi", b"fl", b"ffi", b"ffl", b"st", b"st"];

/// The zeros of the scripts' decimal digits (Unicode general category Nd), each followed by its
/// one to nine. Sorted.
const ZEROS: [u32; 37] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0,
    0x1FBF0,
];

fn digit(code: u32) -> Option<u8> {
    let i = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    let value = code - ZEROS[i];
    (value < 10).then(|| b'0' + value as u8)
}

/// Greek and Cyrillic letters that look like a Latin one.
fn look_alike(c: char) -> Option<u8> {
    Some(match c {
        'А' | 'Α' => b'A',
        'В' | 'Β' => b'B',
        'С' | 'Ϲ' => b'C',
        'Е' | 'Ε' => b'E',
        'Ԍ' => b'G',
        'Н' | 'Η' => b'H',
        'І' | 'Ι' | 'Ӏ' => b'I',
        'Ј' => b'J',
        'К' | 'Κ' => b'K',
        'М' | 'Μ' => b'M',
        'Ν' => b'N',
        'О' | 'Ο' => b'O',
        'Р' | 'Ρ' => b'P',
        'Ѕ' => b'S',
        'Т' | 'Τ' => b'T',
        'Ԝ' => b'W',
        'Х' | 'Χ' => b'X',
        'Υ' | 'Ү' => b'Y',
        'Ζ' => b'Z',
        'а' | 'α' => b'a',
        'с' | 'ϲ' => b'c',
        'ԁ' => b'd',
        'е' => b'e',
        'һ' => b'h',
        'і' | 'ι' => b'i',
        'ј' => b'j',
        'κ' => b'k',
        'о' | 'ο' => b'o',
        'р' | 'ρ' => b'p',
        'ԛ' => b'q',
        'ѕ' => b's',
        'υ' => b'u',
        'ν' => b'v',
        'ԝ' => b'w',
        'х' => b'x',
        'у' => b'y',
        _ => return None,
    })
}
