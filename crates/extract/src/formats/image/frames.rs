//! The pictures of an animation, each where it differs from the one before.

use super::pixels::{self, bounded};
use crate::descend::Flow;
use crate::ocr::Grey;
use dlpscan_core::model::Reason;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, Frames, ImageDecoder, ImageResult};
use std::io::Cursor;
use std::ops::ControlFlow::Continue;

/// Pictures of one animation that are decoded, and those among them that are given: what turns or
/// blinks has many that hardly differ.
const MOST_DECODED: usize = 1_000;
const MOST_GIVEN: usize = 20;
/// A shade that is so much lighter or darker is another one.
const OTHER_SHADE: u8 = 64;
/// Where fewer than one in so many pixels have another shade, no line of writing has come or gone.
const ALIKE: usize = 500;

/// Gives the pictures behind the first of an animation; nothing where there is but one.
pub(super) fn behind_the_first(
    bytes: &[u8],
    mut give: impl FnMut(Result<Grey, Reason>) -> Flow,
) -> Flow {
    let Ok(Some(frames)) = frames(bytes) else { return Continue(()) };
    let mut last: Option<Grey> = None;
    let mut given = 0;
    for (number, frame) in frames.enumerate() {
        // What is broken behind the first is told of by whoever follows the blocks of the file.
        let Ok(frame) = frame else { return give(Err(Reason::NoOcr)) };
        let grey = pixels::grey(DynamicImage::ImageRgba8(frame.into_buffer()));
        if last.as_ref().is_some_and(|last| alike(last, &grey)) {
            continue;
        }
        if given > MOST_GIVEN || number > MOST_DECODED {
            return give(Err(Reason::LimitCount));
        }
        given += 1;
        if last.replace(grey.clone()).is_some() {
            give(Ok(grey))?;
        }
    }
    Continue(())
}

/// The pictures of an animation, if it is one and none of them is too large.
fn frames(bytes: &[u8]) -> ImageResult<Option<Frames<'_>>> {
    let source = || Cursor::new(bytes);
    let fits = |size: (u32, u32)| bounded(size.0, size.1).is_ok();
    if bytes.starts_with(b"GIF8") {
        let decoder = GifDecoder::new(source())?;
        return Ok(fits(decoder.dimensions()).then(|| decoder.into_frames()));
    }
    if bytes.starts_with(b"RIFF") {
        let decoder = WebPDecoder::new(source())?;
        let moves = decoder.has_animation() && fits(decoder.dimensions());
        return Ok(moves.then(|| decoder.into_frames()));
    }
    if bytes.starts_with(b"\x89PNG") {
        let decoder = PngDecoder::new(source())?;
        if decoder.is_apng()? && fits(decoder.dimensions()) {
            return Ok(Some(decoder.apng()?.into_frames()));
        }
    }
    Ok(None)
}

fn alike(one: &Grey, other: &Grey) -> bool {
    let differ =
        one.pixels.iter().zip(&other.pixels).filter(|(a, b)| a.abs_diff(**b) > OTHER_SHADE);
    one.pixels.len() == other.pixels.len() && differ.count() * ALIKE < one.pixels.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::gif::GifEncoder;
    use image::{Frame, Rgba, RgbaImage};

    #[test]
    fn only_pictures_that_differ_are_given() {
        let plain = |shade: u8| RgbaImage::from_pixel(120, 70, Rgba([shade, shade, shade, 255]));
        let mut dot = plain(255);
        dot.put_pixel(5, 5, Rgba([0, 0, 0, 255]));
        let mut gif = Vec::new();
        let mut encoder = GifEncoder::new(&mut gif);
        for picture in [plain(255), dot, plain(0), plain(0), plain(255)] {
            encoder.encode_frame(Frame::new(picture)).expect("a picture");
        }
        drop(encoder);
        let mut shades = Vec::new();
        let flow = behind_the_first(&gif, |grey| {
            shades.push(grey.map(|g| g.pixels[0]));
            Continue(())
        });
        assert!(flow.is_continue());
        assert_eq!(shades, [Ok(0), Ok(255)]);
        for cut in (20..gif.len()).step_by(7) {
            let flow = behind_the_first(&gif[..cut], |_| Continue(()));
            assert!(flow.is_continue());
        }
    }
}
