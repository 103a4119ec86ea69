//! Lookup tables, read once from `data/`.

use std::sync::LazyLock;

/// The lines of a data file that hold data: no blank lines, no comments.
pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// A list of words, for look-ups.
pub(crate) struct Words {
    /// Sorted by hash.
    all: Vec<&'static str>,
    /// By hash of a word: where the words of it start; those of the next one end them.
    from: Vec<u16>,
    /// By the first byte of a word, letters of either case alike: a bit for each length there is.
    firsts: [u32; 32],
    /// The same by its last byte.
    lasts: [u32; 32],
}

/// The lengths of words as bits, all long ones alike.
fn length(word: &[u8]) -> u32 {
    1 << word.len().min(31)
}

/// The place of a byte, letters of either case alike, in [`Words::firsts`] and [`Words::lasts`].
fn place(byte: Option<&u8>) -> usize {
    usize::from(byte.copied().unwrap_or(0) & 31)
}

/// A word's first eight bytes and its last eight, capitals of ASCII as small letters: all of one that is
/// no longer than both.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    len: usize,
}

/// As many bytes as [`Ends`] hold.
const IN_ENDS: usize = 16;

impl Ends {
    fn of(word: &[u8]) -> Self {
        let (first, last) = match (word.first_chunk(), word.last_chunk(), word) {
            (Some(first), Some(last), _) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            (_, _, [a, b, c, d, ..]) => {
                let four = |bytes| u64::from(u32::from_le_bytes(bytes));
                let last = word.last_chunk().map_or(0, |last| four(*last));
                (four([*a, *b, *c, *d]), last)
            }
            _ => (word.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
        };
        Self { first: small(first), last: small(last), len: word.len() }
    }

    fn is_ascii(self) -> bool {
        (self.first | self.last) & (EACH << 7) == 0
    }

    fn hash(self) -> u32 {
        let all = self.first.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.last;
        let all = (all ^ self.len as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (all >> 32) as u32
    }
}

/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Eight bytes, capitals of ASCII as small letters.
fn small(bytes: u64) -> u64 {
    // What a byte of 0 to 127 is added to tells in its highest bit whether it is as large.
    let low = bytes & (0x7F * EACH);
    let from = low + (0x80 - u64::from(b'A')) * EACH;
    let beyond = low + (0x80 - u64::from(b'Z') - 1) * EACH;
    let capitals = (from ^ beyond) & !bytes & (EACH << 7);
    bytes | capitals >> 2
}

impl Words {
    fn read(text: &'static str) -> Self {
        let listed: Vec<_> = lines(text).collect();
        // Most words that are asked for are in no list: then there should be none to compare.
        let size = (4 * listed.len()).next_power_of_two();
        let keys: Vec<_> =
            listed.iter().map(|word| key(Ends::of(word.as_bytes()).hash(), size)).collect();
        let mut from = vec![0_u16; size + 1];
        for key in &keys {
            from[key + 1] += 1;
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        // Counted, each finds its place at once: a long list is read in no time.
        let (mut all, mut next) = (vec![""; listed.len()], from.clone());
        for (word, key) in listed.iter().zip(&keys) {
            all[usize::from(next[*key])] = word;
            next[*key] += 1;
        }
        let (mut firsts, mut lasts) = ([0; 32], [0; 32]);
        for word in all.iter().map(|word| word.as_bytes()) {
            firsts[place(word.first())] |= length(word);
            lasts[place(word.last())] |= length(word);
        }
        Words { all, from, firsts, lasts }
    }

    /// Whether the list holds the word, as written.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.alike(word.as_bytes(), Ends::of(word.as_bytes())).any(|known| known == word)
    }

    /// Whether the list holds the word, letters of either case alike; a word with letters beyond
    /// ASCII only in a list of small letters.
    pub(crate) fn has_any_case(&self, word: &[u8]) -> bool {
        let ends = Ends::of(word);
        let is_long = word.len() > IN_ENDS;
        if !ends.is_ascii() || is_long && !word.is_ascii() {
            let low = String::from_utf8_lossy(word).to_lowercase();
            return self.has(&low) || self.has(&without_accents(&low));
        }
        self.alike(word, ends).any(|known| {
            let known = known.as_bytes();
            Ends::of(known) == ends && (!is_long || word.eq_ignore_ascii_case(known))
        })
    }

    /// The words of the hash of a word.
    fn alike(&self, word: &[u8], ends: Ends) -> impl Iterator<Item = &'static str> + '_ {
        let lengths = self.firsts[place(word.first())] & self.lasts[place(word.last())];
        let range = match lengths & length(word) {
            0 => 0..0,
            _ => {
                let key = key(ends.hash(), self.from.len() - 1);
                usize::from(self.from[key])..usize::from(self.from[key + 1])
            }
        };
        self.all[range].iter().copied()
    }

    /// All words, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.all.iter().copied()
    }
}

/// Letters with accents, by the one without.
const ACCENTS: [(&str, &str); 24] = [
    ("a", "àáâãäåāăą"),
    ("ae", "æ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉ"),
    ("o", "òóôõöøōŏő"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűų"),
    ("w", "ŵ"),
    ("y", "ýÿŷ"),
    ("z", "źżž"),
    ("'", "\u{2019}"),
];

/// A word in small letters, its Latin letters without their accents.
fn without_accents(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars() {
        match ACCENTS.iter().find(|(_, those)| !c.is_ascii() && those.contains(c)) {
            Some((letter, _)) => plain.push_str(letter),
            None => plain.push(c),
        }
    }
    plain
}

/// Whether a word ends as surnames of many countries do, and is more than that ending.
pub(crate) fn is_surname_by_ending(word: &[u8]) -> bool {
    let low = String::from_utf8_lossy(word).to_lowercase();
    let plain = without_accents(&low);
    let ends = |word: &str, end: &str| word.len() > end.len() + 2 && word.ends_with(end);
    SURNAME_ENDINGS.iter().any(|end| ends(&plain, end) || !end.is_ascii() && ends(&low, end))
}

/// The first bits of a hash, as many as tell so many keys apart.
fn key(hash: u32, keys: usize) -> usize {
    (hash >> (32 - keys.trailing_zeros())) as usize
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])* pub(crate) static $name: LazyLock<Words> =
            LazyLock::new(|| Words::read(include_str!(concat!("../data/", $file))));)*
    };
}

words! {
    /// Outward codes of UK postcodes, upper case.
    OUTCODES = "uk-outcodes.txt";
    /// Areas of UK postcodes, upper case.
    POSTCODE_AREAS = "uk-postcode-areas.txt";
    /// First two digits of sort codes that are allocated to a bank.
    SORT_PREFIXES = "gb-sort-prefixes.txt";
    /// ISO 3166-1 alpha-2 codes and XK.
    COUNTRIES = "countries.txt";
    /// Forenames, lower case.
    FORENAMES = "forenames.txt";
    /// Surnames, lower case, without accents.
    SURNAMES = "surnames.txt";
    /// What surnames of other countries end with, lower case.
    SURNAME_ENDINGS = "surname-endings.txt";
    /// Words that are no names though a capital may begin them, lower case.
    COMMON_WORDS = "common-words.txt";
    /// Words that are rarely part of a name, lower case.
    NAME_STOPWORDS = "name-stopwords.txt";
    /// Words that are rarely part of a name and surnames all the same, lower case.
    ALSO_SURNAMES = "also-surnames.txt";
    /// Words after a name that make it something's that is named after somebody, lower case.
    NAMED_AFTER = "named-after.txt";
    /// Forenames that things and places bear as well, lower case.
    NAMED_THINGS = "named-things.txt";
    /// What stands right before somebody who is named, lower case.
    SPOKEN_OF = "spoken-of.txt";
    /// What a date behind a name tells where it is no birth.
    DATES_OF_OTHERS = "dates-of-others.txt";
    /// Who is told apart by a date of birth, words and phrases.
    TOLD_BY_BIRTH = "told-by-birth.txt";
    /// What the names of firms end in.
    FIRM_ENDINGS = "firm-endings.txt";
    /// Titles that stand before a name, lower case, no full stop.
    HONORIFICS = "honorifics.txt";
    /// Words a thoroughfare's name ends with, lower case.
    STREET_TYPES = "street-types.txt";
    /// UK towns and counties, lower case.
    PLACES = "uk-places.txt";
    /// What a sentence says after an account that is none, lower case.
    REFUTING_PHRASES = "refuting-phrases.txt";
    /// What a line says before an account that is none, lower case.
    REFUTING_LABELS = "refuting-labels.txt";
    /// What stands where a password would, and is none; lower case.
    PASSWORD_NONVALUES = "password-nonvalues.txt";
    /// Phrases of mail disclaimers, lower case.
    DISCLAIMERS = "disclaimer-phrases.txt";
    /// Country calling codes.
    CALLING_CODES = "calling-codes.txt";
    /// Top-level domains that are file endings rather than places for mail.
    FILE_ENDINGS = "file-endings.txt";
}

/// One country's IBAN.
pub(crate) struct IbanStructure {
    /// Two letters.
    pub(crate) country: &'static str,
    /// Length of the whole IBAN.
    pub(crate) length: usize,
    /// Runs of the account part: how many, and `n` digits, `a` letters, `c` either.
    pub(crate) runs: Vec<(usize, u8)>,
}

/// IBAN structures by country, sorted.
pub(crate) static IBAN_STRUCTURES: LazyLock<Vec<IbanStructure>> = LazyLock::new(|| {
    let mut list: Vec<_> = lines(include_str!("../data/iban-structures.tsv"))
        .skip(1)
        .filter_map(|line| {
            let mut field = line.split('\t');
            let country = field.next()?;
            let length = field.nth(1)?.parse().ok()?;
            Some(IbanStructure { country, length, runs: runs(field.next()?) })
        })
        .collect();
    list.sort_unstable_by_key(|s| s.country);
    list
});

/// Reads `4!a6!n8!n`.
fn runs(text: &str) -> Vec<(usize, u8)> {
    let mut out = Vec::new();
    let mut count = 0usize;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => count = count * 10 + usize::from(byte - b'0'),
            b'n' | b'a' | b'c' => out.push((std::mem::take(&mut count), byte)),
            _ => {}
        }
    }
    out
}

/// One range of card numbers.
pub(crate) struct CardRange {
    /// The range's first number, as a string of digits.
    pub(crate) from: &'static str,
    /// Its last.
    pub(crate) to: &'static str,
    /// Allowed lengths.
    pub(crate) lengths: Vec<(usize, usize)>,
    /// The brand.
    pub(crate) brand: &'static str,
}

/// Issuer ranges of payment cards.
pub(crate) static CARD_RANGES: LazyLock<Vec<CardRange>> = LazyLock::new(|| {
    lines(include_str!("../data/card-issuers.tsv"))
        .skip(1)
        .filter_map(|line| {
            let mut field = line.split('\t');
            let brand = field.next()?;
            let range = field.next()?;
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let lengths = field
                .next()?
                .split(',')
                .filter_map(|l| {
                    let (a, b) = l.split_once('-').unwrap_or((l, l));
                    Some((a.parse().ok()?, b.parse().ok()?))
                })
                .collect();
            Some(CardRange { from, to, lengths, brand })
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_and_nothing_else_become_small() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut bytes = [b'Q', 0xFF, b'@', b'[', 0, b'z', b'A', b'Z'];
                bytes[at] = byte;
                let folded = small(u64::from_le_bytes(bytes));
                assert_eq!(folded.to_le_bytes(), bytes.map(|b| b.to_ascii_lowercase()));
            }
        }
    }

    #[test]
    fn a_word_of_any_length_is_found_in_letters_of_either_case() {
        for list in [&*FORENAMES, &*SURNAMES, &*PLACES, &*COMMON_WORDS, &*OUTCODES] {
            for word in list.iter().filter(|word| word.is_ascii()) {
                let (small, large) = (word.to_ascii_lowercase(), word.to_ascii_uppercase());
                assert!(list.has(word) && list.has_any_case(small.as_bytes()), "{word}");
                assert!(list.has_any_case(large.as_bytes()), "{word}");
            }
        }
        assert!(!FORENAMES.has("Priya") && !FORENAMES.has_any_case(b"Priyq"));
        assert!(!PLACES.has_any_case(b"") && !OUTCODES.has("sw1a"));
    }

    #[test]
    fn every_table_holds_something() {
        assert!(OUTCODES.has("SW1A") && OUTCODES.has("PR4"));
        assert!(POSTCODE_AREAS.has("ZE"));
        assert!(SORT_PREFIXES.has("20") && !SORT_PREFIXES.has("00"));
        assert!(COUNTRIES.has("GB") && COUNTRIES.has("XK"));
        assert!(FORENAMES.has("priya") && SURNAMES.has("rizzo") && COMMON_WORDS.has("release"));
        assert!(NAMED_AFTER.has("orchestra") && HONORIFICS.has("mrs"));
        assert!(FORENAMES.has_any_case("Zoë".as_bytes()));
        assert!(
            is_surname_by_ending("Guðmundsdóttir".as_bytes()) && !is_surname_by_ending(b"Nova")
        );
        assert!(STREET_TYPES.has("lane"));
        assert!(PLACES.has("kirkham"));
        assert!(DISCLAIMERS.iter().count() > 5);
        assert!(CARD_RANGES.len() > 30);
        let gb = IBAN_STRUCTURES.iter().find(|s| s.country == "GB").unwrap();
        assert_eq!((gb.length, gb.runs.clone()), (22, vec![(4, b'a'), (6, b'n'), (8, b'n')]));
    }
}
