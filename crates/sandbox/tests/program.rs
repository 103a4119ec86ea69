//! A program that misbehaves in every way we know costs its answer and nothing else.
#![cfg(target_os = "linux")]

use dlpscan_sandbox::{Failed, Program};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a shell does with what it is given.
fn shell(script: &str) -> Program {
    Program {
        path: PathBuf::from("/bin/sh"),
        args: vec!["-c".into(), script.into()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        readable: Vec::new(),
        memory: 256 << 20,
        output: 1 << 20,
    }
}

fn run(script: &str, input: &[u8]) -> Result<Vec<u8>, Failed> {
    shell(script).run(input, Instant::now() + Duration::from_secs(20))
}

#[test]
fn what_goes_in_comes_out_however_much_it_is() {
    let input = vec![b'x'; 900_000];
    assert_eq!(run("cat", &input), Ok(input));
    assert_eq!(run("cat", b""), Ok(Vec::new()));
}

#[test]
fn a_program_that_does_not_read_may_still_answer() {
    let input = vec![b'x'; 900_000];
    assert_eq!(run("echo yes", &input), Ok(b"yes\n".to_vec()));
}

#[test]
fn its_end_is_told_from_its_answer() {
    assert_eq!(run("echo yes; exit 3", b""), Err(Failed::Code(3)));
    assert_eq!(run("echo yes; kill -9 $$", b""), Err(Failed::Signal(9)));
    let absent = Program { path: "/nowhere/to/be/found".into(), ..shell("") };
    let until = Instant::now() + Duration::from_secs(20);
    assert_eq!(absent.run(b"", until), Err(Failed::NotStarted));
}

#[test]
fn one_that_hangs_is_killed_with_its_children() {
    let before = Instant::now();
    // The grandchild holds the output open.
    let ended = shell("sleep 60 & sleep 60").run(b"", before + Duration::from_millis(300));
    assert_eq!(ended, Err(Failed::TimedOut));
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn one_that_closes_its_output_and_stays_is_killed() {
    let before = Instant::now();
    assert_eq!(run("exec >&-; exec sleep 60", b""), Err(Failed::TimedOut));
    assert!(before.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_endless_answer_is_cut_off() {
    assert_eq!(
        run("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", b""),
        Err(Failed::TooMuch)
    );
}

#[test]
fn it_has_no_environment_but_its_own_and_can_write_nothing() {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let said = run("echo \"[$CARGO_MANIFEST_DIR]\"", b"").expect("an answer");
    assert_eq!(said, b"[]\n");
    let file = std::env::temp_dir().join(format!("dlpscan-program-{}", std::process::id()));
    let script =
        format!("echo text > '{}' 2>/dev/null && echo written || echo refused", file.display());
    let said = run(&script, b"").expect("an answer");
    let left = std::fs::read(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    assert_eq!((said.as_slice(), left.as_slice()), (&b"refused\n"[..], &b""[..]));
}
