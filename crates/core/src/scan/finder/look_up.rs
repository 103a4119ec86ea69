//! Words looked up: whom the word that starts at a place is of interest to.

use super::super::bytes::is_word;
use super::heads::Head;
use super::machine::{BODY, WORD};
use super::plan::{Each, Target};
use super::table::Table;
use super::visits::Places;
use super::windows::{Bits, eight, window};

/// The words of a phrase before the one that it is looked up by.
pub(super) type Lead = Box<[Box<[u8]>]>;

/// What begins with few words.
#[derive(Debug)]
pub(super) struct Lookup {
    table: Table,
    /// By phrase, sorted.
    leads: Vec<(u32, Lead)>,
}

const PHRASE: u32 = 1 << 31;

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

fn coded(target: Target) -> u32 {
    match target {
        Target::Expression(number) => number,
        Target::Phrase(entry) => entry | PHRASE,
    }
}

impl Lookup {
    pub(super) fn new(heads: &[(Head, Target)], mut leads: Vec<(u32, Lead)>) -> Self {
        let heads: Vec<(Head, u32)> =
            heads.iter().map(|(head, target)| (*head, coded(*target))).collect();
        leads.sort_unstable_by_key(|(entry, _)| *entry);
        Lookup { table: Table::new(&heads), leads }
    }

    /// Yields whom the words of a block that are worth a look are of interest to.
    #[inline(always)]
    pub(super) fn look(&self, text: &[u8], base: usize, places: &Places, each: &mut Each<'_>) {
        let words = places.words()[base / WORD..].iter().take(BODY).enumerate();
        for (word, bits) in words.filter(|(_, bits)| **bits != 0) {
            let from = base + word * WORD;
            let mut padded = [0; WORD + 8];
            let window = window(text, from, &mut padded);
            for bit in Bits(*bits) {
                let place = from + bit as usize;
                let fresh = place == 0 || !is_word(text[place - 1]);
                self.look_at(text, place, eight(window, bit), fresh, each);
            }
        }
    }

    /// Whether it may be of interest to anybody what words begin with these eight bytes.
    #[inline(always)]
    pub(super) fn may(&self, first: u64) -> bool {
        self.table.may(first)
    }

    /// Yields whom the word at a place is of interest to, whose first eight bytes are `first`;
    /// `fresh` if nothing that is part of a word stands before it.
    #[inline(always)]
    pub(super) fn look_at(
        &self,
        text: &[u8],
        place: usize,
        first: u64,
        fresh: bool,
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
            } else if fresh {
                each(Target::Expression(target), place);
            }
        });
    }
}
