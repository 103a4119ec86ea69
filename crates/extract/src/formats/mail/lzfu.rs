//! Compressed RTF (MS-OXRTFCP), in which Outlook keeps the text of a message.

/// What the dictionary holds before anything was read (MS-OXRTFCP 2.1.3.1).
const START: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\
\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// Size of the dictionary, a ring.
const RING: usize = 4096;
const HEADER: usize = 16;

/// The RTF, and whether all of it is there. At most nine times as long as what it comes from.
pub(super) fn unpack(packed: &[u8]) -> (Vec<u8>, bool) {
    let word = |at: usize| packed.get(at..at + 4).map(|b| [b[0], b[1], b[2], b[3]]);
    let (Some(size), Some(kind)) = (word(4), word(8)) else { return (Vec::new(), false) };
    let size = u32::from_le_bytes(size) as usize;
    let body = packed.get(HEADER..).unwrap_or_default();
    match &kind {
        b"LZFu" => {
            let (out, ended) = lzfu(body);
            let whole = ended && out.len() == size;
            (out, whole)
        }
        // Not compressed, for all its name.
        b"MELA" => (body[..size.min(body.len())].to_vec(), size <= body.len()),
        _ => (Vec::new(), false),
    }
}

fn lzfu(packed: &[u8]) -> (Vec<u8>, bool) {
    let mut ring = [0; RING];
    ring[..START.len()].copy_from_slice(START);
    let mut write = START.len();
    let mut out = Vec::new();
    let mut bytes = packed.iter().copied();
    while let Some(control) = bytes.next() {
        for bit in 0..8 {
            let Some(first) = bytes.next() else { return (out, false) };
            if control >> bit & 1 == 0 {
                out.push(first);
                ring[write] = first;
                write = (write + 1) % RING;
                continue;
            }
            let Some(second) = bytes.next() else { return (out, false) };
            let word = usize::from(first) << 8 | usize::from(second);
            let (from, len) = (word >> 4, (word & 15) + 2);
            // A reference to what is about to be written ends it.
            if from == write {
                return (out, true);
            }
            for i in 0..len {
                let byte = ring[(from + i) % RING];
                out.push(byte);
                ring[write] = byte;
                write = (write + 1) % RING;
            }
        }
    }
    (out, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packs without finding anything twice, except what the dictionary begins with.
    fn pack(text: &[u8], size: u32) -> Vec<u8> {
        let mut out = vec![0; 4];
        out.extend(size.to_le_bytes());
        out.extend(b"LZFu\0\0\0\0");
        let mut write = START.len();
        // The first six bytes, `{\rtf1`, are at the dictionary's start.
        let mut units = vec![vec![0x00, 0x04]];
        write += 6;
        for &byte in text {
            units.push(vec![byte]);
            write += 1;
        }
        units.push(((write as u16 % RING as u16) << 4).to_be_bytes().to_vec());
        for group in units.chunks(8) {
            let control =
                group.iter().enumerate().fold(0, |c, (i, u)| c | u8::from(u.len() == 2) << i);
            out.push(control);
            out.extend(group.concat());
        }
        out
    }

    #[test]
    fn the_dictionary_is_as_long_as_the_standard_says() {
        assert_eq!(START.len(), 207);
    }

    #[test]
    fn references_and_single_bytes_are_put_together() {
        let packed = pack(b" Card 4539578763621486}", 29);
        assert_eq!(unpack(&packed), (b"{\\rtf1 Card 4539578763621486}".to_vec(), true));
    }

    #[test]
    fn what_is_cut_or_lies_about_its_size_gives_what_is_there() {
        let packed = pack(b" Card}", 500);
        assert_eq!(unpack(&packed), (b"{\\rtf1 Card}".to_vec(), false));
        let (text, whole) = unpack(&packed[..packed.len() - 3]);
        assert!(!whole && text.starts_with(b"{\\rtf1 Car"));
        assert_eq!(unpack(b"short"), (vec![], false));
    }
}
