//! Property sets of compound files (MS-OLEPS): title and author, and the custom properties that
//! sensitivity labels are kept in.

use super::properties::Properties;
use crate::descend::{Descent, Flow};
use crate::little_endian::le32;
use encoding_rs::{Encoding, UTF_8, UTF_16LE, WINDOWS_1252};
use std::collections::HashMap;
use std::ops::ControlFlow::Continue;

/// Properties of one set; more are damage.
const MOST: usize = 10_000;

/// Names of the properties of summary information (MS-OSHARED 2.3.3.2.1) by number.
const SUMMARY: &[(u32, &str)] = &[
    (2, "title"),
    (3, "subject"),
    (4, "creator"),
    (5, "keywords"),
    (6, "description"),
    (7, "template"),
    (8, "lastModifiedBy"),
    (9, "revision"),
    (18, "application"),
];
/// The same for document summary information (2.3.3.2.2).
const DOCUMENT: &[(u32, &str)] = &[
    (2, "category"),
    (3, "format"),
    (13, "titles of parts"),
    (14, "manager"),
    (15, "company"),
    (26, "content type"),
    (27, "content status"),
    (28, "language"),
];
/// The first bytes of summary information's identifier.
const SUMMARY_ID: &[u8] = &[0xE0, 0x85, 0x9F, 0xF2];

/// Reads a property set stream.
pub(super) fn read(bytes: &[u8], out: &mut Properties, descent: &mut Descent<'_>) -> Flow {
    let sets = le32(bytes, 24).unwrap_or(0).min(16) as usize;
    for i in 0..sets {
        let at = 28 + 20 * i;
        let (Some(id), Some(start)) = (bytes.get(at..at + 16), le32(bytes, at + 16)) else {
            break;
        };
        let Some(set) = bytes.get(start as usize..) else { continue };
        let names = if id.starts_with(SUMMARY_ID) { SUMMARY } else { DOCUMENT };
        // The second set holds the user's own properties, with a dictionary of their names.
        read_set(set, if i == 0 { names } else { &[] }, out, descent)?;
    }
    Continue(())
}

fn read_set(
    set: &[u8],
    names: &[(u32, &str)],
    out: &mut Properties,
    descent: &mut Descent<'_>,
) -> Flow {
    let count = (le32(set, 4).unwrap_or(0) as usize).min(MOST);
    let entry = |i: usize| Some((le32(set, 8 + 8 * i)?, le32(set, 12 + 8 * i)? as usize));
    let page = (0..count)
        .filter_map(entry)
        .find(|&(id, _)| id == 1)
        .and_then(|(_, at)| set.get(at + 4..at + 6))
        .map_or(1252, |b| u16::from_le_bytes([b[0], b[1]]));
    let encoding = encoding_of(page);
    let mut own = HashMap::new();
    if let Some((_, at)) = (0..count).filter_map(entry).find(|&(id, _)| id == 0) {
        dictionary(set, at, encoding, &mut own);
    }
    for (id, at) in (0..count).filter_map(entry) {
        if id < 2 {
            continue;
        }
        let known = names.iter().find(|(n, _)| *n == id).map(|(_, name)| (*name).to_owned());
        let name = own.get(&id).cloned().or(known).unwrap_or_else(|| format!("property {id}"));
        if let Some(value) = value(set, at, encoding) {
            out.add(&name, value.as_bytes(), descent)?;
        }
    }
    Continue(())
}

fn encoding_of(page: u16) -> &'static Encoding {
    match page {
        1200 => UTF_16LE,
        65001 => UTF_8,
        page => Encoding::for_label(format!("windows-{page}").as_bytes()).unwrap_or(WINDOWS_1252),
    }
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let text = encoding.decode_without_bom_handling(bytes).0;
    text.trim_end_matches('\0').split('\0').next().unwrap_or("").to_owned()
}

fn dictionary(set: &[u8], at: usize, encoding: &'static Encoding, own: &mut HashMap<u32, String>) {
    let count = (le32(set, at).unwrap_or(0) as usize).min(MOST);
    let mut at = at + 4;
    for _ in 0..count {
        let (Some(id), Some(len)) = (le32(set, at), le32(set, at + 4)) else { return };
        let wide = encoding == UTF_16LE;
        let len = (len as usize).saturating_mul(if wide { 2 } else { 1 });
        let Some(name) = set.get(at + 8..(at + 8).saturating_add(len)) else { return };
        own.insert(id, decode(encoding, name));
        at += 8 + len;
        if wide {
            at = at.next_multiple_of(4);
        }
    }
}

/// A property's value as text: strings, lists of strings, numbers, truth.
fn value(set: &[u8], at: usize, encoding: &'static Encoding) -> Option<String> {
    let kind = le32(set, at)? & 0xFFFF;
    let string = |at: usize, wide: bool| -> Option<(String, usize)> {
        let len = (le32(set, at)? as usize).saturating_mul(if wide { 2 } else { 1 });
        let bytes = set.get(at + 4..(at + 4).saturating_add(len))?;
        Some((decode(if wide { UTF_16LE } else { encoding }, bytes), (4 + len).next_multiple_of(4)))
    };
    match kind {
        0x1E => string(at + 4, false).map(|(s, _)| s),
        0x1F => string(at + 4, true).map(|(s, _)| s),
        0x03 | 0x16 => Some((le32(set, at + 4)? as i32).to_string()),
        0x05 => {
            let bytes: [u8; 8] = *set.get(at + 8 - 4..)?.first_chunk()?;
            Some(f64::from_le_bytes(bytes).to_string())
        }
        0x0B => Some(if le32(set, at + 4)? & 0xFFFF == 0 { "false" } else { "true" }.to_owned()),
        0x101E | 0x101F => {
            let count = (le32(set, at + 4)? as usize).min(MOST);
            let (mut at, mut all) = (at + 8, Vec::new());
            for _ in 0..count {
                let Some((text, len)) = string(at, kind == 0x101F) else { break };
                all.push(text);
                // Strings of one byte a character are not padded here.
                at += if kind == 0x101F { len } else { 4 + le32(set, at)? as usize };
            }
            Some(all.join(", "))
        }
        // Titles of parts in a list of variants.
        _ => None,
    }
}
