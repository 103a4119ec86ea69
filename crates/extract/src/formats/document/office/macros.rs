//! The source of macros (MS-OVBA 2.4.1): packed, behind what the program made of it.

/// The first byte of packed data.
const SIGNATURE: u8 = 1;
/// Bytes that are packed together.
const CHUNK: usize = 4096;
/// How the source of every module begins, as it is packed: eight letters in their own right.
const BEGINS: &[u8] = b"\0Attribut";

/// The source in a module's stream, as far as it goes and no more than `most` bytes of it.
pub(super) fn source(stream: &[u8], most: usize) -> Option<Vec<u8>> {
    let at = memchr::memmem::find(stream, BEGINS)?.checked_sub(3)?;
    Some(unpacked(&stream[at..], most)).filter(|source| !source.is_empty())
}

/// Unpacks what begins at the first byte. It ends where it makes no sense any more.
pub(super) fn unpacked(packed: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let Some((&SIGNATURE, mut rest)) = packed.split_first() else { return out };
    while let Some((&[low, high], body)) = rest.split_first_chunk() {
        let header = u16::from_le_bytes([low, high]);
        if header >> 12 & 7 != 3 || out.len() > most {
            break;
        }
        let len = (usize::from(header & 0xFFF) + 1).min(body.len());
        let (chunk, behind) = body.split_at(len);
        if header & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else {
            unpack(chunk, &mut out);
        }
        rest = behind;
    }
    out
}

fn unpack(mut chunk: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    while let Some((&flags, tokens)) = chunk.split_first() {
        chunk = tokens;
        for bit in 0..8 {
            if out.len() - start >= CHUNK {
                return;
            }
            if flags >> bit & 1 == 0 {
                let Some((&letter, rest)) = chunk.split_first() else { return };
                out.push(letter);
                chunk = rest;
                continue;
            }
            let Some((&token, rest)) = chunk.split_first_chunk() else { return };
            chunk = rest;
            let token = u16::from_le_bytes(token);
            // The further on, the more bits say how far back, and the fewer how much.
            let done = out.len() - start;
            let far = done.next_power_of_two().trailing_zeros().clamp(4, 12);
            let len = usize::from(token & (0xFFFF >> far)) + 3;
            let back = usize::from(token >> (16 - far)) + 1;
            if back > done {
                return;
            }
            for _ in 0..len {
                out.push(out[out.len() - back]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_unpacked() {
        // MS-OVBA 3.2.1 to 3.2.3: nothing repeats, some does, all does.
        let plain = b"\x01\x19\xb0\x00abcdefgh\x00ijklmnop\x00qrstuv.";
        assert_eq!(unpacked(plain, 100), b"abcdefghijklmnopqrstuv.");
        let some = b"\x01\x2f\xb0\x00#aaabcde\x82f\x00paghij\x01\x38\x08akl\x000mnop\x06q\x02p\x04\
            \x10rstuv\x10wxyz\x00\x3c";
        let told = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa";
        assert_eq!(unpacked(some, 100), told);
        assert_eq!(unpacked(b"\x01\x03\xb0\x02a\x45\x00", 100), [b'a'; 73]);
    }

    #[test]
    fn a_source_is_found_behind_other_data_and_ends_where_it_is_cut() {
        let stream = b"compiled\x01\x19\xb0\x00Attribut\x00e VB_Nam\x00e = \"A\"";
        assert_eq!(source(stream, 100).as_deref(), Some(&b"Attribute VB_Name = \"A\""[..]));
        for cut in 0..stream.len() {
            assert!(source(&stream[..cut], 100).is_none_or(|s| s.len() < 23));
        }
        assert_eq!(source(b"\0Attribut", 100), None);
    }
}
