//! Detectors that look at a whole mail: to whom it goes, what it lacks, what came with it.

use dlpscan::Scanner;
use dlpscan::model::Level;
use dlpscan::policy::Policy;
use std::io::{Cursor, Write};

const FOOTER: &str = "--\nHartle Town Council, The Old School\nOur privacy notice: \
                      www.hartle-tc.example/privacy\n";
const SENTENCE: &str = "This email is personal.  It is not authorised by, or sent on behalf of \
                        Knowsley Town Council, its members or staff.  This email is the personal \
                        responsibility of the sender";

/// `count` addresses of as many people.
fn people(count: usize, domain: &str) -> String {
    (0..count).map(|i| format!("p{i}@{domain}")).collect::<Vec<_>>().join(", ")
}

fn mail(fields: &[(&str, &str)], body: &str) -> String {
    let mut mail = "From: clerk@hartle-tc.example\r\nSubject: Summer fair\r\n".to_owned();
    for (name, value) in fields {
        mail.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{mail}\r\n{}", body.replace('\n', "\r\n"))
}

/// A mail with one attachment.
fn with(name: &str, content: &str) -> String {
    format!(
        "From: clerk@hartle-tc.example\r\nTo: ann@box.example\r\nSubject: x\r\nMIME-Version: \
         1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: \
         text/plain\r\n\r\nSee below.\r\n--b\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n"
    )
}

fn council() -> Scanner {
    let policy = Policy::builtin("uk-council").unwrap();
    let policy = policy.with_own_domains(vec!["hartle-tc.example".to_owned()]);
    Scanner::builder().policy(Some(policy)).build().unwrap()
}

fn level(scanner: &Scanner, mail: &str, detector: &str) -> Option<Level> {
    let outcome = scanner.scan_bytes("mail.eml", mail.as_bytes());
    assert_eq!(outcome.found, outcome.findings.len() as u64);
    outcome.findings.iter().find(|f| &*f.detector == detector).map(|f| f.level)
}

#[test]
fn many_who_see_each_other_are_counted_and_those_of_the_house_are_not() {
    let scanner = council();
    let of = |fields: &[(&str, &str)], body: &str| {
        level(&scanner, &mail(fields, body), "policy-recipient-count")
    };
    let many = |count| people(count, "box.example");
    assert_eq!(of(&[("To", &many(60))], "Come."), Some(Level::High));
    assert_eq!(of(&[("To", &many(22))], "Come."), Some(Level::Medium));
    assert_eq!(of(&[("Cc", &many(25))], "Come."), Some(Level::Medium));
    assert_eq!(of(&[("To", &many(19))], "Come."), Some(Level::Low));
    assert_eq!(of(&[("To", &people(6, "gmail.com"))], "Come."), Some(Level::Low));
    assert_eq!(of(&[("Bcc", &many(25))], "Come."), None);
    assert_eq!(of(&[("To", &many(5)), ("Bcc", &people(40, "a.example"))], "Come."), None);
    assert_eq!(of(&[("To", &people(30, "hartle-tc.example"))], "Come."), None);
    assert_eq!(of(&[("To", &people(8, "hartle-tc.example"))], "Come."), None);
    // What is said of somebody's health makes it worse.
    let ill = "My daughter was diagnosed with epilepsy last year.";
    assert_eq!(of(&[("To", &many(22))], ill), Some(Level::High));
}

#[test]
fn without_a_policy_the_senders_domain_is_the_house() {
    let scanner = Scanner::builder().build().unwrap();
    let of = |to: &str| level(&scanner, &mail(&[("To", to)], "Come."), "policy-recipient-count");
    assert_eq!(of(&people(30, "hartle-tc.example")), None);
    assert_eq!(of(&people(30, "box.example")), Some(Level::Medium));
    assert_eq!(of("p@box.example, p@box.example, P@BOX.example"), None);
}

#[test]
fn a_mail_without_the_footer_is_a_finding_of_the_policys_rule() {
    let scanner = council();
    let of = |body: &str| {
        level(&scanner, &mail(&[("To", "ann@box.example")], body), "policy-footer-missing")
    };
    let quoted: String = FOOTER.lines().map(|line| format!("> {line}\n")).collect();
    let wrote = "On 3 March 2027, Ann <ann@box.example> wrote:\n";
    for missing in [
        "Plot 14 is yours.\n".to_owned(),
        format!("You are welcome.\n\n{wrote}{quoted}"),
        "Plot 14 is yours.\n--\nHartle Town Council, The Old School\n".to_owned(),
    ] {
        assert_eq!(of(&missing), Some(Level::Medium), "{missing}");
    }
    for there in [
        format!("Plot 14 is yours.\n{FOOTER}"),
        format!("Plot 14 is yours.\n{FOOTER}Follow us on the usual sites.\n"),
        format!("Plot 14 is yours.\n{}", FOOTER.replace(' ', "  ")),
        format!("You are welcome.\n{FOOTER}\n{wrote}> Thank you.\n"),
    ] {
        assert_eq!(of(&there), None, "{there}");
    }
    // Without a policy nobody asks for one.
    let plain = Scanner::builder().build().unwrap();
    let bare = mail(&[("To", "ann@box.example")], "Plot 14 is yours.");
    assert_eq!(level(&plain, &bare, "policy-footer-missing"), None);
}

#[test]
fn a_personal_mail_says_so_in_the_councils_words() {
    let scanner = council();
    let of = |body: &str| {
        let fields = [("To", "ann@box.example"), ("Sensitivity", "Personal")];
        level(&scanner, &mail(&fields, body), "policy-personal-disclaimer")
    };
    for missing in [
        "Shall we?".to_owned(),
        SENTENCE.replace("Knowsley", "Kirkham"),
        SENTENCE.replace("This email is the personal responsibility of the sender", ""),
        SENTENCE.replace("authorised", "athorsd").replace("personal.", "prsnl."),
    ] {
        assert_eq!(of(&missing), Some(Level::Medium), "{missing}");
    }
    for there in [
        SENTENCE.to_owned(),
        SENTENCE.to_uppercase(),
        SENTENCE.replace("behalf of ", "behalf of\n"),
        SENTENCE.replace("  ", "\u{a0} "),
        format!("Shall we?\n{SENTENCE}.\n-- \nA Clerk\n"),
    ] {
        assert_eq!(of(&there), None, "{there}");
    }
}

#[test]
fn an_attachment_that_may_run_is_told_by_content_before_its_name() {
    let scanner = Scanner::builder().build().unwrap();
    let of = |name: &str, content: &str| {
        level(&scanner, &with(name, content), "policy-dangerous-attachment")
    };
    for (name, content) in [
        ("invoice.pdf.exe", "x"),
        ("scan.iso", "x"),
        ("photo.lnk", "x"),
        ("report.docm", "x"),
        ("annexe\u{202e}fdp.exe", "x"),
        ("minutes.txt", "MZ: This program cannot be run in DOS mode."),
        ("notes.txt", "#!/bin/sh\nrm -r /\n"),
        ("form.html", "<html><script>let b = new Blob([x]);</script></html>"),
        ("letter.rtf", "{\\rtf1{\\object{\\objdata 01}}}"),
    ] {
        assert_eq!(of(name, content), Some(Level::Medium), "{name}");
    }
    for (name, content) in [
        ("minutes.docx", "x"),
        ("agenda.pdf", "%PDF-1.4\n%%EOF\n"),
        ("contacts.vcf", "BEGIN:VCARD\r\nEND:VCARD\r\n"),
        ("data.csv", "a,b\r\n1,2\r\n"),
        ("page.html", "<html><script>let x = 1;</script></html>"),
    ] {
        assert_eq!(of(name, content), None, "{name}");
    }
    // A file of one's own is no attachment.
    let outcome = scanner.scan_bytes("setup.exe", b"MZ\x90\0 hello");
    assert!(outcome.findings.iter().all(|f| &*f.detector != "policy-dangerous-attachment"));
}

#[test]
fn what_came_with_a_mail_that_outlook_saved_is_looked_at_as_well() {
    let scanner = Scanner::builder().build().unwrap();
    let of = |name: &str, content: &[u8]| {
        let outcome = scanner.scan_bytes("letter.msg", &saved(name, content));
        outcome.findings.iter().any(|f| &*f.detector == "policy-dangerous-attachment")
    };
    assert!(of("invoice.pdf.exe", b"x"));
    assert!(of("minutes.txt", b"MZ: This program cannot be run in DOS mode."));
    assert!(!of("minutes.txt", b"The grass is cut on Tuesdays."));
}

/// A message as Outlook saves it, with one attachment.
fn saved(name: &str, content: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let attached = "/__attach_version1.0_#00000000";
    file.create_storage_all(attached).unwrap();
    for (stream, bytes) in [
        ("/__properties_version1.0".to_owned(), &[0; 32][..]),
        (format!("{attached}/__substg1.0_3707001F"), &wide),
        (format!("{attached}/__substg1.0_37010102"), content),
    ] {
        file.create_stream(stream).and_then(|mut out| out.write_all(bytes)).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// The test file of virus scanners, in two pieces so that none reacts to this one.
const EICAR: &str =
    concat!(r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");

/// A tar archive of one file.
fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut head = [0_u8; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[100..108].copy_from_slice(b"0000644\0");
    head[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    head[148..156].copy_from_slice(b"        ");
    head[156] = b'0';
    let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = head.to_vec();
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

#[test]
fn the_test_file_of_virus_scanners_is_told_wherever_it_is() {
    let scanner = Scanner::builder().build().unwrap();
    let found = |name: &str, bytes: &[u8]| {
        let outcome = scanner.scan_bytes(name, bytes);
        outcome.findings.iter().any(|f| &*f.detector == "policy-eicar" && f.level >= Level::Medium)
    };
    assert!(found("eicar.com", EICAR.as_bytes()));
    assert!(found("notes.txt", EICAR.as_bytes()));
    assert!(found("notes.txt", format!("{EICAR}\r\n").as_bytes()));
    assert!(found("mail.eml", with("notes.txt", EICAR).as_bytes()));
    let encoded = with("notes.bin", &base64(EICAR.as_bytes()))
        .replace("Content-Disposition", "Content-Transfer-Encoding: base64\r\nContent-Disposition");
    assert!(found("mail.eml", encoded.as_bytes()));
    assert!(found("files.tar", &tar("eicar.com", EICAR.as_bytes())));
    let packed = gzip(&tar("eicar.com", EICAR.as_bytes()));
    assert!(found("files.tar.gz", &packed));
    let changed = EICAR.replace("7CC", "7CD");
    assert!(!found("eicar.com", changed.as_bytes()));
    assert!(!found("eicar.com", format!("{}{EICAR}", "x".repeat(200)).as_bytes()));
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0_u32, |n, i| n << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
        (0..4)
            .map(|i| match i > chunk.len() {
                true => '=',
                false => char::from(ALPHABET[(bits >> (18 - 6 * i) & 63) as usize]),
            })
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// Gzip of one stored block: a packer that packs nothing.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let crc = bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    let length = bytes.len() as u16;
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(&(!crc).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

#[test]
fn a_weak_password_is_told_and_so_is_one_that_is_used_twice() {
    let scanner = Scanner::builder().build().unwrap();
    let text =
        "Username: clerk  Password: townclerk1\nlorem\nUsername: bank  Password: townclerk1\n";
    let outcome = scanner.scan_text(text);
    let weak: Vec<_> =
        outcome.findings.iter().filter(|f| &*f.detector == "policy-weak-password").collect();
    assert_eq!(weak.len(), 2);
    let told = |i: usize| {
        let passwords: Vec<_> =
            outcome.findings.iter().filter(|f| &*f.detector == "secret-password-context").collect();
        passwords[i].evidence.iter().any(|e| &*e.by == "the same password")
    };
    assert!(!told(0) && told(1));
    // The value is nowhere in what is told.
    assert!(!format!("{:?}", outcome.findings).contains("townclerk1"));
}
