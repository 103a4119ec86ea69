//! What Linux says about its block devices, in `/sys` and `/run/udev`.

use super::header::HEAD;
use rustix::fs::OFlags;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A block device: a disk, a partition of one, or something the kernel made out of others.
#[derive(Debug, Clone)]
pub(super) struct Node {
    root: PathBuf,
    dir: PathBuf,
}

impl Node {
    /// By its number, as in `8:17`.
    pub(super) fn by_number(root: &Path, number: &str) -> Option<Node> {
        Node::at(root, &root.join("sys/dev/block").join(number))
    }

    /// By its node in `/dev`, links followed.
    pub(super) fn by_device(root: &Path, device: &str) -> Option<Node> {
        let path = root.join(device.strip_prefix('/')?);
        let target = fs::read_link(&path).unwrap_or(path);
        Node::at(root, &root.join("sys/class/block").join(target.file_name()?))
    }

    fn at(root: &Path, link: &Path) -> Option<Node> {
        let dir = fs::canonicalize(link).ok()?;
        Some(Node { root: root.to_owned(), dir })
    }

    /// The kernel's name for it: `sdb1`, `dm-0`.
    pub(super) fn name(&self) -> String {
        self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A line the kernel says about it; `None` where it says nothing.
    pub(super) fn says(&self, what: &str) -> Option<String> {
        said(&self.dir.join(what))
    }

    /// Its node in `/dev`, as a person would call it.
    pub(super) fn device(&self) -> String {
        match self.says("dm/name") {
            Some(name) => format!("/dev/mapper/{name}"),
            None => format!("/dev/{}", self.name()),
        }
    }

    /// Size in bytes; the kernel counts in 512s.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.says("size")?.parse::<u64>().ok()?.checked_mul(512)
    }

    /// What it is made of, for a device the kernel put together.
    pub(super) fn made_of(&self) -> Vec<Node> {
        let Ok(entries) = fs::read_dir(self.dir.join("slaves")) else { return Vec::new() };
        let mut links: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        links.sort();
        links.iter().filter_map(|link| Node::at(&self.root, link)).collect()
    }

    /// The whole disk, for one of its partitions.
    pub(super) fn disk(&self) -> Node {
        let parent = self.dir.parent().filter(|_| self.dir.join("partition").exists());
        let dir = parent.unwrap_or(&self.dir).to_owned();
        Node { root: self.root.clone(), dir }
    }

    /// What the device manager noted about it, as `ID_BUS`.
    pub(super) fn noted(&self, key: &str) -> Option<String> {
        let path = self.root.join("run/udev/data").join(format!("b{}", self.says("dev")?));
        let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
        let value =
            |line: &str| tidy(line.strip_prefix("E:")?.strip_prefix(key)?.strip_prefix('=')?);
        text.lines().find_map(value)
    }

    /// What the USB device it hangs on says: `manufacturer`, `product`, `serial`.
    pub(super) fn usb(&self, what: &str) -> Option<String> {
        let device = self.dir.ancestors().find(|dir| dir.join("idVendor").exists())?;
        said(&device.join(what))
    }

    /// Whether the way from the processor to it leads over USB.
    pub(super) fn is_on_usb(&self) -> bool {
        let step = |name: &std::ffi::OsStr| {
            let name = name.as_encoded_bytes();
            name.strip_prefix(b"usb").is_some_and(|n| n.first().is_some_and(u8::is_ascii_digit))
        };
        self.dir.iter().any(step)
    }

    /// Its first bytes, where this user may read them. The device is opened only if it is one.
    pub(super) fn head(&self) -> Option<Vec<u8>> {
        let path = self.root.join("dev").join(self.name());
        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
        let kind = file.metadata().ok()?.file_type();
        // A recorded device is a file.
        let recorded = kind.is_file() && self.root != Path::new("/");
        if !(kind.is_block_device() || recorded) {
            return None;
        }
        let mut head = Vec::with_capacity(HEAD);
        file.take(HEAD as u64).read_to_end(&mut head).ok()?;
        Some(head)
    }
}

/// A short file's text without what surrounds it; `None` where there is none.
fn said(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    tidy(&String::from_utf8_lossy(&bytes))
}

/// What a device says about itself may be padded or empty.
fn tidy(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}
