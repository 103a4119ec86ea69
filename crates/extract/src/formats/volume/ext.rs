//! The file systems of Linux: ext2, ext3 and ext4.

use super::ext_inode::Inode;
use super::number::{u16_at, u32_at};
use super::pieces::Pieces;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store, names};
use dlpscan_core::model::{Content, Part, Reason};
use std::collections::HashSet;

/// Images of ext2, ext3 and ext4 file systems.
pub struct Ext;

/// Where the superblock stands.
const SUPER: usize = 1024;

impl Extractor for Ext {
    fn name(&self) -> &'static str {
        "ext"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let marked = head.get(SUPER + 56..SUPER + 58) == Some(b"\x53\xef");
        let sane = u32_at(head, SUPER) > 0 && u32_at(head, SUPER + 40) > 0;
        let long = hint.len.is_none_or(|len| len >= 16 << 10);
        if marked && sane && long { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let sector = store.read(SUPER as u64..2 * SUPER as u64).unwrap_or_default();
        match Layout::read(&sector) {
            Ok(layout) => Reading::new(store, layout).all(descent),
            Err(reason) => {
                descent.note_with(reason, None, "its superblock makes no sense");
                Flow::Continue(())
            }
        }
    }
}

/// What the superblock says.
pub(super) struct Layout {
    pub(super) block: u64,
    blocks: u64,
    inodes: u32,
    inodes_per_group: u32,
    pub(super) inode_size: u64,
    /// Where the group descriptors begin, in bytes, and how long each is.
    groups: u64,
    descriptor: u64,
    /// The inode of the list of files that are open though deleted; 0 if there is none.
    orphans: u32,
    label: Vec<u8>,
    mounted: Vec<u8>,
}

/// Features without which a file system cannot be read this way: compression, block groups that
/// keep their descriptors apart, a journal of its own.
const UNREAD: u32 = 0x1 | 0x8 | 0x10;
/// Numbers of blocks have 64 bits.
const LONG: u32 = 0x80;

impl Layout {
    fn read(sector: &[u8]) -> Result<Layout, Reason> {
        let features = u32_at(sector, 96);
        if features & UNREAD != 0 {
            return Err(Reason::Unsupported);
        }
        let power = u32_at(sector, 24);
        let old = u32_at(sector, 76) == 0;
        let inode_size = if old { 128 } else { u64::from(u16_at(sector, 88)) };
        let high = if features & LONG != 0 { u64::from(u32_at(sector, 336)) << 32 } else { 0 };
        if power > 6 || !inode_size.is_power_of_two() || !(128..=65_536).contains(&inode_size) {
            return Err(Reason::Damaged);
        }
        let block = 1024_u64 << power;
        let wide = if features & LONG != 0 { u64::from(u16_at(sector, 254)) } else { 32 };
        if sector.len() < SUPER {
            return Err(Reason::Truncated);
        }
        Ok(Layout {
            block,
            blocks: u64::from(u32_at(sector, 4)) | high,
            inodes: u32_at(sector, 0),
            inodes_per_group: u32_at(sector, 40).max(1),
            inode_size,
            // They stand in the block behind the superblock's.
            groups: (u64::from(u32_at(sector, 20)) + 1) * block,
            descriptor: wide.max(32),
            orphans: u32_at(sector, 640),
            label: sector[120..136].to_vec(),
            mounted: sector[136..200].to_vec(),
        })
    }
}

/// The root folder's inode, and the first that is not the system's own.
const ROOT: u32 = 2;
const FIRST: u32 = 11;

struct Reading<'a> {
    store: Store<'a>,
    layout: Layout,
    claims: Claims,
    /// Inodes that were met.
    seen: HashSet<u32>,
}

/// A folder on the way.
struct Folder {
    path: String,
    inode: u32,
    depth: u32,
}

impl<'a> Reading<'a> {
    fn new(store: Store<'a>, layout: Layout) -> Self {
        let claims = Claims::new(store.len());
        Reading { store, layout, claims, seen: HashSet::new() }
    }

    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let missing =
            self.layout.blocks.saturating_mul(self.layout.block).saturating_sub(self.store.len());
        if missing > 0 {
            descent.note_with(Reason::Truncated, Some(missing), "its end is missing");
        }
        for (name, raw) in [("volume", &self.layout.label), ("mounted at", &self.layout.mounted)] {
            let text = raw.split(|&b| b == 0).next().unwrap_or_default();
            names::property(name, text, descent)?;
        }
        self.walk(descent)?;
        self.stray(descent)
    }

    /// All files that can be reached from the root.
    fn walk(&mut self, descent: &mut Descent<'_>) -> Flow {
        let mut waiting = vec![Folder { path: String::new(), inode: ROOT, depth: 0 }];
        while let Some(folder) = waiting.pop() {
            let limits = descent.budget().limits();
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            if folder.depth > limits.depth {
                descent.note(Reason::LimitDepth);
                continue;
            }
            if !self.seen.insert(folder.inode) {
                descent.note_with(Reason::Cycle, None, "one of its folders contains itself");
                continue;
            }
            let Some(inode) = self.inode(folder.inode).filter(Inode::is_folder) else {
                descent.note_with(Reason::Damaged, None, "one of its folders is missing");
                continue;
            };
            if inode.is_encrypted() {
                descent.note_inside(&folder.path, Reason::Encrypted, None);
            }
            let (pieces, bytes) = match inode.within() {
                // The number of the folder above stands in front, unlike in a folder of blocks.
                Some(within) => (Pieces::default(), within.get(4..).unwrap_or_default().to_vec()),
                None => {
                    let (pieces, whole) = inode.pieces(&self.store, &self.layout);
                    if !whole {
                        descent.note_with(Reason::Damaged, None, "one of its folders is damaged");
                    }
                    let Ok(bytes) = pieces.read(&self.store, limits.buffer) else { continue };
                    (pieces, bytes)
                }
            };
            let folders_at = waiting.len();
            for (number, name) in self.entries(&bytes, &pieces, descent) {
                let path = format!("{}{}", folder.path, names::text(&name));
                let shown = names::shown(&path, number as usize);
                names::give(&path, &shown, descent)?;
                match self.inode(number) {
                    Some(inode) if inode.is_folder() => waiting.push(Folder {
                        path: format!("{path}/"),
                        inode: number,
                        depth: folder.depth + 1,
                    }),
                    // A further name of a file that was read.
                    Some(_) if !self.seen.insert(number) => {}
                    Some(inode) => self.file(&inode, shown, descent)?,
                    None => descent.note_inside(&shown, Reason::Damaged, None),
                }
            }
            waiting[folders_at..].reverse();
        }
        Flow::Continue(())
    }

    /// The entries of a folder. What stands between them, such as names that were deleted, is left
    /// to be read as it is.
    fn entries(
        &mut self,
        bytes: &[u8],
        pieces: &Pieces,
        descent: &mut Descent<'_>,
    ) -> Vec<(u32, Vec<u8>)> {
        let block = self.layout.block as usize;
        let mut found = Vec::new();
        let mut read = Vec::new();
        for (number, block_bytes) in bytes.chunks(block).enumerate() {
            let mut at = 0;
            while at + 8 <= block_bytes.len() {
                let inode = u32_at(block_bytes, at);
                let len = usize::from(u16_at(block_bytes, at + 4));
                let name_len = usize::from(block_bytes[at + 6]);
                if len < 8 || at + len > block_bytes.len() || name_len + 8 > len {
                    descent.note_with(Reason::Damaged, None, "one of its folders is damaged");
                    break;
                }
                let name = &block_bytes[at + 8..at + 8 + name_len];
                if inode != 0 {
                    let from = (number * block + at) as u64;
                    read.push(from..from + (8 + name_len.next_multiple_of(4)) as u64);
                    if !matches!(name, b"." | b"..") {
                        found.push((inode, name.to_vec()));
                    }
                }
                at += len;
            }
        }
        for range in read {
            pieces.section(range).claim(&mut self.claims, descent);
        }
        found
    }

    /// Inodes that no folder names: files that were deleted, or lost by damage.
    fn stray(&mut self, descent: &mut Descent<'_>) -> Flow {
        let most = self.store.len() / self.layout.inode_size;
        for number in FIRST..=self.layout.inodes.min(u32::try_from(most).unwrap_or(u32::MAX)) {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            if self.seen.contains(&number) || number == self.layout.orphans {
                continue;
            }
            let Some(inode) = self.inode(number).filter(|inode| inode.is_file()) else { continue };
            let state = if inode.is_deleted() { "deleted" } else { "lost" };
            self.file(&inode, format!("({state}) inode {number}"), descent)?;
        }
        Flow::Continue(())
    }

    fn file(&mut self, inode: &Inode, shown: String, descent: &mut Descent<'_>) -> Flow {
        if inode.is_encrypted() {
            descent.note_inside(&shown, Reason::Encrypted, Some(inode.len()));
            return Flow::Continue(());
        }
        if let Some(within) = inode.within() {
            if inode.is_link() {
                return names::scan(&names::text(&within), descent);
            }
            return descent.part(Part::new(shown, Content::Bytes(&within)));
        }
        if !inode.is_file() {
            return Flow::Continue(());
        }
        let (pieces, whole) = inode.pieces(&self.store, &self.layout);
        if !whole && !inode.is_deleted() {
            descent.note_inside(&shown, Reason::Damaged, None);
        }
        pieces.give(&self.store, shown, &mut self.claims, descent)
    }

    /// An inode by its number.
    fn inode(&self, number: u32) -> Option<Inode> {
        let layout = &self.layout;
        let index = number.checked_sub(1).filter(|_| number <= layout.inodes)?;
        let group = u64::from(index / layout.inodes_per_group);
        let at = layout.groups + group * layout.descriptor;
        let descriptor = self.store.read(at..at + layout.descriptor).ok()?;
        let high =
            if layout.descriptor >= 64 { u64::from(u32_at(&descriptor, 40)) << 32 } else { 0 };
        let table = (u64::from(u32_at(&descriptor, 8)) | high).checked_mul(layout.block)?;
        let at =
            table.checked_add(u64::from(index % layout.inodes_per_group) * layout.inode_size)?;
        let bytes = self.store.read(at..at.checked_add(layout.inode_size)?).ok()?;
        (table > 0 && bytes.len() as u64 == layout.inode_size).then(|| Inode::new(&bytes))
    }
}
