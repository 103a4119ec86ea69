//! OpenPGP messages (RFC 9580) that are only signed, compressed or wrapped: anybody can read them.

use super::locked::{armoured, is_readable_pgp};
use super::names;
use crate::base64::base64;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use std::io::{self, Read};

/// Messages in OpenPGP's format without encryption, armoured or not.
pub struct Pgp;

const BEGIN: &[u8] = b"-----BEGIN PGP MESSAGE-----";
/// Compressed packets inside each other; honest messages have one.
const DEEPEST: usize = 8;

impl Extractor for Pgp {
    fn name(&self) -> &'static str {
        "pgp"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let told = hint.ends(&["gpg", "pgp", "sig"]) || hint.media == "application/pgp-encrypted";
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        if text.starts_with(BEGIN) {
            let readable = armoured(text).is_some_and(|packets| is_readable_pgp(&packets));
            return if readable { Sure::Certain } else { Sure::No };
        }
        // A compressed packet up to the end of the file, its algorithm, as GnuPG writes it.
        let compressed = matches!(head, [0xa3, 1..=3, _, ..]);
        if compressed && told { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        let (packets, end) = match memchr::memmem::find(&bytes, BEGIN) {
            Some(at) if bytes.first() != Some(&0xa3) => dearmour(&bytes, at + BEGIN.len()),
            _ => (bytes.to_vec(), bytes.len()),
        };
        // What stands behind the armour gets the printable-strings pass.
        descent.claim(0..end as u64, Fate::Scanned);
        self::packets(packets, descent)
    }
}

/// Reads packet after packet, those inside compressed ones in the place of these.
fn packets(mut bytes: Vec<u8>, descent: &mut Descent<'_>) -> Flow {
    for _ in 0..DEEPEST {
        let mut at = 0;
        let mut inner = None;
        while at < bytes.len() {
            let Some(Packet { tag, body, end, whole }) = Packet::read(&bytes, at) else {
                descent.note(Reason::Damaged);
                break;
            };
            at = end;
            if !whole {
                descent.note(Reason::Truncated);
            }
            match tag {
                8 => inner = Some(body),
                11 => literal(&body, descent)?,
                1 | 3 | 9 | 18 | 20 => descent.note(Reason::Encrypted),
                // Signatures, marks, padding.
                _ => {}
            }
        }
        let Some(packed) = inner else { return Flow::Continue(()) };
        let (unpacked, read) = unpack(&packed, descent);
        if let Err(error) = read {
            descent.fault(&error);
        }
        bytes = unpacked;
    }
    descent.note(Reason::LimitDepth);
    Flow::Continue(())
}

/// A literal data packet: a format, a name, a date, the data.
fn literal(body: &[u8], descent: &mut Descent<'_>) -> Flow {
    let name = body.get(1).and_then(|&len| body.get(2..2 + usize::from(len)));
    let Some((name, data)) = name.and_then(|n| Some((n, body.get(6 + n.len()..)?))) else {
        descent.note(Reason::Damaged);
        return Flow::Continue(());
    };
    let name = names::text(name);
    let shown = if name.is_empty() { "message".to_owned() } else { names::shown(&name, 1) };
    if !name.is_empty() {
        names::give(&name, &shown, descent)?;
    }
    descent.part(Part::new(shown, Content::Bytes(data)))
}

/// The packets in a compressed packet; as many as come out before a fault.
fn unpack(packed: &[u8], descent: &Descent<'_>) -> (Vec<u8>, io::Result<()>) {
    let Some((&algorithm, data)) = packed.split_first() else {
        return (Vec::new(), Err(Stopped(Reason::Truncated).into()));
    };
    let decoder: Box<dyn Read + '_> = match algorithm {
        0 => Box::new(data),
        1 => super::codec::careful(flate2::bufread::DeflateDecoder::new(data)),
        2 => super::codec::careful(flate2::bufread::ZlibDecoder::new(data)),
        3 => super::codec::careful(bzip2::bufread::BzDecoder::new(data)),
        _ => return (Vec::new(), Err(Stopped(Reason::Unsupported).into())),
    };
    let most = descent.budget().limits().buffer;
    let mut out = Vec::new();
    let metered = descent.budget().meter(decoder, Some(data.len() as u64));
    let read = metered.take(most + 1).read_to_end(&mut out).and_then(|_| {
        if out.len() as u64 > most { Err(Stopped(Reason::LimitMemory).into()) } else { Ok(()) }
    });
    (out, read)
}

struct Packet {
    tag: u8,
    body: Vec<u8>,
    /// Where the next one begins.
    end: usize,
    /// All of its body is there.
    whole: bool,
}

impl Packet {
    /// The packet at `at`, old framing or new (RFC 9580 4.2), its pieces put together.
    fn read(bytes: &[u8], at: usize) -> Option<Packet> {
        let first = *bytes.get(at)?;
        let mut at = at + 1;
        let mut packet = Packet { tag: first & 0x3f, body: Vec::new(), end: at, whole: true };
        match first {
            0..=0x7f => return None,
            0x80..=0xbf => {
                packet.tag = first >> 2 & 0x0f;
                let size = 1_usize << (first & 3);
                let len = if size == 8 {
                    bytes.len() - at
                } else {
                    let digits = bytes.get(at..at + size)?;
                    at += size;
                    digits.iter().fold(0, |n, &b| n << 8 | usize::from(b))
                };
                packet.take(bytes, at, len);
            }
            0xc0.. => loop {
                let length = usize::from(*bytes.get(at)?);
                let (len, size) = match length {
                    0..192 => (length, 1),
                    192..224 => (((length - 192) << 8) + usize::from(*bytes.get(at + 1)?) + 192, 2),
                    224..255 => (1 << (length & 0x1f), 1),
                    _ => {
                        let digits = bytes.get(at + 1..at + 5)?;
                        (digits.iter().fold(0, |n, &b| n << 8 | usize::from(b)), 5)
                    }
                };
                packet.take(bytes, at + size, len);
                at = packet.end;
                // A piece is followed by another length.
                if !(224..255).contains(&length) || !packet.whole {
                    break;
                }
            },
        }
        Some(packet)
    }

    fn take(&mut self, bytes: &[u8], at: usize, len: usize) {
        self.end = at.saturating_add(len).min(bytes.len());
        self.whole &= self.end - at.min(self.end) == len;
        self.body.extend_from_slice(&bytes[at.min(self.end)..self.end]);
    }
}

/// The bytes of an armoured block whose first line ends at `from`, and where the block ends.
fn dearmour(bytes: &[u8], from: usize) -> (Vec<u8>, usize) {
    let mut digits = Vec::new();
    let mut at = from;
    for line in bytes[from..].split_inclusive(|&b| b == b'\n') {
        at += line.len();
        let line = line.trim_ascii();
        if line.starts_with(b"-----END") {
            break;
        }
        // Header lines have a colon; the checksum begins with an equals sign.
        if line.contains(&b':') || line.starts_with(b"=") {
            continue;
        }
        digits.extend_from_slice(line);
    }
    (base64(&digits), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_both_framings_and_in_pieces_are_read() {
        let old = Packet::read(b"\xac\x03abc", 0).unwrap();
        assert_eq!((old.tag, old.body.as_slice(), old.end), (11, &b"abc"[..], 5));
        let open = Packet::read(b"\xa3\x01xyz", 0).unwrap();
        assert_eq!((open.tag, open.body.as_slice()), (8, &b"\x01xyz"[..]));
        let pieces = Packet::read(b"\xcb\xe1ab\x01c", 0).unwrap();
        assert_eq!((pieces.tag, pieces.body.as_slice(), pieces.whole), (11, &b"abc"[..], true));
        assert!(!Packet::read(b"\xcb\x10ab", 0).unwrap().whole);
        assert!(Packet::read(b"plain text", 0).is_none());
    }
}
