//! Signed messages whose content lies inside the signature (S/MIME opaque signing, RFC 8551 3.5).

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use std::ops::Range;

/// `smime.p7m` files that are signed, not encrypted: anybody can read their content.
pub struct Signed;

/// The content type id-signedData and the type of what is signed, id-data (RFC 5652).
const SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// How far into the bytes the content begins at the latest.
const NEAR: usize = 4096;

impl Extractor for Signed {
    fn name(&self) -> &'static str {
        "p7m"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        if is_signed(head) {
            Sure::Certain
        } else if is_sequence(head, hint) {
            Sure::Likely
        } else {
            Sure::No
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        if !is_signed(&bytes) {
            let len = bytes.len() as u64;
            if told(&bytes).is_some_and(|told| told > len) {
                descent.note(Reason::Truncated);
            }
            descent.note_with(
                Reason::Unsupported,
                Some(len),
                "a certificate, key or sealed message",
            );
            return Flow::Continue(());
        }
        let near = &bytes[..bytes.len().min(NEAR)];
        // A signature alone, beside what it signs, has no content: only certificates, whose
        // strings are looked at when this returns.
        let Some(at) = memchr::memmem::find(near, DATA).map(|at| at + DATA.len()) else {
            return Flow::Continue(());
        };
        if bytes.get(at) != Some(&0xa0) {
            return Flow::Continue(());
        }
        let (pieces, whole) = octets(&bytes, at);
        if !whole {
            descent.note(Reason::Truncated);
        }
        let content: Vec<u8> = pieces.iter().flat_map(|r| &bytes[r.clone()]).copied().collect();
        if let Err(Stopped(reason)) = descent.budget().take_bytes(content.len() as u64) {
            descent.note(reason);
            return Flow::Continue(());
        }
        for piece in pieces {
            descent.claim(piece.start as u64..piece.end as u64, Fate::Scanned);
        }
        let mut inner = Part::new("signed content", Content::Bytes(&content));
        inner.media = Some("message/rfc822".to_owned());
        descent.part(inner)
    }
}

fn is_signed(head: &[u8]) -> bool {
    let head = &head[..head.len().min(32)];
    head.first() == Some(&0x30) && memchr::memmem::find(head, SIGNED).is_some_and(|at| at <= 6)
}

/// Bytes that a DER value says it takes, where it does.
fn told(bytes: &[u8]) -> Option<u64> {
    match *bytes {
        [_, len @ ..=0x7f, ..] => Some(u64::from(len) + 2),
        [_, 0x81, len, ..] => Some(u64::from(len) + 3),
        [_, 0x82, high, low, ..] => Some(u64::from(u16::from_be_bytes([high, low])) + 4),
        _ => None,
    }
}

/// True for an ASN.1 sequence, which is no text even where many of its bytes could be: the name or
/// media type says so, or its length is that of the whole part.
fn is_sequence(head: &[u8], hint: &Hint<'_>) -> bool {
    if head.first() != Some(&0x30) {
        return false;
    }
    let Some((len, body)) = length(head, 1) else { return false };
    let told = hint.ends(&["p7m", "p7s", "p7c", "p7b", "p7z", "p12", "pfx", "der"])
        || ["application/pkcs7-", "application/x-pkcs7-"].iter().any(|m| hint.media.starts_with(m));
    match len {
        // Indefinite, holding another such sequence or an object identifier.
        None => told || matches!(head.get(body..), Some([0x30, 0x80, ..] | [0x06, 1..=20, ..])),
        Some(len) => {
            let all = body.saturating_add(len) as u64;
            hint.len.is_some_and(|whole| whole == all && body > 2) || (told && head[1] > 0x80)
        }
    }
}

/// Where the pieces of the octet string inside the tag at `at` lie, and whether all are there.
/// A flat walk: constructed strings hold primitive ones in every honest file.
fn octets(bytes: &[u8], mut at: usize) -> (Vec<Range<usize>>, bool) {
    let mut pieces = Vec::new();
    let mut left: Option<usize> = None;
    loop {
        let Some(&tag) = bytes.get(at) else { return (pieces, false) };
        let Some((len, body)) = length(bytes, at + 1) else { return (pieces, false) };
        match (tag, len) {
            // The explicit tag, or a constructed string: its pieces follow.
            (0xa0 | 0x24, len) => {
                if let Some(len) = len {
                    left = Some(body.saturating_add(len));
                }
                at = body;
            }
            (0x04, Some(len)) => {
                let end = body.saturating_add(len);
                pieces.push(body..end.min(bytes.len()));
                if end > bytes.len() {
                    return (pieces, false);
                }
                at = end;
            }
            // The end of an indefinite length, or of the content.
            _ => return (pieces, true),
        }
        if left.is_some_and(|end| at >= end) {
            return (pieces, true);
        }
    }
}

/// A length at `at` (none for an indefinite one), and where what it measures begins.
fn length(bytes: &[u8], at: usize) -> Option<(Option<usize>, usize)> {
    let first = *bytes.get(at)?;
    match first {
        0x80 => Some((None, at + 1)),
        0..=0x7f => Some((Some(usize::from(first)), at + 1)),
        _ => {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(at + 1..at + 1 + count)?;
            if count > 8 {
                return None;
            }
            let len = digits.iter().fold(0_usize, |n, &b| n << 8 | usize::from(b));
            Some((Some(len), at + 1 + count))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_in_one_piece_and_in_several_is_put_together() {
        let (one, whole) = octets(b"\xa0\x05\x04\x03abcxx", 0);
        assert!(whole && one[0] == (4..7));
        let pieces = b"\xa0\x80\x24\x80\x04\x02ab\x04\x01c\0\0\0\0";
        assert_eq!(octets(pieces, 0), (vec![6..8, 10..11], true));
    }

    #[test]
    fn sequences_are_no_text_whatever_their_bytes_look_like() {
        let deep = b"\x30\x80".repeat(50);
        let hint = |name| Hint { name, ..Hint::default() };
        assert_eq!(Signed.sniff(&deep, &hint("")), Sure::Likely);
        assert_eq!(Signed.sniff(b"\x30\x82\x10\x00ABCD", &hint("mail.p7m")), Sure::Likely);
        let exact = Hint { len: Some(200), ..Hint::default() };
        assert_eq!(Signed.sniff(b"\x30\x81\xc5ABCD", &exact), Sure::Likely);
        assert_eq!(Signed.sniff(b"0 results were found", &hint("list.p7m")), Sure::No);
        assert_eq!(Signed.sniff("0\u{20ac} each".as_bytes(), &hint("a.txt")), Sure::No);
    }

    #[test]
    fn content_that_was_cut_off_gives_what_is_there() {
        let (cut, whole) = octets(b"\xa0\x0a\x04\x08abc", 0);
        assert!(!whole && cut[0] == (4..7));
        assert_eq!(octets(b"\xa0\x84\xff", 0), (vec![], false));
    }
}
