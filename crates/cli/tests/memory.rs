//! R9 of `docs/reliability.md`: memory stays bounded whatever the size of what is read.
//!
//! A usual run reads some hundred megabytes; `DLPSCAN_LARGE=10G` reads what is promised
//! (`bash ./check long`).

// A test tells its reader what it did.
#![allow(clippy::print_stdout)]

mod watched;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::time::Instant;

const CARD: &str = "card number 4539 5787 6362 1486\n";

/// Bytes to read.
fn large() -> u64 {
    let asked = std::env::var("DLPSCAN_LARGE").unwrap_or_default();
    let gigabytes = asked.strip_suffix('G').and_then(|n| n.parse::<u64>().ok());
    gigabytes.map_or(200 << 20, |n| n << 30)
}

fn scan(what: &str) -> Command {
    let mut command = watched::scan();
    command.args(["--limit-time", "3600", "--limit-bytes", "40GB", what]);
    command
}

/// Asserts that it was read to its end, where the card stands, in bounded memory.
fn assert_bounded(name: &str, size: u64, start: Instant, run: &watched::Watched) {
    println!(
        "{name}: {} MB in {:.1?}; {} MB together, {} MB one child",
        size >> 20,
        start.elapsed(),
        run.together >> 20,
        run.child >> 20
    );
    // Something was found; a file that is no text was not read in full as well.
    assert!(matches!(run.code, Some(1 | 4)), "{name}: {:?}", run.code);
    assert!(run.said.contains(r#""detector":"payment-card-pan""#), "{name}: {}", run.said);
    assert!(
        run.together > 0 && run.together <= watched::TOGETHER,
        "{name}: {} bytes",
        run.together
    );
    assert!(run.child <= watched::CHILD, "{name}: {} bytes in one child", run.child);
}

#[test]
fn r9_a_file_of_holes_with_a_card_at_its_end_is_read_in_bounded_memory() {
    let folder = std::env::temp_dir().join(format!("dlpscan-large-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("image.bin");
    let file = File::create(&path).expect("a file");
    file.write_all_at(b"\x01\x02\xff\xfe\x80\x81 a file of another kind", 0)
        .expect("its beginning");
    file.write_all_at(CARD.as_bytes(), large()).expect("its end");
    let start = Instant::now();
    let run = watched::run(scan(path.to_str().expect("a plain path")), |_| ());
    _ = fs::remove_dir_all(&folder);
    assert_bounded("holes", large(), start, &run);
}

#[test]
fn r9_an_endless_text_from_a_pipe_is_read_in_bounded_memory() {
    let start = Instant::now();
    let run = watched::run(scan("-"), |child| {
        let mut input = child.stdin.take().expect("its input is piped");
        let lines =
            "2026-11-22 10:00:00 the library opens at ten and closes at five\n".repeat(1000);
        let mut written = 0;
        while written < large() {
            if input.write_all(lines.as_bytes()).is_err() {
                return;
            }
            written += lines.len() as u64;
        }
        _ = input.write_all(CARD.as_bytes());
    });
    assert_bounded("pipe", large(), start, &run);
}
