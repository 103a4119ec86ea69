//! Reading round bad sectors: what lies behind a hole in a worn stick is read all the same.

use std::io::{self, Read};

/// Bytes left out for one that cannot be read: what a disk reads at once.
const BLOCK: u64 = 4096;
/// Holes after which a device is given up: each may take it seconds to admit.
const MOST_HOLES: u32 = 256;

/// All bytes that can be read of something that is read by position, with zeros for those that
/// cannot: printable text ends at them.
pub(crate) struct Salvage<F> {
    read_at: F,
    len: u64,
    at: u64,
    /// Zeros still to be given for the last hole.
    hole: u64,
    holes: u32,
}

impl<F: FnMut(&mut [u8], u64) -> io::Result<usize>> Salvage<F> {
    /// Of the first `len` bytes of what `read_at` reads.
    pub(crate) fn new(read_at: F, len: u64) -> Self {
        Salvage { read_at, len, at: 0, hole: 0, holes: 0 }
    }
}

impl<F: FnMut(&mut [u8], u64) -> io::Result<usize>> Read for Salvage<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = usize::try_from(self.len - self.at).unwrap_or(usize::MAX);
            if left == 0 || buf.is_empty() {
                return Ok(0);
            }
            if self.hole > 0 {
                let zeros = buf.len().min(left).min(self.hole as usize);
                buf[..zeros].fill(0);
                self.hole -= zeros as u64;
                self.at += zeros as u64;
                return Ok(zeros);
            }
            // One block at a time, so that a hole costs no more than itself.
            let to_edge = (BLOCK - self.at % BLOCK) as usize;
            let want = buf.len().min(left).min(to_edge);
            match (self.read_at)(&mut buf[..want], self.at) {
                Ok(got) => {
                    self.at += got as u64;
                    return Ok(got);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.holes == MOST_HOLES => return Err(error),
                Err(_) => {
                    self.holes += 1;
                    self.hole = to_edge as u64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device of this length on which the block at each of these positions is bad.
    fn device(len: u64, bad: &[u64]) -> Salvage<impl FnMut(&mut [u8], u64) -> io::Result<usize>> {
        let read_at = move |buf: &mut [u8], at: u64| {
            let end = at + buf.len() as u64;
            if bad.iter().any(|&bad| at < bad + BLOCK && bad < end) {
                return Err(io::Error::from_raw_os_error(5));
            }
            buf.fill(b'x');
            Ok(buf.len())
        };
        Salvage::new(read_at, len)
    }

    #[test]
    fn only_bad_blocks_are_lost_wherever_they_lie() {
        for bad in [&[0][..], &[4096], &[8192], &[0, 4096], &[]] {
            let mut all = Vec::new();
            device(10_000, bad).read_to_end(&mut all).unwrap();
            assert_eq!(all.len(), 10_000);
            for (i, &byte) in all.iter().enumerate() {
                let lost = bad.contains(&(i as u64 / BLOCK * BLOCK));
                assert_eq!(byte, if lost { 0 } else { b'x' }, "{i} of {bad:?}");
            }
        }
    }

    #[test]
    fn a_device_that_is_gone_is_given_up() {
        let gone = |_: &mut [u8], _: u64| Err(io::Error::from_raw_os_error(5));
        let error = Salvage::new(gone, 1 << 40).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(5));
    }
}
