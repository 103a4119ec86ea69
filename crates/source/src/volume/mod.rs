//! What is known of the volume that holds a path: how it is encrypted, its file system, whether it
//! can be carried away, and which device it is.
//!
//! Behind one small trait, [`Platform`]: [`here`] is this machine's. What cannot be told is said to
//! be unknown, with the reason; nothing is ever taken for encrypted because it looks like it.

mod finding;
mod header;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod sysfs;

pub use finding::{KINDS, Kind, findings, found};
pub use header::{Structure, structure};
#[cfg(target_os = "linux")]
pub use linux::Linux;

use dlpscan_core::model::{Handle, Item, ItemName, Origin};
use std::path::{Path, PathBuf};

/// What a system can tell about its volumes. One implementation for each system.
pub trait Platform {
    /// The volume that holds this path.
    fn volume(&self, path: &Path) -> Volume;

    /// The volumes mounted somewhere below this path.
    fn below(&self, path: &Path) -> Vec<Volume>;

    /// Both for all of these paths, each volume once, in the order in which they are met.
    fn volumes(&self, paths: &[PathBuf]) -> Vec<Volume> {
        let of = |path: &PathBuf| std::iter::once(self.volume(path)).chain(self.below(path));
        once_each(paths.iter().flat_map(of))
    }
}

/// Volumes without those that were met before.
fn once_each(volumes: impl Iterator<Item = Volume>) -> Vec<Volume> {
    let mut all: Vec<Volume> = Vec::new();
    for volume in volumes {
        if all.iter().all(|known| known.mount != volume.mount) {
            all.push(volume);
        }
    }
    all
}

/// The volume of this machine's own file systems.
pub fn here() -> Box<dyn Platform> {
    #[cfg(target_os = "linux")]
    return Box::new(Linux::default());
    #[cfg(not(target_os = "linux"))]
    Box::new(Untold)
}

/// What is known of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Where it is mounted.
    pub mount: PathBuf,
    /// The device node that holds it, as `/dev/sdb1`, where there is one.
    pub device: Option<String>,
    /// How what is stored on it is encrypted.
    pub encryption: Encryption,
    /// Its file system, as the system names it: `vfat`, `ext4`. Empty where unknown.
    pub file_system: String,
    /// Whether it can be carried away: a stick, a card, a disk on a cable. `None`: cannot be told.
    pub removable: Option<bool>,
    /// Whether it is mounted so that nothing can be written.
    pub read_only: bool,
    /// Who made the device.
    pub vendor: Option<String>,
    /// What the maker calls it.
    pub product: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Size in bytes.
    pub bytes: Option<u64>,
}

/// How what is stored on a volume is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// By this method.
    By(Method),
    /// Not, as far as software can see. A device may encrypt in its own hardware unseen.
    None,
    /// It cannot be told: why, in plain words.
    Unknown(String),
}

/// Ways to encrypt a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// dm-crypt with a LUKS 1 header.
    Luks1,
    /// dm-crypt with a LUKS 2 header.
    Luks2,
    /// dm-crypt without a header.
    DmCrypt,
    /// BitLocker, BitLocker To Go.
    BitLocker,
    /// VeraCrypt or TrueCrypt.
    VeraCrypt,
    /// Apple's FileVault.
    FileVault,
    /// The file system's own encryption of a folder (ext4, f2fs, ubifs).
    Fscrypt,
    /// eCryptfs: a folder of encrypted files.
    Ecryptfs,
    /// Another folder of encrypted files: gocryptfs, EncFS, CryFS, securefs.
    Folder,
}

impl Method {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Luks1 => "LUKS 1 (dm-crypt)",
            Method::Luks2 => "LUKS 2 (dm-crypt)",
            Method::DmCrypt => "dm-crypt",
            Method::BitLocker => "BitLocker",
            Method::VeraCrypt => "VeraCrypt",
            Method::FileVault => "FileVault",
            Method::Fscrypt => "fscrypt (this folder)",
            Method::Ecryptfs => "eCryptfs",
            Method::Folder => "a folder of encrypted files",
        }
    }
}

impl Volume {
    /// Nothing is known but where it is, and why.
    pub(crate) fn untold(mount: impl Into<PathBuf>, why: impl Into<String>) -> Self {
        Volume {
            mount: mount.into(),
            device: None,
            encryption: Encryption::Unknown(why.into()),
            file_system: String::new(),
            removable: None,
            read_only: false,
            vendor: None,
            product: None,
            serial: None,
            bytes: None,
        }
    }

    /// The volume as an item: what is known of it stands in findings of category `volume`, for a
    /// policy to judge.
    pub fn item(&self) -> Item {
        use std::os::unix::ffi::OsStrExt;
        Item {
            name: ItemName::from_bytes(self.mount.as_os_str().as_bytes()),
            origin: Origin::Volume,
            handle: Handle::Known(findings(self)),
            envelope: None,
        }
    }
}

/// A system of which we do not know how to ask.
#[cfg(not(target_os = "linux"))]
struct Untold;

#[cfg(not(target_os = "linux"))]
impl Platform for Untold {
    fn volume(&self, path: &Path) -> Volume {
        Volume::untold(path, "dlpscan cannot ask this system about its disks yet")
    }

    fn below(&self, _: &Path) -> Vec<Volume> {
        Vec::new()
    }
}
