//! Could a run of capitalised words be a person's name?

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;
use smallvec::SmallVec;

use super::lone_name::{self, next_word};
use super::parameters::Parameters;
use super::trust;
use super::window::{after, before, own_line, words_in};
use crate::lexicon::List;
use crate::tables::{
    ALSO_SURNAMES, COMMON_WORDS, FORENAMES, HONORIFICS, NAME_STOPWORDS, NAMED_AFTER, PLACES,
    SPOKEN_OF, STREET_TYPES, SURNAMES, is_surname_by_ending, lists_with,
};

/// Words streets end with that are surnames as well.
const STREETS_TOO: [&str; 11] = [
    "hill", "wood", "green", "field", "banks", "moor", "brook", "mill", "woods", "fields", "marsh",
];

struct Plausible {
    known: bool,
    known_in: Option<String>,
}

/// Parameters: `known = true`, the forename or the surname must be one of the lists, or a word
/// before it say that somebody is meant (`says`, `directed by`); `known-in`, the same, but only
/// where this named group of the pattern took part. Valid when a name of the lists takes part,
/// invalid when the words are a title, a street, a firm, a place; otherwise unknown.
pub(crate) fn plausible(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let known_in = p.text("known-in")?.map(str::to_owned);
    let check = Plausible { known: p.flag("known")?, known_in };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Plausible {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        if let Some(is_name) = lone_name::judge(candidate) {
            return trust(is_name);
        }
        let comma = candidate.value.contains(&b',');
        let words: SmallVec<[Word<'_>; 6]> = words_in(candidate.value).map(Word::of).collect();
        let titles = words.iter().take_while(|word| word.is(HONORIFICS)).count();
        let (titled, list) = (titles > 0, &words[titles..]);
        let Some((&last, _)) = list.split_last() else { return Trust::Invalid };
        // One word is a name only where it is all that stands in its cell.
        let is_all = || candidate.text[own_line(candidate)].trim_ascii() == candidate.value;
        if list.len() == 1 && !titled && !is_all() {
            return Trust::Invalid;
        }
        // `2214-PL-100 Rev C`: a drawing's revision, and nobody's title.
        let revision = words.first().is_some_and(|title| title.text.eq_ignore_ascii_case(b"rev"));
        if titled && revision && list.len() == 1 && last.text.len() == 1 {
            return Trust::Invalid;
        }
        // "Tunstall, Caroline": the forename comes after the comma.
        let forename = if comma { list.get(1).copied().unwrap_or(last) } else { list[0] };
        let known = forename.is(FORENAMES);
        let family = if comma { list[0] } else { last };
        let street = family.is(STREET_TYPES)
            && !titled
            && list.len() > 1
            && !(known
                && list.len() == 2
                && (is_street_too(family.text) || self.is_labelled(candidate, family)));
        let stops =
            |word: &&Word<'_>| word.is(NAME_STOPWORDS) && !(titled && word.is(ALSO_SURNAMES));
        let stopped = list.iter().filter(stops).count();
        if known && !comma && list.len() > 1 && forename.is(NAME_STOPWORDS) && stopped > 1
            || street
            || stopped == list.len()
            || (!known && stopped > 0)
            || (stopped > 1 && !titled)
            || (!titled && PLACES.has_any_case(candidate.value))
            || (comma && family.is(PLACES) && in_address(candidate, forename))
        {
            return Trust::Invalid;
        }
        let bare = self.known
            || self.known_in.as_ref().is_some_and(|g| candidate.group(g).is_some())
            || is_setting(candidate);
        match (known, bare) {
            (_, true) => trust(
                are_names(candidate, forename, family) && !is_named_after(candidate, last, comma),
            ),
            (true, false) => Trust::Valid,
            (false, false) => Trust::Unknown,
        }
    }
}

impl Plausible {
    /// Whether more than its capitals tells a name: `Name: Shirley Hall`.
    fn is_labelled(&self, candidate: &Candidate<'_>, family: Word<'_>) -> bool {
        self.known_in.as_ref().is_some_and(|bare| candidate.group(bare).is_none())
            && family.is(SURNAMES)
    }
}

/// A word, and which lists hold it.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a [u8],
    lists: List,
}

impl<'a> Word<'a> {
    fn of(text: &'a [u8]) -> Self {
        Word { text, lists: lists_with(text) }
    }

    /// Whether one of the lists holds it.
    fn is(self, lists: List) -> bool {
        self.lists.overlap(lists)
    }
}

/// `  - name: Install Rust`: a step of a build or a part of a program bears a small label too.
fn is_setting(candidate: &Candidate<'_>) -> bool {
    let front = before(candidate, 24);
    let line = front.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let label = line.trim_ascii_start().strip_prefix(b"-").unwrap_or(line).trim_ascii();
    label == b"name:" || label == b"name ="
}

/// Whether a word that streets end with is a surname as well.
pub(super) fn is_street_too(word: &[u8]) -> bool {
    STREETS_TOO.iter().any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
}

/// Whether two words that only their capitals tell are a forename and a surname.
fn are_names(candidate: &Candidate<'_>, forename: Word<'_>, family: Word<'_>) -> bool {
    let known = forename.is(FORENAMES);
    let usual = forename.is(COMMON_WORDS);
    let word = family.is(COMMON_WORDS);
    let surname = || family.is(SURNAMES) || is_surname_by_ending(family.text);
    match (known, usual, word) {
        // `Mark Tolbert`, `Sarah Green`, but not `Mark Release` or `Sarah Release`.
        (true, false, false) => true,
        (true, false, true) => surname() || heads_an_address(candidate),
        (true, true, false) => surname(),
        (true, true, true) | (false, true, _) => false,
        (false, false, _) => {
            let mixed = candidate.value.iter().any(u8::is_ascii_lowercase);
            let possible = forename.text.len() > 2 && !forename.is(PLACES) && !word && mixed;
            let turned = || family.is(FORENAMES) && heads_an_address(candidate);
            // `Patel, G`: only a surname that is nothing else.
            if forename.text.len() == 1 && candidate.value.contains(&b',') {
                return mixed && !word && !family.is(PLACES) && surname();
            }
            possible && (surname() || is_spoken_of(candidate) || turned())
        }
    }
}

/// Whether what begins with a place goes on with one, or stands behind a street: `Tenby, Devon`.
fn in_address(candidate: &Candidate<'_>, next: Word<'_>) -> bool {
    next.is(PLACES) || before(candidate, 2) == b", "
}

/// Whether the value is a line of its own, and one of the next three begins with a house's number.
fn heads_an_address(candidate: &Candidate<'_>) -> bool {
    // What an answered mail puts before each line.
    let quoted = |byte: &u8| matches!(byte, b'>' | b'?' | b' ' | b'\t');
    let line = &candidate.text[own_line(candidate)];
    let lead = line.iter().take_while(|byte| quoted(byte)).count();
    if line[lead..].trim_ascii_end() != candidate.value {
        return false;
    }
    let mut next = after(candidate, 160).split(|byte| *byte == b'\n').skip(1).take(3);
    next.any(|line| {
        let line = &line[line.iter().take_while(|byte| quoted(byte)).count()..];
        line.first().is_some_and(u8::is_ascii_digit) && line.iter().any(u8::is_ascii_alphabetic)
    })
}

/// Whether the words before the value say that it is somebody.
fn is_spoken_of(candidate: &Candidate<'_>) -> bool {
    let front = before(candidate, 24).trim_ascii_end();
    // `Kind regards,` and the next line.
    let front = front.strip_suffix(b",").unwrap_or(front);
    SPOKEN_OF.iter().any(|cue| {
        let start = front.len().saturating_sub(cue.len());
        front[start..].eq_ignore_ascii_case(cue.as_bytes())
            && !front[..start].last().is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Whether the words are part of something longer that is no person, or of a sentence.
fn is_named_after(candidate: &Candidate<'_>, last: Word<'_>, comma: bool) -> bool {
    let shouted = !candidate.value.iter().any(u8::is_ascii_lowercase);
    last.is(NAMED_AFTER)
        || goes_on(candidate, last)
        || comma && in_sentence(candidate)
        || shouted && among_capitals(candidate)
}

/// Whether the capitals go on with a word that no person's name ends with.
fn goes_on(candidate: &Candidate<'_>, last: Word<'_>) -> bool {
    let Some(word) = next_word(candidate).filter(|word| word[0].is_ascii_uppercase()) else {
        return false;
    };
    let word = Word::of(word);
    // `Mary Ann Green` has two forenames and a surname.
    let surname = || is_street_too(word.text) && last.is(FORENAMES);
    word.is(NAMED_AFTER) || word.is(STREET_TYPES) && !surname()
}

/// Whether a word stands right before the value or another name right after it: `Marks and
/// Spencer, Morgan Sindall` is no list of surnames and forenames.
fn in_sentence(candidate: &Candidate<'_>) -> bool {
    let word = matches!(before(candidate, 2), [a, b' '] if a.is_ascii_alphanumeric());
    let name = |w: &[u8]| w[0].is_ascii_uppercase() && w.get(1).is_some_and(u8::is_ascii_lowercase);
    word || next_word(candidate).is_some_and(|next| name(next) || next == b"and" || next == b"&")
}

/// How a bank says in which way something was paid; who was paid stands behind.
const OF_PAYMENTS: [&[u8]; 9] =
    [b"BGC", b"FPS", b"FPI", b"FPO", b"STO", b"DDR", b"TFR", b"BACS", b"CHAPS"];

/// Whether other words in capitals stand before or after the value: a title, not a name.
fn among_capitals(candidate: &Candidate<'_>) -> bool {
    let shouted = |w: &[u8]| w.len() > 1 && w.iter().all(u8::is_ascii_uppercase);
    let front = before(candidate, 24).strip_suffix(b" ");
    let last = front.and_then(|front| words_in(front).last().filter(|word| front.ends_with(word)));
    let told = |w: &[u8]| HONORIFICS.has_any_case(w) || OF_PAYMENTS.contains(&w);
    last.is_some_and(|w| shouted(w) && !told(w)) || next_word(candidate).is_some_and(shouted)
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;

    #[test]
    fn what_is_named_after_somebody_is_nobody() {
        let judge = |text, value| judge_in("name-plausible", "known = true", text, value);
        for (text, value) in [
            ("on Winston Churchill Way today", "Winston Churchill"),
            ("the Alexandra Rose Day fund", "Alexandra Rose"),
            ("King George Playing Field Trust", "George Playing"),
            ("on the Elizabeth Line", "Elizabeth Line"),
            ("THE GRACE PERIOD ENDS", "GRACE PERIOD"),
            ("Marks and Spencer, Morgan Sindall", "Spencer, Morgan"),
            ("drawing 2214-PL-100 Rev C;", "Rev C"),
            ("are true. Signed Jean Jones", "Signed Jean"),
        ] {
            assert_eq!(judge(text, value), Trust::Invalid, "{text}");
        }
        for (text, value) in [
            ("seconded by Mary Smith and", "Mary Smith"),
            ("Smith, Mary\n", "Smith, Mary"),
            ("3\tSmith, Mary\t12", "Smith, Mary"),
            ("Smith, Mary AB 12 34 56 C", "Smith, Mary"),
            ("with Mary Ann Green", "Mary Ann"),
            ("Name: STEVEN OKAFOR\n", "STEVEN OKAFOR"),
            ("to MRS ANN OKAFOR at", "ANN OKAFOR"),
        ] {
            assert_eq!(judge(text, value), Trust::Valid, "{text}");
        }
    }

    #[test]
    fn two_names_are_told_by_either_and_no_name_is_a_word() {
        let judge = |text, value| judge_in("name-plausible", "known = true", text, value);
        for (text, value) in [
            ("with Cettina Fanucci and", "Cettina Fanucci"),
            ("of Esat Jeknić.", "Esat Jeknić"),
            ("to Petr Dvořák, the", "Petr Dvořák"),
            ("says Xandrik Lumo, who", "Xandrik Lumo"),
            ("with Mark Tolbert there", "Mark Tolbert"),
        ] {
            assert_eq!(judge(text, value), Trust::Valid, "{text}");
        }
        for (text, value) in [
            ("on Sarah Release notes", "Sarah Release"),
            ("for Wayne Enterprises", "Wayne Enterprises"),
            ("Golden Smith awards", "Golden Smith"),
            ("with Xandrik Lumo there", "Xandrik Lumo"),
            ("on Sun Aug 3", "Sun Aug"),
        ] {
            assert_eq!(judge(text, value), Trust::Invalid, "{text}");
        }
    }

    #[test]
    fn a_line_above_an_address_names_somebody() {
        let judge = |text, value| judge_in("name-plausible", "known = true", text, value);
        for (text, value) in [
            ("Rebecca Hides\n\n14 Mill Lane\n", "Rebecca Hides"),
            ("> Csenger Gábor\n> 36 Mill Lane\n", "Csenger Gábor"),
        ] {
            assert_eq!(judge(text, value), Trust::Valid, "{text}");
        }
        for (text, value) in [
            ("Rebecca Hides\nin Mill Lane\n", "Rebecca Hides"),
            ("as Rebecca Hides\n14 Mill Lane\n", "Rebecca Hides"),
            ("Csenger Works\n14 Mill Lane\n", "Csenger Works"),
        ] {
            assert_eq!(judge(text, value), Trust::Invalid, "{text}");
        }
    }

    #[test]
    fn names_are_told_from_titles_and_places() {
        for good in
            ["Tunstall, Caroline", "Mrs Natasha Featherby", "Priya F Lockwood", "Sarah Hall"]
        {
            assert_eq!(judge("name-plausible", "", good), Trust::Valid, "{good}");
        }
        for bad in [
            "Memorial Park",
            "May Meeting",
            "King Street Car Park",
            "Finance Committee",
            "Mr Chairman",
            "Wrea Green",
        ] {
            assert_eq!(judge("name-plausible", "known = true", bad), Trust::Invalid, "{bad}");
        }
        for open in ["Xandrik Adjei", "Mrs Ward"] {
            assert_eq!(judge("name-plausible", "", open), Trust::Unknown, "{open}");
        }
    }
}
