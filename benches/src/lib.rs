//! Says how fast, and that the answer is still right.
//!
//! A workload is a text made from a seed, with the number of values planted in it. `cargo test`
//! checks that number; `cargo bench` times the same text.

/// A text and what is in it.
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// The text.
    pub text: String,
    /// Findings that must come out, by detector id.
    pub expected: Vec<(&'static str, u64)>,
}

/// Council minutes with a bank pair every so often: mostly prose, as most files are.
pub fn minutes(bytes: usize) -> Workload {
    let mut random = Random(0x5EED);
    let mut text = String::with_capacity(bytes + 200);
    let mut pairs = 0;
    while text.len() < bytes {
        for _ in 0..40 {
            let words = 6 + random.below(12);
            for n in 0..words {
                let word = WORDS[random.below(WORDS.len() as u64) as usize];
                if n > 0 {
                    text.push(' ');
                }
                text.push_str(word);
            }
            text.push_str(".\n");
        }
        // A published case of the UK modulus check; the text around it is invented.
        text.push_str("Sort code: 08-99-99 Account number: 66374958\n");
        pairs += 1;
    }
    Workload { name: "minutes", text, expected: vec![("gb-sort-code-account", pairs)] }
}

const WORDS: &[&str] = &[
    "the",
    "committee",
    "considered",
    "a",
    "report",
    "on",
    "hedges",
    "along",
    "footpaths",
    "and",
    "agreed",
    "to",
    "write",
    "again",
    "before",
    "winter",
    "members",
    "noted",
    "that",
    "playground",
    "repairs",
    "were",
    "under",
    "way",
    "grass",
    "cutting",
    "would",
    "follow",
    "in",
    "spring",
    "benches",
    "for",
    "riverside",
    "walk",
    "had",
    "been",
    "painted",
    "green",
    "litter",
    "bins",
];

/// xorshift64*: a fixed sequence, so that a workload is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % n
    }
}
