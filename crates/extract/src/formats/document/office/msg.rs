//! Messages that Outlook saves as files (MS-OXMSG): a compound file with a stream a property and a
//! storage a recipient and attachment.

use super::compound::{Reader, Storage};
use crate::descend::{Descent, Flow};
use crate::formats::archive::names;
use crate::formats::mail::mapi::Kind;
use crate::formats::mail::mapi_text::{self, property};
use crate::formats::raw;
use crate::formats::text::Gather;
use crate::little_endian::le32;
use dlpscan_core::model::{Content, Part, Reason, Role, Stopped};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};

/// The stream that every message, recipient and attachment has.
const PROPERTIES: &str = "__properties_version1.0";
/// What begins the name of a stream that holds one property, and of an attachment's storage.
const STREAM: &str = "__substg1.0_";
const ATTACHMENT: &str = "/__attach_version1.0_#";
/// The storage of the names that senders gave to properties of their own.
const NAMES: &str = "/__nameid_version1.0";
/// The storage of a message, or another compound file, that is attached.
const EMBEDDED: &str = "/__substg1.0_3701000D";

/// True when the streams in a file's root are those of a message.
pub(super) fn is_message(storages: &BTreeMap<String, Storage>) -> bool {
    storages.get("").is_some_and(|root| root.contains_key(PROPERTIES))
}

/// Reads a message.
pub(super) fn read(
    reader: &mut Reader<'_>,
    storages: &BTreeMap<String, Storage>,
    descent: &mut Descent<'_>,
) -> Flow {
    descent.is_a("msg");
    let charset = charset(reader, descent);
    let mut number = 0;
    let mut embedded = None;
    for (folder, streams) in storages {
        if descent.budget().check().is_err() {
            return Flow::Continue(());
        }
        if embedded.as_ref().is_some_and(|inside: &String| folder.starts_with(inside)) {
            continue;
        }
        if let Some(at) = folder.find(EMBEDDED) {
            let inside = folder[..at + EMBEDDED.len()].to_owned();
            let name = title(reader, &folder[..at], storages, charset.as_deref(), descent);
            let name = name.unwrap_or_else(|| "message".to_owned());
            self::embedded(reader, &inside, storages, format!("{name}.msg"), descent)?;
            embedded = Some(inside);
            continue;
        }
        let is_attachment = folder.starts_with(ATTACHMENT);
        number += usize::from(is_attachment);
        let title = match is_attachment {
            true => title(reader, folder, storages, charset.as_deref(), descent),
            false => None,
        };
        let shown = names::shown(title.as_deref().unwrap_or_default(), number);
        if let Some(title) = &title {
            names::give(title, &shown, descent)?;
        }
        let has = |id: u16| streams.keys().any(|name| told(name).is_some_and(|(n, _)| n == id));
        let elsewhere = has(property::SHORT_PATH) || has(property::LONG_PATH);
        let inside = storages.keys().any(|name| name.starts_with(&format!("{folder}{EMBEDDED}")));
        if is_attachment && elsewhere && !inside && !has(property::DATA) {
            descent.note_inside(&shown, Reason::External, None);
        }
        let role = if is_attachment { Role::Metadata } else { Role::Content };
        let mut lines = Gather::new().with_role(role);
        for name in streams.keys() {
            let Some(bytes) = reader.bytes(folder, name, descent) else { continue };
            match told(name).filter(|_| !folder.starts_with(NAMES)) {
                Some((property::DATA, Kind::Binary)) => {
                    descent.part(Part::new(shown.clone(), Content::Bytes(&bytes)))?;
                }
                // Keys and numbers that Outlook keeps for itself.
                Some((id, Kind::Binary | Kind::Object))
                    if !matches!(id, property::RTF | property::HTML) =>
                {
                    raw::strings(&bytes[..], 0, descent)?;
                }
                Some((id, kind)) => {
                    let charset = charset.as_deref();
                    mapi_text::give(id, kind, &bytes, None, charset, &mut lines, descent)?;
                }
                None => raw::strings(&bytes[..], 0, descent)?,
            }
        }
        lines.finish(descent)?;
    }
    Flow::Continue(())
}

/// The number and kind of the property that a stream holds.
fn told(name: &str) -> Option<(u16, Kind)> {
    let tag = name.strip_prefix(STREAM)?;
    let id = u16::from_str_radix(tag.get(..4)?, 16).ok()?;
    // Several values stand in streams of their own; their lengths, in one without a number.
    let kind = match (tag.get(4..8)?, tag.len()) {
        ("001E", 8) | ("101E", 9..) => Kind::Narrow,
        ("001F", 8) | ("101F", 9..) => Kind::Wide,
        ("0102", 8) | ("1102", 9..) => Kind::Binary,
        ("000D", 8) => Kind::Object,
        _ => return None,
    };
    Some((id, kind))
}

/// An attachment's file name: the long one, else the short one, else what it is called.
fn title(
    reader: &mut Reader<'_>,
    folder: &str,
    storages: &BTreeMap<String, Storage>,
    charset: Option<&str>,
    descent: &mut Descent<'_>,
) -> Option<String> {
    let streams = storages.get(folder)?;
    let wanted = [property::LONG_NAME, property::SHORT_NAME, 0x3001];
    wanted.into_iter().find_map(|id| {
        let name = streams.keys().find(|name| {
            told(name).is_some_and(|(n, kind)| n == id && matches!(kind, Kind::Narrow | Kind::Wide))
        })?;
        let (_, kind) = told(name)?;
        let bytes = reader.bytes(folder, name, descent)?;
        Some(mapi_text::text(kind, &bytes, charset)).filter(|title| !title.trim().is_empty())
    })
}

/// The charset of text that is not UTF-16, among the numbers behind the header of 32 bytes.
fn charset(reader: &mut Reader<'_>, descent: &mut Descent<'_>) -> Option<String> {
    /// The message's code page, and that of its body.
    const PAGES: [u32; 2] = [0x3ffd_0003, 0x3fde_0003];
    let numbers = reader.bytes("", PROPERTIES, descent)?;
    PAGES.into_iter().find_map(|page| {
        let mut entries = numbers.get(32..)?.chunks_exact(16);
        let entry = entries.find(|entry| le32(entry, 0) == Some(page))?;
        mapi_text::charset(le32(entry, 8)?)
    })
}

/// Gives a compound file that stands inside this one as a part of its own.
fn embedded(
    reader: &mut Reader<'_>,
    inside: &str,
    storages: &BTreeMap<String, Storage>,
    name: String,
    descent: &mut Descent<'_>,
) -> Flow {
    let most = descent.budget().limits().buffer;
    let mut size = 0_u64;
    let mut copy = match cfb::CompoundFile::create(Cursor::new(Vec::new())) {
        Ok(copy) => copy,
        Err(error) => {
            descent.note_inside(&name, Stopped::reason(&error), None);
            return Flow::Continue(());
        }
    };
    for (folder, streams) in storages.iter().filter(|(folder, _)| folder.starts_with(inside)) {
        let below = &folder[inside.len()..];
        for (stream, len) in streams {
            size = size.saturating_add(*len);
            if size > most {
                descent.note_inside(&name, Reason::LimitMemory, None);
                return Flow::Continue(());
            }
            let Some(bytes) = reader.bytes(folder, stream, descent) else { continue };
            let made = (below.is_empty() || copy.create_storage_all(below).is_ok())
                && copy
                    .create_stream(format!("{below}/{stream}"))
                    .and_then(|mut out| out.write_all(&bytes))
                    .is_ok();
            if !made {
                descent.note_inside(&name, Reason::Damaged, None);
            }
        }
    }
    let flushed = copy.flush().is_ok();
    let bytes = copy.into_inner().into_inner();
    if !flushed {
        descent.note_inside(&name, Reason::Damaged, None);
    }
    descent.part(Part::new(name, Content::Bytes(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streams_name_tells_its_property() {
        assert_eq!(told("__substg1.0_0037001F"), Some((0x0037, Kind::Wide)));
        assert_eq!(told("__substg1.0_8005101F-00000001"), Some((0x8005, Kind::Wide)));
        assert_eq!(told("__substg1.0_8005101F"), None, "the lengths of several values");
        assert_eq!(told("__nameid_version1.0"), None);
        assert_eq!(told("__substg1.0_00"), None);
    }
}
