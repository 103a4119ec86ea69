//! From a picture's file to grey pixels.

use super::frames;
use crate::descend::Flow;
use crate::ocr::Grey;
use dlpscan_core::model::Reason;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use std::io::Cursor;
use std::ops::ControlFlow;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};

/// Pictures with more pixels are not decoded: an A3 page at 400 dots an inch has 31 million.
pub(crate) const MOST_DECODED: u64 = 40_000_000;
/// Bytes a decoder may take for one picture.
const MOST_BYTES: u64 = 4 * MOST_DECODED;
/// Pages of one file that are read.
const MOST_PAGES: usize = 1_000;

/// Gives each page, or each picture of an animation, of a picture's file in grey, upright if the file says how, or the reason why it
/// could not be had.
pub(super) fn each(
    bytes: &[u8],
    of_pages: bool,
    mut give: impl FnMut(Result<Grey, Reason>) -> Flow,
) -> Flow {
    if !of_pages {
        give(single(bytes))?;
        return frames::behind_the_first(bytes, give);
    }
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = MOST_BYTES as usize;
    limits.intermediate_buffer_size = MOST_BYTES as usize;
    let Ok(decoder) = Decoder::new(Cursor::new(bytes)) else {
        return give(Err(Reason::NoOcr));
    };
    let mut decoder = decoder.with_limits(limits);
    for _ in 0..MOST_PAGES {
        give(page(&mut decoder))?;
        if !decoder.more_images() {
            return ControlFlow::Continue(());
        }
        if decoder.next_image().is_err() {
            return give(Err(Reason::NoOcr));
        }
    }
    give(Err(Reason::LimitCount))
}

fn single(bytes: &[u8]) -> Result<Grey, Reason> {
    let unknown = |_| Reason::NoOcr;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes));
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|_| Reason::NoOcr)?;
    let mut decoder = reader.into_decoder().map_err(unknown)?;
    let (width, height) = decoder.dimensions();
    bounded(width, height)?;
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unknown)?;
    picture.apply_orientation(turn);
    Ok(grey(picture))
}

fn page(decoder: &mut Decoder<Cursor<&[u8]>>) -> Result<Grey, Reason> {
    let unknown = |_| Reason::NoOcr;
    let (width, height) = decoder.dimensions().map_err(unknown)?;
    bounded(width, height)?;
    let colour = decoder.colortype().map_err(unknown)?;
    let data = match decoder.read_image().map_err(unknown)? {
        DecodingResult::U8(data) => data,
        // The upper half of each sample is enough.
        DecodingResult::U16(data) => data.into_iter().map(|sample| (sample >> 8) as u8).collect(),
        _ => return Err(Reason::NoOcr),
    };
    let (w, h) = (width as usize, height as usize);
    let pixels: Vec<u8> = match colour {
        ColorType::Gray(bits @ (1 | 2 | 4)) => {
            let row = (w * usize::from(bits)).div_ceil(8);
            let most = (1_u16 << bits) - 1;
            let sample = |row: &[u8], x: usize| {
                let bit = x * usize::from(bits);
                let shift = 8 - usize::from(bits) - bit % 8;
                let value = u16::from(row[bit / 8] >> shift) & most;
                (value * 255 / most) as u8
            };
            data.chunks_exact(row.max(1))
                .flat_map(|row| (0..w).map(move |x| sample(row, x)))
                .collect()
        }
        ColorType::Gray(_) => data,
        ColorType::GrayA(_) => data.chunks_exact(2).map(|p| p[0]).collect(),
        ColorType::RGB(_) => data.chunks_exact(3).map(luma).collect(),
        ColorType::RGBA(_) => data.chunks_exact(4).map(luma).collect(),
        ColorType::CMYK(_) => data
            .chunks_exact(4)
            .map(|p| {
                let ink = |i: usize| 255 - u16::from(p[i]);
                let rgb = [0, 1, 2].map(|i| (ink(i) * ink(3) / 255) as u8);
                luma(&rgb)
            })
            .collect(),
        _ => return Err(Reason::NoOcr),
    };
    if pixels.len() < w * h {
        return Err(Reason::NoOcr);
    }
    Ok(Grey { width, height, pixels })
}

/// The brightness of red, green and blue, by the weights of ITU-R BT.601.
pub(crate) fn luma(rgb: &[u8]) -> u8 {
    let weigh = |i: usize, weight: u32| u32::from(rgb[i]) * weight;
    // Of 65,536 and not of 1,000, so that many are weighed at once.
    ((weigh(0, 19_595) + weigh(1, 38_470) + weigh(2, 7_471)) >> 16) as u8
}

pub(super) fn bounded(width: u32, height: u32) -> Result<(), Reason> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_DECODED { Err(Reason::LimitPixels) } else { Ok(()) }
}

/// Grey, with what shows through painted in whatever makes the rest stand out.
pub(super) fn grey(picture: DynamicImage) -> Grey {
    let (width, height) = (picture.width(), picture.height());
    // Most pictures are of these two kinds, for which the library's own way is long.
    let pixels = match picture {
        DynamicImage::ImageRgb8(rgb) => rgb.as_raw().chunks_exact(3).map(luma).collect(),
        DynamicImage::ImageRgba8(rgba) => {
            opaque(rgba.as_raw().chunks_exact(4).map(|p| [luma(p), p[3]]))
        }
        picture if picture.color().has_alpha() => {
            opaque(picture.into_luma_alpha8().as_raw().chunks_exact(2).map(|p| [p[0], p[1]]))
        }
        picture => picture.into_luma8().into_raw(),
    };
    Grey { width, height, pixels }
}

/// Shades and their opacity, painted over what makes them stand out.
fn opaque(pixels: impl Iterator<Item = [u8; 2]> + Clone) -> Vec<u8> {
    let (mut sum, mut count) = (0_u64, 0_u64);
    for [shade, _] in pixels.clone().filter(|[_, opacity]| *opacity > 127) {
        sum += u64::from(shade);
        count += 1;
    }
    let behind = if sum < 128 * count.max(1) { 255 } else { 0 };
    pixels.map(|[shade, opacity]| over(shade, opacity, behind)).collect()
}

/// A shade of this opacity over another.
pub(crate) fn over(shade: u8, opacity: u8, behind: u8) -> u8 {
    let opacity = u16::from(opacity);
    ((u16::from(shade) * opacity + u16::from(behind) * (255 - opacity)) / 255) as u8
}
