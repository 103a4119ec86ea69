//! A tree of very many files costs no more memory than a small one.
//! `DLPSCAN_TREE_FILES=1000000` makes it as large as the promise.

mod tree;

use dlpscan_core::model::Handle;
use dlpscan_source::{Selection, files};
use std::fs::File;
use std::io::{Write, stderr};
use std::time::Instant;
use tree::Tree;

fn resident_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn memory_stays_flat_over_a_large_tree() {
    let many: usize =
        std::env::var("DLPSCAN_TREE_FILES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let tree = Tree::new();
    for folder in 0..many.div_ceil(1000) {
        let path = tree.path().join(format!("{folder:06}"));
        std::fs::create_dir(&path).unwrap();
        for file in 0..1000.min(many - folder * 1000) {
            File::create(path.join(format!("a file with a usual name {file:04}.txt"))).unwrap();
        }
    }
    let (Some(before), start) = (resident_kilobytes(), Instant::now()) else {
        let _ = writeln!(stderr(), "skipped: this system does not tell how much memory we hold");
        return;
    };
    let mut opened = 0;
    for item in files(vec![tree.path().to_owned()], Selection::default()) {
        if let Handle::File(file) = item.handle {
            file.open().unwrap();
            opened += 1;
        }
    }
    let grown = resident_kilobytes().unwrap().saturating_sub(before);
    let _ = writeln!(stderr(), "{opened} files in {:.1?}, {grown} kB more", start.elapsed());
    assert_eq!(opened, many);
    assert!(grown < 8 << 10, "{grown} kB more");
}
