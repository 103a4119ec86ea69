//! Texts a policy asks about: a footer that must be there, a disclaimer, words of a chain letter.

use crate::fold::{find_phrase, fold, likeness, words};
use crate::spec::TextSpec;
use serde::Deserialize;

/// Where in a mail a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// In what was newly written, not in the thread below it. Where a mail has a plain and an
    /// HTML body, in both.
    #[default]
    New,
    /// Anywhere in the body, quoted thread included.
    Body,
    /// In a header field, as `Name: value`.
    Header,
}

/// A text a policy asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its id, as rules name it.
    pub id: String,
    /// What it is, for people.
    pub about: String,
    /// Where it is looked for.
    pub place: Where,
    pub(crate) sought: Sought,
}

/// How a text is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sought {
    /// These words in this order; at least so many percent of them.
    Wording { words: Vec<String>, least: u64 },
    /// One phrase of each list, all within so many characters.
    AllOf { lists: Vec<Vec<String>>, within: usize },
}

/// Characters within which the phrases of `all-of` must stand, where the file does not say.
const WITHIN: usize = 600;

impl Text {
    pub(crate) fn check(spec: TextSpec) -> Result<Text, String> {
        let id = spec.id.into_inner();
        let sought = match (&spec.wording, spec.all_of.is_empty()) {
            (Some(wording), true) => {
                if spec.within.is_some() {
                    return Err(format!("text \"{id}\": \"within\" belongs to \"all-of\""));
                }
                let least = spec.least.unwrap_or(100);
                if !(1..=100).contains(&least) {
                    return Err(format!(
                        "text \"{id}\": least = {least} is no share; say a percentage from 1 to \
                         100, such as 85"
                    ));
                }
                Sought::Wording { words: words(&fold(wording)), least }
            }
            (None, false) => {
                if spec.least.is_some() {
                    return Err(format!("text \"{id}\": \"least\" belongs to \"wording\""));
                }
                let lists = spec.all_of.into_iter().map(|list| {
                    list.into_vec().iter().map(|phrase| fold(phrase)).collect::<Vec<_>>()
                });
                Sought::AllOf { lists: lists.collect(), within: spec.within.unwrap_or(WITHIN) }
            }
            _ => {
                return Err(format!(
                    "text \"{id}\" needs either a \"wording\" or \"all-of\" with lists of phrases, \
                     and not both"
                ));
            }
        };
        let empty = match &sought {
            Sought::Wording { words, .. } => words.is_empty(),
            Sought::AllOf { lists, .. } => {
                lists.iter().any(|list| list.is_empty() || list.iter().any(String::is_empty))
            }
        };
        if empty {
            return Err(format!("text \"{id}\" has no words in it, so it would be everywhere"));
        }
        Ok(Text { id, about: spec.about, place: spec.place, sought })
    }

    /// Whether it stands in a text.
    pub(crate) fn stands_in(&self, text: &Prepared) -> bool {
        match &self.sought {
            Sought::Wording { words, least: 100 } => {
                text.words.windows(words.len()).any(|window| window == words)
            }
            Sought::Wording { words, least } => likeness(words, &text.words) >= *least,
            Sought::AllOf { lists, within } => near_each_other(lists, *within, &text.folded),
        }
    }
}

/// A text made ready to be looked through.
pub(crate) struct Prepared {
    folded: String,
    words: Vec<String>,
}

impl Prepared {
    pub(crate) fn new(text: &str) -> Prepared {
        let folded = fold(text);
        Prepared { words: words(&folded), folded }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }
}

/// Whether a phrase of each list stands within so many bytes.
fn near_each_other(lists: &[Vec<String>], within: usize, text: &str) -> bool {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (list, phrases) in lists.iter().enumerate() {
        let before = places.len();
        places.extend(phrases.iter().flat_map(|p| find_phrase(text, p)).map(|at| (at, list)));
        if places.len() == before {
            return false;
        }
    }
    places.sort_unstable();
    // The last place of each list so far: the oldest of them must not be too far back.
    let mut last = vec![None; lists.len()];
    places.into_iter().any(|(at, list)| {
        last[list] = Some(at);
        last.iter().all(|place| place.is_some_and(|p| at - p <= within))
    })
}
