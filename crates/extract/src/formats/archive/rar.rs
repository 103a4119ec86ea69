//! RAR archives, which cannot be opened: encrypted, damaged (or cut off) and merely unsupported ones
//! are told apart.

use super::store::Store;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Fate, Part, Reason};
use std::io;

/// RAR archives, before and since version 5.
pub struct Rar;

const RAR: &[u8] = b"Rar!\x1a\x07";

impl Extractor for Rar {
    fn name(&self) -> &'static str {
        "rar"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(RAR) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let five = store.read(6..8).is_ok_and(|version| &*version == b"\x01\0");
        match if five { rar5(&store) } else { rar4(&store) } {
            Ok(reason) => {
                descent.note_with(reason, Some(store.len()), "a RAR archive");
                if reason == Reason::Encrypted {
                    descent.claim(0..store.len(), Fate::Unscannable(reason));
                    return Flow::Continue(());
                }
            }
            Err(error) => descent.fault(&error),
        }
        let flow = raw::strings(part.content.reader(), 0, descent);
        descent.claim(0..store.len(), Fate::Scanned);
        flow
    }
}

/// Reads the numbers of RAR 5: seven bits a byte, the lowest first.
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn vint(&mut self) -> Option<u64> {
        let mut value = 0;
        for i in 0..10 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(7 * i)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// Longest RAR header that is looked at, in bytes.
const RAR_HEADER: u64 = 64 << 10;

fn rar4(store: &Store<'_>) -> io::Result<Reason> {
    let mut at = 7_u64;
    while at < store.len() {
        let header = store.read(at..at + 11)?;
        if header.len() < 7 {
            return Ok(Reason::Damaged);
        }
        let kind = header[2];
        let flags = u16::from_le_bytes([header[3], header[4]]);
        let size = u64::from(u16::from_le_bytes([header[5], header[6]]));
        match kind {
            0x73 if flags & 0x80 != 0 => return Ok(Reason::Encrypted),
            0x74 if flags & 0x04 != 0 => return Ok(Reason::Encrypted),
            0x7b => return Ok(Reason::Unsupported),
            0x72..=0x7a => {}
            _ => return Ok(Reason::Damaged),
        }
        if size < 7 {
            return Ok(Reason::Damaged);
        }
        let data = match (flags & 0x8000 != 0 || kind == 0x74, header.get(7..11)) {
            (true, Some(data)) => {
                u64::from(u32::from_le_bytes([data[0], data[1], data[2], data[3]]))
            }
            (true, None) => return Ok(Reason::Damaged),
            (false, _) => 0,
        };
        at += size + data;
    }
    Ok(if at > store.len() { Reason::Damaged } else { Reason::Unsupported })
}

fn rar5(store: &Store<'_>) -> io::Result<Reason> {
    let mut at = 8_u64;
    while at < store.len() {
        let bytes = store.read(at..at + RAR_HEADER)?;
        let mut cursor = Cursor { bytes: &bytes, at: 4 };
        let mut read = || {
            let size = cursor.vint()?;
            let begins = cursor.at as u64;
            let (kind, flags) = (cursor.vint()?, cursor.vint()?);
            let extra = if flags & 1 != 0 { cursor.vint()? } else { 0 };
            let data = if flags & 2 != 0 { cursor.vint()? } else { 0 };
            let end = begins.checked_add(size)?;
            // Records at the header's end; the first kind is encryption.
            let mut records = Cursor {
                bytes: bytes.get(..usize::try_from(end).ok()?).unwrap_or(&bytes),
                at: usize::try_from(end.saturating_sub(extra)).ok()?,
            };
            let mut locked = kind == 4;
            while extra > 0
                && let Some(len) = records.vint()
            {
                let next = records.at.checked_add(usize::try_from(len).ok()?)?;
                locked |= matches!(kind, 2 | 3) && records.vint() == Some(1);
                records.at = next;
            }
            Some((kind, locked, end.checked_add(data)?))
        };
        match read() {
            Some((_, true, _)) => return Ok(Reason::Encrypted),
            Some((5, ..)) => return Ok(Reason::Unsupported),
            Some((1..=4, _, next)) => at = at.saturating_add(next),
            Some(_) => return Ok(Reason::Damaged),
            None => return Ok(Reason::Damaged),
        }
    }
    Ok(Reason::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_the_first_bit_is_clear() {
        assert_eq!(Cursor { bytes: &[0x85, 0x01], at: 0 }.vint(), Some(0x85));
        assert_eq!(Cursor { bytes: &[0x85], at: 0 }.vint(), None);
    }

    #[test]
    fn a_stump_is_damaged() {
        assert_eq!(rar5(&Store::Bytes(b"Rar!\x1a\x07\x01\0")).unwrap(), Reason::Damaged);
    }
}
