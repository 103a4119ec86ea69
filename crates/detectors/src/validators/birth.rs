//! Is the date behind somebody's name the day of birth, though no word says so?

use std::sync::LazyLock;

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::date::{parse, this_year};
use super::name::is_street_too;
use super::person::{is_forename, names_somebody};
use super::phrases::Phrases;
use super::window::{REACH, after, before, characters, lines_back, lower, own_line, words};
use super::{plain_check, trust};
use crate::tables::{DATES_OF_OTHERS, NAME_STOPWORDS, STREET_TYPES, TOLD_BY_BIRTH};

/// A name, and a word or two before it, hardly take more.
const FRONT: usize = 100;
/// So many words before a name may say what its date is of.
const SAYING: usize = 3;
/// So many lines above may belong to the list before what stands over it.
const LIST: usize = 40;
/// So many dates behind names are a list.
const SEVERAL: usize = 3;
/// What people do is dated with the years just gone, when only the smallest children were born.
const YEARS_GONE: u32 = 5;

/// What joins a name to the sentence before it.
const JOINING: [&str; 7] = ["at", "by", "for", "from", "to", "via", "with"];

plain_check! {
    /// Right before the date on its line stands a forename of the lists and a surname, and neither
    /// the words before them nor what stands over the list says what else the date is of
    /// (`Signed`, `by`, `Training completed`; `dates-of-others.txt`).
    behind_a_name => judge_named
}

fn judge_named(candidate: &Candidate<'_>) -> Trust {
    let line = own_line(candidate);
    let front = before(candidate, (candidate.span.start - line.start).min(FRONT));
    let over = over_the_list(candidate);
    let people = are_people(candidate, &over);
    let Some(rest) = before_the_name(&characters(front), people).map(str::to_lowercase) else {
        return Trust::Invalid;
    };
    let said: Vec<&str> = words(&rest).collect();
    // `version 1.13.25 - Keith Cartwright`
    let figures = |word: &&&str| word.bytes().all(|b| b.is_ascii_digit());
    let telling = said.iter().rev().filter(|word| !figures(word));
    let other = telling.take(SAYING).any(|word| DATES_OF_OTHERS.has(word))
        || said.last().is_some_and(|word| JOINING.contains(word));
    let over_other = || words(&over).any(|word| DATES_OF_OTHERS.has(word));
    trust(!other && !over_other() && (people || is_long_gone(candidate.value)))
}

plain_check! {
    /// Other dates stand behind names around, most of them of years long gone, or a word near says
    /// that it is about children, patients or a household: more than one name and one date.
    among_births => judge_among
}

fn judge_among(candidate: &Candidate<'_>) -> Trust {
    if are_people(candidate, &over_the_list(candidate)) {
        return Trust::Valid;
    }
    let (front, back) = (before(candidate, REACH / 4), after(candidate, REACH / 4));
    let text = [front, candidate.value, back].concat();
    let text = characters(&text);
    let (mut dates, mut gone) = (0, 0);
    for (at, _) in text.match_indices(['/', '.', '-']) {
        let start = text[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let of_date = |c: char| !(c.is_ascii_digit() || matches!(c, '/' | '.' | '-'));
        let end = text[at..].find(of_date).map_or(text.len(), |i| at + i);
        let value = text[start..end].trim_end_matches(['.', '-', '/']);
        let low = (0..=start.saturating_sub(FRONT)).rev().find(|i| text.is_char_boundary(*i));
        let front = text[low.unwrap_or(0)..start].rsplit('\n').next().unwrap_or_default();
        if start < at
            && parse(value.as_bytes()).is_some()
            && before_the_name(front, false).is_some()
        {
            dates += 1;
            gone += usize::from(is_long_gone(value.as_bytes()));
        }
    }
    trust(dates >= SEVERAL && 2 * gone > dates)
}

/// What stands before the name that a text ends with, if it ends with one. Where it is about
/// `people`, any two words with capitals are one.
fn before_the_name(front: &str, people: bool) -> Option<&str> {
    let parting =
        |c: char| c.is_whitespace() || matches!(c, '(' | '[' | ',' | ':' | '-' | '–' | '—');
    let front = front.trim_end_matches(parting);
    // `Keith Cartwright b. 12/11/61`
    let told = [" b", " b.", " born"].iter().find_map(|word| front.strip_suffix(word));
    let front = told.unwrap_or(front).trim_end_matches(parting);
    let mut starts =
        front.rmatch_indices(char::is_whitespace).map(|(at, blank)| at + blank.len()).chain([0]);
    let second = starts.next()?;
    let first = starts.next().filter(|first| *first < second)?;
    let (one, two) = (front[first..second].trim_end(), &front[second..]);
    // `Tunstall, Caroline`; `Caroline A Tunstall`.
    let (forename, family) = one.strip_suffix(',').map_or((one, two), |family| (two, family));
    let as_street = is_street_too(family.as_bytes()) && is_forename(forename);
    let any = people && is_capital_word(forename) && is_capital_word(family);
    if any || as_street || names_somebody(&format!("{forename} {family}")) {
        return Some(&front[..first]);
    }
    let initial = one.trim_end_matches('.').chars().count() == 1;
    let third = starts.next().filter(|third| initial && *third < first)?;
    names_somebody(&format!("{} {two}", front[third..first].trim_end())).then(|| &front[..third])
}

/// A capital and small letters, and no street's nor a name's stopword: `Leigh`, not `Road`.
fn is_capital_word(word: &str) -> bool {
    let low = word.to_lowercase();
    word.starts_with(char::is_uppercase)
        && word.len() > 2
        && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
        && !STREET_TYPES.has(&low)
        && !NAME_STOPWORDS.has(&low)
}

/// The line over a list: the nearest above that has words and no figures, in small letters.
fn over_the_list(candidate: &Candidate<'_>) -> String {
    let mut above = lines_back(before(candidate, REACH)).skip(1).take(LIST);
    let is_over = |line: &&[u8]| {
        line.iter().any(u8::is_ascii_alphabetic)
            && line.iter().filter(|b| b.is_ascii_digit()).count() < 5
    };
    above.find(is_over).map(lower).unwrap_or_default()
}

/// Whether the line, or what stands over its list, says whom it is about.
fn are_people(candidate: &Candidate<'_>, over: &str) -> bool {
    static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(TOLD_BY_BIRTH.iter()));
    let line = &candidate.text[own_line(candidate)];
    PHRASES.any_word_in(over.as_bytes()) || line.len() < REACH && PHRASES.any_word_in(line)
}

fn is_long_gone(value: &[u8]) -> bool {
    parse(value).is_some_and(|day| day.year + YEARS_GONE <= this_year())
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_date_behind_a_name_is_a_birth_unless_something_says_otherwise() {
        let judge = |text| judge_in("behind-a-name", "", text, "14/03/2016");
        for text in [
            "Oliver Marsh (14/03/2016)",
            "Marsh, Oliver - 14/03/2016",
            "1. Oliver J. Marsh, 14/03/2016",
            "Coach 2\nSarah Green (12/03/1951)\nOliver Marsh (14/03/2016)",
        ] {
            assert_eq!(judge(text), Trust::Valid, "{text}");
        }
        for text in [
            "Signed: Oliver Marsh (14/03/2016)",
            "Minutes taken by Oliver Marsh, 14/03/2016",
            "Letter to Oliver Marsh, 14/03/2016",
            "version 1.13.25 - Oliver Marsh, 14/03/2016",
            "First aid training\nSarah Green (12/03/2012)\nOliver Marsh (14/03/2016)",
            "Mill Lane (14/03/2016)",
            "Oliver Marsh, page updated (14/03/2016)",
        ] {
            assert_eq!(judge(text), Trust::Invalid, "{text}");
        }
    }

    #[test]
    fn several_or_somebodys_children_are_births() {
        let judge = |text| judge_in("among-births", "", text, "14/03/2016");
        for text in [
            "Oliver Marsh (14/03/2016)\nMaya Patel (2/9/2014)\nElla Green (3.6.15)\n",
            "Her son Oliver Marsh (14/03/2016) was there.",
            "Pupils\n\nOliver Marsh (14/03/2016)\n",
        ] {
            assert_eq!(judge(text), Trust::Valid, "{text}");
        }
        assert_eq!(judge("Oliver Marsh (14/03/2016)\nMaya Patel\n"), Trust::Invalid);
    }
}
