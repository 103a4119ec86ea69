//! Opening what is locked with passwords that the user gave: what is told to be a list of passwords
//! is tried, one after the other, on each locked thing. Nothing here guesses.

mod cipher;
pub(crate) mod legacy;
pub(crate) mod odf;
pub(crate) mod office;
mod rc4;
#[cfg(feature = "sevenz")]
pub(crate) mod sevenz;
pub(crate) mod zipped;

use dlpscan_core::model::Secret;

/// Passwords that are tried on one locked thing: its owner knows some, not a dictionary.
const MOST: usize = 1_000;

/// The passwords in a file, one a line; what stands at either end of a line belongs to it.
pub fn passwords(text: &str) -> Vec<Secret> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    lines.filter(|line| !line.is_empty()).take(MOST).map(Secret::new).collect()
}

/// A password as Windows programs take it.
fn utf16(password: &Secret) -> Vec<u8> {
    let text = String::from_utf8_lossy(password.reveal());
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_passwords_has_one_a_line_and_nothing_is_trimmed() {
        let all = passwords("\u{feff}one\r\n\r\n two \nthree");
        let all: Vec<&[u8]> = all.iter().map(Secret::reveal).collect();
        assert_eq!(all, [&b"one"[..], b" two ", b"three"]);
    }
}
