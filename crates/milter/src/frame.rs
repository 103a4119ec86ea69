//! The milter protocol on the wire, version 6: frames in, events out, and answers as frames.
//!
//! A frame is four bytes of length (big endian), one byte of command, and the rest. Source: the
//! protocol as Sendmail's `mfdef.h` and Postfix's `milter8.c` speak it.

use crate::session::Event;
use std::io::{self, Read};

/// The longest frame that is taken, in bytes. Postfix sends bodies in runs of at most 65,535 and
/// header fields of at most `header_size_limit` (102,400).
const LONGEST: usize = 1 << 20;

/// What a mail server says in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// What it offers: version, actions we may take, steps we may leave out.
    Negotiate(Offer),
    /// Macros for a command: that command's letter, and names and values.
    Macros(u8, &'a [u8]),
    /// A step of the protocol, and its letter.
    Step(u8, Event<'a>),
    /// The last run of a body together with the end of the message.
    LastBody(&'a [u8]),
    /// The connection is over, and another one follows on the same socket.
    QuitNewConnection,
}

/// Version, actions and protocol steps, as offered or as chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offer {
    /// Version of the protocol.
    pub version: u32,
    /// Actions a filter may take.
    pub actions: u32,
    /// Steps that may be left out, and answers that need not be given.
    pub steps: u32,
}

/// Actions: add a header field, put a message on hold.
pub const ADD_HEADER: u32 = 0x01;
/// See [`ADD_HEADER`].
pub const QUARANTINE: u32 = 0x20;
/// Change or take out a header field.
pub const CHANGE_HEADER: u32 = 0x10;

/// Steps we do not need.
const UNNEEDED: u32 = 0x01 | 0x02 | 0x100;
/// Letters of commands, and the bit that says that they get no answer.
const UNANSWERED: [(u8, u32); 7] = [
    (b'L', 0x80),
    (b'C', 0x1000),
    (b'H', 0x2000),
    (b'T', 0x1_0000),
    (b'U', 0x2_0000),
    (b'N', 0x4_0000),
    (b'B', 0x8_0000),
];

impl Offer {
    /// What we choose of an offer: the steps and answers we can do without.
    pub fn choose(self) -> Offer {
        let wanted = UNANSWERED.iter().fold(UNNEEDED, |all, (_, bit)| all | bit);
        Offer {
            version: self.version.min(6),
            actions: self.actions & (ADD_HEADER | CHANGE_HEADER | QUARANTINE),
            steps: self.steps & wanted,
        }
    }

    /// Whether a command with this letter gets an answer.
    pub fn answers(self, letter: u8) -> bool {
        let bit = UNANSWERED.iter().find(|(known, _)| *known == letter).map_or(0, |(_, bit)| *bit);
        self.steps & bit == 0
    }
}

/// Reads one frame into `buffer`: its command's letter, or `None` at the end of the connection.
pub fn read(from: &mut dyn Read, buffer: &mut Vec<u8>) -> io::Result<Option<u8>> {
    let mut length = [0; 4];
    match from.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => from.read_exact(&mut length[1..])?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if !(1..=LONGEST).contains(&length) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of impossible length"));
    }
    buffer.clear();
    let read = from.take(length as u64).read_to_end(buffer)?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(buffer.remove(0)))
}

/// What a frame says; `None` where it says nothing that the protocol knows.
pub fn parse(letter: u8, data: &[u8]) -> Option<Command<'_>> {
    let step = |event| Some(Command::Step(letter, event));
    match letter {
        b'O' => {
            let number = |at: usize| {
                data.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes)
            };
            Some(Command::Negotiate(Offer {
                version: number(0)?,
                actions: number(4)?,
                steps: number(8)?,
            }))
        }
        b'D' => data.split_first().map(|(of, rest)| Command::Macros(*of, rest)),
        b'C' | b'H' | b'T' | b'U' => step(Event::Connection),
        b'M' => step(Event::Sender(address(data))),
        b'R' => step(Event::Recipient(address(data))),
        b'L' => {
            let mut pieces = data.splitn(3, |&b| b == 0);
            let (name, value) = (pieces.next()?, pieces.next()?);
            step(Event::Header(name, value))
        }
        b'N' => step(Event::EndOfHeader),
        b'B' => step(Event::Body(data)),
        b'E' if data.is_empty() => step(Event::EndOfMessage { queue_id: None }),
        b'E' => Some(Command::LastBody(data)),
        b'A' => step(Event::Abort),
        b'Q' => step(Event::Quit),
        b'K' => Some(Command::QuitNewConnection),
        _ => None,
    }
}

/// The first string of a list, without angle brackets.
fn address(data: &[u8]) -> &[u8] {
    let first = data.split(|&b| b == 0).next().unwrap_or_default();
    first.strip_prefix(b"<").and_then(|a| a.strip_suffix(b">")).unwrap_or(first)
}

/// A macro's value, of names and values one after another.
pub fn macro_value<'a>(list: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut pieces = list.split(|&b| b == 0);
    while let (Some(key), Some(value)) = (pieces.next(), pieces.next()) {
        let bare = key.strip_prefix(b"{").and_then(|k| k.strip_suffix(b"}")).unwrap_or(key);
        if bare == name.as_bytes() {
            return Some(value);
        }
    }
    None
}

/// A frame of a letter and strings, each ended by a zero.
pub fn strings(letter: u8, strings: &[&str]) -> Vec<u8> {
    let data: Vec<u8> = strings.iter().flat_map(|s| s.bytes().chain([0])).collect();
    frame(letter, &data)
}

/// The frame that takes out the `nth` header field of this name, counted from 1.
pub fn without_field(name: &str, nth: u32) -> Vec<u8> {
    frame(b'm', &[&nth.to_be_bytes(), name.as_bytes(), b"\0\0"].concat())
}

/// A frame of a letter and bytes.
pub fn frame(letter: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(data.len() + 5);
    frame.extend_from_slice(&(data.len() as u32 + 1).to_be_bytes());
    frame.push(letter);
    frame.extend_from_slice(data);
    frame
}

/// The answer to an offer.
pub fn negotiation(chosen: Offer) -> Vec<u8> {
    let Offer { version, actions, steps } = chosen;
    let data: Vec<u8> = [version, actions, steps].iter().flat_map(|n| n.to_be_bytes()).collect();
    frame(b'O', &data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_taken_out_by_its_name_and_number() {
        assert_eq!(without_field("X-A", 2), b"\0\0\0\x0am\0\0\0\x02X-A\0\0");
    }

    #[test]
    fn a_frame_reads_back_as_it_was_written() {
        let bytes = [frame(b'B', b"body"), strings(b'y', &["550 no"])].concat();
        let (mut from, mut buffer) = (&bytes[..], Vec::new());
        assert_eq!(read(&mut from, &mut buffer).unwrap(), Some(b'B'));
        assert_eq!(buffer, b"body");
        assert_eq!(read(&mut from, &mut buffer).unwrap(), Some(b'y'));
        assert_eq!(buffer, b"550 no\0");
        assert_eq!(read(&mut from, &mut buffer).unwrap(), None);
    }

    #[test]
    fn an_impossible_length_and_a_cut_frame_are_errors_and_cost_no_memory() {
        for bytes in [&b"\0\0\0\0"[..], b"\xff\xff\xff\xffB", b"\0\0\x10\0Bxx", b"\0\0"] {
            let mut buffer = Vec::new();
            assert!(read(&mut &bytes[..], &mut buffer).is_err(), "{bytes:?}");
            assert!(buffer.capacity() < 1 << 16);
        }
    }

    #[test]
    fn only_what_is_offered_is_chosen() {
        let nothing = Offer { version: 6, actions: 0x1ff, steps: 0 }.choose();
        assert_eq!(nothing, Offer { version: 6, actions: 0x31, steps: 0 });
        assert!(nothing.answers(b'B'));
        let all = Offer { version: 7, actions: 0, steps: 0x1f_ffff }.choose();
        assert_eq!((all.version, all.actions), (6, 0));
        assert!(!all.answers(b'B') && all.answers(b'M') && all.answers(b'R') && all.answers(b'E'));
    }

    #[test]
    fn addresses_lose_their_brackets_and_macros_theirs() {
        assert_eq!(
            parse(b'M', b"<a@box.example>\0SIZE=100\0"),
            Some(Command::Step(b'M', Event::Sender(b"a@box.example")))
        );
        assert_eq!(parse(b'M', b"<>\0"), Some(Command::Step(b'M', Event::Sender(b""))));
        assert_eq!(macro_value(b"j\0mx\0i\x004F2A\0", "i"), Some(&b"4F2A"[..]));
        assert_eq!(macro_value(b"{auth_authen}\0clerk\0", "auth_authen"), Some(&b"clerk"[..]));
        assert_eq!(macro_value(b"i", "i"), None);
    }

    #[test]
    fn what_the_protocol_does_not_know_is_nothing() {
        for (letter, data) in [(b'z', &b""[..]), (b'O', b"short"), (b'L', b"no value"), (b'D', b"")]
        {
            assert_eq!(parse(letter, data), None);
        }
    }
}
