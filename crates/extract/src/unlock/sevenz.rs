//! 7z's AES (7zAES.txt of the LZMA SDK): 256 bits, chained, the key from many rounds of SHA-256.

use super::cipher::{Aes, BLOCK};
use super::utf16;
use crate::budget::Budget;
use dlpscan_core::model::{Secret, Stopped};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// More doublings of the rounds than 7-Zip makes (19) and than anyone waits for.
const MOST_POWER: u8 = 24;
/// Says that there are no rounds.
const NO_ROUNDS: u8 = 0x3f;
/// Rounds between two looks at the clock.
const BETWEEN_CHECKS: u64 = 1 << 14;

/// What the coder's properties say.
pub(crate) struct Lock {
    power: u8,
    salt: Vec<u8>,
    start: [u8; BLOCK],
}

impl Lock {
    /// From the properties; `None` where they make no sense.
    pub fn read(properties: &[u8]) -> Option<Self> {
        let first = *properties.first()?;
        let second = properties.get(1).copied().unwrap_or(0);
        let salt = usize::from(first >> 7) + usize::from(second >> 4);
        let start = usize::from(first >> 6 & 1) + usize::from(second & 15);
        let rest = properties.get(2..).unwrap_or(&[]);
        let mut lock =
            Lock { power: first & 0x3f, salt: rest.get(..salt)?.to_vec(), start: [0; BLOCK] };
        let from = rest.get(salt..salt + start)?;
        lock.start.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        (lock.power <= MOST_POWER || lock.power == NO_ROUNDS).then_some(lock)
    }

    /// The key that a password makes.
    pub fn key(&self, password: &Secret, budget: &Budget) -> Result<Key, Stopped> {
        let password = utf16(password);
        let mut key = [0; 32];
        if self.power == NO_ROUNDS {
            let bytes = self.salt.iter().chain(&password);
            key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            return Ok(Key(key));
        }
        let mut hash = Sha256::new();
        for round in 0..1_u64 << self.power {
            if round % BETWEEN_CHECKS == 0 {
                budget.check()?;
            }
            hash.update(&self.salt);
            hash.update(&password);
            hash.update(round.to_le_bytes());
        }
        key.copy_from_slice(&hash.finalize());
        Ok(Key(key))
    }

    /// What stands behind the lock, if the key is right; else noise.
    pub fn reader<'a>(&self, key: &Key, inner: Box<dyn Read + 'a>) -> Option<Box<dyn Read + 'a>> {
        Some(Box::new(Unlocked {
            inner,
            aes: Aes::new(&key.0)?,
            before: self.start,
            block: [0; PIECE],
            left: 0..0,
        }))
    }
}

/// A key made of a password.
#[derive(Clone)]
pub(crate) struct Key([u8; 32]);

/// Bytes that are decrypted at once.
const PIECE: usize = 256 * BLOCK;

struct Unlocked<R> {
    inner: R,
    aes: Aes,
    before: [u8; BLOCK],
    block: [u8; PIECE],
    /// What of `block` is still to be given.
    left: std::ops::Range<usize>,
}

impl<R: Read> Read for Unlocked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            let mut filled = 0;
            while filled < PIECE {
                match self.inner.read(&mut self.block[filled..])? {
                    0 => break,
                    n => filled += n,
                }
            }
            // A last piece that is no block is not the container's.
            let whole = filled - filled % BLOCK;
            self.aes.cbc(&mut self.before, &mut self.block[..whole]);
            self.left = 0..whole;
        }
        let n = buf.len().min(self.left.len());
        buf[..n].copy_from_slice(&self.block[self.left.start..self.left.start + n]);
        self.left.start += n;
        Ok(n)
    }
}
