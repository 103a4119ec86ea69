//! Where a pattern may match.

use super::MAX_MATCH;
use super::dialect::{self, ByteSet};
use crate::detector::{Boundary, Case};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input, PatternID, meta};
use std::ops::Range;

/// An expression ready to run, and what is known of it without running it.
#[derive(Debug)]
pub(super) struct Expression {
    regex: meta::Regex,
    required: Vec<ByteSet>,
    /// Named groups except `value`, and their numbers.
    pub(super) groups: Vec<(String, usize)>,
    value: Option<usize>,
    pub(super) boundary: Boundary,
}

/// Per-thread memory of one expression.
pub(super) struct Memory {
    cache: meta::Cache,
    slots: Vec<Option<NonMaxUsize>>,
}

impl Expression {
    /// Compiles an expression; the error is a sentence for its author.
    pub(super) fn new(regex: &str, case: Case, boundary: Boundary) -> Result<Self, String> {
        let hir = dialect::parse(regex, case)?;
        let required = dialect::required(&hir);
        let hir = if boundary == Boundary::None { hir } else { dialect::bounded(hir) };
        let config = meta::Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(8 << 20))
            .hybrid_cache_capacity(512 << 10);
        let regex =
            meta::Builder::new().configure(config).build_from_hir(&hir).map_err(|e| {
                match e.size_limit() {
                    Some(_) => {
                        "it becomes too big; use smaller repeats, or [A-Za-z] in place of \\p{L}"
                            .to_owned()
                    }
                    None => e.to_string(),
                }
            })?;
        let mut groups = Vec::new();
        let mut value = None;
        for (number, name) in regex.group_info().pattern_names(PatternID::ZERO).enumerate() {
            match name {
                Some("value") => value = Some(number),
                Some(name) => groups.push((name.to_owned(), number)),
                None => {}
            }
        }
        Ok(Expression { regex, required, groups, value, boundary })
    }

    pub(super) fn memory(&self) -> Memory {
        Memory {
            cache: self.regex.create_cache(),
            slots: vec![None; self.regex.group_info().slot_len()],
        }
    }

    /// False where a text with these bytes cannot hold a match.
    pub(super) fn possible(&self, bytes: &ByteSet) -> bool {
        self.required.iter().all(|set| set.meets(bytes))
    }

    /// The next place from `from` on where a match may start, and where it then seems to end.
    ///
    /// **Contract: it may lie upwards, never downwards.** A start it yields need not be one; but
    /// no start of a match of at most [`MAX_MATCH`] bytes lies between `from` and what it yields.
    pub(super) fn next(
        &self,
        memory: &mut Memory,
        text: &[u8],
        from: usize,
    ) -> Option<Range<usize>> {
        let input = Input::new(text).range(from..);
        self.regex.search_with(&mut memory.cache, &input).map(|m| m.range())
    }

    /// The match that starts at `start` and ends at or before `limit`, if there is one: the whole
    /// of it, and its value. Its groups are then in `memory`.
    pub(super) fn match_at(
        &self,
        memory: &mut Memory,
        text: &[u8],
        start: usize,
        limit: usize,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let limit = limit.min(start + MAX_MATCH).min(text.len());
        let input = Input::new(text).range(start..limit).anchored(Anchored::Yes);
        self.regex.search_slots_with(&mut memory.cache, &input, &mut memory.slots)?;
        let whole = memory.group(0)?;
        let value = self.value.and_then(|number| memory.group(number));
        let value = value.filter(|v| !v.is_empty()).unwrap_or_else(|| whole.clone());
        Some((whole, value))
    }
}

impl Memory {
    /// Where a group of the last match stood, if it took part.
    pub(super) fn group(&self, number: usize) -> Option<Range<usize>> {
        let start = (*self.slots.get(2 * number)?)?.get();
        let end = (*self.slots.get(2 * number + 1)?)?.get();
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_chooses_the_alternative_that_may_stand_there() {
        let e = Expression::new(r"\d{6}(?: \d{2})?", Case::Sensitive, Boundary::Word).unwrap();
        let mut memory = e.memory();
        let text = b"x123456 123456 789";
        assert_eq!(e.next(&mut memory, text, 0), Some(8..14));
    }

    #[test]
    fn a_match_may_be_sought_within_a_limit_that_does_not_count_as_its_end() {
        let e = Expression::new(r"\d(?: ?\d){3,7}", Case::Sensitive, Boundary::Word).unwrap();
        let mut memory = e.memory();
        let text = b"1234 5678";
        assert_eq!(e.match_at(&mut memory, text, 0, 9).unwrap().0, 0..9);
        assert_eq!(e.match_at(&mut memory, text, 0, 8).unwrap().0, 0..4);
        assert_eq!(e.match_at(&mut memory, text, 0, 3), None);
    }

    #[test]
    fn an_expression_that_grows_too_big_says_what_to_do() {
        let error = Expression::new(r"\p{L}{1000}{50}", Case::Insensitive, Boundary::Word);
        assert!(error.unwrap_err().contains("smaller repeats"));
    }
}
