//! Data in a document: an object or a picture, in hexadecimal or binary.

/// What has been read of it.
#[derive(Default)]
pub(super) struct Blob {
    pub(super) bytes: Vec<u8>,
    digit: Option<u8>,
    /// It is of a kind that an image reader knows.
    pub(super) bitmap: bool,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Blob {
    /// Adds what these digits say; what is no digit is passed over.
    pub(super) fn hex(&mut self, text: &[u8]) {
        for &byte in text {
            let Some(digit) = (byte as char).to_digit(16) else { continue };
            match self.digit.take() {
                Some(high) => self.bytes.push((high << 4) | digit as u8),
                None => self.digit = Some(digit as u8),
            }
        }
    }
}
