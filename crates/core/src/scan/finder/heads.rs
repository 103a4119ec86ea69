//! How the matches of an expression begin, where they begin in few ways.

use super::super::bytes::ByteSet;
use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

/// The longest beginning that is looked at, in bytes: a machine word.
pub(super) const LONGEST: usize = 8;
/// The shortest that is worth looking up. Its bytes are told one by one, or as a letter of either
/// case.
pub(super) const SHORTEST: usize = 3;
/// An expression that may begin in more ways is better told by its shape.
const MOST: usize = 1024;
/// Of longer beginnings no more than this, shorter ones instead.
const FEW: usize = 192;
/// So many bytes of a set are told one by one: not all figures.
const SINGLE: usize = 9;

/// What may stand at one place: the bytes whose bits under the mask are those of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Masked {
    value: u8,
    mask: u8,
}

impl Masked {
    /// The bits of a letter of either case.
    const EITHER: u8 = !0x20;
    const ASCII: Masked = Masked { value: 0, mask: 0x80 };
    const HIGH: Masked = Masked { value: 0x80, mask: 0x80 };

    const fn one(byte: u8) -> Masked {
        Masked { value: byte, mask: !0 }
    }

    const fn letter(byte: u8) -> Masked {
        Masked { value: byte & Masked::EITHER, mask: Masked::EITHER }
    }

    /// Whether it is one byte, or one letter.
    pub(super) const fn is_one(self) -> bool {
        self.mask | !Masked::EITHER == !0
    }

    /// Whether one of its bytes is so.
    pub(super) fn has_any(self, is_so: impl Fn(u8) -> bool) -> bool {
        self.bytes().any(is_so)
    }

    pub(super) fn set(self) -> ByteSet {
        let mut set = ByteSet::default();
        self.bytes().for_each(|byte| set.add(byte));
        set
    }

    /// Its bytes: the value with every choice of the bits that do not count.
    fn bytes(self) -> impl Iterator<Item = u8> {
        let free = !self.mask;
        let next = move |some: &u8| Some(some.wrapping_sub(free) & free).filter(|some| *some != 0);
        std::iter::successors(Some(0), next).map(move |some| self.value | some)
    }
}

/// One way to begin: what may stand at each of the first places, the first lowest. At each of them
/// some bits count.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub(super) struct Head {
    pub(super) value: u64,
    pub(super) mask: u64,
}

impl Head {
    /// The beginning of a word as it is written, or in either case.
    pub(super) fn of(word: &[u8], either: bool) -> Head {
        let some = |byte: u8| match either && byte.is_ascii_alphabetic() {
            true => Masked::letter(byte),
            false => Masked::one(byte),
        };
        let first = word.iter().take(LONGEST).rev();
        first.fold(Head::default(), |head, byte| head.after(some(*byte)))
    }

    /// How many places it has.
    pub(super) fn len(&self) -> usize {
        LONGEST - self.mask.leading_zeros() as usize / 8
    }

    /// What may stand at its places.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = Masked> + use<> {
        let (values, masks) = (self.value.to_le_bytes(), self.mask.to_le_bytes());
        (0..self.len()).map(move |i| Masked { value: values[i], mask: masks[i] })
    }

    /// The bytes or letters that it begins with, one by one; of letters of either case the capital.
    pub(super) fn word(&self) -> impl Iterator<Item = u8> + use<> {
        self.places().take_while(|some| some.is_one()).map(|some| some.value)
    }

    /// The beginning that has one place more in front. To end with any ASCII byte tells nothing.
    fn after(&self, some: Masked) -> Head {
        if self.mask == 0 && some == Masked::ASCII {
            return *self;
        }
        Head {
            value: self.value << 8 | u64::from(some.value),
            mask: self.mask << 8 | u64::from(some.mask),
        }
    }

    /// Of its places no more than so many.
    pub(super) fn cut(&self, len: usize) -> Head {
        let first = if len < LONGEST { (1 << (8 * len)) - 1 } else { !0 };
        Head { value: self.value & first, mask: self.mask & first }
    }

    /// Whether it tells enough to be looked up. Figures are told better by their shape.
    fn is_telling(&self) -> bool {
        let first = || self.word().take(SHORTEST);
        first().count() == SHORTEST && first().filter(|byte| !byte.is_ascii_digit()).count() >= 2
    }
}

/// The ways in which matches of `hir` may begin; `None` where they are too many or too short.
pub(super) fn heads(hir: &Hir) -> Option<Vec<Head>> {
    let mut all = before(hir, &[Head::default()])?;
    if all.is_empty() || !all.iter().all(Head::is_telling) {
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
        head.word().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80)
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
                all.iter_mut().for_each(|head| *head = head.after(Masked::one(byte)));
            }
            tidy(&mut all);
            Some(all)
        }
        HirKind::Class(class) => {
            let set = ByteSet::of_class(class);
            let ascii = ways(&set);
            let mut all = one(&ascii, then.to_vec());
            if set.has_high() {
                // How long the character is remains open.
                all.push(match ascii[..] {
                    [Masked::ASCII] => Head::default(),
                    _ => Head::default().after(Masked::HIGH),
                });
            }
            fit(all)
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

/// The ASCII bytes of a set: each for itself, or more than there are by what they have in common.
fn ways(set: &ByteSet) -> Vec<Masked> {
    let ascii = || set.bytes().take_while(u8::is_ascii);
    let is_both = |byte: &u8| byte.is_ascii_uppercase() && set.has(byte.to_ascii_lowercase());
    let single = ascii().filter(|byte| !is_both(byte)).map(|byte| {
        match byte.is_ascii_lowercase() && set.has(byte.to_ascii_uppercase()) {
            true => Masked::letter(byte),
            false => Masked::one(byte),
        }
    });
    let single: Vec<Masked> = single.collect();
    if single.len() <= SINGLE {
        return single;
    }
    let (all, any) = ascii().fold((!0, 0), |(all, any), byte| (all & byte, any | byte));
    vec![Masked { value: all, mask: !(all ^ any) }]
}

/// Puts each of `ways` before each of `then`, which are cut where they become too many.
fn one(ways: &[Masked], mut then: Vec<Head>) -> Vec<Head> {
    let mut len = LONGEST;
    while ways.len() * then.len() > MOST && len > 0 {
        len -= 1;
        cut(&mut then, len);
    }
    let heads = ways.iter().flat_map(|some| then.iter().map(|head| head.after(*some)));
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
    use regex_automata::meta;

    fn of(regex: &str, case: Case) -> Option<Vec<String>> {
        let heads = heads(&dialect::parse(regex, case).unwrap())?;
        let byte = |some: Masked| match (some.is_one(), some.mask) {
            (true, Masked::EITHER) => char::from(some.value).to_ascii_lowercase(),
            (true, _) => char::from(some.value),
            (false, _) => char::from(if some.value < 0x80 { some.value } else { b'+' }),
        };
        let text = |head: &Head| head.places().map(byte).collect();
        let mut all: Vec<String> = heads.iter().map(text).collect();
        all.sort();
        Some(all)
    }

    #[test]
    fn matches_that_begin_in_few_ways_are_told_by_their_beginnings() {
        assert_eq!(of("AKIA[A-Z0-9]{16}", Case::Sensitive).unwrap(), ["AKIA"]);
        assert_eq!(of("gh[po]_[a-z]{9}", Case::Insensitive).unwrap(), ["gho_@@@@", "ghp_@@@@"]);
        assert_eq!(
            of(r"(?:Mrs?|Dr)\.? x", Case::Sensitive).unwrap(),
            ["Dr x", "Dr. x", "Mr x", "Mr. x", "Mrs x", "Mrs. x"]
        );
        assert_eq!(of("pass ?word", Case::Insensitive).unwrap(), ["pass wor", "password"]);
    }

    #[test]
    fn of_many_bytes_it_is_told_what_they_have_in_common() {
        let all = of(r"(?:told|saw),? \p{Lu}x", Case::Sensitive).unwrap();
        assert_eq!(
            all,
            ["saw +", "saw @x", "saw, +", "saw, @x", "told +", "told @x", "told, +", "told, @x"]
        );
        assert_eq!(of("key[0-9]x[!-~]y[!-~]", Case::Insensitive).unwrap(), ["key0x\0y"]);
        for regex in [r"key\d", "key[a-z]", "key[A-Za-z]", r"key\w", "key[a-z0-9.]", r"key[^\n]"] {
            let hir = dialect::parse(regex, Case::Sensitive).unwrap();
            let heads = heads(&hir).unwrap();
            let matches = meta::Builder::new().build_from_hir(&hir).unwrap();
            let words = (0..=255u8).map(|c| (c, format!("key{}", char::from(c))));
            for (c, word) in words.filter(|(_, word)| matches.is_match(word)) {
                let begins = |head: &Head| {
                    head.places()
                        .zip(word.bytes())
                        .all(|(some, b)| some.bytes().any(|one| one == b))
                };
                assert!(heads.iter().any(begins), "{regex} {c}");
            }
        }
    }

    #[test]
    fn figures_and_names_are_not() {
        for regex in [r"\d{8}", "[A-Z]{2}[0-9]{6}", "a", "(?:abc)?d", "[A-Z][a-z]+ x"] {
            assert_eq!(of(regex, Case::Sensitive), None, "{regex}");
        }
    }
}
