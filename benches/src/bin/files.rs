//! Times dlpscan on files, end to end and in this process, against the cheapest ways to read them.
//!
//! `files [SMALL [MB]]`: a tree of so many small files, and one text of so many megabytes; 0 leaves
//! one of them out. `ONLY=WORDS` takes but the ways whose name holds these words, for a profile.

#![allow(clippy::print_stdout)]

use dlpscan::detector::DetectorFile;
use dlpscan::{Scanner, source};
use dlpscan_benches::clock::{median, process};
use dlpscan_benches::{NOTHING, RULES, workload};
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A way to read every file below a folder; answers how many findings there were.
type Way<'a> = (&'static str, Box<dyn Fn(&Path) -> u64 + 'a>);

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>().expect("a number"));
    let (small, megabytes) = (args.next().unwrap_or(20_000), args.next().unwrap_or(64));
    let top = std::env::temp_dir().join(format!("dlpscan-files-{}", std::process::id()));
    let mut bytes = 0;
    for (name, content) in workload::small_files(small) {
        let path = top.join("small").join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        bytes += content.len();
        fs::write(path, content).expect("a file");
    }
    fs::create_dir_all(top.join("large")).expect("a folder");
    let text = workload::prose(megabytes.min(8) * 1_000_000).text;
    let large = text.repeat(megabytes.div_ceil(8));
    fs::write(top.join("large/prose.txt"), &large).expect("a file");

    let one = |name, toml: &str| DetectorFile::parse(name, toml).expect("it is a detector file");
    let with = |file| {
        let builder = Scanner::builder().without_builtin().detector_files(vec![file]);
        builder.build().expect("it compiles")
    };
    let nothing = with(one("nothing.toml", NOTHING));
    let rules = with(one("rules.toml", RULES));
    let builtin = Scanner::builder().build().expect("the built-in detectors compile");
    let ways: Vec<Way<'_>> = vec![
        ("open, read, close", Box::new(bare)),
        ("count lines", Box::new(lines)),
        ("dlpscan, a detector that finds nothing", Box::new(|path| scan(&nothing, path))),
        ("dlpscan, 28 rules", Box::new(|path| scan(&rules, path))),
        ("dlpscan, all built-in detectors", Box::new(|path| scan(&builtin, path))),
    ];
    let only = std::env::var("ONLY").ok();
    for (folder, count, bytes) in [("small", small, bytes), ("large", 1, large.len())] {
        if bytes == 0 {
            continue;
        }
        println!("\n{folder}: {count} files, {:.1} MB\n", bytes as f64 / 1e6);
        println!("| one thread | MB per CPU-second | files per CPU-second | findings |");
        println!("|---|---:|---:|---:|");
        let mut times = vec![Vec::new(); ways.len()];
        let mut found = vec![0; ways.len()];
        for _ in 0..5 {
            for (i, (name, way)) in ways.iter().enumerate() {
                if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
                    continue;
                }
                let (cost, findings) = timed(|| way(&top.join(folder)));
                times[i].push(cost.as_secs_f64());
                found[i] = findings;
            }
        }
        for (i, (name, _)) in ways.iter().enumerate() {
            let cost = median(times[i].clone());
            let (speed, files) = (bytes as f64 / 1e6 / cost, count as f64 / cost);
            println!("| {name} | {speed:.0} | {files:.0} | {} |", found[i]);
        }
    }
    fs::remove_dir_all(top).expect("what was made can be removed");
}

/// As often as makes a second, since the clock has only hundredths.
fn timed(way: impl Fn() -> u64) -> (Duration, u64) {
    let start = process();
    let mut times = 0;
    loop {
        let found = way();
        times += 1;
        let cost = process() - start;
        if cost > Duration::from_millis(500) {
            return (cost / times, found);
        }
    }
}

fn scan(scanner: &Scanner, path: &Path) -> u64 {
    let items = source::files(vec![PathBuf::from(path)], source::Selection::default());
    let mut found = 0;
    scanner.run(items, 1, &mut |outcome| {
        found += outcome.found;
        ControlFlow::Continue(())
    });
    found
}

fn each(path: &Path, buffer: &mut Vec<u8>, count: &mut dyn FnMut(&[u8])) {
    for entry in fs::read_dir(path).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            each(&entry.path(), buffer, count);
            continue;
        }
        let mut file = File::open(entry.path()).expect("a file");
        buffer.resize(256 << 10, 0);
        loop {
            match file.read(buffer).expect("bytes") {
                0 => break,
                n => count(&buffer[..n]),
            }
        }
    }
}

fn bare(path: &Path) -> u64 {
    each(path, &mut Vec::new(), &mut |_| {});
    0
}

fn lines(path: &Path) -> u64 {
    let mut lines = 0;
    each(path, &mut Vec::new(), &mut |bytes| {
        lines += bytes.iter().filter(|b| **b == b'\n').count();
    });
    lines as u64
}
