//! The filters of streams, each with a bound on what it may give.

use super::value::{Dict, Value};
use dlpscan_core::model::Reason;
use flate2::{Decompress, FlushDecompress, Status};

/// What a stream decodes to.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// The bytes, as far as they could be had.
    pub bytes: Vec<u8>,
    /// Why there are no more.
    pub fault: Option<Reason>,
    /// The filter of a picture, whose data stays as it is.
    pub picture: Option<Picture>,
}

/// The coding of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    /// JPEG.
    Jpeg,
    /// JPEG 2000, fax, JBIG2.
    Else,
}

/// Filters on top of each other; honest files have one or two.
const MOST_FILTERS: usize = 24;

/// The names of a stream's filters, first to be undone first.
pub(super) fn names(dict: &Dict) -> Vec<&[u8]> {
    match dict.get("Filter").or_else(|| dict.get("F")) {
        Some(Value::Name(name)) => vec![name],
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(|n| match n {
                Value::Name(name) => Some(name.as_slice()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn params(dict: &Dict, index: usize) -> Option<&Dict> {
    match dict.get("DecodeParms").or_else(|| dict.get("DP"))? {
        Value::Dict(params) if index == 0 => Some(params),
        Value::Array(all) => match all.get(index)? {
            Value::Dict(params) => Some(params),
            _ => None,
        },
        _ => None,
    }
}

/// Decodes a stream, giving at most `most` bytes.
pub(super) fn decode(raw: &[u8], dict: &Dict, most: usize) -> Decoded {
    let mut out = Decoded::default();
    let mut current: Option<Vec<u8>> = None;
    for (i, name) in names(dict).into_iter().enumerate() {
        if i == MOST_FILTERS {
            out.fault = Some(Reason::LimitDepth);
            break;
        }
        let data = current.as_deref().unwrap_or(raw);
        let (bytes, fault) = match name {
            b"FlateDecode" | b"Fl" => {
                let (bytes, fault) = inflate(data, most);
                (unpredict(bytes, params(dict, i)), fault)
            }
            b"LZWDecode" | b"LZW" => {
                let early = params(dict, i).and_then(|p| p.number("EarlyChange")) != Some(0.0);
                let (bytes, fault) = lzw(data, early, most);
                (unpredict(bytes, params(dict, i)), fault)
            }
            b"ASCII85Decode" | b"A85" => ascii85(data, most),
            b"ASCIIHexDecode" | b"AHx" => (hex(data), None),
            b"RunLengthDecode" | b"RL" => run_length(data, most),
            b"Crypt" => continue,
            b"DCTDecode" | b"DCT" => {
                out.picture = Some(Picture::Jpeg);
                break;
            }
            b"JPXDecode" | b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode" => {
                out.picture = Some(Picture::Else);
                break;
            }
            _ => {
                out.fault = Some(Reason::Unsupported);
                break;
            }
        };
        current = Some(bytes);
        out.fault = out.fault.or(fault);
    }
    out.bytes = current.unwrap_or_else(|| raw[..raw.len().min(most)].to_vec());
    out
}

/// Undoes Flate. What comes out is kept even if its checksum says that it is not what went in.
fn inflate(data: &[u8], most: usize) -> (Vec<u8>, Option<Reason>) {
    let data = data.trim_ascii_start();
    let zlib = data.len() >= 2
        && data[0] & 0x0F == 8
        && (u16::from(data[0]) << 8 | u16::from(data[1])).is_multiple_of(31);
    let packed = if zlib { &data[2..] } else { data };
    let (bytes, fault, used) = raw_inflate(packed, most);
    if fault == Some(Reason::Damaged) && bytes.is_empty() && data.len() > 2 {
        // A wrong header before sound data, or sound data without one.
        let (again, fault, _) = raw_inflate(if zlib { data } else { &data[2..] }, most);
        if !again.is_empty() {
            return (again, fault);
        }
    }
    let sum = packed.get(used..used + 4).map(|s| u32::from_be_bytes([s[0], s[1], s[2], s[3]]));
    let wrong = zlib && fault.is_none() && sum.is_some_and(|sum| sum != adler32(&bytes));
    (bytes, if wrong { Some(Reason::Damaged) } else { fault })
}

/// The checksum of zlib (RFC 1950, 9).
fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    // So many bytes add up without overflow.
    for block in bytes.chunks(5552) {
        for &byte in block {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    b << 16 | a
}

/// Undoes Deflate: the bytes, what is wrong with them, how many bytes they were packed in.
fn raw_inflate(data: &[u8], most: usize) -> (Vec<u8>, Option<Reason>, usize) {
    let mut inflater = Decompress::new(false);
    let mut out = Vec::with_capacity(data.len().saturating_mul(3).min(most).max(64));
    loop {
        if out.len() == out.capacity() {
            if out.len() >= most {
                out.truncate(most);
                return (out, Some(Reason::LimitBytes), data.len());
            }
            out.reserve(out.len().max(4096).min(most - out.len()));
        }
        let at = usize::try_from(inflater.total_in()).unwrap_or(data.len()).min(data.len());
        let before = (inflater.total_in(), out.len());
        match inflater.decompress_vec(&data[at..], &mut out, FlushDecompress::None) {
            Ok(Status::StreamEnd) => {
                let over = out.len() > most;
                out.truncate(most);
                let used = usize::try_from(inflater.total_in()).unwrap_or(data.len());
                return (out, over.then_some(Reason::LimitBytes), used);
            }
            Ok(_) if (inflater.total_in(), out.len()) != before => {}
            _ if out.len() < out.capacity() => return (out, Some(Reason::Damaged), data.len()),
            Ok(_) => {}
            Err(_) => return (out, Some(Reason::Damaged), data.len()),
        }
    }
}

fn lzw(data: &[u8], early: bool, most: usize) -> (Vec<u8>, Option<Reason>) {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let mut out: Vec<u8> = Vec::new();
    // Each entry is a range of what has been written: its last string and one byte more.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut last: Option<(usize, usize)> = None;
    let (mut bits, mut have) = (0u32, 0u32);
    let mut input = data.iter();
    loop {
        let next = 258 + table.len() + usize::from(early) + usize::from(last.is_some());
        let width = match next {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        };
        while have < width {
            let Some(&byte) = input.next() else {
                return (out, None);
            };
            bits = (bits << 8) | u32::from(byte);
            have += 8;
        }
        have -= width;
        let code = ((bits >> have) & ((1 << width) - 1)) as usize;
        bits &= (1 << have) - 1;
        let start = out.len();
        match code {
            CLEAR => {
                table.clear();
                last = None;
                continue;
            }
            END => return (out, None),
            byte @ 0..=255 => out.push(byte as u8),
            _ => {
                let known = table.get(code - 258).copied();
                let own = last.filter(|_| code - 258 == table.len());
                let Some((a, b)) = known.or(own.map(|(a, b)| (a, b + 1))) else {
                    return (out, Some(Reason::Damaged));
                };
                for i in a..b {
                    let byte = out[i];
                    out.push(byte);
                }
            }
        }
        if let Some((a, b)) = last
            && table.len() < 4096 - 258
        {
            table.push((a, b + 1));
        }
        last = Some((start, out.len()));
        if out.len() >= most {
            return (out, Some(Reason::LimitBytes));
        }
    }
}

fn ascii85(data: &[u8], most: usize) -> (Vec<u8>, Option<Reason>) {
    let mut out = Vec::with_capacity((data.len() / 5 * 4).min(most));
    let (mut group, mut count) = (0u64, 0usize);
    let mut fault = None;
    let data = data.trim_ascii_start();
    for &b in data.strip_prefix(b"<~").unwrap_or(data) {
        match b {
            b'z' if count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group * 85 + u64::from(b - b'!');
                count += 1;
                if count == 5 {
                    out.extend((group as u32).to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b'~' => break,
            b if super::value::is_space(b) => {}
            _ => fault = Some(Reason::Damaged),
        }
        if out.len() >= most {
            return (out, Some(Reason::LimitBytes));
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group * 85 + 84;
        }
        out.extend(&(group as u32).to_be_bytes()[..count - 1]);
    }
    (out, fault)
}

fn hex(data: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = data
        .iter()
        .take_while(|&&b| b != b'>')
        .filter_map(|&b| (b as char).to_digit(16).map(|d| d as u8))
        .collect();
    digits.chunks(2).map(|d| (d[0] << 4) | d.get(1).unwrap_or(&0)).collect()
}

fn run_length(data: &[u8], most: usize) -> (Vec<u8>, Option<Reason>) {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&length) = data.get(at) {
        at += 1;
        match length {
            128 => break,
            0..=127 => {
                let end = (at + usize::from(length) + 1).min(data.len());
                out.extend(&data[at..end]);
                at = end;
            }
            _ => {
                let Some(&byte) = data.get(at) else { break };
                out.extend(std::iter::repeat_n(byte, 257 - usize::from(length)));
                at += 1;
            }
        }
        if out.len() >= most {
            return (out, Some(Reason::LimitBytes));
        }
    }
    (out, None)
}

/// Undoes PNG and TIFF prediction of single bytes.
fn unpredict(data: Vec<u8>, params: Option<&Dict>) -> Vec<u8> {
    let Some(params) = params else { return data };
    let number = |key, otherwise: f64| params.number(key).unwrap_or(otherwise);
    let predictor = number("Predictor", 1.0);
    let bits = number("BitsPerComponent", 8.0) * number("Colors", 1.0);
    let row = ((bits * number("Columns", 1.0) + 7.0) / 8.0).floor();
    let pixel = ((bits / 8.0).floor() as usize).clamp(1, 64);
    // A row longer than the data is a lie; the data then is one short row.
    let row = (row as usize).clamp(1, data.len().max(1));
    match predictor as u32 {
        2 if bits >= 8.0 => {
            let mut data = data;
            for line in data.chunks_mut(row) {
                for i in pixel..line.len() {
                    line[i] = line[i].wrapping_add(line[i - pixel]);
                }
            }
            data
        }
        10..=15 => {
            let mut out: Vec<u8> = Vec::with_capacity(data.len());
            let mut above = vec![0u8; row];
            for line in data.chunks(row.saturating_add(1)) {
                let mut now = vec![0u8; row];
                for (i, &byte) in line[1..].iter().enumerate() {
                    let left = if i >= pixel { now[i - pixel] } else { 0 };
                    let corner = if i >= pixel { above[i - pixel] } else { 0 };
                    let guess = match line[0] {
                        1 => left,
                        2 => above[i],
                        3 => ((u16::from(left) + u16::from(above[i])) / 2) as u8,
                        4 => paeth(left, above[i], corner),
                        _ => 0,
                    };
                    now[i] = byte.wrapping_add(guess);
                }
                out.extend(&now[..line.len() - 1]);
                above = now;
            }
            out
        }
        _ => data,
    }
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |b: u8| (guess - i16::from(b)).abs();
    if far(left) <= far(above) && far(left) <= far(corner) {
        left
    } else if far(above) <= far(corner) {
        above
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn with(filters: &[&str]) -> Dict {
        let names = filters.iter().map(|f| Value::Name(f.as_bytes().to_vec())).collect();
        Dict(vec![(b"Filter".to_vec(), Value::Array(names))])
    }

    fn deflated(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn filters_are_undone_in_their_order() {
        let packed: String =
            deflated(b"some text").iter().map(|b| format!("{b:02x}")).collect::<String>() + ">";
        let dict = with(&["ASCIIHexDecode", "FlateDecode"]);
        assert_eq!(decode(packed.as_bytes(), &dict, 1000).bytes, b"some text");
        assert_eq!(ascii85(b"<~87cURD_*#TDfTZ)~>", 100).0, b"Hello, world");
        assert_eq!(run_length(&[2, b'a', b'b', b'c', 254, b'x', 128], 100).0, b"abcxxx");
        // The example of the PDF specification, 7.4.4.2.
        let example = [0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01];
        assert_eq!(lzw(&example, true, 100).0, [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
    }

    #[test]
    fn a_bomb_gives_its_beginning_and_the_limit() {
        let bomb = deflated(&vec![b'a'; 1 << 20]);
        let out = decode(&bomb, &with(&["FlateDecode"]), 5000);
        assert_eq!((out.bytes.len(), out.fault), (5000, Some(Reason::LimitBytes)));
    }

    #[test]
    fn a_torn_stream_gives_its_beginning_and_damage() {
        let whole: Vec<u8> = (0..9000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        let packed = deflated(&whole);
        let out = decode(&packed[..packed.len() / 2], &with(&["FlateDecode"]), 1 << 20);
        assert_eq!(out.fault, Some(Reason::Damaged));
        assert!(out.bytes.len() > 1000 && whole.starts_with(&out.bytes));
    }
}
