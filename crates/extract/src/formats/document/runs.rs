//! Printable runs of data inside a document, for what nobody can decode there: a place in such
//! data is no place in the file, so these runs stand beside the document's other text.

/// Shortest run worth scanning, in letters.
const SHORTEST: usize = 6;

/// The runs of printable ASCII, one byte or two bytes a letter, a line each.
pub(super) fn printable(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut run = String::new();
    let mut give = |run: &mut String| {
        if run.trim().len() >= SHORTEST {
            out.push_str(run);
            out.push('\n');
        }
        run.clear();
    };
    let shown = |b: u8| matches!(b, b' '..=b'~' | b'\t');
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if !shown(byte) {
            give(&mut run);
            continue;
        }
        run.push(char::from(byte));
        // A letter of UTF-16: a zero after it, and after each of the letters that follow.
        let wide =
            bytes.get(at) == Some(&0) && bytes.get(at + 1).is_some_and(|&b| shown(b) || b < 32);
        at += usize::from(wide);
    }
    give(&mut run);
    out
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn runs_of_one_and_of_two_bytes_a_letter_are_found() {
        let wide: Vec<u8> = "12345678".bytes().flat_map(|b| [b, 0]).collect();
        let data = [b"\x01\x02sort code\xff\xfeabc\x00\x03".to_vec(), wide].concat();
        assert_eq!(printable(&data), "sort code\n12345678\n");
    }
}
