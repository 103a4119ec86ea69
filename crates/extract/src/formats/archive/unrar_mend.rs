//! RAR archives that are cut off or damaged on the way: mended so far that the library, which
//! wants every header whole, unpacks what is there.

use flate2::Crc;

/// The archive up to its first broken block. A block whose header is whole and whose data is cut
/// is filled with zeros, at most `most` of them, so that its beginning can be unpacked. `None` when
/// there is nothing to mend, or nothing left.
pub(super) fn mended(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let five = bytes.starts_with(b"Rar!\x1a\x07\x01\0");
    let first = match five {
        true => 8,
        false if bytes.starts_with(b"Rar!\x1a\x07\0") => 7,
        false => return None,
    };
    let read = if five { block5 } else { block4 };
    let mut at: u64 = first;
    let len = bytes.len() as u64;
    while at < len {
        let Some((header, data)) = read(&bytes[at as usize..]) else {
            return (at > first).then(|| bytes[..at as usize].to_vec());
        };
        let end = at.saturating_add(header).saturating_add(data);
        if end > len {
            let mut mended = bytes.to_vec();
            if end - len <= most {
                mended.resize(end as usize, 0);
            } else {
                mended.truncate(at as usize);
            }
            return (mended.len() as u64 > first).then_some(mended);
        }
        at = end;
    }
    None
}

/// The lengths of a RAR 5 block's header and of its data, if the header is whole.
fn block5(bytes: &[u8]) -> Option<(u64, u64)> {
    let crc = u32::from_le_bytes(*bytes.first_chunk()?);
    let mut at = 4;
    let size = vint(bytes, &mut at)?;
    let begins = at;
    let end = begins.checked_add(usize::try_from(size).ok()?)?;
    if size == 0 || checksum(bytes.get(4..end)?) != crc {
        return None;
    }
    let (_kind, flags) = (vint(bytes, &mut at)?, vint(bytes, &mut at)?);
    if flags & 1 != 0 {
        vint(bytes, &mut at)?;
    }
    let data = if flags & 2 != 0 { vint(bytes, &mut at)? } else { 0 };
    Some((end as u64, data))
}

/// The same of a block of RAR 1.5 to 4.
fn block4(bytes: &[u8]) -> Option<(u64, u64)> {
    let word = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let long = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (crc, kind, flags, size) = (word(0)?, *bytes.get(2)?, word(3)?, usize::from(word(5)?));
    if size < 7 || checksum(bytes.get(2..size)?) as u16 != crc {
        return None;
    }
    let file = matches!(kind, 0x74 | 0x7a);
    let low = if file || flags & 0x8000 != 0 { u64::from(long(7)?) } else { 0 };
    let high = if file && flags & 0x100 != 0 { u64::from(long(32)?) << 32 } else { 0 };
    Some((size as u64, low | high))
}

fn vint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
