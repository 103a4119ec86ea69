//! What is packed with Snappy: files of frames, and the parts of Apple's documents since 2013.

use super::packed::Packed;
use crate::extractor::{Hint, Sure};
use dlpscan_core::model::{Reason, Stopped};
use std::io::{self, BufRead, Read};

/// Files of Snappy's frames.
pub const SZ: Packed = Packed {
    name: "sz",
    extensions: &[("sz", ""), ("snappy", "")],
    sniff: |head, _| if head.starts_with(FRAMES) { Sure::Certain } else { Sure::No },
    open: |input, _| Ok(super::codec::careful(snap::read::FrameDecoder::new(input))),
};

/// Parts of Pages, Numbers and Keynote documents: blocks without the frames' marks and checksums.
pub const IWA: Packed = Packed {
    name: "iwa",
    extensions: &[("iwa", "")],
    sniff: |head, hint| if is_iwa(head, hint) { Sure::Certain } else { Sure::No },
    open: |input, memory| Ok(Box::new(Blocks { input, memory, block: Vec::new(), given: 0 })),
};

/// The frame that all others follow.
const FRAMES: &[u8] = b"\xff\x06\0\0sNaPpY";
/// A block is written of so many bytes at most.
const LARGEST: usize = 64 << 10;

fn is_iwa(head: &[u8], hint: &Hint<'_>) -> bool {
    hint.ends(&["iwa"])
        && head.first() == Some(&0)
        && head.get(4..).is_some_and(|block| {
            snap::raw::decompress_len(block).is_ok_and(|len| (1..=LARGEST).contains(&len))
        })
}

/// Blocks one after another, each behind a zero and its length in three bytes.
struct Blocks<R> {
    input: R,
    memory: u64,
    block: Vec<u8>,
    given: usize,
}

impl<R: BufRead> Read for Blocks<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.block.len() {
            if self.input.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let mut head = [0; 4];
            self.input.read_exact(&mut head)?;
            let len = u64::from(u32::from_le_bytes([head[1], head[2], head[3], 0]));
            let mut packed = Vec::new();
            (&mut self.input).take(len).read_to_end(&mut packed)?;
            let damaged = |_| io::Error::from(Stopped(Reason::Damaged));
            if (packed.len() as u64) < len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if head[0] != 0 {
                return Err(Stopped(Reason::Damaged).into());
            }
            if snap::raw::decompress_len(&packed).map_err(damaged)? as u64 > self.memory {
                return Err(Stopped(Reason::LimitMemory).into());
            }
            self.block = snap::raw::Decoder::new().decompress_vec(&packed).map_err(damaged)?;
            self.given = 0;
        }
        let n = (&self.block[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}
