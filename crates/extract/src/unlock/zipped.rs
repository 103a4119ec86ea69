//! Encrypted entries of zips: PKWARE's old cipher (APPNOTE.TXT 6.1) and WinZip's AES (AE-1, AE-2).

use super::cipher::Aes;
use dlpscan_core::model::Secret;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;

/// The method that says that the real one stands in the extra field.
pub(crate) const AES: u16 = 99;
/// The extra field that says so.
const AES_FIELD: u16 = 0x9901;
/// Bytes before an old entry's data that only prove the password.
const HEADER: usize = 12;
/// Bytes behind AES data that prove that nobody changed it.
const MAC: usize = 10;
/// WinZip's number of rounds.
const ROUNDS: u32 = 1_000;

/// How an entry is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// PKWARE's cipher, with the byte that a right password shows.
    Old {
        /// The last byte of the header, decrypted.
        check: u8,
    },
    /// AES, with a key of so many bytes and a real method.
    Aes {
        /// Bytes of the key.
        key: usize,
        /// The compression method.
        method: u16,
    },
}

impl Lock {
    /// From an entry's method, its extra field, and the byte an old lock is checked by.
    pub fn read(method: u16, extra: &[u8], check: u8) -> Option<Self> {
        if method != AES {
            return Some(Lock::Old { check });
        }
        let mut rest = extra;
        while let Some((&[a, b, c, d], after)) = rest.split_first_chunk::<4>() {
            let len = usize::from(u16::from_le_bytes([c, d]));
            let field = after.get(..len)?;
            if u16::from_le_bytes([a, b]) == AES_FIELD {
                let &[_, _, b'A', b'E', strength, low, high] = field.first_chunk::<7>()? else {
                    return None;
                };
                let key = match strength {
                    1 => 16,
                    2 => 24,
                    3 => 32,
                    _ => return None,
                };
                return Some(Lock::Aes { key, method: u16::from_le_bytes([low, high]) });
            }
            rest = &after[len..];
        }
        None
    }

    /// The compressed bytes of an entry's data, if the password may be right: one wrong password in
    /// 256 (old) or 65,536 (AES) passes, and shows by the entry's checksum.
    pub fn open(self, data: &[u8], password: &Secret) -> Option<Vec<u8>> {
        match self {
            Lock::Old { check } => old(data, password.reveal(), check),
            Lock::Aes { key, .. } => {
                let salt = key / 2;
                let (head, rest) = data.split_at_checked(salt + 2)?;
                let body = rest.get(..rest.len().checked_sub(MAC)?)?;
                // The key, one more for the proof, and two bytes to tell a wrong password by.
                let mut keys = vec![0; 2 * key + 2];
                pbkdf2_hmac::<Sha1>(password.reveal(), &head[..salt], ROUNDS, &mut keys);
                if keys[2 * key..] != head[salt..] {
                    return None;
                }
                let mut body = body.to_vec();
                Aes::new(&keys[..key])?.counter(&mut body);
                Some(body)
            }
        }
    }
}

fn old(data: &[u8], password: &[u8], check: u8) -> Option<Vec<u8>> {
    let mut keys = Keys::new();
    password.iter().for_each(|&byte| keys.update(byte));
    let mut decrypt = |byte: &u8| {
        let plain = byte ^ keys.mask();
        keys.update(plain);
        plain
    };
    let head: Vec<u8> = data.get(..HEADER)?.iter().map(&mut decrypt).collect();
    (head[HEADER - 1] == check).then(|| data[HEADER..].iter().map(&mut decrypt).collect())
}

/// The three keys of the old cipher.
struct Keys([u32; 3]);

impl Keys {
    fn new() -> Self {
        Keys([0x1234_5678, 0x2345_6789, 0x3456_7890])
    }

    fn update(&mut self, byte: u8) {
        let [a, b, c] = &mut self.0;
        *a = crc(*a, byte);
        *b = b.wrapping_add(*a & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
        *c = crc(*c, (*b >> 24) as u8);
    }

    fn mask(&self) -> u8 {
        let key = (self.0[2] & 0xffff) | 2;
        (key.wrapping_mul(key ^ 1) >> 8) as u8
    }
}

/// One step of CRC-32 (its table: the polynomial of IEEE 802.3, reflected).
fn crc(value: u32, byte: u8) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut value = i as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
                bit += 1;
            }
            table[i] = value;
            i += 1;
        }
        table
    };
    TABLE[((value ^ u32::from(byte)) & 0xff) as usize] ^ (value >> 8)
}
