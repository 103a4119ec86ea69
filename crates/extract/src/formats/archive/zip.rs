//! Zip archives, honest or not.

use super::claims::Claims;
use super::codec::{Codec, Progress, Watched};
use super::names;
use super::store::Store;
use super::zip_directory::{Directory, Entry, LOCAL, Local};
use crate::budget::Budget;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Piece, Sure};
use crate::formats::raw::{self, Raw};
use crate::unlock::zipped::Lock;
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// Zip archives: what the directory lists, and what only local headers show.
pub struct Zip;

/// The media type under which a reader of some format made of a zip hands its part over to be read
/// entry by entry, because it cannot read it itself.
pub(crate) const ENTRIES: &str = "application/zip; as=entries";

impl Extractor for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let starts = |all: &[&[u8]]| all.iter().any(|s| head.starts_with(s));
        if starts(&[LOCAL, b"PK\x05\x06", b"PK\x07\x08", b"PK00PK\x03\x04"]) {
            Sure::Certain
        } else if starts(&[b"MZ", b"\x7fELF"]) || hint.ends(&["zip"]) || raw::almost(head, LOCAL) {
            // Programs that unpack themselves, and archives whose beginning is damaged.
            Sure::Likely
        } else {
            Sure::No
        }
    }

    /// Only an honest archive is divided: its directory and what lies before it agree, and nobody
    /// could take it for anything else. One that is larger than may be read is not: where reading
    /// stops then, only one reader knows.
    fn divide(&self, content: &Content<'_>, budget: &Budget, most: usize) -> Vec<Piece> {
        let limits = budget.limits();
        let Some(store) = Store::of(content) else { return Vec::new() };
        let Ok(directory) = Directory::read(&store, limits.parts + 1) else { return Vec::new() };
        let sizes = directory.entries.iter().map(|e| e.size).fold(0, u64::saturating_add);
        let within = directory.entries.len() as u64 <= limits.parts && sizes <= limits.bytes;
        if within { directory.divide(store.len(), most) } else { Vec::new() }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let head = store.read(0..64).unwrap_or_default();
        let directory = match Directory::read(&store, descent.budget().limits().parts + 1) {
            Ok(directory) => directory,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        let claims = Claims::new(store.len());
        if !directory.found && self.sniff(&head, &Hint::default()) != Sure::Certain {
            return Raw.extract(part, descent);
        }
        let entries = part.media.as_deref() == Some(ENTRIES);
        if let Some(office) = directory.office().filter(|_| !entries) {
            return office.extract(part, descent);
        }
        let start = if directory.range.is_empty() { store.len() } else { directory.range.start };
        let piece = descent.piece();
        let whole = piece.is_none();
        let Piece { bytes, before } = piece.unwrap_or(Piece { bytes: 0..store.len(), before: 0 });
        let number = usize::try_from(before).unwrap_or(usize::MAX);
        let read = HashSet::new();
        let reading = Reading { store, claims, directory: start, read, number, bytes, whole };
        reading.all(&directory, descent)
    }
}

/// The reading of one archive.
struct Reading<'a> {
    store: Store<'a>,
    claims: Claims,
    /// Where the directory begins; the archive's end without one.
    directory: u64,
    /// Where the data of the entries read so far begins.
    read: HashSet<u64>,
    number: usize,
    /// Where the entries lie that are to be read, and whether those are all of them.
    bytes: Range<u64>,
    whole: bool,
}

impl Reading<'_> {
    fn all(mut self, directory: &Directory, descent: &mut Descent<'_>) -> Flow {
        let marked_split = self.store.read(0..4).is_ok_and(|b| &*b == b"PK\x07\x08");
        if directory.split || (marked_split && !directory.found) {
            descent.note(Reason::Fragment);
        }
        if !directory.found {
            descent.note_with(Reason::Damaged, None, "its directory is missing");
        } else if directory.damaged {
            descent.note_with(Reason::Damaged, None, "its directory contradicts itself");
        }
        if directory.cut {
            descent.note(Reason::LimitCount);
        }
        if self.bytes.start == 0 {
            names::property("comment", &directory.comment, descent)?;
        }
        if self.bytes.end >= directory.range.end {
            self.claims.claim(directory.range.clone(), Fate::Scanned, descent);
        }
        if directory.overlaps() {
            descent.note(Reason::Overlap);
        }
        let (bytes, whole) = (self.bytes.clone(), self.whole);
        for entry in directory.entries.iter().filter(|e| whole || bytes.contains(&e.offset)) {
            if descent.budget().check().is_err() {
                break;
            }
            self.listed(entry, descent)?;
        }
        self.unlisted(directory.found, descent)
    }

    /// An entry of the directory.
    fn listed(&mut self, central: &Entry, descent: &mut Descent<'_>) -> Flow {
        self.number += 1;
        let name = names::text(&central.name);
        let shown = names::shown(&name, self.number);
        names::give(&name, &shown, descent)?;
        names::property("comment", &central.comment, descent)?;
        let local = match Local::read(&self.store, central.offset) {
            Ok(Some(local)) => local,
            Ok(None) | Err(_) if !self.whole => return descent.stop_dividing(),
            Ok(None) => {
                descent.note_inside(&shown, Reason::Damaged, Some(central.packed));
                return Flow::Continue(());
            }
            Err(error) => {
                descent.note_inside(&shown, Stopped::reason(&error), Some(central.packed));
                return Flow::Continue(());
            }
        };
        if !self.read.insert(local.data) {
            descent.note_inside(&shown, Reason::Overlap, None);
            return Flow::Continue(());
        }
        if local.differs(central) {
            descent.note_inside(&shown, Reason::Damaged, None);
            if local.entry.name != central.name {
                names::scan(&names::text(&local.entry.name), descent)?;
            }
        }
        // Where the two disagree, whichever gives more to read.
        let packed = if local.entry.is_streamed() && local.entry.packed == u64::from(u32::MAX) {
            central.packed
        } else {
            central.packed.max(local.entry.packed)
        };
        let entry = Entry {
            packed,
            flags: if local.entry.is_encrypted() { central.flags } else { central.flags & !1 },
            ..central.clone()
        };
        self.entry(&entry, &local, Some(packed), shown, descent)
    }

    /// What lies between the entries of the directory, if it looks like entries.
    fn unlisted(&mut self, found: bool, descent: &mut Descent<'_>) -> Flow {
        let mut noted = !found;
        for gap in self.claims.free(self.bytes.clone()) {
            let mut at = gap.start;
            while descent.budget().check().is_ok() {
                let header = match self.store.find(at..gap.end, LOCAL) {
                    Ok(Some(header)) => header,
                    Ok(None) => break,
                    Err(error) => {
                        descent.fault(&error);
                        return Flow::Continue(());
                    }
                };
                at = header + 4;
                let Ok(Some(local)) = Local::read(&self.store, header) else { continue };
                // What no zip was ever made with is a chance likeness.
                if local.data > gap.end || local.entry.method > 99 || local.entry.name.is_empty() {
                    continue;
                }
                if !self.whole {
                    return descent.stop_dividing();
                }
                if !noted {
                    noted = true;
                    let words = "it holds entries that its directory does not list";
                    descent.note_with(Reason::Damaged, None, words);
                }
                self.number += 1;
                let name = names::text(&local.entry.name);
                let shown = names::shown(&name, self.number);
                names::give(&name, &shown, descent)?;
                let room = gap.end - local.data;
                let streamed = local.entry.is_streamed() && local.entry.packed == 0;
                let packed = match (streamed, Codec::of_zip(local.entry.method)) {
                    (false, _) => Some(local.entry.packed),
                    // Nothing in stored data says where it ends, except the next header.
                    (true, Some(Codec::Stored) | None) => {
                        let next = [&b"PK\x07\x08"[..], LOCAL, b"PK\x01\x02"]
                            .iter()
                            .filter_map(|s| self.store.find(local.data..gap.end, s).ok().flatten())
                            .min();
                        Some(next.map_or(room, |next| next - local.data))
                    }
                    (true, Some(_)) => None,
                };
                let entry = local.entry.clone();
                let data = local.data;
                let end = Cell::new(data);
                let flow = self.entry_in(&entry, &local, packed, room, shown, &end, descent);
                flow?;
                at = at.max(end.get());
            }
        }
        Flow::Continue(())
    }

    fn entry(
        &mut self,
        entry: &Entry,
        local: &Local,
        packed: Option<u64>,
        shown: String,
        descent: &mut Descent<'_>,
    ) -> Flow {
        // Data does not run into the directory, whatever its header says.
        let stop = if local.data <= self.directory { self.directory } else { self.store.len() };
        let room = stop - local.data;
        let end = Cell::new(local.data);
        self.entry_in(entry, local, packed, room, shown, &end, descent)
    }

    /// Reads one entry whose data has `room` bytes at most, and says in `end` where it ended.
    /// Without `packed` the compressed data itself says where it ends.
    #[allow(clippy::too_many_arguments)]
    fn entry_in(
        &mut self,
        entry: &Entry,
        local: &Local,
        packed: Option<u64>,
        room: u64,
        shown: String,
        end: &Cell<u64>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let data = local.data..local.data + packed.unwrap_or(room).min(room);
        end.set(data.end);
        if !self.whole && data.end > self.bytes.end {
            return descent.stop_dividing();
        }
        // Long extra fields are left to the printable-strings pass.
        let header = if local.extra.end - local.extra.start > 64 {
            entry.offset..local.extra.start
        } else {
            entry.offset..local.data
        };
        self.claims.claim(header, Fate::Scanned, descent);
        let lost = |reason, this: &mut Self, descent: &mut Descent<'_>| {
            descent.note_inside(&shown, reason, Some(data.end - data.start));
            this.claims.claim(data.clone(), Fate::Unscannable(reason), descent);
            Flow::Continue(())
        };
        if entry.is_encrypted() && !self.is_plain(entry, &data, descent) {
            let Some(content) = self.unlocked(entry, local, &data, descent) else {
                return lost(Reason::Encrypted, self, descent);
            };
            descent.opened(Some(&shown));
            self.claims.claim(data, Fate::Scanned, descent);
            return descent.part(Part::new(shown, Content::Bytes(&content)));
        }
        let Some(codec) = Codec::of_zip(entry.method) else {
            return lost(Reason::Unsupported, self, descent);
        };
        if packed.is_some_and(|packed| packed > room) {
            let whole = self.directory < self.store.len();
            let reason = if whole { Reason::Damaged } else { Reason::Truncated };
            descent.note_inside(&shown, reason, packed.map(|p| p - room));
        }
        if data.is_empty() && entry.size == 0 {
            return Flow::Continue(());
        }
        let progress = Cell::new(Progress::Unread);
        let consumed = Cell::new(0);
        let flow = if let (Codec::Stored, Store::Bytes(all)) = (codec, self.store) {
            let bytes = &all[data.start as usize..data.end as usize];
            if let Err(Stopped(reason)) = descent.budget().take_bytes(bytes.len() as u64) {
                return lost(reason, self, descent);
            }
            let mut crc = flate2::Crc::new();
            crc.update(bytes);
            progress.set(Progress::Ended { crc: crc.sum(), len: bytes.len() as u64 });
            consumed.set(bytes.len() as u64);
            descent.part(Part::new(shown.clone(), Content::Bytes(bytes)))
        } else {
            let source = Consumed { inner: self.store.reader(data.clone()), count: &consumed };
            let memory = descent.budget().limits().buffer;
            // Sizes of streamed entries are not known to their decoder, which has an end mark.
            let size = (entry.flags & 2 == 0).then_some(entry.size);
            let decoded = match codec.decode(source, size, memory) {
                Ok(decoded) => decoded,
                Err(error) => return lost(Stopped::reason(&error), self, descent),
            };
            let metered = descent.budget().meter(decoded, Some(data.end - data.start));
            let watched = Watched::new(metered, &progress);
            descent.part(Part::new(shown.clone(), Content::Stream(Box::new(watched))))
        };
        match progress.get() {
            Progress::Ended { crc, len } => {
                let (told, size) = self.told(entry, packed, data.start + consumed.get());
                if told.is_some_and(|told| told != crc) || size.is_some_and(|size| size != len) {
                    descent.note_inside(&shown, Reason::Damaged, None);
                }
                if packed.is_none() {
                    end.set(data.start + consumed.get());
                }
                let read = data.start..end.get();
                self.claims.claim(read, Fate::Scanned, descent);
            }
            Progress::Begun => self.claims.claim(data, Fate::Scanned, descent),
            Progress::Failed(reason) => {
                // The reader of the part has noted it.
                self.claims.claim(data, Fate::Unscannable(reason), descent);
            }
            Progress::Unread => {
                let reason = descent.budget().check().err().map_or(Reason::LimitDepth, |s| s.0);
                self.claims.claim(data, Fate::Unscannable(reason), descent);
            }
        }
        flow
    }

    /// The content of an encrypted entry, if a password fits.
    fn unlocked(
        &self,
        entry: &Entry,
        local: &Local,
        data: &Range<u64>,
        descent: &Descent<'_>,
    ) -> Option<Vec<u8>> {
        let budget = descent.budget();
        let most = budget.limits().buffer;
        if descent.passwords().is_empty() || data.end - data.start > most {
            return None;
        }
        let extra = self.store.read(local.extra.clone()).ok()?;
        // Where the checksum follows the data, the time stands in for it (APPNOTE.TXT 6.1.6).
        let check = match entry.is_streamed() {
            true => self.store.read(entry.offset + 10..entry.offset + 12).ok()?.get(1).copied()?,
            false => (entry.crc >> 24) as u8,
        };
        let lock = Lock::read(entry.method, &extra, check)?;
        let (method, checked) = match lock {
            Lock::Old { .. } => (entry.method, true),
            // AE-2 leaves the checksum out.
            Lock::Aes { method, .. } => (method, entry.crc != 0),
        };
        let codec = Codec::of_zip(method)?;
        let packed = self.store.read(data.clone()).ok()?;
        for password in descent.passwords() {
            budget.check().ok()?;
            let Some(plain) = lock.open(&packed, password) else { continue };
            let size = (entry.flags & 2 == 0).then_some(entry.size);
            let Ok(decoded) = codec.decode(&plain[..], size, most) else { continue };
            let mut content = Vec::new();
            let read = budget.meter(decoded, Some(plain.len() as u64)).take(most + 1);
            let whole = io::copy(&mut { read }, &mut content).is_ok_and(|n| n <= most);
            let mut crc = flate2::Crc::new();
            crc.update(&content);
            if whole && (!checked || crc.sum() == entry.crc) {
                return Some(content);
            }
        }
        None
    }

    /// True when an entry that is said to be encrypted is not: read as it stands, it has the size
    /// and checksum that it should.
    fn is_plain(&self, entry: &Entry, data: &Range<u64>, descent: &Descent<'_>) -> bool {
        let most = descent.budget().limits().buffer;
        let packed = data.end - data.start;
        let Some(codec) = Codec::of_zip(entry.method) else { return false };
        let possible = codec != Codec::Stored || packed == entry.size;
        if entry.crc == 0 || entry.size > most || !possible {
            return false;
        }
        let source = self.store.reader(data.clone());
        let Ok(mut decoded) = codec.decode(source, Some(entry.size), most) else { return false };
        let mut crc = flate2::Crc::new();
        let mut block = vec![0; 64 << 10];
        let mut len = 0;
        while descent.budget().check().is_ok() {
            match decoded.read(&mut block) {
                Ok(0) => return len == entry.size && crc.sum() == entry.crc,
                Ok(n) => {
                    crc.update(&block[..n]);
                    len += n as u64;
                }
                Err(_) => return false,
            }
            if len > entry.size {
                return false;
            }
        }
        false
    }

    /// Checksum and size that an entry should have. Of a streamed entry without a directory they
    /// follow its data, if anywhere.
    fn told(&self, entry: &Entry, packed: Option<u64>, end: u64) -> (Option<u32>, Option<u64>) {
        if packed.is_some() && !(entry.is_streamed() && entry.crc == 0 && entry.size == 0) {
            return (Some(entry.crc), Some(entry.size));
        }
        match self.store.read(end..end + 8) {
            Ok(bytes) if bytes.len() == 8 && bytes.starts_with(b"PK\x07\x08") => {
                (bytes[4..].first_chunk().map(|&crc| u32::from_le_bytes(crc)), None)
            }
            _ => (None, None),
        }
    }
}

/// Counts what a decoder takes from its source.
struct Consumed<'c, R> {
    inner: R,
    count: &'c Cell<u64>,
}

impl<R: BufRead> Read for Consumed<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Consumed<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.count.set(self.count.get() + n as u64);
        self.inner.consume(n);
    }
}
