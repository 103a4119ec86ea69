//! Bar codes of one dimension: Code 128, Code 39, Code 93, EAN and UPC, ITF and Codabar. Lines
//! across the picture and down it are read one by one, from both ends.

use super::runs::{Beginning, Runs};
use super::{Code, Picture, picture};
use crate::budget::Budget;
use crate::ocr::Grey;
use dlpscan_core::model::Stopped;
use rxing::common::BitArray;
use rxing::oned::{MultiFormatOneDReader, OneDReader};
use rxing::{BarcodeFormat, DecodeHints, RXingResult};
use std::borrow::Cow;

/// Lines that are read across a picture, and as many down it.
const LINES: u32 = 256;
/// Codes beside each other on one line.
const MOST_ON_A_LINE: usize = 8;
/// A line of bars is short enough to be met by chance in a picture of something else; the same on
/// two lines is not.
const LINES_THAT_AGREE: usize = 2;

/// Kinds of codes by how they begin, in the order in which they are tried.
const KINDS: [(Beginning, &[BarcodeFormat]); 6] = [
    (
        Beginning::Ean,
        &[BarcodeFormat::EAN_13, BarcodeFormat::EAN_8, BarcodeFormat::UPC_A, BarcodeFormat::UPC_E],
    ),
    (Beginning::Code39, &[BarcodeFormat::CODE_39]),
    (Beginning::Code93, &[BarcodeFormat::CODE_93]),
    (Beginning::Code128, &[BarcodeFormat::CODE_128]),
    (Beginning::Itf, &[BarcodeFormat::ITF]),
    (Beginning::Codabar, &[BarcodeFormat::CODABAR]),
];

/// Puts the bar codes of a picture behind `codes`, in the order in which they are met.
pub(super) fn read(
    grey: &Grey,
    upright: &Picture<'_>,
    budget: &Budget,
    codes: &mut Vec<Code>,
) -> Result<(), Stopped> {
    let mut seen = Seen { readers: KINDS.map(Reader::new), texts: Vec::new() };
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
    let mut turned = vec![0; width * height];
    for (x, column) in turned.chunks_exact_mut(height).enumerate() {
        for (y, pixel) in column.iter_mut().enumerate() {
            *pixel = grey.pixels[y * width + x];
        }
    }
    turned
}

/// A reader of the codes that begin alike.
struct Reader {
    beginning: Beginning,
    hints: DecodeHints,
    reader: MultiFormatOneDReader,
}

impl Reader {
    fn new((beginning, kinds): (Beginning, &[BarcodeFormat])) -> Self {
        let hints = DecodeHints {
            PossibleFormats: Some(kinds.iter().copied().collect()),
            TryHarder: Some(true),
            ..DecodeHints::default()
        };
        Reader { beginning, reader: MultiFormatOneDReader::new(&hints), hints }
    }
}

struct Seen {
    readers: [Reader; 6],
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
            let runs = Runs::of(&line);
            let mut texts = self.line(&line, &runs);
            let runs = runs.reversed();
            if self.may_begin(&runs) {
                let mut reversed = line.into_owned();
                reversed.reverse();
                texts.extend(self.line(&reversed, &runs));
            }
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

    /// True when any code may begin on a line.
    fn may_begin(&self, runs: &Runs) -> bool {
        self.readers.iter().any(|reader| runs.may_begin(reader.beginning))
    }

    /// What the codes on a line of these runs say, from left to right.
    fn line(&mut self, line: &BitArray, runs: &Runs) -> Vec<String> {
        let mut texts = Vec::new();
        let mut code = self.first(line, runs);
        let mut rest = Cow::Borrowed(line);
        while let Some(found) = code {
            texts.push(found.getText().to_owned());
            let Some(behind) = behind(&rest, &found) else { break };
            if texts.len() == MOST_ON_A_LINE {
                break;
            }
            code = self.first(&behind, &Runs::of(&behind));
            rest = Cow::Owned(behind);
        }
        texts
    }

    fn first(&mut self, line: &BitArray, runs: &Runs) -> Option<RXingResult> {
        let mut readers = self.readers.iter_mut().filter(|r| runs.may_begin(r.beginning));
        readers.find_map(|r| r.reader.decode_row(0, line, &r.hints).ok())
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
