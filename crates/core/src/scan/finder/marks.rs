//! Where folding may have something to do: hardly any text has many such places, and all others are
//! passed over, many at a time.

use super::machine::{Machine, WORD};
#[cfg(target_arch = "x86_64")]
use super::vector::Vector;

/// By low half of a byte, for shuffles: the ASCII byte of that half that is a mark, or one of another
/// half. Marks are what forms write characters with, and underscores.
#[cfg(target_arch = "x86_64")]
const ASCII: [u8; 16] = {
    let mut table = [0xFF; 16];
    let mut i = 0;
    while i < b"%+_".len() {
        table[(b"%+_"[i] & 15) as usize] = b"%+_"[i];
        i += 1;
    }
    table
};

/// The marks of a text, one after the other: `%`, `+`, `_`, and every byte that may begin a character
/// which does not stay as it is. None of the letters of Western and Central Europe do.
#[derive(Debug)]
pub(in super::super) struct Marks<'t> {
    machine: Machine,
    text: &'t [u8],
    /// Where the 64 bytes begin that were looked at last.
    from: usize,
    /// A bit for each of them that may be a mark.
    marks: u64,
}

impl<'t> Marks<'t> {
    pub(in super::super) fn new(machine: Machine, text: &'t [u8]) -> Self {
        let (from, marks) = first_marked(machine, text, 0);
        Marks { machine, text, from, marks }
    }

    /// The next one from `at` on, which is not before what was asked last.
    #[inline]
    pub(in super::super) fn next(&mut self, at: usize) -> Option<usize> {
        let mut at = at;
        loop {
            if at >= self.from + WORD {
                (self.from, self.marks) = first_marked(self.machine, self.text, at);
            }
            self.marks &= !0 << at.saturating_sub(self.from);
            while self.marks != 0 {
                let place = self.from + self.marks.trailing_zeros() as usize;
                if is_mark(self.text, place) {
                    return Some(place);
                }
                self.marks &= self.marks - 1;
            }
            at = self.from + WORD;
            if at >= self.text.len() {
                return None;
            }
        }
    }
}

/// Whether a byte that is a mark in ASCII, or none of ASCII, is a mark.
#[inline(always)]
fn is_mark(text: &[u8], place: usize) -> bool {
    match text[place] {
        // Pounds, degrees, paragraphs stay.
        0xC2 => matches!(text.get(place + 1), Some(0x85 | 0xA0 | 0xAD)),
        byte => byte.is_ascii() || byte >= 0xCD,
    }
}

/// The first 64 bytes from `at` on, in steps of 64, that have a mark in ASCII or a byte that is not,
/// and which of them those are; what lies behind the end of the text where there are none.
fn first_marked(machine: Machine, text: &[u8], at: usize) -> (usize, u64) {
    match machine {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields this way only where the machine has AVX2.
        Machine::Avx2 => unsafe { avx2(text, at) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Machine::all` yields these only where the machine has AVX-512 F and BW.
        Machine::Avx512 | Machine::Avx512Vbmi => unsafe { avx512(text, at) },
        _ => first(text, at, portable),
    }
}

#[inline(always)]
fn first(text: &[u8], mut at: usize, marked: impl Fn(&[u8; WORD]) -> u64) -> (usize, u64) {
    let rest = loop {
        let rest = &text[at..];
        let Some(many) = rest.first_chunk() else { break rest };
        let marks = marked(many);
        if marks != 0 {
            return (at, marks);
        }
        at += WORD;
    };
    let mut last = [0; WORD];
    last[..rest.len()].copy_from_slice(rest);
    (at, marked(&last))
}

fn portable(many: &[u8; WORD]) -> u64 {
    let marked =
        |byte: u8| u8::from(!byte.is_ascii()) | u8::from(matches!(byte, b'%' | b'+' | b'_'));
    // Whether any is, is quicker told than which.
    if many.iter().fold(0, |all, &byte| all | marked(byte)) == 0 {
        return 0;
    }
    many.iter().rev().fold(0, |all, &byte| all << 1 | u64::from(marked(byte)))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(text: &[u8], at: usize) -> (usize, u64) {
    // SAFETY: this is compiled for AVX2, and called only where it is.
    first(text, at, |many| unsafe { marked_by::<std::arch::x86_64::__m256i>(many) })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn avx512(text: &[u8], at: usize) -> (usize, u64) {
    // SAFETY: this is compiled for AVX-512 F and BW, and called only where they are.
    first(text, at, |many| unsafe { marked_by::<std::arch::x86_64::__m512i>(many) })
}

/// # Safety
///
/// As for `V`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn marked_by<V: Vector>(many: &[u8; WORD]) -> u64 {
    let mut marks = 0;
    for at in (0..WORD).step_by(V::LEN) {
        // A byte that is not ASCII finds zero, which it is not.
        // SAFETY: the caller's; a vector fits into an array of 64.
        marks |= unsafe {
            let x = V::load(many, at);
            (V::repeat(&ASCII).look_up(x).equals(x) | x.above()) << at
        };
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::super::super::look_alikes::{Fate, fate};
    use super::*;

    fn marks(machine: Machine, text: &[u8], mut at: usize) -> Vec<usize> {
        let (mut marks, mut all) = (Marks::new(machine, text), Vec::new());
        while let Some(next) = marks.next(at) {
            all.push(next);
            at = next + 1;
        }
        all
    }

    #[test]
    fn no_character_that_changes_is_passed_over() {
        let mut text = Vec::new();
        for c in ('\u{80}'..=char::MAX).filter(|c| !matches!(fate(*c), Fate::Keep)) {
            let start = 1 + u32::from(c) as usize % 70;
            text.clear();
            text.resize(start, b'x');
            text.extend_from_slice("é£".as_bytes());
            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            text.extend_from_slice(&b" and so on"[..start % 11]);
            for machine in Machine::all() {
                assert_eq!(marks(machine, &text, start % 3), [start + 4], "{c:?} {machine:?}");
            }
        }
    }

    #[test]
    fn every_way_tells_the_same_marks() {
        let europe = "£5 für Ærøskøbing, Łódź 7 (§ 3) = {a} / 2".repeat(9);
        let odd: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        let mut high = vec![0xE9; 10];
        high.resize(700, b'x');
        for machine in Machine::all() {
            assert_eq!(marks(machine, europe.as_bytes(), 0), [0; 0]);
            assert_eq!(marks(machine, &[b'x'; 64], 0), [0; 0]);
            assert_eq!(marks(machine, b"", 0), [0; 0]);
            assert_eq!(marks(machine, &high, 8), [8, 9]);
            assert_eq!(marks(machine, b"a_b 5%+", 0), [1, 5, 6]);
            for from in [0, 1, 63, 64, 200, 511, 512] {
                let is_mark = |i: &usize| matches!(odd[*i], b'%' | b'+' | b'_' | 0xCD..);
                let want: Vec<usize> = (from..odd.len()).filter(is_mark).collect();
                assert_eq!(marks(machine, &odd, from), want, "{machine:?} {from}");
            }
        }
    }
}
