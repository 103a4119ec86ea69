//! Images of disks, sticks and cards: partition tables and file systems, read without mounting.
//!
//! What a file system calls free, and the slack behind its files, nobody claims: the printable
//! strings of both are scanned with the bytes' place in the image.

mod clusters;
mod disk;
mod exfat;
mod ext;
mod ext_inode;
mod fat;
mod folders;
mod ntfs;
mod ntfs_record;
mod number;
mod pieces;

use crate::descend::Descent;
use crate::extractor::Extractor;
use crate::formats::archive::Store;
use dlpscan_core::model::{Content, Reason};

/// The family's extractors.
pub const LIST: &[&dyn Extractor] =
    &[&fat::Fat, &exfat::ExFat, &ntfs::Ntfs, &ext::Ext, &disk::Disk];

/// What the boot sector says, and the image it stands in. A sector without sense is noted.
fn booted<'a, B>(
    content: Content<'a>,
    read: impl Fn(&[u8]) -> Option<B>,
    descent: &mut Descent<'_>,
) -> Option<(B, Store<'a>)> {
    let (head, content) = content.peek(512);
    let Some(boot) = head.ok().as_deref().and_then(read) else {
        descent.note_with(Reason::Damaged, None, "its boot sector makes no sense");
        return None;
    };
    Some((boot, Store::of(&content)?))
}
