//! What a policy file says, word for word, before it is checked.

use crate::action::Action;
use crate::date::Written;
use crate::mail::Direction;
use crate::sample::Sample;
use crate::text::Where;
use crate::whereabouts::Spot;
use dlpscan_core::model::{Level, Status};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PolicySpec {
    pub(crate) name: Option<String>,
    pub(crate) based_on: Option<Spanned<String>>,
    /// Ids of rules of the policy this one is based on that do not hold here.
    #[serde(default)]
    pub(crate) without: Vec<Spanned<String>>,
    pub(crate) own_domains: Option<Vec<String>>,
    #[serde(default, rename = "text")]
    pub(crate) texts: Vec<TextSpec>,
    #[serde(default, rename = "allow")]
    pub(crate) allows: Vec<AllowSpec>,
    #[serde(default, rename = "clause")]
    pub(crate) clauses: Vec<ClauseSpec>,
    #[serde(default, rename = "rule")]
    pub(crate) rules: Vec<RuleSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RuleSpec {
    pub(crate) id: Spanned<String>,
    #[serde(default)]
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) clause: OneOrMany,
    #[serde(default)]
    pub(crate) words: String,
    pub(crate) when: AnyOf,
    #[serde(default)]
    pub(crate) unless: AnyOf,
    pub(crate) then: Action,
    pub(crate) finding: Option<String>,
    #[serde(default, rename = "sample")]
    pub(crate) samples: Vec<Sample>,
}

/// `{ … }`, or `[{ … }, { … }]`: one of them must hold.
#[derive(Default)]
pub(crate) struct AnyOf(pub(crate) Vec<WhenSpec>);

impl<'de> Deserialize<'de> for AnyOf {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = AnyOf;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("conditions in { } or a list of them in [ ]")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<AnyOf, A::Error> {
                let from = serde::de::value::MapAccessDeserializer::new(map);
                Ok(AnyOf(vec![WhenSpec::deserialize(from)?]))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<AnyOf, A::Error> {
                let from = serde::de::value::SeqAccessDeserializer::new(seq);
                Vec::deserialize(from).map(AnyOf)
            }
        }
        from.deserialize_any(Visitor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WhenSpec {
    pub(crate) level: Option<Level>,
    #[serde(default)]
    pub(crate) category: OneOrMany,
    #[serde(default)]
    pub(crate) detector: OneOrMany,
    #[serde(default)]
    pub(crate) value: OneOrMany,
    #[serde(default)]
    pub(crate) place: Vec<Spot>,
    pub(crate) near: Option<NearSpec>,
    pub(crate) count: Option<u64>,
    pub(crate) incomplete: Option<bool>,
    pub(crate) status: Option<Vec<Status>>,
    pub(crate) reasons: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) kind: OneOrMany,
    #[serde(default)]
    pub(crate) direction: Directions,
    #[serde(default)]
    pub(crate) sender: OneOrMany,
    #[serde(default)]
    pub(crate) recipient: OneOrMany,
    #[serde(default)]
    pub(crate) recipient_not: OneOrMany,
    pub(crate) recipients: Option<u64>,
    #[serde(default)]
    pub(crate) present: OneOrMany,
    #[serde(default)]
    pub(crate) missing: OneOrMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NearSpec {
    pub(crate) level: Option<Level>,
    #[serde(default)]
    pub(crate) category: OneOrMany,
    #[serde(default)]
    pub(crate) detector: OneOrMany,
    pub(crate) lines: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TextSpec {
    pub(crate) id: Spanned<String>,
    pub(crate) about: String,
    #[serde(default, rename = "in")]
    pub(crate) place: Where,
    pub(crate) wording: Option<String>,
    /// For a wording: the share of its words that must be right, in percent.
    pub(crate) least: Option<u64>,
    #[serde(default)]
    pub(crate) all_of: Vec<OneOrMany>,
    /// For `all-of`: within so many characters.
    pub(crate) within: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AllowSpec {
    pub(crate) id: Spanned<String>,
    #[serde(default)]
    pub(crate) why: String,
    pub(crate) until: Option<Spanned<Written>>,
    #[serde(default)]
    pub(crate) path: OneOrMany,
    #[serde(default)]
    pub(crate) detector: OneOrMany,
    #[serde(default)]
    pub(crate) category: OneOrMany,
    #[serde(default)]
    pub(crate) pattern: OneOrMany,
    #[serde(default)]
    pub(crate) value: OneOrMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClauseSpec {
    pub(crate) id: Spanned<String>,
    pub(crate) says: String,
    pub(crate) supported: Option<String>,
    pub(crate) beyond: Option<String>,
}

/// `"out"` or `["in", "internal"]`.
#[derive(Deserialize, Default)]
#[serde(untagged, expecting = "expected \"out\", \"in\" or \"internal\", or a list of them")]
pub(crate) enum Directions {
    #[default]
    #[serde(skip)]
    Any,
    One(Direction),
    Many(Vec<Direction>),
}

impl Directions {
    pub(crate) fn into_vec(self) -> Vec<Direction> {
        match self {
            Directions::Any => Vec::new(),
            Directions::One(direction) => vec![direction],
            Directions::Many(directions) => directions,
        }
    }
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
