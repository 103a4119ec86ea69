use dlpscan_core::model::{Note, OpenFile, PartPath, Reason};
use rustix::fs::{CWD, Mode, OFlags, Stat, openat};
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

/// The longest piece of a path given to the kernel at once; its own limit is 4096 with the end.
const MOST_AT_ONCE: usize = 4000;

/// What makes a file the same file: its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64, u64);

impl Identity {
    // The width of both fields differs between systems.
    #[allow(clippy::unnecessary_cast)]
    pub(crate) fn of(stat: &Stat) -> Self {
        Identity(stat.st_dev as u64, stat.st_ino as u64)
    }

    pub(crate) fn same_device(self, other: Self) -> bool {
        self.0 == other.0
    }
}

/// A regular file that was listed, to be opened later, from any thread. It holds no descriptor of
/// its own: it is found again from the folder the user named.
#[derive(Debug)]
pub(crate) struct Found {
    /// `None`: the path is one the user named, and links on the way to its last name are the user's.
    pub(crate) root: Option<Arc<OwnedFd>>,
    pub(crate) path: Box<[u8]>,
    pub(crate) identity: Identity,
}

impl OpenFile for Found {
    fn open(&self) -> Result<(File, Metadata), Note> {
        // Not to wait, should a pipe have taken its place.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match &self.root {
            Some(root) => open_beneath(root.as_fd(), &self.path, flags),
            None => open_entry(CWD, &self.path, flags),
        };
        let file = File::from(file.map_err(note)?);
        let stale = |error| note(Errno::from_io_error(&error).unwrap_or(Errno::STALE));
        let meta = file.metadata().map_err(stale)?;
        if !meta.is_file() || Identity(meta.dev(), meta.ino()) != self.identity {
            return Err(note(Errno::STALE));
        }
        Ok((file, meta))
    }
}

/// What an error says about the file or folder that was asked for.
pub(crate) fn note(error: Errno) -> Note {
    let reason = match error {
        Errno::ACCESS | Errno::PERM => Reason::Permission,
        // It was there when it was listed, and no link.
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE => Reason::Changed,
        Errno::NAMETOOLONG => Reason::BadName,
        _ => Reason::IoError,
    };
    let detail = match error {
        Errno::NOENT => "it was there when its folder was listed and is gone".to_owned(),
        Errno::LOOP | Errno::NOTDIR => "a link took its place after it was listed".to_owned(),
        Errno::STALE => "another took its place after it was listed".to_owned(),
        // The reason says it all.
        Errno::ACCESS | Errno::PERM => return Note::new(reason, PartPath::root()),
        other => {
            let words = std::io::Error::from(other).to_string();
            words.split(" (os error").next().unwrap_or_default().to_lowercase()
        }
    };
    Note::new(reason, PartPath::root()).with_detail(detail)
}

/// Opens a path below a folder, through folders only, never through a link. The path may be longer
/// than the kernel takes at once.
pub(crate) fn open_beneath(
    root: BorrowedFd<'_>,
    path: &[u8],
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let mut from: Option<OwnedFd> = None;
    let mut rest = path;
    while rest.len() > MOST_AT_ONCE {
        let cut = rest[..MOST_AT_ONCE].iter().rposition(|&b| b == b'/');
        let cut = cut.ok_or(Errno::NAMETOOLONG)?;
        let at = from.as_ref().map_or(root, AsFd::as_fd);
        from = Some(resolve(at, &rest[..cut], FOLDER)?);
        rest = &rest[cut + 1..];
    }
    let at = from.as_ref().map_or(root, AsFd::as_fd);
    quietly(flags, |flags| resolve(at, rest, flags))
}

/// Opens an entry of a folder, without following it.
pub(crate) fn open_entry(
    folder: BorrowedFd<'_>,
    name: &[u8],
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    quietly(flags, |flags| {
        openat(folder, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
    })
}

/// Opens without leaving a mark on the time of last access, where we may: only the owner of a file
/// may ask for that.
fn quietly(
    flags: OFlags,
    open: impl Fn(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    if !flags.contains(OFlags::PATH) {
        match open(flags | OFlags::NOATIME) {
            Err(Errno::PERM) => {}
            other => return other,
        }
    }
    open(flags)
}

/// How to open a folder on the way to something.
#[cfg(target_os = "linux")]
pub(crate) const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
#[cfg(not(target_os = "linux"))]
pub(crate) const FOLDER: OFlags = OFlags::DIRECTORY;

#[cfg(target_os = "linux")]
fn resolve(at: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    let no_links = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(at, path, flags | OFlags::CLOEXEC, Mode::empty(), no_links) {
        // Before Linux 5.6, or forbidden by a container's own rules.
        Err(Errno::NOSYS | Errno::PERM) => step_by_step(at, path, flags),
        other => other,
    }
}

#[cfg(not(target_os = "linux"))]
fn resolve(at: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    step_by_step(at, path, flags)
}

fn step_by_step(at: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let open = |at: BorrowedFd<'_>, name: &[u8], flags| {
        openat(at, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
    };
    let mut from: Option<OwnedFd> = None;
    let mut rest = path;
    while let Some(cut) = rest.iter().position(|&b| b == b'/') {
        let at = from.as_ref().map_or(at, AsFd::as_fd);
        from = Some(open(at, &rest[..cut], FOLDER)?);
        rest = &rest[cut + 1..];
    }
    open(from.as_ref().map_or(at, AsFd::as_fd), rest, flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_open_a_path_refuse_links_on_the_way() {
        let top = std::env::temp_dir().join(format!("dlpscan-open-{}", std::process::id()));
        std::fs::create_dir_all(top.join("real/inner")).unwrap();
        std::fs::write(top.join("real/inner/f"), "x").unwrap();
        std::os::unix::fs::symlink("real", top.join("link")).unwrap();
        let root = File::open(&top).unwrap();
        for open in [resolve, step_by_step] {
            assert!(open(root.as_fd(), b"real/inner/f", OFlags::RDONLY).is_ok());
            let error = open(root.as_fd(), b"link/inner/f", OFlags::RDONLY).unwrap_err();
            assert_eq!(note(error).reason, Reason::Changed);
        }
        std::fs::remove_dir_all(top).unwrap();
    }
}
