//! What a policy file says, word for word, before it is checked.

use crate::action::Action;
use dlpscan_core::model::Level;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicySpec {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default, rename = "rule")]
    pub(crate) rules: Vec<RuleSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSpec {
    pub(crate) id: Spanned<String>,
    #[serde(default)]
    pub(crate) why: String,
    pub(crate) when: Spanned<WhenSpec>,
    pub(crate) then: Action,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenSpec {
    pub(crate) level: Option<Level>,
    #[serde(default)]
    pub(crate) category: OneOrMany,
    #[serde(default)]
    pub(crate) detector: OneOrMany,
    pub(crate) count: Option<u64>,
    pub(crate) incomplete: Option<bool>,
    pub(crate) reasons: Option<Vec<String>>,
}

/// `"bank"` or `["bank", "identity"]`.
#[derive(Deserialize, Default)]
#[serde(untagged, expecting = "expected a word or a list of words in quotes")]
pub(crate) enum OneOrMany {
    #[default]
    #[serde(skip)]
    None,
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn into_vec(self) -> Vec<String> {
        match self {
            OneOrMany::None => Vec::new(),
            OneOrMany::One(word) => vec![word],
            OneOrMany::Many(words) => words,
        }
    }
}
