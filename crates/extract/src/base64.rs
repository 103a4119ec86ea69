//! Base64 (RFC 4648), as leniently as what it hides deserves.

/// The value of each digit of the alphabet for mail, and what no digit has.
const VALUES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < digits.len() {
        values[digits[value] as usize] = value as u8;
        value += 1;
    }
    values
};
const NO_DIGIT: u8 = 64;

/// The value of a digit of the alphabet for mail.
pub(crate) fn sextet(digit: u8) -> Option<u32> {
    let value = VALUES[usize::from(digit)];
    (value != NO_DIGIT).then_some(u32::from(value))
}

/// The bytes that the values of digits make; bits left over at the end are none.
pub(crate) fn packed(sextets: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut out = Vec::with_capacity(sextets.size_hint().1.unwrap_or(0) / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for value in sextets {
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// Decodes the alphabet for mail, passing over what is not a digit of it.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    packed(text.iter().filter_map(|digit| sextet(*digit)))
}
