//! The pen of a metafile: where it stands, what font it writes in, and how its numbers become
//! places on the sheet.

use crate::formats::document::layout::Chunk;
use encoding_rs::{Encoding, WINDOWS_1252};
use hayro_interpret::kurbo::{Affine, Point, Vec2};
use std::collections::HashMap;

/// Letters of one metafile that are kept.
const MOST_LETTERS: usize = 1_000_000;
/// States that may wait to be restored.
const MOST_SAVED: usize = 1_000;
/// Height of letters where no font says it, in the drawing's units.
const HEIGHT: f64 = 16.0;
/// The share of its height that a letter is wide where nobody says it.
const WIDTH: f64 = 0.5;

/// A font, as far as it matters to where letters stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    /// Height of an em in the drawing's units.
    pub em: f64,
    /// Direction of writing, in degrees, counter-clockwise.
    pub angle: f64,
    /// Charset of single bytes.
    pub charset: &'static Encoding,
}

impl Default for Font {
    fn default() -> Self {
        Font { em: HEIGHT, angle: 0.0, charset: WINDOWS_1252 }
    }
}

impl Font {
    /// From the fields of a logical font. A positive height is a line's, a negative one an em's.
    pub fn new(height: f64, tenths: f64, charset: u8) -> Self {
        let em = if height < 0.0 { -height } else { height * 0.8 };
        Font {
            em: if em > 0.0 { em } else { HEIGHT },
            angle: tenths / 10.0,
            charset: charset_of(charset).unwrap_or(WINDOWS_1252),
        }
    }
}

/// The charset of a font (MS-WMF 2.1.1.5).
fn charset_of(number: u8) -> Option<&'static Encoding> {
    Some(match number {
        77 => encoding_rs::MACINTOSH,
        128 => encoding_rs::SHIFT_JIS,
        129 | 130 => encoding_rs::EUC_KR,
        134 => encoding_rs::GBK,
        136 => encoding_rs::BIG5,
        161 => encoding_rs::WINDOWS_1253,
        162 => encoding_rs::WINDOWS_1254,
        163 => encoding_rs::WINDOWS_1258,
        177 => encoding_rs::WINDOWS_1255,
        178 => encoding_rs::WINDOWS_1256,
        186 => encoding_rs::WINDOWS_1257,
        204 => encoding_rs::WINDOWS_1251,
        222 => encoding_rs::WINDOWS_874,
        238 => encoding_rs::WINDOWS_1250,
        _ => return None,
    })
}

/// How the drawing's units become places.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    /// What turns and moves all that is drawn.
    pub world: Affine,
    /// Origin and extent of the window, in the drawing's units.
    pub window: (Point, Vec2),
    /// Origin and extent of what the window is shown in; without an extent the units keep their size.
    pub view: (Point, Option<Vec2>),
    /// The mapping mode (MS-WMF 2.1.1.16).
    pub mode: u32,
    /// The text alignment (MS-WMF 2.1.2.3).
    pub align: u32,
    pub font: Font,
    /// Where the pen stands.
    pub at: Point,
}

impl Default for State {
    fn default() -> Self {
        State {
            world: Affine::IDENTITY,
            window: (Point::ZERO, Vec2::new(1.0, 1.0)),
            view: (Point::ZERO, None),
            mode: 1,
            align: 0,
            font: Font::default(),
            at: Point::ZERO,
        }
    }
}

impl State {
    /// Scale from the window to what it is shown in.
    fn scale(&self) -> Vec2 {
        let ratio = |to: f64, from: f64| {
            let ratio = to / from;
            if ratio.is_finite() && ratio != 0.0 { ratio } else { 1.0 }
        };
        match self.mode {
            7 | 8 => {
                let window = self.window.1;
                let view = self.view.1.unwrap_or(Vec2::new(window.x.abs(), window.y.abs()));
                Vec2::new(ratio(view.x, window.x), ratio(view.y, window.y))
            }
            // Hundredths of millimetres and the like grow upwards.
            2..=6 => Vec2::new(1.0, -1.0),
            _ => Vec2::new(1.0, 1.0),
        }
    }

    fn place(&self, at: Point) -> Point {
        let at = self.world * at;
        let scale = self.scale();
        Point::new(
            (at.x - self.window.0.x) * scale.x + self.view.0.x,
            (at.y - self.window.0.y) * scale.y + self.view.0.y,
        )
    }

    /// A step in the drawing's units as one on the sheet. Letters are never mirrored.
    fn step(&self, by: Vec2) -> Vec2 {
        let moved = self.world * by.to_point() - self.world * Point::ZERO;
        let scale = self.scale();
        Vec2::new(moved.x * scale.x.abs(), moved.y * scale.y.abs())
    }
}

/// A letter, or letters that cannot be told apart, and how far the pen moves on behind them where
/// that is told.
pub(super) type Letter = (String, Option<f64>);

/// What was written so far.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    chunks: Vec<Chunk>,
    letters: usize,
    pub state: State,
    saved: Vec<State>,
    pub fonts: HashMap<u32, Font>,
    /// Text was written by the numbers of its glyphs.
    pub glyphs: bool,
}

impl Drawing {
    /// True when no more is kept.
    pub fn is_full(&self) -> bool {
        self.letters > MOST_LETTERS
    }

    /// True when a letter was written.
    pub fn has_text(&self) -> bool {
        self.letters > 0
    }

    /// What was written, in the order it was.
    pub fn into_chunks(self) -> Vec<Chunk> {
        self.chunks
    }

    /// Keeps the state to come back to it.
    pub fn save(&mut self) {
        if self.saved.len() < MOST_SAVED {
            self.saved.push(self.state);
        }
    }

    /// Goes back to a state: so many back where `which` is negative, else the one of this number.
    pub fn restore(&mut self, which: i32) {
        let back = which.unsigned_abs() as usize;
        let index =
            if which < 0 { self.saved.len().checked_sub(back) } else { back.checked_sub(1) };
        if let Some(state) = index.and_then(|index| self.saved.get(index).copied()) {
            self.state = state;
            self.saved.truncate(index.unwrap_or_default());
        }
    }

    /// Writes letters at a place, or where the pen stands if the alignment says so.
    pub fn write(&mut self, letters: &[Letter], at: Point) {
        let State { font, align, .. } = self.state;
        self.letters += letters.len();
        let moves_pen = align & 1 != 0;
        let mut at = if moves_pen { self.state.at } else { at };
        let width = |(text, told): &Letter| {
            told.unwrap_or_else(|| font.em * WIDTH * text.chars().count() as f64)
        };
        let whole: f64 = letters.iter().map(width).sum();
        let (sin, cos) = font.angle.to_radians().sin_cos();
        // Units grow downwards, angles upwards.
        let along = Vec2::new(cos, -sin);
        let across = Vec2::new(sin, cos);
        at -= along
            * match align & 6 {
                2 => whole,
                6 => whole / 2.0,
                _ => 0.0,
            };
        // The place is the upper edge, the lower edge or the line the letters stand on.
        let base = at
            + across
                * match align & 24 {
                    0 => font.em * 0.8,
                    8 => font.em * -0.2,
                    _ => 0.0,
                };
        let unit = self.state.step(along);
        let angle = (-unit.y).atan2(unit.x);
        let size = self.state.step(across).hypot() * font.em;
        let mut gone = 0.0;
        for (i, letter) in letters.iter().enumerate() {
            let origin = self.state.place(base + along * gone);
            let origin = Point::new(origin.x, -origin.y);
            let advance = width(letter) * unit.hypot();
            Chunk::write(&mut self.chunks, &letter.0, origin, angle, advance, size, i == 0);
            gone += width(letter);
        }
        if moves_pen {
            self.state.at = at + along * whole;
        }
    }
}

/// The letters of UTF-16, each with the steps told for its units.
pub(super) fn wide(text: &[u16], step: impl Fn(usize) -> Option<f64>) -> Vec<Letter> {
    let mut at = 0;
    char::decode_utf16(text.iter().copied())
        .map(|letter| {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            let steps: Option<f64> = (at..at + letter.len_utf16()).map(&step).sum();
            at += letter.len_utf16();
            (letter.to_string(), steps)
        })
        .collect()
}

/// The letters of bytes in a font's charset.
pub(super) fn narrow(
    text: &[u8],
    charset: &'static Encoding,
    step: impl Fn(usize) -> Option<f64>,
) -> Vec<Letter> {
    if charset.is_single_byte() {
        let letter = |byte: &[u8]| charset.decode_without_bom_handling(byte).0.into_owned();
        return text.chunks(1).enumerate().map(|(i, byte)| (letter(byte), step(i))).collect();
    }
    let whole = charset.decode_without_bom_handling(text).0.into_owned();
    vec![(whole, (0..text.len()).map(step).sum())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::document::layout;

    fn letters(text: &str, step: f64) -> Vec<Letter> {
        text.chars().map(|c| (c.to_string(), Some(step))).collect()
    }

    #[test]
    fn letters_written_one_by_one_are_a_word_whatever_the_scale() {
        let mut drawing = Drawing::default();
        drawing.state.mode = 8;
        drawing.state.window.1 = Vec2::new(10_000.0, -10_000.0);
        drawing.state.view.1 = Some(Vec2::new(100.0, 100.0));
        for (i, letter) in letters("4539 5787", 50.0).chunks(1).enumerate() {
            drawing.write(letter, Point::new(i as f64 * 50.0, 0.0));
        }
        drawing.write(&letters("Card", 50.0), Point::new(0.0, 400.0));
        assert_eq!(layout::text(&layout::lines(drawing.into_chunks())), "Card\n4539 5787\n");
    }

    #[test]
    fn the_pen_goes_on_behind_what_it_wrote() {
        let mut drawing = Drawing::default();
        drawing.state.align = 1;
        drawing.state.at = Point::new(5.0, 5.0);
        for text in ["Sort ", "code"] {
            drawing.write(&letters(text, 8.0), Point::ZERO);
        }
        assert_eq!(layout::text(&layout::lines(drawing.into_chunks())), "Sort code\n");
    }

    #[test]
    fn a_state_is_restored_by_its_number_and_backwards() {
        let mut drawing = Drawing::default();
        for align in [2, 6] {
            drawing.state.align = align;
            drawing.save();
        }
        drawing.state.align = 0;
        drawing.restore(-1);
        assert_eq!(drawing.state.align, 6);
        drawing.restore(1);
        assert_eq!(drawing.state.align, 2);
        drawing.restore(-9);
        assert_eq!(drawing.state.align, 2);
    }
}
