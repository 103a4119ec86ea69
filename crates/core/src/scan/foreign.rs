//! Where the next character may stand that folding changes: hardly any text has many.

/// The next byte from `at` on that may begin a character which does not stay as it is: none of
/// ASCII, and none of the letters of Western and Central Europe.
pub(super) fn next_foreign(text: &[u8], mut at: usize) -> Option<usize> {
    // In another script the next character is one again: not all of 64 bytes for each of them.
    if text.get(at).is_some_and(|byte| *byte >= 0xCD) {
        return Some(at);
    }
    loop {
        let (many, rest) = text[at..].as_chunks::<64>();
        let stays = |many: &&[u8; 64]| many.is_ascii() || !may_be_foreign(many);
        at += 64 * many.iter().take_while(stays).count();
        let (mut foreign, len) = match text[at..].first_chunk() {
            Some(many) => (foreign_in(many), 64),
            None => {
                let mut last = [0; 64];
                last[..rest.len()].copy_from_slice(rest);
                (foreign_in(&last), rest.len())
            }
        };
        while foreign != 0 {
            let place = at + foreign.trailing_zeros() as usize;
            // Pounds, degrees, paragraphs stay.
            if text[place] != 0xC2 || matches!(text.get(place + 1), Some(0x85 | 0xA0 | 0xAD)) {
                return Some(place);
            }
            foreign &= foreign - 1;
        }
        at += len;
        if at == text.len() {
            return None;
        }
    }
}

/// False where no such character begins within 64 bytes: quicker told than where. It may lie upwards,
/// never downwards.
fn may_be_foreign(many: &[u8; 64]) -> bool {
    let may = |byte: u8| u8::from(byte >= 0xCD) | u8::from(matches!(byte, 0x85 | 0xA0 | 0xAD));
    many.iter().fold(0, |all, byte| all | may(*byte)) != 0 || many[63] == 0xC2
}

/// The bytes of 64 that begin characters from U+0080 to U+00BF, or from U+0340 on, a bit each.
fn foreign_in(many: &[u8; 64]) -> u64 {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    const ONE: u64 = 0x0101_0101_0101_0101;
    let eights = many.as_chunks().0.iter().map(|eight| u64::from_le_bytes(*eight));
    eights.zip((0..).step_by(8)).fold(0, |all, (eight, at)| {
        // Eight bytes at once, the highest bit of each says so (Hacker's Delight, section 6-1).
        let later = ((eight & LOW) + ONE * (0x80 - (0xCD - 0x80))) & eight;
        let other = eight ^ (ONE * 0xC2);
        let same = !(((other & LOW) + LOW) | other);
        let so = (later | same) >> 7 & ONE;
        all | so.wrapping_mul(0x0102_0408_1020_4080) >> 56 << at
    })
}

#[cfg(test)]
mod tests {
    use super::super::look_alikes::{Fate, fate};
    use super::*;

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
            assert_eq!(next_foreign(&text, start % 3), Some(start + 4), "{c:?}");
        }
        assert_eq!(next_foreign("£5 für Ærøskøbing, Łódź".repeat(9).as_bytes(), 0), None);
        assert_eq!(next_foreign(&[0xE9; 300], 290), Some(290));
    }
}
