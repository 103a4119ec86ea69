use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How sure we are, as a word. Policies and users speak in levels, never in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Below 40: worth knowing only when looking closely (test values, unlabelled numbers).
    Info,
    /// 40–64.
    Low,
    /// 65–84.
    Medium,
    /// 85–100.
    High,
}

impl Level {
    /// The level of a confidence (0–100).
    pub const fn of(confidence: u8) -> Level {
        match confidence {
            85.. => Level::High,
            65..=84 => Level::Medium,
            40..=64 => Level::Low,
            _ => Level::Info,
        }
    }

    /// The lowest confidence of the level. A confidence of 0 has no level.
    pub const fn floor(self) -> u8 {
        match self {
            Level::High => 85,
            Level::Medium => 65,
            Level::Low => 40,
            Level::Info => 1,
        }
    }

    /// The name used in output, flags and policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "info" => Ok(Level::Info),
            "low" => Ok(Level::Low),
            "medium" => Ok(Level::Medium),
            "high" => Ok(Level::High),
            _ => Err(format!("\"{s}\" is not a level; say info, low, medium or high")),
        }
    }
}

/// A validator's answer. Three-valued: a check that cannot tell must not raise or lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The check digit, date or range holds.
    Valid,
    /// It does not hold.
    Invalid,
    /// The check does not apply, or its table is not at hand.
    Unknown,
}

impl Trust {
    /// The word used in evidence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Trust::Valid => "valid",
            Trust::Invalid => "invalid",
            Trust::Unknown => "unknown",
        }
    }
}

/// What kind of thing raised or lowered a confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EvidenceKind {
    /// The shape itself.
    Pattern,
    /// A validator.
    Check,
    /// A keyword near the match.
    Keyword,
    /// A word near the match that speaks against it.
    AntiKeyword,
    /// The column's header.
    Header,
    /// A label on the same line, right before the match.
    Label,
    /// Another finding close by.
    Neighbour,
    /// A published test value or placeholder.
    TestValue,
}

/// One thing that raised or lowered a match's confidence. It never holds matched text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What kind of thing.
    pub kind: EvidenceKind,
    /// Its name: the pattern, the check, the keyword.
    pub by: Arc<str>,
    /// `valid`, `invalid`, `unknown`, `found`.
    pub result: Cow<'static, str>,
    /// How much it added (or took away).
    pub weight: i16,
}
