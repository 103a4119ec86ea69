//! ISO 9660 images, as burnt on discs: plain names, Joliet's, and Rock Ridge's.

use super::claims::Claims;
use super::store::Store;
use super::{kept, names};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use crate::formats::text::is_text;
use dlpscan_core::model::{Fate, Part, Reason};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// Images of discs.
pub struct Iso;

/// Bytes of a sector.
const SECTOR: u64 = 2048;
/// The first volume descriptor.
const FIRST: u64 = 16 * SECTOR;

impl Extractor for Iso {
    fn name(&self) -> &'static str {
        "iso"
    }

    /// What tells an image lies behind its first 32 kilobytes, which nearly always are zeros.
    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let long = hint.len.is_none_or(|len| len > FIRST);
        let named = hint.ends(&["iso", "img", "cdr"]) && !is_text(head, false);
        let blank = head.len() >= SECTOR as usize && head.iter().all(|&b| b == 0);
        // A stream would be held in memory to be looked at: zeros alone do not call for that.
        if long && (named || blank && hint.len.is_some()) { Sure::Likely } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let (head, content) = part.content.peek((FIRST + SECTOR) as usize);
        let is_image = head.as_ref().is_ok_and(|head| {
            head.get(FIRST as usize + 1..).is_some_and(|rest| rest.starts_with(b"CD001"))
        });
        let part = Part { content, ..part };
        if !is_image {
            // Something else after all.
            return raw::Raw.extract(part, descent);
        }
        match Store::of(&part.content) {
            Some(store) => Reading::new(store).all(descent),
            None => Flow::Continue(()),
        }
    }
}

/// How names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Plain,
    /// UTF-16, the high byte first.
    Joliet,
}

struct Reading<'a> {
    store: Store<'a>,
    claims: Claims,
    /// Where folders and files begin that were read.
    seen: HashSet<u64>,
    number: usize,
}

/// A file or folder.
struct Record {
    name: String,
    /// Its bytes in the image.
    data: Range<u64>,
    is_folder: bool,
    /// Bytes of the record.
    len: usize,
}

impl<'a> Reading<'a> {
    fn new(store: Store<'a>) -> Self {
        let claims = Claims::new(store.len());
        Reading { store, claims, seen: HashSet::new(), number: 0 }
    }

    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let mut volumes = Vec::new();
        let mut at = FIRST;
        let mut ended = false;
        while at - FIRST < 64 * SECTOR {
            let Ok(sector) = self.store.read(at..at + SECTOR) else { break };
            if sector.get(1..6) != Some(b"CD001") || sector.len() < SECTOR as usize {
                break;
            }
            self.claims.claim(at..at + SECTOR, Fate::Scanned, descent);
            self.volume(&sector, &mut volumes, descent)?;
            at += SECTOR;
            if sector[0] == 255 {
                ended = true;
                break;
            }
        }
        if !ended {
            descent.note_with(Reason::Damaged, None, "the list of its volumes has no end");
        }
        // Joliet's names are the better ones; what only the other list shows comes after.
        volumes.sort_by_key(|(names, ..)| *names != Names::Joliet);
        for (names, root, block) in volumes {
            self.tree(names, root, block, descent)?;
        }
        Flow::Continue(())
    }

    /// A volume descriptor: what it says about itself, and where its tree begins.
    fn volume(
        &mut self,
        sector: &[u8],
        volumes: &mut Vec<(Names, Range<u64>, u64)>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        if !matches!(sector[0], 1 | 2) {
            return Flow::Continue(());
        }
        let joliet = sector[0] == 2 && matches!(&sector[88..91], b"%/@" | b"%/C" | b"%/E");
        let names = if joliet { Names::Joliet } else { Names::Plain };
        for (name, range) in [
            ("system", 8..40),
            ("volume", 40..72),
            ("volume set", 190..318),
            ("publisher", 318..446),
            ("preparer", 446..574),
            ("application", 574..702),
        ] {
            let text = decode(&sector[range], names);
            names::property(name, text.trim().as_bytes(), descent)?;
        }
        let block = u64::from(u16::from_le_bytes([sector[128], sector[129]]));
        let block =
            if block.is_power_of_two() && (512..=2048).contains(&block) { block } else { SECTOR };
        let blocks = u32::from_le_bytes([sector[80], sector[81], sector[82], sector[83]]);
        let missing = (u64::from(blocks) * block).saturating_sub(self.store.len());
        // Numbers are told twice, with either end first.
        let again = u32::from_be_bytes([sector[84], sector[85], sector[86], sector[87]]);
        if blocks != again {
            descent.note_with(Reason::Damaged, None, "its size is told in two ways");
        } else if missing > 0 && !joliet {
            descent.note_with(Reason::Truncated, Some(missing), "its end is missing");
        }
        match Record::read(&sector[156..190], names, block) {
            Some(root) => volumes.push((names, root.data, block)),
            None => descent.note_with(Reason::Damaged, None, "its root folder is missing"),
        }
        Flow::Continue(())
    }

    /// All files of a tree, without going through a folder twice.
    fn tree(
        &mut self,
        names: Names,
        root: Range<u64>,
        block: u64,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let mut waiting = vec![(String::new(), root)];
        let mut folders = HashSet::new();
        while let Some((path, range)) = waiting.pop() {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            if range.is_empty() {
                continue;
            }
            if !folders.insert(range.start) {
                descent.note_with(Reason::Cycle, None, "one of its folders contains itself");
                continue;
            }
            let most = range.start.saturating_add(descent.budget().limits().buffer);
            if range.end > self.store.len().min(most) {
                let known = range.end <= most;
                let reason = if known { Reason::Truncated } else { Reason::Damaged };
                descent.note_inside(if path.is_empty() { "/" } else { &path }, reason, None);
            }
            let Ok(bytes) = self.store.read(range.start..range.end.min(most)) else { continue };
            self.claims.claim(range, Fate::Scanned, descent);
            let folder_at = waiting.len();
            let mut at = 0;
            while at < bytes.len() && descent.budget().check().is_ok() {
                let Some(record) = Record::read(&bytes[at..], names, block) else {
                    // Records do not cross sectors; zeros fill the rest.
                    let next = (at / SECTOR as usize + 1) * SECTOR as usize;
                    if bytes[at] != 0 {
                        descent.note_with(Reason::Damaged, None, "one of its folders is damaged");
                    }
                    at = next;
                    continue;
                };
                at += record.len;
                if matches!(record.name.as_str(), "\0" | "\u{1}") {
                    continue;
                }
                let name = format!("{path}{}", record.name);
                if record.is_folder {
                    waiting.push((format!("{name}/"), record.data));
                } else {
                    self.file(name, record.data, descent)?;
                }
            }
            waiting[folder_at..].reverse();
        }
        Flow::Continue(())
    }

    fn file(&mut self, name: String, data: Range<u64>, descent: &mut Descent<'_>) -> Flow {
        self.number += 1;
        let shown = names::shown(&name, self.number);
        if !data.is_empty() && !self.seen.insert(data.start) {
            // The other list's name for the same file, or a second name.
            return names::scan(&name, descent);
        }
        names::give(&name, &shown, descent)?;
        kept::give(&self.store, data, shown, &mut self.claims, descent)
    }
}

impl Record {
    fn read(bytes: &[u8], names: Names, block: u64) -> Option<Record> {
        let len = usize::from(*bytes.first()?);
        let record = &bytes[..len.min(bytes.len())];
        let name_len = usize::from(*record.get(32)?);
        let raw = record.get(33..33 + name_len)?;
        let long = |at: usize| {
            u64::from(u32::from_le_bytes([
                record[at],
                record[at + 1],
                record[at + 2],
                record[at + 3],
            ]))
        };
        let extended = u64::from(record[1]);
        let start = (long(2) + extended) * block;
        let mut name = match raw {
            [0] | [1] => char::from(raw[0]).to_string(),
            _ => decode(raw, names).into_owned(),
        };
        // Behind the name, filled to an even length, stand Rock Ridge's entries.
        let extra = record.get(33 + name_len + (name_len + 1) % 2..).unwrap_or_default();
        if let Some(better) = rock_ridge(extra).filter(|_| names == Names::Plain) {
            name = better;
        }
        if let Some((stem, version)) = name.rsplit_once(';')
            && version.bytes().all(|b| b.is_ascii_digit())
        {
            name = stem.to_owned();
        }
        let is_folder = record[25] & 2 != 0;
        Some(Record { name, data: start..start + long(10), is_folder, len })
    }
}

/// The name in Rock Ridge's `NM` entries, if there is one.
fn rock_ridge(mut extra: &[u8]) -> Option<String> {
    let mut name = Vec::new();
    while let [a, b, len, _, ..] = *extra {
        let entry = extra.get(..usize::from(len)).filter(|entry| entry.len() >= 4)?;
        if [a, b] == *b"NM" {
            name.extend_from_slice(entry.get(5..)?);
        }
        extra = &extra[entry.len()..];
    }
    (!name.is_empty()).then(|| names::text(&name).into_owned())
}

fn decode(raw: &[u8], names: Names) -> Cow<'_, str> {
    match names {
        Names::Plain => names::text(raw),
        Names::Joliet => encoding_rs::UTF_16BE.decode_without_bom_handling(raw).0,
    }
}
