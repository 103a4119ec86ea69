//! Word and Excel documents with a password, 97 to 2003 (MS-OFFCRYPTO 2.3.5 and 2.3.6): RC4 with a
//! key of its own for each block.

use super::office::{NOBODY_ASKED, Opened};
use super::rc4::Rc4;
use super::utf16;
use crate::budget::Budget;
use crate::formats::document::office::biff::{Record, Records};
use crate::little_endian::le32;
use dlpscan_core::model::{Secret, Stopped};
use md5::Md5;
use sha1::Sha1;
use sha2::Digest;

/// Bytes of a Word document's streams, and of a workbook, that share a key.
const WORD_BLOCK: usize = 512;
const EXCEL_BLOCK: usize = 1024;
/// Bytes at the beginning of a Word document that are never encrypted.
const WORD_CLEAR: usize = 0x44;
/// Where a Word document says how long the description of its lock is, at the beginning of its
/// table.
const WORD_HEADER: usize = 0x0E;

/// The record of a workbook that describes its lock.
const FILE_PASS: u16 = 0x002F;
/// It is among so many first ones.
const FIRST: usize = 100;
/// Records of a workbook that are never encrypted (MS-XLS 2.2.10), and the one whose first four
/// bytes are not.
const CLEAR: [u16; 7] = [0x0809, FILE_PASS, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138];
const SHEET: u16 = 0x0085;

/// A Word document's streams: the document itself, its table, and what its pictures are made of.
pub(crate) struct Streams {
    pub document: Vec<u8>,
    pub table: Vec<u8>,
    pub data: Vec<u8>,
}

/// A Word document's streams, opened. Word asks for every password.
pub(crate) fn word(
    locked: &Streams,
    passwords: &[Secret],
    budget: &Budget,
) -> Result<Option<Streams>, Stopped> {
    let Streams { document, table, data } = locked;
    let header = || {
        let len = le32(document, WORD_HEADER)?;
        Lock::read(table.get(..usize::try_from(len).ok()?)?)
    };
    let Some(key) = header().map_or(Ok(None), |lock| lock.key(passwords, budget))? else {
        return Ok(None);
    };
    let open = |stream: &[u8]| {
        let mut stream = stream.to_vec();
        key.decrypt(&mut stream, 0, WORD_BLOCK);
        stream
    };
    let mut opened = Streams { document: open(document), table: open(table), data: open(data) };
    let clear = WORD_CLEAR.min(document.len());
    opened.document[..clear].copy_from_slice(&document[..clear]);
    Ok(Some(opened))
}

/// A workbook, opened. The record that described the lock stays where it was.
pub(crate) fn excel(
    stream: &[u8],
    passwords: &[Secret],
    budget: &Budget,
) -> Result<Option<Opened<Vec<u8>>>, Stopped> {
    let records = || Records::new(stream);
    let lock = || {
        let found = records().take(FIRST).find(|record| record.kind == FILE_PASS)?;
        Lock::read(found.data.strip_prefix(&[1, 0])?)
    };
    let Some(lock) = lock() else { return Ok(None) };
    let known = lock.key(&[Secret::new(NOBODY_ASKED)], budget)?;
    let by_given = known.is_none();
    let Some(key) = known.map_or_else(|| lock.key(passwords, budget), |key| Ok(Some(key)))? else {
        return Ok(None);
    };
    let mut opened = stream.to_vec();
    for Record { kind, from, data, .. } in records().skip_while(|record| record.kind != FILE_PASS) {
        let clear = match kind {
            SHEET => 4.min(data.len()),
            kind if CLEAR.contains(&kind) => data.len(),
            _ => 0,
        };
        let at = from + clear;
        key.decrypt(&mut opened[at..from + data.len()], at, EXCEL_BLOCK);
    }
    Ok(Some(Opened { content: opened, by_given }))
}

/// How a document is locked.
struct Lock {
    hash: Hash,
    salt: [u8; 16],
    verifier: [u8; 16],
    verifier_hash: Vec<u8>,
}

/// What makes keys of passwords.
#[derive(Clone, Copy)]
enum Hash {
    /// Office 97 and 2000: MD5, 40 bits.
    Md5,
    /// Since Office XP: SHA-1, with a key of so many bytes.
    Sha1(usize),
}

impl Lock {
    /// From the version of the description and what follows it.
    fn read(header: &[u8]) -> Option<Self> {
        let word = |at| le32(header, at);
        let sixteen = |at: usize| header.get(at..)?.first_chunk::<16>().copied();
        let [a, b, c, d] = *header.first_chunk()?;
        match (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])) {
            (1, 1) => Some(Lock {
                hash: Hash::Md5,
                salt: sixteen(4)?,
                verifier: sixteen(20)?,
                verifier_hash: sixteen(36)?.to_vec(),
            }),
            (2..=4, 2) => {
                let bits = word(12 + 16)?;
                let key = if bits == 0 { 5 } else { bits as usize / 8 };
                // Behind the description of the cipher: the salt's length, the salt, the verifier.
                let at = usize::try_from(word(8)?).ok()?.checked_add(12 + 4)?;
                (5..=16).contains(&key).then_some(Lock {
                    hash: Hash::Sha1(key),
                    salt: sixteen(at)?,
                    verifier: sixteen(at.checked_add(16)?)?,
                    verifier_hash: header.get(at.checked_add(36)?..)?.first_chunk::<20>()?.to_vec(),
                })
            }
            _ => None,
        }
    }

    /// The key, if one of these passwords makes it.
    fn key(&self, passwords: &[Secret], budget: &Budget) -> Result<Option<Key>, Stopped> {
        for password in passwords {
            budget.check()?;
            let key = Key::new(self.hash, &self.salt, password);
            let mut cipher = key.block(0);
            let (mut verifier, mut hash) = (self.verifier, self.verifier_hash.clone());
            cipher.apply(&mut verifier);
            cipher.apply(&mut hash);
            let fits = match self.hash {
                Hash::Md5 => Md5::digest(verifier)[..] == hash[..],
                Hash::Sha1(_) => Sha1::digest(verifier)[..] == hash[..],
            };
            if fits {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}

/// What the keys of all blocks are made of.
struct Key {
    hash: Hash,
    base: Vec<u8>,
}

impl Key {
    fn new(hash: Hash, salt: &[u8; 16], password: &Secret) -> Self {
        let password = utf16(password);
        let base = match hash {
            Hash::Md5 => {
                let first = Md5::digest(password);
                let mut md5 = Md5::new();
                for _ in 0..16 {
                    md5.update(&first[..5]);
                    md5.update(salt);
                }
                md5.finalize()[..5].to_vec()
            }
            Hash::Sha1(_) => {
                Sha1::new().chain_update(salt).chain_update(password).finalize().to_vec()
            }
        };
        Key { hash, base }
    }

    /// What a block is mixed with.
    fn block(&self, number: u32) -> Rc4 {
        let number = number.to_le_bytes();
        match self.hash {
            Hash::Md5 => {
                Rc4::new(&Md5::new().chain_update(&self.base).chain_update(number).finalize())
            }
            Hash::Sha1(len) => {
                let hash = Sha1::new().chain_update(&self.base).chain_update(number).finalize();
                let mut key = hash[..len].to_vec();
                // A key of 40 bits is used as one of 128, the rest of them zero.
                key.resize(if len == 5 { 16 } else { len }, 0);
                Rc4::new(&key)
            }
        }
    }

    /// Decrypts what stands at `at` in a stream whose blocks have this size.
    fn decrypt(&self, mut data: &mut [u8], mut at: usize, block: usize) {
        while !data.is_empty() {
            let mut cipher = self.block(u32::try_from(at / block).unwrap_or(u32::MAX));
            cipher.skip(at % block);
            let here = (block - at % block).min(data.len());
            let (now, rest) = data.split_at_mut(here);
            cipher.apply(now);
            (data, at) = (rest, at + here);
        }
    }
}
