//! What is read without a child opens nothing, writes nothing and calls nobody, whatever it says
//! (R14): all samples are read once more by a thread to which the kernel refuses these calls.
#![cfg(target_os = "linux")]

use dlpscan::Scanner;
use dlpscan::model::{Outcome, Reason, Status};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{env, process, thread};

/// Calls that make, open, change or remove something by its name, start a program or call somebody.
const REFUSED: &[i64] = &[
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_ftruncate,
    libc::SYS_memfd_create,
    libc::SYS_execve,
    libc::SYS_socket,
    libc::SYS_connect,
];

/// What finds the line in the file that documents name.
const DETECTOR: &str = "gb-sort-code-account";

/// Refuses them to this thread, as if its user were not allowed to.
fn refuse() {
    let rules = REFUSED.iter().map(|&call| (call, Vec::new())).collect();
    let here = env::consts::ARCH.try_into().expect("an architecture that has such filters");
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, here).expect("a filter");
    let program: BpfProgram = filter.try_into().expect("a program");
    seccompiler::apply_filter(&program).expect("the kernel takes it");
}

/// Everything that an outcome tells.
fn told(outcome: &Outcome) -> (u64, Status, BTreeMap<Reason, u64>, Vec<String>) {
    let places = outcome.findings.iter().map(|f| format!("{:?} {}", f.location, f.detector));
    (outcome.found, outcome.status(), outcome.ledger.counts().clone(), places.collect())
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats");
    let mut found = Vec::new();
    for family in fs::read_dir(root).expect("the samples").flatten() {
        for file in fs::read_dir(family.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let bytes = fs::read(file.path()).expect("a sample");
            if bytes.len() < 16 << 10 {
                found.push((name, bytes));
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "{}", found.len());
    found
}

/// Documents that name a file in the ways their formats have.
fn naming(path: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let path = path.display();
    let mut link = vec![0_u8; 1536];
    link[..4].copy_from_slice(b"link");
    link[100..107].copy_from_slice(b"0000644");
    link[124..135].copy_from_slice(b"00000000000");
    link[156] = b'2';
    let target = path.to_string();
    assert!(target.len() <= 100, "{target} has room in the header");
    link[157..157 + target.len()].copy_from_slice(target.as_bytes());
    link[257..265].copy_from_slice(b"ustar\x0000");
    link[148..156].fill(b' ');
    let sum: u32 = link[..512].iter().map(|&b| u32::from(b)).sum();
    link[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let text = |name, text: String| (name, text.into_bytes());
    vec![
        ("link.tar", link),
        text("a.xml", format!("<!DOCTYPE a [<!ENTITY x SYSTEM \"file://{path}\">]><a>&x;</a>")),
        text(
            "b.xml",
            format!(
                "<?xml version=\"1.0\"?><a xmlns:i=\"http://www.w3.org/2001/XInclude\">\
                 <i:include href=\"file://{path}\" parse=\"text\"/></a>"
            ),
        ),
        text(
            "page.html",
            format!(
                "<html><body><iframe src=\"file://{path}\"></iframe><img src=\"{path}\">\
                 <object data=\"file://{path}\"></object></body></html>"
            ),
        ),
        text(
            "outside.eml",
            format!(
                "From: a@b.example\nTo: c@d.example\nSubject: x\nMIME-Version: 1.0\n\
                 Content-Type: message/external-body; access-type=local-file; name=\"{path}\"\n\n\
                 Content-Type: text/plain\n\n"
            ),
        ),
        text(
            "include.rtf",
            format!("{{\\rtf1 {{\\field{{\\*\\fldinst INCLUDETEXT \"{path}\"}}}}}}"),
        ),
        text("run.ps", format!("%!PS-Adobe-3.0\n({path}) run\n({path}) (r) file\nshowpage\n")),
        text(
            "outside.pdf",
            format!(
                "%PDF-1.4\n1 0 obj\n<< /Length 0 /F ({path}) >>\nstream\n\nendstream\nendobj\n\
                 trailer\n<< /Root 1 0 R >>\n%%EOF\n"
            ),
        ),
    ]
}

#[test]
fn r14_nothing_is_opened_or_written_for_what_an_input_says() {
    let scanner = Scanner::builder().build().expect("the built-in detectors compile");
    let folder = env::temp_dir().join(format!("dlpscan-r14-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let named = folder.join("named.txt");
    fs::write(&named, "Sort code 08-99-99, account number 66374958\n").expect("room");
    let content = fs::read(&named).expect("it was written");
    let outcome = scanner.scan_bytes("named.txt", &content);
    assert_eq!(outcome.findings[0].detector.to_string(), DETECTOR);

    let samples = samples();
    let naming = naming(&named);
    let read = || {
        let all = samples.iter().map(|(name, bytes)| told(&scanner.scan_bytes(name, bytes)));
        let strangers = naming.iter().map(|(name, bytes)| told(&scanner.scan_bytes(name, bytes)));
        (all.collect::<Vec<_>>(), strangers.collect::<Vec<_>>())
    };
    thread::scope(|scope| {
        let refused = scope.spawn(|| {
            // What is made once, by the first who needs it, is made before.
            let (free, strangers) = read();
            for ((name, _), (.., places)) in naming.iter().zip(&strangers) {
                let bank = places.iter().any(|place| place.ends_with(DETECTOR));
                assert!(!bank, "{name}: what stands in the file that it names was read");
            }
            refuse();
            assert!(File::open(&named).is_err(), "opening is refused");
            (free, strangers) == read()
        });
        assert!(refused.join().expect("it ends"), "reading depends on opening something");
    });
    let left: Vec<_> = fs::read_dir(&folder).expect("the folder").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::remove_dir_all(folder).expect("it is ours");
}
