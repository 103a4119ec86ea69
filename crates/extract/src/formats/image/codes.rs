//! QR codes (ISO/IEC 18004) in pictures.

use super::scale::scaled;
use crate::descend::{Descent, Flow};
use crate::ocr::Grey;
use dlpscan_core::model::{Layout, Place, Segment};
use rqrr::PreparedImage;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels that are looked at: a code that fills a tenth of a picture's width is still found.
const MOST: f64 = 4_000_000.0;
/// Codes of one picture that are read.
const MOST_CODES: usize = 64;

/// Gives what the codes in a picture say.
pub(crate) fn give(grey: &Grey, page: Option<u64>, descent: &mut Descent<'_>) -> Flow {
    let pixels = f64::from(grey.width) * f64::from(grey.height);
    let small = scaled(grey, (MOST / pixels.max(1.0)).sqrt().min(1.0));
    // Its sums are done without looking whether they are possible.
    let texts = catch_unwind(AssertUnwindSafe(|| texts(&small))).unwrap_or_default();
    let place = match page {
        Some(page) => Place::Page { page },
        None => Place::Property { name: "QR code".into() },
    };
    for text in texts {
        let segment = Segment::new(text.as_bytes(), place.clone()).with_layout(Layout::Whole);
        descent.segment(&segment)?;
    }
    Flow::Continue(())
}

fn texts(grey: &Grey) -> Vec<String> {
    let (width, height) = (grey.width as usize, grey.height as usize);
    let mut image =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| grey.pixels[y * width + x]);
    let grids = image.detect_grids();
    grids.iter().take(MOST_CODES).filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}
