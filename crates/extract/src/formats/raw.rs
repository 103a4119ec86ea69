//! The floor under every format: runs of printable characters in bytes nobody could decode.

use crate::decode::{Decoder, Window, Windows};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Store, appended};
use crate::formats::text::Gather;
use dlpscan_core::model::{Fate, Part, Place, Reason, Role, SpanMap, Stopped};
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};

/// Data of no known format: its printable strings are scanned, and it is noted why no more was.
pub struct Raw;

impl Extractor for Raw {
    fn name(&self) -> &'static str {
        "unknown"
    }

    fn sniff(&self, _head: &[u8], _hint: &Hint<'_>) -> Sure {
        Sure::Fallback
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let (head, content) = part.content.peek(HEAD);
        let known = head.as_deref().ok().and_then(known);
        let len = content.len();
        let store = Store::of(&content);
        let mut tally = Tally::new(content.reader());
        let flow = strings(&mut tally, 0, descent);
        let read = tally.read;
        match known {
            Some(Known { kind: Kind::Locked, name }) => {
                descent.note_with(Reason::Encrypted, len, name);
            }
            Some(Known { kind: Kind::Picture, name }) if read > PICTURE => {
                descent.note_with(Reason::NoOcr, len, name);
            }
            Some(Known { kind: Kind::Lockable, name })
                if read >= NOISE && tally.entropy() >= LOOKS_RANDOM =>
            {
                descent.note_with(Reason::Encrypted, len, name);
            }
            Some(Known { name, .. }) => descent.note_with(Reason::Unsupported, len, name),
            None if head.is_ok_and(|head| MAGIC.iter().any(|magic| nearly(&head, magic))) => {
                descent.note_with(Reason::Damaged, len, "its first bytes are spoilt");
            }
            None if tally.is_blank() => descent.blank(read),
            None if read >= NOISE && tally.entropy() >= LOOKS_RANDOM => {
                descent.note_with(Reason::Opaque, len, "");
            }
            None => descent.note_with(Reason::Unsupported, len, ""),
        }
        if let Some(len) = len {
            descent.claim(0..len, Fate::Scanned);
        }
        flow?;
        store.map_or(Flow::Continue(()), |store| hidden_zip(&store, descent).map_continue(|_| ()))
    }
}

/// Reads a zip that stands behind the data of another format in the same part, and says where it
/// begins.
pub(crate) fn hidden_zip(
    store: &Store<'_>,
    descent: &mut Descent<'_>,
) -> ControlFlow<(), Option<u64>> {
    match appended(store) {
        Ok(Some(range)) => {
            let start = range.start;
            descent.part(Part::new("appended.zip", store.content(range)))?;
            ControlFlow::Continue(Some(start))
        }
        Ok(None) => ControlFlow::Continue(None),
        Err(error) => {
            descent.fault(&error);
            ControlFlow::Continue(None)
        }
    }
}

/// A format known by its first bytes, whether or not this build reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What it is, in plain words.
    pub name: &'static str,
    /// What can be expected of it.
    pub kind: Kind,
}

/// What can be expected of a known format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Encrypted: nothing can be read of it without its key.
    Locked,
    /// Data that is encrypted where it looks random: there is no other mark of it.
    Lockable,
    /// A picture, which may show writing.
    Picture,
    /// Anything else that is not text.
    Data,
}

/// First bytes that tell a format: offset, bytes, kind, name. What begins so is never read as text;
/// letters alone are a mark only before what no text has.
type Magic = (usize, &'static [u8], Kind, &'static str);

#[rustfmt::skip]
const MAGIC: &[Magic] = &[
    (0, b"LUKS\xba\xbe", Kind::Locked, "a LUKS volume"),
    (3, b"-FVE-FS-", Kind::Locked, "a BitLocker volume"),
    (0x1a8, b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", Kind::Locked, "a BitLocker To Go volume"),
    (0x1a0, b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", Kind::Locked, "a BitLocker volume"),
    (0, b"Salted__", Kind::Locked, "encrypted with openssl"),
    (0, b"age-encryption.org/", Kind::Locked, "encrypted with age"),
    (0, b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", Kind::Locked, "a KeePass database"),
    (0, b"encrcdsa", Kind::Locked, "an encrypted Apple disk image"),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Picture, "a PNG picture"),
    (0, b"\xff\xd8\xff", Kind::Picture, "a JPEG picture"),
    (0, b"GIF87a", Kind::Picture, "a GIF picture"),
    (0, b"GIF89a", Kind::Picture, "a GIF picture"),
    (0, b"II*\0", Kind::Picture, "a TIFF picture"),
    (0, b"MM\0*", Kind::Picture, "a TIFF picture"),
    (8, b"WEBP", Kind::Picture, "a WebP picture"),
    (4, b"ftypheic", Kind::Picture, "a HEIF picture"),
    (4, b"ftypavif", Kind::Picture, "an AVIF picture"),
    (0, b"8BPS\0\x01", Kind::Picture, "a Photoshop picture"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", Kind::Picture, "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", Kind::Picture, "a JPEG 2000 picture"),
    (0, b"AT&TFORM\0", Kind::Picture, "a DjVu document"),
    (128, b"DICM", Kind::Picture, "a DICOM picture"),
    (0, b"v/1\x01", Kind::Picture, "an OpenEXR picture"),
    (0, b"SQLite format 3\0", Kind::Data, "an SQLite database"),
    (0, b"PAR1", Kind::Data, "a Parquet table"),
    (0, b"ARROW1\0\0", Kind::Data, "an Arrow table"),
    (0, b"FEA1", Kind::Data, "a Feather table of the first kind"),
    (0, b"Obj\x01", Kind::Data, "an Avro file"),
    (0, b"!BDN", Kind::Data, "an Outlook data file"),
    (0, b"Rar!\x1a\x07", Kind::Data, "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::Data, "a 7z archive"),
    (0, b"MSCF", Kind::Data, "a Windows cabinet"),
    (0, b"PK\x03\x04", Kind::Data, "a zip archive"),
    (0, b"\x1f\x8b", Kind::Data, "a gzip file"),
    (0, b"BZh9", Kind::Data, "a bzip2 file"),
    (0, b"\xfd7zXZ\0", Kind::Data, "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", Kind::Data, "a zstd file"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Data, "an OLE compound file"),
    (0, b"\x78\x9f\x3e\x22", Kind::Data, "a winmail.dat file"),
    (0, b"%PDF-", Kind::Data, "a PDF document"),
    (0, b"\x7fELF", Kind::Data, "a program"),
    (0, b"\xca\xfe\xba\xbe", Kind::Data, "a program"),
    (0, b"\xcf\xfa\xed\xfe", Kind::Data, "a program"),
    (4, b"Standard ACE DB\0", Kind::Lockable, "an Access database"),
    (4, b"Standard Jet DB\0", Kind::Lockable, "an Access database"),
    (4, b"\xef\xcd\xab\x89", Kind::Data, "an ESE database"),
    (0, b"AC1012\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1014\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1015\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1018\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1021\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1024\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1027\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"AC1032\0", Kind::Data, "an AutoCAD drawing"),
    (0, b"ElfFile\0", Kind::Data, "a Windows event log"),
    (0, b"L\0\0\0\x01\x14\x02\0", Kind::Data, "a Windows shortcut"),
    (0, b"\xd4\xc3\xb2\xa1", Kind::Data, "a recording of network traffic"),
    (8, b"\x4d\x3c\x2b\x1a", Kind::Data, "a recording of network traffic"),
    (0, b"ITSF\x03\0\0\0", Kind::Data, "a compiled help file"),
    (0, b"\xffWPC", Kind::Data, "a WordPerfect document"),
    (0, b"\xed\xab\xee\xdb", Kind::Data, "an RPM package"),
    (0, b"xar!\0\x1c", Kind::Data, "an xar archive"),
    (0, b"LRZI\0", Kind::Data, "an lrzip file"),
    (0, b"\x89LZO\0\r\n\x1a\n", Kind::Data, "an lzop file"),
    (2, b"-lh0-", Kind::Data, "an LHA archive"),
    (2, b"-lh1-", Kind::Data, "an LHA archive"),
    (2, b"-lh4-", Kind::Data, "an LHA archive"),
    (2, b"-lh5-", Kind::Data, "an LHA archive"),
    (2, b"-lh6-", Kind::Data, "an LHA archive"),
    (2, b"-lh7-", Kind::Data, "an LHA archive"),
    (2, b"-lhd-", Kind::Data, "an LHA archive"),
    (0, b"\x89HDF\r\n\x1a\n", Kind::Data, "an HDF5 file"),
    (0, b"EVF\t\r\n\xff\0", Kind::Data, "an EnCase disk image"),
    (0, b"QFI\xfb", Kind::Data, "a QEMU disk image"),
    (0, b"KDMV\x01\0", Kind::Data, "a VMware disk image"),
    (0, b"vhdxfile", Kind::Data, "a Hyper-V disk image"),
    (0, b"conectix\0\0\0\x02", Kind::Data, "a Virtual PC disk image"),
    (0, b"ID3", Kind::Data, "a sound recording"),
    (0, b"OggS", Kind::Data, "a sound recording"),
    (0, b"fLaC", Kind::Data, "a sound recording"),
    (8, b"WAVE", Kind::Data, "a sound recording"),
    (8, b"AVI LIST", Kind::Data, "a film"),
    (4, b"ftyp", Kind::Data, "a film"),
    (0, b"\x1a\x45\xdf\xa3", Kind::Data, "a film"),
    (0, b"wOFF", Kind::Data, "a font"),
    (0, b"wOF2", Kind::Data, "a font"),
    (1024, b"H+\0\x04", Kind::Data, "an HFS+ file system"),
    (1024, b"HX\0\x05", Kind::Data, "an HFS+ file system"),
    (32, b"NXSB", Kind::Data, "an APFS file system"),
    (0, b"XFSB", Kind::Data, "an XFS file system"),
    (0, b"hsqs", Kind::Data, "a SquashFS file system"),
    (512, b"LABELONE", Kind::Data, "an LVM volume"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Kind::Data, "a OneNote section"),
];

/// For each first byte, which of the [`MAGIC`] begin with it, a bit for each.
const BY_FIRST_BYTE: [u128; 256] = {
    assert!(MAGIC.len() <= 128);
    let mut may = [0; 256];
    let mut number = 0;
    while number < MAGIC.len() {
        let (at, mark, ..) = MAGIC[number];
        if at == 0 {
            may[mark[0] as usize] |= 1 << number;
        }
        number += 1;
    }
    may
};

/// Those that stand further behind: where, their first byte, and their bit.
const FURTHER: [(usize, u8, u128); further()] = {
    let mut marks = [(0, 0, 0); further()];
    let (mut number, mut next) = (0, 0);
    while number < MAGIC.len() {
        let (at, mark, ..) = MAGIC[number];
        if at > 0 {
            marks[next] = (at, mark[0], 1 << number);
            next += 1;
        }
        number += 1;
    }
    marks
};

const fn further() -> usize {
    let (mut number, mut count) = (0, 0);
    while number < MAGIC.len() {
        count += (MAGIC[number].0 > 0) as usize;
        number += 1;
    }
    count
}

/// The marks whose first byte is where it has to be, in their order.
fn candidates(head: &[u8]) -> impl Iterator<Item = &'static Magic> {
    let mut left = head.first().map_or(0, |first| BY_FIRST_BYTE[usize::from(*first)]);
    for (at, first, bit) in FURTHER {
        if head.get(at) == Some(&first) {
            left |= bit;
        }
    }
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let magic = MAGIC.get(left.trailing_zeros() as usize);
        left &= left - 1;
        magic
    })
}

/// The format that these first bytes tell, if it is one that is not text.
pub fn known(head: &[u8]) -> Option<Known> {
    let begins = |&(at, mark, ..): &Magic| head[at..].starts_with(mark);
    let magic =
        candidates(head).find(|magic| begins(magic) && !(is_word(magic) && begins_as_text(head)));
    match magic {
        Some(&(_, _, kind, name)) => Some(Known { name, kind }),
        None if openpgp(head) => Some(Known { name: "encrypted with OpenPGP", kind: Kind::Locked }),
        None => None,
    }
}

/// Bytes behind a mark of plain letters that tell whether it is one.
const HEADER: usize = 64;

/// True for a mark that a text may begin with as well. A PDF document and what says of itself that
/// it is locked are what they say, in whatever bytes.
fn is_word(&(_, mark, kind, _): &Magic) -> bool {
    let plain = mark.iter().all(|b| matches!(b, b' '..=b'~'));
    plain && kind != Kind::Locked && mark != b"%PDF-"
}

/// Of a mark with hardly anything behind it nobody can say what it is: more likely a file cut short
/// than a word.
const WORD: usize = 12;

/// True when nothing in the first bytes is out of place in a text.
pub(crate) fn begins_as_text(head: &[u8]) -> bool {
    if head.len() <= WORD {
        return false;
    }
    let head = &head[..head.len().min(HEADER)];
    let control = |b: &u8| *b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    let broken = std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some());
    !broken && !head.iter().any(control)
}

/// True when bytes begin with the mark of a format, but for a few bits.
pub(crate) fn almost(head: &[u8], mark: &[u8]) -> bool {
    let wrong: u32 = head.iter().zip(mark).map(|(a, b)| (a ^ b).count_ones()).sum();
    head.len() >= mark.len() && mark.len() >= 4 && wrong <= mark.len() as u32 / 4
}

/// The same for a format that [`known`] tells by its first bytes.
fn nearly(head: &[u8], magic: &Magic) -> bool {
    let &(at, mark, ..) = magic;
    at == 0 && almost(head, mark)
}

/// RFC 9580: a message that begins with an encrypted session key packet, old or new framing.
fn openpgp(head: &[u8]) -> bool {
    match *head {
        [0x8c, _, 4, cipher, s2k, ..] | [0xc3, _, 4, cipher, s2k, ..] => {
            (1..=13).contains(&cipher) && s2k <= 4
        }
        [0x85, 1 | 2, _, 3, ..] | [0x84, _, 3, ..] | [0xc1, 0xc0..=0xc4, _, 3, ..] => {
            head.iter().filter(|b| **b >= 0x80).count() * 4 >= head.len()
        }
        _ => false,
    }
}

/// How many first bytes tell a format.
const HEAD: usize = 2048;
/// A picture of fewer bytes shows nothing: it is a stump.
const PICTURE: u64 = 32;
/// Fewer bytes say little about how random they are.
const NOISE: u64 = 4096;
/// So many bits of information in a byte and more, and it is encrypted or packed.
const LOOKS_RANDOM: f64 = 7.9;

/// Looks at bytes as they are read.
struct Tally<R> {
    inner: R,
    read: u64,
    /// How often each byte occurs in the samples.
    counts: Box<[u64; 256]>,
    /// The one byte that there is, as long as there is no other.
    only: Option<u8>,
    mixed: bool,
}

/// Of large data, one in so many blocks is sampled.
const SAMPLED: u64 = 16;
/// Data up to this size is counted in full.
const SMALL: u64 = 1 << 20;

impl<R> Tally<R> {
    fn new(inner: R) -> Self {
        Tally { inner, read: 0, counts: Box::new([0; 256]), only: None, mixed: false }
    }

    /// Bits of information a byte holds: 8 for noise, about 4.5 for English.
    fn entropy(&self) -> f64 {
        let all = self.counts.iter().sum::<u64>() as f64;
        let share = self.counts.iter().filter(|n| **n > 0).map(|&n| n as f64 / all);
        share.map(|p| -p * p.log2()).sum()
    }

    /// True for erased space: nothing, or one byte over and over.
    fn is_blank(&self) -> bool {
        !self.mixed
    }
}

impl<R: Read> Read for Tally<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        let got = &buf[..n];
        if !self.mixed && n > 0 {
            let only = *self.only.get_or_insert(got[0]);
            self.mixed = got.iter().any(|&b| b != only);
        }
        for block in got.chunks(BLOCK) {
            if self.read < SMALL || (self.read / BLOCK as u64).is_multiple_of(SAMPLED) {
                for &byte in block {
                    self.counts[usize::from(byte)] += 1;
                }
            }
            self.read += block.len() as u64;
        }
        Ok(n)
    }
}

/// Bytes counted together.
const BLOCK: usize = 4096;

/// Shortest run of printable characters worth scanning.
const SHORTEST: usize = 6;
/// Runs that stand further apart, in raw bytes, say nothing about each other.
const APART: u64 = 256;

/// Scans the printable runs (ASCII, UTF-8, UTF-16) of a reader whose first byte is byte `base` of
/// the current part, each on a line of its own. A read error is noted.
pub fn strings(reader: impl Read, base: u64, descent: &mut Descent<'_>) -> Flow {
    let mut windows = Windows::new(reader, None).with_decoder(Decoder::strings()).starting_at(base);
    let mut gather = Gather::new().with_role(Role::Raw);
    let mut run = Run::default();
    while let Some(window) = windows.next() {
        if let Err(Stopped(reason)) = descent.budget().check() {
            descent.note(reason);
            return gather.finish(descent);
        }
        let mut at = window.body.start;
        while at < window.body.end {
            let body = &window.text[at..window.body.end];
            let printable = body.iter().position(|&b| !is_printable(b)).unwrap_or(body.len());
            let short = printable < SHORTEST && printable < body.len() && run.is_new();
            if printable > 0 && !short {
                run.add(&window, at..at + printable, &mut gather, descent)?;
            }
            at += printable;
            let body = &window.text[at..window.body.end];
            if !body.is_empty() {
                run.end();
                at += body.iter().position(|&b| is_printable(b)).unwrap_or(body.len());
            }
        }
    }
    run.end();
    gather.finish(descent)?;
    if let Some(error) = windows.fault() {
        descent.fault(&error);
    }
    Flow::Continue(())
}

/// Letters beyond ASCII come as UTF-8 here; every other byte has become a zero.
fn is_printable(b: u8) -> bool {
    b >= b' ' && b != 0x7f || b == b'\t'
}

/// The run that is being read. Its first bytes are held back until it is long enough.
#[derive(Default)]
struct Run {
    held: Vec<u8>,
    map: SpanMap,
    /// The run has been found long enough, and is being gathered.
    open: bool,
    /// Where the last run ended, in raw bytes.
    ended: Option<u64>,
}

impl Run {
    fn add(
        &mut self,
        window: &Window<'_>,
        range: Range<usize>,
        gather: &mut Gather,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let raw_end = window.map.raw(range.end - 1).map(|raw| raw + 1);
        if !self.open {
            self.map.append(self.held.len(), window.map, range.clone());
            self.held.extend_from_slice(&window.text[range]);
            if self.held.len() < SHORTEST {
                return Flow::Continue(());
            }
            self.open = true;
            let offset = self.map.raw(0).unwrap_or(0);
            if self.ended.is_some_and(|end| offset.saturating_sub(end) > APART) {
                gather.finish(descent)?;
            }
            gather.end_line();
            gather.place(Place::Offset { offset });
            gather.mapped(&self.held, 0..self.held.len(), &self.map);
        } else {
            gather.mapped(window.text, range, window.map);
        }
        self.ended = raw_end;
        gather.flow(descent)
    }

    /// True when nothing of a run has been read.
    fn is_new(&self) -> bool {
        !self.open && self.held.is_empty()
    }

    fn end(&mut self) {
        if self.is_new() {
            return;
        }
        self.held.clear();
        self.map = SpanMap::new();
        self.open = false;
    }
}
