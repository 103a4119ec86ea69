//! The pictures of a page as they are seen: a scanned page is often cut into strips, or painted in
//! layers.

use super::device::Halt;
use crate::budget::Budget;
use crate::formats::image::pixels::{MOST_DECODED, luma, over};
use crate::ocr::{Grey, MOST_LOOKED_AT};
use dlpscan_core::model::{Reason, Stopped};
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, LumaData,
    Paint, SoftMask,
};
use std::panic::resume_unwind;

/// Pictures of more than two colours take more memory to decode: so many pixels at most.
const MOST_COLOURED: u64 = 20_000_000;
/// Points that one pixel of the picture is taken from, along each side.
const MOST_TAPS: i64 = 4;

/// Paints the pictures of one page and nothing else.
pub(super) struct Canvas<'b> {
    budget: &'b Budget,
    grey: Grey,
    /// Why a picture of the page was not painted.
    pub unread: Option<Reason>,
}

impl<'b> Canvas<'b> {
    /// White paper of this size in points, and what turns points into its pixels: so many dots a
    /// point, or fewer if that were more than anyone looks at.
    pub fn new(budget: &'b Budget, (width, height): (f64, f64), dots: f64) -> (Self, Affine) {
        let most = (MOST_LOOKED_AT as f64 / (width * height).max(1.0)).sqrt();
        let scale = dots.clamp(0.01, 20.0).min(most);
        let side = |points: f64| ((points * scale) as u32).clamp(1, MOST_LOOKED_AT as u32 / 2);
        let (width, height) = (side(width), side(height));
        let pixels = vec![255; width as usize * height as usize];
        let canvas = Canvas { budget, grey: Grey { width, height, pixels }, unread: None };
        (canvas, Affine::scale(scale))
    }

    /// What was painted.
    pub fn finish(self) -> Result<Grey, Reason> {
        match self.unread {
            Some(reason) => Err(reason),
            None if self.grey.is_sound() => Ok(self.grey),
            None => Err(Reason::LimitPixels),
        }
    }

    fn take(&self, bytes: usize) {
        if let Err(Stopped(reason)) = self.budget.take_bytes(bytes as u64) {
            resume_unwind(Box::new(Halt(reason)));
        }
    }

    /// Paints a picture of this many pixels, as declared: `shade` gives what is seen at a point of
    /// it, from 0 to 1 along each side, over what is there.
    fn paint(
        &mut self,
        (width, height): (f64, f64),
        transform: Affine,
        shade: impl Fn(f64, f64, u8) -> u8,
    ) {
        let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)]
            .map(|(x, y)| transform * Point::new(x, y));
        let area = Rect::from_points(corners[0], corners[3])
            .union(Rect::from_points(corners[1], corners[2]));
        if !area.is_finite() || transform.determinant().abs() < 1e-12 {
            return;
        }
        let edge = |at: f64, most: u32| at.clamp(0.0, f64::from(most)) as usize;
        let (x0, x1) = (edge(area.x0, self.grey.width), edge(area.x1.ceil(), self.grey.width));
        let (y0, y1) = (edge(area.y0, self.grey.height), edge(area.y1.ceil(), self.grey.height));
        let back = transform.inverse();
        let step = back.determinant().abs().sqrt();
        let taps = (step.ceil() as i64).clamp(1, MOST_TAPS);
        let stride = self.grey.width as usize;
        for y in y0..y1 {
            for x in x0..x1 {
                let pixel = &mut self.grey.pixels[y * stride + x];
                let (mut sum, mut count) = (0, 0);
                for tap in 0..taps * taps {
                    let inside = |n: i64| (n as f64 + 0.5) / taps as f64;
                    let at =
                        Point::new(x as f64 + inside(tap % taps), y as f64 + inside(tap / taps));
                    let at = back * at;
                    let (u, v) = (at.x / width, at.y / height);
                    if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                        sum += u32::from(shade(u, v, *pixel));
                        count += 1;
                    }
                }
                if let Some(mean) = sum.checked_div(count) {
                    *pixel = mean as u8;
                }
            }
        }
    }
}

/// The pixel at a point of a picture.
fn at(width: u32, height: u32, u: f64, v: f64) -> usize {
    let along = |n: u32, at: f64| ((at * f64::from(n)) as usize).min(n.saturating_sub(1) as usize);
    along(height, v) * width as usize + along(width, u)
}

fn luma_at(data: &LumaData, u: f64, v: f64) -> u8 {
    data.data.get(at(data.width, data.height, u, v)).copied().unwrap_or(255)
}

impl<'a> Device<'a> for Canvas<'_> {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.take(0);
        let (width, height) = (image.width(), image.height());
        let pixels = u64::from(width) * u64::from(height);
        let stream = match &image {
            Image::Stencil(stencil) => stencil.stream(),
            Image::Raster(raster) => raster.stream(),
        };
        let two_colours = stream.dict().get::<u32>("BitsPerComponent").unwrap_or(1) == 1;
        if pixels > if two_colours { MOST_DECODED } else { MOST_COLOURED } {
            self.unread = Some(Reason::LimitPixels);
            return;
        }
        let size = (f64::from(width), f64::from(height));
        let mut painted = false;
        match &image {
            Image::Stencil(stencil) => stencil.with_stencil(
                |mask, paint| {
                    self.take(mask.data.len());
                    let ink = match paint {
                        Paint::Color(colour) => luma(&colour.to_rgba().to_rgba8()),
                        Paint::Pattern(_) => 0,
                    };
                    self.paint(size, props.transform, |u, v, behind| {
                        over(ink, luma_at(&mask, u, v), behind)
                    });
                    painted = true;
                },
                None,
            ),
            Image::Raster(raster) => raster.with_rgba(
                |data, alpha| {
                    let shade = |u: f64, v: f64| match &data {
                        ImageData::Luma(data) => luma_at(data, u, v),
                        ImageData::Rgb(data) => {
                            let at = 3 * at(data.width, data.height, u, v);
                            data.data.get(at..at + 3).map_or(255, luma)
                        }
                    };
                    self.take(data.width() as usize * data.height() as usize);
                    self.paint(size, props.transform, |u, v, behind| match &alpha {
                        Some(alpha) => over(shade(u, v), luma_at(alpha, u, v), behind),
                        None => shade(u, v),
                    });
                    painted = true;
                },
                None,
            ),
        }
        if !painted {
            self.unread = Some(Reason::NoOcr);
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
