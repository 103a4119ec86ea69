//! What is written in a picture, asked of whoever can read it.

use super::mend::mend;
use super::scale::scaled;
use crate::descend::Descent;
use crate::formats::document::layout::{self, Chunk, Line};
use crate::ocr::{Grey, MOST_LOOKED_AT, Ocr, Way};
use dlpscan_core::model::Reason;
use image::imageops::{rotate90, rotate180, rotate270};
use image::{GrayImage, ImageBuffer, Luma};
use std::time::Duration;

/// Lines lower than this, in pixels, are those of a screen; they are read better when the picture is
/// larger. At 200 dots an inch a usual line has 33.
const LOW_LINE: f64 = 22.0;
/// The height lines are read best at, and the most a picture is enlarged for it.
const BEST_LINE: f64 = 36.0;
const MOST_ENLARGED: f64 = 3.0;

/// A reading this sure, in hundredths, needs no second look.
const GOOD: f64 = 60.0;
/// Less sure than this, and it is guesswork: a photograph, a script that is not known, handwriting.
const GUESSED: f64 = 40.0;
/// Guesswork of so many letters may be writing that could not be made out.
const MAY_BE_WRITING: usize = 40;
/// How sure one must be that a picture is turned.
const SURELY_TURNED: f64 = 1.0;

/// Time that one look at one picture may take.
const ONE_LOOK: Duration = Duration::from_secs(20);

/// Lines that were read in a picture, or the reason why they were not. No lines where nothing is
/// written in it.
pub(crate) fn lines(grey: &Grey, descent: &mut Descent<'_>) -> Result<Vec<Line>, Reason> {
    if !may_be_written_on(grey) {
        return Ok(Vec::new());
    }
    let Some(ocr) = descent.ocr() else { return Err(Reason::NoOcr) };
    let pixels = f64::from(grey.width) * f64::from(grey.height);
    let most = (MOST_LOOKED_AT as f64 / pixels).sqrt();
    let mut fitting = scaled(grey, most.min(1.0));
    let mut look = |grey: &Grey, way| look(ocr, grey, way, descent);
    let mut best = Reading::parse(&look(&fitting, Way::Block)?);
    if best.line < LOW_LINE {
        let larger = (BEST_LINE / best.line.max(1.0)).min(MOST_ENLARGED).min(most);
        if larger > 1.2 {
            fitting = scaled(grey, larger);
            // What was read before stands, whatever becomes of the second look.
            if let Ok(said) = look(&fitting, Way::Block) {
                best = best.or(Reading::parse(&said));
            }
        }
    }
    if !best.is_good() {
        let turned = look(&fitting, Way::Turned).ok().and_then(|said| turn(&said, &fitting));
        let upright = turned.as_ref().unwrap_or(&fitting);
        let ways: &[Way] =
            if turned.is_some() { &[Way::Block, Way::Sparse] } else { &[Way::Sparse] };
        for &way in ways {
            let Ok(said) = look(upright, way) else { break };
            best = best.or(Reading::parse(&said));
            if best.is_good() {
                break;
            }
        }
    }
    if best.letters >= MAY_BE_WRITING && best.sureness() < GUESSED {
        return Err(Reason::NoOcr);
    }
    let mut lines = layout::lines(best.chunks);
    for cell in lines.iter_mut().flat_map(|line| &mut line.cells) {
        if let Some(text) = mend(&cell.text) {
            cell.text = text;
        }
    }
    Ok(lines)
}

/// One look, on the time for pictures.
fn look(
    ocr: &dyn Ocr,
    grey: &Grey,
    way: Way,
    descent: &mut Descent<'_>,
) -> Result<Vec<u8>, Reason> {
    descent.budget().check().map_err(|stopped| stopped.0)?;
    descent.budget().look(|left| match left.is_zero() {
        true => Err(Reason::LimitTime),
        false => ocr.look(grey, way, left.min(ONE_LOOK)),
    })
}

fn view(grey: &Grey) -> Option<ImageBuffer<Luma<u8>, &[u8]>> {
    ImageBuffer::from_raw(grey.width, grey.height, &grey.pixels)
}

fn own(picture: GrayImage) -> Grey {
    Grey { width: picture.width(), height: picture.height(), pixels: picture.into_raw() }
}

/// The picture upright, where the answer says surely that it is not.
fn turn(said: &[u8], grey: &Grey) -> Option<Grey> {
    let said = std::str::from_utf8(said).ok()?;
    let number = |label: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(label))?;
        line.trim().parse::<f64>().ok()
    };
    if number("Orientation confidence:")? < SURELY_TURNED {
        return None;
    }
    let view = view(grey)?;
    Some(own(match number("Rotate:")? as i64 {
        90 => rotate90(&view),
        180 => rotate180(&view),
        270 => rotate270(&view),
        _ => return None,
    }))
}

/// The least difference between ink and paper, in shades.
const CONTRAST: i16 = 20;
/// Strokes in one row of a tile, and rows with so many, that letters have.
const TILE: (usize, usize) = (32, 8);
const STROKES: u32 = 2;
/// So many tiles are a word.
const WORD: usize = 2;

/// False for what certainly holds no writing: blank paper, sky, smooth things. Letters are strokes
/// side by side, from light to dark and back within a few pixels.
fn may_be_written_on(grey: &Grey) -> bool {
    let width = grey.width as usize;
    let mut words = 0;
    for band in grey.pixels.chunks(width.max(1) * TILE.1) {
        let tiles = width.div_ceil(TILE.0);
        let mut strokes = vec![0_u32; tiles];
        for row in band.chunks_exact(width) {
            let mut falling = None;
            for x in 3..width {
                let step = i16::from(row[x]) - i16::from(row[x - 3]);
                if step.abs() < CONTRAST {
                    continue;
                }
                let down = step < 0;
                if falling.is_some_and(|was| was != down) {
                    strokes[x / TILE.0] += 1;
                }
                falling = Some(down);
            }
        }
        // A last tile too narrow for strokes takes those of the one before it along.
        let rows = (band.len() / width.max(1)) as u32;
        words += strokes.iter().filter(|&&n| n >= STROKES * rows.div_ceil(2)).count();
        if words >= WORD {
            return true;
        }
    }
    false
}

/// What came back of one look.
#[derive(Debug, Default)]
struct Reading {
    chunks: Vec<Chunk>,
    letters: usize,
    /// The height of a usual line, in pixels.
    line: f64,
    /// How sure each letter is, added up, in hundredths.
    sure: f64,
}

/// The height of a usual line of letters, in points.
const USUAL_LINE: f64 = 11.0;
/// Words of one picture that are taken.
const MOST_WORDS: usize = 50_000;

impl Reading {
    /// From tesseract's TSV: level, page, block, paragraph, line, word, left, top, width, height,
    /// confidence, text. Level 4 is a line, level 5 a word in it.
    fn parse(tsv: &[u8]) -> Self {
        let mut reading = Reading::default();
        let mut words = Vec::new();
        let mut line = (0.0, 1.0);
        for row in String::from_utf8_lossy(tsv).lines() {
            let fields: Vec<&str> = row.splitn(12, '\t').collect();
            let number = |i: usize| fields.get(i).and_then(|field| field.parse::<f64>().ok());
            let (Some(left), Some(top), Some(width), Some(height)) =
                (number(6), number(7), number(8), number(9))
            else {
                continue;
            };
            match (fields[0], fields.get(11)) {
                ("4", _) => line = (top + height, height),
                ("5", Some(text)) if words.len() < MOST_WORDS => {
                    let text = text.trim();
                    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
                    if text.is_empty() {
                        continue;
                    }
                    let sure = number(10).unwrap_or(0.0).clamp(0.0, 100.0);
                    reading.letters += letters;
                    reading.sure += sure * letters as f64;
                    words.push((text.to_owned(), left..left + width, line));
                }
                _ => {}
            }
        }
        // In the points of a usual page, whatever the picture's resolution.
        let mut heights: Vec<f64> = words.iter().map(|(_, _, (_, height))| *height).collect();
        heights.sort_by(f64::total_cmp);
        reading.line = heights.get(heights.len() / 2).copied().unwrap_or(0.0);
        let scale = USUAL_LINE / reading.line.max(1.0);
        reading.chunks = words
            .into_iter()
            .map(|(text, x, (bottom, height))| {
                let x = x.start * scale..x.end * scale;
                Chunk::read(&text, x, bottom * scale, height * scale)
            })
            .collect();
        reading
    }

    /// How sure it is on the whole, in hundredths.
    fn sureness(&self) -> f64 {
        self.sure / self.letters.max(1) as f64
    }

    /// The better of two.
    fn or(self, other: Reading) -> Reading {
        let worth = |reading: &Reading| reading.sure * reading.sureness();
        if worth(&other) > worth(&self) { other } else { self }
    }

    fn is_good(&self) -> bool {
        self.letters > 0 && self.sureness() >= GOOD
    }
}
