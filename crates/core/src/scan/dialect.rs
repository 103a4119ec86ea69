//! The dialect of regular expressions that detectors are written in.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
