//! An inode of ext2, ext3 or ext4: what it is, and where its bytes lie.

use super::ext::Layout;
use super::number::{u16_at, u32_at};
use super::pieces::Pieces;
use crate::formats::archive::Store;

/// An inode's bytes.
pub(super) struct Inode(Vec<u8>);

/// Kinds of inode, in its mode.
const FOLDER: u16 = 0x4000;
const FILE: u16 = 0x8000;
const LINK: u16 = 0xa000;
/// Flags: encrypted, its blocks in a tree of extents, its content in the inode itself.
const ENCRYPTED: u32 = 0x800;
const EXTENTS: u32 = 0x8_0000;
const WITHIN: u32 = 0x1000_0000;
/// What begins a node of a tree of extents, and the deepest tree there can be.
const NODE: u16 = 0xf30a;
const DEEPEST: u16 = 5;

impl Inode {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Inode(bytes.to_vec())
    }

    fn kind(&self) -> u16 {
        u16_at(&self.0, 0) & 0xf000
    }

    fn flags(&self) -> u32 {
        u32_at(&self.0, 32)
    }

    pub(super) fn is_folder(&self) -> bool {
        self.kind() == FOLDER
    }

    pub(super) fn is_file(&self) -> bool {
        self.kind() == FILE
    }

    pub(super) fn is_link(&self) -> bool {
        self.kind() == LINK
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags() & ENCRYPTED != 0
    }

    /// No name leads to it any more.
    pub(super) fn is_deleted(&self) -> bool {
        u16_at(&self.0, 26) == 0
    }

    /// Bytes of its content.
    pub(super) fn len(&self) -> u64 {
        u64::from(u32_at(&self.0, 4)) | u64::from(u32_at(&self.0, 108)) << 32
    }

    /// The content of a small file or link, where it stands in the inode.
    pub(super) fn within(&self) -> Option<Vec<u8>> {
        let len = self.len();
        let short_link = self.is_link() && len < 60 && u32_at(&self.0, 28) == 0;
        if self.flags() & WITHIN == 0 && !short_link {
            return None;
        }
        let mut content = self.0[40..100].to_vec();
        if len > 60 {
            content.extend_from_slice(self.further().unwrap_or_default());
        }
        content.truncate(usize::try_from(len).ok()?);
        Some(content)
    }

    /// What of such a content did not fit stands as an attribute called `data` behind the inode's
    /// own fields.
    fn further(&self) -> Option<&[u8]> {
        const MARK: u32 = 0xea02_0000;
        const SYSTEM: u8 = 7;
        let start = 128 + usize::from(u16_at(&self.0, 128));
        if u32_at(&self.0, start) != MARK {
            return None;
        }
        let first = start + 4;
        let mut at = first;
        loop {
            let entry = self.0.get(at..at + 16).filter(|entry| entry[..4] != [0; 4])?;
            let name = self.0.get(at + 16..at + 16 + usize::from(entry[0]))?;
            if entry[1] == SYSTEM && name == b"data" {
                let value = first + usize::from(u16_at(entry, 2));
                return self.0.get(value..value + u32_at(entry, 8) as usize);
            }
            at += 16 + usize::from(entry[0]).next_multiple_of(4);
        }
    }

    /// Where its content lies, and whether all of it was found.
    pub(super) fn pieces(&self, store: &Store<'_>, layout: &Layout) -> (Pieces, bool) {
        let mut map = Map { store, block: layout.block, pieces: Pieces::default(), whole: true };
        // More blocks than the image has cannot hold anything but holes.
        let wanted = self.len().div_ceil(layout.block);
        let root = &self.0[40..100];
        if self.flags() & EXTENTS != 0 {
            map.extents(root, DEEPEST, wanted);
        } else {
            for i in 0..12 {
                map.block(u32_at(root, i * 4), wanted);
            }
            for (level, i) in (1..=3).zip(12..15) {
                map.indirect(u32_at(root, i * 4), level, wanted);
            }
        }
        let (mut pieces, mut whole) = (map.pieces, map.whole);
        let len = self.len();
        if pieces.len() < len {
            // A file may end in a hole, but not consist of one longer than its disk.
            let rest = len - pieces.len();
            if rest <= store.len() { pieces.hole(rest) } else { whole = false }
        }
        pieces.truncate(len);
        (pieces, whole)
    }
}

/// A file's blocks, as they are found.
struct Map<'s, 'a> {
    store: &'s Store<'a>,
    block: u64,
    pieces: Pieces,
    whole: bool,
}

impl Map<'_, '_> {
    fn blocks(&self) -> u64 {
        self.pieces.len() / self.block
    }

    fn read(&mut self, block: u64) -> Vec<u8> {
        let start = block.saturating_mul(self.block);
        let bytes = self.store.read(start..start.saturating_add(self.block)).unwrap_or_default();
        self.whole &= bytes.len() as u64 == self.block;
        bytes.into_owned()
    }

    /// A node of a tree of extents. Its depth falls from node to node, so the way down ends.
    fn extents(&mut self, node: &[u8], deepest: u16, wanted: u64) {
        let (count, depth) = (usize::from(u16_at(node, 2)), u16_at(node, 6));
        if u16_at(node, 0) != NODE || depth > deepest || count * 12 + 12 > node.len() {
            self.whole = false;
            return;
        }
        for entry in node[12..].chunks_exact(12).take(count) {
            if self.blocks() >= wanted {
                return;
            }
            if depth > 0 {
                let leaf = u64::from(u32_at(entry, 4)) | u64::from(u16_at(entry, 8)) << 32;
                let below = self.read(leaf);
                self.extents(&below, depth - 1, wanted);
                continue;
            }
            let first = u64::from(u32_at(entry, 0));
            let length = u64::from(u16_at(entry, 4));
            let start = u64::from(u32_at(entry, 8)) | u64::from(u16_at(entry, 6)) << 32;
            // Beyond 32,768 blocks it is room that was set aside and never written.
            let (length, is_written) =
                if length > 32_768 { (length - 32_768, false) } else { (length, true) };
            let before = first.saturating_sub(self.blocks());
            if before.saturating_mul(self.block) > self.store.len() || first < self.blocks() {
                self.whole = false;
                continue;
            }
            self.pieces.hole(before * self.block);
            if is_written {
                self.pieces.push(start * self.block..(start + length) * self.block);
            } else {
                self.pieces.hole(length * self.block);
            }
        }
    }

    fn block(&mut self, block: u32, wanted: u64) {
        if self.blocks() >= wanted {
            return;
        }
        match u64::from(block) {
            0 => self.pieces.hole(self.block),
            block if block * self.block >= self.store.len() => self.whole = false,
            block => self.pieces.push(block * self.block..(block + 1) * self.block),
        }
    }

    /// A block of block numbers, so many levels above the blocks themselves.
    fn indirect(&mut self, block: u32, level: u32, wanted: u64) {
        if self.blocks() >= wanted {
            return;
        }
        let most = self.store.len() / self.block;
        if block == 0 {
            let hole = (self.block / 4).pow(level).min(wanted - self.blocks());
            // What only holes could fill is not a file but a lie about its length.
            if hole > most {
                self.whole = false
            } else {
                self.pieces.hole(hole * self.block)
            }
            return;
        }
        let numbers = self.read(block.into());
        for number in numbers.chunks_exact(4) {
            if self.blocks() >= wanted || !self.whole {
                return;
            }
            if level == 1 {
                self.block(u32_at(number, 0), wanted);
            } else {
                self.indirect(u32_at(number, 0), level - 1, wanted);
            }
        }
    }
}
