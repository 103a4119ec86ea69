//! Runs the command as a user would; the cases are data, in `tests/cmd`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    args: Vec<String>,
    code: i32,
    #[serde(default)]
    out: Vec<String>,
    #[serde(default)]
    err: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    written: BTreeMap<String, Vec<String>>,
}

/// A folder of its own, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dlpscan-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("work/own")).unwrap();
        fs::write(path.join("work/own/ticket.toml"), include_str!("cmd/ticket.toml")).unwrap();
        Folder(path)
    }

    fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn dlpscan(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dlpscan"));
        command
            .current_dir(self.work())
            .env_remove("DLPSCAN_CONFIG")
            .env("XDG_CONFIG_HOME", self.0.join("config"));
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn run(mut command: Command, stdin: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input closes the pipe: not this test's concern.
    _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// What is wrong with the answer, if anything.
fn judge(case: &Case, folder: &Folder, output: &Output) -> Vec<String> {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let mut wrong = Vec::new();
    if output.status.code() != Some(case.code) {
        wrong.push(format!("ended with {:?}, not {}", output.status.code(), case.code));
    }
    let mut in_order = |stream: &str, text: &str, wanted: &[String]| {
        let mut rest = text;
        for words in wanted {
            match rest.split_once(words.as_str()) {
                Some((_, after)) => rest = after,
                None => wrong.push(format!("{stream} does not say (there) {words:?}")),
            }
        }
    };
    in_order("stdout", &out, &case.out);
    in_order("stderr", &err, &case.err);
    for (name, wanted) in &case.written {
        let path = folder.work().join(name);
        in_order(name, &fs::read_to_string(&path).unwrap_or_default(), wanted);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(out, "", "{}", case.name);
    }
    for words in &case.never {
        if out.contains(words) || err.contains(words) {
            wrong.push(format!("says {words:?}"));
        }
    }
    if !wrong.is_empty() {
        wrong.insert(0, format!("\"{}\"", case.name));
        wrong.push(format!("stdout:\n{out}\nstderr:\n{err}"));
    }
    wrong
}

fn run_cases(name: &str, text: &str) {
    let cases: Cases = toml::from_str(text).unwrap();
    let mut wrong = Vec::new();
    for (i, case) in cases.case.iter().enumerate() {
        let folder = Folder::new(&format!("{name}-{i}"));
        for (name, text) in &case.files {
            folder.write(name, text);
        }
        let mut command = folder.dlpscan();
        command.args(&case.args).envs(&case.env);
        wrong.extend(judge(case, &folder, &run(command, &case.stdin)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scanning_does_what_the_cases_say() {
    run_cases("scan", include_str!("cmd/scan.toml"));
}

#[test]
fn the_gate_answers_as_the_cases_say() {
    run_cases("gate", include_str!("cmd/gate.toml"));
}

#[test]
fn detectors_are_listed_shown_checked_and_explained() {
    run_cases("detectors", include_str!("cmd/detectors.toml"));
}

#[test]
fn the_modulus_check_is_verified() {
    run_cases("modulus", include_str!("cmd/modulus.toml"));
}

#[test]
fn own_accounts_are_added_without_being_shown() {
    run_cases("protect", include_str!("cmd/protect.toml"));
}

#[test]
fn own_accounts_are_found_in_any_spacing_at_the_highest_level() {
    let folder = Folder::new("own");
    let file = |name: &str| folder.work().join(name).display().to_string();
    let mut add = folder.dlpscan();
    add.args(["protect", "add", "--list", "own.toml", "--name", "Current account"]);
    assert!(run(add, "08-99-99 66374958\n").status.success());
    let list = fs::read_to_string(file("own.toml")).unwrap();
    assert!(list.contains("Current account") && !list.contains("66374958"), "{list}");
    folder.write("dlpscan.toml", "protect = 'own.toml'\n");
    for (i, (text, found)) in [
        ("Pay to account 6637 4958 at 08 99 99 please.", true),
        ("ref 08999966374958", true),
        ("0 8 9 9 9 9 6 6 3 7 4 9 5 8", true),
        ("Sort code 08-99-99, account 66374959", false),
    ]
    .into_iter()
    .enumerate()
    {
        folder.write(&format!("in{i}/a.txt"), text);
        let mut scan = folder.dlpscan();
        scan.args([&format!("in{i}"), "-f", "jsonl"]);
        let out = String::from_utf8(run(scan, "").stdout).unwrap();
        let own = out.contains("\"detector\":\"council-bank-details\"");
        assert_eq!(own, found, "{text}: {out}");
    }
    let mut remove = folder.dlpscan();
    remove.args(["protect", "remove", "Current account"]);
    assert!(run(remove, "").status.success());
    assert!(!fs::read_to_string(file("own.toml")).unwrap().contains("Current account"));
}

#[test]
fn policies_are_checked_explained_and_tested() {
    run_cases("policy", include_str!("cmd/policy.toml"));
}

#[test]
fn a_message_from_a_pipe_is_answered_as_mail_programs_know() {
    run_cases("mail", include_str!("cmd/mail.toml"));
}

#[test]
fn what_an_earlier_report_found_is_known() {
    let folder = Folder::new("baseline");
    folder.write("a.txt", "ticket TK-123456");
    let scan = |more: &[&str]| {
        let mut command = folder.dlpscan();
        command.args(["a.txt", "-f", "jsonl", "--detectors", "own"]).args(more);
        run(command, "")
    };
    folder.write("known.jsonl", &String::from_utf8_lossy(&scan(&[]).stdout));
    let again = scan(&["--baseline", "known.jsonl"]);
    let out = String::from_utf8_lossy(&again.stdout);
    assert_eq!(again.status.code(), Some(0), "{out}");
    assert!(out.contains(r#""set_aside":{"baseline":1}"#), "{out}");
    folder.write("a.txt", "ticket TK-123456 and ticket TK-123457");
    assert_eq!(scan(&["--baseline", "known.jsonl"]).status.code(), Some(1));
    folder.write("known.jsonl", "no report");
    assert_eq!(scan(&["--baseline", "known.jsonl"]).status.code(), Some(2));
}

#[test]
fn a_value_is_allowed_by_its_fingerprint_and_never_written_down() {
    let folder = Folder::new("fingerprint");
    folder.write("dlpscan.toml", "detectors = [\"own\"]\n");
    folder.write("a.txt", "ticket TK-123456");
    folder.write("b.txt", "ticket TK-123457");
    let mut command = folder.dlpscan();
    command.args(["policy", "fingerprint", "ticket", "--config", "dlpscan.toml"]);
    let said = run(command, "TK-123456\n");
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    let value = String::from_utf8(said.stdout).unwrap();
    let allow = format!(
        "[[allow]]\nid = \"known\"\nwhy = \"the handbook's\"\nuntil = 2999-12-31\n\
         detector = \"ticket\"\nvalue = \"{}\"\n",
        value.trim()
    );
    let rule = "[[rule]]\nid = \"a\"\nwhen = { category = \"test\" }\nthen = \"block\"\n";
    folder.write("p.toml", &format!("{allow}{rule}"));
    let verdict = |file: &str| {
        let mut command = folder.dlpscan();
        command.args([file, "--policy", "p.toml", "--config", "dlpscan.toml", "-f", "jsonl"]);
        String::from_utf8(run(command, "").stdout).unwrap()
    };
    let known = verdict("a.txt");
    assert!(known.contains(r#""verdict":"allow""#), "{known}");
    assert!(known.contains(r#""set_aside":{"known":1}"#), "{known}");
    assert!(verdict("b.txt").contains(r#""verdict":"block""#));
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let folder = Folder::new("threads");
    for i in 0..60 {
        folder.write(&format!("in/{i}.txt"), &format!("ticket TK-{i:06}\n").repeat(i + 1));
    }
    let with = |threads: &str, format: &str| {
        let mut command = folder.dlpscan();
        command.args(["in", "-j", threads, "-f", format, "--detectors", "own"]);
        run(command, "").stdout
    };
    for format in ["text", "jsonl"] {
        let one = with("1", format);
        assert!(one.len() > 1000);
        assert!(one == with("8", format), "{format}");
    }
}

#[test]
fn a_file_that_may_not_be_read_is_listed_and_the_rest_is_scanned() {
    let folder = Folder::new("permission");
    folder.write("in/locked.txt", "hello");
    folder.write("in/open.txt", "hello");
    fs::set_permissions(folder.work().join("in/locked.txt"), PermissionsExt::from_mode(0o000))
        .unwrap();
    if fs::File::open(folder.work().join("in/locked.txt")).is_ok() {
        // The superuser may read everything.
        return;
    }
    let mut command = folder.dlpscan();
    command.arg("in");
    let output = run(command, "");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{out}");
    assert!(out.contains("you are not allowed to read it"), "{out}");
}

#[test]
fn a_reader_that_goes_away_is_an_error_not_a_panic() {
    let folder = Folder::new("pipe");
    for i in 0..3000 {
        folder.write(&format!("in/{i}.txt"), "ticket TK-123456");
    }
    let mut command = folder.dlpscan();
    command.args(["in", "-f", "jsonl", "--detectors", "own"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("could not be written"), "{err}");
}

#[test]
fn a_report_past_the_largest_allowed_file_is_an_error_and_the_old_one_stays() {
    let folder = Folder::new("largest-file");
    for i in 0..300 {
        folder.write(&format!("in/{i}.txt"), "ticket TK-123456");
    }
    folder.write("report.jsonl", "old");
    let words = r#"ulimit -f 8; exec "$0" in -f jsonl -o report.jsonl --detectors own"#;
    let mut command = Command::new("sh");
    command.args(["-c", words, env!("CARGO_BIN_EXE_dlpscan")]).current_dir(folder.work());
    command.env("XDG_CONFIG_HOME", folder.0.join("config"));
    let output = run(command, "");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("nothing there was changed"), "{err}");
    assert_eq!(fs::read_to_string(folder.work().join("report.jsonl")).unwrap(), "old");
}

#[test]
fn the_user_s_own_key_is_made_once_and_is_private() {
    let folder = Folder::new("key");
    folder.write("a.txt", "ticket TK-123456");
    let print = || {
        let mut command = folder.dlpscan();
        command.args(["a.txt", "-f", "jsonl", "--detectors", "own"]);
        let out = run(command, "").stdout;
        let out = String::from_utf8(out).unwrap();
        out.split("\"fingerprint\":\"").nth(1).map(|rest| rest[..32].to_owned())
    };
    let first = print();
    assert!(first.is_some());
    assert_eq!(first, print());
    let kept: Vec<PathBuf> = walk(&folder.0.join("config"));
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::metadata(&kept[0]).unwrap().permissions().mode() & 0o777, 0o600);
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
