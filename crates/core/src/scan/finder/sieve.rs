//! One automaton for many expressions at once: which of them may match at a place.
//!
//! Shapes that are told apart byte by byte, each with a stream of its own, cost what they cost
//! whether the text holds a figure or not. Here one stream for all of them says where any may
//! start, and one walk from there says which.

use super::super::bytes::ByteSet;
use super::super::dialect;
use super::program::Program;
use super::shape::DIGITS;
use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::start;
use regex_automata::{MatchKind, hybrid};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Repetition};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// An expression is followed for so many bytes that it needs, or a few more.
const DEPTH: usize = 24;
/// Of a repetition so many copies are told apart, and so many more than it needs.
const COPIES: u32 = 32;
const MORE: u32 = 8;
/// What is still alive after so many bytes is left to each expression.
const WALK: usize = 256;
/// Bytes of memory that a thread's states may take.
const CACHE: usize = 4 << 20;
/// A text for which they do not suffice so often is one whose shapes are too many to be known.
const CLEARED: usize = 3;

/// The expressions. **Contract: it may lie upwards, never downwards.**
#[derive(Debug, Default)]
pub(super) struct Sieve {
    expressions: Vec<Sieved>,
    targets: Vec<u32>,
    /// By expression, a bit each: it may still be alive where a walk ends.
    long: Vec<u64>,
    automaton: OnceLock<Option<DFA>>,
}

/// What one thread needs.
#[derive(Default)]
pub(super) struct Walker {
    cache: Option<Cache>,
    starts: Starts,
    /// By expression of the sieve, a bit each: it may match. Zero between walks.
    may: Vec<u64>,
    /// By expression of the sieve: no start before this is of interest any more.
    from: Vec<usize>,
    /// The states did not suffice for this text.
    gave_up: bool,
}

/// The states to start from, once they are known: by the byte before, and at the start of a text.
#[derive(Default)]
struct Starts {
    known: Vec<Option<LazyStateID>>,
    /// How often the states had been forgotten then.
    cleared: usize,
}

impl Starts {
    // Where this and `note` are not inlined, digit-rich text costs a fourteenth more.
    #[inline(always)]
    fn get(&mut self, dfa: &DFA, cache: &mut Cache, before: Option<u8>) -> Result<LazyStateID, ()> {
        let number = before.map_or(256, usize::from);
        if self.cleared == cache.clear_count()
            && let Some(Some(state)) = self.known.get(number)
        {
            return Ok(*state);
        }
        let config = start::Config::new().anchored(Anchored::Yes).look_behind(before);
        let state = dfa.start_state(cache, &config).map_err(|_| ())?;
        // That may have made it forget the others.
        if self.known.is_empty() || self.cleared != cache.clear_count() {
            self.cleared = cache.clear_count();
            self.known.clear();
            self.known.resize(257, None);
        }
        self.known[number] = Some(state);
        Ok(state)
    }
}

impl Walker {
    /// Makes ready for another text.
    pub(super) fn open(&mut self) {
        if self.gave_up {
            *self = Walker::default();
        }
        self.from.clear();
    }
}

impl Sieve {
    /// Adds an expression.
    pub(super) fn add(&mut self, expression: Sieved, target: u32) {
        let number = self.targets.len();
        self.long.resize(number / 64 + 1, 0);
        self.long[number / 64] |= u64::from(expression.is_long) << (number % 64);
        self.expressions.push(expression);
        self.targets.push(target);
    }

    /// Makes ready for a part of a text.
    pub(super) fn ready<'a>(&'a self, walker: &'a mut Walker) -> Ready<'a> {
        let Walker { cache, starts, may, from, gave_up } = walker;
        from.resize(self.targets.len(), 0);
        may.resize(self.targets.len().div_ceil(64), 0);
        Ready { sieve: self, unused: Some((cache, starts)), way: None, may, from, gave_up }
    }

    fn automaton(&self) -> Option<&DFA> {
        self.automaton.get_or_init(|| automaton(&self.expressions)).as_ref()
    }
}

/// Ready to walk.
pub(super) struct Ready<'a> {
    sieve: &'a Sieve,
    /// What a way needs, until there is one.
    unused: Option<(&'a mut Option<Cache>, &'a mut Starts)>,
    /// Made with the first walk: many a text needs none. `None` also where there is no automaton for
    /// so much.
    way: Option<Way<'a>>,
    may: &'a mut [u64],
    from: &'a mut [usize],
    gave_up: &'a mut bool,
}

impl Ready<'_> {
    #[cold]
    fn begin(&mut self) {
        if let Some((cache, starts)) = self.unused.take()
            && let Some(dfa) = self.sieve.automaton()
        {
            let cache = cache.get_or_insert_with(|| dfa.create_cache());
            self.way = Some(Way { dfa, cache, starts });
        }
    }

    /// Yields the targets that may match at `at`, but for those that said, when they were yielded
    /// last, that only a later place is of interest.
    #[inline(always)]
    pub(super) fn look(&mut self, text: &[u8], at: usize, each: &mut dyn FnMut(u32) -> usize) {
        if self.way.is_none() {
            self.begin();
        }
        let walked = match self.way.as_mut().filter(|_| !*self.gave_up) {
            Some(way) => way.walk(text, at, self.may),
            None => Err(()),
        };
        match walked {
            Ok(Some(false)) => return,
            Ok(Some(true)) => {}
            Ok(None) => {
                self.may.iter_mut().zip(&self.sieve.long).for_each(|(may, long)| *may |= long)
            }
            Err(()) => {
                *self.gave_up = true;
                self.may.fill(u64::MAX);
                if let Some(last) = self.may.last_mut() {
                    *last >>= (64 - self.sieve.targets.len() % 64) % 64;
                }
            }
        }
        for (i, word) in self.may.iter_mut().enumerate() {
            while *word != 0 {
                let number = i * 64 + word.trailing_zeros() as usize;
                if at >= self.from[number] {
                    self.from[number] = each(self.sieve.targets[number]);
                }
                *word &= *word - 1;
            }
        }
    }
}

/// What the sieve knows of an expression.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sieved {
    /// The automaton of what it looks at.
    program: Program,
    /// It may still be alive where a walk ends.
    is_long: bool,
}

impl Sieved {
    /// Of an expression without its half boundaries, which it has if `bounded`; `None` where it is
    /// too big.
    pub(super) fn of(hir: &Hir, bounded: bool) -> Option<Sieved> {
        let loose = loosened(hir, bounded);
        let is_long = loose.properties().maximum_len().is_none_or(|len| len >= WALK);
        Some(Sieved { program: Program::of(&loose).ok()?, is_long })
    }
}

fn loosened(hir: &Hir, bounded: bool) -> Hir {
    let HirKind::Concat(parts) = hir.kind() else {
        return enough(vec![loose(hir)], bounded);
    };
    let mut len = 0;
    let needed = parts.iter().position(|part| {
        len += part.properties().minimum_len().unwrap_or(0);
        len >= DEPTH
    });
    let end = needed.map_or(parts.len(), |last| last + 1);
    // What follows the last part that is looked at may be anything.
    let bounded_here = bounded && end == parts.len();
    let mut all: Vec<Hir> = parts[..end].iter().map(loose).collect();
    if end < parts.len() && bounded {
        all.insert(0, Hir::look(regex_syntax::hir::Look::WordStartHalfAscii));
    }
    enough(all, bounded_here)
}

fn enough(mut parts: Vec<Hir>, bounded: bool) -> Hir {
    if !bounded && let Some(last) = parts.last_mut() {
        // Nothing behind it has to be met: what it needs is enough.
        if let HirKind::Repetition(repetition) = last.kind() {
            let enough = Repetition { max: Some(repetition.min), ..repetition.clone() };
            *last = Hir::repetition(enough);
        }
    }
    let hir = Hir::concat(parts);
    if bounded { dialect::bounded(hir) } else { hir }
}

struct Way<'a> {
    dfa: &'a DFA,
    cache: &'a mut Cache,
    starts: &'a mut Starts,
}

impl Way<'_> {
    /// Notes which expressions may match at `at`, and whether any does; `None` where that takes too
    /// long to say. An error means that the states do not suffice.
    #[inline(always)]
    fn walk(&mut self, text: &[u8], at: usize, may: &mut [u64]) -> Result<Option<bool>, ()> {
        let Way { dfa, cache, starts } = self;
        let mut state = starts.get(dfa, cache, at.checked_sub(1).map(|i| text[i]))?;
        let mut any = false;
        let end = text.len().min(at + WALK);
        let mut bytes = text[at..end].iter();
        'walk: while let Some(mut byte) = bytes.next() {
            let mut next = state;
            if !state.is_tagged() {
                // As long as there is nothing to say of a state.
                loop {
                    next = dfa.next_state_untagged(cache, state, *byte);
                    if next.is_tagged() {
                        break;
                    }
                    state = next;
                    let Some(another) = bytes.next() else { break 'walk };
                    byte = another;
                }
            }
            if state.is_tagged() || next.is_unknown() {
                next = dfa.next_state(cache, state, *byte).map_err(|_| ())?;
            }
            state = next;
            if state.is_match() {
                any = true;
                note(dfa, cache, state, may);
            } else if state.is_dead() {
                return Ok(Some(any));
            } else if state.is_quit() {
                return Ok(None);
            }
        }
        if end < text.len() {
            return Ok(None);
        }
        state = dfa.next_eoi_state(cache, state).map_err(|_| ())?;
        if state.is_match() {
            any = true;
            note(dfa, cache, state, may);
        }
        Ok(Some(any))
    }
}

#[inline(always)]
fn note(dfa: &DFA, cache: &Cache, state: LazyStateID, may: &mut [u64]) {
    for i in 0..dfa.match_len(cache, state) {
        let number = dfa.match_pattern(cache, state, i).as_usize();
        may[number / 64] |= 1 << (number % 64);
    }
}

/// `None` where there is no automaton for so much.
fn automaton(expressions: &[Sieved]) -> Option<DFA> {
    let nfa = Program::join(expressions.iter().map(|expression| &expression.program))?;
    let config = hybrid::dfa::Config::new()
        .match_kind(MatchKind::All)
        .cache_capacity(CACHE)
        .minimum_cache_clear_count(Some(CLEARED))
        .skip_cache_capacity_check(true);
    DFA::builder().configure(config).build_from_nfa(nfa).ok()
}

/// An expression that matches where `hir` does, and is smaller: of a character that is not ASCII
/// only its length is known, of long repetitions only how they begin, of figures only that they are.
fn loose(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => hir.clone(),
        HirKind::Literal(literal) => Hir::concat(
            { literal.0.iter() }
                .map(|&byte| Hir::class(Class::Bytes(class_of(&ByteSet::of(|b| b == byte)))))
                .collect(),
        ),
        HirKind::Class(class) => {
            let one = Hir::class(Class::Bytes(bytes(class)));
            match is_wide(class) {
                true => Hir::concat(vec![one, more(&ByteSet::HIGH, 0, Some(3))]),
                false => one,
            }
        }
        HirKind::Capture(capture) => loose(&capture.sub),
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(loose).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(loose).collect()),
        HirKind::Repetition(repetition) => {
            let min = repetition.min.min(COPIES);
            let max = repetition.max.filter(|max| *max - min <= MORE);
            let mut sub = &*repetition.sub;
            while let HirKind::Capture(capture) = sub.kind() {
                sub = &capture.sub;
            }
            let (sub, max) = match sub.kind() {
                HirKind::Class(class) if is_wide(class) => {
                    (Hir::class(Class::Bytes(bytes(class))), max.map(|max| max * 4))
                }
                _ => (loose(sub), max),
            };
            Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(sub) })
        }
    }
}

fn more(set: &ByteSet, min: u32, max: Option<u32>) -> Hir {
    let sub = Box::new(Hir::class(Class::Bytes(class_of(set))));
    Hir::repetition(Repetition { min, max, greedy: true, sub })
}

fn is_wide(class: &Class) -> bool {
    matches!(class, Class::Unicode(class) if !class.is_ascii())
}

/// The bytes of a class, and others that are not told from them.
fn bytes(class: &Class) -> ClassBytes {
    class_of(&ByteSet::of_class(class))
}

/// Figures are not told apart: which of them a number begins with is for its expression to say.
/// There would be states without end.
fn class_of(set: &ByteSet) -> ClassBytes {
    let set = if DIGITS.meets(set) { DIGITS.union(set) } else { *set };
    ClassBytes::new(set.bytes().map(|byte| ClassBytesRange::new(byte, byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Case;

    fn may(expressions: &[(&str, bool)], text: &str, at: usize) -> Vec<u32> {
        let mut sieve = Sieve::default();
        for (number, (regex, bounded)) in expressions.iter().enumerate() {
            let hir = dialect::parse(regex, Case::Sensitive).unwrap();
            sieve.add(Sieved::of(&hir, *bounded).unwrap(), number as u32);
        }
        let mut all = Vec::new();
        let mut walker = Walker::default();
        sieve.ready(&mut walker).look(text.as_bytes(), at, &mut |target| {
            all.push(target);
            at + 1
        });
        all
    }

    #[test]
    fn who_is_done_with_a_stretch_is_not_asked_there() {
        let mut sieve = Sieve::default();
        for (regex, target) in [(r"\d\d", 7), (r"\d", 8)] {
            let hir = dialect::parse(regex, Case::Sensitive).unwrap();
            sieve.add(Sieved::of(&hir, false).unwrap(), target);
        }
        let (mut walker, mut all) = (Walker::default(), Vec::new());
        let mut ready = sieve.ready(&mut walker);
        for at in 0..4 {
            ready.look(b"1234", at, &mut |target| {
                all.push((at, target));
                if target == 7 { at + 2 } else { at + 1 }
            });
        }
        assert_eq!(all, [(0, 7), (0, 8), (1, 8), (2, 7), (2, 8), (3, 8)]);
    }

    #[test]
    fn one_walk_says_which_expressions_may_match() {
        let all =
            [(r"\d{6}", true), (r"\d{2}-\d{2}", true), (r"\d\d[ -]", false), ("[A-Zé]+!", false)];
        assert_eq!(may(&all, "x 12-34", 2), [1, 2]);
        assert_eq!(may(&all, "x 92-34", 2), [1, 2]);
        assert_eq!(may(&all, "x112-34", 2), [2]);
        assert_eq!(may(&all, "123456", 0), [0]);
        assert_eq!(may(&all, "1234567", 0), [0u32; 0]);
        assert_eq!(may(&all, "AéÉA! 1", 0), [3]);
    }

    #[test]
    fn what_lives_too_long_is_left_to_each_expression() {
        let all = [(r"\d+[a-z]", true), ("[a-z]{9}", false)];
        assert_eq!(may(&all, &"1".repeat(3 * WALK), 0), [0]);
        assert_eq!(may(&all, &"1".repeat(9), 0), [0u32; 0]);
        let long = [(r"[a-f0-9]{64}(?:-\d)?", true), ("[a-f0-9]{64}z", true)];
        assert_eq!(may(&long, &"a".repeat(64), 0), [0, 1]);
        assert_eq!(may(&long, &"a".repeat(20), 0), [0u32; 0]);
        let decided = [("1+x", false), ("1{9}x", false), ("1{8}", false)];
        assert_eq!(may(&decided, &"1".repeat(3 * WALK), 0), [0, 2]);
    }
}
