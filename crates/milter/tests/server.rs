//! The filter's socket as a mail server sees it, and as those see it who mean no good.

use dlpscan::Scanner;
use dlpscan::detector::DetectorFile;
use dlpscan::policy::Policy;
use dlpscan::report::record::Record;
use dlpscan_milter::{Address, Filter, Incomplete, Listener, SeenLog, Settings, serve};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const TICKET: &str = r#"
id = "ticket"
name = "Ticket number"
category = "test"
certainty = "A"
confidence = { alone = 90, keyword = 90, strong = 95 }
[[pattern]]
regex = 'TK-\d{6}'
"#;

const POLICY: &str = r#"
[[rule]]
id = "test.tickets"
words = "Tickets may not be sent."
when = { category = "test" }
unless = { recipient = "hold.example" }
then = "block"

[[rule]]
id = "test.hold"
when = { category = "test", recipient = "hold.example" }
then = "quarantine"
"#;

/// Everything a server may offer.
const ACTIONS: u32 = 0x1ff;

struct Door {
    path: PathBuf,
    seen: PathBuf,
    records: PathBuf,
    stop: UnixStream,
    serving: Option<JoinHandle<()>>,
}

impl Door {
    fn open(name: &str, change: impl FnOnce(&mut Settings)) -> Door {
        let folder = std::env::temp_dir();
        let own = |what: &str| folder.join(format!("dlpscan-{name}-{what}-{}", std::process::id()));
        let (path, seen, records) = (own("socket"), own("seen"), own("records"));
        _ = std::fs::remove_file(&seen);
        let mut settings = Settings {
            incomplete: Incomplete::TryLater,
            monitor: false,
            deadline: Duration::from_secs(30),
            message: 100_000,
            held: 1_000_000,
            connections: 50,
            scans: 2,
            idle: Duration::from_secs(20),
        };
        change(&mut settings);
        _ = std::fs::remove_file(&records);
        let log = File::options().create(true).append(true).open(&records).unwrap();
        let filter =
            Filter::new(scanner(), settings, Some(log), Some(SeenLog::open(&seen).unwrap()));
        let listener = Listener::bind(&Address::Unix(path.clone()), 0o600).unwrap();
        let (stop, stopped) = UnixStream::pair().unwrap();
        let serving = thread::spawn(move || serve(filter, listener, &stopped).unwrap());
        Door { path, seen, records, stop, serving: Some(serving) }
    }

    fn server(&self, steps: u32) -> Server {
        let stream = UnixStream::connect(&self.path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut server = Server { stream, quiet: 0, marks: 0, media: None };
        let offer = [6u32, ACTIONS, steps].map(u32::to_be_bytes).concat();
        server.send(b'O', &offer);
        let (letter, chosen) = server.answer();
        assert_eq!(letter, b'O');
        server.quiet = u32::from_be_bytes(chosen[8..12].try_into().unwrap());
        server
    }

    fn close(&mut self) {
        _ = self.stop.write_all(b"x");
        if let Some(serving) = self.serving.take() {
            serving.join().unwrap();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.close();
        _ = std::fs::remove_file(&self.seen);
        _ = std::fs::remove_file(&self.records);
    }
}

fn scanner() -> Scanner {
    Scanner::builder()
        .without_builtin()
        .detector_files(vec![DetectorFile::parse("ticket.toml", TICKET).unwrap()])
        .policy(Some(Policy::parse("policy.toml", POLICY).unwrap()))
        .build()
        .unwrap()
}

struct Server {
    stream: UnixStream,
    /// Steps without an answer, as the filter chose them.
    quiet: u32,
    /// How many fields of ours a message comes in with.
    marks: u32,
    /// What a message is said to be, where it is more than text.
    media: Option<&'static str>,
}

impl Server {
    fn send(&mut self, letter: u8, data: &[u8]) {
        let mut frame = (data.len() as u32 + 1).to_be_bytes().to_vec();
        frame.push(letter);
        frame.extend_from_slice(data);
        self.stream.write_all(&frame).unwrap();
    }

    fn answer(&mut self) -> (u8, Vec<u8>) {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut frame).unwrap();
        (frame.remove(0), frame)
    }

    fn step(&mut self, letter: u8, data: &[u8], quiet: u32) {
        self.send(letter, data);
        if self.quiet & quiet == 0 {
            assert_eq!(self.answer().0, b'c', "{}", letter as char);
        }
    }

    /// Everything up to the end of the message.
    fn begin(&mut self, to: &str, body: &[u8]) {
        self.step(b'C', b"client\x004\x00\x19127.0.0.1\0", 0x1000);
        self.step(b'H', b"client\0", 0x2000);
        self.send(b'D', b"Mi\x004F2A\0");
        self.step(b'M', b"<clerk@hartle-tc.example>\0", 0);
        self.step(b'R', format!("<{to}>\0").as_bytes(), 0);
        self.step(b'T', b"", 0x1_0000);
        for mark in 0..self.marks {
            self.step(b'L', format!("x-dlpscan\0forged {mark}\0").as_bytes(), 0x80);
        }
        self.step(b'L', b"Subject\0test\0", 0x80);
        self.step(b'L', b"Message-ID\0 <1@hartle-tc.example>\0", 0x80);
        if let Some(media) = self.media {
            self.step(b'L', format!("Content-Type\0{media}\0").as_bytes(), 0x80);
        }
        self.step(b'N', b"", 0x4_0000);
        for run in body.chunks(65_535) {
            self.step(b'B', run, 0x8_0000);
        }
    }

    fn message(&mut self, to: &str, body: &[u8]) -> Vec<(u8, String)> {
        self.begin(to, body);
        self.send(b'E', b"");
        let mut answers = Vec::new();
        loop {
            let (letter, data) = self.answer();
            answers.push((letter, String::from_utf8(data).unwrap()));
            if b"catrdy".contains(&letter) {
                return answers;
            }
        }
    }
}

#[test]
fn messages_of_one_connection_are_accepted_refused_and_held() {
    let door = Door::open("three", |_| {});
    // With every answer, and with as few as the protocol allows.
    for steps in [0, 0x1f_ffff] {
        let mut server = door.server(steps);
        assert_eq!(server.message("a@box.example", b"hello\r\n"), [(b'c', String::new())]);
        let refused = server.message("a@box.example", b"ticket TK-123456\r\n");
        let words = "550 5.7.1 Tickets may not be sent. (test.tickets)\0";
        assert_eq!(refused, [(b'y', words.to_owned())]);
        let held = server.message("a@hold.example", b"ticket TK-123456\r\n");
        assert_eq!(held, [(b'q', "test.hold\0".to_owned()), (b'c', String::new())]);
        assert_eq!(server.message("a@box.example", b"hello\r\n")[0].0, b'c');
        server.send(b'Q', b"");
    }
    let seen = std::fs::read_to_string(&door.seen).unwrap();
    assert_eq!(seen, "<1@hartle-tc.example>\n".repeat(8));
}

/// What lines of records say of findings, and what became of the message; not what it is called.
fn told(lines: &str) -> Vec<String> {
    let of_a_finding = |line: &str| {
        let (_, rest) = line.split_once(r#""part":"#)?;
        line.contains(r#""type":"finding""#).then(|| rest.to_owned())
    };
    let of_the_whole = |line: &str| {
        let (_, rest) = line.split_once(r#""status":"#)?;
        Some(rest.split_once(r#","verdict""#).map_or(rest, |(status, _)| status).to_owned())
    };
    lines.lines().filter_map(|line| of_a_finding(line).or_else(|| of_the_whole(line))).collect()
}

#[test]
fn the_filter_finds_what_the_library_finds_in_the_same_message() {
    let door = Door::open("same", |_| {});
    // "ticket TK-654321" in base64, a stretch that cannot be read, and a ticket in the clear.
    let body = "--b\r\nContent-Type: text/plain\r\n\r\nticket TK-123456\r\n--b\r\n\
        Content-Type: application/octet-stream; name=a.zip\r\n\r\nPK\x03\x04 cut off\r\n--b\r\n\
        Content-Type: text/plain; name=t.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        dGlja2V0IFRLLTY1NDMyMQ==\r\n--b--\r\n";
    let mut server = door.server(0);
    let parts = Some("multipart/mixed; boundary=b");
    let text = "ticket TK-123456\r\n";
    for (media, body) in [(parts, body), (None, text), (None, "nothing at all\r\n")] {
        std::fs::write(&door.records, "").unwrap();
        server.media = media;
        server.message("a@box.example", body.as_bytes());
        let filtered = std::fs::read_to_string(&door.records).unwrap();
        let media = media.map_or(String::new(), |media| format!("Content-Type:{media}\r\n"));
        let header = format!("Subject:test\r\nMessage-ID: <1@hartle-tc.example>\r\n{media}\r\n");
        let message = header + body;
        let mut lines = Vec::new();
        for record in Record::of(&scanner().scan_bytes("message.eml", message.as_bytes())) {
            record.write_line(&mut lines).unwrap();
        }
        let scanned = told(&String::from_utf8(lines).unwrap());
        assert!(!scanned.is_empty());
        assert_eq!(told(&filtered), scanned, "{body}");
    }
}

#[test]
fn a_message_that_is_too_large_is_not_called_clean() {
    let door = Door::open("large", |_| {});
    let mut server = door.server(0);
    let answer = server.message("a@box.example", &vec![b'x'; 200_000]);
    assert!(matches!(&answer[..], [(b'y', text)] if text.starts_with("451")), "{answer:?}");
    assert_eq!(server.message("a@box.example", b"small\r\n")[0].0, b'c');
}

#[test]
fn marks_that_came_in_with_a_message_are_taken_out_and_those_of_the_last_are_forgotten() {
    let door = Door::open("marks", |_| {});
    let mut server = door.server(0x1f_ffff);
    server.marks = 2;
    let answers = server.message("a@hold.example", b"ticket TK-123456\r\n");
    let letters: Vec<u8> = answers.iter().map(|(letter, _)| *letter).collect();
    assert_eq!(letters, b"mmqc", "{answers:?}");
    assert_eq!(answers[0].1, "\0\0\0\x02X-Dlpscan\0\0");
    server.marks = 0;
    assert_eq!(server.message("a@box.example", b"hello\r\n"), [(b'c', String::new())]);
}

#[test]
fn more_mail_at_once_than_there_is_room_for_comes_again_later() {
    let door = Door::open("held", |settings| settings.held = 150_000);
    // Who gets an answer at each step knows that the filter holds what it sent.
    let (mut one, mut other) = (door.server(0), door.server(0x1f_ffff));
    one.begin("a@box.example", &[b'x'; 90_000]);
    let later = other.message("a@box.example", &[b'y'; 90_000]);
    assert!(later[0].1.starts_with("451"), "{later:?}");
    one.send(b'E', b"");
    assert_eq!(one.answer().0, b'c');
    assert_eq!(other.message("a@box.example", b"small\r\n")[0].0, b'c');
}

#[test]
fn a_peer_without_manners_costs_a_connection_and_nothing_else() {
    let door = Door::open("manners", |_| {});
    let cases: [&[u8]; 6] = [
        b"",
        b"\0\0",
        b"\0\0\0\0",
        b"\xff\xff\xff\xffB",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\x01E",
    ];
    for bytes in cases {
        let mut stream = UnixStream::connect(&door.path).unwrap();
        stream.write_all(bytes).unwrap();
        drop(stream);
    }
    // One that goes away in the middle of a message, one that stalls in the middle of a frame.
    door.server(0).begin("a@box.example", b"half");
    let mut stalled = door.server(0);
    stalled.stream.write_all(b"\0\0\x10\0Bxx").unwrap();
    // Steps in the wrong order end with "later", never with "deliver".
    let mut confused = door.server(0x1f_ffff);
    confused.send(b'B', b"a body without a message");
    confused.send(b'E', b"");
    let (letter, text) = confused.answer();
    assert!(letter == b'y' && text.starts_with(b"451"));
    assert_eq!(door.server(0).message("a@box.example", b"hello\r\n")[0].0, b'c');
}

#[test]
fn watching_accepts_everything() {
    let door = Door::open("watch", |settings| settings.monitor = true);
    let mut server = door.server(0);
    assert_eq!(server.message("a@box.example", b"ticket TK-123456\r\n")[0].0, b'c');
}

#[test]
fn stopping_lets_a_message_that_has_begun_have_its_answer() {
    let mut door = Door::open("stop", |_| {});
    let mut busy = door.server(0);
    let _idle = door.server(0);
    busy.begin("a@box.example", b"ticket TK-123456\r\n");
    let begun = Instant::now();
    let answering = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        busy.send(b'E', b"");
        busy.answer()
    });
    door.close();
    assert_eq!(answering.join().unwrap().0, b'y');
    assert!(begun.elapsed() < Duration::from_secs(15), "an idle connection held it up");
    assert!(UnixStream::connect(&door.path).is_err());
}
