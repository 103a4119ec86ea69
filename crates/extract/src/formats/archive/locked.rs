//! Things that are encrypted and look like text, or need more than a magic number to be told.

use crate::base64::sextet;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Fate, Part, Reason, Stopped};

/// Encrypted text blocks, messages and databases. Binary ones that a magic number tells are in
/// [`raw::known`]'s table.
pub struct Locked;

/// A kind of encrypted thing.
struct Kind {
    name: &'static str,
    /// How it begins.
    start: &'static [u8],
    /// What ends it; nothing where it takes all there is.
    end: &'static [u8],
    /// More that must hold, shown the first bytes.
    check: fn(&[u8]) -> bool,
}

/// The table: one line a kind.
#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "encrypted with OpenPGP", start: b"-----BEGIN PGP MESSAGE-----", end: b"-----END PGP MESSAGE-----", check: |h| armoured(h).is_none_or(|b| !is_readable_pgp(&b)) },
    Kind { name: "encrypted with age", start: b"-----BEGIN AGE ENCRYPTED FILE-----", end: b"-----END AGE ENCRYPTED FILE-----", check: |_| true },
    Kind { name: "an encrypted S/MIME message", start: b"-----BEGIN PKCS7-----", end: b"-----END PKCS7-----", check: |h| armoured(h).is_some_and(|b| is_enveloped(&b)) },
    Kind { name: "an encrypted S/MIME message", start: b"-----BEGIN CMS-----", end: b"-----END CMS-----", check: |h| armoured(h).is_some_and(|b| is_enveloped(&b)) },
    Kind { name: "an encrypted S/MIME message", start: b"0", end: b"", check: is_enveloped },
    Kind { name: "an Ansible vault", start: b"$ANSIBLE_VAULT;", end: b"", check: |_| true },
    Kind { name: "encrypted with openssl", start: b"U2FsdGVkX1", end: b"", check: |h| h.iter().all(|&b| is_base64(b) || b.is_ascii_whitespace()) },
    Kind { name: "a KeePass database", start: b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5", end: b"", check: |_| true },
    Kind { name: "a KeePass database", start: b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5", end: b"", check: |_| true },
    Kind { name: "a Password Safe database", start: b"PWS3", end: b"", check: |h| h.len() >= 200 },
    Kind { name: "encrypted with AES Crypt", start: b"AES", end: b"", check: |h| matches!(h.get(3..5), Some([0..=3, 0])) },
    Kind { name: "encrypted with git-crypt", start: b"\0GITCRYPT\0", end: b"", check: |_| true },
    Kind { name: "an encrypted eCryptfs file", start: b"", end: b"", check: is_ecryptfs },
    Kind { name: "encrypted with scrypt", start: b"scrypt\0", end: b"", check: |_| true },
    Kind { name: "a VIM-encrypted file", start: b"VimCrypt~", end: b"", check: |_| true },
    Kind { name: "rights-protected by Microsoft", start: b".pfile", end: b"", check: |_| true },
    Kind { name: "encrypted with Jetico BestCrypt", start: b"LOCOS94 ", end: b"", check: |_| true },
];

impl Extractor for Locked {
    fn name(&self) -> &'static str {
        "encrypted"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if kind(head).is_some() { Sure::Certain } else { Sure::No }
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let len = part.content.len();
        let bytes = match part.content.bytes(descent.budget().limits().buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                descent.note_with(Reason::Encrypted, len, "");
                // Too large to look for an end: nothing can be read of it.
                if Stopped::reason(&error) != Reason::LimitMemory {
                    descent.fault(&error);
                }
                descent.claim(0..len.unwrap_or(0), Fate::Unscannable(Reason::Encrypted));
                return Flow::Continue(());
            }
        };
        let (start, kind) = match kind(&bytes[..bytes.len().min(crate::extractor::SNIFF)]) {
            Some(found) => found,
            None => (0, &KINDS[0]),
        };
        let end = if kind.end.is_empty() {
            bytes.len()
        } else {
            memchr::memmem::find(&bytes, kind.end).map_or(bytes.len(), |at| at + kind.end.len())
        };
        descent.note_with(Reason::Encrypted, Some((end - start) as u64), kind.name);
        descent.claim(start as u64..end as u64, Fate::Unscannable(Reason::Encrypted));
        let flow = raw::strings(&bytes[end..], end as u64, descent);
        descent.claim(end as u64..bytes.len() as u64, Fate::Scanned);
        descent.claim(0..start as u64, Fate::Scanned);
        flow
    }
}

/// The kind of encrypted thing these first bytes begin, and where it begins.
fn kind(head: &[u8]) -> Option<(usize, &'static Kind)> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let start = head.len() - text.len();
    KINDS.iter().find_map(|kind| {
        // Only text may have blanks in front.
        let at =
            if kind.start.starts_with(b"-") || kind.start.starts_with(b"$") { start } else { 0 };
        let head = &head[at..];
        (head.starts_with(kind.start) && (kind.check)(head)).then_some((at, kind))
    })
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

/// The first bytes behind an armour's header lines.
pub(super) fn armoured(head: &[u8]) -> Option<Vec<u8>> {
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).skip(1);
    let line = lines.find(|l| l.len() >= 16 && l.iter().all(|&b| is_base64(b)))?;
    let mut out = Vec::new();
    for group in line.chunks_exact(4) {
        let mut bits = 0_u32;
        for &b in group {
            bits = bits << 6 | sextet(b).unwrap_or(63);
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    Some(out)
}

/// True when OpenPGP packets are only signed, compressed or literal: anybody can read them.
pub(super) fn is_readable_pgp(packets: &[u8]) -> bool {
    let Some(&first) = packets.first() else { return false };
    let tag = if first & 0x40 != 0 { first & 0x3f } else { first >> 2 & 0x0f };
    first & 0x80 != 0 && matches!(tag, 2 | 4 | 8 | 11)
}

/// Content types of RFC 5652 and 5083 whose content is encrypted: enveloped, encrypted,
/// authenticated-enveloped.
const ENCRYPTED: &[&[u8]] = &[
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
];

/// True for a DER sequence that begins with one of them.
fn is_enveloped(head: &[u8]) -> bool {
    let Some(&[0x30, len]) = head.first_chunk() else { return false };
    let more = if len > 0x80 { usize::from(len & 0x7f) } else { 0 };
    head.get(2 + more..).is_some_and(|rest| ENCRYPTED.iter().any(|oid| rest.starts_with(oid)))
}

/// eCryptfs marks a file by two words whose exclusive or is fixed.
fn is_ecryptfs(head: &[u8]) -> bool {
    let word =
        |at: usize| head.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    matches!((word(8), word(12)), (Some(a), Some(b)) if a != 0 && a ^ b == 0x3c81_b7f5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_blocks_are_told_from_signed_and_from_other_text() {
        let pgp = b"-----BEGIN PGP MESSAGE-----\n\njA0ECQMCfjP3xlfH08//0qkB1mjXXcBu\n";
        assert_eq!(kind(pgp).unwrap().1.name, "encrypted with OpenPGP");
        let signed = b"-----BEGIN PGP MESSAGE-----\n\nowEVzEEKwjAQBVBxGTzEP0ApWElruhPd\n";
        assert!(kind(signed).is_none());
        assert!(kind(b"0 results").is_none());
    }

    #[test]
    fn enveloped_data_is_told_and_signed_data_is_not() {
        assert!(is_enveloped(b"\x30\x82\x02\x1d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0"));
        assert!(is_enveloped(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0"));
        assert!(!is_enveloped(b"\x30\x82\x02\x1d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0"));
    }
}
