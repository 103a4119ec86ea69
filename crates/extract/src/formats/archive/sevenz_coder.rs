//! The coders of 7z archives, and how they are chained.

use super::codec::{Zstd, careful};
use super::sevenz_header::Folder;
use crate::unlock::sevenz::{Key, Lock};
use dlpscan_core::model::{Reason, Stopped};
use lzma_rust2::filter::{bcj::BcjReader, bcj2::Bcj2Reader, delta::DeltaReader};
use std::io::{self, BufReader, Read};

/// The number of the AES coder: what it reads is encrypted.
const AES: u64 = 0x06f1_0701;

/// True when nothing can be had of a folder without its password.
pub(super) fn is_encrypted(folder: &Folder) -> bool {
    folder.coders.iter().any(|coder| coder.method == AES)
}

/// What the properties of a folder's AES coder say.
pub(super) fn lock(folder: &Folder) -> Option<Lock> {
    let coder = folder.coders.iter().find(|coder| coder.method == AES)?;
    Lock::read(&coder.properties)
}

/// The unpacked bytes of a folder whose packed streams are `packed`, in their order. No coder may
/// hold more than `memory` bytes. An encrypted folder needs its key.
pub(super) fn decode<'a>(
    folder: &Folder,
    packed: Vec<Box<dyn Read + 'a>>,
    memory: u64,
    key: Option<&Key>,
) -> io::Result<Box<dyn Read + 'a>> {
    let last = folder.last().ok_or_else(damaged)?;
    let packed = packed.into_iter().map(Some).collect();
    let mut chain = Chain { folder, packed, used: 0, memory, key };
    Ok(Box::new(chain.coder(last)?.take(folder.size())))
}

struct Chain<'f, 'a> {
    folder: &'f Folder,
    packed: Vec<Option<Box<dyn Read + 'a>>>,
    /// Coders built so far. Each may be used once, which bounds the recursion by their number.
    used: u64,
    memory: u64,
    key: Option<&'f Key>,
}

impl<'a> Chain<'_, 'a> {
    /// The output of one coder.
    fn coder(&mut self, at: usize) -> io::Result<Box<dyn Read + 'a>> {
        let folder = self.folder;
        if self.used >> at & 1 != 0 {
            return Err(damaged());
        }
        self.used |= 1 << at;
        let coder = &folder.coders[at];
        let first = folder.coders[..at].iter().map(|c| c.inputs).sum::<usize>();
        let mut inputs = Vec::new();
        for input in first..first + coder.inputs {
            inputs.push(self.input(input)?);
        }
        let size = folder.sizes.get(at).copied().ok_or_else(damaged)?;
        if coder.method == 0x0303_011b {
            return Ok(careful(Bcj2Reader::try_new(inputs, size)?));
        }
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else { return Err(damaged()) };
        if let (AES, Some(key)) = (coder.method, self.key) {
            let lock = Lock::read(&coder.properties).ok_or_else(damaged)?;
            return lock
                .reader(key, Box::new(input.take(size.saturating_add(15) & !15)))
                .map(|reader| -> Box<dyn Read + 'a> { Box::new(reader.take(size)) })
                .ok_or_else(damaged);
        }
        one(coder.method, &coder.properties, input, size, self.memory)
    }

    /// An input stream: another coder's output, or a packed stream.
    fn input(&mut self, input: usize) -> io::Result<Box<dyn Read + 'a>> {
        if let Some(&(_, output)) = self.folder.binds.iter().find(|(i, _)| *i == input) {
            return self.coder(output);
        }
        let at = self.folder.inputs.iter().position(|&i| i == input).ok_or_else(damaged)?;
        self.packed.get_mut(at).and_then(Option::take).ok_or_else(damaged)
    }
}

/// A coder with one input. `size` is the length of its output.
fn one<'a>(
    method: u64,
    properties: &[u8],
    input: Box<dyn Read + 'a>,
    size: u64,
    memory: u64,
) -> io::Result<Box<dyn Read + 'a>> {
    let buffered = |input| BufReader::with_capacity(64 << 10, input);
    let property = |i: usize| properties.get(i).copied().ok_or_else(damaged);
    let word = || -> io::Result<u32> {
        Ok(u32::from_le_bytes([property(1)?, property(2)?, property(3)?, property(4)?]))
    };
    Ok(match method {
        0x00 => input,
        0x21 => {
            let dictionary = lzma2_dictionary(property(0)?).ok_or_else(damaged)?;
            let dictionary = fits(u64::from(dictionary).min(size.max(4096)), memory)?;
            careful(lzma_rust2::Lzma2Reader::new(buffered(input), dictionary, None))
        }
        0x03_0101 => {
            let dictionary = fits(u64::from(word()?).min(size.max(4096)), memory)?;
            let (input, props) = (buffered(input), property(0)?);
            let reader =
                lzma_rust2::LzmaReader::new_with_props(input, size, props, dictionary, None);
            careful(reader?)
        }
        0x03_0401 => {
            let model = fits(u64::from(word()?), memory)?;
            let order = u32::from(property(0)?);
            let reader = ppmd_rust::Ppmd7Decoder::new(buffered(input), order, model);
            careful(reader.map_err(|_| damaged())?.take(size))
        }
        0x04_0108 => careful(flate2::bufread::DeflateDecoder::new(buffered(input))),
        0x04_0109 => careful(deflate64::Deflate64Decoder::with_buffer(buffered(input))),
        0x04_0202 => careful(bzip2::bufread::MultiBzDecoder::new(buffered(input))),
        0x04f7_1101 => Box::new(Zstd::new(buffered(input), memory)),
        0x03 => careful(DeltaReader::new(input, usize::from(property(0)?) + 1)),
        0x04 | 0x0303_0103 => careful(BcjReader::new_x86(input, 0)),
        0x05 | 0x0303_0205 => careful(BcjReader::new_ppc(input, 0)),
        0x06 | 0x0303_0401 => careful(BcjReader::new_ia64(input, 0)),
        0x07 | 0x0303_0501 => careful(BcjReader::new_arm(input, 0)),
        0x08 | 0x0303_0701 => careful(BcjReader::new_arm_thumb(input, 0)),
        0x09 | 0x0303_0805 => careful(BcjReader::new_sparc(input, 0)),
        0x0a => careful(BcjReader::new_arm64(input, 0)),
        0x0b => careful(BcjReader::new_riscv(input, 0)),
        AES => return Err(Stopped(Reason::Encrypted).into()),
        _ => return Err(Stopped(Reason::Unsupported).into()),
    })
}

/// The size of a dictionary, or the limit it breaks.
fn fits(bytes: u64, memory: u64) -> io::Result<u32> {
    match u32::try_from(bytes) {
        Ok(size) if bytes <= memory => Ok(size),
        _ => Err(Stopped(Reason::LimitMemory).into()),
    }
}

/// The dictionary size that LZMA2's property byte stands for: 2 or 3 times a power of two.
fn lzma2_dictionary(property: u8) -> Option<u32> {
    match property {
        0..40 => Some((2 | u32::from(property & 1)) << (property / 2 + 11)),
        40 => Some(u32::MAX),
        _ => None,
    }
}

fn damaged() -> io::Error {
    Stopped(Reason::Damaged).into()
}
