//! Whether a picture may hold a code at all. Most do not, and to seek one costs far more than this.

use crate::ocr::Grey;

/// Lines that are looked at across a picture, and as many down it.
const LINES: usize = 256;
/// A step between dark and light, in shades of 256.
const STEP: u8 = 40;
/// Steps one after the other that a line through a code meets: the dashed edge of the smallest Data
/// Matrix has as many.
const STEPS: usize = 10;
/// How much wider the widest bar or gap among these may be than the narrowest.
const WIDEST: usize = 12;
/// Lines with such steps that a code has at least.
const ENOUGH: usize = 3;

/// False when no lines of a picture have the many sharp steps in a row that codes consist of.
pub(super) fn may_hold_codes(grey: &Grey) -> bool {
    let (width, height) = (grey.width as usize, grey.height as usize);
    if width == 0 || height == 0 {
        return false;
    }
    let across = (0..height).step_by(height.div_ceil(LINES));
    let rows = across.filter(|y| is_striped(grey.pixels[y * width..][..width].iter().copied()));
    let down = (0..width).step_by(width.div_ceil(LINES));
    let columns = down.filter(|x| is_striped(grey.pixels[*x..].iter().step_by(width).copied()));
    rows.take(ENOUGH).count() == ENOUGH || columns.take(ENOUGH).count() == ENOUGH
}

fn is_striped(line: impl Iterator<Item = u8>) -> bool {
    // The darkest and lightest since the last step, and which way that step went.
    let (mut darkest, mut lightest, mut up) = (u8::MAX, u8::MIN, None);
    let mut gaps = [usize::MAX; STEPS];
    let (mut steps, mut last) = (0, 0);
    for (x, shade) in line.enumerate() {
        darkest = darkest.min(shade);
        lightest = lightest.max(shade);
        let rises = up != Some(true) && shade - darkest >= STEP;
        let falls = up != Some(false) && lightest - shade >= STEP;
        if !rises && !falls {
            continue;
        }
        (darkest, lightest, up) = (shade, shade, Some(rises));
        gaps[steps % STEPS] = x - last;
        (steps, last) = (steps + 1, x);
        let (least, most) = gaps.iter().fold((usize::MAX, 0), |(l, m), &g| (l.min(g), m.max(g)));
        if steps > STEPS && most <= least.saturating_mul(WIDEST) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(shade: impl Fn(u32, u32) -> u8) -> Grey {
        let (width, height) = (300, 200);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Grey { width, height, pixels: pixels.map(|(x, y)| shade(x, y)).collect() }
    }

    #[test]
    fn skies_charts_and_blank_pages_hold_no_codes() {
        assert!(!may_hold_codes(&picture(|_, _| 255)));
        assert!(!may_hold_codes(&picture(|x, y| (x / 3 + y / 3) as u8)));
        assert!(!may_hold_codes(&picture(|x, y| if y > x / 2 { 20 } else { 230 })));
        assert!(!may_hold_codes(&picture(|x, _| ((x * 7 % 30) + 100) as u8)), "too faint");
    }

    #[test]
    fn bars_may_be_a_code_wherever_they_are_and_whichever_way_they_go() {
        let bars = |a: u32, b: u32| (50..90).contains(&a) && (20..80).contains(&b) && a % 4 < 2;
        assert!(may_hold_codes(&picture(|x, y| if bars(x, y) { 60 } else { 130 })));
        assert!(may_hold_codes(&picture(|x, y| if bars(y, x) { 60 } else { 130 })));
    }
}
