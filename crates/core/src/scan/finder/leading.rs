//! Where a value ends that its match begins with.
//!
//! To search a match for its groups takes many times as long as to find its end. Where a match is a
//! value and something behind it, two automata say where the two may meet: one reads what stands
//! behind from its end, the other the value from its start. Mostly they can meet in one place only.

use super::automata::{lazy, nfa};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::start;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};
use std::ops::Range;

/// A value, and what stands behind it.
#[derive(Debug)]
pub(super) struct Leading {
    /// The groups that are the value.
    groups: Vec<usize>,
    value: DFA,
    /// Reads backwards.
    behind: DFA,
    /// Where there are groups in what stands behind: what finds them, and their numbers.
    inner: Option<(BoundedBacktracker, Vec<usize>)>,
}

/// Per-thread memory of one of them.
pub(super) struct Memory {
    value: Cache,
    behind: Cache,
    /// Where what stands behind may start.
    starts: Vec<usize>,
    inner: Option<backtrack::Cache>,
    slots: Vec<Option<NonMaxUsize>>,
}

impl Leading {
    /// Of an expression whose matches are a group and something behind it.
    pub(super) fn of(hir: &Hir) -> Option<Leading> {
        let HirKind::Concat(parts) = hir.kind() else { return None };
        let (mut value, behind) = parts.split_first()?;
        let mut groups = Vec::new();
        while let HirKind::Capture(group) = value.kind() {
            groups.push(group.index as usize);
            value = &group.sub;
        }
        let mut inner = Vec::new();
        let behind = behind.iter().map(|part| renumbered(part, &mut inner)).collect();
        let behind = Hir::concat(behind);
        let plain = |hir: &Hir| hir.properties().look_set().is_empty();
        let is_some = value.properties().minimum_len().is_some_and(|len| len > 0);
        let is_all = value.properties().explicit_captures_len() == 0;
        if groups.is_empty() || !is_all || !is_some || !plain(value) || !plain(&behind) {
            return None;
        }
        let finder = match inner.is_empty() {
            true => None,
            false => {
                let nfa = nfa(&behind, false, WhichCaptures::All).ok()?;
                Some((BoundedBacktracker::builder().build_from_nfa(nfa).ok()?, inner))
            }
        };
        let value = automaton(value, false)?;
        Some(Leading { groups, value, behind: automaton(&behind, true)?, inner: finder })
    }

    pub(super) fn memory(&self) -> Memory {
        let inner = self.inner.as_ref();
        Memory {
            value: self.value.create_cache(),
            behind: self.behind.create_cache(),
            starts: Vec::new(),
            inner: inner.map(|(finder, _)| finder.create_cache()),
            slots: vec![None; inner.map_or(0, |(_, numbers)| 2 * numbers.len() + 2)],
        }
    }

    /// Puts the groups of a match into `slots`; false where the value may end in several places, or
    /// that is too much to say.
    pub(super) fn groups(
        &self,
        memory: &mut Memory,
        text: &[u8],
        whole: &Range<usize>,
        slots: &mut [Option<NonMaxUsize>],
    ) -> bool {
        let Some(end) = self.end(memory, text, whole) else { return false };
        slots.fill(None);
        if let (Some((finder, numbers)), Some(cache)) = (&self.inner, &mut memory.inner) {
            let input = Input::new(text).range(end..whole.end).anchored(Anchored::Yes);
            if !matches!(finder.try_search_slots(cache, &input, &mut memory.slots), Ok(Some(_))) {
                return false;
            }
            for (own, number) in memory.slots[2..].chunks_exact(2).zip(numbers) {
                slots[2 * number..][..2].copy_from_slice(own);
            }
        }
        for number in &self.groups {
            let span = [whole.start, end].map(NonMaxUsize::new);
            slots[2 * number..][..2].copy_from_slice(&span);
        }
        true
    }

    /// Where the value ends in a match.
    fn end(&self, memory: &mut Memory, text: &[u8], whole: &Range<usize>) -> Option<usize> {
        let Memory { value, behind, starts, .. } = memory;
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

/// An expression whose groups are numbered from 1 on; their numbers before go to `numbers`.
fn renumbered(hir: &Hir, numbers: &mut Vec<usize>) -> Hir {
    let mut all = |subs: &[Hir]| subs.iter().map(|sub| renumbered(sub, numbers)).collect();
    match hir.kind() {
        HirKind::Concat(subs) => Hir::concat(all(subs)),
        HirKind::Alternation(subs) => Hir::alternation(all(subs)),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(renumbered(&repetition.sub, numbers));
            Hir::repetition(Repetition { sub, ..repetition.clone() })
        }
        HirKind::Capture(group) => {
            numbers.push(group.index as usize);
            let index = numbers.len() as u32;
            let sub = Box::new(renumbered(&group.sub, numbers));
            Hir::capture(Capture { index, name: None, sub })
        }
        _ => hir.clone(),
    }
}

/// What tells every end of a match, not only that of the one that is preferred.
fn automaton(hir: &Hir, reverse: bool) -> Option<DFA> {
    lazy(nfa(hir, reverse, WhichCaptures::None).ok()?, MatchKind::All).ok()
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

    /// The groups of a match that is all of a text.
    fn groups(regex: &str, text: &str) -> Option<Vec<Option<Range<usize>>>> {
        let hir = dialect::parse(regex, Case::Sensitive).unwrap();
        let leading = Leading::of(&hir)?;
        let mut slots = vec![None; 2 * hir.properties().explicit_captures_len() + 2];
        let (memory, whole) = (&mut leading.memory(), 0..text.len());
        leading.groups(memory, text.as_bytes(), &whole, &mut slots).then(|| {
            let span = |own: &[Option<NonMaxUsize>]| Some(own[0]?.get()..own[1]?.get());
            slots[2..].chunks_exact(2).map(span).collect()
        })
    }

    fn end(regex: &str, text: &str) -> Option<usize> {
        groups(regex, text).map(|all| all[0].clone().unwrap().end)
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
    fn groups_of_the_value_and_of_what_stands_behind_it_are_found() {
        let regex = r"(?P<value>(?P<who>[A-Z][a-z]+)) (?:said|(?P<being>is|was)( not)?)";
        let [value, who] = [Some(0..3), Some(0..3)];
        let found = |being, not| Some(vec![value.clone(), who.clone(), being, not]);
        assert_eq!(groups(regex, "Ann said"), found(None, None));
        assert_eq!(groups(regex, "Ann was not"), found(Some(4..7), Some(7..11)));
        assert_eq!(groups(r"(?P<value>(a)b) c", "ab c"), None);
    }

    #[test]
    fn where_it_may_end_in_two_places_or_has_something_before_it_is_left_to_a_search() {
        assert_eq!(end(r"(?P<value>[a-z]+)[a-z]+", "mill"), None);
        assert_eq!(end(r"(?P<value>[a-z]+)\b", "mill"), None);
        assert_eq!(end(r"x(?P<value>[a-z]+) y", "xmill y"), None);
        assert_eq!(end(r"(?P<value>[a-z]*)1", "1"), None);
    }
}
