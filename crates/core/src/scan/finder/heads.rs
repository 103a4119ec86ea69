//! How the matches of an expression begin, where they begin in few ways.

use super::super::bytes::ByteSet;
use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

/// The longest beginning that is looked at, in bytes: a machine word.
pub(super) const LONGEST: usize = 8;
/// The shortest that is worth looking up.
pub(super) const SHORTEST: usize = 3;
/// An expression that may begin in more ways is better told by its shape.
const MOST: usize = 256;
/// Of longer beginnings no more than this, shorter ones instead.
const FEW: usize = 64;

/// One way to begin: its bytes, and which of them may be a letter of either case (and is then the
/// lower one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(super) struct Head {
    bytes: [u8; LONGEST],
    /// A bit each.
    either: u8,
    len: u8,
}

impl Head {
    /// The beginning of a word as it is written, or in either case.
    pub(super) fn of(word: &[u8], either: bool) -> Head {
        let mut head = Head::default();
        for &byte in word.iter().take(LONGEST).rev() {
            head = match either && byte.is_ascii_alphabetic() {
                true => head.after(byte.to_ascii_lowercase(), true),
                false => head.after(byte, false),
            };
        }
        head
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Its bytes, and with each whether it may be of either case.
    pub(super) fn bytes(&self) -> impl DoubleEndedIterator<Item = (u8, bool)> + ExactSizeIterator {
        let head = *self;
        (0..head.len()).map(move |i| (head.bytes[i], head.either >> i & 1 != 0))
    }

    /// The beginning that has one byte more in front.
    fn after(&self, byte: u8, either: bool) -> Head {
        let mut bytes = [byte; LONGEST];
        bytes[1..].copy_from_slice(&self.bytes[..LONGEST - 1]);
        let len = (self.len + 1).min(LONGEST as u8);
        Head { bytes, either: self.either << 1 | u8::from(either), len }
    }

    fn cut(&self, len: usize) -> Head {
        let len = len.min(self.len());
        let mut bytes = [0; LONGEST];
        bytes[..len].copy_from_slice(&self.bytes[..len]);
        Head { bytes, either: self.either & ((1u16 << len) - 1) as u8, len: len as u8 }
    }
}

/// The bytes that may stand at a place of a head.
pub(super) fn set((byte, either): (u8, bool)) -> ByteSet {
    let mut set = ByteSet::default();
    set.add(byte);
    if either {
        set.add(byte.to_ascii_uppercase());
    }
    set
}

/// The ways in which matches of `hir` may begin; `None` where they are too many or too short.
pub(super) fn heads(hir: &Hir) -> Option<Vec<Head>> {
    let mut all = before(hir, &[Head::default()])?;
    // Figures are told better by their shape.
    let telling = |head: &Head| {
        let words = head.bytes().take(SHORTEST).filter(|(b, _)| !b.is_ascii_digit());
        head.len() >= SHORTEST && words.count() >= 2
    };
    if all.is_empty() || !all.iter().all(telling) {
        return None;
    }
    for len in (SHORTEST..LONGEST).rev() {
        if all.len() <= FEW {
            break;
        }
        cut(&mut all, len);
    }
    Some(all)
}

/// Whether every way begins with what may be part of a word.
pub(super) fn begin_words(heads: &[Head]) -> bool {
    { heads.iter() }.all(|head| {
        head.bytes().next().is_some_and(|(b, _)| b.is_ascii_alphanumeric() || b >= 0x80)
    })
}

/// How `hir` followed by any of `then` may begin. An end of a beginning means that anything may
/// follow.
fn before(hir: &Hir, then: &[Head]) -> Option<Vec<Head>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(then.to_vec()),
        HirKind::Literal(literal) => {
            let bytes = &literal.0[..literal.0.len().min(LONGEST)];
            let mut all =
                if literal.0.len() >= LONGEST { vec![Head::default()] } else { then.to_vec() };
            for &byte in bytes.iter().rev() {
                all.iter_mut().for_each(|head| *head = head.after(byte, false));
            }
            tidy(&mut all);
            Some(all)
        }
        HirKind::Class(class) => {
            let set = ByteSet::of_class(class);
            if set.has_high() || set.len() > 32 {
                return Some(vec![Head::default()]);
            }
            let mut ways = Vec::new();
            for byte in set.bytes() {
                if byte.is_ascii_uppercase() && set.has(byte.to_ascii_lowercase()) {
                    continue;
                }
                ways.push((byte, byte.is_ascii_lowercase() && set.has(byte.to_ascii_uppercase())));
            }
            Some(match ways.len() {
                0..=16 => one(&ways, then.to_vec()),
                _ => vec![Head::default()],
            })
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
                Some(last) => (vec![Head::default()], &subs[..=last]),
                None => (then.to_vec(), &subs[..]),
            };
            for sub in subs.iter().rev() {
                all = before(sub, &all)?;
            }
            Some(all)
        }
        HirKind::Alternation(subs) => {
            let mut all = Vec::new();
            for sub in subs {
                all.append(&mut before(sub, then)?);
            }
            fit(all)
        }
        HirKind::Repetition(repetition) => {
            let mut all = then.to_vec();
            if repetition.max != Some(repetition.min) {
                all.extend(match repetition.max {
                    Some(most) if most == repetition.min + 1 => before(&repetition.sub, then)?,
                    _ => before(&repetition.sub, &[Head::default()])?,
                });
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
fn one(ways: &[(u8, bool)], mut then: Vec<Head>) -> Vec<Head> {
    let mut len = LONGEST;
    while ways.len() * then.len() > MOST && len > 0 {
        len -= 1;
        cut(&mut then, len);
    }
    let heads = ways.iter().flat_map(|(byte, either)| then.iter().map(|h| h.after(*byte, *either)));
    let mut all = heads.collect();
    tidy(&mut all);
    all
}

fn fit(mut all: Vec<Head>) -> Option<Vec<Head>> {
    tidy(&mut all);
    let mut len = LONGEST;
    while all.len() > MOST {
        len = len.checked_sub(1).filter(|len| *len >= SHORTEST)?;
        cut(&mut all, len);
    }
    Some(all)
}

fn cut(all: &mut Vec<Head>, len: usize) {
    all.iter_mut().for_each(|head| *head = head.cut(len));
    tidy(all);
}

fn tidy(all: &mut Vec<Head>) {
    all.sort_unstable();
    all.dedup();
}

#[cfg(test)]
mod tests {
    use super::super::super::dialect;
    use super::*;
    use crate::detector::Case;

    fn of(regex: &str, case: Case) -> Option<Vec<String>> {
        let heads = heads(&dialect::parse(regex, case).unwrap())?;
        let text = |head: &Head| head.bytes().map(|(b, _)| char::from(b)).collect();
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
