//! The parts of an expression, and what they are made of.

use super::super::MAX_MATCH;
use super::super::bytes::{ByteSet, is_word};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// The parts of an expression, one after the other.
pub(super) fn parts(hir: &Hir) -> Vec<&Hir> {
    match hir.kind() {
        HirKind::Concat(subs) => subs.iter().flat_map(parts).collect(),
        HirKind::Capture(capture) => parts(&capture.sub),
        _ => vec![hir],
    }
}

/// Whether an expression says itself that it begins a word, as `\b` and a letter do.
pub(super) fn starts_word(parts: &[&Hir]) -> bool {
    matches!(parts[0].kind(), HirKind::Look(Look::WordAscii))
        && firsts(&parts[1..]).bytes().all(is_word)
}

/// So many characters something has at most, or more. What is no character counts byte by byte:
/// only a byte that continues a character in UTF-8 may not count.
pub(super) fn characters(hir: &Hir) -> usize {
    let most = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(_)) => 1,
        // It may match bytes that continue nothing.
        HirKind::Class(Class::Bytes(class)) if class.is_ascii() => 1,
        HirKind::Class(Class::Bytes(_)) => MAX_MATCH,
        HirKind::Repetition(repetition) => match repetition.max {
            Some(most) => characters(&repetition.sub).saturating_mul(most as usize),
            None => MAX_MATCH,
        },
        HirKind::Capture(capture) => characters(&capture.sub),
        HirKind::Concat(subs) => subs.iter().map(characters).sum(),
        HirKind::Alternation(subs) => subs.iter().map(characters).max().unwrap_or(0),
    };
    most.min(MAX_MATCH)
}

/// The bytes that something may be made of.
pub(super) fn bytes_of(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => ByteSet::default(),
        HirKind::Literal(literal) => ByteSet::of(|b| literal.0.contains(&b)),
        HirKind::Class(class) => ByteSet::of_class(class),
        HirKind::Repetition(repetition) => bytes_of(&repetition.sub),
        HirKind::Capture(capture) => bytes_of(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().fold(ByteSet::default(), |all, sub| all.union(&bytes_of(sub)))
        }
    }
}

/// The bytes that the first of `parts` may begin with, and those after it where it may be empty.
pub(super) fn firsts(parts: &[&Hir]) -> ByteSet {
    let mut all = ByteSet::default();
    for part in parts {
        all = all.union(&first(part));
        if part.properties().minimum_len() != Some(0) {
            break;
        }
    }
    all
}

fn first(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Literal(literal) => ByteSet::of(|b| literal.0.first() == Some(&b)),
        HirKind::Repetition(repetition) => first(&repetition.sub),
        HirKind::Capture(capture) => first(&capture.sub),
        HirKind::Concat(subs) => firsts(&subs.iter().collect::<Vec<_>>()),
        HirKind::Alternation(subs) => {
            subs.iter().fold(ByteSet::default(), |all, sub| all.union(&first(sub)))
        }
        _ => bytes_of(hir),
    }
}

/// The bytes that what stands before something may end in, and whether anything always does: `parts`
/// stand before it.
pub(super) fn lasts(parts: &[&Hir]) -> (ByteSet, bool) {
    let mut all = ByteSet::default();
    for part in parts.iter().rev() {
        all = all.union(&last(part));
        if part.properties().minimum_len() != Some(0) {
            return (all, true);
        }
    }
    (all, false)
}

fn last(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Literal(literal) => ByteSet::of(|b| literal.0.last() == Some(&b)),
        HirKind::Repetition(repetition) => last(&repetition.sub),
        HirKind::Capture(capture) => last(&capture.sub),
        HirKind::Concat(subs) => lasts(&subs.iter().collect::<Vec<_>>()).0,
        HirKind::Alternation(subs) => {
            subs.iter().fold(ByteSet::default(), |all, sub| all.union(&last(sub)))
        }
        _ => bytes_of(hir),
    }
}
