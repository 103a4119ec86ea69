use super::Selection;
use super::open::{FOLDER, Found, Identity, note, open_beneath, open_entry};
use dlpscan_core::model::{Handle, Item, ItemName, Note, Origin, PartPath, Reason};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, stat, statat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders kept open on the way down. Those above are opened again on the way back.
const KEPT_OPEN: usize = 16;

const LIST: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NONBLOCK);

/// A path the user named that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// As the user wrote it.
    pub path: PathBuf,
    /// Why, in plain words.
    pub why: String,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", ItemName::from_bytes(self.path.as_os_str().as_bytes()), self.why)
    }
}

impl std::error::Error for Missing {}

/// Which of these paths are not there. The rest can be scanned all the same.
pub fn check(paths: &[PathBuf]) -> Vec<Missing> {
    let why = |path: &PathBuf| {
        let error = path.symlink_metadata().err()?;
        Some(match error.kind() {
            _ if path.as_os_str().is_empty() => "the path is empty".to_owned(),
            ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            ErrorKind::NotADirectory => "part of this path is a file, not a folder".to_owned(),
            ErrorKind::InvalidFilename | ErrorKind::InvalidInput => {
                "this is not a possible path".to_owned()
            }
            // It may well be there: what keeps us from it is told with the item.
            _ => return None,
        })
    };
    paths.iter().filter_map(|path| Some(Missing { path: path.clone(), why: why(path)? })).collect()
}

/// Every file of these paths, and everything below them that cannot or must not be read.
///
/// Depth first, each folder's entries sorted by their bytes. Links are not followed, but a path
/// given here that is a link stands for what is behind it. A few descriptors are open at any
/// time, however deep the tree; names are kept of one folder per level.
pub fn files(paths: Vec<PathBuf>, selection: Selection) -> Files {
    Files { paths: paths.into_iter(), selection, root: None, path: Vec::new(), stack: Vec::new() }
}

/// The items of [`files`].
#[derive(Debug)]
pub struct Files {
    paths: std::vec::IntoIter<PathBuf>,
    selection: Selection,
    /// Of the path that is being walked.
    root: Option<Root>,
    /// Where we are, below the root.
    path: Vec<u8>,
    stack: Vec<Folder>,
}

#[derive(Debug)]
struct Root {
    fd: Arc<OwnedFd>,
    /// The name as given, up to and with the `/` before what lies below.
    prefix: Vec<u8>,
}

/// A folder some of whose entries are still to come.
#[derive(Debug)]
struct Folder {
    /// `None` while we are far below it.
    fd: Option<OwnedFd>,
    identity: Identity,
    /// Length of its own path below the root.
    len: usize,
    names: Names,
}

/// A folder's names in the order of their bytes, packed: a folder may hold a million.
#[derive(Debug)]
struct Names {
    bytes: Vec<u8>,
    /// Start and length, in reverse order.
    left: Vec<(u32, u32)>,
}

impl Names {
    /// All names but `.` and `..`, and the error that cut the list short.
    fn read(folder: &OwnedFd) -> (Names, Option<Errno>) {
        let mut names = Names { bytes: Vec::new(), left: Vec::new() };
        let error = names.fill(folder).err();
        let Names { bytes, left } = &mut names;
        let name = |&(start, len): &(u32, u32)| &bytes[start as usize..][..len as usize];
        left.sort_unstable_by(|a, b| name(b).cmp(name(a)));
        (names, error)
    }

    fn fill(&mut self, folder: &OwnedFd) -> Result<(), Errno> {
        for entry in Dir::new(rustix::io::fcntl_dupfd_cloexec(folder, 0)?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                let start = u32::try_from(self.bytes.len()).map_err(|_| Errno::OVERFLOW)?;
                self.left.push((start, name.len() as u32));
                self.bytes.extend_from_slice(name);
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<&[u8]> {
        let (start, len) = self.left.pop()?;
        Some(&self.bytes[start as usize..][..len as usize])
    }
}

impl Iterator for Files {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let handle = match self.stack.last_mut() {
                None => {
                    let path = self.paths.next()?;
                    match self.begin(&path) {
                        Some(item) => return Some(item),
                        None => continue,
                    }
                }
                Some(folder) => {
                    self.path.truncate(folder.len);
                    let Some(name) = folder.names.next() else {
                        self.stack.pop();
                        continue;
                    };
                    if !self.path.is_empty() {
                        self.path.push(b'/');
                    }
                    let start = self.path.len();
                    self.path.extend_from_slice(name);
                    self.entry(start)
                }
            };
            if let Some(handle) = handle {
                return Some(self.item(handle));
            }
        }
    }
}

impl Files {
    /// Starts on one of the paths given. An item if that is all there is to it.
    fn begin(&mut self, path: &Path) -> Option<Item> {
        self.path.clear();
        self.root = None;
        let given = path.as_os_str().as_bytes();
        let mut name = given;
        while let [shorter @ .., b'/'] = name
            && !shorter.is_empty()
        {
            name = shorter;
        }
        let whole = |handle| Some(item(ItemName::from_bytes(name), handle));
        let fault = |error: Errno| whole(Handle::Fault(first_note(error)));

        // A link that the user names is followed, once: they mean what is behind it, and "not
        // followed" would let them believe it was read. Where it leads is settled here, so that
        // it cannot be turned to lead elsewhere before the file is opened.
        let mut behind = None;
        let found = match statat(CWD, given, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if kind(&found) == FileType::Symlink => {
                behind = std::fs::canonicalize(path).ok();
                stat(given).unwrap_or(found)
            }
            Ok(found) => found,
            Err(error) => return fault(error),
        };
        if kind(&found) == FileType::Directory {
            let fd = match open_given(given) {
                Ok(fd) => fd,
                Err(error) => return fault(error),
            };
            let mut prefix = name.to_vec();
            if !prefix.ends_with(b"/") {
                prefix.push(b'/');
            }
            self.root = Some(Root { fd: Arc::new(fd), prefix });
            return match self.descend_root() {
                Ok(None) => None,
                Ok(Some(error)) | Err(error) => fault(error),
            };
        }
        if kind(&found) != FileType::RegularFile {
            return whole(Handle::Fault(skip(kind(&found))));
        }
        let last = name.rsplit(|&b| b == b'/').next().unwrap_or(name);
        if !self.selection.wants_file(last) {
            return whole(Handle::Fault(excluded(Some(&found))));
        }
        let opened = behind.as_deref().map_or(given, |b| b.as_os_str().as_bytes());
        whole(file(None, opened, &found))
    }

    /// Lists the root itself.
    fn descend_root(&mut self) -> Result<Option<Errno>, Errno> {
        let root = self.root.as_ref().expect("set by the caller");
        let fd = open_entry(root.fd.as_fd(), b".", LIST)?;
        let identity = Identity::of(&fstat(&fd)?);
        Ok(self.push(fd, identity))
    }

    /// Looks at the entry named by the end of `self.path` from `start`; `None` if it was a folder
    /// that can be listed.
    fn entry(&mut self, start: usize) -> Option<Handle> {
        match self.look(start) {
            Ok(handle) => handle,
            Err(error) => Some(Handle::Fault(note(error))),
        }
    }

    fn look(&mut self, start: usize) -> Result<Option<Handle>, Errno> {
        if let Err(error) = self.reopen(start) {
            // Nothing more of this folder can be had: say it once.
            self.stack.pop();
            self.path.truncate(start.saturating_sub(1));
            return Err(error);
        }
        let folder = self.stack.last().expect("an entry has a folder");
        let fd = folder.fd.as_ref().expect("just opened").as_fd();
        let name = &self.path[start..];
        let found = statat(fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match kind(&found) {
            FileType::RegularFile if !self.selection.wants_file(&self.path) => {
                Ok(Some(Handle::Fault(excluded(Some(&found)))))
            }
            FileType::RegularFile => {
                let root = self.root.as_ref().expect("an entry has a root");
                Ok(Some(file(Some(root.fd.clone()), &self.path, &found)))
            }
            FileType::Directory if !self.selection.wants_folder(&self.path) => {
                Ok(Some(Handle::Fault(excluded(None))))
            }
            FileType::Directory => {
                let inner = open_entry(fd, name, LIST)?;
                let identity = Identity::of(&fstat(&inner)?);
                if self.stack.iter().any(|above| above.identity == identity) {
                    let cycle = Note::new(Reason::Cycle, PartPath::root());
                    return Ok(Some(Handle::Fault(cycle)));
                }
                #[cfg(target_os = "linux")]
                if !identity.same_device(folder.identity) && super::pseudo::is_pseudo(&inner) {
                    let pseudo = Note::new(Reason::SpecialFile, PartPath::root());
                    let detail = "a window into the running system, not files";
                    return Ok(Some(Handle::Fault(pseudo.with_detail(detail))));
                }
                self.push(inner, identity).map_or(Ok(None), Err)
            }
            other => Ok(Some(Handle::Fault(skip(other)))),
        }
    }

    /// Goes down into a folder. What could be listed will come even if there is an error.
    fn push(&mut self, fd: OwnedFd, identity: Identity) -> Option<Errno> {
        let (names, error) = Names::read(&fd);
        if let Some(above) = self.stack.len().checked_sub(KEPT_OPEN) {
            self.stack[above].fd = None;
        }
        self.stack.push(Folder { fd: Some(fd), identity, len: self.path.len(), names });
        error
    }

    /// Makes sure that the folder on top is open, and the same as before.
    fn reopen(&mut self, start: usize) -> Result<(), Errno> {
        let folder = self.stack.last_mut().expect("an entry has a folder");
        if folder.fd.is_none() {
            let root = self.root.as_ref().expect("an entry has a root").fd.as_fd();
            let fd = match start {
                0 => open_entry(root, b".", LIST)?,
                _ => open_beneath(root, &self.path[..start - 1], LIST)?,
            };
            if Identity::of(&fstat(&fd)?) != folder.identity {
                return Err(Errno::STALE);
            }
            folder.fd = Some(fd);
        }
        Ok(())
    }

    fn item(&self, handle: Handle) -> Item {
        let prefix = self.root.as_ref().map_or(&[][..], |root| &root.prefix);
        // The root itself goes without its `/`, unless that is its name.
        let name = match (prefix, self.path.is_empty()) {
            ([shorter @ .., b'/'], true) if !shorter.is_empty() => shorter.to_vec(),
            _ => [prefix, &self.path].concat(),
        };
        item(ItemName::from_bytes(&name), handle)
    }
}

fn item(name: ItemName, handle: Handle) -> Item {
    Item { name, origin: Origin::File, handle, envelope: None }
}

fn file(root: Option<Arc<OwnedFd>>, path: &[u8], found: &Stat) -> Handle {
    Handle::File(Box::new(Found { root, path: path.into(), identity: Identity::of(found) }))
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// A folder the user named: links on the way are the user's own.
fn open_given(path: &[u8]) -> Result<OwnedFd, Errno> {
    openat(CWD, OsStr::from_bytes(path), FOLDER | OFlags::CLOEXEC, Mode::empty())
}

/// As [`note`], for a path the user named: nothing listed it before.
fn first_note(error: Errno) -> Note {
    match error {
        Errno::NOENT | Errno::NOTDIR => Note::new(Reason::IoError, PartPath::root())
            .with_detail("there is no such file or folder"),
        other => note(other),
    }
}

fn excluded(file: Option<&Stat>) -> Note {
    let note = Note::new(Reason::ExcludedByUser, PartPath::root());
    match file {
        Some(stat) => note.with_bytes(stat.st_size.max(0) as u64),
        None => note,
    }
}

fn skip(kind: FileType) -> Note {
    let (reason, detail) = match kind {
        FileType::Symlink => return Note::new(Reason::Symlink, PartPath::root()),
        FileType::Fifo => (Reason::SpecialFile, "a pipe"),
        FileType::Socket => (Reason::SpecialFile, "a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => (Reason::SpecialFile, "a device"),
        _ => (Reason::SpecialFile, "neither a file nor a folder"),
    };
    Note::new(reason, PartPath::root()).with_detail(detail)
}
