//! Pictures made smaller and larger, row by row: the memory it takes is that of the result.

use crate::ocr::Grey;
use std::borrow::Cow;

/// The picture with so many times its width and height.
pub(super) fn scaled(grey: &Grey, times: f64) -> Cow<'_, Grey> {
    let side = |n: u32| ((f64::from(n) * times) as u32).max(1);
    let (width, height) = (side(grey.width), side(grey.height));
    let whole = grey.width as usize * grey.height as usize;
    if (times - 1.0).abs() < 0.01 || whole == 0 || grey.pixels.len() < whole {
        return Cow::Borrowed(grey);
    }
    let pixels = match times < 1.0 {
        true => smaller(grey, width as usize, height as usize),
        false => larger(grey, width as usize, height as usize),
    };
    Cow::Owned(Grey { width, height, pixels })
}

/// Where a source pixel goes: the first pixel of the result it lies in, its share of that, and its
/// share of the next.
fn shares(from: usize, to: usize) -> Vec<(usize, f32, f32)> {
    let ratio = to as f64 / from as f64;
    let share = |at: usize| {
        let (start, end) = (at as f64 * ratio, (at + 1) as f64 * ratio);
        let first = (start as usize).min(to - 1);
        let border = (first + 1) as f64;
        let over = if first + 1 < to { (end - border).max(0.0) } else { 0.0 };
        (first, (end - start - over) as f32, over as f32)
    };
    (0..from).map(share).collect()
}

/// Each pixel is the mean of the area it stands for. Rows are added up first, all their pixels side by
/// side, and the sums then along the row: so most of the work is done for many pixels at once.
fn smaller(grey: &Grey, width: usize, height: usize) -> Vec<u8> {
    let columns = shares(grey.width as usize, width);
    let mut out = Vec::with_capacity(width * height);
    let mut row = vec![0_f32; width];
    // The row that is being added up, and what of it already belongs to the next.
    let (mut sum, mut next) = (vec![0_f32; columns.len()], vec![0_f32; columns.len()]);
    let mut current = 0;
    let mut finish = |sum: &mut Vec<f32>, next: &mut Vec<f32>| {
        row.fill(0.0);
        for (shade, &(column, own, over)) in sum.iter().zip(&columns) {
            row[column] += shade * own;
            if over > 0.0 {
                row[column + 1] += shade * over;
            }
        }
        out.extend(row.iter().map(|&shade| (shade + 0.5) as u8));
        std::mem::swap(sum, next);
        next.fill(0.0);
    };
    let rows = shares(grey.height as usize, height);
    for (source, &(first, own, over)) in grey.pixels.chunks(grey.width as usize).zip(&rows) {
        while current < first {
            finish(&mut sum, &mut next);
            current += 1;
        }
        for (sum, &shade) in sum.iter_mut().zip(source) {
            *sum += f32::from(shade) * own;
        }
        if over > 0.0 {
            for (next, &shade) in next.iter_mut().zip(source) {
                *next += f32::from(shade) * over;
            }
        }
    }
    finish(&mut sum, &mut next);
    out.resize(width * height, u8::MAX);
    out
}

/// Where a pixel of the result lies between two of the source: both, and how near it is to the second.
fn between(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let ratio = from as f64 / to as f64;
    let place = |at: usize| {
        let place = ((at as f64 + 0.5) * ratio - 0.5).max(0.0);
        let first = (place as usize).min(from - 1);
        (first, (first + 1).min(from - 1), (place - first as f64) as f32)
    };
    (0..to).map(place).collect()
}

/// Each pixel is a mixture of the four it lies between.
fn larger(grey: &Grey, width: usize, height: usize) -> Vec<u8> {
    let columns = between(grey.width as usize, width);
    let mut out = Vec::with_capacity(width * height);
    let row = |at: usize| &grey.pixels[at * grey.width as usize..][..grey.width as usize];
    for (upper, lower, down) in between(grey.height as usize, height) {
        let (upper, lower) = (row(upper), row(lower));
        out.extend(columns.iter().map(|&(left, right, along)| {
            let mix = |row: &[u8]| {
                let (left, right) = (f32::from(row[left]), f32::from(row[right]));
                left + (right - left) * along
            };
            let (upper, lower) = (mix(upper), mix(lower));
            (upper + (lower - upper) * down + 0.5) as u8
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripes(width: u32, height: u32, wide: u32) -> Grey {
        let shade = |x: u32| if (x / wide).is_multiple_of(2) { 0 } else { 200 };
        let pixels = (0..height).flat_map(|_| (0..width).map(shade)).collect();
        Grey { width, height, pixels }
    }

    #[test]
    fn a_smaller_picture_shows_the_mean_of_what_it_stands_for() {
        let grey = stripes(40, 30, 4);
        assert_eq!(scaled(&grey, 0.25).pixels, stripes(10, 7, 1).pixels);
        assert!(scaled(&stripes(40, 30, 1), 0.5).pixels.iter().all(|&p| p == 100));
        for times in [0.013, 0.33, 0.5, 0.71, 0.97] {
            let plain = Grey { width: 97, height: 61, pixels: vec![77; 97 * 61] };
            let small = scaled(&plain, times);
            assert_eq!(small.pixels.len(), small.width as usize * small.height as usize);
            assert!(small.pixels.iter().all(|&p| p.abs_diff(77) <= 1), "{times}");
        }
    }

    #[test]
    fn a_larger_picture_has_shades_between_those_of_the_smaller() {
        let grey = Grey { width: 2, height: 1, pixels: vec![0, 200] };
        let large = scaled(&grey, 4.0);
        assert_eq!((large.width, large.height), (8, 4));
        assert_eq!(&large.pixels[..8], [0, 0, 25, 75, 125, 175, 200, 200]);
        assert_eq!(scaled(&grey, 1.0).pixels, grey.pixels);
    }
}
