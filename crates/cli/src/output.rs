//! Where the report goes. A report file is written under no name and gets its own only when it
//! is whole: until then, and if anything fails, the old report stays as it was.

use rustix::fs::{AtFlags, CWD, OFlags, linkat};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A place to write the report to.
pub struct Output {
    writer: BufWriter<Box<dyn Write>>,
    pending: Option<Pending>,
    live: bool,
}

/// A report file that is not whole yet.
struct Pending {
    file: File,
    /// The name it will have.
    target: PathBuf,
    /// The name it has on the way, in the same folder.
    way: PathBuf,
    /// Whether it already stands in the folder under that name.
    named: bool,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let live = stdout.is_terminal();
        Output { writer: BufWriter::new(Box::new(stdout.lock())), pending: None, live }
    }

    /// A file, for its owner's eyes only (0600). Devices and pipes are written to directly.
    pub fn file(path: &Path) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&target).is_ok_and(|meta| !meta.is_file()) {
            let file = OpenOptions::new().write(true).open(&target)?;
            return Ok(Output {
                writer: BufWriter::new(Box::new(file)),
                pending: None,
                live: false,
            });
        }
        let pending = Pending::create(target)?;
        let writer = BufWriter::new(Box::new(pending.file.try_clone()?) as Box<dyn Write>);
        Ok(Output { writer, pending: Some(pending), live: false })
    }

    /// Where to write.
    pub fn writer(&mut self) -> &mut dyn Write {
        &mut self.writer
    }

    /// Shows what was written so far, where somebody is looking.
    pub fn show(&mut self) -> io::Result<()> {
        if self.live { self.writer.flush() } else { Ok(()) }
    }

    /// The report is whole: puts it in its place, safely on the disk.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        match self.pending.take() {
            Some(pending) => pending.finish(),
            None => Ok(()),
        }
    }
}

impl Pending {
    fn create(target: PathBuf) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut way = std::ffi::OsString::from(".");
        way.push(name);
        way.push(format!(".{}.unfinished", std::process::id()));
        let way = folder.join(way);
        // Without a name it cannot be found by the scan itself, nor left behind by a kill.
        let nameless = OpenOptions::new()
            .write(true)
            .mode(0o600)
            .custom_flags(OFlags::TMPFILE.bits() as i32)
            .open(folder)
            .ok()
            .filter(|file| proc_path(file).exists());
        let (file, named) = match nameless {
            Some(file) => (file, false),
            None => (OpenOptions::new().write(true).create_new(true).mode(0o600).open(&way)?, true),
        };
        Ok(Pending { file, target, way, named })
    }

    fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if !self.named {
            let from = proc_path(&self.file);
            linkat(CWD, &from, CWD, &self.way, AtFlags::SYMLINK_FOLLOW)?;
            self.named = true;
        }
        fs::rename(&self.way, &self.target)?;
        self.named = false;
        match self.target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            _ => File::open(".")?.sync_all(),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.named {
            _ = fs::remove_file(&self.way);
        }
    }
}

fn proc_path(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("dlpscan-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_report_that_is_not_finished_leaves_the_old_one_and_nothing_else() {
        let folder = folder("unfinished");
        let path = folder.join("report.txt");
        fs::write(&path, "old").unwrap();
        let mut output = Output::file(&path).unwrap();
        output.writer().write_all(b"new").unwrap();
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_finished_report_takes_the_old_one_s_place_and_is_private() {
        let folder = folder("finished");
        let path = folder.join("report.txt");
        fs::write(&path, "old").unwrap();
        let mut output = Output::file(&path).unwrap();
        output.writer().write_all(b"new").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
