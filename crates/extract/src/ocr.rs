//! Reading what is written in pictures. Nothing here does it: who brings an [`Ocr`] along has a
//! program, a service or a model for it, and the extractors hand it grey pixels, never a file.

use dlpscan_core::model::Reason;
use std::time::Duration;

/// A picture in shades of grey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grey {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Row after row from the top, one byte a pixel, 0 black and 255 white.
    pub pixels: Vec<u8>,
}

/// The most pixels an [`Ocr`] is asked to look at: a page at 300 dots an inch has 9 million.
pub const MOST_LOOKED_AT: u64 = 12_000_000;

impl Grey {
    /// Whether there is a byte for each pixel, and no more pixels than anyone is asked to look at.
    pub fn is_sound(&self) -> bool {
        let pixels = u64::from(self.width) * u64::from(self.height);
        pixels > 0 && pixels <= MOST_LOOKED_AT && self.pixels.len() as u64 == pixels
    }
}

/// What a reader of pictures is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The words, taking the picture for one block of text whose lines run all across.
    Block,
    /// The words, wherever they stand.
    Sparse,
    /// How the picture is turned.
    Turned,
}

/// Reads what is written in pictures.
pub trait Ocr {
    /// The words in a picture, in the form of tesseract's TSV (a line for each word, with its
    /// place), or how it is turned, as tesseract says it (`Rotate: 90`). Nothing that comes back is
    /// trusted. It takes no longer than `within`.
    ///
    /// # Errors
    /// The reason when it could not be read: `limit-time`, `crash`, or `no-ocr` where the answer
    /// makes no sense.
    fn look(&self, picture: &Grey, way: Way, within: Duration) -> Result<Vec<u8>, Reason>;
}
