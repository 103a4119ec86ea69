//! Could one word be a person's name? Alone it says nothing: who it stands beside does.

use dlpscan_core::detector::Candidate;

use super::window::{REACH, after, before, first_word, lines_back, words_in};
use crate::lexicon::List;
use crate::tables::{
    COMMON_WORDS, FORENAMES, HONORIFICS, NAME_STOPWORDS, NAMED_AFTER, NAMED_THINGS, PLACES,
    STREET_TYPES, SURNAMES, is_surname_by_ending,
};

/// Where people are named one after the other, one in so many may be in no list.
const LISTED: usize = 3;

/// Whether what a pattern of single names found is one; `None` where its groups say that it was
/// found otherwise. The groups say what stands beside the name:
///
/// - `lone`: a word that people are spoken to or quoted with (`Dear`, `says`),
/// - `given`: a word that tells what somebody was done or is (`gave`, `daughter`),
/// - `subject`: what somebody does (`said`); with `being`, these two are things' as well (`from`, `is`),
/// - `owner`: an `'s`,
/// - `small`: as `lone`, but in letters of any size,
/// - `row`: a line of its own in letters of any size, above or below another,
/// - `people`: other names (`Ann, Tom and Liz`),
/// - `initialled`: initials before a surname.
pub(super) fn judge(candidate: &Candidate<'_>) -> Option<bool> {
    let group = |name| candidate.group(name);
    if let Some(word) = group("lone") {
        let known = is_forename(word) || is_surname(word);
        let meant = known && !is_another_word(word)
            || names_before(candidate, word)
            || is_quoted(candidate) && is_unheard_of(word);
        return Some(meant && ends_here(candidate));
    }
    let thing = |word| group("being").is_some() && NAMED_THINGS.has_any_case(word);
    if let Some(word) = group("given") {
        let known = is_forename(word) && !is_another_word(word);
        return Some(known && !thing(word) && ends_here(candidate));
    }
    if let Some(word) = group("subject") {
        let meant = || is_forename(word) && !thing(word) || names_before(candidate, word);
        return Some(!is_another_word(word) && begins(candidate) && meant());
    }
    if let Some(word) = group("owner") {
        let known = is_forename(word) && !NAMED_THINGS.has_any_case(word) && begins(candidate);
        let meant = !is_another_word(word) && (known || names_before(candidate, word));
        return Some(meant && !owns_a_title(candidate));
    }
    if let Some(words) = group("small") {
        return Some(is_small(words));
    }
    if let Some(words) = group("row") {
        return Some(is_small(words) && is_row(candidate));
    }
    if let Some(people) = group("people") {
        return Some(are_people(people) && begins(candidate) && ends_here(candidate));
    }
    let value = group("initialled")?;
    let family = value.rsplit(|byte| matches!(byte, b'.' | b' ')).next()?;
    let known = is_surname(family) && !is_another_word(family);
    let meant = match value {
        // `Vitamin C Brown`, `A Smith` as well as `A Patel`.
        [b'A' | b'I', b' ', ..] => false,
        [_, b' ', ..] => known && begins(candidate),
        _ => known || is_unheard_of(family) && family.len() > 3 && begins(candidate),
    };
    Some(meant && ends_here(candidate))
}

fn is_forename(word: &[u8]) -> bool {
    FORENAMES.has_any_case(word)
}

fn is_surname(word: &[u8]) -> bool {
    SURNAMES.has_any_case(word) || is_surname_by_ending(word)
}

/// Words of the language, places, and what a name is never.
const OTHERS: List = COMMON_WORDS.or(NAME_STOPWORDS).or(PLACES).or(NAMED_AFTER).or(STREET_TYPES);

/// Whether a word is one of the language, a place, or what a name is never.
fn is_another_word(word: &[u8]) -> bool {
    OTHERS.has_any_case(word)
}

/// Whether a word is in no list of words, nor is a thing's: of one who is quoted, that is enough.
fn is_unheard_of(word: &[u8]) -> bool {
    !OTHERS.or(NAMED_THINGS).has_any_case(word)
}

/// Whether the words that were said stand before the name: `…," says Iwase`.
fn is_quoted(candidate: &Candidate<'_>) -> bool {
    let front = before(candidate, 12).trim_ascii_end();
    let said = front.strip_suffix(b"says").or_else(|| front.strip_suffix(b"said"));
    said.map(<[u8]>::trim_ascii_end).is_some_and(|front| {
        front.ends_with(b",\"") || front.ends_with(b",'") || front.ends_with(",\u{201D}".as_bytes())
    })
}

/// Whether the name's capitals do not go on, nor a file's or a host's name.
fn ends_here(candidate: &Candidate<'_>) -> bool {
    next_word(candidate).is_none_or(|next| !next[0].is_ascii_uppercase())
        && !matches!(after(candidate, 2), [b'.' | b'@' | b'/' | b':', c] if c.is_ascii_graphic())
}

/// The word after one blank behind the value.
pub(super) fn next_word<'a>(candidate: &Candidate<'a>) -> Option<&'a [u8]> {
    first_word(after(candidate, 24).strip_prefix(b" ")?)
}

/// Whether no capital and no article stands right before the name: `Aston Martin is`, `the
/// Victoria was`, but `Then Martin said`.
fn begins(candidate: &Candidate<'_>) -> bool {
    let front = before(candidate, 24);
    let Some(front) = front.strip_suffix(b" ") else {
        return !front.last().is_some_and(|b| matches!(b, b'.' | b'-' | b'/' | b'_' | b'@' | b'&'));
    };
    let last = words_in(front).last();
    let Some(word) = last.filter(|word| front.ends_with(word)) else {
        // `Jones, Mitchell and Williams`
        let listed =
            last.filter(|word| front.strip_suffix(b",").is_some_and(|f| f.ends_with(word)));
        return !listed.is_some_and(goes_before);
    };
    let article = [b"the".as_slice(), b"a", b"an", b"st", b"this", b"our", b"of", b"san", b"de"];
    !goes_before(word) && !article.iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// Whether a word has a capital that is not a sentence's.
fn goes_before(word: &[u8]) -> bool {
    // `As Duncan explained`: hardly a name is so short.
    word.len() > 2 && word[0].is_ascii_uppercase() && !COMMON_WORDS.has_any_case(word)
}

/// Whether what is owned has a name of its own: `Alice's Restaurant`, `Moore's law`.
fn owns_a_title(candidate: &Candidate<'_>) -> bool {
    let next = after(candidate, 32);
    // An apostrophe is one byte or three.
    let next = next.iter().position(|byte| *byte == b's').map_or(&[][..], |at| &next[at + 1..]);
    let word = next.strip_prefix(b" ").and_then(|next| words_in(next).next());
    word.is_some_and(|word| word[0].is_ascii_uppercase() || NAMED_AFTER.has_any_case(word))
}

/// Whether words in letters of any size are a forename, a title's surname, or both of them.
fn is_small(words: &[u8]) -> bool {
    let is_name = is_unheard_of;
    let list: Vec<&[u8]> = words_in(words).collect();
    match list[..] {
        [title, family] if HONORIFICS.has_any_case(title) => {
            (is_surname(family) || is_forename(family)) && is_name(family)
        }
        [forename] => is_forename(forename) && is_name(forename),
        [forename, .., family] => {
            (is_forename(forename) || HONORIFICS.has_any_case(forename))
                && is_name(forename)
                && is_surname(family)
                && is_name(family)
        }
        [] => false,
    }
}

/// Whether the value ends its line, and the line above or below is a name as well.
fn is_row(candidate: &Candidate<'_>) -> bool {
    let mut below = after(candidate, 64).split(|byte| *byte == b'\n');
    if below.next().is_none_or(|rest| !rest.trim_ascii().is_empty()) {
        return false;
    }
    let above = lines_back(before(candidate, 64)).nth(1);
    [above, below.next()].into_iter().flatten().any(|line| {
        let front = |byte: &u8| !byte.is_ascii_alphabetic();
        is_small(line[line.iter().take_while(|byte| front(byte)).count()..].trim_ascii_end())
    })
}

/// Whether names that stand one after the other are forenames, all or nearly all of them.
fn are_people(list: &[u8]) -> bool {
    let all = || words_in(list).filter(|word| *word != b"and");
    let count = all().count();
    let known = all().filter(|word| is_forename(word)).count();
    let things = all().filter(|word| NAMED_THINGS.has_any_case(word)).count();
    !all().any(is_another_word) && known + count / (LISTED + 1) >= count && 2 * things < count
}

/// Whether somebody of that surname was named before: `directed by Brad L Key and starring Key`.
fn names_before(candidate: &Candidate<'_>, word: &[u8]) -> bool {
    if word.len() < 3 || !word[0].is_ascii_uppercase() {
        return false;
    }
    let front = before(candidate, REACH);
    memchr::memmem::find_iter(front, word).take(8).any(|at| {
        let whole = !front.get(at + word.len()).is_some_and(u8::is_ascii_alphanumeric);
        let first = front[..at].strip_suffix(b" ").map(|front| {
            // `Brad L Key`
            let initial = matches!(front, [.., b' ', c] if c.is_ascii_uppercase());
            if initial { &front[..front.len() - 2] } else { front }
        });
        whole
            && first.is_some_and(|front| {
                let low = front.len().saturating_sub(24);
                words_in(&front[low..]).last().is_some_and(|forename| {
                    front.ends_with(forename)
                        && forename[0].is_ascii_uppercase()
                        && is_forename(forename)
                        && !is_another_word(forename)
                })
            })
    })
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_as;
    use dlpscan_core::model::Trust;

    fn is(group: &str, text: &str, value: &str) -> bool {
        judge_as("name-plausible", text, value, group) == Trust::Valid
    }

    #[test]
    fn who_owns_or_does_something_is_somebody() {
        for (group, text, value) in [
            ("owner", "it is in Naomi's garage", "Naomi"),
            ("owner", "sung by Adam McDowell; though McDowell's song", "McDowell"),
            ("subject", "Then Kevin rang again", "Kevin"),
            ("subject", "As Kevin explained", "Kevin"),
            ("subject", "by Liz T Meza. It may be that Meza was", "Meza"),
        ] {
            assert!(is(group, text, value), "{text}");
        }
        for (group, text, value) in [
            ("owner", "sang Julia's Revenge", "Julia"),
            ("owner", "after Naomi's Law", "Naomi"),
            ("owner", "at St Peter's door", "Peter"),
            ("subject", "the Kevin said", "Kevin"),
            ("subject", "an Aston Martin said", "Martin"),
            ("subject", "Release said", "Release"),
        ] {
            assert!(!is(group, text, value), "{text}");
        }
    }

    #[test]
    fn names_together_are_people_and_firms_are_not() {
        for value in ["Hannah, Anthony and Derek", "Anna and Andrew", "Hleb, Sheila, Donna & Shane"]
        {
            assert!(is("people", &format!("with {value}."), value), "{value}");
        }
        for value in ["Paris and Florence", "Marks and Spencer", "Hleb and Derek"] {
            assert!(!is("people", &format!("with {value}."), value), "{value}");
        }
        assert!(!is("people", "at Jones, Mitchell and Williams as", "Mitchell and Williams"));
        assert!(!is("people", "Anna and Andrew Trust", "Anna and Andrew"));
    }

    #[test]
    fn small_letters_are_a_name_only_where_no_word_is_meant() {
        for value in ["sarah", "patricia desrosiers", "mr. elliott", "MRS OKAFOR"] {
            assert!(is("small", &format!("hi {value},"), value), "{value}");
        }
        for value in ["all", "will", "sarah can", "mr. chairman", "MS EXCEL", "holly"] {
            assert!(!is("small", &format!("hi {value},"), value), "{value}");
        }
    }

    #[test]
    fn one_who_is_quoted_needs_be_in_no_list() {
        assert!(is("lone", "moving in that direction,\" says Iwase.", "Iwase"));
        assert!(!is("lone", "it says Iwase.", "Iwase"));
        assert!(!is("lone", "in that direction,\" says Microsoft.", "Microsoft"));
        assert!(is("initialled", "by J. Kowalczyk.", "J. Kowalczyk"));
        assert!(is("initialled", "by J Kowalczyk.", "J Kowalczyk"));
        assert!(!is("initialled", "Vitamin C Kowalczyk.", "C Kowalczyk"));
        assert!(!is("initialled", "by J. Release.", "J. Release"));
    }
}
