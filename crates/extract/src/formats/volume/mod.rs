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

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] =
    &[&fat::Fat, &exfat::ExFat, &ntfs::Ntfs, &ext::Ext, &disk::Disk];
