//! Addresses of crypto currencies: Base58Check, Bech32 and Bech32m, and EIP-55.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;
use sha2::{Digest, Sha256};
use tiny_keccak::{Hasher, Keccak};

use super::{plain_check, trust};

plain_check! {
    /// A Bitcoin address whose checksum holds: Base58Check, BIP-173 or BIP-350.
    bitcoin => judge_bitcoin
}

plain_check! {
    /// An Ethereum address whose capitals are right (EIP-55); unknown where it has one case only.
    ethereum => judge_ethereum
}

fn judge_bitcoin(candidate: &Candidate<'_>) -> Trust {
    let value = candidate.value;
    let lower = value.to_ascii_lowercase();
    if lower.starts_with(b"bc1") {
        let one_case = value == lower || value == value.to_ascii_uppercase();
        return trust(one_case && bech32(&lower));
    }
    trust(base58_check(value))
}

/// Version, twenty bytes, and the first four of the double SHA-256 of both.
fn base58_check(value: &[u8]) -> bool {
    const DIGITS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0u8; 25];
    for b in value {
        let Some(digit) = DIGITS.iter().position(|d| d == b) else { return false };
        let mut carry = digit as u32;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let hash = Sha256::digest(Sha256::digest(&bytes[..21]));
    matches!(bytes[0], 0 | 5) && hash[..4] == bytes[21..]
}

fn bech32(value: &[u8]) -> bool {
    const DIGITS: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    /// BIP-173 for version 0, BIP-350 for all later ones.
    const BECH32: u32 = 1;
    const BECH32M: u32 = 0x2bc8_30a3;
    let (name, data) = value.split_at(2);
    let data: Option<Vec<u8>> = { data[1..].iter() }
        .map(|b| DIGITS.iter().position(|d| d == b).map(|at| at as u8))
        .collect();
    let Some(data) = data.filter(|d| d.len() > 6) else { return false };
    let high = name.iter().map(|b| b >> 5);
    let low = name.iter().map(|b| b & 31);
    let sum = high.chain([0]).chain(low).chain(data.iter().copied()).fold(1u32, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(i, _)| top >> i & 1 == 1)
            .fold(next, |n, (_, g)| n ^ g)
    });
    sum == if data[0] == 0 { BECH32 } else { BECH32M }
}

fn judge_ethereum(candidate: &Candidate<'_>) -> Trust {
    let Some(address) = candidate.value.strip_prefix(b"0x").filter(|a| a.len() == 40) else {
        return Trust::Invalid;
    };
    let has = |test: fn(&u8) -> bool| address.iter().any(test);
    if !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
        return Trust::Unknown;
    }
    let mut hash = [0u8; 32];
    let mut keccak = Keccak::v256();
    keccak.update(&address.to_ascii_lowercase());
    keccak.finalize(&mut hash);
    let nibble = |i: usize| if i.is_multiple_of(2) { hash[i / 2] >> 4 } else { hash[i / 2] & 15 };
    let mut letters = address.iter().enumerate().filter(|(_, b)| b.is_ascii_alphabetic());
    trust(letters.all(|(i, b)| b.is_ascii_uppercase() == (nibble(i) >= 8)))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn bitcoin_addresses_of_each_kind_are_checked() {
        for good in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ] {
            assert_eq!(judge("bitcoin-address", "", good), Trust::Valid, "{good}");
        }
        for bad in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "bc1qqqqqq",
        ] {
            assert_eq!(judge("bitcoin-address", "", bad), Trust::Invalid, "{bad}");
        }
    }

    #[test]
    fn ethereum_capitals_are_a_checksum() {
        let judge = |value| judge("ethereum-address", "", value);
        assert_eq!(judge("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), Trust::Valid);
        assert_eq!(judge("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"), Trust::Invalid);
        assert_eq!(judge("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"), Trust::Unknown);
    }
}
