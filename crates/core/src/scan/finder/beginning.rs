//! How the matches of an expression may begin: their first bytes, set by set.

use super::super::bytes::ByteSet;
use super::background::Background;
use super::heads::Head;
use super::shape::Algebra;
use serde::{Deserialize, Serialize};

/// Bytes of a beginning that are looked at.
pub(super) const BYTES: usize = 8;
/// More ways to begin are told less finely.
const MOST: usize = 24;
const ANY: ByteSet = ByteSet::range(0, 127).union(&ByteSet::HIGH);

/// One way to begin: which byte may stand at each of the first places. A place of which nothing is
/// known may have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Beginning(pub(super) [ByteSet; BYTES]);

impl Beginning {
    pub(super) const ANYTHING: Beginning = Beginning([ANY; BYTES]);

    /// That of which only the first places are known.
    pub(super) fn of(sets: &[ByteSet]) -> Beginning {
        let mut all = Beginning::ANYTHING;
        all.0[..sets.len()].copy_from_slice(sets);
        all
    }

    /// That of a word.
    pub(super) fn of_head(head: &Head) -> Beginning {
        let sets: Vec<ByteSet> = head.places().take(BYTES).map(|some| some.set()).collect();
        Beginning::of(&sets)
    }

    /// As if no more places were known.
    pub(super) fn cut(&self, places: usize) -> Beginning {
        Beginning::of(&self.0[..places])
    }

    /// The beginning that has one byte more in front.
    fn after(&self, set: &ByteSet) -> Beginning {
        let mut sets = [*set; BYTES];
        sets[1..].copy_from_slice(&self.0[..BYTES - 1]);
        Beginning(sets)
    }

    /// What begins in one way or the other, and perhaps in ways that are mixed of both.
    pub(super) fn union(&self, other: &Beginning) -> Beginning {
        Beginning(std::array::from_fn(|i| self.0[i].union(&other.0[i])))
    }

    /// Whether all that begins as `other` begins so as well.
    fn covers(&self, other: &Beginning) -> bool {
        self.union(other) == *self
    }

    /// A bit for each place that tells the two apart, the first place highest.
    fn apart(&self, other: &Beginning) -> u32 {
        let places = self.0.iter().zip(other.0);
        places.fold(0, |all, (a, b)| all << 1 | u32::from(*a != b))
    }

    /// Whether the two are told apart by one place alone.
    fn is_next_to(&self, other: &Beginning) -> bool {
        self.apart(other).count_ones() <= 1
    }

    /// How often it is to be expected; `fresh` where no letter or digit may stand before it.
    pub(super) fn frequency(&self, background: &mut Background, fresh: bool) -> f32 {
        let mut value = background.anything();
        for set in self.0.iter().rev().skip_while(|set| set.is_all()) {
            value = background.one(set, &value);
        }
        super::background::frequency(&value, fresh)
    }
}

/// Puts together what needs not be told apart.
pub(super) fn tidy(all: &mut Vec<Beginning>) {
    let mut i = 0;
    while i < all.len() {
        let one = all[i];
        let mut grown = one;
        let mut j = 0;
        all.retain(|other| {
            j += 1;
            let joins = j - 1 != i && (grown.covers(other) || grown.is_next_to(other));
            grown = if joins { grown.union(other) } else { grown };
            !joins
        });
        i = all.iter().position(|other| *other == one).unwrap_or(0);
        all[i] = grown;
        // What has grown may cover what came before it.
        i = if grown == one { i + 1 } else { 0 };
    }
}

/// Works beginnings out.
pub(super) struct Beginnings;

impl Beginnings {
    fn few(mut all: Vec<Beginning>) -> Vec<Beginning> {
        tidy(&mut all);
        if all.len() <= MOST {
            return all;
        }
        // What is told apart by the fewest places, and those that stand further on, is one.
        all.sort_unstable();
        while all.len() > MOST {
            let apart = |i: &usize| all[*i].apart(&all[i + 1]);
            let Some(i) = (0..all.len() - 1).min_by_key(apart) else { break };
            let other = all.remove(i + 1);
            all[i] = all[i].union(&other);
        }
        all
    }
}

impl Algebra for Beginnings {
    type Value = Vec<Beginning>;

    fn round(&self, set: &ByteSet) -> ByteSet {
        if set.has_high() { set.union(&ByteSet::HIGH) } else { *set }
    }

    fn anything(&mut self) -> Self::Value {
        vec![Beginning::ANYTHING]
    }

    fn nothing(&mut self) -> Self::Value {
        Vec::new()
    }

    fn edge(&mut self, then: &Self::Value) -> Self::Value {
        then.clone()
    }

    fn one(&mut self, set: &ByteSet, then: &Self::Value) -> Self::Value {
        let set = self.round(set);
        Beginnings::few(then.iter().map(|one| one.after(&set)).collect())
    }

    fn either(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value {
        Beginnings::few(a.iter().chain(b).copied().collect())
    }

    fn run(
        &mut self,
        set: &ByteSet,
        least: usize,
        most: Option<usize>,
        then: &Self::Value,
    ) -> Self::Value {
        let mut all = Vec::new();
        let mut value = then.clone();
        for len in 0..=most.map_or(BYTES, |most| most.min(BYTES)) {
            if len >= least.min(BYTES) {
                all.extend_from_slice(&value);
            }
            value = self.one(set, &value);
        }
        Beginnings::few(all)
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::shape;
    use super::*;
    use crate::detector::Case;
    use crate::scan::dialect;

    fn beginnings(regex: &str) -> Vec<Beginning> {
        let hir = dialect::parse(regex, Case::Sensitive).unwrap();
        let anything = Beginnings.anything();
        shape(&mut Beginnings, &hir, &anything, BYTES)
    }

    fn begins(regex: &str, text: &str) -> bool {
        let fits = |one: &Beginning| one.0.iter().zip(text.bytes()).all(|(set, b)| set.has(b));
        beginnings(regex).iter().any(fits)
    }

    #[test]
    fn every_way_to_begin_is_among_them() {
        for (regex, yes, no) in [
            (r"\d{2}-?\d{2}-?\d{2}", ["12-3", "1234", "12-9"], ["1-23", "a123", "12 3"]),
            ("[A-Z]{1,2} ?[0-9]", ["A 1x", "AB1-", "AB 1"], ["ABC1", "a1xx", "A  1"]),
            ("(?:ab|cd)*x", ["abab", "cdab", "xyz!"], ["acxx", "abca", "bx00"]),
            ("é+!?", ["é!aa", "éé", "ébcd"], ["e!aa", "aé!a", "a\0\0\0"]),
        ] {
            yes.iter().for_each(|text| assert!(begins(regex, text), "{regex} {text}"));
            no.iter().for_each(|text| assert!(!begins(regex, text), "{regex} {text}"));
        }
    }

    #[test]
    fn what_needs_not_be_told_apart_is_one() {
        assert_eq!(beginnings("[ab]1|[cd]1|a1").len(), 1);
        assert_eq!(beginnings(r"\d{4}|\d{3}-|\d{3}").len(), 1);
        assert!(beginnings("a1|b2|c3|d4|e5|f6|g7|h8|i9|j1|k2|l3").len() > 3);
        let many: Vec<String> =
            (0..40u8).map(|i| format!("{}{i}", (b'a' + i % 26) as char)).collect();
        assert!(beginnings(&many.join("|")).len() <= MOST);
    }
}
