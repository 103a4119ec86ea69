//! Ar archives, of which Debian's packages are one kind.

use super::claims::Claims;
use super::store::Store;
use super::{kept, names};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use std::borrow::Cow;

/// Ar archives and Debian packages.
pub struct Ar;

const MAGIC: &[u8] = b"!<arch>\n";
/// Bytes of an entry's header.
const HEADER: u64 = 60;
/// Longest name that is read as one.
const NAME: u64 = 4096;

impl Extractor for Ar {
    fn name(&self) -> &'static str {
        "ar"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let mut claims = Claims::new(store.len());
        let mut at = MAGIC.len() as u64;
        claims.claim(0..at, Fate::Scanned, descent);
        // GNU's table of names that are too long for a header.
        let mut table = Cow::Borrowed(&[][..]);
        let mut number = 0;
        while at < store.len() && descent.budget().check().is_ok() {
            let header = match store.read(at..at + HEADER) {
                Ok(header) => header,
                Err(error) => {
                    descent.note(Stopped::reason(&error));
                    break;
                }
            };
            let size = header.get(48..58).and_then(decimal);
            let (Some(size), Some(b"`\n")) = (size, header.get(58..60)) else {
                let reason = if (header.len() as u64) < HEADER {
                    Reason::Truncated
                } else {
                    Reason::Damaged
                };
                descent.note_with(reason, None, "the list of its files breaks off");
                break;
            };
            let start = at + HEADER;
            let end = start.saturating_add(size);
            claims.claim(at..start, Fate::Scanned, descent);
            let mut data = start;
            let told = header[..16].trim_ascii_end();
            let name = match told {
                b"//" => {
                    let limit = descent.budget().limits().buffer;
                    table =
                        store.read(start..end.min(start.saturating_add(limit))).unwrap_or_default();
                    names::property("names", &table, descent)?;
                    claims.claim(start..end, Fate::Scanned, descent);
                    at = end.saturating_add(size % 2);
                    continue;
                }
                [b'#', b'1', b'/', len @ ..] => {
                    // BSD's names stand before the data.
                    let len = decimal(len).unwrap_or(0).min(size).min(NAME);
                    data += len;
                    claims.claim(start..data, Fate::Scanned, descent);
                    let name = store.read(start..data).unwrap_or_default().into_owned();
                    name.split(|&b| b == 0).next().unwrap_or_default().to_vec()
                }
                [b'/', digits @ ..] if !digits.is_empty() && decimal(digits).is_some() => {
                    let from = decimal(digits).and_then(|n| usize::try_from(n).ok());
                    let name = from.and_then(|from| table.get(from..)).unwrap_or_default();
                    let end =
                        name.iter().position(|b| matches!(b, b'\n' | 0)).unwrap_or(name.len());
                    let name = &name[..end.min(NAME as usize)];
                    name.strip_suffix(b"/").unwrap_or(name).to_vec()
                }
                // The list of symbols keeps its name, which is a slash.
                [name @ .., b'/'] if !name.is_empty() => name.to_vec(),
                name => name.to_vec(),
            };
            number += 1;
            let name = names::text(&name);
            let shown = names::shown(&name, number);
            if name == "/" {
                claims.claim(start..end, Fate::Scanned, descent);
                let symbols = store.read(start..end.min(store.len())).unwrap_or_default();
                names::property("symbols", &symbols, descent)?;
            } else {
                names::give(&name, &shown, descent)?;
                kept::give(&store, data..end, shown, &mut claims, descent)?;
            }
            at = end.saturating_add(size % 2);
        }
        Flow::Continue(())
    }
}

/// A number in digits, with blanks behind it.
fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text.trim_ascii_end()).ok()?.parse().ok()
}
