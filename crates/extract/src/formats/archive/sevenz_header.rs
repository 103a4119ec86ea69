//! The directory of a 7z archive (7zFormat.txt of the LZMA SDK).

use flate2::Crc;

/// Where packed data begins: behind the signature and the start header.
pub(super) const START: u64 = 32;
/// The first bytes of an archive.
pub(super) const SIGNATURE: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// What the start of an archive says about where its directory is.
pub(super) struct StartHeader {
    /// Start of the directory, from the start of the archive.
    pub at: u64,
    pub size: u64,
    pub crc: u32,
    /// Its own checksum is right.
    pub sound: bool,
    /// The version of the format is one that there is.
    pub known: bool,
}

impl StartHeader {
    /// Reads the first [`START`] bytes.
    pub fn read(head: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(head.get(..START as usize)?.strip_prefix(SIGNATURE)?);
        let version = cursor.take(2)?[0];
        let crc = cursor.u32()?;
        let sound = checksum(cursor.0) == crc;
        let at = START.saturating_add(cursor.u64()?);
        Some(StartHeader {
            at,
            size: cursor.u64()?,
            crc: cursor.u32()?,
            sound,
            known: version == 0,
        })
    }
}

/// A directory, or the way to one that is itself packed.
#[derive(Debug)]
pub(super) enum Header {
    /// What the archive holds.
    Plain(Directory),
    /// The directory is the first folder of these.
    Packed(Streams),
}

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub streams: Streams,
    pub files: Vec<Entry>,
    /// It lists more than the limit allows; the rest was left out.
    pub cut: bool,
}

/// A file or folder of the archive.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub name: String,
    /// Its data is one of a folder's streams; otherwise it has none.
    pub has_stream: bool,
}

/// Packed streams, and the folders they belong to.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Start of the packed data, from the start of the archive.
    pub at: u64,
    /// The lengths of the packed streams, which lie one behind the other.
    pub packed: Vec<u64>,
    pub folders: Vec<Folder>,
}

/// Data that is unpacked together by a chain of coders.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub coders: Vec<Coder>,
    /// Input stream and the coder whose output it is.
    pub binds: Vec<(usize, usize)>,
    /// The input streams that are packed streams, in their order.
    pub inputs: Vec<usize>,
    /// The length of each coder's output.
    pub sizes: Vec<u64>,
    pub crc: Option<u32>,
    /// Length and checksum of each file in its output, in their order.
    pub files: Vec<(u64, Option<u32>)>,
}

/// A compression method or filter.
#[derive(Debug)]
pub(super) struct Coder {
    /// The method's number; see [`super::sevenz_coder`].
    pub method: u64,
    /// How many streams it reads.
    pub inputs: usize,
    pub properties: Vec<u8>,
}

impl Folder {
    /// The coder whose output nobody else reads.
    pub fn last(&self) -> Option<usize> {
        (0..self.coders.len()).find(|coder| self.binds.iter().all(|(_, out)| out != coder))
    }

    /// The length of its output.
    pub fn size(&self) -> u64 {
        self.last().and_then(|last| self.sizes.get(last)).copied().unwrap_or(0)
    }
}

/// More coders, or inputs of coders, than any honest folder has; 7-Zip takes 32.
const MOST_CODERS: u64 = 32;

impl Header {
    /// Reads a directory that holds at most `most` files. `None` when it is damaged.
    pub fn read(bytes: &[u8], most: usize) -> Option<Header> {
        let mut cursor = Cursor(bytes);
        match cursor.byte()? {
            0x01 => Directory::read(&mut cursor, most).map(Header::Plain),
            0x17 => {
                let mut cut = false;
                Streams::read(&mut cursor, most, &mut cut).map(Header::Packed)
            }
            _ => None,
        }
    }
}

impl Directory {
    fn read(cursor: &mut Cursor<'_>, most: usize) -> Option<Directory> {
        let mut directory = Directory::default();
        loop {
            match cursor.byte()? {
                // Properties of the archive: kinds with their lengths.
                0x02 => {
                    while cursor.byte()? != 0 {
                        let len = cursor.number()?;
                        cursor.take(len)?;
                    }
                }
                // Streams of the directory itself, which no known writer makes.
                0x03 => drop(Streams::read(cursor, most, &mut directory.cut)?),
                0x04 => directory.streams = Streams::read(cursor, most, &mut directory.cut)?,
                0x05 => {
                    directory.files(cursor, most)?;
                    return Some(directory);
                }
                0x00 => return Some(directory),
                _ => return None,
            }
            if directory.cut {
                return Some(directory);
            }
        }
    }

    fn files(&mut self, cursor: &mut Cursor<'_>, most: usize) -> Option<()> {
        let count = cursor.number()?;
        self.cut = count > most as u64;
        let count = count.min(most as u64) as usize;
        let mut names = Vec::new();
        let mut empty: &[u8] = &[];
        loop {
            let kind = cursor.byte()?;
            if kind == 0 {
                break;
            }
            let len = cursor.number()?;
            let mut property = Cursor(cursor.take(len)?);
            match kind {
                0x0e => empty = property.0,
                // Names, unless they stand somewhere else.
                0x11 if property.byte()? == 0 => {
                    for _ in 0..count {
                        let Some(name) = property.name() else { break };
                        names.push(name);
                    }
                }
                _ => {}
            }
        }
        names.resize(count, String::new());
        let entry = |(i, name)| Entry { name, has_stream: !bit(empty, i) };
        self.files = names.into_iter().enumerate().map(entry).collect();
        Some(())
    }
}

impl Streams {
    fn read(cursor: &mut Cursor<'_>, most: usize, cut: &mut bool) -> Option<Streams> {
        let mut streams = Streams::default();
        let mut told = false;
        loop {
            match cursor.byte()? {
                0x00 => break,
                0x06 => streams.pack_info(cursor, most, cut)?,
                0x07 => streams.folders(cursor, most, cut)?,
                0x08 => {
                    streams.substreams(cursor, most, cut)?;
                    told = true;
                }
                _ => return None,
            }
            if *cut {
                return Some(streams);
            }
        }
        if !told {
            for folder in &mut streams.folders {
                folder.files = vec![(folder.size(), folder.crc)];
            }
        }
        Some(streams)
    }

    fn pack_info(&mut self, cursor: &mut Cursor<'_>, most: usize, cut: &mut bool) -> Option<()> {
        self.at = START.checked_add(cursor.number()?)?;
        let count = cursor.number()?;
        loop {
            match cursor.byte()? {
                0x00 => return Some(()),
                0x09 => {
                    for _ in 0..count {
                        if self.packed.len() > most.saturating_mul(4) {
                            *cut = true;
                            return Some(());
                        }
                        self.packed.push(cursor.number()?);
                    }
                }
                0x0a => drop(cursor.digests(count)?),
                _ => return None,
            }
        }
    }

    fn folders(&mut self, cursor: &mut Cursor<'_>, most: usize, cut: &mut bool) -> Option<()> {
        if cursor.byte()? != 0x0b {
            return None;
        }
        let count = cursor.number()?;
        if cursor.byte()? != 0 {
            return None;
        }
        for _ in 0..count {
            if self.folders.len() > most {
                *cut = true;
                return Some(());
            }
            self.folders.push(Folder::read(cursor)?);
        }
        loop {
            match cursor.byte()? {
                0x00 => return Some(()),
                0x0c => {
                    for folder in &mut self.folders {
                        for _ in 0..folder.coders.len() {
                            folder.sizes.push(cursor.number()?);
                        }
                    }
                }
                0x0a => {
                    let digests = cursor.digests(count)?;
                    for (folder, crc) in self.folders.iter_mut().zip(digests) {
                        folder.crc = crc;
                    }
                }
                _ => return None,
            }
        }
    }

    fn substreams(&mut self, cursor: &mut Cursor<'_>, most: usize, cut: &mut bool) -> Option<()> {
        let mut kind = cursor.byte()?;
        let mut counts = vec![1; self.folders.len()];
        if kind == 0x0d {
            for count in &mut counts {
                *count = cursor.number()?;
            }
            kind = cursor.byte()?;
        }
        if counts.iter().fold(0_u64, |sum, &n| sum.saturating_add(n)) > most as u64 {
            *cut = true;
            return Some(());
        }
        for (folder, &count) in self.folders.iter_mut().zip(&counts) {
            let mut left = folder.size();
            for i in 0..count {
                // The last one's length is what is left.
                let size = if i + 1 < count && kind == 0x09 { cursor.number()? } else { left };
                left = left.checked_sub(size)?;
                folder.files.push((size, None));
            }
        }
        if kind == 0x09 {
            kind = cursor.byte()?;
        }
        let known = |folder: &Folder| folder.files.len() == 1 && folder.crc.is_some();
        while kind != 0x00 {
            if kind != 0x0a {
                let len = cursor.number()?;
                cursor.take(len)?;
                kind = cursor.byte()?;
                continue;
            }
            let unknown = self.folders.iter().filter(|f| !known(f)).map(|f| f.files.len() as u64);
            let mut digests = cursor.digests(unknown.sum())?.into_iter();
            for folder in self.folders.iter_mut().filter(|f| !known(f)) {
                for file in &mut folder.files {
                    file.1 = digests.next().flatten();
                }
            }
            kind = cursor.byte()?;
        }
        for folder in self.folders.iter_mut().filter(|f| known(f)) {
            folder.files[0].1 = folder.crc;
        }
        Some(())
    }
}

impl Folder {
    fn read(cursor: &mut Cursor<'_>) -> Option<Folder> {
        let mut folder = Folder::default();
        let count = cursor.number().filter(|n| (1..=MOST_CODERS).contains(n))?;
        for _ in 0..count {
            let flags = cursor.byte()?;
            let id = cursor.take(u64::from(flags & 0x0f))?;
            let method =
                id.iter().try_fold(0_u64, |n, &b| Some(n.checked_mul(256)? | u64::from(b)))?;
            let (mut inputs, mut outputs) = (1, 1);
            if flags & 0x10 != 0 {
                inputs = cursor.number()?;
                outputs = cursor.number()?;
            }
            // No method has more than one output since BCJ2's encoder was turned round.
            if outputs != 1 || inputs > MOST_CODERS {
                return None;
            }
            let len = if flags & 0x20 != 0 { cursor.number()? } else { 0 };
            let properties = cursor.take(len)?.to_vec();
            folder.coders.push(Coder { method, inputs: inputs as usize, properties });
        }
        let inputs = folder.coders.iter().map(|c| c.inputs).sum::<usize>();
        let binds = folder.coders.len() - 1;
        let packed = inputs.checked_sub(binds).filter(|&n| n >= 1)?;
        for _ in 0..binds {
            let input = cursor.number().filter(|&n| n < inputs as u64)?;
            let output = cursor.number().filter(|&n| n < count)?;
            folder.binds.push((input as usize, output as usize));
        }
        let bound = |input: &usize| folder.binds.iter().any(|(i, _)| i == input);
        folder.inputs = if packed == 1 {
            (0..inputs).filter(|input| !bound(input)).take(1).collect()
        } else {
            let number = |_| Some(cursor.number().filter(|&n| n < inputs as u64)? as usize);
            (0..packed).map(number).collect::<Option<_>>()?
        };
        Some(folder)
    }
}

/// What is still to be read of a directory.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|&b| u32::from_le_bytes(b))
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.first_chunk().map(|&b| u64::from_le_bytes(b))
    }

    /// A number of one to nine bytes: as many follow as the first one has leading ones.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let low = self.take(u64::from(more))?;
        let low = low.iter().rev().fold(0_u64, |n, &b| n << 8 | u64::from(b));
        let high = u64::from(first) & (0x7f >> more.min(7));
        Some(if more < 8 { high << (8 * more) | low } else { low })
    }

    /// A checksum for each of `count` things, where there is one.
    fn digests(&mut self, count: u64) -> Option<Vec<Option<u32>>> {
        let all = self.byte()? != 0;
        let defined = if all { &[][..] } else { self.take(count.div_ceil(8))? };
        let mut digests = Vec::new();
        for i in 0..usize::try_from(count).ok()? {
            let known = all || bit(defined, i);
            digests.push(if known { Some(self.u32()?) } else { None });
        }
        Some(digests)
    }

    /// UTF-16 up to a zero.
    fn name(&mut self) -> Option<String> {
        let pairs = self.0.as_chunks::<2>().0;
        let len = pairs.iter().position(|pair| *pair == [0, 0])?;
        let units = pairs[..len].iter().map(|&pair| u16::from_le_bytes(pair));
        let name = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        self.0 = &self.0[2 * (len + 1)..];
        Some(name.collect())
    }
}

/// A bit of a list of bits, the highest of the first byte first; false past its end.
fn bit(bits: &[u8], i: usize) -> bool {
    bits.get(i / 8).is_some_and(|byte| byte >> (7 - i % 8) & 1 != 0)
}

/// The CRC-32 that 7z uses.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        let number = |bytes: &[u8]| Cursor(bytes).number();
        assert_eq!(number(&[0x7f]), Some(127));
        assert_eq!(number(&[0x81, 0x02]), Some(0x102));
        assert_eq!(number(&[0xc1, 0x02, 0x03]), Some(0x01_0302));
        assert_eq!(number(&[0xff, 1, 2, 3, 4, 5, 6, 7, 8]), Some(0x0807_0605_0403_0201));
        assert_eq!(number(&[0xfe, 1, 2, 3, 4, 5, 6, 7]), Some(0x07_0605_0403_0201));
        assert_eq!(number(&[0x81]), None);
    }

    #[test]
    fn a_directory_that_declares_more_than_it_has_is_refused_without_memory() {
        // A million million files, and nothing behind it.
        let bytes = [0x01, 0x05, 0xfc, 0, 0, 0, 0, 0, 0x10, 0x00];
        let Some(Header::Plain(directory)) = Header::read(&bytes, 1000) else { panic!() };
        assert!(directory.cut && directory.files.len() == 1000);
        assert!(Header::read(&[0x01, 0x04, 0x06, 0x00, 0xff], 1000).is_none());
    }
}
