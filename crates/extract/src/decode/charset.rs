use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, and this single-byte charset for each byte that is not valid UTF-8.
    Bytes(&'static Encoding),
    /// UTF-16; `big` when the high byte comes first.
    Utf16 {
        /// High byte first.
        big: bool,
    },
    /// UTF-32; `big` when the high byte comes first.
    Utf32 {
        /// High byte first.
        big: bool,
    },
    /// A charset of several bytes a character, such as Shift_JIS.
    Other(&'static Encoding),
}

impl Charset {
    /// Its name, as in a MIME header. Text that is valid UTF-8 is called that.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Bytes(encoding) | Charset::Other(encoding) => encoding.name(),
            Charset::Utf16 { big: false } => "UTF-16LE",
            Charset::Utf16 { big: true } => "UTF-16BE",
            Charset::Utf32 { big: false } => "UTF-32LE",
            Charset::Utf32 { big: true } => "UTF-32BE",
        }
    }
}

/// Tells the charset of a text by its first bytes, and how many of them are a byte order mark.
///
/// `declared` is what its container says, `whole` that the sample is all of it. Nothing is
/// believed against the bytes: neither a mark nor a declaration makes plain ASCII UTF-16.
pub fn detect(sample: &[u8], declared: Option<&str>, whole: bool) -> (Charset, usize) {
    if let Some(found) = marked(sample) {
        return found;
    }
    if let Some(charset) = wide(sample) {
        return (charset, 0);
    }
    // Most text is this, and it is told in one pass: valid UTF-8, perhaps cut at its end.
    let plain = !sample.is_empty()
        && declared.is_none()
        && match std::str::from_utf8(&sample[Encoding::utf8_valid_up_to(sample)..]) {
            Ok(_) => true,
            Err(error) => !whole && error.error_len().is_none(),
        };
    if plain {
        return (Charset::Bytes(WINDOWS_1252), 0);
    }
    let declared = declared.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
    let declared = declared.filter(|e| ![UTF_8, UTF_16LE, UTF_16BE].contains(e));
    let (multi, stray) = census(sample, whole);
    if multi > 0 && multi >= stray {
        return (Charset::Bytes(WINDOWS_1252), 0);
    }
    let guess = match declared {
        Some(encoding) => encoding,
        // Few high bytes are pound signs, quotes and accents in western text: too little to tell
        // one charset from another by.
        None if stray * 10 < sample.len() => WINDOWS_1252,
        None => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(sample, whole);
            detector.guess(None, Utf8Detection::Deny)
        }
    };
    let charset =
        if guess.is_single_byte() { Charset::Bytes(guess) } else { Charset::Other(guess) };
    (charset, 0)
}

/// A byte order mark that the bytes after it bear out.
fn marked(sample: &[u8]) -> Option<(Charset, usize)> {
    match sample {
        [0xEF, 0xBB, 0xBF, ..] => Some((Charset::Bytes(WINDOWS_1252), 3)),
        [0xFF, 0xFE, 0, 0, rest @ ..] if units32(rest, false) => {
            Some((Charset::Utf32 { big: false }, 4))
        }
        [0, 0, 0xFE, 0xFF, rest @ ..] if units32(rest, true) => {
            Some((Charset::Utf32 { big: true }, 4))
        }
        [0xFF, 0xFE, rest @ ..] if !ascii_pairs(rest) => Some((Charset::Utf16 { big: false }, 2)),
        [0xFE, 0xFF, rest @ ..] if !ascii_pairs(rest) => Some((Charset::Utf16 { big: true }, 2)),
        _ => None,
    }
}

/// UTF-16 or UTF-32 without a mark, by where the zero bytes are.
fn wide(sample: &[u8]) -> Option<Charset> {
    if sample.len() < 4 || memchr::memchr(0, sample).is_none() {
        return None;
    }
    for big in [false, true] {
        if sample.len() >= 8 && units32(sample, big) {
            return Some(Charset::Utf32 { big });
        }
    }
    [false, true].into_iter().find(|&big| units16(sample, big)).map(|big| Charset::Utf16 { big })
}

/// True when nearly all pairs are two ASCII characters, so that this is no UTF-16 whatever the
/// mark says.
fn ascii_pairs(rest: &[u8]) -> bool {
    let ascii = |b: u8| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let pairs = rest.len() / 2;
    let both = rest.chunks_exact(2).filter(|p| ascii(p[0]) && ascii(p[1])).count();
    pairs >= 4 && both * 10 >= pairs * 9
}

/// True when it reads as UTF-16 text: nearly all units are characters of some writing, and enough
/// of them have a zero high byte (spaces, digits, Latin letters).
fn units16(sample: &[u8], big: bool) -> bool {
    let (mut units, mut latin, mut odd) = (0_usize, 0_usize, 0_usize);
    for pair in sample.chunks_exact(2) {
        let unit = unit16(pair, big);
        units += 1;
        latin += usize::from(matches!(unit, 0x20..=0x7E | 9 | 10 | 13 | 0xA0..=0xFF));
        odd += usize::from(!written(unit));
    }
    units >= 2 && odd * 20 <= units && latin * 8 >= units && {
        // Four bytes are too few to tell text from a number: all of it must look the part.
        units >= 6 || latin == units
    }
}

fn units32(sample: &[u8], big: bool) -> bool {
    let (mut units, mut good) = (0_usize, 0_usize);
    for quad in sample.chunks_exact(4) {
        let unit = unit32(quad, big);
        units += 1;
        good +=
            usize::from(char::from_u32(unit).is_some_and(|c| !c.is_control() || c.is_whitespace()));
    }
    good * 20 >= units * 19
}

/// Two bytes as a UTF-16 unit.
pub(super) fn unit16(pair: &[u8], big: bool) -> u16 {
    if big {
        u16::from_be_bytes([pair[0], pair[1]])
    } else {
        u16::from_le_bytes([pair[0], pair[1]])
    }
}

/// Four bytes as a UTF-32 unit.
pub(super) fn unit32(quad: &[u8], big: bool) -> u32 {
    let bytes = [quad[0], quad[1], quad[2], quad[3]];
    if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

/// True for units that occur in text: the blocks of living scripts, punctuation, surrogates.
fn written(unit: u16) -> bool {
    matches!(unit,
        9 | 10 | 12 | 13 | 0x20..=0x7E | 0xA0..=0x052F | 0x0590..=0x06FF | 0x0900..=0x0DFF
        | 0x0E00..=0x0EFF | 0x10A0..=0x11FF | 0x1E00..=0x23FF | 0x2500..=0x27BF | 0x3000..=0x33FF
        | 0x4E00..=0x9FFF | 0xAC00..=0xDFFF | 0xFB00..=0xFB4F | 0xFE00..=0xFE0F | 0xFEFF..=0xFFEF)
}

/// True for units that go on with a run of UTF-16 inside 8-bit text. Stricter than [`written`]: such a
/// run ends where ASCII pairs begin.
pub(super) fn goes_on(unit: u16) -> bool {
    matches!(unit, 9 | 10 | 13 | 0x20..=0x7E | 0xA0..=0x017F | 0x2010..=0x203A | 0x20A0..=0x20C0)
}

/// How many sequences of several bytes are valid UTF-8, and how many bytes are not UTF-8 at all.
fn census(sample: &[u8], whole: bool) -> (usize, usize) {
    let (mut multi, mut stray) = (0, 0);
    for chunk in sample.utf8_chunks() {
        multi += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        stray += chunk.invalid().len();
    }
    // A sample may end in the middle of a character.
    if !whole
        && let Err(error) = std::str::from_utf8(sample)
        && stray > 0
    {
        let cut = error.error_len().is_none();
        stray -= if cut { sample.len() - error.valid_up_to() } else { 0 };
    }
    (multi, stray)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> &'static str {
        detect(bytes, None, true).0.name()
    }

    fn wide_text(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    }

    #[test]
    fn utf16_without_a_mark_is_told_by_its_zero_bytes_even_when_short() {
        for text in ["ok", "Card number 4539", "Καλημέρα κόσμε, τι κάνεις;"] {
            assert_eq!(of(&wide_text(text, false)), "UTF-16LE", "{text}");
            assert_eq!(of(&wide_text(text, true)), "UTF-16BE", "{text}");
        }
    }

    #[test]
    fn a_mark_that_the_bytes_contradict_is_not_believed() {
        assert_eq!(of(b"\xFF\xFEDear Sir, the card number is"), "windows-1252");
    }

    #[test]
    fn a_declaration_holds_for_legacy_bytes_but_not_against_utf8() {
        let polish = b"za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1";
        assert_eq!(detect(polish, Some("iso-8859-2"), true).0.name(), "ISO-8859-2");
        assert_eq!(detect("naïve".as_bytes(), Some("iso-8859-2"), true).0.name(), "windows-1252");
        assert_eq!(detect(b"plain", Some("utf-16"), true).0.name(), "windows-1252");
    }

    #[test]
    fn numbers_in_binary_are_not_utf16() {
        let numbers: Vec<u8> = (0..2000_u16).flat_map(|n| (n * 31 % 300).to_le_bytes()).collect();
        assert!(matches!(detect(&numbers, None, true).0, Charset::Bytes(_)));
    }

    #[test]
    fn a_pound_sign_is_western_european() {
        assert_eq!(of(b"Total: \xA3 500 due by Friday"), "windows-1252");
    }
}
