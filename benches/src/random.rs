//! Figures by chance that are the same everywhere.

/// xorshift64*: a fixed sequence, so that a workload is the same everywhere.
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed. Zero is none.
    pub fn new(seed: u64) -> Self {
        Random(seed.max(1))
    }

    /// A number below `n`, which is not zero.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % n
    }

    /// A number from `from` to `to`, both included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of a list.
    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    /// One of a list, the first ones far more often, as words are in a language.
    pub fn skewed<T: Copy>(&mut self, list: &[T]) -> T {
        let n = list.len() as u64;
        list[(self.below(n) * self.below(n) / n * self.below(n) / n) as usize]
    }

    /// `n` of these characters.
    pub fn string(&mut self, alphabet: &[u8], n: usize) -> String {
        (0..n).map(|_| char::from(self.of(alphabet))).collect()
    }

    /// `n` decimal digits.
    pub fn digits(&mut self, n: usize) -> String {
        self.string(b"0123456789", n)
    }
}
