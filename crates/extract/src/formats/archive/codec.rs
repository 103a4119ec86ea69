//! The decompressors, by method.

use dlpscan_core::model::{Reason, Stopped};
use flate2::Crc;
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How an entry of a zip is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Stored,
    Deflate,
    Deflate64,
    Bzip2,
    Lzma,
    Xz,
    Zstd,
}

impl Codec {
    /// The codec behind a zip method number (APPNOTE.TXT 4.4.5).
    pub(crate) fn of_zip(method: u16) -> Option<Codec> {
        Some(match method {
            0 => Codec::Stored,
            8 => Codec::Deflate,
            9 => Codec::Deflate64,
            12 => Codec::Bzip2,
            14 => Codec::Lzma,
            20 | 93 => Codec::Zstd,
            95 => Codec::Xz,
            _ => return None,
        })
    }

    /// The decompressed bytes of a zip entry. `size` is needed for LZMA without an end mark;
    /// `memory` is the most a decompressor may hold, in bytes.
    pub(crate) fn decode<'a>(
        self,
        mut packed: impl BufRead + 'a,
        size: Option<u64>,
        memory: u64,
    ) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Codec::Stored => Box::new(packed),
            Codec::Deflate => careful(flate2::bufread::DeflateDecoder::new(packed)),
            Codec::Deflate64 => careful(deflate64::Deflate64Decoder::with_buffer(packed)),
            Codec::Bzip2 => careful(bzip2::bufread::MultiBzDecoder::new(packed)),
            Codec::Lzma => {
                // Two bytes of version, two of length, then properties and dictionary size.
                let mut head = [0; 9];
                packed.read_exact(&mut head)?;
                let dictionary = u32::from_le_bytes([head[5], head[6], head[7], head[8]]);
                if u64::from(dictionary) > memory {
                    return Err(Stopped(Reason::LimitMemory).into());
                }
                let size = size.unwrap_or(u64::MAX);
                careful(lzma_rust2::LzmaReader::new_with_props(
                    packed, size, head[4], dictionary, None,
                )?)
            }
            Codec::Xz => xz(packed, memory),
            Codec::Zstd => Box::new(Zstd::new(packed, memory)),
        })
    }
}

/// The bytes of one or more xz streams, one after another.
pub(crate) fn xz<'a>(packed: impl Read + 'a, memory: u64) -> Box<dyn Read + 'a> {
    let kib = u32::try_from(memory >> 10).unwrap_or(u32::MAX);
    careful(lzma_rust2::XzReader::new_mem_limit(packed, true, kib))
}

/// The bytes of an old `.lzma` file.
pub(crate) fn lzma<'a>(
    mut packed: impl BufRead + 'a,
    memory: u64,
) -> io::Result<Box<dyn Read + 'a>> {
    // Its header: properties, then the dictionary's size.
    if let Some(&[d0, d1, d2, d3]) = packed.fill_buf()?.get(1..5)
        && u64::from(u32::from_le_bytes([d0, d1, d2, d3])) > memory
    {
        return Err(Stopped(Reason::LimitMemory).into());
    }
    let kib = u32::try_from(memory >> 10).unwrap_or(u32::MAX);
    Ok(careful(lzma_rust2::LzmaReader::new_mem_limit(packed, kib, None)?))
}

/// A decoder whose panic is an error of the data: one bad entry must not take its neighbours along.
pub(crate) fn careful<'a>(decoder: impl Read + 'a) -> Box<dyn Read + 'a> {
    Box::new(Careful(Some(decoder)))
}

struct Careful<R>(Option<R>);

impl<R: Read> Read for Careful<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.0 else { return Ok(0) };
        match catch_unwind(AssertUnwindSafe(|| decoder.read(buf))) {
            Ok(Ok(n)) => Ok(n),
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Ok(Err(error)) => {
                self.0 = None;
                Err(error)
            }
            Err(_) => {
                self.0 = None;
                Err(Stopped(Reason::Damaged).into())
            }
        }
    }
}

/// Writers put some notes of their own into frames to be skipped. Of one larger than this rather the
/// size is spoilt than the end missing.
const LARGEST_SKIPPED: u64 = 16 << 20;

/// Zstandard frames one after another, skippable ones passed over.
pub(crate) struct Zstd<R: BufRead> {
    source: Option<R>,
    decoder: ruzstd::decoding::FrameDecoder,
    open: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Reads frames whose window is at most `memory` bytes.
    pub(crate) fn new(source: R, memory: u64) -> Self {
        let mut decoder = ruzstd::decoding::FrameDecoder::new();
        decoder.set_max_window_size(memory);
        Zstd { source: Some(source), decoder, open: false }
    }

    fn step(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy;
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        loop {
            let Some(source) = &mut self.source else { return Ok(0) };
            if !self.open {
                if source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                match self.decoder.reset(&mut *source) {
                    Ok(()) => self.open = true,
                    Err(FrameDecoderError::ReadFrameHeaderError(
                        ReadFrameHeaderError::SkipFrame { length, .. },
                    )) => {
                        let length = u64::from(length);
                        let skipped = io::copy(&mut source.take(length), &mut io::sink())?;
                        if skipped < length {
                            return Err(match length > LARGEST_SKIPPED {
                                true => Stopped(Reason::Damaged).into(),
                                false => io::ErrorKind::UnexpectedEof.into(),
                            });
                        }
                        continue;
                    }
                    Err(error) => return Err(zstd_error(error)),
                }
            }
            if self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut *source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(zstd_error)?;
            }
            let n = self.decoder.read(buf)?;
            if n > 0 || buf.is_empty() {
                return Ok(n);
            }
            if self.decoder.is_finished() {
                self.open = false;
                // The checksum that stands behind the frame has been read by now.
                if let (Some(told), Some(made)) =
                    (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum())
                    && told != made
                {
                    return Err(Stopped(Reason::Damaged).into());
                }
            }
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match catch_unwind(AssertUnwindSafe(|| self.step(buf))) {
            Ok(Ok(n)) => Ok(n),
            Ok(Err(error)) => {
                self.source = None;
                Err(error)
            }
            Err(_) => {
                self.source = None;
                Err(Stopped(Reason::Damaged).into())
            }
        }
    }
}

fn zstd_error(error: ruzstd::decoding::errors::FrameDecoderError) -> io::Error {
    use ruzstd::decoding::errors::FrameDecoderError;
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => Stopped(Reason::LimitMemory).into(),
        other => {
            let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(&other);
            while let Some(e) = inner {
                if let Some(io) = e.downcast_ref::<io::Error>() {
                    return match Stopped::reason(io) {
                        Reason::Damaged => Stopped(Reason::Damaged).into(),
                        reason => Stopped(reason).into(),
                    };
                }
                inner = e.source();
            }
            Stopped(Reason::Damaged).into()
        }
    }
}

/// How far the reader of a decoded stream came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Progress {
    /// Nobody asked for a byte.
    #[default]
    Unread,
    /// Part of it was read.
    Begun,
    /// All of it: its checksum and length.
    Ended { crc: u32, len: u64 },
    /// It broke.
    Failed(Reason),
}

/// Watches a decoded stream while somebody else reads it.
pub(crate) struct Watched<'c, R> {
    inner: R,
    crc: Crc,
    len: u64,
    progress: &'c Cell<Progress>,
}

impl<'c, R> Watched<'c, R> {
    /// Watches `inner`, telling `progress`.
    pub(crate) fn new(inner: R, progress: &'c Cell<Progress>) -> Self {
        Watched { inner, crc: Crc::new(), len: 0, progress }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buf) {
            Ok(0) if !buf.is_empty() => {
                if !matches!(self.progress.get(), Progress::Failed(_)) {
                    self.progress.set(Progress::Ended { crc: self.crc.sum(), len: self.len });
                }
                Ok(0)
            }
            Ok(n) => {
                self.crc.update(&buf[..n]);
                self.len += n as u64;
                if self.progress.get() == Progress::Unread {
                    self.progress.set(Progress::Begun);
                }
                Ok(n)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.progress.set(Progress::Failed(Stopped::reason(&error)));
                }
                Err(error)
            }
        }
    }
}
