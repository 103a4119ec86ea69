//! Words looked up: whom the word that starts at a place is of interest to.

use super::super::bytes::is_word;
use super::heads::Head;
use super::machine::{BODY, WORD};
use super::plan::{Each, Target};
use super::table::Table;
use super::visits::Places;
use super::windows::{Bits, eight, window};
use super::within::Before;

/// The words of a phrase before the one that it is looked up by.
pub(super) type Lead = Box<[Box<[u8]>]>;

/// What begins with few words.
#[derive(Debug)]
pub(super) struct Lookup {
    table: Table,
    /// By phrase, sorted.
    leads: Vec<(u32, Lead)>,
    /// Expressions that are found by a word within their matches, and what stands before it.
    within: Vec<(u32, Before)>,
}

/// Whom the beginning of a word is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// The expression of this number, which begins so.
    Expression(u32),
    /// The phrase of this entry.
    Phrase(u32),
    /// The one of this place among those that hold such a word.
    Within(u32),
}

const PHRASE: u32 = 1 << 31;
const WITHIN: u32 = 1 << 30;

/// More blanks than this never part two words of a phrase.
const BLANKS: usize = 20;

/// Where the words `lead` would start if they stood right before `at`.
fn before(text: &[u8], mut at: usize, lead: &[Box<[u8]>]) -> Option<usize> {
    for word in lead.iter().rev() {
        let blanks = text[..at].iter().rev().take(BLANKS).take_while(|b| b.is_ascii_whitespace());
        let end = at - blanks.count();
        at = end.checked_sub(word.len())?;
        if !text[at..end].eq_ignore_ascii_case(word) {
            return None;
        }
    }
    Some(at)
}

fn coded(sought: Sought) -> u32 {
    match sought {
        Sought::Expression(number) => number,
        Sought::Phrase(entry) => entry | PHRASE,
        Sought::Within(place) => place | WITHIN,
    }
}

impl Lookup {
    pub(super) fn new(
        heads: &[(Head, Sought)],
        mut leads: Vec<(u32, Lead)>,
        within: Vec<(u32, Before)>,
    ) -> Self {
        let heads: Vec<(Head, u32)> =
            heads.iter().map(|(head, sought)| (*head, coded(*sought))).collect();
        leads.sort_unstable_by_key(|(entry, _)| *entry);
        Lookup { table: Table::new(&heads), leads, within }
    }

    /// Yields whom the words of a block that are worth a look are of interest to. `tried` as in
    /// [`look_at`](Self::look_at).
    #[inline(always)]
    pub(super) fn look(
        &self,
        text: &[u8],
        base: usize,
        places: &Places,
        tried: &mut [usize],
        each: &mut Each<'_>,
    ) {
        let words = places.words()[base / WORD..].iter().take(BODY).enumerate();
        for (word, bits) in words.filter(|(_, bits)| **bits != 0) {
            let from = base + word * WORD;
            let mut padded = [0; WORD + 8];
            let window = window(text, from, &mut padded);
            for bit in Bits(*bits) {
                let place = from + bit as usize;
                let fresh = place == 0 || !is_word(text[place - 1]);
                self.look_at(text, place, eight(window, bit), fresh, tried, each);
            }
        }
    }

    /// Whether it may be of interest to anybody what words begin with these eight bytes.
    #[inline(always)]
    pub(super) fn may(&self, first: u64) -> bool {
        self.table.may(first)
    }

    /// Yields whom the word at a place is of interest to, whose first eight bytes are `first`;
    /// `fresh` if nothing that is part of a word stands before it. By expression that holds such a
    /// word, no start before `tried` is of interest any more.
    #[inline(always)]
    pub(super) fn look_at(
        &self,
        text: &[u8],
        place: usize,
        first: u64,
        fresh: bool,
        tried: &mut [usize],
        each: &mut Each<'_>,
    ) {
        self.table.look(first, |target| {
            if target & PHRASE != 0 {
                let entry = target & !PHRASE;
                let lead = self.leads.binary_search_by_key(&entry, |(of, _)| *of);
                let start = match lead {
                    Ok(lead) => before(text, place, &self.leads[lead].1),
                    Err(_) => Some(place),
                };
                if let Some(start) = start {
                    each(Target::Phrase(entry), start);
                }
            } else if fresh && target & WITHIN != 0 {
                let at = (target & !WITHIN) as usize;
                let (number, before) = &self.within[at];
                before.starts(text, place, &mut tried[at], |start| {
                    each(Target::Expression(*number), start);
                });
            } else if fresh {
                each(Target::Expression(target), place);
            }
        });
    }
}
