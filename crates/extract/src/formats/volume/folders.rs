//! The way through the folders of FAT and exFAT, live and deleted.

use super::clusters::{Clusters, End};
use super::pieces::Pieces;
use crate::descend::{Descent, Flow};
use crate::formats::archive::{Claims, Store, names};
use dlpscan_core::model::Reason;
use std::collections::HashSet;

/// A file or folder as its folder lists it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) is_folder: bool,
    pub(super) is_deleted: bool,
    /// Its first cluster; 0 for an empty file.
    pub(super) first: u32,
    /// Bytes; of a FAT folder 0, whatever its length.
    pub(super) len: u64,
    /// Its clusters follow one another without being chained.
    pub(super) is_run: bool,
}

/// What a folder's bytes say.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) entries: Vec<Listed>,
    /// The volume's name, which stands among the root's entries.
    pub(super) label: Option<String>,
    /// Bytes up to the end of the list; what lies behind it is nobody's.
    pub(super) end: u64,
}

/// A folder on the way.
struct Folder {
    /// Its path with a slash behind it; empty for the root.
    path: String,
    pieces: Pieces,
    is_deleted: bool,
    depth: u32,
}

/// Reads all files of a tree, without going through a folder twice.
pub(super) fn walk(
    store: &Store<'_>,
    clusters: &Clusters,
    root: Pieces,
    list: fn(&[u8]) -> Listing,
    claims: &mut Claims,
    descent: &mut Descent<'_>,
) -> Flow {
    let mut waiting =
        vec![Folder { path: String::new(), pieces: root, is_deleted: false, depth: 0 }];
    let mut seen = HashSet::new();
    let mut number = 0;
    while let Some(folder) = waiting.pop() {
        if descent.budget().check().is_err() {
            return Flow::Continue(());
        }
        let Some(start) = folder.pieces.start() else { continue };
        if !seen.insert(start) {
            if !folder.is_deleted {
                descent.note_with(Reason::Cycle, None, "one of its folders contains itself");
            }
            continue;
        }
        let limits = descent.budget().limits();
        if folder.depth > limits.depth {
            descent.note(Reason::LimitDepth);
            continue;
        }
        let bytes = match folder.pieces.read(store, limits.buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                descent.fault(&error);
                continue;
            }
        };
        if (bytes.len() as u64) < folder.pieces.len() && !folder.is_deleted {
            descent.note_with(Reason::Truncated, None, "one of its folders is cut off");
        }
        let listing = list(&bytes);
        let mut read = folder.pieces.clone();
        read.truncate(listing.end.min(bytes.len() as u64));
        read.claim(claims, descent);
        if let Some(label) = listing.label {
            names::property("volume", label.as_bytes(), descent)?;
        }
        let folders_at = waiting.len();
        for entry in listing.entries {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            number += 1;
            let is_deleted = folder.is_deleted || entry.is_deleted;
            let path = format!("{}{}", folder.path, entry.name);
            let said = if is_deleted { format!("(deleted) {path}") } else { path.clone() };
            let shown = names::shown(&said, number);
            names::give(&path, &shown, descent)?;
            let (mut pieces, end) = place(clusters, &entry, is_deleted);
            match end {
                End::Good => {}
                End::Loop => descent.note_inside(&shown, Reason::Cycle, None),
                End::Lost => descent.note_inside(&shown, Reason::Damaged, None),
            }
            if entry.is_folder {
                let (path, depth) = (format!("{path}/"), folder.depth + 1);
                waiting.push(Folder { path, pieces, is_deleted, depth });
            } else {
                pieces.truncate(entry.len);
                pieces.give(store, shown, claims, descent)?;
            }
        }
        waiting[folders_at..].reverse();
    }
    Flow::Continue(())
}

/// Where an entry's bytes lie.
fn place(clusters: &Clusters, entry: &Listed, is_deleted: bool) -> (Pieces, End) {
    match entry {
        // A deleted folder's first cluster is all that can be told of it.
        Listed { is_folder: true, .. } if is_deleted => {
            (clusters.deleted(entry.first, clusters.size), End::Good)
        }
        _ if is_deleted => (clusters.deleted(entry.first, entry.len), End::Good),
        Listed { is_folder: false, len: 0, .. } => (Pieces::default(), End::Good),
        Listed { is_run: true, .. } => clusters.run(entry.first, entry.len),
        Listed { is_folder: true, .. } => clusters.chain(entry.first, None),
        _ => clusters.chain(entry.first, Some(entry.len)),
    }
}
