//! Text whose letters stand in reverse order, which hides it from a reader who goes forwards only.

use super::Hidden;
use std::ops::Range;

/// So many first bytes of a text say which way it is written.
const SAMPLE: usize = 512;
/// Letters of the shortest of the words below.
const SHORTEST: usize = 3;
/// Words that few texts do without, or that stand in front of what must not leave, by their
/// length. None of them is a word when read backwards.
const WORDS: [&[&[u8]]; 7] = [
    &[b"the", b"and", b"for"],
    &[b"this", b"that", b"with", b"have", b"here", b"from", b"your", b"card", b"code", b"sort"],
    &[b"which", b"birth", b"phone"],
    &[b"please", b"number", b"secret"],
    &[b"account", b"address"],
    &[b"national", b"passport", b"password"],
    &[b"insurance"],
];

/// With which letters the words of each length end, a bit for each.
const ENDS: [u32; WORDS.len()] = {
    let mut ends = [0; WORDS.len()];
    let mut at = 0;
    while at < WORDS.len() {
        let mut word = 0;
        while word < WORDS[at].len() {
            ends[at] |= bit(WORDS[at][word][SHORTEST + at - 1]);
            word += 1;
        }
        at += 1;
    }
    ends
};

/// The bit of a letter, large or small.
const fn bit(letter: u8) -> u32 {
    1 << (letter & 0x1f)
}

/// Finds a text that is written backwards: its words say so, at its beginning.
pub(super) fn find(text: &[u8], body: &Range<usize>, found: &mut Vec<Hidden>) {
    let end = body.end.min(body.start.saturating_add(SAMPLE));
    let sample = &text[body.start..end];
    let backwards = count(sample, is_backwards);
    // Most text has none of them, and is told by that.
    if backwards >= 2 && backwards > count(sample, is_forwards) {
        let bytes = turned(&text[body.clone()]);
        found.push(Hidden { start: body.start, code: "backwards", bytes });
    }
}

/// How many words of a text `is` says yes to. It is given the place of their length in [`WORDS`].
fn count(text: &[u8], is: fn(usize, &[u8]) -> bool) -> usize {
    let words = text.split(|b| !b.is_ascii_alphabetic());
    let known = |word: &&[u8]| {
        let at = word.len().wrapping_sub(SHORTEST);
        at < WORDS.len() && is(at, word)
    };
    words.filter(known).count()
}

fn is_forwards(at: usize, word: &[u8]) -> bool {
    WORDS[at].iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn is_backwards(at: usize, word: &[u8]) -> bool {
    let same = |(a, b): (&u8, &u8)| a.eq_ignore_ascii_case(b);
    ENDS[at] & bit(word[0]) != 0
        && WORDS[at].iter().any(|known| known.iter().rev().zip(word).all(same))
}

/// The same characters in reverse order.
fn turned(text: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Ok(text) => text.chars().rev().collect::<String>().into_bytes(),
        Err(_) => text.iter().rev().copied().collect(),
    }
}
