//! How an expression that is known already is written down and read back, without reading it as its
//! author wrote it.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An expression over bytes, without groups.
#[derive(Debug, Clone)]
pub(super) struct Loose(pub(super) Hir);

/// As it is written down.
#[derive(Serialize, Deserialize)]
enum Kept {
    Empty,
    Literal(Vec<u8>),
    Class(Vec<(u8, u8)>),
    Look(u32),
    Repetition(u32, Option<u32>, bool, Box<Kept>),
    Concat(Vec<Kept>),
    Alternation(Vec<Kept>),
}

impl Serialize for Loose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = kept(&self.0)
            .ok_or_else(|| S::Error::custom("the expression is not one over bytes"))?;
        kept.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        hir(kept)
            .map(Loose)
            .ok_or_else(|| D::Error::custom("the expression looks for something unknown"))
    }
}

fn kept(hir: &Hir) -> Option<Kept> {
    Some(match hir.kind() {
        HirKind::Empty => Kept::Empty,
        HirKind::Literal(literal) => Kept::Literal(literal.0.to_vec()),
        HirKind::Class(Class::Bytes(class)) => Kept::Class(ranges(class)),
        // An alternation of ASCII characters is made a class of characters.
        HirKind::Class(Class::Unicode(class)) => Kept::Class(ranges(&class.to_byte_class()?)),
        HirKind::Capture(_) => return None,
        HirKind::Look(look) => Kept::Look(look.as_repr()),
        HirKind::Repetition(r) => Kept::Repetition(r.min, r.max, r.greedy, Box::new(kept(&r.sub)?)),
        HirKind::Concat(subs) => Kept::Concat(subs.iter().map(kept).collect::<Option<_>>()?),
        HirKind::Alternation(subs) => {
            Kept::Alternation(subs.iter().map(kept).collect::<Option<_>>()?)
        }
    })
}

fn ranges(class: &ClassBytes) -> Vec<(u8, u8)> {
    class.ranges().iter().map(|range| (range.start(), range.end())).collect()
}

fn hir(kept: Kept) -> Option<Hir> {
    Some(match kept {
        Kept::Empty => Hir::empty(),
        Kept::Literal(bytes) => Hir::literal(bytes),
        Kept::Class(ranges) => {
            let ranges = ranges.into_iter().map(|(first, last)| ClassBytesRange::new(first, last));
            Hir::class(Class::Bytes(ClassBytes::new(ranges)))
        }
        Kept::Look(look) => Hir::look(Look::from_repr(look)?),
        Kept::Repetition(min, max, greedy, sub) => {
            Hir::repetition(Repetition { min, max, greedy, sub: Box::new(hir(*sub)?) })
        }
        Kept::Concat(subs) => Hir::concat(subs.into_iter().map(hir).collect::<Option<_>>()?),
        Kept::Alternation(subs) => {
            Hir::alternation(subs.into_iter().map(hir).collect::<Option<_>>()?)
        }
    })
}
