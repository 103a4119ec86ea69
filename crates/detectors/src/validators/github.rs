//! GitHub's token checksum.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{plain_check, trust};

plain_check! {
    /// The last six characters are the CRC-32 of the thirty before, in base 62, padded with 0
    /// (GitHub, "Behind GitHub's new authentication token formats", 2021).
    crc => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let value = candidate.value;
    let Some(underscore) = value.iter().position(|&b| b == b'_') else { return Trust::Unknown };
    let secret = &value[underscore + 1..];
    if secret.len() != 36 {
        return Trust::Unknown;
    }
    trust(base62(crc32(&secret[..30])) == secret[30..])
}

/// CRC-32 of IEEE 802.3, reflected.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &b| {
        (0..8)
            .fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

fn base62(mut n: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = [b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(n % 62) as usize];
        n /= 62;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validators::testing::judge;

    #[test]
    fn a_token_with_its_own_checksum_passes() {
        let secret = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5";
        let sum = base62(crc32(secret.as_bytes()));
        let token = format!("ghp_{secret}{}", std::str::from_utf8(&sum).unwrap());
        assert_eq!(judge("github-crc", "", &token), Trust::Valid);
        let wrong = token.replacen('A', "B", 1);
        assert_eq!(judge("github-crc", "", &wrong), Trust::Invalid);
    }

    #[test]
    fn the_crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
