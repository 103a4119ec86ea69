//! A hayro device that keeps what is written instead of painting it.

use super::layout::Chunk;
use super::strings;
use crate::budget::Budget;
use dlpscan_core::model::Reason;
use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Vec2};
use hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};
use hayro_syntax::object::Dict;
use std::collections::HashSet;
use std::panic::resume_unwind;

/// Glyphs of one page that are kept; honest pages hold some thousands.
const MOST_GLYPHS: u64 = 1_000_000;
/// Drawing instructions of one page that are followed.
const MOST_CALLS: u64 = 3_000_000;
/// Texts of one page that stand beside what is drawn.
const MOST_SPOKEN: usize = 5_000;
/// Shorter ones are ligatures and hyphens.
const SHORTEST_SPOKEN: usize = 4;
/// Pictures of one page that are looked at.
const MOST_PICTURES: usize = 10_000;
/// Instructions between two looks at the clock.
const BETWEEN_CHECKS: u64 = 512;

/// What unwinds out of the interpreter, which has no other way to be stopped.
pub(super) struct Halt(pub Reason);

/// Collects the text of one page.
pub(super) struct TextDevice<'b> {
    budget: &'b Budget,
    calls: u64,
    glyphs: u64,
    /// The pieces of text in drawing order.
    pub chunks: Vec<Chunk>,
    /// What the glyphs without letters would say if they are numbered as in most fonts.
    pub by_number: Vec<Chunk>,
    /// Texts that the file says a stretch of the page stands for, or is spoken as.
    pub spoken: Vec<String>,
    /// The longest run of glyphs that no map gives a letter for.
    pub unmapped_run: u32,
    run: u32,
    /// Share of the page that each picture covers, and its size in pixels.
    pub images: Vec<Picture>,
    pictures: HashSet<u128>,
    page_area: f64,
}

/// A picture drawn on a page.
pub(super) struct Picture {
    /// Width in pixels, as declared.
    pub width: u32,
    /// Height in pixels, as declared.
    pub height: u32,
    /// The part of the page it covers, 0 to 1.
    pub share: f64,
}

impl<'b> TextDevice<'b> {
    /// For a page of this area in square points.
    pub fn new(budget: &'b Budget, page_area: f64) -> Self {
        TextDevice {
            budget,
            calls: 0,
            glyphs: 0,
            chunks: Vec::new(),
            by_number: Vec::new(),
            spoken: Vec::new(),
            unmapped_run: 0,
            run: 0,
            images: Vec::new(),
            pictures: HashSet::new(),
            page_area: page_area.max(1.0),
        }
    }

    fn step(&mut self) {
        self.calls += 1;
        if self.calls > MOST_CALLS || self.glyphs > MOST_GLYPHS {
            resume_unwind(Box::new(Halt(Reason::LimitCount)));
        }
        if self.calls.is_multiple_of(BETWEEN_CHECKS)
            && let Err(stopped) = self.budget.check()
        {
            resume_unwind(Box::new(Halt(stopped.0)));
        }
    }

    /// The letters of a glyph. A Type 3 font without names mostly still uses ASCII codes; of an
    /// outline font the guess is kept, and counted as one. Says whether it is the font's own word.
    fn letters(&mut self, glyph: &Glyph<'_>) -> (String, bool) {
        let mapped = match glyph.as_unicode() {
            Some(BfString::Char(c)) => Some(c.to_string()),
            Some(BfString::String(s)) => Some(s),
            None => None,
        };
        if let Some(text) = mapped
            && text.chars().any(|c| c != '\0' && c != '\u{FFFD}')
        {
            self.run = 0;
            return (text.chars().filter(|&c| c != '\0').collect(), true);
        }
        let guess = u8::try_from(glyph.char_code())
            .ok()
            .filter(|b| matches!(b, b' '..=b'~'))
            .map(char::from);
        let sure = matches!((glyph, guess), (Glyph::Type3(_), Some(_)));
        if guess != Some(' ') && !sure {
            self.run += 1;
            self.unmapped_run = self.unmapped_run.max(self.run);
        }
        (guess.unwrap_or('\u{FFFD}').to_string(), sure)
    }
}

/// The letter of a glyph that is called by its number, in most TrueType fonts: three glyphs of their
/// own stand before the space, then ASCII follows (Apple's standard order of glyphs, which the fonts
/// of Windows keep).
fn by_number(number: u32) -> char {
    let letter = number.checked_add(u32::from(b' ') - 3).and_then(|n| u8::try_from(n).ok());
    letter.filter(|b| matches!(b, b' '..=b'~')).map_or('\u{FFFD}', char::from)
}

/// A glyph's origin on the page, and the vectors of one thousandth em along and across the line.
fn frame(transform: Affine) -> (Point, Vec2, Vec2) {
    let origin = transform * Point::ZERO;
    let along = (transform * Point::new(1.0, 0.0)) - origin;
    let across = (transform * Point::new(0.0, 1.0)) - origin;
    (origin, along, across)
}

impl<'a> Device<'a> for TextDevice<'_> {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.step();
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.step();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.step();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.step();
        let glyphs = run.glyphs();
        self.glyphs += glyphs.len() as u64;
        let placed: Vec<_> =
            glyphs.iter().map(|g| frame(props.transform * g.transform())).collect();
        let widths: Vec<f64> = glyphs
            .iter()
            .map(|g| match &**g {
                Glyph::Outline(g) => g.advance_width(),
                Glyph::Type3(g) => g.advance_width(),
            })
            .map(|w| f64::from(w.unwrap_or(0.0)))
            .collect();
        // The width of a thousandth em as this run really steps: stretched, condensed and
        // letter-spaced text would otherwise fall apart into single letters.
        let mut steps: Vec<f64> = (1..placed.len())
            .filter(|&i| widths[i - 1] > 0.0)
            .map(|i| (placed[i].0 - placed[i - 1].0).hypot() / widths[i - 1])
            .collect();
        steps.sort_by(f64::total_cmp);
        let step = (steps.len() >= 3).then(|| steps[steps.len() / 2]);
        for (i, glyph) in glyphs.iter().enumerate() {
            let (origin, along, across) = placed[i];
            let plain = along.hypot().min(across.hypot().max(f64::MIN_POSITIVE));
            let unit = step.filter(|s| (plain..plain * 3.0).contains(s)).unwrap_or(plain);
            let (text, sure) = self.letters(glyph);
            let write = |chunks: &mut Vec<Chunk>, text: &str| {
                let (advance, size) = (widths[i] * unit, across.hypot() * 1000.0);
                Chunk::write(chunks, text, origin, along.atan2(), advance, size, i == 0);
            };
            write(&mut self.chunks, &text);
            if !sure {
                write(&mut self.by_number, &by_number(glyph.char_code()).to_string());
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.step();
        let (_, along, across) = frame(props.transform);
        let (width, height) = (image.width(), image.height());
        let area = along.cross(across).abs() * f64::from(width) * f64::from(height);
        let share = (area / self.page_area).min(1.0);
        if self.pictures.insert(image.cache_key()) && self.images.len() < MOST_PICTURES {
            self.images.push(Picture { width, height, share });
        }
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        self.step();
        let Some(properties) = properties else { return };
        for key in ["ActualText", "Alt", "E"] {
            if let Some(text) = properties.get::<hayro_syntax::object::String<'_>>(key) {
                let text = strings::text(text.as_bytes());
                if text.len() >= SHORTEST_SPOKEN && self.spoken.len() < MOST_SPOKEN {
                    self.spoken.push(text);
                }
            }
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
