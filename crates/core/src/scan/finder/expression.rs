use super::super::MAX_MATCH;
use super::super::dialect;
use super::automata::{lazy, nfa, too_big};
use super::leading::{self, Leading};
use super::opening::Opening;
use crate::detector::{Boundary, Case};
use regex_automata::dfa::onepass;
use regex_automata::hybrid::{self, LazyStateID, dfa::DFA};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::nfa::thompson::{backtrack, backtrack::BoundedBacktracker};
use regex_automata::nfa::thompson::{pikevm, pikevm::PikeVM};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::start;
use regex_automata::{Anchored, Input, MatchKind, meta};
use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::OnceLock;

/// An expression, and what is known of it without running it. It is read and its automata are built
/// when it is first run: most expressions never meet a text that could match them.
#[derive(Debug)]
pub(in super::super) struct Expression {
    regex: Box<str>,
    case: Case,
    pub(in super::super) boundary: Boundary,
    pub(in super::super) facts: Facts,
    // Boxed: most expressions have none, and all are moved where they are put together.
    automata: OnceLock<Result<Box<Automata>, String>>,
    /// Where its value comes first and a search for groups is dear. Made when first wanted.
    leading: OnceLock<Option<Box<Leading>>>,
    whole_text: OnceLock<Result<meta::Regex, String>>,
}

/// What an expression says of its matches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in super::super) struct Facts {
    /// Named groups except `value`, and their numbers.
    pub(in super::super) groups: Vec<(String, usize)>,
    value: Option<usize>,
    /// Two for each group, the whole match being the first.
    slots: usize,
    /// Bytes of the longest match.
    pub(in super::super) longest: usize,
}

/// What finds the match that starts at a given place: its end, and then its groups.
#[derive(Debug)]
struct Automata {
    opening: Opening,
    end: DFA,
    /// All of the expression is one group, and there is no other.
    one_group: bool,
    /// For expressions that are never in doubt of how to go on. Made when first wanted.
    sure_groups: OnceLock<Option<onepass::DFA>>,
    /// For matches that are not too long for it.
    groups: BoundedBacktracker,
    /// For all others.
    long: PikeVM,
}

/// Per-thread memory of one expression.
pub(in super::super) struct Memory {
    end: hybrid::dfa::Cache,
    /// Where a match may end that begins where the last one was sought, the nearest first.
    ends: Vec<usize>,
    /// The lazy automaton gave up before it knew them.
    gave_up: bool,
    sure_groups: Option<onepass::Cache>,
    groups: Option<backtrack::Cache>,
    long: Option<pikevm::Cache>,
    leading: Option<leading::Memory>,
    whole_text: Option<meta::Cache>,
    slots: Vec<Option<NonMaxUsize>>,
    /// Bytes that the last search for a match's end looked at.
    pub(in super::super) walked: usize,
}

impl Facts {
    pub(in super::super) fn of(hir: &Hir) -> Facts {
        let mut groups = Vec::new();
        let mut value = None;
        let mut slots = 2;
        each_group(hir, &mut |number, name| {
            slots = slots.max(2 * number + 2);
            match name {
                Some("value") => value = Some(number),
                Some(name) => groups.push((name.to_owned(), number)),
                None => {}
            }
        });
        let longest = hir.properties().maximum_len().unwrap_or(MAX_MATCH).min(MAX_MATCH);
        Facts { groups, value, slots, longest }
    }
}

impl Expression {
    /// An expression of which the facts are known.
    pub(in super::super) fn of(
        regex: &str,
        case: Case,
        boundary: Boundary,
        facts: Facts,
    ) -> Expression {
        Expression {
            regex: regex.into(),
            case,
            boundary,
            facts,
            automata: OnceLock::new(),
            leading: OnceLock::new(),
            whole_text: OnceLock::new(),
        }
    }

    /// Builds the automata now rather than at the first candidate. The error is a sentence for
    /// the expression's author.
    pub(in super::super) fn prove(&self) -> Result<(), String> {
        match self.automata.get_or_init(|| self.build()) {
            Ok(_) => Ok(()),
            Err(why) => Err(why.clone()),
        }
    }

    /// # Panics
    ///
    /// Never: an engine is built of expressions that were proved, then or by a test.
    fn automata(&self) -> &Automata {
        match self.automata.get_or_init(|| self.build()) {
            Ok(automata) => automata,
            Err(why) => panic!("an expression said to be proved cannot be used: {why}"),
        }
    }

    fn build(&self) -> Result<Box<Automata>, String> {
        let hir = dialect::parse(&self.regex, self.case)?;
        let one_group = self.facts.slots == 4 && matches!(hir.kind(), HirKind::Capture(_));
        let captures = match self.facts.slots {
            2 => WhichCaptures::Implicit,
            _ => WhichCaptures::All,
        };
        Automata::new(&self.bounded(hir), one_group, captures).map(Box::new)
    }

    /// With half a word boundary on either side, unless its boundary is none.
    fn bounded(&self, hir: Hir) -> Hir {
        match self.boundary {
            Boundary::None => hir,
            _ => dialect::bounded(hir),
        }
    }

    pub(in super::super) fn memory(&self) -> Memory {
        Memory {
            end: self.automata().end.create_cache(),
            ends: Vec::new(),
            gave_up: false,
            sure_groups: None,
            groups: None,
            long: None,
            leading: None,
            whole_text: None,
            slots: vec![None; self.facts.slots],
            walked: 0,
        }
    }

    /// The next place from `from` on where a match starts, and where it then ends if nothing
    /// limits it: a search through all of the text.
    pub(in super::super) fn next(
        &self,
        memory: &mut Memory,
        text: &[u8],
        from: usize,
    ) -> Option<Range<usize>> {
        let build = || whole_text(&self.bounded(dialect::parse(&self.regex, self.case)?));
        let regex = match self.whole_text.get_or_init(build) {
            Ok(regex) => regex,
            Err(why) => panic!("an expression said to be proved cannot be used: {why}"),
        };
        let cache = memory.whole_text.get_or_insert_with(|| regex.create_cache());
        let input = Input::new(text).range(from..);
        regex.search_with(cache, &input).map(|m| m.range())
    }

    /// False where no match starts at `start`. Says so only of what has been run before: what never
    /// is, is never built.
    #[inline]
    pub(in super::super) fn may_start_at(&self, text: &[u8], start: usize) -> bool {
        match self.automata.get() {
            Some(Ok(automata)) => automata.opening.may(text, start),
            _ => true,
        }
    }

    /// The match that starts at `start`, if there is one.
    pub(in super::super) fn match_at(
        &self,
        memory: &mut Memory,
        text: &[u8],
        start: usize,
    ) -> Option<Range<usize>> {
        let range = start..text.len().min(start + MAX_MATCH);
        memory.gave_up = self.automata().ends(memory, text, range).is_err();
        match memory.gave_up {
            false => memory.ends.last().map(|end| start..*end),
            true => self.match_until(memory, text, start, text.len()),
        }
    }

    /// The match that starts where one was sought last and ends at or before `limit`, if there is
    /// one.
    pub(in super::super) fn match_until(
        &self,
        memory: &mut Memory,
        text: &[u8],
        start: usize,
        limit: usize,
    ) -> Option<Range<usize>> {
        let end = match memory.gave_up {
            false => memory.ends.iter().rev().copied().find(|end| *end <= limit),
            true => {
                let limit = limit.min(start + MAX_MATCH).min(text.len());
                let input = Input::new(text).range(start..limit).anchored(Anchored::Yes);
                self.automata().slowly(memory, &input)
            }
        };
        Some(start..end?)
    }

    /// The value within a match that was found. Its groups are then in `memory`.
    pub(in super::super) fn value(
        &self,
        memory: &mut Memory,
        text: &[u8],
        whole: &Range<usize>,
    ) -> Range<usize> {
        if self.automata().one_group {
            memory.slots[2..].copy_from_slice(&[whole.start, whole.end].map(NonMaxUsize::new));
        } else if self.facts.slots > 2 {
            let input = Input::new(text).range(whole.clone()).anchored(Anchored::Yes);
            if !self.automata().surely(memory, &input) && !self.leads(memory, text, whole) {
                self.automata().groups(memory, &input);
            }
        }
        let value = self.facts.value.and_then(|number| memory.group(number));
        value.filter(|v| !v.is_empty()).unwrap_or_else(|| whole.clone())
    }

    /// Puts the groups into the memory of an expression whose matches begin with one, if that is told
    /// without a search through all of the match.
    fn leads(&self, memory: &mut Memory, text: &[u8], whole: &Range<usize>) -> bool {
        let known = || Leading::of(&dialect::parse(&self.regex, self.case).ok()?).map(Box::new);
        let Some(leading) = self.leading.get_or_init(known) else { return false };
        let Memory { leading: known, slots, .. } = memory;
        let known = known.get_or_insert_with(|| leading.memory());
        leading.groups(known, text, whole, slots)
    }
}

impl Automata {
    fn new(hir: &Hir, one_group: bool, captures: WhichCaptures) -> Result<Self, String> {
        let nfa = nfa(hir, false, captures)?;
        let opening = Opening::of(&nfa);
        let end = lazy(nfa.clone(), MatchKind::LeftmostFirst)?;
        let groups = BoundedBacktracker::builder().build_from_nfa(nfa.clone());
        let long = PikeVM::builder().build_from_nfa(nfa);
        Ok(Automata {
            opening,
            one_group,
            end,
            sure_groups: OnceLock::new(),
            groups: groups.map_err(|e| e.to_string())?,
            long: long.map_err(|e| e.to_string())?,
        })
    }

    /// Notes where a match that begins where `range` does may end, if the text ended there: the
    /// nearest first, the last one being the match's end in all of the range.
    ///
    /// It is the loop of [`DFA::try_search_fwd`] without what an anchored search of a short text
    /// has no use for; unlike that, it tells all ends and how far it looked. The error says that
    /// the lazy automaton ran out of memory.
    fn ends(&self, memory: &mut Memory, text: &[u8], range: Range<usize>) -> Result<(), ()> {
        let Memory { end: cache, ends, walked, .. } = memory;
        let dfa = &self.end;
        ends.clear();
        *walked = range.len();
        let before = range.start.checked_sub(1).map(|i| text[i]);
        let config = start::Config::new().anchored(Anchored::Yes).look_behind(before);
        let mut state = dfa.start_state(cache, &config).map_err(|_| ())?;
        let mut at = range.start;
        while at < range.end {
            if !state.is_tagged() {
                let plain;
                (state, plain) = walk_plain(dfa, cache, state, &text[at..range.end]);
                at += plain;
                if at == range.end {
                    break;
                }
            }
            state = dfa.next_state(cache, state, text[at]).map_err(|_| ())?;
            if state.is_match() {
                // A state tells a match one byte late.
                ends.push(at);
            } else if state.is_dead() {
                *walked = at - range.start;
                return Ok(());
            } else if state.is_quit() {
                return Err(());
            }
            at += 1;
        }
        state = match text.get(range.end) {
            Some(&next) => dfa.next_state(cache, state, next),
            None => dfa.next_eoi_state(cache, state),
        }
        .map_err(|_| ())?;
        if state.is_quit() {
            return Err(());
        }
        if state.is_match() {
            ends.push(range.end);
        }
        Ok(())
    }

    fn slowly(&self, memory: &mut Memory, input: &Input<'_>) -> Option<usize> {
        let cache = memory.long.get_or_insert_with(|| self.long.create_cache());
        let mut ends = [None; 2];
        self.long.search_slots(cache, input, &mut ends);
        ends[1].map(NonMaxUsize::get)
    }

    /// Puts the groups of the match that is all of `input`'s range into the memory, if the expression
    /// is never in doubt of them.
    fn surely(&self, memory: &mut Memory, input: &Input<'_>) -> bool {
        let sure = self.sure_groups.get_or_init(|| {
            let config = onepass::Config::new().size_limit(Some(1 << 20));
            let nfa = self.groups.get_nfa().clone();
            onepass::DFA::builder().configure(config).build_from_nfa(nfa).ok()
        });
        let Some(sure) = sure else { return false };
        let cache = memory.sure_groups.get_or_insert_with(|| sure.create_cache());
        sure.try_search_slots(cache, input, &mut memory.slots).is_ok()
    }

    /// Puts them there in any case.
    fn groups(&self, memory: &mut Memory, input: &Input<'_>) {
        if input.get_range().len() <= self.groups.max_haystack_len() {
            let cache = memory.groups.get_or_insert_with(|| self.groups.create_cache());
            if self.groups.try_search_slots(cache, input, &mut memory.slots).is_ok() {
                return;
            }
        }
        let cache = memory.long.get_or_insert_with(|| self.long.create_cache());
        self.long.search_slots(cache, input, &mut memory.slots);
    }
}

/// Walks from a state of which there is nothing to say to the last such state, and says over how
/// many bytes.
#[inline(always)]
fn walk_plain(
    dfa: &DFA,
    cache: &hybrid::dfa::Cache,
    from: LazyStateID,
    bytes: &[u8],
) -> (LazyStateID, usize) {
    let mut state = from;
    for (at, &byte) in bytes.iter().enumerate() {
        let next = dfa.next_state_untagged(cache, state, byte);
        if next.is_tagged() {
            return (state, at);
        }
        state = next;
    }
    (state, bytes.len())
}

fn whole_text(hir: &Hir) -> Result<meta::Regex, String> {
    let config = meta::Config::new()
        .utf8_empty(false)
        .nfa_size_limit(Some(8 << 20))
        .hybrid_cache_capacity(512 << 10);
    meta::Builder::new().configure(config).build_from_hir(hir).map_err(|e| match e.size_limit() {
        Some(_) => too_big(),
        None => e.to_string(),
    })
}

/// Visits the groups of an expression.
fn each_group<'h>(hir: &'h Hir, each: &mut dyn FnMut(usize, Option<&'h str>)) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            each(capture.index as usize, capture.name.as_deref());
            each_group(&capture.sub, each);
        }
        HirKind::Repetition(repetition) => each_group(&repetition.sub, each),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().for_each(|sub| each_group(sub, each));
        }
        _ => {}
    }
}

impl Memory {
    /// Where a group of the last match stood, if it took part.
    pub(in super::super) fn group(&self, number: usize) -> Option<Range<usize>> {
        let start = (*self.slots.get(2 * number)?)?.get();
        let end = (*self.slots.get(2 * number + 1)?)?.get();
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(regex: &str, case: Case) -> Expression {
        let facts = Facts::of(&dialect::parse(regex, case).unwrap());
        Expression::of(regex, case, Boundary::Word, facts)
    }

    #[test]
    fn a_boundary_chooses_the_alternative_that_may_stand_there() {
        let e = expression(r"\d{6}(?: \d{2})?", Case::Sensitive);
        let mut memory = e.memory();
        let text = b"x123456 123456 789";
        assert_eq!(e.next(&mut memory, text, 0), Some(8..14));
        assert_eq!(e.match_at(&mut memory, text, 8), Some(8..14));
        assert_eq!(e.match_at(&mut memory, text, 1), None);
    }

    #[test]
    fn a_match_may_be_sought_within_a_limit_that_does_not_count_as_its_end() {
        let e = expression(r"\d(?: ?\d){3,7}", Case::Sensitive);
        let mut memory = e.memory();
        let text = b"1234 5678";
        assert_eq!(e.match_at(&mut memory, text, 0), Some(0..9));
        assert_eq!(e.match_until(&mut memory, text, 0, 8), Some(0..4));
        assert_eq!(e.match_until(&mut memory, text, 0, 3), None);
    }

    #[test]
    fn groups_are_those_of_the_match_that_was_found() {
        let regex = r"(?<label>[a-z]+)[=:](?<value>\d+)(?<rest>;\d)?";
        let e = expression(regex, Case::Sensitive);
        let mut memory = e.memory();
        let text = b"no: x=12;3 y=45";
        assert_eq!(e.match_at(&mut memory, text, 4), Some(4..10));
        assert_eq!(e.value(&mut memory, text, &(4..10)), 6..8);
        let label = e.facts.groups.iter().find(|(name, _)| name == "label").unwrap().1;
        assert_eq!(memory.group(label), Some(4..5));
        assert_eq!(e.match_at(&mut memory, text, 11), Some(11..15));
        assert_eq!(e.value(&mut memory, text, &(11..15)), 13..15);
        let rest = e.facts.groups.iter().find(|(name, _)| name == "rest").unwrap().1;
        assert_eq!(memory.group(rest), None);
    }

    #[test]
    fn an_expression_that_grows_too_big_says_what_to_do() {
        let e = expression(r"\p{L}{1000}{50}", Case::Insensitive);
        assert!(e.prove().unwrap_err().contains("smaller repeats"));
    }
}
