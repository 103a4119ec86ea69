//! Codes that machines read, in pictures this test draws.
use crate::support::{Collected, read};
use dlpscan_core::model::{Place, Reason};
use rxing::{BarcodeFormat, MultiFormatWriter, Writer};
use std::time::{Duration, Instant};

/// A grey picture that is still being drawn.
struct Paper {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Paper {
    fn blank(width: usize, height: usize) -> Self {
        Paper { width, height, pixels: vec![250; width * height] }
    }

    /// The same with a code whose upper left corner is at this place.
    fn with(
        mut self,
        x: usize,
        y: usize,
        kind: BarcodeFormat,
        text: &str,
        size: (i32, i32),
    ) -> Self {
        let code = MultiFormatWriter.encode(text, &kind, size.0, size.1).expect("a code");
        for (row, column) in (0..code.height()).flat_map(|y| (0..code.width()).map(move |x| (y, x)))
        {
            if code.get(column, row) {
                self.pixels[(y + row as usize) * self.width + x + column as usize] = 10;
            }
        }
        self
    }

    fn turned(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let at = |x: usize, y: usize| self.pixels[(self.height - 1 - x) * self.width + y];
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| at(x, y))).collect();
        Paper { width, height, pixels }
    }

    fn twice_as_large(&self) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let at = |x: usize, y: usize| self.pixels[y / 2 * self.width + x / 2];
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| at(x, y))).collect();
        Paper { width, height, pixels }
    }

    /// As a cheap camera sees it: each pixel mixed with its neighbours, and little contrast.
    fn photographed(&self) -> Self {
        let near = |x: usize, y: usize| -> u8 {
            let rows = y.saturating_sub(1)..(y + 2).min(self.height);
            let around = rows.flat_map(|y| {
                (x.saturating_sub(1)..(x + 2).min(self.width)).map(move |x| y * self.width + x)
            });
            let shades: Vec<u32> = around.map(|at| u32::from(self.pixels[at])).collect();
            let mean = shades.iter().sum::<u32>() / shades.len() as u32;
            (60 + mean / 2) as u8
        };
        let all = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let pixels = all.map(|(x, y)| near(x, y)).collect();
        Paper { pixels, ..*self }
    }

    /// What the reader makes of it as a bitmap of 256 greys.
    fn read(&self) -> Collected {
        let row = self.width.next_multiple_of(4);
        let start = 54 + 1024;
        let mut file = b"BM".to_vec();
        let words = [(start + row * self.height) as u32, 0, start as u32, 40];
        words.iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend((self.width as u32).to_le_bytes());
        file.extend((self.height as u32).to_le_bytes());
        file.extend([1, 0, 8, 0]);
        file.extend([0; 24]);
        (0..=255_u8).for_each(|shade| file.extend([shade, shade, shade, 0]));
        for line in self.pixels.chunks(self.width).rev() {
            file.extend(line);
            file.extend(vec![0; row - self.width]);
        }
        let got = read("paper.bmp", &file);
        got.assert_balances();
        got
    }
}

/// What the codes of a picture were said to be and to say.
fn codes(paper: &Paper) -> Vec<(String, String)> {
    let got = paper.read();
    let code = |kept: &crate::support::Kept| match &kept.place {
        Place::Property { name } if name.contains("code") => {
            Some((name.clone(), String::from_utf8_lossy(kept.body()).into_owned()))
        }
        _ => None,
    };
    got.segments.iter().filter_map(code).collect()
}

const KINDS: &[(BarcodeFormat, &str, &str, (i32, i32))] = &[
    (BarcodeFormat::CODE_128, "bar code", "NHS 943 476 5919", (400, 80)),
    (BarcodeFormat::CODE_39, "bar code", "AB123456C", (400, 80)),
    (BarcodeFormat::CODE_93, "bar code", "AB123456C", (400, 80)),
    (BarcodeFormat::EAN_13, "bar code", "5012345678900", (300, 80)),
    (BarcodeFormat::EAN_8, "bar code", "96385074", (200, 80)),
    (BarcodeFormat::ITF, "bar code", "4111111111111111", (400, 80)),
    (BarcodeFormat::CODABAR, "bar code", "29430001234567", (400, 80)),
    (BarcodeFormat::DATA_MATRIX, "Data Matrix code", "943 476 5919", (120, 120)),
    (BarcodeFormat::PDF_417, "PDF417 code", "account 66374958", (400, 120)),
    (BarcodeFormat::AZTEC, "Aztec code", "sort code 08-99-99", (150, 150)),
    (BarcodeFormat::QR_CODE, "QR code", "4111 1111 1111 1111", (150, 150)),
];

#[test]
fn every_kind_of_code_is_read_whichever_way_up() {
    for &(kind, name, text, size) in KINDS {
        // Aztec codes are only sought in the middle.
        let (x, y) = ((500 - size.0) / 2, (300 - size.1) / 2);
        let upright = Paper::blank(500, 300).with(x as usize, y as usize, kind, text, size);
        let turned = upright.turned();
        let over = turned.turned();
        let photographed = upright.twice_as_large().photographed();
        for paper in [upright, turned, over, photographed] {
            assert_eq!(codes(&paper), [(name.to_owned(), text.to_owned())], "{kind:?}");
        }
    }
}

#[test]
fn a_picture_that_comes_again_says_the_same_again() {
    let bars = Paper::blank(500, 300).with(40, 40, BarcodeFormat::CODE_39, "AGAIN", (400, 80));
    // Stripes enough to be looked through, and no code.
    let mut plain = Paper::blank(500, 300);
    (0..plain.pixels.len()).filter(|at| at % 500 % 4 < 2).for_each(|at| plain.pixels[at] = 10);
    for paper in [bars, plain] {
        let (first, again) = (paper.read(), paper.read());
        let told = |got: &Collected| {
            let texts: Vec<_> = got.segments.iter().map(|kept| kept.body().to_vec()).collect();
            (texts, got.reasons())
        };
        assert_eq!(told(&first), told(&again));
    }
}

#[test]
fn codes_on_one_page_are_all_read_beside_and_below_each_other() {
    let paper = Paper::blank(1200, 900)
        .with(50, 50, BarcodeFormat::CODE_128, "first of three", (400, 80))
        .with(700, 60, BarcodeFormat::CODE_128, "second of three", (400, 80))
        .with(60, 300, BarcodeFormat::CODE_39, "THIRD", (400, 80))
        .with(100, 500, BarcodeFormat::QR_CODE, "one", (150, 150))
        .with(500, 500, BarcodeFormat::QR_CODE, "two", (150, 150))
        .with(900, 500, BarcodeFormat::DATA_MATRIX, "three", (150, 150));
    let texts: Vec<String> = codes(&paper).into_iter().map(|(_, text)| text).collect();
    for text in ["first of three", "second of three", "THIRD", "one", "two", "three"] {
        assert_eq!(texts.iter().filter(|known| *known == text).count(), 1, "{text}: {texts:?}");
    }
    assert_eq!(texts.len(), 6, "{texts:?}");
}

#[test]
fn what_is_no_code_says_nothing_and_does_no_harm() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for (width, height) in [(101, 99), (640, 70), (300, 300), (1000, 700)] {
        for grain in [1, 3, 7] {
            let mut dots = Paper::blank(width, height);
            let mut lines = Paper::blank(width, height);
            let across: Vec<u8> = (0..width).map(|_| random() as u8).collect();
            for y in 0..height {
                for x in 0..width {
                    let above = (y / grain * grain) * width + x / grain * grain;
                    let fresh = y % grain == 0 && x % grain == 0;
                    let shade = if fresh { random() as u8 } else { dots.pixels[above] };
                    dots.pixels[y * width + x] = shade;
                    lines.pixels[y * width + x] = if across[x / grain] > 127 { 255 } else { 0 };
                }
            }
            for paper in [dots, lines] {
                assert_eq!(codes(&paper), [], "{width} by {height}, grains of {grain}");
                assert!(!paper.read().reasons().contains(&Reason::Unsupported));
            }
        }
    }
}

#[test]
fn a_picture_full_of_corners_of_codes_is_named_and_costs_no_minutes() {
    const CORNER: [&[u8; 8]; 8] = [
        b"####### ",
        b"#     # ",
        b"# ### # ",
        b"# ### # ",
        b"# ### # ",
        b"#     # ",
        b"####### ",
        b"        ",
    ];
    let mut paper = Paper::blank(1000, 1000);
    for (at, pixel) in paper.pixels.iter_mut().enumerate() {
        if CORNER[at / 1000 % 8][at % 1000 % 8] == b'#' {
            *pixel = 10;
        }
    }
    let begun = Instant::now();
    let got = paper.read();
    assert!(got.reasons().contains(&Reason::LimitCount), "{:?}", got.reasons());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
