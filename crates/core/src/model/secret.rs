use std::fmt;
use zeroize::Zeroizing;

/// Matched text. It has no `Display`, its `Debug` is masked, and its memory is wiped on drop.
///
/// Only [`Secret::reveal`] opens it, so that every place that does can be found by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the matched bytes, conventionally UTF-8.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Secret(Zeroizing::new(value.into()))
    }

    /// The raw bytes. Call it only for a keyed hash, or where the user asked for `--reveal`.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The masked form; see [`mask`].
    pub fn masked(&self, hide_shape: bool) -> String {
        mask(&self.0, hide_shape)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// The longest masked form, in characters; what is cut off is shown as `…`.
const LONGEST_MASK: usize = 48;

/// Masks a value: letters and digits become `*`, except the last four or the last quarter of
/// them, whichever is fewer. Separators (space, `-`, `/`, `.`, `,`, `@`) keep the shape readable.
///
/// With `hide_shape` (passwords, keys) nothing shows, not even the length.
pub fn mask(value: &[u8], hide_shape: bool) -> String {
    if hide_shape {
        return "********".to_owned();
    }
    if value.is_ascii() {
        return mask_characters(value.iter().map(|b| char::from(*b)));
    }
    mask_characters(String::from_utf8_lossy(value).chars())
}

fn mask_characters(characters: impl Iterator<Item = char> + Clone) -> String {
    // Said so because nearly all of them are ASCII, which a table of Unicode need not be asked for.
    let hides = |c: &char| c.is_ascii_alphanumeric() || !c.is_ascii() && c.is_alphanumeric();
    let count = characters.clone().filter(hides).count();
    let mut hidden = count - (count / 4).min(4);
    let mut out = String::with_capacity(characters.size_hint().0.min(LONGEST_MASK + 3));
    for (shown, c) in characters.enumerate() {
        if shown == LONGEST_MASK {
            out.push('…');
            break;
        }
        if hides(&c) {
            if hidden > 0 {
                hidden -= 1;
                out.push('*');
            } else {
                out.push(c);
            }
        } else if matches!(c, ' ' | '-' | '/' | '.' | ',' | '@') {
            out.push(c);
        } else if c.is_whitespace() {
            out.push(' ');
        } else {
            out.push('*');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_shows_three_digits_and_its_shape() {
        assert_eq!(mask(b"12-34-56 12345678", false), "**-**-** *****678");
    }

    #[test]
    fn a_short_value_shows_nothing() {
        assert_eq!(mask(b"abc", false), "***");
    }

    #[test]
    fn a_password_shows_not_even_its_length() {
        assert_eq!(mask(b"correct horse", true), mask(b"x", true));
    }

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", Secret::new("12345678")), "Secret(8 bytes)");
    }
}
