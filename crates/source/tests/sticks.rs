//! What is told of volumes that this machine cannot mount: recordings of sticks, disks and shares,
//! one file each in `tests/sticks`, unfolded into a folder that stands for the root.
#![cfg(target_os = "linux")]

use dlpscan_source::volume::{Encryption, Linux, Platform, Volume, findings};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stick {
    path: PathBuf,
    files: BTreeMap<String, String>,
    #[serde(default)]
    links: BTreeMap<String, String>,
    #[serde(default)]
    head: Vec<Head>,
    expect: Expect,
}

/// The first bytes of a device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    device: String,
    #[serde(default)]
    noise: bool,
    #[serde(default)]
    at: usize,
    #[serde(default)]
    text: String,
    #[serde(default)]
    hex: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    mount: PathBuf,
    encryption: String,
    why: Option<String>,
    file_system: String,
    device: Option<String>,
    removable: Option<String>,
    read_only: Option<bool>,
    vendor: Option<String>,
    product: Option<String>,
    serial: Option<String>,
    bytes: Option<u64>,
    /// The first findings, in order.
    findings: Vec<String>,
}

/// As large as what is read of a device.
const SIZE: usize = 0x1_1000;

impl Stick {
    fn unfold(&self, root: &Path) {
        let place = |name: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        for (name, text) in &self.files {
            fs::write(place(name), text).unwrap();
        }
        for (name, target) in &self.links {
            std::os::unix::fs::symlink(target, place(name)).unwrap();
        }
        for head in &self.head {
            let path = place(&head.device);
            let mut bytes = fs::read(&path).unwrap_or_else(|_| vec![0; SIZE]);
            if head.noise {
                let mut x = 0x9e37_79b9_7f4a_7c15_u64;
                bytes.fill_with(|| {
                    x ^= x << 13;
                    x ^= x >> 7;
                    x ^= x << 17;
                    (x >> 24) as u8
                });
            }
            let hex = |at: usize| u8::from_str_radix(&head.hex[at..at + 2], 16).unwrap();
            let mut mark = head.text.clone().into_bytes();
            mark.extend((0..head.hex.len()).step_by(2).map(hex));
            bytes[head.at..head.at + mark.len()].copy_from_slice(&mark);
            fs::write(path, bytes).unwrap();
        }
    }
}

fn said(volume: &Volume) -> (&str, &str) {
    match &volume.encryption {
        Encryption::By(method) => (method.name(), ""),
        Encryption::None => ("none", ""),
        Encryption::Unknown(why) => ("unknown", why),
    }
}

fn differences(volume: &Volume, expect: &Expect) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, got: &str, want: &str| {
        if got != want {
            wrong.push(format!("{what}: {got:?}, not {want:?}"));
        }
    };
    let (encryption, why) = said(volume);
    same("mount", &volume.mount.to_string_lossy(), &expect.mount.to_string_lossy());
    same("encryption", encryption, &expect.encryption);
    same("file system", &volume.file_system, &expect.file_system);
    let removable = match volume.removable {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    for (what, got, want) in [
        ("removable", Some(removable), &expect.removable),
        ("device", volume.device.as_deref(), &expect.device),
        ("vendor", volume.vendor.as_deref(), &expect.vendor),
        ("product", volume.product.as_deref(), &expect.product),
        ("serial", volume.serial.as_deref(), &expect.serial),
    ] {
        if let Some(want) = want {
            same(what, got.unwrap_or(""), want);
        }
    }
    if let Some(want) = expect.read_only {
        same("read only", &volume.read_only.to_string(), &want.to_string());
    }
    if let Some(want) = expect.bytes {
        same("bytes", &volume.bytes.unwrap_or(0).to_string(), &want.to_string());
    }
    let found = findings(volume);
    let ids: Vec<&str> = found.iter().map(|finding| &*finding.detector).collect();
    same(
        "findings",
        &ids[..expect.findings.len().min(ids.len())].join(" "),
        &expect.findings.join(" "),
    );
    if let Some(words) = &expect.why
        && !why.contains(words.as_str())
    {
        wrong.push(format!("why: {why:?} does not say {words:?}"));
    }
    wrong
}

#[test]
fn every_recorded_volume_is_told_as_it_is() {
    let top = std::env::temp_dir().join(format!("dlpscan-sticks-{}", std::process::id()));
    _ = fs::remove_dir_all(&top);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sticks");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let stick: Stick = toml::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = top.join(&name);
        stick.unfold(&root);
        let volume = Linux::at(&root).volume(&stick.path);
        wrong.extend(differences(&volume, &stick.expect).iter().map(|w| format!("{name}: {w}")));
        seen += 1;
    }
    _ = fs::remove_dir_all(&top);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 20, "only {seen} recordings were found");
}

#[test]
fn volumes_below_a_folder_are_found_once_each() {
    let root = std::env::temp_dir().join(format!("dlpscan-below-{}", std::process::id()));
    fs::create_dir_all(root.join("proc/self")).unwrap();
    let mounts = "1 0 252:0 / / rw - ext4 /dev/vda rw\n\
                  2 1 8:17 / /media/a rw - vfat /dev/sdb1 rw\n\
                  3 1 8:17 /x /media/again rw - vfat /dev/sdb1 rw\n\
                  4 1 8:33 / /media/b rw - exfat /dev/sdc1 rw\n\
                  5 1 0:44 / /media/proc rw - proc proc rw\n";
    fs::write(root.join("proc/self/mountinfo"), mounts).unwrap();
    let below = |path: &str| {
        let found = Linux::at(&root).below(Path::new(path));
        found.iter().map(|v| v.mount.display().to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(below("/media"), "/media/a /media/b");
    assert_eq!(below("/media/a"), "");
    assert_eq!(below("/home"), "");
    fs::remove_dir_all(root).unwrap();
}
