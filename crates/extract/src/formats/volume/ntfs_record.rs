//! A record of NTFS' master file table: what a file is called, and where its bytes lie.

use super::number::{u16_at, u32_at, u64_at, wide};
use super::pieces::Pieces;

/// A record with its fix-ups undone.
pub(super) struct Record {
    bytes: Vec<u8>,
    /// A sector's end does not bear the mark that it should: it was torn while being written.
    pub(super) is_torn: bool,
}

/// Kinds of attribute: a name, a content; and what stands behind the last one.
const NAME: u32 = 0x30;
const DATA: u32 = 0x80;
const END: u32 = 0xffff_ffff;
/// Flags of a content.
const COMPRESSED: u16 = 0x00ff;
const ENCRYPTED: u16 = 0x4000;
/// A short name made for DOS, beside the real one.
const DOS: u8 = 2;
/// The bits of a reference that number a record; the rest count its uses.
const NUMBER: u64 = (1 << 48) - 1;

/// A content of a file: its main one, which has no name, or another.
pub(super) struct Data {
    pub(super) name: String,
    pub(super) len: u64,
    pub(super) is_encrypted: bool,
    pub(super) is_compressed: bool,
    pub(super) held: Held,
    /// The first of the clusters that this piece of the content holds; 0 in nearly all files.
    pub(super) first: u64,
}

/// Where a content lies.
pub(super) enum Held {
    /// In the record.
    Within(Vec<u8>),
    /// In clusters; false when their list is broken.
    Clusters(Pieces, bool),
}

impl Record {
    /// `None` for what is no record.
    pub(super) fn read(bytes: &[u8]) -> Option<Record> {
        if !bytes.starts_with(b"FILE") {
            return None;
        }
        let mut bytes = bytes.to_vec();
        let (at, count) = (usize::from(u16_at(&bytes, 4)), usize::from(u16_at(&bytes, 6)));
        // The last two bytes of each sector were exchanged for a mark, which stands first.
        let marks = bytes.get(at..at + 2 * count)?.to_vec();
        let mut is_torn = count == 0;
        for (i, mark) in marks.chunks_exact(2).skip(1).enumerate() {
            let Some(end) = bytes.get_mut((i + 1) * 512 - 2..(i + 1) * 512) else { break };
            is_torn |= end != &marks[..2];
            end.copy_from_slice(mark);
        }
        Some(Record { bytes, is_torn })
    }

    pub(super) fn is_used(&self) -> bool {
        u16_at(&self.bytes, 22) & 1 != 0
    }

    pub(super) fn is_folder(&self) -> bool {
        u16_at(&self.bytes, 22) & 2 != 0
    }

    /// The record that this one carries on; `None` for a file's first.
    pub(super) fn base(&self) -> Option<u64> {
        Some(u64_at(&self.bytes, 32) & NUMBER).filter(|&base| base != 0)
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> u64 {
        u64::from(u32_at(&self.bytes, 24)).min(self.bytes.len() as u64)
    }

    /// The file's name, and the number of the folder it stands in.
    pub(super) fn name(&self) -> Option<(String, u64)> {
        let mut found = None;
        for (kind, attribute) in self.attributes() {
            let Some(value) = resident(attribute).filter(|value| kind == NAME && value.len() > 66)
            else {
                continue;
            };
            let raw = value.get(66..66 + 2 * usize::from(value[64])).unwrap_or_default();
            let name = (wide(raw), u64_at(value, 0) & NUMBER);
            if value[65] != DOS {
                return Some(name);
            }
            found = Some(name);
        }
        found
    }

    /// Its contents.
    pub(super) fn data(&self, cluster: u64) -> Vec<Data> {
        let found = self.attributes().filter(|(kind, _)| *kind == DATA);
        found.filter_map(|(_, attribute)| content(attribute, cluster)).collect()
    }

    fn attributes(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let mut at = usize::from(u16_at(&self.bytes, 20));
        std::iter::from_fn(move || {
            let kind = u32_at(&self.bytes, at);
            let len = u32_at(&self.bytes, at + 4) as usize;
            if kind == END || len < 24 {
                return None;
            }
            let attribute = self.bytes.get(at..at.checked_add(len)?)?;
            at += len;
            Some((kind, attribute))
        })
    }
}

fn resident(attribute: &[u8]) -> Option<&[u8]> {
    let start = usize::from(u16_at(attribute, 20));
    let end = start.checked_add(u32_at(attribute, 16) as usize)?;
    (attribute[8] == 0).then(|| attribute.get(start..end))?
}

fn content(attribute: &[u8], cluster: u64) -> Option<Data> {
    let at = usize::from(u16_at(attribute, 10));
    let name = wide(attribute.get(at..at + 2 * usize::from(attribute[9]))?);
    let flags = u16_at(attribute, 12);
    let is_encrypted = flags & ENCRYPTED != 0;
    let is_compressed = flags & COMPRESSED != 0;
    let (held, len, first) = match resident(attribute) {
        Some(value) => (Held::Within(value.to_vec()), value.len() as u64, 0),
        None => {
            let first = u64_at(attribute, 16);
            let runs = attribute.get(usize::from(u16_at(attribute, 32))..)?;
            // Only the first piece of a content says how long the whole is.
            let len = if first == 0 { u64_at(attribute, 48) } else { 0 };
            let (pieces, whole) = clusters(runs, cluster);
            (Held::Clusters(pieces, whole), len, first)
        }
    };
    Some(Data { name, len, is_encrypted, is_compressed, held, first })
}

/// A list of runs: how many bytes the length and the step take, the length, and the step from the
/// start of the run before; a run without a step is a hole.
fn clusters(mut runs: &[u8], cluster: u64) -> (Pieces, bool) {
    let mut pieces = Pieces::default();
    let mut at = 0_i64;
    loop {
        let Some((&sizes, rest)) = runs.split_first() else { return (pieces, false) };
        if sizes == 0 {
            return (pieces, true);
        }
        let (long, step) = (usize::from(sizes & 15), usize::from(sizes >> 4));
        if long > 8 || step > 8 || rest.len() < long + step {
            return (pieces, false);
        }
        let count = signed(&rest[..long]);
        let next = at.checked_add(signed(&rest[long..long + step]));
        runs = &rest[long + step..];
        let bytes = u64::try_from(count).ok().and_then(|count| count.checked_mul(cluster));
        let Some(bytes) = bytes else { return (pieces, false) };
        if step == 0 {
            pieces.hole(bytes);
            continue;
        }
        let start = next.and_then(|next| u64::try_from(next).ok()?.checked_mul(cluster));
        let Some((start, end)) = start.and_then(|start| Some((start, start.checked_add(bytes)?)))
        else {
            return (pieces, false);
        };
        pieces.push(start..end);
        at = next.unwrap_or(at);
    }
}

fn signed(bytes: &[u8]) -> i64 {
    let fill = if bytes.last().is_some_and(|&b| b >= 0x80) { 0xff } else { 0 };
    let mut long = [fill; 8];
    long[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_step_from_one_another_and_leave_holes() {
        // 3 clusters at 16, a hole of 2, 1 cluster at 12.
        let (pieces, whole) = clusters(&[0x11, 3, 16, 0x01, 2, 0x11, 1, 0xfc, 0], 10);
        let mut want = Pieces::one(160..190);
        want.hole(20);
        want.push(120..130);
        assert!(whole);
        assert_eq!(pieces, want);
    }

    #[test]
    fn a_list_of_runs_that_breaks_off_is_not_whole() {
        for broken in [&[0x11, 3, 16][..], &[0x11], &[0xff, 1], &[0x11, 3, 0xf0, 0], &[]] {
            assert!(!clusters(broken, 4096).1, "{broken:?}");
        }
    }
}
