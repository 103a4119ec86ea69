//! Compressed streams that offices rarely meet: lz4, lzip, and compress's `.Z`.

use super::codec::careful;
use super::lzw::Lzw;
use super::packed::Packed;
use crate::extractor::Sure;
use dlpscan_core::model::{Reason, Stopped};
#[cfg(feature = "lz4")]
use std::io::Read;
use std::io::{self, BufRead};

/// Files of Unix compress, and of pack200's ancestors: LZW.
pub const Z: Packed = Packed {
    name: "z",
    extensions: &[("taz", "tar"), ("z", "")],
    sniff: |head, _| match head {
        // Widths of 9 to 16 bits; two flags were never used.
        [0x1f, 0x9d, flags, ..] if (9..=16).contains(&(flags & 0x1f)) && flags & 0x60 == 0 => {
            Sure::Certain
        }
        _ => Sure::No,
    },
    open: |input, _| Ok(Box::new(Lzw::new(input)?)),
};

/// Lzip files, with one member or several.
pub const LZIP: Packed = Packed {
    name: "lz",
    extensions: &[("tlz", "tar"), ("lz", "")],
    sniff: |head, _| if head.starts_with(b"LZIP\x01") { Sure::Certain } else { Sure::No },
    open: |input, memory| {
        // The dictionary's size: a power of two less some sixteenths of it.
        let coded = input.fill_buf()?.get(5).copied().ok_or(io::ErrorKind::UnexpectedEof)?;
        let whole = 1_u64 << (coded & 0x1f);
        if whole - (whole / 16) * u64::from(coded >> 5) > memory {
            return Err(Stopped(Reason::LimitMemory).into());
        }
        Ok(careful(lzma_rust2::LzipReader::new(input)))
    },
};

/// Lz4 files: frames of any kind, and skippable frames between them.
#[cfg(feature = "lz4")]
pub const LZ4: Packed = Packed {
    name: "lz4",
    extensions: &[("tlz4", "tar"), ("lz4", "")],
    sniff: |head, _| {
        let is_frame = head.starts_with(FRAME) || head.starts_with(&LEGACY);
        if is_frame { Sure::Certain } else { Sure::No }
    },
    open: |input, _| {
        let source = Frame { inner: input, magic: [0; 4], read: 0, ended: false };
        Ok(careful(Lz4 { decoder: lz4_flex::frame::FrameDecoder::new(source), done: false }))
    },
};

/// Frames one after another, skippable ones passed over.
#[cfg(feature = "lz4")]
struct Lz4<R: BufRead> {
    decoder: lz4_flex::frame::FrameDecoder<Frame<R>>,
    done: bool,
}

#[cfg(feature = "lz4")]
impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.done {
            return Ok(0);
        }
        loop {
            match self.decoder.read(buf) {
                Ok(0) => {
                    let frame = self.decoder.get_mut();
                    if frame.ended {
                        // The library takes a missing end for an end.
                        let whole = frame.read == 0 || frame.magic == LEGACY;
                        return if whole {
                            Ok(0)
                        } else {
                            Err(io::ErrorKind::UnexpectedEof.into())
                        };
                    }
                    // The end of a frame; another may follow, or something else.
                    frame.read = 0;
                    if !frame.follows()? {
                        self.done = true;
                        return Ok(0);
                    }
                }
                Ok(n) => return Ok(n),
                Err(error) => match skippable(&error) {
                    Some(len) => {
                        let frame = self.decoder.get_mut();
                        io::copy(&mut (&mut *frame).take(len), &mut io::sink())?;
                        frame.read = 0;
                    }
                    None => return Err(error),
                },
            }
        }
    }
}

/// How frames begin.
#[cfg(feature = "lz4")]
const FRAME: &[u8] = b"\x04\x22\x4d\x18";

/// How frames begin that end with their file.
#[cfg(feature = "lz4")]
const LEGACY: [u8; 4] = *b"\x02\x21\x4c\x18";

/// The length of a skippable frame, which the library reports as an error.
#[cfg(feature = "lz4")]
fn skippable(error: &io::Error) -> Option<u64> {
    match error.get_ref()?.downcast_ref::<lz4_flex::frame::Error>()? {
        lz4_flex::frame::Error::SkippableFrame(len) => Some(u64::from(*len)),
        _ => None,
    }
}

/// Remembers how the frame that is being read began, and whether the source ended in it.
#[cfg(feature = "lz4")]
struct Frame<R> {
    inner: R,
    magic: [u8; 4],
    read: u64,
    ended: bool,
}

#[cfg(feature = "lz4")]
impl<R: BufRead> Frame<R> {
    /// True when what comes next is a frame of any kind, or the end.
    fn follows(&mut self) -> io::Result<bool> {
        let next = self.inner.fill_buf()?;
        Ok(match *next {
            [a, 0x2a, 0x4d, 0x18, ..] => a & 0xf0 == 0x50,
            [_, _, _, _, ..] => next.starts_with(FRAME) || next.starts_with(&LEGACY),
            _ => true,
        })
    }
}

#[cfg(feature = "lz4")]
impl<R: Read> Read for Frame<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.ended = n == 0 && !buf.is_empty();
        for (at, &byte) in (self.read..4).zip(&buf[..n]) {
            self.magic[at as usize] = byte;
        }
        self.read += n as u64;
        Ok(n)
    }
}
