//! The example for other people's mail filters: short enough to be copied, and it does what it says.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The compiled example: cargo puts it beside the tests it builds with it.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a program");
    let built = test.ancestors().nth(2).expect("in target/…/deps").join("examples/embed");
    assert!(built.is_file(), "not built: run cargo test -p dlpscan without --test");
    built
}

fn answer(message: &str) -> String {
    let mut child = Command::new(example())
        .args(["clerk@hartle-tc.example", "ann@box.example"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example starts");
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_filter_of_one_s_own_takes_fewer_than_forty_lines() {
    let source = include_str!("../examples/embed.rs");
    assert!(source.lines().count() < 40, "{} lines", source.lines().count());
}

#[test]
fn it_takes_refuses_and_puts_off() {
    let header = "From: clerk@hartle-tc.example\r\nTo: ann@box.example\r\nSubject: Plot\r\n";
    let footer =
        "-- \r\nHartle Town Council\r\nOur privacy notice: www.hartle-tc.example/privacy\r\n";
    let clean = answer(&format!("{header}\r\nPlot 14 is yours.\r\n{footer}"));
    assert!(clean.starts_with("250 "), "{clean}");
    let bank = "Please refund to sort code 08-99-99, account number 66374958.\r\n";
    let refused = answer(&format!("{header}\r\n{bank}{footer}"));
    assert!(refused.starts_with("550 ") && refused.contains("knowsley.bank-details"), "{refused}");
    assert!(!refused.contains("66374958"), "the value stands in the answer");
    let cut = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
    let broken =
        "\r\n--b\r\nContent-Type: application/zip\r\n\r\nPK\x03\x04 not what it says\r\n--b--\r\n";
    let unread = answer(&format!("{header}{cut}Plot 14.\r\n{footer}{broken}"));
    assert!(!unread.starts_with("250"), "what was not read was accepted: {unread}");
}
