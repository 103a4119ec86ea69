//! OpenDocument packages with a password (OpenDocument 1.3 part 2, 4.8): entries each encrypted by
//! themselves with AES, as LibreOffice and OpenOffice write them since version 3.4.

use super::cipher::{Aes, BLOCK};
use crate::budget::Budget;
use dlpscan_core::model::{Secret, Stopped};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// More rounds than any program makes.
const MOST_ROUNDS: u32 = 10_000_000;
/// Bytes of an entry that its checksum is of, where it is one of its beginning.
const CHECKED: usize = 1024;

/// What the manifest says of an encrypted entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    pub algorithm: String,
    pub start: Vec<u8>,
    pub derivation: String,
    pub salt: Vec<u8>,
    pub rounds: u32,
    /// The hash a password is given to first; SHA-1 where none is told.
    pub first: String,
    pub checksum_type: String,
    pub checksum: Vec<u8>,
}

impl Lock {
    /// The deflated bytes of an entry. `None` where no password opens it or the way of encryption
    /// is not known. All entries of a package have the same password: the only one left in
    /// `passwords` is the one that fits, and none where none does.
    pub fn open(
        &self,
        data: &[u8],
        passwords: &mut &[Secret],
        budget: &Budget,
    ) -> Result<Option<Vec<u8>>, Stopped> {
        let key_bytes = match self.algorithm.rsplit(['#', ':']).next() {
            Some("aes256-cbc") => 32,
            Some("aes192-cbc") => 24,
            Some("aes128-cbc") => 16,
            _ => return Ok(None),
        };
        let (rounds, Some(start)) = (self.rounds, self.start.first_chunk::<BLOCK>()) else {
            return Ok(None);
        };
        if !self.derivation.ends_with("PBKDF2") && !self.derivation.ends_with("pbkdf2") {
            return Ok(None);
        }
        if rounds > MOST_ROUNDS || data.is_empty() || !data.len().is_multiple_of(BLOCK) {
            return Ok(None);
        }
        for (number, password) in passwords.iter().enumerate() {
            budget.check()?;
            let first = match self.first.ends_with("sha256") {
                true => Sha256::digest(password.reveal()).to_vec(),
                false => Sha1::digest(password.reveal()).to_vec(),
            };
            let mut key = vec![0; key_bytes];
            pbkdf2_hmac::<Sha1>(&first, &self.salt, rounds, &mut key);
            let Some(aes) = Aes::new(&key) else { return Ok(None) };
            let mut opened = data.to_vec();
            aes.cbc(&mut start.clone(), &mut opened);
            // The last byte says how many were added to fill the last block.
            let added = opened.last().map_or(0, |&added| usize::from(added));
            if !(1..=BLOCK).contains(&added) {
                continue;
            }
            opened.truncate(opened.len() - added);
            if self.fits(&opened) {
                *passwords = &passwords[number..=number];
                return Ok(Some(opened));
            }
        }
        *passwords = &[];
        Ok(None)
    }

    fn fits(&self, opened: &[u8]) -> bool {
        let first = &opened[..opened.len().min(CHECKED)];
        let hash = match self.checksum_type.rsplit(['#', ':']).next() {
            Some("sha256-1k") => Sha256::digest(first).to_vec(),
            Some("sha1-1k" | "SHA1/1K") => Sha1::digest(first).to_vec(),
            Some("SHA1" | "sha1") => Sha1::digest(opened).to_vec(),
            Some("sha256") => Sha256::digest(opened).to_vec(),
            _ => return false,
        };
        hash == self.checksum
    }
}
