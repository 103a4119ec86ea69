//! Where a value ends that its match begins with.
//!
//! To search a match for its groups takes many times as long as to find its end. Where a match is a
//! value and something behind it, two automata say where the two may meet: one reads what stands
//! behind from its end, the other the value from its start. Mostly they can meet in one place only.

use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind};
use std::ops::Range;

/// A value, and what stands behind it.
#[derive(Debug)]
pub(super) struct Leading {
    value: DFA,
    /// Reads backwards.
    behind: DFA,
}

/// Per-thread memory of one of them.
pub(super) struct Memory {
    value: Cache,
    behind: Cache,
    /// Where what stands behind may start.
    starts: Vec<usize>,
}

impl Leading {
    /// Of an expression with one group, if its matches are that group and something behind it.
    pub(super) fn of(hir: &Hir) -> Option<Leading> {
        let HirKind::Concat(parts) = hir.kind() else { return None };
        let [first, behind @ ..] = parts.as_slice() else { return None };
        let HirKind::Capture(value) = first.kind() else { return None };
        let behind = Hir::concat(behind.to_vec());
        let plain = |hir: &Hir| hir.properties().look_set().is_empty();
        let is_long = |hir: &Hir| hir.properties().minimum_len().is_some_and(|len| len > 0);
        if !plain(&value.sub) || !plain(&behind) || !is_long(&value.sub) {
            return None;
        }
        Some(Leading { value: automaton(&value.sub, false)?, behind: automaton(&behind, true)? })
    }

    pub(super) fn memory(&self) -> Memory {
        Memory {
            value: self.value.create_cache(),
            behind: self.behind.create_cache(),
            starts: Vec::new(),
        }
    }

    /// Where the value ends in a match; `None` where that may be in several places, or is too much
    /// to say.
    pub(super) fn end(
        &self,
        memory: &mut Memory,
        text: &[u8],
        whole: &Range<usize>,
    ) -> Option<usize> {
        let Memory { value, behind, starts } = memory;
        let text = &text[whole.clone()];
        starts.clear();
        ends(&self.behind, behind, text.iter().rev(), |len| starts.push(text.len() - len))?;
        if let [only] = starts.as_slice() {
            return Some(whole.start + only);
        }
        let (mut met, mut count) = (0, 0);
        ends(&self.value, value, text.iter(), |len| {
            if starts.contains(&len) {
                met = len;
                count += 1;
            }
        })?;
        (count == 1).then_some(whole.start + met)
    }
}

fn automaton(hir: &Hir, reverse: bool) -> Option<DFA> {
    let config = thompson::Config::new()
        .utf8(false)
        .reverse(reverse)
        .nfa_size_limit(Some(8 << 20))
        .which_captures(WhichCaptures::None);
    let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir).ok()?;
    let config = Config::new()
        .match_kind(MatchKind::All)
        .cache_capacity(2 << 20)
        .skip_cache_capacity_check(true);
    DFA::builder().configure(config).build_from_nfa(nfa).ok()
}

/// Tells of how many of the first bytes there may be a match. `None` where the automaton ran out of
/// memory.
fn ends<'b>(
    dfa: &DFA,
    cache: &mut Cache,
    bytes: impl ExactSizeIterator<Item = &'b u8>,
    mut each: impl FnMut(usize),
) -> Option<()> {
    let config = start::Config::new().anchored(Anchored::Yes);
    let mut state = dfa.start_state(cache, &config).ok()?;
    let len = bytes.len();
    for (at, byte) in bytes.enumerate() {
        state = dfa.next_state(cache, state, *byte).ok()?;
        if state.is_match() {
            // A state tells a match one byte late.
            each(at);
        } else if state.is_dead() {
            return Some(());
        } else if state.is_quit() {
            return None;
        }
    }
    state = dfa.next_eoi_state(cache, state).ok()?;
    if state.is_match() {
        each(len);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Case;
    use crate::scan::dialect;

    fn end(regex: &str, text: &str) -> Option<usize> {
        let leading = Leading::of(&dialect::parse(regex, Case::Sensitive).unwrap())?;
        leading.end(&mut leading.memory(), text.as_bytes(), &(0..text.len()))
    }

    #[test]
    fn a_value_ends_where_what_stands_behind_it_starts() {
        assert_eq!(end(r"(?P<value>[a-z]+), ?[A-Z]\d", "mill, L3"), Some(4));
        // Both automata are needed: a blank, or a comma and a blank, may stand behind it.
        let either = r"(?P<value>[a-z]+(?:,[a-z]+)*)(?:, | )[A-Z]\d";
        assert_eq!(end(either, "mill,lane, L3"), Some(9));
        assert_eq!(end(r"(?P<value>[a-zé]+)é", "caféé"), Some(5));
    }

    #[test]
    fn where_it_may_end_in_two_places_or_has_something_before_it_is_left_to_a_search() {
        assert_eq!(end(r"(?P<value>[a-z]+)[a-z]+", "mill"), None);
        assert_eq!(end(r"(?P<value>[a-z]+)\b", "mill"), None);
        assert_eq!(end(r"x(?P<value>[a-z]+) y", "xmill y"), None);
        assert_eq!(end(r"(?P<value>[a-z]*)1", "1"), None);
    }
}
