//! What every match of an expression looks like, from its start on, as far as that is worth
//! knowing. Everything here may say yes too often and never no too often.

use super::super::bytes::ByteSet;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// What a shape is worked out in: bit streams, or chances.
pub(super) trait Algebra {
    /// What a shape comes to.
    type Value: Clone;

    /// The set that stands for a set: itself, or one that has more.
    fn round(&self, set: &ByteSet) -> ByteSet;

    /// Any place.
    fn anything(&mut self) -> Self::Value;

    /// No place.
    fn nothing(&mut self) -> Self::Value;

    /// Where a word begins or ends, and something.
    fn edge(&mut self, then: &Self::Value) -> Self::Value;

    /// One byte of a set, and then something.
    fn one(&mut self, set: &ByteSet, then: &Self::Value) -> Self::Value;

    /// One or the other.
    fn either(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value;

    /// From `least` to `most` bytes of a set (perhaps more), and then something.
    fn run(
        &mut self,
        set: &ByteSet,
        least: usize,
        most: Option<usize>,
        then: &Self::Value,
    ) -> Self::Value;
}

/// So many optional copies of something longer than a byte are looked at.
const COPIES: u32 = 3;

/// The shape of `hir` followed by `then`, as far as its first `depth` bytes.
pub(super) fn shape<A: Algebra>(a: &mut A, hir: &Hir, then: &A::Value, depth: usize) -> A::Value {
    if depth == 0 {
        return a.anything();
    }
    match hir.kind() {
        HirKind::Look(Look::WordAscii) => a.edge(then),
        // What needs the start of a text is tried there, whatever its shape.
        HirKind::Look(Look::Start) => a.nothing(),
        HirKind::Empty | HirKind::Look(_) => then.clone(),
        HirKind::Literal(literal) => {
            let cut = literal.0.len().min(depth);
            let mut value = if cut < literal.0.len() { a.anything() } else { then.clone() };
            for &byte in literal.0[..cut].iter().rev() {
                let mut set = ByteSet::default();
                set.add(byte);
                let set = a.round(&set);
                value = a.one(&set, &value);
            }
            value
        }
        HirKind::Class(class) => character(a, class, 1, Some(1), then),
        HirKind::Capture(capture) => shape(a, &capture.sub, then, depth),
        HirKind::Repetition(repetition) => repeated(a, repetition, then, depth),
        HirKind::Concat(subs) => {
            let parts: Vec<&Hir> = subs.iter().collect();
            sequence(a, &parts, then, depth)
        }
        HirKind::Alternation(subs) => {
            let mut value = a.nothing();
            for sub in subs {
                let branch = shape(a, sub, then, depth);
                value = a.either(&value, &branch);
            }
            value
        }
    }
}

/// The shape of several things one after the other.
pub(super) fn sequence<A: Algebra>(
    a: &mut A,
    parts: &[&Hir],
    then: &A::Value,
    depth: usize,
) -> A::Value {
    let mut depths = Vec::with_capacity(parts.len());
    let mut left = depth;
    for part in parts {
        if left == 0 {
            break;
        }
        depths.push(left);
        left = left.saturating_sub(part.properties().minimum_len().unwrap_or(0));
    }
    let whole = depths.len() == parts.len() && left > 0;
    let mut value = if whole { then.clone() } else { a.anything() };
    for (part, depth) in parts.iter().zip(&depths).rev() {
        value = shape(a, part, &value, *depth);
    }
    value
}

fn repeated<A: Algebra>(
    a: &mut A,
    repetition: &Repetition,
    then: &A::Value,
    depth: usize,
) -> A::Value {
    let (least, most) = (repetition.min, repetition.max);
    let mut sub = &*repetition.sub;
    while let HirKind::Capture(capture) = sub.kind() {
        sub = &capture.sub;
    }
    let one = match sub.kind() {
        HirKind::Class(class) => Some(class.clone()),
        HirKind::Literal(literal) if literal.0.len() == 1 => {
            let byte = literal.0[0];
            let range = regex_syntax::hir::ClassBytesRange::new(byte, byte);
            Some(Class::Bytes(regex_syntax::hir::ClassBytes::new([range])))
        }
        _ => None,
    };
    if let Some(class) = one {
        if least as usize >= depth {
            let anything = a.anything();
            return character(a, &class, depth, Some(depth), &anything);
        }
        return character(a, &class, least as usize, most.map(|m| m as usize), then);
    }
    let len = sub.properties().minimum_len().unwrap_or(0);
    let needed = least as usize * len;
    let optional = most.map_or(COPIES + 1, |most| (most - least).min(COPIES + 1));
    let mut value = then.clone();
    if needed >= depth {
        value = a.anything();
    } else {
        for i in (0..optional).rev() {
            let here = needed + i as usize * len;
            let copy = match i < COPIES && here < depth {
                true => shape(a, sub, &value, depth - here),
                false => a.anything(),
            };
            value = a.either(then, &copy);
        }
    }
    for i in (0..least as usize).rev() {
        if i * len < depth {
            value = shape(a, sub, &value, depth - i * len);
        } else {
            value = a.anything();
        }
    }
    value
}

/// A character of a class, or several: as bytes, of which the further bytes of a character that
/// is not ASCII are only known to be not ASCII.
fn character<A: Algebra>(
    a: &mut A,
    class: &Class,
    least: usize,
    most: Option<usize>,
    then: &A::Value,
) -> A::Value {
    let set = a.round(&ByteSet::of_class(class));
    let wide = matches!(class, Class::Unicode(_)) && set.has_high();
    if least == 1 && most == Some(1) {
        let then = if wide { a.run(&ByteSet::HIGH, 0, Some(3), then) } else { then.clone() };
        return a.one(&set, &then);
    }
    a.run(&set, least, most.map(|most| if wide { most * 4 } else { most }), then)
}

/// A few sets that stand for all: fewer streams are made, and shapes have more in common. A set
/// that has most of the capitals has all of them, and so on.
fn round(set: &ByteSet) -> ByteSet {
    let mut rounded = *set;
    for kind in [DIGITS, CAPITALS, SMALL] {
        let most = if kind == DIGITS { 4 } else { 8 };
        if kind.bytes().filter(|&b| set.has(b)).count() >= most {
            rounded = rounded.union(&kind);
        }
    }
    if set.has_high() {
        rounded = rounded.union(&ByteSet::HIGH);
    }
    // Of all but a few, all.
    if rounded.len() > 236 && !rounded.has(b'\n') {
        return ByteSet::of(|b| b != b'\n');
    }
    rounded
}

/// How finely bytes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Grain {
    /// A few sets that stand for all: fewer streams are made, and shapes have more in common.
    #[default]
    Fine,
    /// Fewer still: a set that has one of the capitals has all of them.
    Coarse,
}

impl Grain {
    /// The set that stands for a set.
    pub(super) fn round(self, set: &ByteSet) -> ByteSet {
        let kinds: &[ByteSet] = match self {
            Grain::Fine => &[],
            Grain::Coarse => &[DIGITS, CAPITALS, SMALL],
        };
        let kinds = kinds.iter().filter(|kind| kind.meets(set));
        round(&kinds.fold(*set, |all, kind| all.union(kind)))
    }
}

pub(super) const DIGITS: ByteSet = ByteSet::range(b'0', b'9');
const CAPITALS: ByteSet = ByteSet::range(b'A', b'Z');
const SMALL: ByteSet = ByteSet::range(b'a', b'z');
