//! AES as containers use it, block after block.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};

/// Bytes of a block.
pub(super) const BLOCK: usize = 16;

/// AES with a key of any of its lengths.
pub(super) enum Aes {
    Short(Box<Aes128>),
    Middle(Box<Aes192>),
    Long(Box<Aes256>),
}

impl Aes {
    /// `None` for a key of another length.
    pub fn new(key: &[u8]) -> Option<Self> {
        Some(match key.len() {
            16 => Aes::Short(Box::new(Aes128::new_from_slice(key).ok()?)),
            24 => Aes::Middle(Box::new(Aes192::new_from_slice(key).ok()?)),
            32 => Aes::Long(Box::new(Aes256::new_from_slice(key).ok()?)),
            _ => return None,
        })
    }

    fn decrypt(&self, block: &mut [u8; BLOCK]) {
        let mut array = Array::from(*block);
        match self {
            Aes::Short(aes) => aes.decrypt_block(&mut array),
            Aes::Middle(aes) => aes.decrypt_block(&mut array),
            Aes::Long(aes) => aes.decrypt_block(&mut array),
        }
        *block = array.into();
    }

    fn encrypt(&self, block: &mut [u8; BLOCK]) {
        let mut array = Array::from(*block);
        match self {
            Aes::Short(aes) => aes.encrypt_block(&mut array),
            Aes::Middle(aes) => aes.encrypt_block(&mut array),
            Aes::Long(aes) => aes.encrypt_block(&mut array),
        }
        *block = array.into();
    }

    /// Decrypts whole blocks in place, each by itself. A rest that is no block stays as it is.
    pub fn ecb(&self, data: &mut [u8]) {
        for block in data.as_chunks_mut().0 {
            self.decrypt(block);
        }
    }

    /// Decrypts whole blocks in place, each mixed with the one before it; the last one is left in
    /// `before` for what follows.
    pub fn cbc(&self, before: &mut [u8; BLOCK], data: &mut [u8]) {
        for block in data.as_chunks_mut().0 {
            let packed: [u8; BLOCK] = *block;
            self.decrypt(block);
            block.iter_mut().zip(*before).for_each(|(byte, mask)| *byte ^= mask);
            *before = packed;
        }
    }

    /// Decrypts in place with a counter that starts at 1, its lowest byte first (WinZip's AE).
    pub fn counter(&self, data: &mut [u8]) {
        for (number, chunk) in data.chunks_mut(BLOCK).enumerate() {
            let mut mask = [0; BLOCK];
            mask[..8].copy_from_slice(&(number as u64 + 1).to_le_bytes());
            self.encrypt(&mut mask);
            chunk.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        }
    }
}
