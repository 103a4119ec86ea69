//! The zip package around an office document: its entries, and the account of its bytes.

use crate::descend::{Descent, Flow};
use crate::extractor::Sure;
use crate::formats::archive::Claims;
use crate::unlock::odf::Lock;
use dlpscan_core::model::{
    Content, Fate, Part, Place, ReadSeek, Reason, Role, Secret, Segment, Stopped,
};
use std::collections::HashSet;
use std::io::{self, Read, SeekFrom};
use std::ops::ControlFlow::Continue;
use std::ops::Range;
use zip::ZipArchive;

/// A stretch between entries that is shorter is a data descriptor or padding.
const SHORTEST_STRAY: u64 = 64;

/// An open package.
pub(super) struct Package<'c> {
    zip: ZipArchive<Box<dyn ReadSeek + 'c>>,
    names: Vec<String>,
    len: u64,
    claims: Claims,
    overlap: bool,
    /// Entries that have been read, so that reading one again is no overlap.
    read: HashSet<usize>,
}

impl<'c> Package<'c> {
    /// Reads the directory of a package of `len` bytes.
    pub(super) fn open(content: Content<'c>, len: u64, most: u64) -> io::Result<Self> {
        let zip = ZipArchive::new(content.seekable(most)?).map_err(io::Error::from)?;
        let names = zip
            .file_names_raw()
            .map(|n| {
                String::from_utf8_lossy(n).replace('\\', "/").trim_start_matches('/').to_owned()
            })
            .collect();
        Ok(Package {
            zip,
            names,
            len,
            claims: Claims::new(len),
            overlap: false,
            read: HashSet::new(),
        })
    }

    /// The names of the entries, in the order of the directory.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The entry of this name, in whatever case it is written.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n.eq_ignore_ascii_case(name))
    }

    /// Reads one entry. What goes wrong is noted; `Ok` from `read` means it was read through.
    pub(super) fn read(
        &mut self,
        index: usize,
        descent: &mut Descent<'_>,
        read: impl FnOnce(&mut dyn Read, &mut Descent<'_>) -> io::Result<Flow>,
    ) -> Flow {
        let Some(name) = self.names.get(index) else { return Continue(()) };
        let budget = descent.budget();
        let Ok(entry) = self.zip.by_index_data(index) else { return Continue(()) };
        let (header, packed) = (entry.header_start(), entry.compressed_size());
        if entry.encrypted() {
            descent.note_inside(name, Reason::Encrypted, Some(entry.size()));
            let range = header..header.saturating_add(30 + packed).min(self.len);
            self.claim(range, Fate::Unscannable(Reason::Encrypted), descent);
            return Continue(());
        }
        let result = match self.zip.by_index(index) {
            Ok(file) => {
                let start = file.data_start().unwrap_or(header);
                let range = header..start.saturating_add(packed).min(self.len);
                let mut metered = budget.meter(file, Some(packed));
                read(&mut metered, descent)
                    .map(|flow| (flow, range.clone()))
                    .map_err(|e| (e, range))
            }
            Err(error) => Err((error.into(), header..header)),
        };
        match result {
            Ok((flow, range)) => {
                if self.read.insert(index) {
                    self.claim(range, Fate::Scanned, descent);
                }
                flow
            }
            Err((error, range)) => {
                let reason = Stopped::reason(&error);
                descent.note_inside(name, reason, Some(range.end - range.start));
                if self.read.insert(index) {
                    self.claim(range, Fate::Unscannable(reason), descent);
                }
                Continue(())
            }
        }
    }

    /// The deflated bytes of an entry that the document itself says is encrypted, if a password
    /// opens it; else its size. The entry is claimed either way.
    pub(super) fn unlocked(
        &mut self,
        index: usize,
        lock: &Lock,
        passwords: &mut &[Secret],
        descent: &mut Descent<'_>,
    ) -> Result<Vec<u8>, u64> {
        let Ok(mut file) = self.zip.by_index_raw(index) else { return Err(0) };
        let start = file.data_start().unwrap_or(file.header_start());
        let packed = file.compressed_size();
        let range = file.header_start()..start.saturating_add(packed).min(self.len);
        let budget = descent.budget();
        let mut data = Vec::new();
        let most = budget.limits().buffer;
        let whole = !passwords.is_empty()
            && budget.take_bytes(packed.min(most)).is_ok()
            && (&mut file).take(most).read_to_end(&mut data).is_ok();
        drop(file);
        let opened = match lock.open(&data, passwords, budget) {
            Ok(opened) => opened.filter(|_| whole),
            Err(Stopped(reason)) => {
                descent.note(reason);
                None
            }
        };
        let fate = opened.as_ref().map_or(Fate::Unscannable(Reason::Encrypted), |_| Fate::Scanned);
        self.claim(range, fate, descent);
        opened.ok_or(packed)
    }

    fn claim(&mut self, range: Range<u64>, fate: Fate, descent: &mut Descent<'_>) {
        let free: u64 = self.claims.free(range.clone()).iter().map(|r| r.end - r.start).sum();
        self.overlap |= free < range.end.saturating_sub(range.start);
        self.claims.claim(range, fate, descent);
    }

    /// Claims the directory, and gives what no entry covers to whoever knows it; the rest of it
    /// is left unclaimed.
    pub(super) fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        let comment = self.zip.comment().to_vec();
        if !comment.is_empty() {
            let place = Place::Property { name: "archive comment".into() };
            descent.segment(&Segment::new(&comment, place).with_role(Role::Metadata))?;
        }
        let directory = self.zip.central_directory_start();
        let mut reader = self.zip.into_inner();
        let end = directory_end(&mut reader, directory, self.len, comment.len() as u64);
        if let Some(end) = end {
            self.claims.claim(directory..end, Fate::Scanned, descent);
        }
        if self.overlap {
            descent.note(Reason::Overlap);
        }
        for gap in self.claims.free(0..self.len) {
            if gap.end - gap.start >= SHORTEST_STRAY {
                stray(&mut reader, gap, descent)?;
            }
        }
        Continue(())
    }
}

/// Where the directory ends, its end record and comment included.
fn directory_end(
    reader: &mut (impl Read + io::Seek),
    start: u64,
    len: u64,
    comment: u64,
) -> Option<u64> {
    // The end record stands in the last 64 KiB unless something was appended.
    reader.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = Vec::new();
    reader.take((len - start.min(len)).min(16 << 20)).read_to_end(&mut bytes).ok()?;
    let at = memchr::memmem::find(&bytes, b"PK\x05\x06")?;
    Some((start + at as u64 + 22 + comment).min(len))
}

/// Bytes of the package that belong to no listed entry: an entry the directory does not list,
/// something in front or appended. Read as a part if its type is plain to see.
fn stray(
    reader: &mut (impl Read + io::Seek),
    range: Range<u64>,
    descent: &mut Descent<'_>,
) -> Flow {
    let most = descent.budget().limits().buffer;
    let mut bytes = Vec::new();
    let size = range.end - range.start;
    let read = reader
        .seek(SeekFrom::Start(range.start))
        .and_then(|_| reader.take(size.min(most)).read_to_end(&mut bytes));
    if read.is_err() || bytes.len() as u64 != size {
        return Continue(());
    }
    let head = &bytes[..bytes.len().min(crate::SNIFF)];
    let hint = crate::Hint { len: Some(size), ..crate::Hint::default() };
    let known = descent.choose(head, &hint).is_some_and(|(_, sure)| sure >= Sure::Certain);
    if !known {
        return Continue(());
    }
    descent.claim(range.clone(), Fate::Scanned);
    let name = format!("unlisted bytes at {}", range.start);
    descent.part(Part::new(name, Content::Bytes(&bytes)))
}
