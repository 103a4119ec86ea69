//! Files that are one compressed stream: gzip, bzip2, xz, lzma, zstandard.

use super::codec::{self, Progress, Watched, Zstd};
use super::names;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Content, Fate, Part, Reason};
use flate2::bufread::GzDecoder;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// Gzip files (RFC 1952): one or more members, whose bytes together are one part.
pub struct Gz;

impl Extractor for Gz {
    fn name(&self) -> &'static str {
        "gz"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        sure(head.starts_with(b"\x1f\x8b"))
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let mut file = File::new(part, &[("tgz", "tar"), ("gz", "")]);
        let progress = Cell::new(Progress::Unread);
        let first = GzDecoder::new(&mut file.input);
        if let Some(header) = first.header() {
            if let Some(name) = header.filename().filter(|name| !name.is_empty()) {
                let name = names::text(name);
                file.name = names::shown(&name, 1);
                names::give(&name, &file.name, descent)?;
            }
            names::property("comment", header.comment().unwrap_or_default(), descent)?;
            names::property("extra", header.extra().unwrap_or_default(), descent)?;
        }
        let members = Members { member: Some(first) };
        let metered = descent.budget().meter(members, file.len);
        let watched = Watched::new(metered, &progress);
        descent.part(Part::new(file.name, Content::Stream(Box::new(watched))))?;
        finish(&mut file.input, file.len, progress.get(), descent)
    }
}

/// The decompressed bytes of a gzip file's members, one after another.
struct Members<R: BufRead> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else { return Ok(0) };
            let n = member.read(buf)?;
            if n > 0 || buf.is_empty() {
                return Ok(n);
            }
            let Some(member) = self.member.take() else { return Ok(0) };
            let mut source = member.into_inner();
            // Tapes and some tools pad with zeros.
            loop {
                let ahead = source.fill_buf()?;
                let zeros = ahead.iter().take_while(|&&b| b == 0).count();
                let done = zeros < ahead.len() || ahead.is_empty();
                source.consume(zeros);
                if done {
                    break;
                }
            }
            if source.fill_buf()?.first() != Some(&0x1f) {
                return Ok(0);
            }
            self.member = Some(GzDecoder::new(source));
        }
    }
}

/// A format that is one compressed stream and nothing else.
pub struct Packed {
    pub(super) name: &'static str,
    /// Extensions of such files, and the one the content's name gets instead.
    pub(super) extensions: &'static [(&'static str, &'static str)],
    pub(super) sniff: fn(&[u8], &Hint<'_>) -> Sure,
    pub(super) open: for<'s> fn(&'s mut Input<'_>, u64) -> io::Result<Box<dyn Read + 's>>,
}

/// Bzip2 files, with one stream or several.
pub const BZ2: Packed = Packed {
    name: "bz2",
    extensions: &[("tbz2", "tar"), ("tbz", "tar"), ("bz2", ""), ("bz", "")],
    sniff: |head, _| {
        let level = head.get(3).is_none_or(|b| (b'1'..=b'9').contains(b));
        sure(head.starts_with(b"BZh") && level && !raw::begins_as_text(head))
    },
    open: |input, memory| codec::Codec::Bzip2.decode(input, None, memory),
};

/// Xz files, with one stream or several.
pub const XZ: Packed = Packed {
    name: "xz",
    extensions: &[("txz", "tar"), ("xz", "")],
    sniff: |head, _| sure(head.starts_with(b"\xfd7zXZ\0")),
    open: |input, memory| Ok(codec::xz(input, memory)),
};

/// Old lzma files, which have no magic number.
pub const LZMA: Packed = Packed {
    name: "lzma",
    extensions: &[("tlz", "tar"), ("lzma", "")],
    sniff: |head, hint| {
        let Some(header) = head.get(..13) else { return Sure::No };
        let dictionary = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
        let size = u64::from_le_bytes([5, 6, 7, 8, 9, 10, 11, 12].map(|i| header[i]));
        // Dictionaries are powers of two or one and a half times that.
        let usual = dictionary == u32::MAX
            || (dictionary >= 4096 && (dictionary & (dictionary - 1)).count_ones() <= 1);
        // The range coder's first byte is always zero.
        let begins = header[0] < 225 && head.get(13).is_none_or(|&b| b == 0);
        let plausible = begins && usual && (size == u64::MAX || size < 1 << 44);
        match (plausible, header[0] == 0x5d, hint.ends(&["lzma", "tlz"])) {
            (true, true, _) => Sure::Certain,
            (true, false, true) => Sure::Likely,
            _ => Sure::No,
        }
    },
    open: |input, memory| codec::lzma(input, memory),
};

/// Zstandard files: frames, and skippable frames between them.
pub const ZST: Packed = Packed {
    name: "zst",
    extensions: &[("tzst", "tar"), ("zst", ""), ("zstd", "")],
    sniff: |head, _| {
        let skippable = head.len() >= 8 && head[0] & 0xf0 == 0x50 && head[1..4] == *b"\x2a\x4d\x18";
        sure(head.starts_with(b"\x28\xb5\x2f\xfd") || skippable)
    },
    open: |input, memory| Ok(Box::new(Zstd::new(input, memory))),
};

/// Bare zlib streams (RFC 1950), as git keeps its objects. Two bytes are no magic number: the
/// beginning has to unpack too.
pub const ZLIB: Packed = Packed {
    name: "zlib",
    extensions: &[("zlib", ""), ("zz", "")],
    sniff: |head, _| sure(is_zlib(head)),
    open: |input, _| Ok(codec::careful(flate2::bufread::ZlibDecoder::new(input))),
};

/// Bytes that must unpack before a stream is believed to be one, unless it ends earlier.
const ENOUGH: usize = 64;

fn is_zlib(head: &[u8]) -> bool {
    let Some(&[method, flags]) = head.first_chunk() else { return false };
    let dictionary = flags & 0x20 != 0;
    if method != 0x78 || dictionary || u16::from_be_bytes([method, flags]) % 31 != 0 {
        return false;
    }
    let mut decoder = flate2::bufread::ZlibDecoder::new(head);
    let mut out = [0; ENOUGH];
    let mut len = 0;
    while len < out.len() {
        match decoder.read(&mut out[len..]) {
            Ok(0) => return len > 0,
            Ok(n) => len += n,
            Err(_) => return false,
        }
    }
    true
}

impl Extractor for Packed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        (self.sniff)(head, hint)
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let mut file = File::new(part, self.extensions);
        let progress = Cell::new(Progress::Unread);
        match (self.open)(&mut file.input, descent.budget().limits().buffer) {
            Ok(decoded) => {
                let metered = descent.budget().meter(decoded, file.len);
                let watched = Watched::new(metered, &progress);
                descent.part(Part::new(file.name, Content::Stream(Box::new(watched))))?;
            }
            Err(error) => {
                descent.fault(&error);
                progress.set(Progress::Failed(dlpscan_core::model::Stopped::reason(&error)));
            }
        }
        finish(&mut file.input, file.len, progress.get(), descent)
    }
}

/// A compressed file that is being read.
struct File<'a> {
    input: Input<'a>,
    len: Option<u64>,
    /// What its content is called.
    name: String,
}

impl<'a> File<'a> {
    fn new(part: Part<'a>, extensions: &[(&str, &str)]) -> Self {
        let len = part.content.len();
        let name = inner_name(&part.name, extensions);
        let reader = BufReader::with_capacity(64 << 10, part.content.reader());
        File { input: Input { reader, count: 0 }, len, name }
    }
}

/// The compressed bytes, counted.
pub(super) struct Input<'a> {
    reader: BufReader<Box<dyn Read + 'a>>,
    count: u64,
}

impl Read for Input<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        self.count += n as u64;
        Ok(n)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.count += n as u64;
        self.reader.consume(n);
    }
}

/// Accounts for the compressed bytes once their content was read, and looks for text in what
/// follows the compressed stream.
fn finish(
    input: &mut Input<'_>,
    len: Option<u64>,
    progress: Progress,
    descent: &mut Descent<'_>,
) -> Flow {
    let read = input.count;
    descent.claim(0..read, Fate::Scanned);
    let rest = match progress {
        Progress::Ended { .. } | Progress::Begun => Ok(()),
        Progress::Failed(reason) if is_limit(reason) => Err(reason),
        Progress::Failed(_) => Ok(()),
        Progress::Unread => {
            Err(descent.budget().check().err().map_or(Reason::LimitDepth, |stopped| stopped.0))
        }
    };
    match (rest, len) {
        (Ok(()), _) => {
            let flow = raw::strings(&mut *input, read, descent);
            descent.claim(read..input.count, Fate::Scanned);
            flow
        }
        (Err(reason), Some(len)) => {
            descent.claim(read..len, Fate::Unscannable(reason));
            Flow::Continue(())
        }
        (Err(_), None) => Flow::Continue(()),
    }
}

fn is_limit(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::LimitBytes
            | Reason::LimitRatio
            | Reason::LimitCount
            | Reason::LimitTime
            | Reason::LimitMemory
    )
}

/// What the content of a compressed file is called: `box.tar.gz` holds `box.tar`.
fn inner_name(name: &str, extensions: &[(&str, &str)]) -> String {
    if let Some((stem, extension)) = name.rsplit_once('.')
        && let Some((_, inner)) = extensions.iter().find(|(e, _)| e.eq_ignore_ascii_case(extension))
        && !stem.is_empty()
    {
        return if inner.is_empty() { stem.to_owned() } else { format!("{stem}.{inner}") };
    }
    "content".to_owned()
}

fn sure(yes: bool) -> Sure {
    if yes { Sure::Certain } else { Sure::No }
}
