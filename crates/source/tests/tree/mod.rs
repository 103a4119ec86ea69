// Each test program uses some of it.
#![allow(dead_code)]

use rustix::fs::{FileType, Mode, OFlags, mkdirat, mknodat, openat};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder of its own for one test, gone afterwards.
pub struct Tree(PathBuf);

impl Tree {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dlpscan-source-{}-{n}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Tree(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a file and the folders on the way to it.
    pub fn file(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn fifo(&self, name: &str) {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(rustix::fs::CWD, self.0.join(name), FileType::Fifo, mode, 0).unwrap();
    }

    /// Makes a file below `levels` folders, one in the other: longer than any path may be.
    pub fn deep(&self, folder: &str, levels: usize, file: &str, content: &str) {
        let way = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut at = openat(rustix::fs::CWD, &self.0, way, Mode::empty()).unwrap();
        for _ in 0..levels {
            mkdirat(&at, folder, Mode::from_raw_mode(0o755)).unwrap();
            at = openat(&at, folder, way, Mode::empty()).unwrap();
        }
        let make = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC;
        let fd = openat(&at, file, make, Mode::from_raw_mode(0o644)).unwrap();
        std::fs::File::from(fd).write_all(content.as_bytes()).unwrap();
    }
}

impl Drop for Tree {
    /// By `rm`: the library's own way holds a descriptor a level.
    fn drop(&mut self) {
        let _ = Command::new("rm").arg("-rf").arg("--").arg(&self.0).status();
    }
}
