//! The 512-byte headers of tar (POSIX.1 ustar, GNU, V7).

/// Bytes of a header, and of the units data comes in.
pub(crate) const BLOCK: usize = 512;

/// A header whose checksum is right.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) link: Vec<u8>,
    /// Bytes of data that follow; `None` when the field makes no sense.
    pub(crate) size: Option<u64>,
    pub(crate) kind: u8,
    /// For old GNU sparse files: the first pieces (offset, length), whether more follow, and the
    /// length of the whole.
    pub(crate) sparse: (Vec<(u64, u64)>, bool, u64),
}

impl Header {
    /// The header in a block; `None` when its checksum is wrong.
    pub(crate) fn read(block: &[u8]) -> Option<Header> {
        if block.len() < BLOCK || !checksum_is_right(block) {
            return None;
        }
        Some(Header::fields(block))
    }

    /// The header in a block whose checksum is wrong, but which is marked as one.
    pub(crate) fn read_marked(block: &[u8]) -> Option<Header> {
        (block.len() == BLOCK && &block[257..262] == b"ustar").then(|| Header::fields(block))
    }

    fn fields(block: &[u8]) -> Header {
        let posix = &block[257..263] == b"ustar\0";
        let gnu = &block[257..265] == b"ustar  \0";
        let mut name = text(&block[..100]);
        if posix && block[345] != 0 {
            let mut long = text(&block[345..500]);
            long.push(b'/');
            long.extend(name);
            name = long;
        }
        let sparse = if gnu && block[156] == b'S' {
            (pieces(&block[386..482]), block[482] != 0, number(&block[483..495]).unwrap_or(0))
        } else {
            Default::default()
        };
        Header {
            name,
            link: text(&block[157..257]),
            size: number(&block[124..136]),
            kind: block[156],
            sparse,
        }
    }
}

/// The pieces in a sparse map: pairs of 12-byte numbers, up to the first empty one.
pub(crate) fn pieces(map: &[u8]) -> Vec<(u64, u64)> {
    map.chunks_exact(24)
        .take_while(|pair| pair[0] != 0)
        .filter_map(|pair| Some((number(&pair[..12])?, number(&pair[12..])?)))
        .collect()
}

/// True when the block's checksum fits, counted with unsigned or (as old programs did) signed
/// bytes.
fn checksum_is_right(block: &[u8]) -> bool {
    let Some(told) = number(&block[148..156]) else { return false };
    let spaces = |i: usize| (148..156).contains(&i);
    let unsigned: u64 = block[..BLOCK]
        .iter()
        .enumerate()
        .map(|(i, &b)| if spaces(i) { 32 } else { u64::from(b) })
        .sum();
    let signed: i64 = block[..BLOCK]
        .iter()
        .enumerate()
        .map(|(i, &b)| if spaces(i) { 32 } else { i64::from(b as i8) })
        .sum();
    // Zeros alone sum up to the eight spaces.
    unsigned > 256 && (told == unsigned || i64::try_from(told) == Ok(signed))
}

/// A number field: octal digits, or big-endian binary with the first bit set (GNU).
pub(crate) fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        // A first byte of 0xff is a negative number, which no size is.
        if field[0] != 0x80 {
            return None;
        }
        return field[1..]
            .iter()
            .try_fold(0_u64, |n, &b| n.checked_mul(256).map(|n| n | u64::from(b)));
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|b| !(b'0'..=b'7').contains(b)).unwrap_or(digits.len());
    let rest_is_padding = digits[end..].iter().all(|b| matches!(b, 0 | b' '));
    if !rest_is_padding && end == 0 {
        return None;
    }
    digits[..end].iter().try_fold(0_u64, |n, &b| n.checked_mul(8).map(|n| n + u64::from(b - b'0')))
}

fn text(field: &[u8]) -> Vec<u8> {
    let end = field.iter().position(|&b| b == 0).unwrap_or(field.len());
    field[..end].to_vec()
}

/// A key and its value.
pub(crate) type Record<'a> = (&'a [u8], &'a [u8]);

/// The records of a pax header: `length key=value\n`. Stops at the first that lies.
pub(crate) fn pax(mut data: &[u8]) -> (Vec<Record<'_>>, bool) {
    let mut records = Vec::new();
    while !data.is_empty() && data[0] != 0 {
        let record = || {
            let space = data.iter().take(20).position(|&b| b == b' ')?;
            let len: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
            let body = data.get(space + 1..len)?.strip_suffix(b"\n")?;
            let equals = body.iter().position(|&b| b == b'=')?;
            Some((&body[..equals], &body[equals + 1..], len))
        };
        let Some((key, value, len)) = record() else { return (records, false) };
        records.push((key, value));
        data = &data[len..];
    }
    (records, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary_and_never_negative() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\x00"), Some(256));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(number(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }

    #[test]
    fn a_pax_record_that_lies_about_its_length_ends_the_list() {
        let (records, whole) = pax(b"12 path=abc\n99 size=1\n");
        assert_eq!(records, vec![(&b"path"[..], &b"abc"[..])]);
        assert!(!whole);
    }

    #[test]
    fn a_block_of_zeros_is_no_header() {
        assert!(Header::read(&[0; 512]).is_none());
    }
}
