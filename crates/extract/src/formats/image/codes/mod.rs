//! Codes in pictures that machines read: QR codes (ISO/IEC 18004), Data Matrix (16022), PDF417
//! (15438), Aztec (24778), and bar codes.

mod bars;
mod none;
mod runs;
mod sieve;

pub(crate) use none::{known_to_hold_none, print, remember_none};

use super::scale::scaled;
use crate::budget::Budget;
use crate::descend::Descent;
use crate::ocr::Grey;
use dlpscan_core::model::{Layout, Place, Reason, Segment, Stopped};
use rxing::aztec::AztecReader;
use rxing::common::{BitMatrix, HybridBinarizer};
use rxing::datamatrix::DataMatrixReader;
use rxing::multi::{GenericMultipleBarcodeReader, MultipleBarcodeReader};
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::qrcode::cpp_port::detector::FindFinderPatterns;
use rxing::{BinaryBitmap, DecodeHints, Luma8Source, RXingResult};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels that are looked at: a code that fills a tenth of a picture's width is still found.
const MOST: f64 = 4_000_000.0;
/// Codes of one picture that are read.
const MOST_CODES: usize = 64;
/// Squares within squares, as in three corners of a QR code. A picture full of them is no page of
/// codes: trying which three belong together would take minutes.
const MOST_CORNERS: usize = 5 * MOST_CODES;
/// Rows of a picture in which they are counted together.
const STRIP: u32 = 128;

/// What one code says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Code {
    /// What the kind of code is called.
    kind: &'static str,
    text: String,
}

type Picture<'g> = BinaryBitmap<HybridBinarizer<Luma8Source<'g>>>;

/// Gives what the codes in a picture say, and whether it was looked through and holds none.
pub(crate) fn give(
    grey: &Grey,
    page: Option<u64>,
    descent: &mut Descent<'_>,
) -> ControlFlow<(), bool> {
    if !sieve::may_hold_codes(grey) {
        return ControlFlow::Continue(true);
    }
    let pixels = f64::from(grey.width) * f64::from(grey.height);
    let small = scaled(grey, (MOST / pixels.max(1.0)).sqrt().min(1.0));
    let mut codes = Vec::new();
    // Its sums are done without looking whether they are possible.
    let ended = match catch_unwind(AssertUnwindSafe(|| read(&small, descent.budget(), &mut codes)))
    {
        Ok(Ok(())) => true,
        Ok(Err(Stopped(reason))) => {
            descent.note_with(reason, None, "the search for codes in it came to no end");
            false
        }
        Err(_) => {
            descent.note_with(Reason::Unsupported, None, "the search for codes gave up on it");
            false
        }
    };
    let none = ended && codes.is_empty();
    for Code { kind, text } in codes.into_iter().take(MOST_CODES) {
        let place = match page {
            Some(page) => Place::Page { page },
            None => Place::Property { name: kind.into() },
        };
        let segment = Segment::new(text.as_bytes(), place).with_layout(Layout::Whole);
        descent.segment(&segment)?;
    }
    ControlFlow::Continue(none)
}

/// Puts the codes of a picture behind `codes`, one kind after the other.
fn read(grey: &Grey, budget: &Budget, codes: &mut Vec<Code>) -> Result<(), Stopped> {
    let Some(mut picture) = picture(&grey.pixels, grey.width, grey.height) else { return Ok(()) };
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let mut all = |kind, found: rxing::common::Result<Vec<RXingResult>>| {
        for code in found.into_iter().flatten() {
            let code = Code { kind, text: code.getText().to_owned() };
            // One may be met again and again.
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        budget.check()
    };
    let crowded = corners(picture.get_black_matrix()) > MOST_CORNERS;
    if !crowded {
        all("QR code", QrReader.decode_multiple_with_hints(&mut picture, &hints))?;
    }
    all("Data Matrix code", several(DataMatrixReader, &mut picture, &hints))?;
    if runs::may_hold_pdf417(picture.get_black_matrix()) {
        all("PDF417 code", several(PDF417Reader, &mut picture, &hints))?;
    }
    all("Aztec code", several(AztecReader, &mut picture, &hints))?;
    bars::read(grey, &picture, budget, codes)?;
    if crowded { Err(Stopped(Reason::LimitCount)) } else { Ok(()) }
}

/// About how many corners of QR codes there seem to be. Strip by strip, because the search compares
/// each with all.
fn corners(picture: &BitMatrix) -> usize {
    let height = picture.height();
    let strip = |top: u32| {
        let rows = STRIP.min(height - top);
        let mut strip = BitMatrix::new(picture.width(), rows).ok()?;
        (0..rows).for_each(|y| strip.setRow(y, &picture.getRow(top + y)));
        Some(FindFinderPatterns(&strip, true, 0).len())
    };
    (0..height).step_by(STRIP as usize).filter_map(strip).sum()
}

fn several(
    reader: impl rxing::Reader,
    picture: &mut Picture<'_>,
    hints: &DecodeHints,
) -> rxing::common::Result<Vec<RXingResult>> {
    GenericMultipleBarcodeReader::new(reader).decode_multiple_with_hints(picture, hints)
}

/// A picture for the reader; none where there are no pixels.
fn picture(pixels: &[u8], width: u32, height: u32) -> Option<Picture<'_>> {
    let source = Luma8Source::new_with_slice(pixels, width, height).ok()?;
    (width > 0 && height > 0).then(|| BinaryBitmap::new(HybridBinarizer::new(source)))
}
