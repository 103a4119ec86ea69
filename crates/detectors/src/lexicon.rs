//! Lists that are asked about the same words: each word is looked up once for all of them.

use crate::tables::lines;
use crate::words::{Ends, key, without_accents};

/// One of the lists of a [`Lexicon`], or several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct List(u16);

impl List {
    /// The list of a number below 16.
    pub(crate) const fn at(number: u32) -> List {
        List(1 << number)
    }

    /// These lists and the others.
    pub(crate) const fn or(self, others: List) -> List {
        List(self.0 | others.0)
    }

    /// Whether one of these is among the others.
    pub(crate) const fn overlap(self, others: List) -> bool {
        self.0 & others.0 != 0
    }
}

/// The words of several lists.
pub(crate) struct Lexicon {
    /// Sorted by hash; what is in two lists is there twice.
    entries: Vec<Entry>,
    /// By hash of a word: where its entries start; those of the next one end them.
    from: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Entry {
    word: &'static str,
    list: List,
}

impl Lexicon {
    /// Reads lists of small letters from their files' text.
    pub(crate) fn read(lists: &[(List, &'static str)]) -> Self {
        let all = lists
            .iter()
            .flat_map(|(list, text)| lines(text).map(|word| Entry { word, list: *list }));
        let all: Vec<Entry> = all.collect();
        // Most words that are asked for are in no list: then there should be none to compare.
        let size = (2 * all.len()).next_power_of_two();
        let keys: Vec<_> =
            all.iter().map(|entry| key(Ends::of(entry.word.as_bytes()).hash(), size)).collect();
        let mut from = vec![0_u32; size + 1];
        for key in &keys {
            from[key + 1] += 1;
        }
        for i in 1..from.len() {
            from[i] += from[i - 1];
        }
        // Counted, each finds its place at once.
        let none = Entry { word: "", list: List::default() };
        let (mut entries, mut next) = (vec![none; all.len()], from.clone());
        for (entry, key) in all.into_iter().zip(keys) {
            entries[next[key] as usize] = entry;
            next[key] += 1;
        }
        Lexicon { entries, from }
    }

    /// Which lists hold a word, letters of either case alike, accents or none.
    pub(crate) fn lists_with(&self, word: &[u8]) -> List {
        let ends = Ends::of(word);
        if !ends.are_of_ascii(word) {
            let low = String::from_utf8_lossy(word).to_lowercase();
            return self
                .lists_with_exactly(&low)
                .or(self.lists_with_exactly(&without_accents(&low)));
        }
        self.lists(ends, |known| ends.are_of_alike(word, known))
    }

    /// Which lists hold a word as written.
    pub(crate) fn lists_with_exactly(&self, word: &str) -> List {
        self.lists(Ends::of(word.as_bytes()), |known| known == word)
    }

    fn lists(&self, ends: Ends, is: impl Fn(&str) -> bool) -> List {
        let key = key(ends.hash(), self.from.len() - 1);
        let all = &self.entries[self.from[key] as usize..self.from[key + 1] as usize];
        let held = all.iter().filter(|entry| is(entry.word));
        held.fold(List::default(), |lists, entry| lists.or(entry.list))
    }
}
