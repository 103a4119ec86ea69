//! The objects of a binary property list, as Apple's CFBinaryPList.c writes them: a table of where
//! they stand at the end, and references between them by number.

use std::borrow::Cow;
use std::ops::Range;

/// The first bytes; two digits of a version follow.
pub(super) const MAGIC: &[u8] = b"bplist";
/// Bytes of the magic and the version, and of what stands at the end.
pub(super) const HEADER: usize = 8;
const TRAILER: usize = 32;

/// One object.
#[derive(Debug, PartialEq)]
pub(super) enum Object<'b> {
    /// Null, a filler, or a kind that is not known.
    Nothing,
    Flag(bool),
    Number(i128),
    Real(f64),
    /// Seconds since 2001.
    Date(f64),
    Data(&'b [u8]),
    Text(Cow<'b, str>),
    /// The number of an object in an archive of objects.
    Uid(i128),
    /// References to the values.
    List(&'b [u8]),
    /// References to the keys and to the values.
    Map(&'b [u8], &'b [u8]),
}

/// A list's bytes and its table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objects<'b> {
    bytes: &'b [u8],
    table: &'b [u8],
    /// Where the table begins.
    pub end: usize,
    offset_size: usize,
    ref_size: usize,
    /// The number of the object that holds all others.
    pub top: usize,
}

impl<'b> Objects<'b> {
    /// Finds the table. `None` where it is not all there.
    pub fn read(bytes: &'b [u8]) -> Option<Self> {
        let trailer = bytes.get(HEADER..)?.last_chunk::<TRAILER>()?;
        let long = |at: usize| {
            let field = trailer[at..at + 8].try_into().ok()?;
            usize::try_from(u64::from_be_bytes(field)).ok()
        };
        let (count, top, end) = (long(8)?, long(16)?, long(24)?);
        let (offset_size, ref_size) = (usize::from(trailer[6]), usize::from(trailer[7]));
        let sound = (1..=8).contains(&offset_size) && (1..=8).contains(&ref_size) && top < count;
        let table = bytes[..bytes.len() - TRAILER].get(end..)?;
        let table = table.get(..count.checked_mul(offset_size)?)?;
        sound.then_some(Objects { bytes, table, end, offset_size, ref_size, top })
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.table.len() / self.offset_size
    }

    /// The reference of this number.
    pub fn reference(&self, refs: &[u8], number: usize) -> Option<usize> {
        let at = number * self.ref_size;
        usize::try_from(big_end(refs.get(at..at + self.ref_size)?)).ok()
    }

    /// An object and the bytes it takes. `None` where it does not stand before the table.
    pub fn object(&self, number: usize) -> Option<(Object<'b>, Range<usize>)> {
        let at = number.checked_mul(self.offset_size)?;
        let at = big_end(self.table.get(at..at.checked_add(self.offset_size)?)?);
        let at = usize::try_from(at).ok().filter(|&at| at >= HEADER)?;
        let bytes = &self.bytes[..self.end];
        let marker = *bytes.get(at)?;
        let low = usize::from(marker & 0x0F);
        let take = |from: usize, len: usize| bytes.get(from..from.checked_add(len)?);
        // The length, where it is no number of four bits, is a number behind the marker.
        let counted = || -> Option<(usize, usize)> {
            if low < 15 {
                return Some((low, at + 1));
            }
            let size = 1_usize << (bytes.get(at + 1)? & 0x0F).min(4);
            let count = usize::try_from(big_end(take(at + 2, size)?)).ok()?;
            Some((count, at + 2 + size))
        };
        let sized = |unit: usize| -> Option<(&'b [u8], usize)> {
            let (count, from) = counted()?;
            let data = take(from, count.checked_mul(unit)?)?;
            Some((data, from + data.len()))
        };
        let (object, end) = match marker >> 4 {
            0x0 => (
                if matches!(low, 8 | 9) { Object::Flag(low == 9) } else { Object::Nothing },
                at + 1,
            ),
            0x1 => {
                let data = take(at + 1, 1 << low.min(4))?;
                // Only numbers of eight bytes and more have a sign.
                let number = if data.len() < 8 { big_end(data) as i128 } else { with_sign(data) };
                (Object::Number(number), at + 1 + data.len())
            }
            0x2 | 0x3 => {
                let data = take(at + 1, 1 << low.min(4))?;
                let number = match *data {
                    [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
                    _ => f64::from_be_bytes(*data.first_chunk()?),
                };
                let object =
                    if marker >> 4 == 2 { Object::Real(number) } else { Object::Date(number) };
                (object, at + 1 + data.len())
            }
            0x4 => sized(1).map(|(data, end)| (Object::Data(data), end))?,
            0x5 | 0x7 => {
                sized(1).map(|(data, end)| (Object::Text(String::from_utf8_lossy(data)), end))?
            }
            0x6 => {
                let (data, end) = sized(2)?;
                let units = data.as_chunks().0.iter().map(|&unit| u16::from_be_bytes(unit));
                let letters = char::decode_utf16(units);
                let text = letters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
                (Object::Text(Cow::Owned(text)), end)
            }
            0x8 => {
                let data = take(at + 1, low + 1)?;
                (Object::Uid(big_end(data) as i128), at + 1 + data.len())
            }
            0xA..=0xC => sized(self.ref_size).map(|(refs, end)| (Object::List(refs), end))?,
            0xD => {
                let (refs, end) = sized(self.ref_size.checked_mul(2)?)?;
                let (keys, values) = refs.split_at(refs.len() / 2);
                (Object::Map(keys, values), end)
            }
            _ => (Object::Nothing, at + 1),
        };
        Some((object, at..end))
    }
}

/// A number without a sign, the highest byte first; of more than 16 bytes the last 16.
fn big_end(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |n, &b| n << 8 | u128::from(b))
}

fn with_sign(bytes: &[u8]) -> i128 {
    let start = if bytes.first().is_some_and(|&b| b >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(start, |n, &b| n << 8 | i128::from(b))
}
