//! How the matches of an expression begin, where they begin in few ways.

use super::super::bytes::ByteSet;
use regex_syntax::hir::{Hir, HirKind};
use std::collections::BTreeSet;

/// The longest beginning that is looked at, in bytes: a machine word.
pub(super) const LONGEST: usize = 8;
/// The shortest that is worth looking up.
pub(super) const SHORTEST: usize = 3;
/// An expression that may begin in more ways is better told by its shape.
const MOST: usize = 256;
/// Of longer beginnings no more than this, shorter ones instead.
const FEW: usize = 64;

/// One way to begin: its bytes, and with each whether it may be a letter of either case (and is
/// then the lower one).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head(pub(super) Vec<(u8, bool)>);

impl Head {
    /// The beginning of a word as it is written, or in either case.
    pub(super) fn of(word: &[u8], either: bool) -> Head {
        let byte = |&b: &u8| match either && b.is_ascii_alphabetic() {
            true => (b.to_ascii_lowercase(), true),
            false => (b, false),
        };
        Head(word.iter().take(LONGEST).map(byte).collect())
    }

    /// The bytes that may stand at a place of it.
    pub(super) fn set(&self, at: usize) -> ByteSet {
        let (byte, either) = self.0[at];
        ByteSet::of(|b| b == byte || (either && b.to_ascii_lowercase() == byte))
    }
}

/// The ways in which matches of `hir` may begin; `None` where they are too many or too short.
pub(super) fn heads(hir: &Hir) -> Option<Vec<Head>> {
    let anything = BTreeSet::from([Head(Vec::new())]);
    let all = before(hir, &anything)?;
    // Figures are told better by their shape.
    let telling = |head: &Head| {
        let word = |b: &&(u8, bool)| !b.0.is_ascii_digit();
        head.0.len() >= SHORTEST && head.0[..SHORTEST].iter().filter(word).count() >= 2
    };
    if all.is_empty() || !all.iter().all(telling) {
        return None;
    }
    let mut all = all;
    for len in (SHORTEST..LONGEST).rev() {
        if all.len() <= FEW {
            break;
        }
        all = cut(&all, len);
    }
    Some(all.into_iter().collect())
}

/// Whether every way begins with what may be part of a word.
pub(super) fn begin_words(heads: &[Head]) -> bool {
    heads
        .iter()
        .all(|head| head.0.first().is_some_and(|(b, _)| b.is_ascii_alphanumeric() || *b >= 0x80))
}

/// How `hir` followed by any of `then` may begin. An end of a beginning means that anything may
/// follow.
fn before(hir: &Hir, then: &BTreeSet<Head>) -> Option<BTreeSet<Head>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(then.clone()),
        HirKind::Literal(literal) => {
            let mut all = then.clone();
            for &byte in literal.0.iter().rev() {
                all = one(&[(byte, false)], all);
            }
            Some(all)
        }
        HirKind::Class(class) => {
            let set = ByteSet::of_class(class);
            if set.has_high() {
                return Some(BTreeSet::from([Head(Vec::new())]));
            }
            let mut ways = Vec::new();
            for byte in set.bytes() {
                if byte.is_ascii_uppercase() && set.has(byte.to_ascii_lowercase()) {
                    continue;
                }
                ways.push((byte, byte.is_ascii_lowercase() && set.has(byte.to_ascii_uppercase())));
            }
            match ways.len() {
                0 => Some(BTreeSet::new()),
                1..=16 => Some(one(&ways, then.clone())),
                _ => Some(BTreeSet::from([Head(Vec::new())])),
            }
        }
        HirKind::Capture(capture) => before(&capture.sub, then),
        HirKind::Concat(subs) => {
            // What stands behind the longest beginning need not be looked at.
            let mut len = 0;
            let needed = subs.iter().position(|sub| {
                len += sub.properties().minimum_len().unwrap_or(0);
                len >= LONGEST
            });
            let (mut all, subs) = match needed {
                Some(last) => (BTreeSet::from([Head(Vec::new())]), &subs[..=last]),
                None => (then.clone(), &subs[..]),
            };
            for sub in subs.iter().rev() {
                all = before(sub, &all)?;
            }
            Some(all)
        }
        HirKind::Alternation(subs) => {
            let mut all = BTreeSet::new();
            for sub in subs {
                all.append(&mut before(sub, then)?);
            }
            fit(all)
        }
        HirKind::Repetition(repetition) => {
            let mut all = then.clone();
            if repetition.max != Some(repetition.min) {
                let anything = BTreeSet::from([Head(Vec::new())]);
                let more = match repetition.max {
                    Some(most) if most == repetition.min + 1 => before(&repetition.sub, then)?,
                    _ => before(&repetition.sub, &anything)?,
                };
                all.extend(more);
                all = fit(all)?;
            }
            for _ in 0..repetition.min.min(LONGEST as u32) {
                all = before(&repetition.sub, &all)?;
            }
            Some(all)
        }
    }
}

/// Puts each of `ways` before each of `then`, which are cut where they become too many.
fn one(ways: &[(u8, bool)], mut then: BTreeSet<Head>) -> BTreeSet<Head> {
    let mut len = LONGEST;
    while ways.len() * then.len() > MOST && len > 0 {
        len -= 1;
        then = cut(&then, len);
    }
    let join = |way: &(u8, bool), head: &Head| {
        Head(std::iter::once(*way).chain(head.0.iter().copied()).take(LONGEST).collect())
    };
    ways.iter().flat_map(|way| then.iter().map(move |head| join(way, head))).collect()
}

fn fit(mut all: BTreeSet<Head>) -> Option<BTreeSet<Head>> {
    let mut len = LONGEST;
    while all.len() > MOST {
        len = len.checked_sub(1).filter(|len| *len >= SHORTEST)?;
        all = cut(&all, len);
    }
    Some(all)
}

fn cut(all: &BTreeSet<Head>, len: usize) -> BTreeSet<Head> {
    all.iter().map(|head| Head(head.0[..head.0.len().min(len)].to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::dialect;
    use super::*;
    use crate::detector::Case;

    fn of(regex: &str, case: Case) -> Option<Vec<String>> {
        let heads = heads(&dialect::parse(regex, case).unwrap())?;
        let text = |head: &Head| head.0.iter().map(|(b, _)| char::from(*b)).collect();
        Some(heads.iter().map(text).collect())
    }

    #[test]
    fn matches_that_begin_in_few_ways_are_told_by_their_beginnings() {
        assert_eq!(of("AKIA[A-Z0-9]{16}", Case::Sensitive).unwrap(), ["AKIA"]);
        assert_eq!(of("gh[po]_[a-z]{9}", Case::Insensitive).unwrap(), ["gho_", "ghp_"]);
        assert_eq!(
            of(r"(?:Mrs?|Dr)\.? x", Case::Sensitive).unwrap(),
            ["Dr x", "Dr. x", "Mr x", "Mr. x", "Mrs x", "Mrs. x"]
        );
        assert_eq!(of("pass ?word", Case::Insensitive).unwrap(), ["pass wor", "password"]);
    }

    #[test]
    fn figures_and_names_are_not() {
        for regex in [r"\d{8}", "[A-Z]{2}[0-9]{6}", "a", "(?:abc)?d", "[A-Z][a-z]+ x"] {
            assert_eq!(of(regex, Case::Sensitive), None, "{regex}");
        }
    }
}
