//! Could a run of capitalised words be a person's name?

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::window::{own_line, words_in};
use crate::tables::{FORENAMES, HONORIFICS, NAME_STOPWORDS, PLACES, STREET_TYPES};

/// Words streets end with that are surnames as well.
const ALSO_SURNAMES: [&str; 11] = [
    "hill", "wood", "green", "field", "banks", "moor", "brook", "mill", "woods", "fields", "marsh",
];

struct Plausible {
    known: bool,
    known_in: Option<String>,
}

/// Parameters: `known = true`, the forename must be one of the list; `known-in`, the same, but
/// only where this named group of the pattern took part. Valid when a
/// forename of the list takes part, invalid when the words are a title, a street, a firm, a
/// place; otherwise unknown.
pub(crate) fn plausible(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let known_in = p.text("known-in")?.map(str::to_owned);
    let check = Plausible { known: p.flag("known")?, known_in };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Plausible {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let comma = candidate.value.contains(&b',');
        let titled = words_in(candidate.value).next().is_some_and(|w| HONORIFICS.has_any_case(w));
        let list: Vec<&[u8]> =
            words_in(candidate.value).skip_while(|w| HONORIFICS.has_any_case(w)).collect();
        let Some((&last, _)) = list.split_last() else { return Trust::Invalid };
        // One word is a name only where it is all that stands in its cell.
        let line = own_line(candidate);
        if list.len() == 1 && !titled && candidate.text[line].trim_ascii() != candidate.value {
            return Trust::Invalid;
        }
        // "Tunstall, Caroline": the forename comes after the comma.
        let forename = if comma { list.get(1).copied().unwrap_or(last) } else { list[0] };
        let known = FORENAMES.has_any_case(forename);
        let family = if comma { list[0] } else { last };
        let street = STREET_TYPES.has_any_case(family)
            && !titled
            && list.len() > 1
            && !(known
                && list.len() == 2
                && ALSO_SURNAMES.iter().any(|w| family.eq_ignore_ascii_case(w.as_bytes())));
        let stopped = list.iter().filter(|w| NAME_STOPWORDS.has_any_case(w)).count();
        if known && !comma && list.len() > 1 && NAME_STOPWORDS.has_any_case(forename) && stopped > 1
            || street
            || stopped == list.len()
            || (!known && stopped > 0)
            || (stopped > 1 && !titled)
            || (!known && !titled && PLACES.has_any_case(candidate.value))
        {
            return Trust::Invalid;
        }
        let needed =
            self.known || self.known_in.as_ref().is_some_and(|g| candidate.group(g).is_some());
        match (known, needed) {
            (true, _) => Trust::Valid,
            (false, true) => Trust::Invalid,
            (false, false) => Trust::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

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
            "Wrea Green",
        ] {
            assert_eq!(judge("name-plausible", "known = true", bad), Trust::Invalid, "{bad}");
        }
        assert_eq!(judge("name-plausible", "", "Xandrik Adjei"), Trust::Unknown);
    }
}
