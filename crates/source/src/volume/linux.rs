use super::header::{Structure, structure};
use super::sysfs::Node;
use super::{Encryption, Method, Platform, Volume, once_each};
use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Devices on devices and files on file systems that are followed.
const DEEPEST: usize = 8;

/// Characters kept of what a device calls itself: it may say anything.
const MOST_SAID: usize = 64;

/// File systems that do not encrypt by themselves (but for single folders, which are asked about).
const PLAIN: &[&str] = &[
    "vfat", "msdos", "exfat", "ntfs", "ntfs3", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs",
    "hfs", "hfsplus", "iso9660", "udf", "squashfs", "erofs", "jfs", "reiserfs", "nilfs2", "ubifs",
];

/// File systems that are folders of another one, encrypted file by file.
const FOLDERS: &[(&str, Method)] = &[
    ("ecryptfs", Method::Ecryptfs),
    ("fuse.gocryptfs", Method::Folder),
    ("fuse.encfs", Method::Folder),
    ("fuse.cryfs", Method::Folder),
    ("fuse.securefs", Method::Folder),
];

/// Programs that open a container and show what is in it as a file, by what they call themselves.
const OPENERS: &[(&str, Method)] = &[
    ("veracrypt", Method::VeraCrypt),
    ("truecrypt", Method::VeraCrypt),
    ("dislocker", Method::BitLocker),
];

/// Why it cannot be told, for file systems without a device that could be asked.
const ELSEWHERE: &[(&str, &str)] = &[
    ("tmpfs", "it lies in memory, which may be written to a disk"),
    ("ramfs", "it lies in memory"),
    ("overlay", "it is laid over other file systems"),
    ("aufs", "it is laid over other file systems"),
    ("nfs", "it lies on another machine"),
    ("nfs4", "it lies on another machine"),
    ("cifs", "it lies on another machine"),
    ("smb3", "it lies on another machine"),
    ("9p", "it lies on another machine"),
    ("virtiofs", "it lies on another machine"),
    ("ceph", "it lies on another machine"),
    ("fuse.sshfs", "it lies on another machine"),
    ("zfs", "this file system can encrypt by itself, and only its own tools can tell"),
    ("bcachefs", "this file system can encrypt by itself, and only its own tools can tell"),
];

/// Volumes as Linux tells them, with files below a root that is `/`, or a recording of one.
#[derive(Debug, Clone)]
pub struct Linux {
    root: PathBuf,
}

impl Default for Linux {
    fn default() -> Self {
        Linux::at("/")
    }
}

/// A line of `/proc/self/mountinfo`.
#[derive(Debug, Clone)]
struct Mount {
    number: String,
    point: PathBuf,
    read_only: bool,
    file_system: String,
    source: OsString,
}

impl Platform for Linux {
    fn volume(&self, path: &Path) -> Volume {
        self.holding(&self.real(path), 0)
    }

    fn below(&self, path: &Path) -> Vec<Volume> {
        let Some(mounts) = self.mounts() else { return Vec::new() };
        let below = below(&mounts, &self.real(path));
        below.into_iter().map(|mount| self.describe(mount, &mount.point, 0)).collect()
    }

    fn volumes(&self, paths: &[PathBuf]) -> Vec<Volume> {
        let Some(mounts) = self.mounts() else {
            return once_each(paths.iter().map(|path| self.volume(path)));
        };
        let mut volumes: Vec<Volume> = Vec::new();
        for path in paths {
            let path = self.real(path);
            let holding = holds(&mounts, &path);
            if holding.is_none() && volumes.iter().all(|known| known.mount != path) {
                volumes.push(Volume::untold(&path, UNHELD));
            }
            let here = holding.map(|mount| (mount, path.as_path()));
            let below = below(&mounts, &path).into_iter().map(|mount| (mount, &*mount.point));
            for (mount, path) in here.into_iter().chain(below) {
                if volumes.iter().all(|known| known.mount != mount.point) {
                    volumes.push(self.describe(mount, path, 0));
                }
            }
        }
        volumes
    }
}

/// Said where no line of the system's list fits.
const UNHELD: &str = "no mounted volume holds this path";

impl Linux {
    /// With files below this root.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Linux { root: root.into() }
    }

    fn is_here(&self) -> bool {
        self.root == Path::new("/")
    }

    /// The path without links, where it is one of this machine.
    fn real(&self, path: &Path) -> PathBuf {
        let real = self.is_here().then(|| std::fs::canonicalize(path).ok()).flatten();
        real.unwrap_or_else(|| path.to_owned())
    }

    fn mounts(&self) -> Option<Vec<Mount>> {
        let text = std::fs::read(self.root.join("proc/self/mountinfo")).ok()?;
        Some(text.split(|&b| b == b'\n').filter_map(Mount::parse).collect())
    }

    fn holding(&self, path: &Path, depth: usize) -> Volume {
        let Some(mounts) = self.mounts() else {
            let why = "the system's list of mounted volumes (/proc/self/mountinfo) cannot be read";
            return Volume::untold(path, why);
        };
        match holds(&mounts, path) {
            Some(mount) => self.describe(mount, path, depth),
            None => Volume::untold(path, UNHELD),
        }
    }

    fn describe(&self, mount: &Mount, path: &Path, depth: usize) -> Volume {
        let fs = mount.file_system.as_str();
        let source = mount.source.to_string_lossy();
        let mut volume = match self.node(mount) {
            Some(node) => self.on_device(&node, fs, depth),
            None => self.without_device(mount, depth),
        };
        if let Some((_, method)) = FOLDERS.iter().find(|(name, _)| *name == fs) {
            volume.encryption = Encryption::By(*method);
        }
        let names_itself = |name: &str| source == name || fs.strip_prefix("fuse.") == Some(name);
        if fs.starts_with("fuse")
            && let Some((_, method)) = OPENERS.iter().find(|(name, _)| names_itself(name))
        {
            volume.encryption = Encryption::By(*method);
        }
        let told = matches!(volume.encryption, Encryption::By(_));
        if !told && self.is_encrypted_folder(path) {
            volume.encryption = Encryption::By(Method::Fscrypt);
        }
        volume.mount.clone_from(&mount.point);
        fs.clone_into(&mut volume.file_system);
        volume.read_only = mount.read_only;
        volume
    }

    /// The device a volume is on. Some file systems have a number of their own; their source is
    /// the device's name.
    fn node(&self, mount: &Mount) -> Option<Node> {
        let source = mount.source.to_str().filter(|source| source.starts_with("/dev/"));
        Node::by_number(&self.root, &mount.number).or_else(|| Node::by_device(&self.root, source?))
    }

    fn without_device(&self, mount: &Mount, depth: usize) -> Volume {
        let fs = mount.file_system.as_str();
        let is_folder = FOLDERS.iter().any(|(name, _)| *name == fs);
        if is_folder && mount.source.as_bytes().starts_with(b"/") && depth < DEEPEST {
            // A folder of another volume: what that is on can be carried away with it.
            return self.holding(Path::new(&mount.source), depth + 1);
        }
        let why = ELSEWHERE.iter().find(|(name, _)| *name == fs).map(|(_, why)| *why);
        Volume::untold(&mount.point, why.unwrap_or("the system does not say which device it is on"))
    }

    fn on_device(&self, node: &Node, fs: &str, depth: usize) -> Volume {
        let disk = self.bottom(node, depth).disk();
        let either = |noted: &str, usb: &str, own: &str| {
            let said = disk.noted(noted).or_else(|| disk.usb(usb)).or_else(|| disk.says(own))?;
            Some(said.chars().take(MOST_SAID).collect())
        };
        Volume {
            device: Some(node.device()),
            encryption: self.encryption(node, Some(fs), depth),
            removable: self.removable(&disk),
            vendor: either("ID_VENDOR", "manufacturer", "device/vendor"),
            product: either("ID_MODEL", "product", "device/model"),
            serial: either("ID_SERIAL_SHORT", "serial", "device/serial"),
            bytes: node.bytes(),
            ..Volume::untold("", "")
        }
    }

    /// The device at the bottom, that can be held in a hand.
    fn bottom(&self, node: &Node, depth: usize) -> Node {
        if depth >= DEEPEST {
            return node.clone();
        }
        if let Some(under) = node.made_of().first() {
            return self.bottom(under, depth + 1);
        }
        match self.file_behind(node) {
            Some(under) => self.bottom(&under, depth + 1),
            None => node.clone(),
        }
    }

    /// The device that holds the file behind a loop device.
    fn file_behind(&self, node: &Node) -> Option<Node> {
        let path = PathBuf::from(node.says("loop/backing_file")?);
        self.node(holds(&self.mounts()?, &path)?)
    }

    /// How a device is encrypted. With a file system, that one is mounted from it; without, it is
    /// only built upon.
    fn encryption(&self, node: &Node, fs: Option<&str>, depth: usize) -> Encryption {
        if depth >= DEEPEST {
            return Encryption::Unknown("devices lie on devices without end".to_owned());
        }
        if let Some(name) = node.says("dm/name") {
            let uuid = node.says("dm/uuid").unwrap_or_default();
            if let Some(method) = crypt(&uuid) {
                return Encryption::By(method);
            }
            let passes = ["LVM-", "mpath-", "part", "DMRAID-", "CRYPT-VERITY", "CRYPT-INTEGRITY"];
            if !passes.iter().any(|prefix| uuid.starts_with(prefix)) {
                return self.mapped(&name, node, depth);
            }
        }
        if let Some(file) = node.says("loop/backing_file") {
            return self.holding(Path::new(&file), depth + 1).encryption;
        }
        let under = node.made_of();
        if under.is_empty() {
            return fs.map_or(Encryption::None, |fs| mounted_from(node, fs));
        }
        // As weak as the weakest.
        let mut all = under.iter().map(|node| self.encryption(node, None, depth + 1));
        let first = all.next().unwrap_or(Encryption::None);
        all.fold(first, |weakest, next| match (&weakest, &next) {
            (Encryption::None, _) => weakest,
            (_, Encryption::None) | (Encryption::By(_), _) => next,
            _ => weakest,
        })
    }

    /// A mapping that does not say who made it: VeraCrypt's do not. It is believed only if what
    /// lies below has no known structure, as VeraCrypt's containers have none.
    fn mapped(&self, name: &str, node: &Node, depth: usize) -> Encryption {
        let names_itself = name.starts_with("veracrypt") || name.starts_with("truecrypt");
        let under = node.made_of();
        if names_itself && !under.is_empty() {
            let all_hidden = under.iter().all(|under| {
                under.head().is_some_and(|head| structure(&head) == Structure::Noise)
                    || under.says("loop/backing_file").is_some()
                        && self.encryption(under, None, depth + 1)
                            == Encryption::By(Method::VeraCrypt)
            });
            if all_hidden {
                return Encryption::By(Method::VeraCrypt);
            }
            return Encryption::Unknown(format!(
                "it is called {name}, but the device below could not be read to confirm that"
            ));
        }
        Encryption::Unknown(format!(
            "it lies behind the mapping {name}, and the system does not say what that does"
        ))
    }

    fn removable(&self, disk: &Node) -> Option<bool> {
        let bus = disk.noted("ID_BUS");
        let cable = matches!(bus.as_deref(), Some("usb" | "ieee1394" | "memstick"));
        let card = disk.says("device/type").is_some_and(|kind| kind == "SD")
            || disk.noted("ID_DRIVE_FLASH_SD").is_some();
        if cable || card || disk.is_on_usb() {
            return Some(true);
        }
        match disk.says("removable")?.as_str() {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }

    /// Whether the file system keeps this folder encrypted by itself (fscrypt).
    fn is_encrypted_folder(&self, path: &Path) -> bool {
        let path = match self.is_here() {
            true => path.to_owned(),
            false => self.root.join(path.strip_prefix("/").unwrap_or(path)),
        };
        statx(CWD, path, AtFlags::empty(), StatxFlags::empty()).is_ok_and(|stat| {
            let encrypted = StatxAttributes::ENCRYPTED;
            stat.stx_attributes_mask.contains(encrypted) && stat.stx_attributes.contains(encrypted)
        })
    }
}

/// The method in the identifier cryptsetup gives its mappings.
fn crypt(uuid: &str) -> Option<Method> {
    const KINDS: &[(&str, Method)] = &[
        ("LUKS1-", Method::Luks1),
        ("LUKS2-", Method::Luks2),
        ("PLAIN-", Method::DmCrypt),
        ("LOOPAES-", Method::DmCrypt),
        ("TCRYPT-", Method::VeraCrypt),
        ("BITLK-", Method::BitLocker),
        ("FVAULT2-", Method::FileVault),
    ];
    let kind = uuid.strip_prefix("CRYPT-")?;
    KINDS.iter().find(|(prefix, _)| kind.starts_with(prefix)).map(|(_, method)| *method)
}

/// The encryption of a device without anything below, from which this file system is mounted.
fn mounted_from(node: &Node, fs: &str) -> Encryption {
    if PLAIN.contains(&fs) {
        return Encryption::None;
    }
    if let Some((_, why)) = ELSEWHERE.iter().find(|(name, _)| *name == fs) {
        return Encryption::Unknown((*why).to_owned());
    }
    // A program outside the kernel reads the device, and may decrypt it.
    match node.head().map(|head| structure(&head)) {
        Some(Structure::Encrypted(method)) => return Encryption::By(method),
        Some(Structure::Plain(_)) => return Encryption::None,
        Some(Structure::ApfsWithKeys) => {
            let why =
                "some volumes of this Apple container are encrypted; which ones cannot be told";
            return Encryption::Unknown(why.to_owned());
        }
        Some(_) => {
            let why = "its beginning is none that is known; it may be VeraCrypt";
            return Encryption::Unknown(why.to_owned());
        }
        None => {}
    }
    match (node.noted("ID_FS_TYPE").as_deref(), node.noted("ID_FS_VERSION").as_deref()) {
        (Some("BitLocker"), _) => Encryption::By(Method::BitLocker),
        (Some("crypto_LUKS"), Some("1")) => Encryption::By(Method::Luks1),
        (Some("crypto_LUKS"), _) => Encryption::By(Method::Luks2),
        (Some(kind), _) if PLAIN.contains(&kind) => Encryption::None,
        _ => Encryption::Unknown(format!(
            "{} may not be read by you, and the system does not say what is on it",
            node.device()
        )),
    }
}

/// The mount that holds a path: the longest, and of those the last, which hides the others.
fn holds<'m>(mounts: &'m [Mount], path: &Path) -> Option<&'m Mount> {
    let holding = mounts.iter().filter(|mount| path.starts_with(&mount.point));
    holding.max_by_key(|mount| mount.point.as_os_str().len())
}

/// The mounts of other devices somewhere below a path, each device once, by where they are.
fn below<'m>(mounts: &'m [Mount], path: &Path) -> Vec<&'m Mount> {
    let mut seen = vec![holds(mounts, path).map(|mount| mount.number.as_str())];
    let mut below = Vec::new();
    for mount in mounts {
        let number = Some(mount.number.as_str());
        let on_device = mount.source.as_bytes().starts_with(b"/");
        if mount.point.starts_with(path) && on_device && !seen.contains(&number) {
            seen.push(number);
            below.push(mount);
        }
    }
    below.sort_by(|a, b| a.point.cmp(&b.point));
    below
}

impl Mount {
    /// `36 35 8:17 / /media/usb ro,nosuid shared:1 - vfat /dev/sdb1 rw`, as in proc(5).
    fn parse(line: &[u8]) -> Option<Mount> {
        let fields: Vec<&[u8]> = line.split(|&b| b == b' ').collect();
        let dash = fields.iter().position(|field| *field == b"-")?;
        let own = fields.get(..dash)?;
        let [file_system, source, options @ ..] = fields.get(dash + 1..)? else { return None };
        let ro = |options: &[u8]| options.split(|&b| b == b',').any(|option| option == b"ro");
        Some(Mount {
            number: std::str::from_utf8(own.get(2)?).ok()?.to_owned(),
            point: PathBuf::from(unescape(own.get(4)?)),
            read_only: ro(own.get(5)?) || options.first().is_some_and(|options| ro(options)),
            file_system: String::from_utf8_lossy(file_system).into_owned(),
            source: unescape(source),
        })
    }
}

/// Blanks, tabs, line breaks and backslashes are written as three octal digits.
fn unescape(field: &[u8]) -> OsString {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| first == b'\\');
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn a_mount_point_with_blanks_and_optional_fields_is_read() {
        let line =
            br"36 35 8:17 / /media/Clerk\040stick rw,nosuid shared:1 master:2 - vfat /dev/sdb1 ro";
        let mount = Mount::parse(line).unwrap();
        assert_eq!(mount.point, Path::new("/media/Clerk stick"));
        assert_eq!((mount.number.as_str(), mount.read_only), ("8:17", true));
        assert_eq!(
            (mount.file_system.as_str(), mount.source.as_os_str()),
            ("vfat", OsStr::new("/dev/sdb1"))
        );
    }

    #[test]
    fn lines_cut_short_are_left_out() {
        let line = b"36 35 8:17 / /media/usb rw - vfat /dev/sdb1 rw";
        for end in 0..line.len() {
            let _ = Mount::parse(&line[..end]);
        }
        assert!(Mount::parse(b"36 35 8:17").is_none());
    }

    #[test]
    fn many_paths_name_each_volume_once_as_one_after_the_other_would() {
        let linux = Linux::default();
        let paths = [std::env::temp_dir(), "/proc".into(), "/".into(), std::env::temp_dir()];
        let mut single: Vec<Volume> = Vec::new();
        for path in &paths {
            for volume in std::iter::once(linux.volume(path)).chain(linux.below(path)) {
                if single.iter().all(|known| known.mount != volume.mount) {
                    single.push(volume);
                }
            }
        }
        assert!(single.len() > 1);
        assert_eq!(linux.volumes(&paths), single);
    }

    #[test]
    fn this_machine_says_something_and_nothing_unknown_is_called_encrypted() {
        let volume = Linux::default().volume(&std::env::temp_dir());
        assert!(volume.mount.is_absolute());
        assert!(!volume.file_system.is_empty());
    }
}
