//! Codes in pictures that machines read: QR codes (ISO/IEC 18004), Data Matrix (16022), PDF417
//! (15438), Aztec (24778), and bar codes.

mod bars;
mod sieve;

use super::scale::scaled;
use crate::budget::Budget;
use crate::descend::{Descent, Flow};
use crate::ocr::Grey;
use dlpscan_core::model::{Layout, Place, Reason, Segment};
use rxing::aztec::AztecReader;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::multi::{GenericMultipleBarcodeReader, MultipleBarcodeReader};
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8Source, RXingResult};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels that are looked at: a code that fills a tenth of a picture's width is still found.
const MOST: f64 = 4_000_000.0;
/// Codes of one picture that are read.
const MOST_CODES: usize = 64;

/// What one code says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Code {
    /// What the kind of code is called.
    kind: &'static str,
    text: String,
}

type Picture<'g> = BinaryBitmap<HybridBinarizer<Luma8Source<'g>>>;

/// Gives what the codes in a picture say.
pub(crate) fn give(grey: &Grey, page: Option<u64>, descent: &mut Descent<'_>) -> Flow {
    if !sieve::may_hold_codes(grey) {
        return Flow::Continue(());
    }
    let pixels = f64::from(grey.width) * f64::from(grey.height);
    let small = scaled(grey, (MOST / pixels.max(1.0)).sqrt().min(1.0));
    let mut codes = Vec::new();
    // Its sums are done without looking whether they are possible.
    let looked = catch_unwind(AssertUnwindSafe(|| read(&small, descent.budget(), &mut codes)));
    if looked.is_err() {
        descent.note_with(Reason::Unsupported, None, "the search for bar codes gave up on it");
    }
    for Code { kind, text } in codes.into_iter().take(MOST_CODES) {
        let place = match page {
            Some(page) => Place::Page { page },
            None => Place::Property { name: kind.into() },
        };
        let segment = Segment::new(text.as_bytes(), place).with_layout(Layout::Whole);
        descent.segment(&segment)?;
    }
    Flow::Continue(())
}

/// Puts the codes of a picture behind `codes`, one kind after the other, until the time is up.
fn read(grey: &Grey, budget: &Budget, codes: &mut Vec<Code>) {
    let Some(mut picture) = picture(&grey.pixels, grey.width, grey.height) else { return };
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let mut all = |kind, found: rxing::common::Result<Vec<RXingResult>>| {
        for code in found.into_iter().flatten() {
            let code = Code { kind, text: code.getText().to_owned() };
            // One may be met again and again.
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        budget.check().is_ok()
    };
    let go_on = all("QR code", QrReader.decode_multiple_with_hints(&mut picture, &hints))
        && all("Data Matrix code", several(DataMatrixReader, &mut picture, &hints))
        && all("PDF417 code", several(PDF417Reader, &mut picture, &hints))
        && all("Aztec code", several(AztecReader, &mut picture, &hints));
    if go_on {
        bars::read(grey, &picture, budget, codes);
    }
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
