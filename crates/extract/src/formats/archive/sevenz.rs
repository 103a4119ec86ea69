//! 7z archives: LZMA SDK's container, whose directory stands at the end and is mostly packed too.

use super::claims::Claims;
use super::codec::careful;
use super::names;
use super::sequence::file;
use super::sevenz_coder as coder;
use super::sevenz_header::{
    Directory, Entry, Folder, Header, SIGNATURE, START, StartHeader, Streams, checksum,
};
use super::store::Store;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::unlock::sevenz::Key;
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};

/// 7z archives, solid or not.
pub struct SevenZ;

impl Extractor for SevenZ {
    fn name(&self) -> &'static str {
        "7z"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(SIGNATURE) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let claims = Claims::new(store.len());
        let is_piece = part
            .name
            .rsplit_once('.')
            .is_some_and(|(_, end)| end.len() >= 3 && end.bytes().all(|b| b.is_ascii_digit()));
        Reading { store, claims, is_piece, number: 0, fitted: None }.all(descent)
    }
}

/// A packed directory whose content is a packed directory, and so on, ends here.
const DEEPEST: usize = 4;

/// The reading of one archive.
struct Reading<'a> {
    store: Store<'a>,
    claims: Claims,
    /// Its name says that it is one of several volumes.
    is_piece: bool,
    number: usize,
    /// The password that opened a folder.
    fitted: Option<usize>,
}

impl<'a> Reading<'a> {
    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let head = match self.store.read(0..START) {
            Ok(head) => head,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        let Some(start) = StartHeader::read(&head) else {
            descent.note(Reason::Truncated);
            return Flow::Continue(());
        };
        self.claims.claim(0..START, Fate::Scanned, descent);
        let range = start.at..start.at.saturating_add(start.size);
        if range.end > self.store.len() {
            let reason = match (start.sound, self.is_piece) {
                (true, true) => Reason::Fragment,
                (true, false) => Reason::Truncated,
                (false, _) => Reason::Damaged,
            };
            descent.note_with(reason, None, "its directory is missing");
            if !start.known {
                descent.note_with(Reason::Unsupported, None, "a version that there is not");
            }
            return self.blind(descent);
        }
        if !start.sound {
            descent.note_with(Reason::Damaged, None, "its first bytes contradict themselves");
        }
        if start.size == 0 {
            // An archive of nothing.
            return Flow::Continue(());
        }
        match self.directory(range, start.crc, descent) {
            Ok(directory) => self.listed(&directory, descent),
            Err(Stopped(Reason::Encrypted)) => {
                descent.note_with(Reason::Encrypted, None, "its list of files is encrypted too");
                let rest = START..self.store.len();
                self.claims.claim(rest, Fate::Unscannable(Reason::Encrypted), descent);
                Flow::Continue(())
            }
            Err(Stopped(Reason::Damaged)) => {
                descent.note_with(Reason::Damaged, None, "its directory cannot be read");
                self.blind(descent)
            }
            Err(Stopped(reason)) => {
                descent.note_with(reason, None, "its directory cannot be read");
                Flow::Continue(())
            }
        }
    }

    /// The directory, unpacked as often as it takes.
    fn directory(
        &mut self,
        range: Range<u64>,
        crc: u32,
        descent: &mut Descent<'_>,
    ) -> Result<Directory, Stopped> {
        let limits = descent.budget().limits();
        if range.end - range.start > limits.buffer {
            return Err(Stopped(Reason::LimitMemory));
        }
        let stopped = |error: io::Error| Stopped(Stopped::reason(&error));
        let most = usize::try_from(limits.parts.saturating_add(1)).unwrap_or(usize::MAX);
        let mut bytes = self.store.read(range.clone()).map_err(stopped)?.into_owned();
        if checksum(&bytes) != crc {
            descent.note_with(Reason::Damaged, None, "its directory contradicts its checksum");
        }
        self.claims.claim(range, Fate::Scanned, descent);
        for _ in 0..DEEPEST {
            let header = Header::read(&bytes, most).ok_or(Stopped(Reason::Damaged))?;
            let streams = match header {
                Header::Plain(directory) => return Ok(directory),
                Header::Packed(streams) => streams,
            };
            let folder = streams.folders.first().ok_or(Stopped(Reason::Damaged))?;
            let ranges = self.packed(&streams, 0).ok_or(Stopped(Reason::Damaged))?;
            let key = match coder::is_encrypted(folder) {
                true => Some(self.key(folder, &ranges, descent).ok_or(Stopped(Reason::Encrypted))?),
                false => None,
            };
            if key.is_some() {
                descent.opened(None);
            }
            let readers = ranges.iter().map(|range| self.reader(range)).collect();
            let decoded =
                coder::decode(folder, readers, limits.buffer, key.as_ref()).map_err(stopped)?;
            let packed = ranges.iter().map(|r| r.end - r.start).sum();
            let metered = descent.budget().meter(decoded, Some(packed));
            let mut unpacked = Vec::new();
            metered.take(limits.buffer + 1).read_to_end(&mut unpacked).map_err(|error| {
                let reason = Stopped::reason(&error);
                // A directory that ends early is a damaged archive, not a short one.
                Stopped(if reason == Reason::Truncated { Reason::Damaged } else { reason })
            })?;
            if unpacked.len() as u64 > limits.buffer {
                return Err(Stopped(Reason::LimitMemory));
            }
            if folder.crc.is_some_and(|crc| crc != checksum(&unpacked)) {
                descent.note_with(Reason::Damaged, None, "its directory contradicts its checksum");
            }
            for range in ranges {
                self.claims.claim(range, Fate::Scanned, descent);
            }
            bytes = unpacked;
        }
        Err(Stopped(Reason::Cycle))
    }

    fn reader(&self, range: &Range<u64>) -> Box<dyn Read + 'a> {
        Box::new(self.store.reader(range.clone()))
    }

    /// The key of an encrypted folder, if a password fits: what it unpacks to has the checksum that
    /// it should.
    fn key(
        &mut self,
        folder: &Folder,
        ranges: &[Range<u64>],
        descent: &Descent<'_>,
    ) -> Option<Key> {
        let budget = descent.budget();
        let passwords = descent.passwords();
        if ranges.is_empty() || passwords.is_empty() {
            return None;
        }
        let lock = coder::lock(folder)?;
        let (len, crc) = match (folder.crc, folder.files.first()) {
            (Some(crc), _) => (folder.size(), crc),
            (None, Some(&(size, Some(crc)))) => (size, crc),
            _ => return None,
        };
        // What opened one folder mostly opens the next.
        for at in self.fitted.into_iter().chain(0..passwords.len()) {
            let key = lock.key(&passwords[at], budget).ok()?;
            let readers = ranges.iter().map(|range| self.reader(range)).collect();
            let memory = budget.limits().buffer;
            let Ok(decoded) = coder::decode(folder, readers, memory, Some(&key)) else { continue };
            let packed = ranges.iter().map(|r| r.end - r.start).sum();
            let mut decoded = budget.meter(decoded, Some(packed)).take(len);
            let mut sum = flate2::CrcWriter::new(io::sink());
            let whole = io::copy(&mut decoded, &mut sum).is_ok_and(|n| n == len);
            if whole && sum.crc().sum() == crc {
                self.fitted = Some(at);
                return Some(key);
            }
        }
        None
    }

    /// Where the packed streams of a folder lie.
    fn packed(&self, streams: &Streams, folder: usize) -> Option<Vec<Range<u64>>> {
        let first = streams.folders[..folder].iter().map(|f| f.inputs.len()).sum::<usize>();
        let sizes = streams.packed.get(first..first + streams.folders[folder].inputs.len())?;
        let before =
            streams.packed[..first].iter().try_fold(0_u64, |sum, &n| sum.checked_add(n))?;
        let mut at = streams.at.checked_add(before)?;
        let range = |&size: &u64| {
            let range = at..at.checked_add(size)?;
            at = range.end;
            Some(range)
        };
        sizes.iter().map(range).collect()
    }

    /// All that a directory lists.
    fn listed(&mut self, directory: &Directory, descent: &mut Descent<'_>) -> Flow {
        if directory.cut {
            descent.note(Reason::LimitCount);
        }
        let mut entries = directory.files.iter();
        for (i, folder) in directory.streams.folders.iter().enumerate() {
            // Entries without data stand anywhere between those that have some.
            let mut own = Vec::with_capacity(folder.files.len());
            while own.len() < folder.files.len() {
                match entries.next() {
                    Some(entry) if entry.has_stream => own.push(self.name(entry, descent)?),
                    Some(entry) => drop(self.name(entry, descent)?),
                    None => {
                        descent.note_with(Reason::Damaged, None, "it holds files it does not list");
                        own.push(self.name(&Entry::default(), descent)?);
                    }
                }
            }
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            let ranges = self.packed(&directory.streams, i);
            self.folder(folder, ranges.unwrap_or_default(), &own, descent)?;
        }
        for entry in entries {
            let shown = self.name(entry, descent)?;
            if entry.has_stream {
                descent.note_inside(&shown, Reason::Damaged, None);
            }
        }
        Flow::Continue(())
    }

    /// Scans an entry's name; gives what its part is called.
    fn name(&mut self, entry: &Entry, descent: &mut Descent<'_>) -> ControlFlow<(), String> {
        self.number += 1;
        let shown = names::shown(&entry.name, self.number);
        if !entry.name.is_empty() {
            names::give(&entry.name, &shown, descent)?;
        }
        ControlFlow::Continue(shown)
    }

    /// The files of a folder, which are one stream.
    fn folder(
        &mut self,
        folder: &Folder,
        ranges: Vec<Range<u64>>,
        names: &[String],
        descent: &mut Descent<'_>,
    ) -> Flow {
        let missing = ranges.iter().any(|range| range.end > self.store.len());
        let key = match coder::is_encrypted(folder) {
            true => self.key(folder, &ranges, descent),
            false => None,
        };
        if key.is_some() {
            names.iter().for_each(|name| descent.opened(Some(name)));
        }
        let lost = if coder::is_encrypted(folder) && key.is_none() {
            Some(Reason::Encrypted)
        } else if ranges.is_empty() {
            Some(Reason::Damaged)
        } else if missing && self.is_piece {
            Some(Reason::Fragment)
        } else {
            None
        };
        let memory = descent.budget().limits().buffer;
        let readers = ranges.iter().map(|range| self.reader(range)).collect();
        let decoded = match lost {
            Some(reason) => Err(Stopped(reason).into()),
            None => coder::decode(folder, readers, memory, key.as_ref()),
        };
        let mut failed = None;
        match decoded {
            Err(error) => {
                let reason = Stopped::reason(&error);
                for (name, &(size, _)) in names.iter().zip(&folder.files) {
                    descent.note_inside(name, reason, Some(size));
                }
                failed = Some(reason);
            }
            Ok(decoded) => {
                let packed = ranges.iter().map(|r| r.end - r.start).sum();
                let mut metered = descent.budget().meter(decoded, Some(packed));
                for (name, &(size, crc)) in names.iter().zip(&folder.files) {
                    match failed {
                        Some(reason) => descent.note_inside(name, reason, Some(size)),
                        None => failed = file(&mut metered, name, size, crc, descent)?,
                    }
                }
            }
        }
        let fate = failed.map_or(Fate::Scanned, Fate::Unscannable);
        for range in ranges {
            self.claims.claim(range, fate, descent);
        }
        Flow::Continue(())
    }

    /// Without a directory, what most archives begin with is tried: one LZMA2 stream.
    fn blind(&mut self, descent: &mut Descent<'_>) -> Flow {
        // The first chunk resets the dictionary, or it is something else.
        let resets = |first: &u8| *first == 1 || *first >= 0xe0;
        if !self.store.read(START..START + 1).is_ok_and(|b| b.first().is_some_and(resets)) {
            return Flow::Continue(());
        }
        let memory = u32::try_from(descent.budget().limits().buffer).unwrap_or(u32::MAX);
        let packed = START..self.store.len();
        let reader = lzma_rust2::Lzma2Reader::new(self.store.reader(packed.clone()), memory, None);
        let metered = descent.budget().meter(careful(reader), Some(packed.end - packed.start));
        descent.part(Part::new("content", Content::Stream(Box::new(metered))))
    }
}
