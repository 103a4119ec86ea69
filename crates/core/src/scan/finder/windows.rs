//! Words of a text, 64 bytes each, with the bytes that begin at their last places.

use super::machine::WORD;

/// The bytes of a word, and those that the last of them may begin.
pub(super) type Window = [u8; WORD + 8];

/// The window from a place on; behind the end of a text there are zeros.
#[inline(always)]
pub(super) fn window<'t>(text: &'t [u8], from: usize, padded: &'t mut Window) -> &'t Window {
    let rest = &text[from..];
    rest.first_chunk().unwrap_or_else(|| {
        *padded = std::array::from_fn(|i| rest.get(i).copied().unwrap_or(0));
        padded
    })
}

/// Eight bytes from a place of a word on, the first lowest.
#[inline(always)]
pub(super) fn eight(window: &Window, from: u32) -> u64 {
    let bytes = window[(from as usize).min(WORD)..].first_chunk();
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The places of the bits of a word, in order.
pub(super) struct Bits(pub(super) u64);

impl Iterator for Bits {
    type Item = u32;

    #[inline(always)]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let place = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(place)
    }
}

/// The bits of a word that stand for bytes of a text, of which so many are left.
pub(super) fn within(left: usize) -> u64 {
    if left < WORD { (1 << left) - 1 } else { !0 }
}
