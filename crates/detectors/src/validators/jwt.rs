//! JSON Web Tokens (RFC 7519).

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{plain_check, trust};

plain_check! {
    /// The first part is base64url of a JSON object that names an algorithm.
    header => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let first = candidate.value.split(|&b| b == b'.').next().unwrap_or_default();
    let Some(json) = base64url(first) else { return Trust::Invalid };
    let names = |key: &[u8]| memchr::memmem::find(&json, key).is_some();
    trust(json.first() == Some(&b'{') && (names(b"\"alg\"") || names(b"\"typ\"")))
}

plain_check! {
    /// Base64 of a user, a colon and a password (RFC 7617).
    basic_auth => judge_basic
}

fn judge_basic(candidate: &Candidate<'_>) -> Trust {
    let trimmed = candidate.value.trim_ascii().split(|&b| b == b'=').next().unwrap_or_default();
    let plain: Vec<u8> = { trimmed.iter() }
        .map(|b| match b {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect();
    let Some(decoded) = base64url(&plain) else { return Trust::Invalid };
    let printable = decoded.iter().all(|b| matches!(b, 0x20..=0x7e) || !b.is_ascii());
    trust(printable && decoded.contains(&b':'))
}

fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for &b in text {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn the_header_must_be_json() {
        let head = concat!("eyJhbG", "ciOiJIUzI1NiIsInR5cCI6IkpXVCJ9");
        assert_eq!(judge("jwt", "", &format!("{head}.eyJzdWIiOiIx.abc")), Trust::Valid);
        assert_eq!(judge("jwt", "", "eyAAAAAAAAAAAAAAAAAAAAAA.eyAAAA.abc"), Trust::Invalid);
    }
}
