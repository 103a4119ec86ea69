//! Compound files: the container of Word, Excel and PowerPoint before 2007, of embedded objects,
//! and of encrypted newer files.

use super::properties::Properties;
use super::{doc, macros, msg, ooxml, pictures, ppt, property_set, publisher, visio_old, xls};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, SNIFF, Sure};
use crate::formats::raw;
use crate::unlock::legacy::Streams;
use crate::unlock::office;
use dlpscan_core::model::{Content, Fate, Part, ReadSeek, Reason, Stopped};
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow::Continue;

/// The extractor for compound files.
pub struct Compound;

/// Fewer bytes than its header and one sector hold nothing.
const SECTOR: u64 = 1024;
const MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

impl Extractor for Compound {
    fn name(&self) -> &'static str {
        "compound"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let len = part.content.len().unwrap_or(0);
        let most = descent.budget().limits().buffer;
        let opened = part.content.seekable(most).and_then(cfb::CompoundFile::open);
        let file = match opened {
            Ok(file) => file,
            Err(error) => {
                // Where its chains lead past the end nobody can say whether that end is missing.
                let reason = match Stopped::reason(&error) {
                    Reason::Unsupported | Reason::Truncated if len >= SECTOR => Reason::Damaged,
                    reason => reason,
                };
                descent.note_with(reason, Some(len), "its directory cannot be read");
                return Continue(());
            }
        };
        Reader { file, len, claimed: true, unknown: 0 }.read(descent)
    }
}

/// A storage of the file: the streams that lie in it, by name, with their length.
pub(super) type Storage = BTreeMap<String, u64>;

/// An open compound file.
pub(super) struct Reader<'c> {
    file: cfb::CompoundFile<Box<dyn ReadSeek + 'c>>,
    len: u64,
    /// Everything has been read; nothing is left for the printable-strings pass.
    claimed: bool,
    /// Bytes in streams of no known kind.
    unknown: u64,
}

impl Reader<'_> {
    fn read(mut self, descent: &mut Descent<'_>) -> Flow {
        let mut storages: BTreeMap<String, Storage> = BTreeMap::new();
        for entry in self.file.walk() {
            if let Err(Stopped(reason)) = descent.budget().take_part() {
                descent.note(reason);
                return Continue(());
            }
            if entry.is_stream() {
                let path = entry.path().to_string_lossy().into_owned();
                let folder = path.rsplit_once('/').map_or("", |(f, _)| f).to_owned();
                storages.entry(folder).or_default().insert(entry.name().to_owned(), entry.len());
            }
        }
        let names = |name: &str| storages.values().any(|s| s.contains_key(name));
        if names("EncryptedPackage") {
            self.beside_the_package(&storages, descent)?;
            if let Some(opened) = self.unlocked(descent) {
                if opened.by_given {
                    descent.opened(None);
                }
                descent.part(Part::new("document", Content::Bytes(&opened.content)))?;
                if opened.by_given || ooxml::is_workbook(&opened.content) {
                    descent.claim(0..self.len, Fate::Scanned);
                    return Continue(());
                }
                // What everybody could open is scanned, but whoever gets it is asked all the same.
            }
            descent.note_with(Reason::Encrypted, Some(self.len), "");
            descent.claim(0..self.len, Fate::Unscannable(Reason::Encrypted));
            return Continue(());
        }
        if msg::is_message(&storages) {
            msg::read(&mut self, &storages, descent)?;
        } else {
            self.storages(&storages, descent)?;
        }
        self.note_unknown(descent);
        if self.claimed {
            descent.claim(0..self.len, Fate::Scanned);
        }
        Continue(())
    }

    fn note_unknown(&self, descent: &mut Descent<'_>) {
        if self.unknown > 0 {
            descent.note_with(Reason::Unsupported, Some(self.unknown), "");
        }
    }

    /// Reads what stands beside an encrypted package in the clear: properties, if their author left
    /// them so, and whatever else somebody put there.
    fn beside_the_package(
        &mut self,
        storages: &BTreeMap<String, Storage>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        for (folder, streams) in storages {
            let mut streams = streams.clone();
            streams.retain(|name, _| name != "EncryptedPackage" && name != "EncryptionInfo");
            if !folder.starts_with("/\u{6}DataSpaces") {
                self.storage(folder, &streams, descent)?;
                continue;
            }
            for name in streams.keys() {
                if let Some(bytes) = self.bytes(folder, name, descent) {
                    raw::strings(&bytes[..], 0, descent)?;
                }
            }
        }
        self.note_unknown(descent);
        Continue(())
    }

    /// The document in an encrypted package, if a password fits.
    fn unlocked(&mut self, descent: &mut Descent<'_>) -> Option<office::Opened<Vec<u8>>> {
        let most = descent.budget().limits().buffer;
        let mut stream = |name: &str| {
            let mut bytes = Vec::new();
            let stream = self.file.open_stream(name).ok()?;
            stream.take(most).read_to_end(&mut bytes).ok()?;
            descent.budget().take_bytes(bytes.len() as u64).ok()?;
            Some(bytes)
        };
        let (info, package) = (stream("/EncryptionInfo")?, stream("/EncryptedPackage")?);
        match office::open(&info, &package, descent.passwords(), descent.budget()) {
            Ok(opened) => opened,
            Err(Stopped(reason)) => {
                descent.note(reason);
                None
            }
        }
    }

    fn storages(
        &mut self,
        storages: &BTreeMap<String, Storage>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        for (folder, streams) in storages {
            self.storage(folder, streams, descent)?;
        }
        Continue(())
    }

    fn storage(&mut self, folder: &str, streams: &Storage, descent: &mut Descent<'_>) -> Flow {
        for name in streams.keys() {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note(reason);
                return Continue(());
            }
            let Some(bytes) = self.bytes(folder, name, descent) else { continue };
            match name.as_str() {
                "WordDocument" => self.word(folder, streams, bytes, descent)?,
                "Workbook" | "Book" => xls::read(&bytes, descent)?,
                "PowerPoint Document" => ppt::read(&bytes, descent)?,
                "Current User" => ppt::note_encrypted(&bytes, descent),
                "\u{5}SummaryInformation" | "\u{5}DocumentSummaryInformation" => {
                    let mut out = Properties::new();
                    property_set::read(&bytes, &mut out, descent)?;
                    out.finish(descent)?;
                }
                "\u{1}Ole10Native" => self.packaged(&bytes, descent)?,
                "VisioDocument" if visio_old::is_drawing(&bytes) => {
                    visio_old::read(&bytes, descent)?;
                }
                "CONTENTS" if publisher::is_text(&bytes) => publisher::read(&bytes, descent)?,
                "Package" | "CONTENTS" | "Contents" => {
                    descent.part(Part::new(name, Content::Bytes(&bytes)))?;
                }
                // The tables of the documents above, read with them.
                "0Table" | "1Table" if streams.contains_key("WordDocument") => {}
                "Pictures" if streams.contains_key("PowerPoint Document") => {
                    pictures::give(&bytes, descent)?;
                }
                "Data" if streams.contains_key("WordDocument") => {
                    pictures::give(&bytes, descent)?;
                    raw::strings(&bytes[..], 0, descent)?;
                }
                // How a document within it looks, for who cannot open it.
                "\u{3}EPRINT" if bytes.starts_with(&[1, 0, 0, 0]) => {
                    descent.part(Part::new("preview", Content::Bytes(&bytes)))?;
                }
                name if is_formal(name) => raw::strings(&bytes[..], 0, descent)?,
                // Its table says the names of the modules and what they use.
                "dir" if streams.contains_key("_VBA_PROJECT") => {
                    let most = descent.budget().limits().buffer as usize;
                    raw::strings(&macros::unpacked(&bytes, most)[..], 0, descent)?;
                }
                _ => self.other(name, &bytes, descent)?,
            }
        }
        Continue(())
    }

    /// A Word document, with the streams that belong to it.
    fn word(
        &mut self,
        folder: &str,
        streams: &Storage,
        document: Vec<u8>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let mut stream = |name: &str, descent: &mut Descent<'_>| match streams.contains_key(name) {
            true => self.bytes(folder, name, descent).unwrap_or_default(),
            false => Vec::new(),
        };
        let table = if doc::uses_table_1(&document) { "1Table" } else { "0Table" };
        let mut all = Streams { table: stream(table, descent), data: Vec::new(), document };
        if doc::is_locked(&all.document) {
            all.data = stream("Data", descent);
            if let Some(opened) = doc::unlocked(&all, descent) {
                all = opened;
                pictures::give(&all.data, descent)?;
                raw::strings(&all.data[..], 0, descent)?;
            }
        }
        doc::read(&all.document, &all.table, descent)?;
        pictures::give(&all.document, descent)
    }

    /// A stream of no name that is known: a macro, another file, or data of a program's own.
    fn other(&mut self, name: &str, bytes: &[u8], descent: &mut Descent<'_>) -> Flow {
        let most = descent.budget().limits().buffer as usize;
        if let Some(source) = macros::source(bytes, most) {
            match descent.budget().take_bytes(source.len() as u64) {
                Ok(()) => {
                    let name = format!("{name}.bas");
                    descent.part(Part::new(name, Content::Bytes(&source)))?;
                }
                Err(Stopped(reason)) => descent.note_inside(name, reason, None),
            }
            return raw::strings(bytes, 0, descent);
        }
        let hint = Hint { len: Some(bytes.len() as u64), ..Hint::default() };
        let chosen = descent.choose(&bytes[..bytes.len().min(SNIFF)], &hint);
        if chosen.is_some_and(|(_, sure)| sure >= Sure::Certain) {
            return descent.part(Part::new(name, Content::Bytes(bytes)));
        }
        self.unknown += bytes.len() as u64;
        raw::strings(bytes, 0, descent)
    }

    /// A stream's bytes. What cannot be read is noted; what could be read before is given.
    pub(super) fn bytes(
        &mut self,
        folder: &str,
        name: &str,
        descent: &mut Descent<'_>,
    ) -> Option<Vec<u8>> {
        let path = format!("{folder}/{name}");
        let most = descent.budget().limits().buffer;
        let mut bytes = Vec::new();
        let read = self.file.open_stream(&path).and_then(|stream| {
            let mut metered = descent.budget().meter(stream, None);
            (&mut metered).take(most).read_to_end(&mut bytes)
        });
        let reason = match read {
            Ok(n) if (n as u64) < most => return Some(bytes),
            Ok(_) => Reason::LimitMemory,
            Err(error) => Stopped::reason(&error),
        };
        descent.note_inside(&shown(folder, name), reason, None);
        self.claimed = false;
        (!bytes.is_empty()).then_some(bytes)
    }

    /// A file put into a document as an icon.
    fn packaged(&mut self, bytes: &[u8], descent: &mut Descent<'_>) -> Flow {
        let (name, data) = packaged(bytes).unwrap_or(("embedded".to_owned(), bytes));
        descent.part(Part::new(name, Content::Bytes(data)))
    }
}

fn shown(folder: &str, name: &str) -> String {
    let path = format!("{folder}/{name}");
    path.trim_start_matches('/').replace(|c: char| c.is_control(), "")
}

/// Streams of a few numbers and names that a program keeps for itself.
fn is_formal(name: &str) -> bool {
    // What a program made of macros, to have it at hand; their source is read.
    name.starts_with("__SRP_")
        || matches!(
            name,
            "\u{1}CompObj"
                | "\u{1}Ole"
                | "\u{3}ObjInfo"
                | "\u{3}LinkInfo"
                | "\u{3}EPRINT"
                | "\u{2}OlePres000"
                | "\u{2}OlePres001"
                | "\u{3}PRINT"
                | "\u{3}OCXNAME"
                | "\u{3}OCXDATA"
                | "PROJECT"
                | "PROJECTwm"
                | "_VBA_PROJECT"
                | "VersionNumber"
                | "Current User"
                | "\u{6}DataSpaces"
                | "PROJECTlk"
                | "\u{3}META"
                | "\u{3}CXNAME"
        )
}

/// Name and data of an `Ole10Native` stream (MS-OLEDS 2.3.6): size, two bytes, label, path, eight
/// bytes, temporary path with its length, size, data.
fn packaged(bytes: &[u8]) -> Option<(String, &[u8])> {
    let text = |at: usize| -> Option<(String, usize)> {
        let end = at + memchr::memchr(0, bytes.get(at..)?)?;
        Some((String::from_utf8_lossy(&bytes[at..end]).into_owned(), end + 1))
    };
    let number = |at: usize| -> Option<usize> {
        Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
    };
    let (name, at) = text(6)?;
    let (_, at) = text(at)?;
    let at = at + 4;
    let at = at + 4 + number(at)?;
    let size = number(at)?;
    let data = bytes.get(at + 4..)?;
    Some((name, &data[..size.min(data.len())]))
}
