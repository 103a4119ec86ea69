//! Sticks as the tools of the system make them: file systems in image files are read without being
//! mounted, encrypted ones are named, and the gate judges one that is mounted. What this machine
//! lacks is said and left out.

use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const ACCOUNT: &str = "Please pay sort code 08-99-99, account number 66374958.\n";

/// A folder of its own, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("dlpscan-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("stick/Office")).unwrap();
        fs::write(path.join("stick/Office/letter.txt"), ACCOUNT).unwrap();
        fs::write(path.join("stick/gone.txt"), ACCOUNT.replace("66374958", "66374958, again"))
            .unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn image(&self, name: &str, bytes: u64) -> PathBuf {
        let path = self.path(name);
        fs::File::create(&path).unwrap().set_len(bytes).unwrap();
        path
    }

    fn dlpscan(&self, words: &[&str], path: &Path) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_dlpscan"))
            .args(words)
            .arg(path)
            .env_remove("DLPSCAN_CONFIG")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a tool; `None`, said aloud, where it is not installed.
fn tool(package: &str, words: &[&str], paths: &[&Path], input: &str) -> Option<Output> {
    let mut command = Command::new(words[0]);
    // Where Debian keeps them, though a user's PATH does not lead there.
    command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
    command.args(&words[1..]).args(paths);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let why = format!("skipped: {} is not installed (apt-get install {package})", words[0]);
        _ = writeln!(stderr(), "{why}");
        return None;
    };
    _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Some(child.wait_with_output().unwrap())
}

fn must(package: &str, words: &[&str], paths: &[&Path]) -> Option<()> {
    let output = tool(package, words, paths, "")?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {said}");
    Some(())
}

/// The letter stands where it was put, and what was deleted is still found and said to be.
fn holds_both(got: &(Option<i32>, String)) {
    let (code, out) = got;
    assert!(matches!(code, Some(1 | 4)), "{code:?}\n{out}");
    let findings: Vec<_> = out
        .lines()
        .filter(|line| {
            line.contains(r#""type":"finding""#) && line.contains("gb-sort-code-account")
        })
        .collect();
    assert!(findings.iter().any(|line| line.contains("Office/letter.txt")), "{out}");
    assert!(findings.iter().any(|line| line.contains("(deleted)")), "{out}");
    assert!(!out.contains("66374958"), "the value stands in the report");
}

#[test]
fn a_fat_stick_is_read_from_its_image_with_what_was_deleted() {
    let folder = Folder::new("fat");
    let image = folder.image("stick.img", 8 << 20);
    let all = || {
        must("dosfstools", &["mkfs.vfat", "-n", "HARTLE"], &[&image])?;
        let (office, gone) = (folder.path("stick/Office"), folder.path("stick/gone.txt"));
        must("mtools", &["mcopy", "-s", "-i"], &[&image, &office, &gone, Path::new("::/")])?;
        must("mtools", &["mdel", "-i"], &[&image, Path::new("::/gone.txt")])
    };
    if all().is_some() {
        holds_both(&folder.dlpscan(&["-f", "jsonl"], &image));
    }
}

#[test]
fn an_exfat_stick_without_files_is_read_in_full_and_cut_short_it_is_not() {
    let folder = Folder::new("exfat");
    let image = folder.image("stick.img", 8 << 20);
    if must("exfatprogs", &["mkfs.exfat", "-n", "HARTLE"], &[&image]).is_none() {
        return;
    }
    let (code, out) = folder.dlpscan(&["-f", "jsonl"], &image);
    assert_eq!(code, Some(0), "{out}");
    fs::File::options().write(true).open(&image).unwrap().set_len(3 << 20).unwrap();
    let (code, out) = folder.dlpscan(&["-f", "jsonl"], &image);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains(r#""reason":"truncated""#), "{out}");
}

#[test]
fn an_ext4_disk_is_read_from_its_image() {
    let folder = Folder::new("ext4");
    let image = folder.image("disk.img", 16 << 20);
    let stick = folder.path("stick");
    let words = ["mkfs.ext4", "-q", "-d", stick.to_str().unwrap()];
    if must("e2fsprogs", &words, &[&image]).is_none() {
        return;
    }
    let (code, out) = folder.dlpscan(&["-f", "jsonl"], &image);
    assert_eq!(code, Some(1), "{out}");
    for path in ["Office/letter.txt", "gone.txt"] {
        assert!(out.contains(path), "{path}\n{out}");
    }
}

#[test]
fn a_locked_volume_in_a_file_is_named_and_never_clean() {
    let folder = Folder::new("luks");
    for (kind, name) in [("luks1", "one.img"), ("luks2", "two.img")] {
        let image = folder.image(name, 20 << 20);
        let words = ["cryptsetup", "luksFormat", "-q", "--type", kind, "--iter-time", "1"];
        let quick: &[&str] = if kind == "luks2" { &["--pbkdf", "pbkdf2"] } else { &[] };
        let path = [&image, Path::new("-")];
        let Some(made) = tool("cryptsetup-bin", &[&words, quick].concat(), &path, "password")
        else {
            return;
        };
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // In so much noise something may look like a finding by chance: 4 instead of 3.
        let (code, out) = folder.dlpscan(&["-f", "jsonl"], &image);
        assert!(matches!(code, Some(3 | 4)), "{code:?}\n{out}");
        assert!(out.contains(r#""reason":"encrypted""#) && out.contains("LUKS"), "{out}");
        let (code, page) = folder.dlpscan(&["gate"], &image);
        assert!(matches!(code, Some(3 | 4)), "{code:?}\n{page}");
        assert!(page.contains("encrypted"), "{page}");
    }
}

#[test]
fn the_gate_judges_a_stick_that_is_mounted() {
    let folder = Folder::new("mounted");
    let image = folder.image("disk.img", 16 << 20);
    let stick = folder.path("stick");
    let words = ["mkfs.ext4", "-q", "-d", stick.to_str().unwrap()];
    if must("e2fsprogs", &words, &[&image]).is_none() {
        return;
    }
    let mount = folder.path("mnt");
    fs::create_dir(&mount).unwrap();
    let mounted = tool("mount", &["mount", "-o", "loop,ro"], &[&image, &mount], "");
    if !mounted.is_some_and(|output| output.status.success()) {
        _ = writeln!(stderr(), "skipped: this machine does not let us mount a file (root may)");
        return;
    }
    let got = folder.dlpscan(&["gate"], &mount);
    let unmounted = tool("mount", &["umount"], &[&mount], "");
    let (code, page) = got;
    assert!(unmounted.is_some_and(|output| output.status.success()));
    assert_eq!(code, Some(1), "{page}");
    for words in ["Do not let this leave", "ext4", "Read only", "Office/letter.txt"] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("66374958"), "the value stands on the page");
}
