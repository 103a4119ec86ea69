//! RC4 as Word and Excel used it until 2003.

/// The cipher after so many bytes.
pub(super) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    /// With a key that is not empty.
    pub fn new(key: &[u8]) -> Self {
        let mut state = std::array::from_fn(|i| i as u8);
        let mut j = 0_u8;
        for (i, &byte) in (0..256).zip(key.iter().cycle()) {
            let at: u8 = state[i];
            j = j.wrapping_add(at).wrapping_add(byte);
            state.swap(i, usize::from(j));
        }
        Rc4 { state, i: 0, j: 0 }
    }

    /// The next byte to mix with.
    fn next(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        let a = self.state[usize::from(self.i)];
        self.j = self.j.wrapping_add(a);
        let b = self.state[usize::from(self.j)];
        self.state.swap(usize::from(self.i), usize::from(self.j));
        self.state[usize::from(a.wrapping_add(b))]
    }

    /// Leaves out so many bytes.
    pub fn skip(&mut self, bytes: usize) {
        for _ in 0..bytes {
            self.next();
        }
    }

    /// Encrypts or decrypts in place.
    pub fn apply(&mut self, data: &mut [u8]) {
        data.iter_mut().for_each(|byte| *byte ^= self.next());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_come_out() {
        // RFC 6229, key lengths 40 and 128 bits.
        let short = [0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27];
        let long = [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7];
        for (len, expected) in [(5, short), (16, long)] {
            let key: Vec<u8> = (1..=len).collect();
            let mut data = [0; 8];
            Rc4::new(&key).apply(&mut data);
            assert_eq!(data, expected);
        }
    }
}
