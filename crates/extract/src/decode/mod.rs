//! Bytes of any charset to UTF-8, with the way back to the raw bytes.
//!
//! * [`text`] decodes what is in memory: `decode::text(bytes, part.charset.as_deref())`.
//! * [`Windows`] decodes a stream into overlapping windows of bounded size.
//! * [`detect`] and [`Decoder`] are what both are made of.
//!
//! UTF-8 and ASCII pass through untouched. What is not valid UTF-8 is read in a legacy charset,
//! byte by byte, so that one stray byte spoils nothing. UTF-16 in the middle of 8-bit text, and
//! 8-bit text behind a UTF-16 byte order mark, are read as what they are.

mod charset;
mod decoder;
mod windows;

pub use charset::{Charset, detect};
pub use decoder::Decoder;
pub use windows::{Window, Windows};

use dlpscan_core::model::SpanMap;
use encoding_rs::Encoding;
use std::borrow::Cow;

/// How many first bytes the charset is told from.
pub const SAMPLE: usize = 64 << 10;

/// A text in UTF-8 and the way back to its bytes.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text; borrowed where it passed through untouched.
    pub text: Cow<'a, [u8]>,
    /// From the text to the raw bytes; empty where the charset does not allow it.
    pub map: SpanMap,
    /// The charset's name.
    pub charset: &'static str,
    /// True when something could not be decoded and stands as U+FFFD.
    pub lossy: bool,
}

impl Decoded<'_> {
    /// The text as a string; what is not UTF-8 becomes U+FFFD.
    pub fn string(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }
}

/// Whether bytes are valid UTF-8: many times as fast as the standard library, which says where they
/// are not.
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    Encoding::utf8_valid_up_to(bytes) == bytes.len()
}

/// Decodes a text that is in memory. `declared` is a charset label from its container, if any; it
/// is believed only as far as the bytes agree.
pub fn text<'a>(bytes: &'a [u8], declared: Option<&str>) -> Decoded<'a> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let (charset, bom) = detect(sample, declared, sample.len() == bytes.len());
    let body = &bytes[bom..];
    if matches!(charset, Charset::Bytes(_)) && memchr::memchr(0, body).is_none() && is_utf8(body) {
        let map = SpanMap::identity(bom as u64);
        return Decoded { text: Cow::Borrowed(body), map, charset: charset.name(), lossy: false };
    }
    let mut decoder = Decoder::new(charset);
    let mut text = Vec::with_capacity(body.len());
    let mut map = SpanMap::new();
    decoder.push(body, bom as u64, true, &mut text, &mut map);
    Decoded { text: Cow::Owned(text), map, charset: charset.name(), lossy: decoder.lossy() }
}
