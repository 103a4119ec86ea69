//! Cpio archives: the four headers that are in use.

use super::claims::Claims;
use super::store::Store;
use super::{kept, names};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Fate, Part, Reason, Stopped};

/// Cpio archives, as in system images and RPM packages.
pub struct Cpio;

impl Extractor for Cpio {
    fn name(&self) -> &'static str {
        "cpio"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        match (Header::read(head), Kind::of(head)) {
            // Two bytes alone are no magic.
            (Some(header), Some(Kind::Old { .. })) => match header.is_likely(head) {
                true if hint.ends(&["cpio"]) => Sure::Certain,
                true => Sure::Likely,
                false => Sure::No,
            },
            (Some(_), _) => Sure::Certain,
            // The beginning of a header.
            (None, Some(Kind::Portable)) if is_cut(head, 76, 8) => Sure::Certain,
            (None, Some(Kind::New)) if is_cut(head, 110, 16) => Sure::Certain,
            (None, _) => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let mut claims = Claims::new(store.len());
        let mut at = 0;
        let mut number = 0;
        while descent.budget().check().is_ok() {
            let head = match store.read(at..at + MOST) {
                Ok(head) => head,
                Err(error) => {
                    descent.note(Stopped::reason(&error));
                    break;
                }
            };
            let Some(header) = Header::read(&head) else {
                let rest = store.len().saturating_sub(at);
                // Behind the mark of the end there is only padding, so the mark itself is spoilt.
                let padding = rest > 0 && head.iter().all(|&b| b == 0);
                let cut = rest < MOST && !padding;
                let reason = if cut { Reason::Truncated } else { Reason::Damaged };
                descent.note_with(reason, Some(rest), "the list of its files breaks off");
                break;
            };
            let data = at + header.data();
            let end = data.saturating_add(header.size);
            let name = match store.read(at + header.len..at + header.len + header.name) {
                Ok(name) => name,
                Err(error) => {
                    descent.note(Stopped::reason(&error));
                    break;
                }
            };
            if !name.ends_with(&[0]) {
                descent.note_with(Reason::Damaged, None, "a name does not end where it should");
            }
            let name = name.split(|&b| b == 0).next().unwrap_or_default();
            claims.claim(at..data, Fate::Scanned, descent);
            if name == b"TRAILER!!!" {
                break;
            }
            number += 1;
            let name = names::text(name);
            let shown = names::shown(&name, number);
            names::give(&name, &shown, descent)?;
            match header.mode & 0o170_000 {
                0o120_000 => {
                    let target = store.read(data..end.min(data + MOST)).unwrap_or_default();
                    names::scan(&names::text(&target), descent)?;
                    descent.note_inside(&shown, Reason::Symlink, None);
                    claims.claim(data..end.min(data + MOST), Fate::Scanned, descent);
                }
                0o010_000 | 0o020_000 | 0o060_000 if header.size == 0 => {
                    descent.note_inside(&shown, Reason::SpecialFile, None);
                }
                _ => kept::give(&store, data..end, shown, &mut claims, descent)?,
            }
            let next = end.saturating_add(header.pad(end - at));
            if next > store.len() {
                if end <= store.len() {
                    descent.note(Reason::Truncated);
                }
                break;
            }
            claims.claim(end..next, Fate::Scanned, descent);
            at = next;
        }
        Flow::Continue(())
    }
}

/// More bytes than any header has; also the longest name or link that is read as one.
const MOST: u64 = 4096;

/// How a header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Numbers of two bytes.
    Old { little: bool },
    /// Octal digits.
    Portable,
    /// Hexadecimal digits.
    New,
}

impl Kind {
    fn of(head: &[u8]) -> Option<Kind> {
        match head {
            [0xc7, 0x71, ..] => Some(Kind::Old { little: true }),
            [0x71, 0xc7, ..] => Some(Kind::Old { little: false }),
            _ if head.starts_with(b"070707") => Some(Kind::Portable),
            _ if head.starts_with(b"070701") || head.starts_with(b"070702") => Some(Kind::New),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Header {
    kind: Kind,
    /// Bytes of the header without the name.
    len: u64,
    mode: u64,
    /// Bytes of the name, with the zero behind it.
    name: u64,
    size: u64,
}

impl Header {
    fn read(head: &[u8]) -> Option<Header> {
        let kind = Kind::of(head)?;
        let header = match kind {
            Kind::Old { little } => {
                let word = |at: usize| {
                    let bytes = *head.get(at..)?.first_chunk()?;
                    let word = if little { u16::from_le_bytes } else { u16::from_be_bytes };
                    Some(u64::from(word(bytes)))
                };
                let size = word(22)? << 16 | word(24)?;
                Header { kind, len: 26, mode: word(6)?, name: word(20)?, size }
            }
            Kind::Portable => {
                let number = |at: usize, len: usize| digits(head.get(at..at + len)?, 8);
                let (mode, name, size) = (number(18, 6)?, number(59, 6)?, number(65, 11)?);
                Header { kind, len: 76, mode, name, size }
            }
            Kind::New => {
                let number = |at: usize| digits(head.get(at..at + 8)?, 16);
                let (mode, name, size) = (number(14)?, number(94)?, number(54)?);
                Header { kind, len: 110, mode, name, size }
            }
        };
        (header.name <= MOST).then_some(header)
    }

    /// True when the name is one and the mode is one that files have.
    fn is_likely(&self, head: &[u8]) -> bool {
        let name = head.get(self.len as usize..(self.len + self.name) as usize);
        let ends = name.and_then(<[u8]>::split_last).is_some_and(|(&last, name)| {
            last == 0 && !name.is_empty() && !name.iter().any(u8::is_ascii_control)
        });
        ends && matches!(self.mode >> 12, 0o1 | 0o2 | 0o4 | 0o6 | 0o10 | 0o12 | 0o14)
    }

    /// Where the data begins, from the header's start.
    fn data(&self) -> u64 {
        let end = self.len + self.name;
        end + self.pad(end)
    }

    /// Bytes that fill up what has `len` bytes.
    fn pad(&self, len: u64) -> u64 {
        let unit = match self.kind {
            Kind::Old { .. } => 2,
            Kind::Portable => 1,
            Kind::New => 4,
        };
        (unit - len % unit) % unit
    }
}

/// True when these are some of a header's digits.
fn is_cut(head: &[u8], len: usize, base: u32) -> bool {
    (24..len).contains(&head.len()) && head.iter().all(|&b| (b as char).is_digit(base))
}

fn digits(text: &[u8], base: u64) -> Option<u64> {
    text.iter().try_fold(0_u64, |n, &b| {
        let digit = (b as char).to_digit(base as u32)?;
        Some(n * base + u64::from(digit))
    })
}
