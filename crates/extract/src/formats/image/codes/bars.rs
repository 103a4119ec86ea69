//! Bar codes of one dimension: Code 128, Code 39, Code 93, EAN and UPC, ITF and Codabar. Lines
//! across the picture and down it are read one by one, from both ends.

use super::{Code, Picture, picture};
use crate::budget::Budget;
use crate::ocr::Grey;
use dlpscan_core::model::Stopped;
use rxing::common::BitArray;
use rxing::oned::{MultiFormatOneDReader, OneDReader};
use rxing::{BarcodeFormat, DecodeHints, RXingResult};
use std::collections::HashSet;

/// Lines that are read across a picture, and as many down it.
const LINES: u32 = 256;
/// Codes beside each other on one line.
const MOST_ON_A_LINE: usize = 8;
/// A line of bars is short enough to be met by chance in a picture of something else; the same on
/// two lines is not.
const LINES_THAT_AGREE: usize = 2;

const KINDS: [BarcodeFormat; 9] = [
    BarcodeFormat::CODE_128,
    BarcodeFormat::CODE_39,
    BarcodeFormat::CODE_93,
    BarcodeFormat::EAN_13,
    BarcodeFormat::EAN_8,
    BarcodeFormat::UPC_A,
    BarcodeFormat::UPC_E,
    BarcodeFormat::ITF,
    BarcodeFormat::CODABAR,
];

/// Puts the bar codes of a picture behind `codes`, in the order in which they are met.
pub(super) fn read(
    grey: &Grey,
    upright: &Picture<'_>,
    budget: &Budget,
    codes: &mut Vec<Code>,
) -> Result<(), Stopped> {
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from(KINDS)),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let mut seen = Seen { reader: MultiFormatOneDReader::new(&hints), hints, texts: Vec::new() };
    let mut read = seen.lines(upright, grey.height, budget);
    if read.is_ok() {
        let turned = turned(grey);
        if let Some(turned) = picture(&turned, grey.height, grey.width) {
            read = seen.lines(&turned, grey.width, budget);
        }
    }
    let sure = seen.texts.into_iter().filter(|&(_, lines)| lines >= LINES_THAT_AGREE);
    codes.extend(sure.map(|(text, _)| Code { kind: "bar code", text }));
    read
}

/// The columns of a picture as rows.
fn turned(grey: &Grey) -> Vec<u8> {
    let (width, height) = (grey.width as usize, grey.height as usize);
    (0..width).flat_map(|x| (0..height).map(move |y| grey.pixels[y * width + x])).collect()
}

struct Seen {
    reader: MultiFormatOneDReader,
    hints: DecodeHints,
    /// What was read, and on how many lines.
    texts: Vec<(String, usize)>,
}

impl Seen {
    /// Reads lines of a picture of this height.
    fn lines(
        &mut self,
        picture: &Picture<'_>,
        height: u32,
        budget: &Budget,
    ) -> Result<(), Stopped> {
        let step = height.div_ceil(LINES).max(1) as usize;
        for y in (0..height as usize).step_by(step) {
            budget.check()?;
            let Ok(line) = picture.get_black_row(y) else { continue };
            let mut line = line.into_owned();
            let mut texts = self.line(&line);
            line.reverse();
            texts.extend(self.line(&line));
            texts.sort_unstable();
            texts.dedup();
            for text in texts {
                match self.texts.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, lines)) => *lines += 1,
                    None => self.texts.push((text, 1)),
                }
            }
        }
        Ok(())
    }

    /// What the codes on a line say, from left to right.
    fn line(&mut self, line: &BitArray) -> Vec<String> {
        let mut texts = Vec::new();
        let mut rest = line.clone();
        while texts.len() < MOST_ON_A_LINE {
            let Ok(code) = self.reader.decode_row(0, &rest, &self.hints) else { break };
            texts.push(code.getText().to_owned());
            let Some(behind) = behind(&rest, &code) else { break };
            rest = behind;
        }
        texts
    }
}

/// What follows a code on a line.
fn behind(line: &BitArray, code: &RXingResult) -> Option<BitArray> {
    let end = code.getPoints().iter().map(|point| point.x.max(0.0) as usize).max()?;
    let size = line.get_size();
    let mut rest = BitArray::with_size(size.checked_sub(end).filter(|&left| left > 0 && end > 0)?);
    (end..size).filter(|&x| line.get(x)).for_each(|x| rest.set(x - end));
    Some(rest)
}
