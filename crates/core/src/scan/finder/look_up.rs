//! Words looked up: whom the word that starts at a place is of interest to.

use super::super::bytes::is_word;
use super::heads::Head;
use super::machine::{BODY, WORD};
use super::plan::Target;
use super::starts::Free;
use super::streams::Slots;
use super::table::Table;
use super::windows::{self, eight, those, window};

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

    /// Yields whom the words of a block are of interest to, given the streams of letters and
    /// figures, small letters, capitals, and that of what is part of a word.
    pub(super) fn look(
        &self,
        slots: &Slots,
        [alnum, small, capital]: [usize; 3],
        of_words: usize,
        text: &[u8],
        base: usize,
        each: &mut dyn FnMut(Target, usize),
    ) {
        let byte = base.checked_sub(1).map_or(0, |i| text[i]);
        let mut after_word = u64::from(is_word(byte));
        let mut free = Free::after(byte);
        for word in 0..(text.len() - base).div_ceil(WORD).min(BODY) {
            let at = |slot: usize| slots.words[slot].0[word];
            // A byte that is not ASCII may part words or not.
            let (is_alnum, is_word) = (at(alnum), at(of_words));
            let starts = is_alnum & free.next(is_alnum & is_word, at(small), at(capital));
            let fresh = !(is_word << 1 | after_word);
            after_word = is_word >> 63;
            if starts == 0 {
                continue;
            }
            let from = base + word * WORD;
            let mut padded = [0; WORD + 8];
            let window = window(text, from, &mut padded);
            let some = those(starts, |bit| self.table.may(eight(window, bit)));
            windows::each(some, |bit| {
                let place = from + bit as usize;
                self.look_at(text, place, eight(window, bit), fresh >> bit & 1 != 0, each);
            });
        }
    }

    /// Whether it may be of interest to anybody what words begin with these eight bytes.
    #[inline(always)]
    pub(super) fn may(&self, first: u64) -> bool {
        self.table.may(first)
    }

    /// Yields whom the word at a place is of interest to, whose first eight bytes are `first`;
    /// `fresh` if nothing that is part of a word stands before it.
    #[inline]
    pub(super) fn look_at(
        &self,
        text: &[u8],
        place: usize,
        first: u64,
        fresh: bool,
        each: &mut dyn FnMut(Target, usize),
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
