//! The LZW of Unix compress.

use dlpscan_core::model::{Reason, Stopped};
use std::io::{self, Read};

/// Unpacks a `.Z` file.
pub(super) struct Lzw<R> {
    source: R,
    /// Codes come in groups of eight, as many bytes as a code has bits.
    group: Vec<u8>,
    /// Bits of the group used up.
    used: usize,
    /// Bits of a code now, and at most.
    bits: usize,
    most: usize,
    /// A code that empties the table is in use.
    clears: bool,
    /// What each code stands for: the code before it, and its last byte.
    prefix: Vec<u16>,
    suffix: Vec<u8>,
    /// The next code to be given out.
    free: usize,
    last: Option<u16>,
    first_byte: u8,
    /// Bytes unpacked and not given yet, in reverse.
    out: Vec<u8>,
    /// What ended it, where bytes were given first.
    fault: Option<io::Error>,
}

const CLEAR: usize = 256;

impl<R: Read> Lzw<R> {
    /// Reads the header.
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let mut head = [0; 3];
        source.read_exact(&mut head)?;
        let most = usize::from(head[2] & 0x1f).clamp(9, 16);
        let clears = head[2] & 0x80 != 0;
        Ok(Lzw {
            source,
            group: Vec::new(),
            used: 0,
            bits: 9,
            most,
            clears,
            prefix: vec![0; 1 << 16],
            suffix: (0..1 << 16).map(|code: u32| code as u8).collect(),
            free: CLEAR + usize::from(clears),
            last: None,
            first_byte: 0,
            out: Vec::new(),
            fault: None,
        })
    }

    /// The next code, or the end.
    fn code(&mut self) -> io::Result<Option<usize>> {
        // The widest table of this width is full.
        if self.free > (1 << self.bits) - 1 && self.bits < self.most {
            self.bits += 1;
            self.used = usize::MAX;
        }
        if self.used.saturating_add(self.bits) > self.group.len() * 8 {
            self.group.clear();
            self.used = 0;
            (&mut self.source).take(self.bits as u64).read_to_end(&mut self.group)?;
            if self.group.len() * 8 < self.bits {
                return Ok(None);
            }
        }
        let at = self.used / 8;
        let bytes = [0, 1, 2].map(|i| self.group.get(at + i).copied().unwrap_or(0));
        let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) >> (self.used % 8);
        self.used += self.bits;
        Ok(Some(word as usize & ((1 << self.bits) - 1)))
    }

    /// Unpacks one code.
    fn step(&mut self) -> io::Result<bool> {
        let Some(mut code) = self.code()? else { return Ok(false) };
        let Some(last) = self.last else {
            // The first code is a byte.
            self.first_byte = u8::try_from(code).map_err(|_| damaged())?;
            self.last = Some(code as u16);
            self.out.push(self.first_byte);
            return Ok(true);
        };
        if code == CLEAR && self.clears {
            self.free = CLEAR;
            self.bits = 9;
            self.used = usize::MAX;
            return Ok(true);
        }
        let given = code;
        if code >= self.free {
            if code > self.free {
                return Err(damaged());
            }
            // A code that is made by itself: what came last, and its first byte again.
            self.out.push(self.first_byte);
            code = usize::from(last);
        }
        while code >= CLEAR {
            if self.out.len() > 1 << 16 {
                return Err(damaged());
            }
            self.out.push(self.suffix[code]);
            code = usize::from(self.prefix[code]);
        }
        self.first_byte = code as u8;
        self.out.push(self.first_byte);
        if self.free < 1 << self.most {
            self.prefix[self.free] = last;
            self.suffix[self.free] = self.first_byte;
            self.free += 1;
        }
        self.last = Some(given as u16);
        Ok(true)
    }
}

impl<R: Read> Read for Lzw<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.fault.take() {
            return Err(error);
        }
        let mut n = 0;
        while n < buf.len() {
            match self.out.pop() {
                Some(byte) => {
                    buf[n] = byte;
                    n += 1;
                }
                None => match self.step() {
                    Ok(true) => {}
                    Ok(false) => break,
                    // What was unpacked before comes first.
                    Err(error) if n > 0 => {
                        self.fault = Some(error);
                        break;
                    }
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(n)
    }
}

fn damaged() -> io::Error {
    Stopped(Reason::Damaged).into()
}
