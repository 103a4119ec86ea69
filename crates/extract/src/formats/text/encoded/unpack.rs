//! The codes themselves.

use crate::base64::{packed, sextet};

/// Decodes base64 of the alphabet for mail and of the one for addresses (RFC 4648), passing over
/// what is not a digit of either.
pub(super) fn base64(digits: &[u8]) -> Vec<u8> {
    packed(digits.iter().filter_map(|digit| match digit {
        b'-' => Some(62),
        b'_' => Some(63),
        digit => sextet(*digit),
    }))
}

/// The value of a hexadecimal digit.
pub(super) fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

/// Decodes pairs of hexadecimal digits, passing over blanks.
pub(super) fn hex(digits: &[u8]) -> Vec<u8> {
    let mut values = digits.iter().filter_map(|d| nibble(*d));
    let mut out = Vec::with_capacity(digits.len() / 2);
    while let (Some(high), Some(low)) = (values.next(), values.next()) {
        out.push(high << 4 | low);
    }
    out
}

/// Decodes what stands between the marks of ascii85; `None` if it is something else.
pub(super) fn ascii85(digits: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(digits.len() / 5 * 4);
    let (mut value, mut count) = (0_u32, 0);
    for &digit in digits.iter().filter(|d| !d.is_ascii_whitespace()) {
        match digit {
            b'z' if count == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                value = value.checked_mul(85)?.checked_add(u32::from(digit - b'!'))?;
                count += 1;
                if count == 5 {
                    out.extend_from_slice(&value.to_be_bytes());
                    (value, count) = (0, 0);
                }
            }
            _ => return None,
        }
    }
    if count > 1 {
        for _ in count..5 {
            value = value.checked_mul(85)?.checked_add(84)?;
        }
        out.extend_from_slice(&value.to_be_bytes()[..count - 1]);
    }
    Some(out)
}
