//! The same volume gives the same bytes whatever the number of threads, and whether documents are
//! read in this process or in children. No test harness: the children are forked while the process
//! has one thread.

#![expect(clippy::print_stdout, reason = "it is its own test harness")]

use dlpscan::model::{Item, Limits};
use dlpscan::report::record::Record;
use dlpscan::{Key, Scanner, ScannerBuilder, source};
use std::ops::ControlFlow;
use std::path::PathBuf;

fn main() {
    let isolated = scanner(true);
    let here = scanner(false);
    let strict = Limits { parts: 500, findings: 300, ..Limits::default() };
    let strict = builder(true).limits(strict).build().expect("the scanner starts");
    let cases: [(&str, &dyn Fn()); 5] = [
        ("what_is_packed_inside_a_text_is_read_in_a_child", &|| {
            let text = concat!(
                "packed: ",
                "H4sIAAAAAAAC/3NJTSxS8MrX4XJOLEpRyCvNTUotslIwMTA0UrAAAghhaGFhyOWdmZeiUJSaDlRXzAUA6zTl+TcAAAA=",
                "\n"
            );
            let (a, b) = (
                here.scan_bytes("a.txt", text.as_bytes()),
                isolated.scan_bytes("a.txt", text.as_bytes()),
            );
            assert_eq!((a.found, b.found), (1, 1));
            assert_eq!(a.findings[0].location.part, b.findings[0].location.part);
        }),
        ("any_number_of_threads_gives_the_same_bytes", &|| {
            let one = records(&isolated, 1);
            assert!(one.lines().count() > 20, "the demonstration volume was not found");
            for threads in [2, 8] {
                assert_eq!(one, records(&isolated, threads), "{threads} threads");
            }
        }),
        ("a_child_reads_what_this_process_would_read", &|| {
            assert_eq!(records(&here, 2), records(&isolated, 2));
        }),
        ("a_mailbox_that_many_threads_read_gives_the_same_bytes", &|| {
            // Past its limit of parts, of findings, and past neither.
            for (scanner, mails, whole) in
                [(&strict, 600, false), (&strict, 350, false), (&isolated, 600, true)]
            {
                let bytes = mailbox(mails);
                let item = || source::memory("large.mbox", &bytes[..]);
                let one = records_of(scanner, [item()].into_iter(), 1);
                assert!(one.contains("used 2 times"));
                assert_eq!(!one.contains("limit-count"), whole);
                for threads in [2, 5] {
                    let many = records_of(scanner, [item()].into_iter(), threads);
                    assert!(one == many, "{mails} mails on {threads} threads");
                }
            }
        }),
        ("every_byte_of_the_volume_is_accounted_for", &|| {
            isolated.run(items(), 2, &mut |outcome| {
                let item = outcome.item.as_str();
                assert_eq!(outcome.ledger.unbalanced(), 0, "the books of {item} do not balance");
                assert!(outcome.ledger.sum().size >= outcome.bytes, "{item}");
                ControlFlow::Continue(())
            });
        }),
    ];
    // nextest asks for the names first, then for one at a time.
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let list = asked.iter().any(|a| a == "--list");
    let ignored = asked.iter().any(|a| a == "--ignored");
    let wanted = asked.iter().find(|a| !a.starts_with('-'));
    let mut passed = 0;
    for (name, case) in cases {
        if ignored || wanted.is_some_and(|w| !name.contains(w.as_str())) {
            continue;
        }
        if list {
            println!("{name}: test");
            continue;
        }
        case();
        println!("test {name} ... ok");
        passed += 1;
    }
    if !list {
        println!(
            "\ntest result: ok. {passed} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"
        );
    }
}

fn scanner(isolated: bool) -> Scanner {
    builder(isolated).build().expect("the scanner starts")
}

fn builder(isolated: bool) -> ScannerBuilder {
    let key = Some(Key::from_bytes([7; 32]));
    Scanner::builder().key(key).isolated(isolated)
}

/// A mailbox of so many mails, large enough to be divided: each holds a card number, every tenth the
/// same password.
fn mailbox(mails: usize) -> Vec<u8> {
    let mut all = String::new();
    for n in 0..mails {
        all.push_str("From a@example.org Tue Jan  2 03:04:05 2024\n");
        all.push_str(&format!("From: a@example.org\nSubject: number {n}\n\n"));
        all.push_str(&"neither here nor there, but everywhere;\n".repeat(75));
        all.push_str("card number 4539 5787 6362 1486\n");
        if n % 10 == 0 {
            all.push_str("username: someone\npassword: Tr0ub4dor&3x\n");
        }
        all.push('\n');
    }
    all.into_bytes()
}

fn items() -> impl Iterator<Item = Item> + Send {
    let volume = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/demo-usb");
    source::files(vec![volume], source::Selection::default())
}

fn records(scanner: &Scanner, threads: usize) -> String {
    records_of(scanner, items(), threads)
}

fn records_of(
    scanner: &Scanner,
    items: impl Iterator<Item = Item> + Send,
    threads: usize,
) -> String {
    let mut out = Vec::new();
    scanner.run(items, threads, &mut |outcome| {
        for record in Record::of(&outcome) {
            record.write_line(&mut out).expect("memory can be written");
        }
        ControlFlow::Continue(())
    });
    String::from_utf8(out).expect("records are UTF-8")
}
