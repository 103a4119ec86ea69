//! The automaton of an expression, written down: to read it back takes a fraction of what it takes to
//! make it, and many are joined into one.

use super::automata;
use super::written::Written;
use regex_automata::nfa::thompson::{Builder, NFA, State, Transition, WhichCaptures};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::Hir;
use serde::{Deserialize, Serialize};
use std::slice;

/// Bytes of memory that the automaton of many may take.
const SIZE: usize = 16 << 20;

/// An automaton without groups that starts where it is told to. It is a list of numbers of two
/// bytes: the count of its states, the one it starts with, then each state, its kind first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program(Written);

/// Kinds of states, and what follows them.
mod kind {
    /// Nothing: it is over.
    pub(super) const FAIL: usize = 0;
    /// Nothing: it has matched.
    pub(super) const MATCH: usize = 1;
    /// One way on.
    pub(super) const RANGE: usize = 2;
    /// Their count, and so many ways on.
    pub(super) const SPARSE: usize = 3;
    /// What has to stand here, and a state.
    pub(super) const LOOK: usize = 4;
    /// Their count, and so many states.
    pub(super) const UNION: usize = 5;
}

impl Program {
    /// Of an expression.
    ///
    /// # Errors
    ///
    /// It becomes too big.
    pub(super) fn of(hir: &Hir) -> Result<Program, String> {
        let nfa = automata::nfa(hir, false, WhichCaptures::None)?;
        let mut writer = Writer::default();
        writer.put(&[nfa.states().len(), nfa.start_anchored().as_usize()]);
        for state in nfa.states() {
            match state {
                State::Fail => writer.put(&[kind::FAIL]),
                State::Match { .. } => writer.put(&[kind::MATCH]),
                State::ByteRange { trans } => {
                    writer.put(&[kind::RANGE]);
                    writer.put(&way(trans));
                }
                State::Sparse(sparse) => {
                    writer.put(&[kind::SPARSE, sparse.transitions.len()]);
                    sparse.transitions.iter().for_each(|trans| writer.put(&way(trans)));
                }
                State::Look { look, next } => {
                    writer.put(&[kind::LOOK, look.as_repr() as usize, next.as_usize()]);
                }
                State::Union { alternates } => {
                    writer.put(&[kind::UNION, alternates.len()]);
                    alternates.iter().for_each(|next| writer.put(&[next.as_usize()]));
                }
                State::BinaryUnion { alt1, alt2 } => {
                    writer.put(&[kind::UNION, 2, alt1.as_usize(), alt2.as_usize()]);
                }
                State::Dense(_) | State::Capture { .. } => writer.put(&[usize::MAX]),
            }
        }
        writer.done()
    }

    /// One automaton of many, each a pattern of it; `None` where there is none for so much.
    pub(super) fn join<'p>(programs: impl Iterator<Item = &'p Program>) -> Option<NFA> {
        let mut builder = Builder::new();
        builder.set_utf8(false);
        builder.set_size_limit(Some(SIZE)).ok()?;
        let mut starts = Vec::new();
        let mut before = 0;
        for program in programs {
            builder.start_pattern().ok()?;
            let mut words = Words { words: program.0.as_chunks().0.iter(), before, count: 0 };
            words.count = words.next()?;
            let start = words.state()?;
            for _ in 0..words.count {
                words.add(&mut builder)?;
            }
            builder.finish_pattern(start).ok()?;
            starts.push(start);
            before += words.count;
        }
        let start = builder.add_union(starts).ok()?;
        builder.build(start, start).ok()
    }
}

/// The bytes that lead to a state, and the state.
fn way(trans: &Transition) -> [usize; 2] {
    [usize::from(u16::from_le_bytes([trans.start, trans.end])), trans.next.as_usize()]
}

/// What there is of a program that is being written down.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// A number had no room.
    too_big: bool,
}

impl Writer {
    fn put(&mut self, numbers: &[usize]) {
        for number in numbers {
            match u16::try_from(*number) {
                Ok(number) => self.bytes.extend(number.to_le_bytes()),
                Err(_) => self.too_big = true,
            }
        }
    }

    fn done(self) -> Result<Program, String> {
        if self.too_big { Err(automata::too_big()) } else { Ok(Program(self.bytes.into())) }
    }
}

/// What is left of a program that is joined to those before it.
struct Words<'p> {
    words: slice::Iter<'p, [u8; 2]>,
    /// So many states are before its own.
    before: usize,
    /// And so many are its own.
    count: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<usize> {
        self.words.next().map(|word| usize::from(u16::from_le_bytes(*word)))
    }

    fn state(&mut self) -> Option<StateID> {
        let state = self.next().filter(|state| *state < self.count)?;
        StateID::new(self.before + state).ok()
    }

    fn way(&mut self) -> Option<Transition> {
        let [start, end] = *self.words.next()?;
        Some(Transition { start, end, next: self.state()? })
    }

    /// Adds the next state.
    fn add(&mut self, builder: &mut Builder) -> Option<()> {
        let added = match self.next()? {
            kind::FAIL => builder.add_fail(),
            kind::MATCH => builder.add_match(),
            kind::RANGE => builder.add_range(self.way()?),
            kind::SPARSE => {
                let count = self.next()?;
                builder.add_sparse((0..count).map(|_| self.way()).collect::<Option<_>>()?)
            }
            kind::LOOK => {
                let look = Look::from_repr(u32::try_from(self.next()?).ok()?)?;
                builder.add_look(self.state()?, look)
            }
            kind::UNION => {
                let count = self.next()?;
                builder.add_union((0..count).map(|_| self.state()).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        added.ok().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Case;
    use crate::scan::dialect;
    use regex_automata::nfa::thompson::pikevm::PikeVM;
    use regex_automata::{Anchored, Input, PatternSet};

    fn programs(regexes: &[&str]) -> Vec<Program> {
        let of = |regex: &&str| Program::of(&dialect::parse(regex, Case::Insensitive).unwrap());
        regexes.iter().map(|regex| of(regex).unwrap()).collect()
    }

    fn matching(nfa: &NFA, text: &str) -> Vec<usize> {
        let config = PikeVM::config().match_kind(regex_automata::MatchKind::All);
        let vm = PikeVM::builder().configure(config).build_from_nfa(nfa.clone()).unwrap();
        let mut set = PatternSet::new(nfa.pattern_len());
        let input = Input::new(text).anchored(Anchored::Yes);
        vm.which_overlapping_matches(&mut vm.create_cache(), &input, &mut set);
        set.iter().map(|pattern| pattern.as_usize()).collect()
    }

    #[test]
    fn what_was_written_down_matches_what_it_was_written_of() {
        let all = [r"(?:ab|a[cd])e{2,3}", r"a.e+\b", r"[a-fx-z]{2}(?:é|e)", r"^\w"];
        let programs = programs(&all);
        let written = rmp_serde::to_vec(&programs).unwrap();
        let read: Vec<Program> = rmp_serde::from_slice(&written).unwrap();
        assert_eq!(read, programs);
        let joined = Program::join(read.iter()).unwrap();
        for text in ["abee", "abe.", "ace", "ADEEE", "xyé", "xy", "é", ""] {
            let each = all.iter().enumerate().filter(|(number, _)| {
                !matching(&Program::join(programs[*number..=*number].iter()).unwrap(), text)
                    .is_empty()
            });
            let each: Vec<usize> = each.map(|(number, _)| number).collect();
            assert_eq!(matching(&joined, text), each, "{text}");
            let whole = all.map(|regex| dialect::parse(regex, Case::Insensitive).unwrap());
            let whole = whole.map(|hir| automata::nfa(&hir, false, WhichCaptures::None).unwrap());
            let whole = whole.iter().enumerate().filter(|(_, nfa)| !matching(nfa, text).is_empty());
            assert_eq!(each, whole.map(|(number, _)| number).collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn what_is_no_program_is_none() {
        let join = |numbers: &[usize]| {
            let mut writer = Writer::default();
            writer.put(numbers);
            Program::join([writer.done().unwrap()].iter())
        };
        assert!(join(&[1, 0, kind::MATCH]).is_some());
        for wrong in [
            &[][..],
            &[1, 0],
            &[1, 0, 9],
            &[1, 1, kind::MATCH],
            &[2, 0, kind::RANGE, 5, 2, kind::MATCH],
            &[2, 0, kind::SPARSE, 65_535, 5, 1, kind::MATCH],
            &[2, 0, kind::LOOK, 3, 1, kind::MATCH],
        ] {
            assert!(join(wrong).is_none(), "{wrong:?}");
        }
    }
}
