//! Lookup tables, read once from `data/`.

use std::sync::LazyLock;

use crate::lexicon::{Lexicon, List};
use crate::words::{Words, without_accents};

/// The lines of a data file that hold data: no blank lines, no comments.
pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// Whether a word ends as surnames of many countries do, and is more than that ending.
pub(crate) fn is_surname_by_ending(word: &[u8]) -> bool {
    let low = String::from_utf8_lossy(word).to_lowercase();
    let plain = without_accents(&low);
    let ends = |word: &str, end: &str| word.len() > end.len() + 2 && word.ends_with(end);
    SURNAME_ENDINGS.iter().any(|end| ends(&plain, end) || !end.is_ascii() && ends(&low, end))
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
    /// What surnames of other countries end with, lower case.
    SURNAME_ENDINGS = "surname-endings.txt";
    /// What stands right before somebody who is named, lower case.
    SPOKEN_OF = "spoken-of.txt";
    /// What a date behind a name tells where it is no birth.
    DATES_OF_OTHERS = "dates-of-others.txt";
    /// Who is told apart by a date of birth, words and phrases.
    TOLD_BY_BIRTH = "told-by-birth.txt";
    /// What the names of firms end in.
    FIRM_ENDINGS = "firm-endings.txt";
    /// What a sentence says after an account that is none, lower case.
    REFUTING_PHRASES = "refuting-phrases.txt";
    /// What a line says before an account that is none, lower case.
    REFUTING_LABELS = "refuting-labels.txt";
    /// What stands where a password would, and is none; lower case.
    PASSWORD_NONVALUES = "password-nonvalues.txt";
    /// Phrases of mail disclaimers, lower case.
    DISCLAIMERS = "disclaimer-phrases.txt";
    /// Words that may stand beside a marking on its line without making it a sentence, lower case.
    MARKING_COMPANY = "marking-company.txt";
    /// Labels that announce a marking, lower case.
    MARKING_LABELS = "marking-labels.txt";
    /// Words a heading goes on with after its marking: `Confidential Minutes of …`, lower case.
    MARKING_HEADINGS = "marking-headings.txt";
    /// Words before a marking that make it part of a sentence, lower case.
    MARKING_SENTENCES = "marking-sentences.txt";
    /// Country calling codes.
    CALLING_CODES = "calling-codes.txt";
    /// Top-level domains that are file endings rather than places for mail.
    FILE_ENDINGS = "file-endings.txt";
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $file:literal, $bit:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: List = List::at($bit);)*

        /// The words of all these lists.
        static LEXICON: LazyLock<Lexicon> =
            LazyLock::new(|| Lexicon::read(&[$(($name, include_str!(concat!("../data/", $file)))),*]));
    };
}

// What a name is told by. Asked about the same words, so each is looked up once for all.
lists! {
    /// Forenames, lower case.
    FORENAMES = "forenames.txt", 0;
    /// Surnames, lower case, without accents.
    SURNAMES = "surnames.txt", 1;
    /// Words that are no names though a capital may begin them, lower case.
    COMMON_WORDS = "common-words.txt", 2;
    /// Words that are rarely part of a name, lower case.
    NAME_STOPWORDS = "name-stopwords.txt", 3;
    /// Words that are rarely part of a name and surnames all the same, lower case.
    ALSO_SURNAMES = "also-surnames.txt", 4;
    /// Words after a name that make it something's that is named after somebody, lower case.
    NAMED_AFTER = "named-after.txt", 5;
    /// Forenames that things and places bear as well, lower case.
    NAMED_THINGS = "named-things.txt", 6;
    /// Titles that stand before a name, lower case, no full stop.
    HONORIFICS = "honorifics.txt", 7;
    /// Words a thoroughfare's name ends with, lower case.
    STREET_TYPES = "street-types.txt", 8;
    /// UK towns and counties, lower case.
    PLACES = "uk-places.txt", 9;
}

/// Which of the lists hold a word, letters of either case alike, accents or none.
pub(crate) fn lists_with(word: &[u8]) -> List {
    LEXICON.lists_with(word)
}

impl List {
    /// Whether the list holds the word, as written.
    pub(crate) fn has(self, word: &str) -> bool {
        LEXICON.lists_with_exactly(word).overlap(self)
    }

    /// Whether the list holds the word, letters of either case alike, accents or none.
    pub(crate) fn has_any_case(self, word: &[u8]) -> bool {
        lists_with(word).overlap(self)
    }
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
    fn a_word_of_any_length_is_found_in_letters_of_either_case() {
        let of_names = [
            (FORENAMES, include_str!("../data/forenames.txt")),
            (SURNAMES, include_str!("../data/surnames.txt")),
            (PLACES, include_str!("../data/uk-places.txt")),
            (HONORIFICS, include_str!("../data/honorifics.txt")),
        ];
        for (list, text) in of_names {
            for word in lines(text) {
                assert!(list.has(word) && list.has_any_case(word.as_bytes()), "{word}");
                assert!(list.has_any_case(word.to_uppercase().as_bytes()), "{word}");
            }
        }
        for word in OUTCODES.iter() {
            assert!(OUTCODES.has(word) && OUTCODES.has_any_case(word.to_lowercase().as_bytes()));
        }
        assert!(!FORENAMES.has("Priya") && !FORENAMES.has_any_case(b"Priyq"));
        assert!(!PLACES.has_any_case(b"") && !OUTCODES.has("sw1a"));
        let both = lists_with(b"Grace");
        assert!(both.overlap(FORENAMES) && both.overlap(COMMON_WORDS) && !both.overlap(PLACES));
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
