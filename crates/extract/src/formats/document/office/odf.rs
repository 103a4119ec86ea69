//! OpenDocument packages and flat files: odt, ods, odp, odg, their templates, and the OpenOffice
//! 1 formats they grew from.

use super::odf_text;
use super::package::Package;
use super::properties;
use super::prose::Prose;
use super::xml::{Event, Xml};
use crate::base64::base64;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use crate::unlock::odf::Lock;
use dlpscan_core::model::{Fate, Part, Place, Reason, Stopped};
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// The extractor for OpenDocument packages.
pub struct Odf;

/// The extractor for OpenDocument in one XML file (fodt, fods, fodp).
pub struct FlatOdf;

/// What the `mimetype` entry of such a package begins with.
const TYPES: [&[u8]; 2] = [b"application/vnd.oasis.opendocument.", b"application/vnd.sun.xml."];

impl Extractor for Odf {
    fn name(&self) -> &'static str {
        "odf"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if !head.starts_with(b"PK\x03\x04") {
            return Sure::No;
        }
        let names = super::names_in_head(head);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let first = names.first() == Some(&"mimetype");
        let told = first
            && TYPES
                .iter()
                .any(|t| memchr::memmem::find(&head[..120.min(head.len())], t).is_some());
        if told || is_odf(&names) { Sure::Exact } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        super::in_package(part, descent, read_package)
    }
}

/// True when these names of entries are those of an OpenDocument package.
pub(super) fn is_odf(names: &[&str]) -> bool {
    let has = |name: &str| names.contains(&name);
    has("content.xml") && (has("META-INF/manifest.xml") || has("mimetype") || has("styles.xml"))
}

fn read_package(package: &mut Package<'_>, descent: &mut Descent<'_>) -> Flow {
    let names: Vec<String> = package.names().to_vec();
    let mut locked = HashMap::new();
    if let Some(i) = package.find("META-INF/manifest.xml") {
        package.read(i, descent, |reader, descent| {
            super::read_xml("META-INF/manifest.xml", reader, descent, |reader, _| {
                encrypted_entries(reader, &mut locked)
            })
        })?;
    }
    let (mut sealed, mut opened) = (0, false);
    let mut passwords = descent.passwords();
    for (index, name) in names.iter().enumerate() {
        if let Err(Stopped(reason)) = descent.budget().check() {
            descent.note(reason);
            break;
        }
        if let Some(lock) = locked.get(name) {
            match package.unlocked(index, lock, &mut passwords, descent) {
                Ok(packed) => {
                    opened = true;
                    read_opened(&packed, name, descent)?;
                }
                Err(size) => sealed += size,
            }
        } else if name != "META-INF/manifest.xml" {
            read_entry(package, index, name, descent)?;
        }
    }
    if opened {
        descent.opened(None);
    }
    if sealed > 0 {
        descent.note_with(Reason::Encrypted, Some(sealed), "");
    }
    Continue(())
}

/// The entries that the manifest says are encrypted, and how.
fn encrypted_entries(
    reader: &mut dyn Read,
    locked: &mut HashMap<String, Lock>,
) -> io::Result<(Flow, bool)> {
    let mut xml = Xml::new(reader);
    let mut path = None;
    let mut lock = &mut Lock::default();
    loop {
        let tag = match xml.next()? {
            Event::Start(tag) => tag,
            Event::Eof => return Ok((Continue(()), xml.has_dtd())),
            _ => continue,
        };
        let text = |name: &[u8]| tag.string(name).unwrap_or_default();
        let bytes = |name: &[u8]| base64(text(name).as_bytes());
        match tag.local() {
            b"file-entry" => path = tag.string(b"full-path"),
            b"encryption-data" => {
                if let Some(path) = path.take() {
                    lock = locked.entry(path).or_default();
                }
                lock.checksum_type = text(b"checksum-type");
                lock.checksum = bytes(b"checksum");
            }
            b"algorithm" => {
                lock.algorithm = text(b"algorithm-name");
                lock.start = bytes(b"initialisation-vector");
            }
            b"start-key-generation" => lock.first = text(b"start-key-generation-name"),
            b"key-derivation" => {
                lock.derivation = text(b"key-derivation-name");
                lock.salt = bytes(b"salt");
                lock.rounds = text(b"iteration-count").parse().unwrap_or(0);
            }
            _ => {}
        }
    }
}

/// Reads an entry that was unlocked: what was encrypted is its deflated bytes.
fn read_opened(packed: &[u8], name: &str, descent: &mut Descent<'_>) -> Flow {
    let inflated = flate2::read::DeflateDecoder::new(packed);
    let mut reader = descent.budget().meter(inflated, Some(packed.len() as u64));
    read_content(name, &mut reader, descent).unwrap_or_else(|error| {
        descent.note_inside(name, Stopped::reason(&error), Some(packed.len() as u64));
        Continue(())
    })
}

fn read_entry(
    package: &mut Package<'_>,
    index: usize,
    name: &str,
    descent: &mut Descent<'_>,
) -> Flow {
    package.read(index, descent, |reader, descent| read_content(name, reader, descent))
}

fn read_content(name: &str, reader: &mut dyn Read, descent: &mut Descent<'_>) -> io::Result<Flow> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let formal =
        matches!(folder, "META-INF" | "Configurations2") || folder.starts_with("Configurations2/");
    if name.ends_with('/') {
        return Ok(Continue(()));
    }
    // A picture of the first page, of an embedded object that is itself read, and where the
    // lines broke last time.
    let rendition =
        ["Thumbnails", "ObjectReplacements"].contains(&folder) || file == "layout-cache";
    if name == "mimetype" {
        return mimetype(reader, descent);
    }
    if rendition {
        return Ok(raw::strings(reader, 0, descent));
    }
    if !file.ends_with(".xml") && !file.ends_with(".rdf") {
        return super::hand_on(name, reader, descent);
    }
    if let Err(Stopped(reason)) = descent.budget().take_part() {
        descent.note_inside(name, reason, None);
        return Ok(Continue(()));
    }
    super::read_xml(name, reader, descent, |reader, descent| match name {
        "meta.xml" => properties::read(reader, 2, descent),
        _ => {
            let mut prose = match name {
                "content.xml" => Prose::paragraphs(),
                "styles.xml" => {
                    Prose::at(Place::Property { name: "header or footer".into() }, None)
                }
                _ => Prose::at(Place::Property { name: name.to_owned() }, None),
            };
            walk(reader, &mut prose, !formal, descent)
        }
    })
}

/// The package's type, which is no text unless it is more than that.
fn mimetype(reader: &mut dyn Read, descent: &mut Descent<'_>) -> io::Result<Flow> {
    let mut head = Vec::new();
    reader.take(80).read_to_end(&mut head)?;
    let known = TYPES.iter().any(|t| head.starts_with(t)) && head.len() < 80;
    if known
        && head.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'/' | b'-' | b'\n'))
    {
        return Ok(Continue(()));
    }
    Ok(raw::strings(head.as_slice().chain(reader), 0, descent))
}

fn walk(
    reader: &mut dyn Read,
    prose: &mut Prose,
    attributes: bool,
    descent: &mut Descent<'_>,
) -> io::Result<(Flow, bool)> {
    let result = odf_text::walk(reader, prose, attributes, descent);
    let last = prose.finish(descent);
    result.map(|(flow, dtd)| (if flow.is_break() { flow } else { last }, dtd))
}

impl Extractor for FlatOdf {
    fn name(&self) -> &'static str {
        "flat-odf"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
        let known = start.starts_with(b"<")
            && memchr::memmem::find(head, b":document").is_some()
            && memchr::memmem::find(head, b"urn:oasis:names:tc:opendocument:xmlns:office:")
                .is_some();
        if known { Sure::Exact } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let len = part.content.len().unwrap_or(0);
        let mut reader = part.content.reader();
        match walk(&mut *reader, &mut Prose::paragraphs(), true, descent) {
            Ok((flow, dtd)) => {
                if dtd {
                    descent.note(Reason::DtdRefused);
                }
                descent.claim(0..len, Fate::Scanned);
                flow
            }
            // What was not reached is left to the pass for printable strings.
            Err(error) => {
                descent.fault(&error);
                Continue(())
            }
        }
    }
}
