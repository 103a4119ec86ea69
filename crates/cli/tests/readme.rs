//! The README's commands do what it says, and the demonstration volume gives what was planted.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A message as one arrives in a pipe, for what the README calls `message.eml`.
const MESSAGE: &str = "From: clerk@hartle-tc.example\r\nTo: hall@village.example\r\n\
                       Subject: Bonfire\r\n\r\nThe bonfire is lit at 7 pm on the green.\r\n";

/// Runs the command line in a folder of its own beside the demonstration volume.
fn run(words: &[String]) -> Output {
    let (words, input) = match words.iter().position(|word| word == "<") {
        Some(at) => (&words[..at], MESSAGE),
        None => (words, ""),
    };
    let config = std::env::temp_dir().join(format!("dlpscan-readme-{}", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_dlpscan"))
        .current_dir(root().join("corpus/demo-usb"))
        .env_remove("DLPSCAN_CONFIG")
        .env("XDG_CONFIG_HOME", &config)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            // A command that does not read its input closes the pipe: not this test's concern.
            _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
            child.wait_with_output()
        })
        .expect("the command starts");
    _ = std::fs::remove_dir_all(config);
    output
}

/// The words of a shell line: quotes hold together, `#` ends it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (i, piece) in line.split('"').enumerate() {
        if i % 2 == 1 {
            words.push(piece.to_owned());
            continue;
        }
        let code = piece.split('#').next().unwrap_or("");
        words.extend(code.split_whitespace().map(str::to_owned));
        if code.len() < piece.len() {
            break;
        }
    }
    words
}

#[test]
fn every_command_in_the_readme_works() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let report = std::env::temp_dir().join(format!("dlpscan-readme-{}.jsonl", std::process::id()));
    let mut seen = 0;
    let blocks = readme.split("```sh\n").skip(1).map(|b| b.split("```").next().unwrap());
    for line in blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty()) {
        let all = words(line);
        let rest = match all.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["bash", script] => {
                assert!(root().join(script).is_file(), "{line}");
                continue;
            }
            ["cargo", "run", "--release", "--bin", "dlpscan", "--", ..] => &all[6..],
            ["dlpscan", ..] => &all[1..],
            _ => panic!("a command that no test runs: {line}"),
        };
        // Of what the reader would have, the demonstration volume stands in.
        let here: Vec<String> = rest
            .iter()
            .map(|word| match word.as_str() {
                "/mnt/usb" | "corpus/demo-usb" => ".".to_owned(),
                "report.jsonl" => report.display().to_string(),
                other => other.to_owned(),
            })
            .collect();
        let output = run(&here);
        let said = String::from_utf8_lossy(&output.stderr);
        // 78 is what `dlpscan mail` says for 2.
        assert!(!matches!(output.status.code(), Some(2 | 78)), "{line}\n{said}");
        assert!(output.status.code().is_some(), "{line}\n{said}");
        seen += 1;
    }
    _ = std::fs::remove_file(report);
    assert!(seen >= 5, "the README shows only {seen} commands");
}

#[test]
fn the_demonstration_volume_gives_what_was_planted() {
    // The same on machines with and without a reader of pictures.
    let level = ["--format", "jsonl", "--level", "medium", "--ocr", "off", "."].map(str::to_owned);
    let output = run(&level);
    assert_eq!(output.status.code(), Some(4), "the README says that it ends with 4");
    let mut got = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| record[key].as_str().unwrap_or("").to_owned();
        let item = word("item").trim_start_matches("./").to_owned();
        match record["type"].as_str() {
            Some("finding") => *got.entry((item, word("detector"))).or_insert(0) += 1,
            Some("item") => _ = got.insert((item, format!("status {}", word("status"))), 0),
            _ => {}
        }
    }
    let truth = std::fs::read_to_string(root().join("corpus/demo-usb.truth.tsv")).unwrap();
    let expected: BTreeMap<_, _> = truth
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let [file, what, count] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            ((file.to_owned(), what.to_owned()), count.parse().unwrap_or(0))
        })
        .collect();
    assert_eq!(got, expected);
}
