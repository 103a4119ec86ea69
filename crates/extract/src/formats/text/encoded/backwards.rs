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

/// Finds a text that is written backwards: its words say so, at its beginning.
pub(super) fn find(text: &[u8], body: &Range<usize>, found: &mut Vec<Hidden>) {
    let end = body.end.min(body.start.saturating_add(SAMPLE));
    let (mut forwards, mut backwards) = (0, 0);
    for word in text[body.start..end].split(|b| !b.is_ascii_alphabetic()) {
        let Some(words) = word.len().checked_sub(SHORTEST).and_then(|i| WORDS.get(i)) else {
            continue;
        };
        let same = |a: &u8, b: &u8| a.eq_ignore_ascii_case(b);
        if words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            forwards += 1;
        } else if words.iter().any(|known| known.iter().rev().zip(word).all(|(a, b)| same(a, b))) {
            backwards += 1;
        }
    }
    if backwards >= 2 && backwards > forwards {
        let bytes = turned(&text[body.clone()]);
        found.push(Hidden { start: body.start, code: "backwards", bytes });
    }
}

/// The same characters in reverse order.
fn turned(text: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Ok(text) => text.chars().rev().collect::<String>().into_bytes(),
        Err(_) => text.iter().rev().copied().collect(),
    }
}
