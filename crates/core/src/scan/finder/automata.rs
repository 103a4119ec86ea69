//! How the automata of one expression are built. Errors are sentences for the expression's author.

use regex_automata::MatchKind;
use regex_automata::hybrid::dfa::{Config, DFA};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_syntax::hir::Hir;

/// An automaton that reads forwards, or backwards.
pub(super) fn nfa(hir: &Hir, reverse: bool, captures: WhichCaptures) -> Result<NFA, String> {
    let config = thompson::Config::new()
        .utf8(false)
        .reverse(reverse)
        .nfa_size_limit(Some(8 << 20))
        .which_captures(captures);
    let built = thompson::Compiler::new().configure(config).build_from_hir(hir);
    built.map_err(|e| match e.size_limit() {
        Some(_) => too_big(),
        None => e.to_string(),
    })
}

/// The same with states that are made when they are met.
pub(super) fn lazy(nfa: NFA, kind: MatchKind) -> Result<DFA, String> {
    let config =
        Config::new().match_kind(kind).cache_capacity(2 << 20).skip_cache_capacity_check(true);
    DFA::builder().configure(config).build_from_nfa(nfa).map_err(|e| e.to_string())
}

pub(super) fn too_big() -> String {
    "it becomes too big; use smaller repeats, or [A-Za-z] in place of \\p{L}".to_owned()
}
