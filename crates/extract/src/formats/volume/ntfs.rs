//! NTFS, the file system of Windows: all that its master file table lists, deleted files too.

use super::booted;
use super::ntfs_record::{Data, Held, Record};
use super::number::{u16_at, u64_at};
use super::pieces::Pieces;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store, names};
use dlpscan_core::model::{Content, Part, Reason};
use std::collections::BTreeMap;

/// Images of NTFS file systems.
pub struct Ntfs;

impl Extractor for Ntfs {
    fn name(&self) -> &'static str {
        "ntfs"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.get(3..11) == Some(b"NTFS    ") { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some((boot, store)) = booted(part.content, Boot::read, descent) else {
            return Flow::Continue(());
        };
        let missing = boot.len.saturating_sub(store.len());
        if missing > 0 {
            descent.note_with(Reason::Truncated, Some(missing), "its end is missing");
        }
        let claims = Claims::new(store.len());
        Reading { store, boot, claims, files: BTreeMap::new() }.all(descent)
    }
}

/// What the boot sector says, in bytes.
struct Boot {
    len: u64,
    cluster: u64,
    /// Where the master file table begins.
    table: u64,
    record: u64,
}

impl Boot {
    /// `None` where the figures contradict each other.
    fn read(sector: &[u8]) -> Option<Boot> {
        let bytes = u64::from(u16_at(sector, 11));
        let known = bytes.is_power_of_two() && (256..=4096).contains(&bytes);
        // Beyond 128 both counts are powers of two, told as a negative number.
        let (sectors, records) = (*sector.get(13)?, *sector.get(64)? as i8);
        let sectors = match sectors {
            0..=128 => u64::from(sectors),
            more => 1_u64.checked_shl(256 - u32::from(more))?,
        };
        let cluster = bytes.checked_mul(sectors)?;
        let record = match records {
            1.. => cluster.checked_mul(records as u64)?,
            less => 1_u64.checked_shl(u32::from(less.unsigned_abs()))?,
        };
        let boot = Boot {
            len: u64_at(sector, 40).checked_mul(bytes)?,
            cluster,
            table: u64_at(sector, 48).checked_mul(cluster)?,
            record,
        };
        let sane = known && cluster.is_power_of_two() && cluster <= 2 << 20;
        (sane && record.is_power_of_two() && (512..=65_536).contains(&record)).then_some(boot)
    }
}

/// The root folder's record, and the first that is not the system's own.
const ROOT: u64 = 5;
const FIRST: u64 = 16;
/// Records of the system whose content says nothing: which clusters are in use, and the capital
/// letters of the alphabet.
const SILENT: [u64; 3] = [0, 6, 10];

/// What the table says of a file or folder.
struct File {
    name: String,
    folder: u64,
    is_folder: bool,
    is_used: bool,
}

struct Reading<'a> {
    store: Store<'a>,
    boot: Boot,
    claims: Claims,
    files: BTreeMap<u64, File>,
}

impl Reading<'_> {
    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let (start, size) = (self.boot.table, self.boot.record);
        let first = self.store.read(start..start.saturating_add(size)).unwrap_or_default();
        let own = Record::read(&first)
            .and_then(|own| own.data(self.boot.cluster).into_iter().find(|d| d.name.is_empty()));
        let table = match own {
            Some(Data { held: Held::Clusters(mut table, whole), len, .. }) => {
                if !whole {
                    descent.note_with(Reason::Damaged, None, "its file table is damaged");
                }
                table.truncate(len);
                table
            }
            _ => {
                descent.note_with(Reason::Damaged, None, "its file table is missing");
                return Flow::Continue(());
            }
        };
        // The table may itself be longer than the image: what is not there has no records.
        let count = table.len().min(self.store.len()) / size;
        let mut parts: BTreeMap<u64, Vec<Data>> = BTreeMap::new();
        for number in 0..count {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            let Some(record) = self.record(&table, number) else { continue };
            if record.is_torn && record.is_used() {
                descent.note_with(Reason::Damaged, None, "a record of its file table is torn");
            }
            if let Some(base) = record.base() {
                let pieces = record.data(self.boot.cluster);
                parts.entry(base).or_default().extend(pieces);
            }
            if let Some((name, folder)) = record.name() {
                let (is_folder, is_used) = (record.is_folder(), record.is_used());
                let number = record.base().unwrap_or(number);
                self.files.entry(number).or_insert(File { name, folder, is_folder, is_used });
            }
        }
        for number in 0..count {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            let Some(record) = self.record(&table, number) else { continue };
            if record.base().is_some() {
                continue;
            }
            let used = number * size..number * size + record.used();
            table.section(used).claim(&mut self.claims, descent);
            let further = parts.remove(&number).unwrap_or_default();
            let data = joined(record.data(self.boot.cluster), further);
            if SILENT.contains(&number) {
                for content in data {
                    if let (Held::Clusters(pieces, _), 1..) = (content.held, number) {
                        pieces.claim(&mut self.claims, descent);
                    }
                }
            } else if number >= FIRST {
                self.file(number, data, descent)?;
            }
        }
        Flow::Continue(())
    }

    fn record(&self, table: &Pieces, number: u64) -> Option<Record> {
        let size = self.boot.record;
        let section = table.section(number * size..(number + 1) * size);
        Record::read(&section.read(&self.store, size).ok()?)
    }

    fn file(&mut self, number: u64, data: Vec<Data>, descent: &mut Descent<'_>) -> Flow {
        let is_used = self.files.get(&number).is_none_or(|file| file.is_used);
        let path = self.path(number, descent);
        let said = match &path[..] {
            "" => format!("(lost) record {number}"),
            path if is_used => path.to_owned(),
            path => format!("(deleted) {path}"),
        };
        let shown = names::shown(&said, number as usize);
        if !path.is_empty() {
            names::give(&path, &shown, descent)?;
        }
        for content in data {
            // A further content beside the main one, as Windows names it.
            let shown = match &content.name[..] {
                "" => shown.clone(),
                name => {
                    names::scan(name, descent)?;
                    names::shown(&format!("{said}:{name}"), number as usize)
                }
            };
            if content.is_encrypted {
                descent.note_inside(&shown, Reason::Encrypted, Some(content.len));
                continue;
            }
            match content.held {
                Held::Within(bytes) if bytes.is_empty() => {}
                Held::Within(bytes) => {
                    descent.part(Part::new(shown, Content::Bytes(&bytes)))?;
                }
                // Its clusters are read as they are, which is not what the file says.
                Held::Clusters(..) if content.is_compressed => {
                    descent.note_inside(&shown, Reason::Unsupported, Some(content.len));
                }
                Held::Clusters(mut pieces, whole) => {
                    if is_used && (!whole || pieces.len() < content.len) {
                        descent.note_inside(&shown, Reason::Damaged, None);
                    }
                    pieces.truncate(content.len);
                    // A file of nothing but holes says nothing.
                    if pieces.start().is_some() || pieces.len() <= self.store.len() {
                        pieces.give(&self.store, shown, &mut self.claims, descent)?;
                    }
                }
            }
        }
        Flow::Continue(())
    }

    /// The names of the folders that a file stands in, and its own.
    fn path(&self, number: u64, descent: &mut Descent<'_>) -> String {
        let mut names = Vec::new();
        let mut at = number;
        while let Some(file) = self.files.get(&at).filter(|_| at != ROOT) {
            if names.len() > descent.budget().limits().depth as usize {
                descent.note_with(Reason::Cycle, None, "one of its folders contains itself");
                break;
            }
            if at != number && !file.is_folder {
                // The folder's record has been used again.
                break;
            }
            names.push(&file.name[..]);
            at = file.folder;
        }
        names.reverse();
        names.join("/")
    }
}

/// The contents of a file whose list does not fit into one record.
fn joined(mut data: Vec<Data>, mut further: Vec<Data>) -> Vec<Data> {
    further.sort_by_key(|piece| piece.first);
    for piece in further {
        let own = data.iter_mut().find(|own| own.name == piece.name);
        match (own, piece) {
            (
                Some(Data { held: Held::Clusters(pieces, whole), .. }),
                Data { held: Held::Clusters(more, good), first: 1.., .. },
            ) => {
                pieces.join(more);
                *whole &= good;
            }
            (None, piece) => data.push(piece),
            _ => {}
        }
    }
    data
}
