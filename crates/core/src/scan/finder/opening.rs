//! How the matches of an expression open, byte by byte: what says no where an automaton would
//! have to be asked otherwise. Most candidates of a digit-rich text fall by their first bytes.

use super::super::bytes::ByteSet;
use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;

/// So many bytes are looked at, a bit each.
const LEN: usize = 8;

/// Which bytes may stand at the first places of a match.
#[derive(Debug)]
pub(super) struct Opening {
    /// By byte: at which places it may stand.
    places: Box<[u8; 256]>,
    /// As many places as every match has, up to [`LEN`].
    len: usize,
}

impl Opening {
    /// How the matches of an automaton open that do not start where the text does.
    pub(super) fn of(nfa: &NFA) -> Opening {
        let first = first(nfa, false);
        let mut places = Box::new([0; 256]);
        for (i, set) in first.iter().enumerate() {
            set.bytes().for_each(|byte| places[usize::from(byte)] |= 1 << i);
        }
        Opening { places, len: first.len() }
    }

    /// False where no match starts at `start`.
    #[inline]
    pub(super) fn may(&self, text: &[u8], start: usize) -> bool {
        let Some(first) = text.get(start..start + self.len) else { return start == 0 };
        start == 0
            || first.iter().zip(0..).all(|(byte, i)| self.places[usize::from(*byte)] >> i & 1 != 0)
    }
}

/// Which bytes may stand at the first places of a match, as many as every match has, up to [`LEN`];
/// of a match that starts where the text does, or of all others.
pub(super) fn first(nfa: &NFA, at_start: bool) -> Vec<ByteSet> {
    let mut sets = Vec::new();
    let mut states = closure(nfa, [nfa.start_anchored()], at_start);
    let is_end = |states: &[StateID]| {
        states.iter().any(|state| matches!(nfa.state(*state), State::Match { .. }))
    };
    while sets.len() < LEN && !is_end(&states) {
        let (mut set, mut next) = (ByteSet::default(), Vec::new());
        let mut step = |first: u8, last: u8, to: StateID| {
            (first..=last).for_each(|byte| set.add(byte));
            next.push(to);
        };
        for state in &states {
            match nfa.state(*state) {
                State::ByteRange { trans } => step(trans.start, trans.end, trans.next),
                State::Sparse(all) => {
                    all.transitions.iter().for_each(|t| step(t.start, t.end, t.next));
                }
                State::Dense(all) => (0..=255).for_each(|byte| {
                    all.matches_byte(byte).into_iter().for_each(|to| step(byte, byte, to));
                }),
                _ => {}
            }
        }
        sets.push(set);
        states = closure(nfa, next, at_start);
    }
    sets
}

/// The states that read a byte or end a match, and that are reached without reading one. What looks
/// around is taken to be content with what it sees; the start of the text only `at_start`.
fn closure(nfa: &NFA, from: impl IntoIterator<Item = StateID>, at_start: bool) -> Vec<StateID> {
    let mut seen = vec![false; nfa.states().len()];
    let mut todo: Vec<StateID> = from.into_iter().collect();
    let mut out = Vec::new();
    while let Some(id) = todo.pop() {
        if std::mem::replace(&mut seen[id.as_usize()], true) {
            continue;
        }
        match nfa.state(id) {
            State::Look { look: Look::Start, .. } if !at_start => {}
            State::Fail => {}
            State::Look { next, .. } | State::Capture { next, .. } => todo.push(*next),
            State::Union { alternates } => todo.extend(alternates.iter()),
            State::BinaryUnion { alt1, alt2 } => todo.extend([*alt1, *alt2]),
            _ => out.push(id),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(regex: &str, text: &str, start: usize) -> bool {
        let nfa = NFA::compiler().build(regex).unwrap();
        Opening::of(&nfa).may(text.as_bytes(), start)
    }

    #[test]
    fn the_first_bytes_of_every_match_are_told_and_no_more_than_every_match_has() {
        assert!(may(r"0[1-3]{2}", " 012", 1) && !may(r"0[1-3]{2}", " 014", 1));
        assert!(!may(r"0[1-3]{2}", " 01", 1));
        assert!(may("ab?", " a", 1) && may("ab?", " ax", 1) && !may("ab?", " b", 1));
        assert!(may("a|[^a]{3}", " x", 1) && !may("aaa|b{3}", " aa", 1));
        assert!(may("é!", " é!", 1) && !may("é!", " è!", 1));
        assert!(may(r"\b(?:x|)", " y", 1));
    }

    #[test]
    fn what_may_only_start_a_text_opens_no_match_within_it() {
        let regex = r"(?:^|[:=] ?)[a-z]{3}";
        assert!(may(regex, "abc", 0) && !may(regex, " abc", 1) && may(regex, " :abc", 1));
        assert!(!may("^abc", " abc", 1));
        let nfa = NFA::compiler().build(regex).unwrap();
        let of = |at_start| first(&nfa, at_start)[0];
        assert!(of(true).has(b'a') && of(true).has(b':') && !of(true).has(b' '));
        assert!(!of(false).has(b'a') && of(false).has(b':'));
    }
}
