//! Office documents with a password since 2007 (MS-OFFCRYPTO 2.3.4): the zip of the document, whole
//! and encrypted, in a compound file.

use super::cipher::{Aes, BLOCK};
use super::utf16;
use crate::base64::base64;
use crate::budget::Budget;
use crate::little_endian::le32;
use dlpscan_core::model::{Reason, Secret, Stopped};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// What Excel encrypts with where a workbook is only protected against changes: it opens without
/// being asked for a password. Word and PowerPoint ask, whatever the password.
pub(super) const NOBODY_ASKED: &str = "VelvetSweatshop";
/// More rounds than Office allows.
const MOST_ROUNDS: u32 = 10_000_000;
/// Rounds between two looks at the clock.
const BETWEEN_CHECKS: u32 = 1 << 14;

/// How a document was opened.
pub(crate) struct Opened<T> {
    /// The document.
    pub content: T,
    /// With one of the passwords given, not with the one that everybody knows.
    pub by_given: bool,
}

/// Opens the stream `EncryptedPackage` by what the stream `EncryptionInfo` says. `None` where no
/// password fits or the way of encryption is not known; [`Reason::Damaged`] where it does not say
/// what it should.
pub(crate) fn open(
    info: &[u8],
    package: &[u8],
    passwords: &[Secret],
    budget: &Budget,
) -> Result<Option<Opened<Vec<u8>>>, Stopped> {
    let lock = match Lock::read(info) {
        Ok(lock) => lock,
        Err(Unread::Unknown) => return Ok(None),
        Err(Unread::Damaged) => return Err(Stopped(Reason::Damaged)),
    };
    let known = Secret::new(NOBODY_ASKED);
    for (number, password) in std::iter::once(&known).chain(passwords).enumerate() {
        budget.check()?;
        let Some(key) = lock.key(password, budget)? else { continue };
        let bytes = lock.decrypt(&key, package);
        let by_given = number > 0 || passwords.contains(&known);
        return Ok(bytes.map(|content| Opened { content, by_given }));
    }
    Ok(None)
}

/// What stands in `EncryptionInfo`.
enum Lock {
    Standard(Standard),
    Agile(Box<Agile>),
}

/// Why a lock cannot be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    /// It is of a kind that is not known here.
    Unknown,
    /// What must stand in its description does not.
    Damaged,
}

impl Lock {
    fn read(info: &[u8]) -> Result<Lock, Unread> {
        let Some(&[a, b, c, d, _, _, _, _]) = info.first_chunk() else {
            return Err(Unread::Damaged);
        };
        let rest = &info[8..];
        match (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])) {
            (4, 4) => {
                let xml = std::str::from_utf8(rest).map_err(|_| Unread::Damaged)?;
                Agile::read(xml).map(Lock::Agile)
            }
            (2..=4, 2) => Standard::read(rest).map(Lock::Standard).ok_or(Unread::Damaged),
            _ => Err(Unread::Unknown),
        }
    }

    /// The key, if the password is right.
    fn key(&self, password: &Secret, budget: &Budget) -> Result<Option<Vec<u8>>, Stopped> {
        match self {
            Lock::Standard(lock) => lock.key(password, budget),
            Lock::Agile(lock) => lock.key(password, budget),
        }
    }

    fn decrypt(&self, key: &[u8], package: &[u8]) -> Option<Vec<u8>> {
        let (len, data) = package.split_first_chunk::<8>()?;
        let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
        let mut data = data.to_vec();
        let aes = Aes::new(key)?;
        match self {
            Lock::Standard(_) => aes.ecb(&mut data),
            Lock::Agile(lock) => {
                for (number, segment) in (0_u32..).zip(data.chunks_mut(SEGMENT)) {
                    let mut start = lock.data.start(&number.to_le_bytes());
                    aes.cbc(&mut start, segment);
                }
            }
        }
        data.truncate(len);
        Some(data)
    }
}

/// Bytes of a document that are encrypted together.
const SEGMENT: usize = 4096;

/// The rounds that make trying passwords slow.
fn rounds(hash: Hash, first: Vec<u8>, count: u32, budget: &Budget) -> Result<Vec<u8>, Stopped> {
    fn all<D: Digest>(mut value: Vec<u8>, count: u32, budget: &Budget) -> Result<Vec<u8>, Stopped> {
        for round in 0..count {
            if round % BETWEEN_CHECKS == 0 {
                budget.check()?;
            }
            let next = D::new().chain_update(round.to_le_bytes()).chain_update(&value).finalize();
            value.clear();
            value.extend_from_slice(&next);
        }
        Ok(value)
    }
    match hash {
        Hash::Sha1 => all::<Sha1>(first, count, budget),
        Hash::Sha256 => all::<Sha256>(first, count, budget),
        Hash::Sha384 => all::<Sha384>(first, count, budget),
        Hash::Sha512 => all::<Sha512>(first, count, budget),
    }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Hash> {
        Some(match name {
            "SHA1" | "SHA-1" => Hash::Sha1,
            "SHA256" | "SHA-256" => Hash::Sha256,
            "SHA384" | "SHA-384" => Hash::Sha384,
            "SHA512" | "SHA-512" => Hash::Sha512,
            _ => return None,
        })
    }

    fn of(self, pieces: &[&[u8]]) -> Vec<u8> {
        fn all<D: Digest>(pieces: &[&[u8]]) -> Vec<u8> {
            let mut hash = D::new();
            pieces.iter().for_each(|piece| hash.update(piece));
            hash.finalize().to_vec()
        }
        match self {
            Hash::Sha1 => all::<Sha1>(pieces),
            Hash::Sha256 => all::<Sha256>(pieces),
            Hash::Sha384 => all::<Sha384>(pieces),
            Hash::Sha512 => all::<Sha512>(pieces),
        }
    }
}

/// Standard encryption (2.3.4.5): AES in single blocks, SHA-1.
struct Standard {
    key_bytes: usize,
    salt: [u8; 16],
    verifier: [u8; 16],
    verifier_hash: [u8; 32],
}

const STANDARD_ROUNDS: u32 = 50_000;

impl Standard {
    /// From what follows the version and flags.
    fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at| le32(bytes, at);
        let header = word(0)? as usize;
        let key_bits = word(4 + 16)?;
        let verifier = bytes.get(4..)?.get(header..)?;
        let piece = |at: usize| verifier.get(at..)?.first_chunk();
        Some(Standard {
            // Where it is not told, the shortest.
            key_bytes: if key_bits == 0 { 16 } else { key_bits as usize / 8 },
            salt: *verifier.get(4..)?.first_chunk()?,
            verifier: *piece(20)?,
            verifier_hash: *verifier.get(40..)?.first_chunk()?,
        })
    }

    fn key(&self, password: &Secret, budget: &Budget) -> Result<Option<Vec<u8>>, Stopped> {
        let first = Hash::Sha1.of(&[&self.salt, &utf16(password)]);
        let last = rounds(Hash::Sha1, first, STANDARD_ROUNDS, budget)?;
        let last = Hash::Sha1.of(&[&last, &0_u32.to_le_bytes()]);
        let half = |pad: u8| {
            let mut block = [pad; 64];
            block.iter_mut().zip(&last).for_each(|(byte, hash)| *byte ^= hash);
            Hash::Sha1.of(&[&block])
        };
        let key: Vec<u8> =
            [half(0x36), half(0x5c)].concat().into_iter().take(self.key_bytes).collect();
        let Some(aes) = Aes::new(&key) else { return Ok(None) };
        let (mut verifier, mut hash) = (self.verifier, self.verifier_hash);
        aes.ecb(&mut verifier);
        aes.ecb(&mut hash);
        let fits = Hash::Sha1.of(&[&verifier])[..] == hash[..20];
        Ok(fits.then_some(key))
    }
}

/// One of the two descriptions in agile encryption (2.3.4.10).
struct Cipher {
    hash: Hash,
    salt: Vec<u8>,
    key_bytes: usize,
}

impl Cipher {
    fn read(element: &str) -> Result<Self, Unread> {
        let attribute = |name| attribute(element, name).ok_or(Unread::Damaged);
        let aes = attribute("cipherAlgorithm")? == "AES";
        let chained = attribute("cipherChaining")? == "ChainingModeCBC";
        let bits: usize = attribute("keyBits")?.parse().map_err(|_| Unread::Damaged)?;
        let cipher = Cipher {
            hash: Hash::named(attribute("hashAlgorithm")?).ok_or(Unread::Unknown)?,
            salt: base64(attribute("saltValue")?.as_bytes()),
            key_bytes: bits / 8,
        };
        let known = aes && chained && matches!(cipher.key_bytes, 16 | 24 | 32);
        if known { Ok(cipher) } else { Err(Unread::Unknown) }
    }

    /// What the first block of a piece with this number is mixed with.
    fn start(&self, number: &[u8]) -> [u8; BLOCK] {
        block(&self.hash.of(&[&self.salt, number]))
    }
}

/// As many bytes as there are, then the filler of the specification.
fn block(bytes: &[u8]) -> [u8; BLOCK] {
    let mut block = [0x36; BLOCK];
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    block
}

/// Agile encryption.
struct Agile {
    data: Cipher,
    key: Cipher,
    rounds: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    locked_key: Vec<u8>,
}

const FOR_VERIFIER: [u8; 8] = [0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79];
const FOR_HASH: [u8; 8] = [0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e];
const FOR_KEY: [u8; 8] = [0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6];

impl Agile {
    fn read(xml: &str) -> Result<Box<Self>, Unread> {
        let element = |name: &str| {
            let rest = &xml[xml.find(name)?..];
            Some(&rest[..rest.find('>')?])
        };
        let data = element("<keyData").ok_or(Unread::Damaged)?;
        // One that only a certificate opens has none.
        let key = element("encryptedKey ").ok_or(Unread::Unknown)?;
        let decoded = |name| attribute(key, name).map(|v| base64(v.as_bytes()));
        let told = || {
            let rounds = attribute(key, "spinCount")?.parse().ok()?;
            let verifier = decoded("encryptedVerifierHashInput")?;
            let verifier_hash = decoded("encryptedVerifierHashValue")?;
            Some((rounds, verifier, verifier_hash, decoded("encryptedKeyValue")?))
        };
        let (data, cipher) = (Cipher::read(data)?, Cipher::read(key)?);
        let (rounds, verifier, verifier_hash, locked_key) = told().ok_or(Unread::Damaged)?;
        if rounds > MOST_ROUNDS {
            return Err(Unread::Damaged);
        }
        Ok(Box::new(Agile { data, key: cipher, rounds, verifier, verifier_hash, locked_key }))
    }

    fn key(&self, password: &Secret, budget: &Budget) -> Result<Option<Vec<u8>>, Stopped> {
        let cipher = &self.key;
        let first = cipher.hash.of(&[&cipher.salt, &utf16(password)]);
        let last = rounds(cipher.hash, first, self.rounds, budget)?;
        let unlocked = |purpose: &[u8], locked: &[u8]| {
            let mut key = cipher.hash.of(&[&last, purpose]);
            key.resize(cipher.key_bytes, 0x36);
            let mut bytes = locked.to_vec();
            Aes::new(&key)?.cbc(&mut block(&cipher.salt), &mut bytes);
            Some(bytes)
        };
        let opened = || {
            let verifier = unlocked(&FOR_VERIFIER, &self.verifier)?;
            let told = unlocked(&FOR_HASH, &self.verifier_hash)?;
            let hash = cipher.hash.of(&[verifier.get(..cipher.salt.len()).unwrap_or(&verifier)]);
            let fits = told.len() >= hash.len() && told[..hash.len()] == hash[..];
            let mut key = fits.then(|| unlocked(&FOR_KEY, &self.locked_key)).flatten()?;
            key.truncate(self.data.key_bytes);
            Some(key)
        };
        Ok(opened())
    }
}

/// The value of an attribute of an element.
fn attribute<'x>(element: &'x str, name: &str) -> Option<&'x str> {
    let mut rest = element;
    loop {
        let at = rest.find(name)?;
        let own = rest[..at].ends_with(char::is_whitespace);
        rest = &rest[at + name.len()..];
        if let (true, Some(value)) = (own, rest.strip_prefix("=\"")) {
            return Some(&value[..value.find('"')?]);
        }
    }
}
