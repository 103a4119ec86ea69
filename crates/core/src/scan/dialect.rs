//! The dialect of regular expressions that detectors are written in, and what a build can learn
//! from an expression without running it.
//!
//! It is the syntax of the Rust regex crate with two changes, both because patterns see folded
//! text: `\d`, `\w`, `\s` and `\b` mean their ASCII forms, and a letter of either case never
//! means the two exotic characters (`ſ`, `K`) that Unicode files under `s` and `k`.

use crate::detector::Case;
use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

/// Reads an expression. The error is a sentence for the person who wrote it.
pub(super) fn parse(regex: &str, case: Case) -> Result<Hir, String> {
    let mut tree = ast::parse::Parser::new().parse(regex).map_err(|e| plain(e.kind(), e.span()))?;
    plain_classes(&mut tree);
    let hir = TranslatorBuilder::new()
        .case_insensitive(case == Case::Insensitive)
        .utf8(false)
        .build()
        .translate(regex, &tree)
        .map_err(|e| plain(e.kind(), e.span()))?;
    if hir.properties().minimum_len() == Some(0) {
        return Err("it can match nothing at all; make at least one character needed".to_owned());
    }
    Ok(ascii_letters(&hir))
}

fn plain(kind: &dyn std::fmt::Display, span: &ast::Span) -> String {
    format!("{kind} (at character {} of the expression)", span.start.column)
}

/// The expression with half a word boundary on either side, so that a search only ever yields a
/// match that may stand where it stands, whichever of its alternatives that takes.
pub(super) fn bounded(hir: Hir) -> Hir {
    Hir::concat(vec![Hir::look(Look::WordStartHalfAscii), hir, Hir::look(Look::WordEndHalfAscii)])
}

fn plain_classes(tree: &mut Ast) {
    match tree {
        Ast::ClassPerl(class) => {
            let item = ast::ClassSetItem::Ascii(ascii_class(class));
            *tree = Ast::class_bracketed(ast::ClassBracketed {
                span: class.span,
                negated: false,
                kind: ast::ClassSet::Item(item),
            });
        }
        Ast::ClassBracketed(class) => plain_set(&mut class.kind),
        Ast::Repetition(repetition) => plain_classes(&mut repetition.ast),
        Ast::Group(group) => plain_classes(&mut group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter_mut().for_each(plain_classes),
        Ast::Concat(concat) => concat.asts.iter_mut().for_each(plain_classes),
        Ast::Assertion(assertion) => {
            let span = assertion.span;
            let item = |kind| ast::FlagsItem { span, kind };
            let flags = ast::Flags {
                span,
                items: vec![
                    item(ast::FlagsItemKind::Negation),
                    item(ast::FlagsItemKind::Flag(ast::Flag::Unicode)),
                ],
            };
            let inner = Ast::Assertion(assertion.clone());
            *tree = Ast::group(ast::Group {
                span,
                kind: ast::GroupKind::NonCapturing(flags),
                ast: Box::new(inner),
            });
        }
        Ast::Empty(_) | Ast::Flags(_) | Ast::Literal(_) | Ast::Dot(_) | Ast::ClassUnicode(_) => {}
    }
}

fn plain_set(set: &mut ast::ClassSet) {
    match set {
        ast::ClassSet::Item(item) => plain_item(item),
        ast::ClassSet::BinaryOp(op) => {
            plain_set(&mut op.lhs);
            plain_set(&mut op.rhs);
        }
    }
}

fn plain_item(item: &mut ast::ClassSetItem) {
    match item {
        ast::ClassSetItem::Perl(class) => *item = ast::ClassSetItem::Ascii(ascii_class(class)),
        ast::ClassSetItem::Bracketed(class) => plain_set(&mut class.kind),
        ast::ClassSetItem::Union(union) => union.items.iter_mut().for_each(plain_item),
        _ => {}
    }
}

fn ascii_class(class: &ast::ClassPerl) -> ast::ClassAscii {
    let kind = match class.kind {
        ast::ClassPerlKind::Digit => ast::ClassAsciiKind::Digit,
        ast::ClassPerlKind::Space => ast::ClassAsciiKind::Space,
        ast::ClassPerlKind::Word => ast::ClassAsciiKind::Word,
    };
    ast::ClassAscii { span: class.span, kind, negated: class.negated }
}

/// Takes `ſ` and `K` out of classes that are ASCII letters otherwise.
fn ascii_letters(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            let mut exotic = ClassUnicode::new([
                ClassUnicodeRange::new('\u{17F}', '\u{17F}'),
                ClassUnicodeRange::new('\u{212A}', '\u{212A}'),
            ]);
            exotic.intersect(class);
            let mut rest = class.clone();
            rest.difference(&exotic);
            if rest.is_ascii() { Hir::class(Class::Unicode(rest)) } else { hir.clone() }
        }
        HirKind::Capture(capture) => {
            let mut capture = capture.clone();
            *capture.sub = ascii_letters(&capture.sub);
            Hir::capture(capture)
        }
        HirKind::Repetition(repetition) => {
            let mut repetition = repetition.clone();
            *repetition.sub = ascii_letters(&repetition.sub);
            Hir::repetition(repetition)
        }
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(ascii_letters).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(ascii_letters).collect()),
        _ => hir.clone(),
    }
}

/// A set of byte values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The bytes that occur in a text.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut seen = [false; 256];
        for &byte in text {
            seen[usize::from(byte)] = true;
        }
        let mut set = ByteSet::default();
        (0..=255u8).filter(|&b| seen[usize::from(b)]).for_each(|b| set.add(b));
        set
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn union(&mut self, other: &ByteSet) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
    }

    /// Whether the two have a byte in common.
    pub(super) fn meets(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// Sets of bytes of each of which every match holds at least one: where a text has none of one
/// of them, the expression cannot match. Only sets small enough to be worth asking.
pub(super) fn required(hir: &Hir) -> Vec<ByteSet> {
    let mut sets = Vec::new();
    collect(hir, &mut sets);
    sets.retain(|set| set.len() <= 16);
    sets.sort_by_key(ByteSet::len);
    sets.dedup();
    sets.truncate(6);
    sets
}

fn collect(hir: &Hir, sets: &mut Vec<ByteSet>) {
    match hir.kind() {
        HirKind::Literal(literal) => {
            for &byte in &literal.0 {
                let mut set = ByteSet::default();
                set.add(byte);
                sets.push(set);
            }
        }
        HirKind::Class(class) => sets.push(class_bytes(class)),
        HirKind::Repetition(repetition) if repetition.min > 0 => collect(&repetition.sub, sets),
        HirKind::Capture(capture) => collect(&capture.sub, sets),
        HirKind::Concat(subs) => subs.iter().for_each(|sub| collect(sub, sets)),
        HirKind::Alternation(subs) => {
            // Each branch gives its narrowest set; together they are one set of the whole.
            let mut all = ByteSet::default();
            for sub in subs {
                let mut own = Vec::new();
                collect(sub, &mut own);
                match own.iter().min_by_key(|set| set.len()) {
                    Some(set) => all.union(set),
                    None => return,
                }
            }
            sets.push(all);
        }
        _ => {}
    }
}

fn class_bytes(class: &Class) -> ByteSet {
    let mut set = ByteSet::default();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges() {
                let (start, end) = (u32::from(range.start()), u32::from(range.end()));
                (start..=end.min(0x7F)).for_each(|c| set.add(c as u8));
                if end > 0x7F {
                    (0x80..=0xFF).for_each(|b| set.add(b));
                }
            }
        }
        Class::Bytes(class) => {
            class.ranges().iter().for_each(|r| (r.start()..=r.end()).for_each(|b| set.add(b)));
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(regex: &str) -> Vec<ByteSet> {
        required(&parse(regex, Case::Insensitive).unwrap())
    }

    #[test]
    fn perl_classes_mean_ascii() {
        let hir = parse(r"\d[\d.]\b\w", Case::Sensitive).unwrap();
        assert!(!format!("{hir:?}").contains('\u{660}'), "{hir:?}");
        assert_eq!(hir.properties().maximum_len(), Some(3));
    }

    #[test]
    fn a_letter_of_either_case_is_two_characters() {
        let hir = parse("ks", Case::Insensitive).unwrap();
        assert_eq!(hir.properties().maximum_len(), Some(2));
    }

    #[test]
    fn an_expression_that_may_match_nothing_is_refused() {
        assert!(parse("a*", Case::Sensitive).unwrap_err().contains("nothing at all"));
    }

    #[test]
    fn what_every_match_needs_is_learned_from_the_expression() {
        let text = ByteSet::of(b"no figures, no sign");
        assert!(sets(r"[a-z]+@[a-z]+").iter().any(|set| !set.meets(&text)));
        assert!(sets(r"(?:[a-z] ?)\d{2}").iter().any(|set| !set.meets(&text)));
        assert!(sets(r"(?:\d|@)x?").iter().any(|set| !set.meets(&text)));
        assert!(sets(r"(?:\d|n)x?").iter().all(|set| set.meets(&text)));
    }
}
