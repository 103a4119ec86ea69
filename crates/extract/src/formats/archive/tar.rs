//! Tar archives, read as they come.

use super::codec::Progress;
use super::names;
use super::tar_header::{BLOCK, Header, pax, pieces};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use std::io::{self, Read};

/// Tar archives of every age: V7, ustar, GNU, pax.
pub struct Tar;

impl Extractor for Tar {
    fn name(&self) -> &'static str {
        "tar"
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let marked = head.get(257..262) == Some(b"ustar");
        match Header::read(head) {
            Some(_) => Sure::Certain,
            None if marked => Sure::Certain,
            None if hint.ends(&["tar"]) && head.get(..BLOCK).is_some_and(is_zero) => Sure::Likely,
            None => Sure::No,
        }
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let input = match part.content {
            Content::Bytes(bytes) => Input {
                bytes: Some(bytes),
                reader: Box::new(io::empty()),
                pending: Vec::new(),
                at: 0,
            },
            other => Input {
                bytes: None,
                reader: Box::new(io::BufReader::with_capacity(64 << 10, other.reader())),
                pending: Vec::new(),
                at: 0,
            },
        };
        Reading { input, next: Named::default(), number: 0 }.all(descent)
    }
}

/// Longest name or pax header that is read as one, in bytes.
const LONGEST_NAME: u64 = 1 << 20;
/// Largest size that is believed, in bytes.
const LARGEST: u64 = 1 << 53;
/// Longest run of zeros given for a hole of a sparse file that is too long to be given in full.
const SHORT_HOLE: u64 = 4096;

/// What headers in front of an entry said about it.
#[derive(Default)]
struct Named {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    pieces: Vec<(u64, u64)>,
    whole: Option<u64>,
    map_in_data: bool,
}

struct Reading<'a> {
    input: Input<'a>,
    next: Named,
    number: usize,
}

impl Reading<'_> {
    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let mut ended = false;
        while descent.budget().check().is_ok() {
            let at = self.input.at;
            let block = match self.input.block() {
                Ok(block) => block,
                Err(error) => {
                    descent.fault(&error);
                    break;
                }
            };
            if block.is_empty() {
                // An archive without its two blocks of zeros was cut at best between entries.
                if !ended {
                    descent.note(Reason::Truncated);
                }
                break;
            }
            if is_zero(&block) {
                ended = true;
                descent.claim(at..self.input.at, Fate::Scanned);
                continue;
            }
            let read = Header::read(&block).or_else(|| {
                let marked = Header::read_marked(&block).filter(|_| !ended)?;
                descent.note_with(Reason::Damaged, None, "a header's checksum is wrong");
                Some(marked)
            });
            match read {
                Some(header) => {
                    ended = false;
                    descent.claim(at..self.input.at, Fate::Scanned);
                    self.entry(header, descent)?;
                }
                None => {
                    // After the end there may be anything; before it, it is damage.
                    if !ended {
                        let reason =
                            if block.len() < BLOCK { Reason::Truncated } else { Reason::Damaged };
                        descent.note(reason);
                    }
                    self.input.unread(&block);
                    if ended {
                        self.after_the_end(descent)?;
                    } else {
                        self.number += 1;
                        self.lost(format!("#{}", self.number), descent)?;
                    }
                }
            }
        }
        Flow::Continue(())
    }

    fn entry(&mut self, header: Header, descent: &mut Descent<'_>) -> Flow {
        let size = self.next.size.or(header.size).filter(|&size| size <= LARGEST);
        let lost = size.is_none();
        if lost {
            descent.note_with(Reason::Damaged, None, "an entry's size makes no sense");
        }
        let size = size.unwrap_or(0);
        match header.kind {
            b'L' | b'K' if size <= LONGEST_NAME => {
                let mut long = self.small(size, descent);
                while long.last() == Some(&0) {
                    long.pop();
                }
                if header.kind == b'L' {
                    self.next.name = Some(long);
                } else {
                    self.next.link = Some(long);
                }
                return Flow::Continue(());
            }
            b'x' | b'g' | b'X' if size <= LONGEST_NAME => {
                let data = self.small(size, descent);
                return self.pax(&data, header.kind == b'g', descent);
            }
            b'L' | b'K' | b'x' | b'g' | b'X' => {
                descent.note_with(Reason::Damaged, Some(size), "a name longer than any name is");
            }
            _ => {}
        }
        let mut named = std::mem::take(&mut self.next);
        if header.kind == b'S' {
            let (first, more, whole) = header.sparse.clone();
            named.pieces = first;
            named.whole = Some(whole);
            let mut more = more;
            while more && descent.budget().check().is_ok() {
                let at = self.input.at;
                let Ok(block) = self.input.block() else { break };
                descent.claim(at..self.input.at, Fate::Scanned);
                if block.len() < BLOCK {
                    break;
                }
                named.pieces.extend(pieces(&block[..504]));
                more = block[504] != 0;
            }
        }
        self.number += 1;
        let name = named.name.take().unwrap_or(header.name);
        let name = names::text(&name);
        let shown = names::shown(&name, self.number);
        names::give(&name, &shown, descent)?;
        let has_data = size > 0
            && match header.kind {
                b'1'..=b'6' => !self.input.header_follows(),
                _ => true,
            };
        match header.kind {
            b'1' | b'2' => {
                let link = named.link.take().unwrap_or(header.link);
                names::scan(&names::text(&link), descent)?;
                descent.note_inside(&shown, Reason::Symlink, None);
            }
            b'3' | b'4' | b'6' => descent.note_inside(&shown, Reason::SpecialFile, None),
            b'M' => descent.note_inside(&shown, Reason::Fragment, None),
            _ => {}
        }
        match (lost, has_data) {
            (true, _) => self.lost(shown, descent),
            (_, true) => self.data(size, named, shown, descent),
            _ => Flow::Continue(()),
        }
    }

    /// An entry's data, and the padding behind it.
    fn data(&mut self, size: u64, named: Named, shown: String, descent: &mut Descent<'_>) -> Flow {
        let start = self.input.at;
        let sparse = named.map_in_data || !named.pieces.is_empty();
        if let Some(all) = self.input.bytes.filter(|_| !sparse) {
            let end = start.saturating_add(size).min(all.len() as u64);
            let bytes = &all[start as usize..end as usize];
            self.input.at = end;
            let mut bytes = bytes;
            if end - start < size {
                descent.note_inside(&shown, Reason::Truncated, Some(size - (end - start)));
                // What is there of it may be filled up to a block.
                let filled = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
                bytes = &bytes[..filled];
            }
            self.input.pad(size);
            if let Err(Stopped(reason)) = descent.budget().take_bytes(bytes.len() as u64) {
                descent.note_inside(&shown, reason, Some(size));
                descent.claim(start..end, Fate::Unscannable(reason));
                return Flow::Continue(());
            }
            descent.claim(start..self.input.at, Fate::Scanned);
            return descent.part(Part::new(shown, Content::Bytes(bytes)));
        }
        let most = descent.budget().limits().buffer;
        let mut data = Data { input: &mut self.input, left: size, progress: Progress::Unread };
        let flow = if sparse {
            let pieces = if named.map_in_data { map_in(&mut data) } else { named.pieces };
            let whole = named.whole.unwrap_or(0);
            let sparse = Sparse::new(&mut data, pieces, whole, most);
            let metered = descent.budget().meter(sparse, Some(size));
            descent.part(Part::new(shown.clone(), Content::Stream(Box::new(metered))))
        } else {
            descent.part(Part::new(shown.clone(), Content::Stream(Box::new(&mut data))))
        };
        let untouched = data.progress == Progress::Unread;
        flow?;
        // What the part's reader did not want still has to be passed over.
        while data.left > 0 && descent.budget().check().is_ok() {
            match io::copy(&mut (&mut data).take(1 << 20), &mut io::sink()) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let (left, failed) = (data.left, matches!(data.progress, Progress::Failed(_)));
        if left > 0 && !failed && descent.budget().check().is_ok() {
            descent.note_inside(&shown, Reason::Truncated, Some(left));
        }
        self.input.pad(size);
        let fate = if untouched && size > left {
            let spent = descent.budget().check().err();
            Fate::Unscannable(spent.map_or(Reason::LimitDepth, |s| s.0))
        } else {
            Fate::Scanned
        };
        descent.claim(start..self.input.at, fate);
        Flow::Continue(())
    }

    /// The data of an entry that is a name or a list of properties.
    fn small(&mut self, size: u64, descent: &mut Descent<'_>) -> Vec<u8> {
        let start = self.input.at;
        let mut data = Vec::new();
        // What cannot be read any more shows itself at the next block.
        let _ = (&mut self.input).take(size).read_to_end(&mut data);
        if (data.len() as u64) < size {
            descent.note(Reason::Truncated);
        }
        self.input.pad(size);
        descent.claim(start..self.input.at, Fate::Scanned);
        data
    }

    fn pax(&mut self, data: &[u8], global: bool, descent: &mut Descent<'_>) -> Flow {
        let (records, whole) = pax(data);
        if !whole {
            descent.note_with(Reason::Damaged, None, "an extended header lies about its length");
            names::property("pax header", data, descent)?;
        }
        let decimal = |value: &[u8]| std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
        for (key, value) in records {
            if !global {
                let next = &mut self.next;
                match key {
                    b"path" | b"GNU.sparse.name" => next.name = Some(value.to_vec()),
                    b"linkpath" => next.link = Some(value.to_vec()),
                    b"size" => next.size = decimal(value),
                    b"GNU.sparse.realsize" | b"GNU.sparse.size" => next.whole = decimal(value),
                    b"GNU.sparse.major" => next.map_in_data = value == b"1",
                    b"GNU.sparse.offset" => next.pieces.push((decimal(value).unwrap_or(0), 0)),
                    b"GNU.sparse.numbytes" => {
                        if let Some(last) = next.pieces.last_mut() {
                            last.1 = decimal(value).unwrap_or(0);
                        }
                    }
                    b"GNU.sparse.map" => {
                        let numbers: Vec<u64> =
                            value.split(|&b| b == b',').filter_map(decimal).collect();
                        next.pieces = numbers.as_chunks().0.iter().map(|&[o, l]| (o, l)).collect();
                    }
                    _ => {}
                }
            }
            let times = [&b"mtime"[..], b"atime", b"ctime", b"size", b"uid", b"gid", b"path"];
            if !times.contains(&key) && !key.starts_with(b"GNU.sparse.") {
                names::property(&names::text(key), value, descent)?;
            }
        }
        Flow::Continue(())
    }

    /// Reads data whose header is lost: all up to the next header.
    fn lost(&mut self, shown: String, descent: &mut Descent<'_>) -> Flow {
        let from = self.input.at;
        let most = descent.budget().limits().buffer;
        let mut data = Vec::new();
        while !self.input.header_follows() && descent.budget().check().is_ok() {
            let block = self.input.block().unwrap_or_default();
            data.extend_from_slice(&block);
            if data.len() as u64 >= most {
                descent.note(Reason::LimitMemory);
                break;
            }
        }
        if self.input.is_cut() {
            data.extend(self.input.block().unwrap_or_default());
        }
        if let Err(Stopped(reason)) = descent.budget().take_bytes(data.len() as u64) {
            descent.claim(from..self.input.at, Fate::Unscannable(reason));
            return Flow::Continue(());
        }
        descent.claim(from..self.input.at, Fate::Scanned);
        if data.is_empty() {
            return Flow::Continue(());
        }
        let filled = data.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
        descent.part(Part::new(shown, Content::Bytes(&data[..filled])))
    }

    /// Looks for text in what follows the archive's end, up to another archive.
    fn after_the_end(&mut self, descent: &mut Descent<'_>) -> Flow {
        let mut skipped = Vec::new();
        let mut from = self.input.at;
        loop {
            let follows = self.input.header_follows();
            let block = if follows && !self.input.is_cut() {
                Vec::new()
            } else {
                self.input.block().unwrap_or_default()
            };
            skipped.extend_from_slice(&block);
            let done = block.len() < BLOCK || descent.budget().check().is_err();
            if done || skipped.len() >= 1 << 20 {
                raw::strings(&skipped[..], from, descent)?;
                descent.claim(from..self.input.at, Fate::Scanned);
                skipped.clear();
                from = self.input.at;
            }
            if done {
                return Flow::Continue(());
            }
        }
    }
}

/// The archive's bytes, with the position and room for bytes that were looked at too early.
struct Input<'a> {
    /// All of it, where it is in memory.
    bytes: Option<&'a [u8]>,
    reader: Box<dyn Read + 'a>,
    pending: Vec<u8>,
    at: u64,
}

impl Input<'_> {
    /// The next block; a short one at the end, an empty one after it.
    fn block(&mut self) -> io::Result<Vec<u8>> {
        let mut block = Vec::with_capacity(BLOCK);
        self.take(BLOCK as u64).read_to_end(&mut block)?;
        Ok(block)
    }

    /// True when what comes next is a header, or the end.
    fn header_follows(&mut self) -> bool {
        let block = self.block().unwrap_or_default();
        self.unread(&block);
        block.len() < BLOCK || is_zero(&block) || Header::read(&block).is_some()
    }

    /// True when less than a block is left, but something.
    fn is_cut(&mut self) -> bool {
        let block = self.block().unwrap_or_default();
        self.unread(&block);
        !block.is_empty() && block.len() < BLOCK
    }

    /// Gives back a block that was just read.
    fn unread(&mut self, block: &[u8]) {
        self.at -= block.len() as u64;
        if self.bytes.is_none() {
            self.pending.splice(0..0, block.iter().copied());
        }
    }

    /// Passes over what fills the last block of `size` bytes of data.
    fn pad(&mut self, size: u64) {
        let pad = size.next_multiple_of(BLOCK as u64).wrapping_sub(size) % BLOCK as u64;
        // An error shows itself again at the next block.
        let _ = io::copy(&mut self.take(pad), &mut io::sink());
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = if let Some(bytes) = self.bytes {
            let mut rest = &bytes[bytes.len().min(self.at as usize)..];
            rest.read(buf)?
        } else if self.pending.is_empty() {
            self.reader.read(buf)?
        } else {
            let n = (&self.pending[..]).read(buf)?;
            self.pending.drain(..n);
            n
        };
        self.at += n as u64;
        Ok(n)
    }
}

/// The stored data of one entry.
struct Data<'i, 'a> {
    input: &'i mut Input<'a>,
    left: u64,
    progress: Progress,
}

impl Read for Data<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        match self.input.read(&mut buf[..want]) {
            Ok(n) => {
                self.left -= n as u64;
                self.progress = Progress::Begun;
                Ok(n)
            }
            Err(error) => {
                self.progress = Progress::Failed(Stopped::reason(&error));
                Err(error)
            }
        }
    }
}

/// The map at the start of a sparse file's data (pax 1.0): decimal lines, filled to a block.
fn map_in(data: &mut impl Read) -> Vec<(u64, u64)> {
    let mut numbers = Vec::new();
    let mut digits = Vec::new();
    let mut block = [0; BLOCK];
    let mut read = 0;
    while read < LONGEST_NAME && data.read_exact(&mut block).is_ok() {
        read += BLOCK as u64;
        for &byte in &block {
            if byte == b'\n' {
                let number: Option<u64> =
                    std::str::from_utf8(&digits).ok().and_then(|d: &str| d.parse().ok());
                numbers.push(number.unwrap_or(0));
                digits.clear();
            } else {
                digits.push(byte);
            }
        }
        let count = numbers.first().copied().unwrap_or(0);
        if numbers.len() as u64 > count.saturating_mul(2) {
            break;
        }
        if digits.len() > 40 {
            break;
        }
    }
    let count = numbers.first().copied().unwrap_or(0) as usize;
    numbers
        .get(1..)
        .unwrap_or_default()
        .as_chunks()
        .0
        .iter()
        .take(count)
        .map(|&[o, l]| (o, l))
        .collect()
}

/// A sparse file: its pieces with zeros between them.
struct Sparse<R> {
    data: R,
    /// What is still to come: zeros, then bytes of data.
    runs: std::vec::IntoIter<(u64, u64)>,
    zeros: u64,
    stored: u64,
}

impl<R: Read> Sparse<R> {
    fn new(data: R, pieces: Vec<(u64, u64)>, whole: u64, most: u64) -> Self {
        let longest = if whole <= most { most } else { SHORT_HOLE };
        let mut at = 0_u64;
        let mut runs: Vec<_> = pieces
            .into_iter()
            .map(|(offset, len)| {
                let hole = offset.saturating_sub(at).min(longest);
                at = offset.saturating_add(len);
                (hole, len)
            })
            .collect();
        runs.push((whole.saturating_sub(at).min(longest), 0));
        Sparse { data, runs: runs.into_iter(), zeros: 0, stored: 0 }
    }
}

impl<R: Read> Read for Sparse<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.zeros > 0 {
                let n = buf.len().min(usize::try_from(self.zeros).unwrap_or(usize::MAX));
                buf[..n].fill(0);
                self.zeros -= n as u64;
                return Ok(n);
            }
            if self.stored > 0 {
                let n = (&mut self.data).take(self.stored).read(buf)?;
                self.stored = if n == 0 && !buf.is_empty() { 0 } else { self.stored - n as u64 };
                if n > 0 || buf.is_empty() {
                    return Ok(n);
                }
            }
            match self.runs.next() {
                Some((zeros, stored)) => (self.zeros, self.stored) = (zeros, stored),
                // Data the map does not speak of is still data.
                None => return self.data.read(buf),
            }
        }
    }
}

fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|&b| b == 0)
}
