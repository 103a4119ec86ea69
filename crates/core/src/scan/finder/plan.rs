//! All anchors made one plan, and the plan carried out.

use super::super::bytes::{ByteSet, is_word};
use super::anchor::{Anchor, Begin, Way};
use super::background::Background;
use super::beginning::Beginning;
use super::buckets::HALVES;
use super::graph::{Graph, Node, Stream};
use super::heads::{Head, SHORTEST, begin_words};
use super::look_up::{Lead, Lookup, Sought};
use super::machine::{AHEAD, BLOCK, BODY, Classes, Machine, WORD, Words, Work};
use super::prepared::Prepared;
use super::shape::Grain;
use super::sieve::{Sieve, Walker};
use super::starts::starts_at;
use super::streams::{Made, Slots, Step, make};
use super::teddy::{Begins, Where};
use super::told::Told;
use super::visits::{Keywords, Places, Visits};
use super::windows::{Bits, eight, window};
use super::within::Before;
use crate::detector::{Boundary, Case};
use regex_syntax::hir::Hir;
use rustc_hash::FxHashSet;

/// Whom a place is of interest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Target {
    /// The expression of this number.
    Expression(u32),
    /// The phrase of this entry.
    Phrase(u32),
}

/// More beginnings of words than these are looked up at every word.
const FEW_HEADS: usize = 256;

/// Gathers anchors; see [`Finder`].
#[derive(Default)]
pub(in super::super) struct FinderBuilder {
    graph: Graph,
    background: Background,
    heads: Vec<(Head, Sought)>,
    /// By phrase: the words before the one that it is looked up by, if there are any.
    leads: Vec<(u32, Lead)>,
    /// Expressions that are found by a word within their matches, and what stands before it.
    within: Vec<(u32, Before)>,
    shapes: Vec<(Stream, Option<Before>, Target)>,
    /// How the expressions of the sieve begin, and whether no letter or figure stands before them.
    beginnings: Vec<(Beginning, bool)>,
    /// Of expressions that were prepared, how they begin.
    prepared: Vec<Begin>,
    sieve: Sieve,
    at_start: Vec<(u32, Vec<ByteSet>)>,
    unanchored: Vec<u32>,
}

impl FinderBuilder {
    /// By what an expression is found, given without its half boundaries.
    pub(in super::super) fn way(&mut self, hir: &Hir, boundary: Boundary) -> Way {
        Way::choose(&mut self.background, hir, boundary)
    }

    /// Adds an expression, which may be one that was prepared.
    pub(in super::super) fn expression(&mut self, number: u32, way: &Way, prepared: bool) {
        let target = Target::Expression(number);
        if let Some(first) = &way.at_start {
            self.at_start.push((number, first.clone()));
        }
        match &way.anchor {
            Anchor::Heads(heads) => {
                self.heads.extend(heads.iter().map(|head| (*head, Sought::Expression(number))));
            }
            Anchor::Start(stream) => {
                let stream = self.graph.adopt(&way.graph, *stream);
                self.shapes.push((stream, None, target));
            }
            Anchor::Inner(stream, before) => {
                let stream = self.graph.adopt(&way.graph, *stream);
                self.shapes.push((stream, Some(before.clone()), target));
            }
            Anchor::Within(words, before) => {
                let sought = Sought::Within(self.within.len() as u32);
                self.heads.extend(words.iter().map(|word| (*word, sought)));
                self.within.push((number, before.clone()));
            }
            Anchor::Sieve(begin, loose) => {
                match prepared {
                    true => self.prepared.push(begin.clone()),
                    false => self.beginnings.extend(begin.all()),
                }
                self.sieve.add(loose.clone(), number);
            }
            Anchor::Nothing => self.unanchored.push(number),
        }
    }

    /// Adds a phrase: its words, which may be parted by any blanks.
    pub(in super::super) fn phrase(&mut self, entry: u32, words: &[Box<[u8]>], case: Case) {
        let either = case == Case::Insensitive;
        if let Some((head, before)) = self.rarest(words, either) {
            self.heads.push((head, Sought::Phrase(entry)));
            if !before.is_empty() {
                self.leads.push((entry, before.into()));
            }
            return;
        }
        let mut stream = Stream::All;
        for some in Head::of(&words[0], either).places().rev() {
            let set = self.graph.set(&Grain::Fine.round(&some.set()));
            stream = self.graph.and(set, stream, 1);
        }
        self.shapes.push((stream, None, Target::Phrase(entry)));
    }

    /// The word of a phrase that is the rarest in a text of nothing special, and the words before
    /// it; `None` where none of them can be looked up.
    fn rarest<'w>(
        &mut self,
        words: &'w [Box<[u8]>],
        either: bool,
    ) -> Option<(Head, &'w [Box<[u8]>])> {
        // What lies before a word is told by its blanks alone.
        let blank = words.iter().position(|word| word.iter().any(u8::is_ascii_whitespace));
        let words = &words[..blank.map_or(words.len(), |at| at + 1)];
        let heads = words.iter().map(|word| Head::of(word, either)).enumerate();
        let mut heads = heads.filter(|(_, head)| head.len() >= SHORTEST && begin_words(&[*head]));
        let (mut at, mut head) = heads.next()?;
        // Asked only where there is a choice.
        let mut least = None;
        for (other, of_other) in heads {
            let least = least.get_or_insert_with(|| self.background.word(&words[at], &head));
            let often = self.background.word(&words[other], &of_other);
            if often < *least {
                (*least, at, head) = (often, other, of_other);
            }
        }
        Some((head, &words[..at]))
    }

    /// How the expressions of the sieve begin. What was prepared tells the beginnings of all that
    /// was: of use where most of it is used.
    fn told(&mut self, prepared: &Prepared) -> Told {
        let count: usize = self.prepared.iter().map(|begin| begin.count).sum();
        let mut told = match 2 * count > prepared.beginnings {
            true => prepared.told.clone(),
            false => {
                self.beginnings.extend(self.prepared.iter().flat_map(Begin::all));
                Told::default()
            }
        };
        told.add(&mut self.background, &self.beginnings);
        told
    }

    /// The finder; words are visited for keywords as well.
    pub(in super::super) fn build(mut self, prepared: &Prepared, keywords: &Keywords) -> Finder {
        // A few words are found as all other beginnings are, by as much of them.
        let mut told = FxHashSet::default();
        let by_start = self.heads.iter().any(|(head, _)| {
            told.insert(head.cut(HALVES));
            told.len() > FEW_HEADS
        });
        let heads =
            { self.heads.iter() }.map(|(head, sought)| (head, matches!(sought, Sought::Phrase(_))));
        let within = self.within.len();
        let visits = by_start.then(|| Visits::new(heads, keywords));
        let word = self.graph.set(&ByteSet::of(is_word));
        let mut told = self.told(prepared);
        if !by_start {
            let heads = self.heads.iter().map(|(head, _)| Beginning::of_head(head).cut(HALVES));
            told.buckets.add(&mut self.background, heads.collect(), Where::Words);
        }
        told.ready(Machine::best());
        let roots = self.shapes.iter().map(|(stream, _, _)| *stream).chain([word]);
        let roots: Vec<Stream> = roots.collect();
        let (order, place) = order(&self.graph, &roots);
        let at = |node: u32| place[node as usize];
        let of = |stream: Stream| match stream {
            Stream::Node(node) => Some(at(node)),
            _ => None,
        };
        let mut sets = Vec::new();
        let mut made = Vec::new();
        let (mut fresh, mut over, mut edge) = (None, None, None);
        for &node in &order {
            let mut make =
                |step, a, b, k| made.push(Made { to: at(node), step, a: at(a), b: at(b), k });
            match self.graph.nodes[node as usize] {
                Node::Set(set) => sets.push(self.graph.sets[set as usize]),
                Node::Fresh => fresh = Some(at(node)),
                Node::Over => over = Some(at(node)),
                Node::Edge => edge = Some(at(node)),
                Node::And(a, b, k) => make(Step::And, a, b, k),
                Node::Ahead(b, k) => make(Step::Ahead, b, b, k),
                Node::Or(a, b) => make(Step::Or, a, b, 0),
                Node::OrAnd(a, p, k) => make(Step::OrAnd, a, p, k),
            }
        }
        let outputs = { self.shapes.into_iter() }
            .filter_map(|(stream, before, target)| {
                Some(Output { slot: of(stream)?, before, target })
            })
            .collect();
        Finder {
            machine: Machine::best(),
            classes: Classes::new(&sets),
            slots: order.len(),
            word: of(word).unwrap_or(0),
            fresh,
            over,
            edge,
            made,
            outputs,
            within,
            words: (!self.heads.is_empty())
                .then(|| Lookup::new(&self.heads, self.leads, self.within)),
            visits,
            told,
            sieve: self.sieve,
            at_start: self.at_start,
            unanchored: self.unanchored,
        }
    }
}

/// The nodes that something is made of, sets first and each after those it is made of; and the
/// place of each node among them.
fn order(graph: &Graph, roots: &[Stream]) -> (Vec<u32>, Vec<usize>) {
    let mut wanted = vec![false; graph.nodes.len()];
    for root in roots {
        if let Stream::Node(node) = root {
            wanted[*node as usize] = true;
        }
    }
    for node in (0..graph.nodes.len()).rev() {
        if !wanted[node] {
            continue;
        }
        match graph.nodes[node] {
            Node::And(a, b, _) | Node::Or(a, b) | Node::OrAnd(a, b, _) => {
                wanted[a as usize] = true;
                wanted[b as usize] = true;
            }
            Node::Ahead(b, _) => wanted[b as usize] = true,
            Node::Set(_) | Node::Fresh | Node::Over | Node::Edge => {}
        }
    }
    let is_set = |node: &u32| matches!(graph.nodes[*node as usize], Node::Set(_));
    let all = (0..graph.nodes.len() as u32).filter(|node| wanted[*node as usize]);
    let (mut order, rest): (Vec<u32>, Vec<u32>) = all.partition(is_set);
    order.extend(rest);
    let mut place = vec![usize::MAX; graph.nodes.len()];
    order.iter().enumerate().for_each(|(i, node)| place[*node as usize] = i);
    (order, place)
}

/// Finds where expressions and phrases may match. Immutable, shared by all threads.
///
/// **Contract: it may lie upwards, never downwards.** A place it yields need not be the start of a
/// match; but every start of a match of at most [`MAX_MATCH`](super::super::MAX_MATCH) bytes, of
/// every expression but the unanchored ones, is among those it yields; and so is every start of a
/// phrase. For one target the places come in order.
#[derive(Debug)]
pub(in super::super) struct Finder {
    machine: Machine,
    classes: Classes,
    /// Streams: those of the classes first.
    slots: usize,
    /// The stream of what is part of a word.
    word: usize,
    fresh: Option<usize>,
    over: Option<usize>,
    edge: Option<usize>,
    /// Which stream is made how of which others.
    made: Vec<Made>,
    outputs: Vec<Output>,
    /// How many expressions are found by a word within their matches.
    within: usize,
    words: Option<Lookup>,
    /// Where they are many, they are looked up wherever a word starts.
    visits: Option<Visits>,
    /// How the expressions of the sieve begin.
    told: Told,
    sieve: Sieve,
    /// Expressions that may match at the start of a text for no reason but that it is, and which
    /// bytes may stand there first.
    at_start: Vec<(u32, Vec<ByteSet>)>,
    /// Expressions that nothing rare tells: for these all of a text has to be searched.
    pub(in super::super) unanchored: Vec<u32>,
}

#[derive(Debug)]
struct Output {
    slot: usize,
    before: Option<Before>,
    target: Target,
}

/// Whom a place is of interest to, and the place; from where on another one may be is answered.
pub(super) type Each<'e> = dyn FnMut(Target, usize) -> usize + 'e;

/// What a sweep needs. Reused.
#[derive(Default)]
pub(in super::super) struct Streams {
    slots: Slots,
    /// By output: no start before this is of interest any more.
    tried: Vec<usize>,
    /// The same by expression that is found by a word within its matches.
    within: Vec<usize>,
    walker: Walker,
}

impl Finder {
    /// Makes the finder use the instructions of a machine.
    pub(in super::super) fn run_on(&mut self, machine: Machine) {
        self.machine = machine;
        if let Some(visits) = &mut self.visits {
            visits.run_on(machine);
        }
    }

    /// Whose instructions it uses.
    pub(in super::super) fn machine(&self) -> Machine {
        self.machine
    }

    /// Whom the words of a text have to be visited for before it is swept, if they have to.
    pub(in super::super) fn visits(&self) -> Option<&Visits> {
        self.visits.as_ref()
    }

    /// Yields places and whom they are of interest to, who says which place is the next that may be.
    /// Where words were visited, beginnings may stand at the places `heads`.
    pub(in super::super) fn sweep(
        &self,
        streams: &mut Streams,
        text: &[u8],
        heads: &Places,
        each: &mut Each<'_>,
    ) {
        self.machine.work(Sweep { finder: self, streams, text, heads, each });
    }

    #[inline(always)]
    fn sweep_all(&self, streams: &mut Streams, text: &[u8], heads: &Places, each: &mut Each<'_>) {
        if text.is_empty() {
            return;
        }
        streams.slots.open(self.slots);
        streams.walker.open();
        streams.tried.clear();
        streams.tried.resize(self.outputs.len(), 0);
        streams.within.clear();
        streams.within.resize(self.within, 0);
        for (number, first) in &self.at_start {
            let begins = text.get(..first.len());
            if begins.is_some_and(|bytes| first.iter().zip(bytes).all(|(set, b)| set.has(*b))) {
                each(Target::Expression(*number), 0);
            }
        }
        for base in (0..text.len()).step_by(BODY * WORD) {
            let left = text.len() - base;
            let words = (left.div_ceil(WORD) + AHEAD).min(BLOCK);
            self.tell(&mut streams.slots, text, base, words);
            if let (Some(words), Some(_)) = (&self.words, &self.visits) {
                words.look(text, base, heads, &mut streams.within, each);
            }
            make(self.machine, &self.made, &mut streams.slots);
            self.walk(streams, text, base, each);
            let Streams { slots, tried, .. } = streams;
            for (output, tried) in self.outputs.iter().zip(tried) {
                if slots.some[output.slot] != 0 {
                    output.places(text, base, slots.of(output.slot), tried, each);
                }
            }
        }
    }

    /// Tells the bytes of a block apart.
    fn tell(&self, slots: &mut Slots, text: &[u8], base: usize, words: usize) {
        let classes = self.classes.len();
        let mut from = 0;
        if base > 0 {
            // The last block looked ahead at these.
            from = AHEAD;
            slots.words[..classes].iter_mut().for_each(|slot| slot.0.copy_within(BODY..BLOCK, 0));
        }
        let sets = &mut slots.words[..classes];
        let (whole, rest) = text[(base + from * WORD).min(text.len())..].as_chunks::<WORD>();
        let whole = &whole[..whole.len().min(words - from)];
        self.classes.tell(self.machine, whole, sets, from);
        let next = from + whole.len();
        if next < BLOCK {
            // Nothing stands behind the end of the text.
            let mut bytes = [0; WORD];
            bytes[..rest.len()].copy_from_slice(rest);
            self.classes.tell(self.machine, &[bytes], sets, next);
            let real = (1 << rest.len()) - 1;
            for slot in sets {
                slot.0[next] &= real;
                slot.0[next + 1..BLOCK].fill(0);
            }
        }
        (0..classes).for_each(|slot| slots.note(slot));
        let before = u64::from(base > 0 && is_word(text[base - 1]));
        let of_words = slots.words[self.word].clone();
        let mut derive = |slot: Option<usize>, f: fn(u64, u64) -> u64| {
            let Some(slot) = slot else { return };
            let mut carry = before;
            let out = &mut slots.words[slot].0[..BLOCK];
            for (i, (out, word)) in out.iter_mut().zip(&of_words.0).enumerate() {
                *out = if i < words { f(*word, word << 1 | carry) } else { 0 };
                carry = word >> 63;
            }
            slots.note(slot);
        };
        derive(self.fresh, |_, after| !after);
        derive(self.over, |word, _| !word);
        derive(self.edge, |word, after| word ^ after);
    }

    /// Asks the sieve wherever one of its expressions may start.
    #[inline(always)]
    fn walk(&self, streams: &mut Streams, text: &[u8], base: usize, each: &mut Each<'_>) {
        let Streams { slots, within, walker, .. } = streams;
        let of_words = &slots.words[self.word].0;
        if self.told.buckets.is_empty() {
            return;
        }
        let after_word = u64::from(base > 0 && is_word(text[base - 1]));
        let left = text.len() - base;
        let words = left.div_ceil(WORD).min(BODY);
        let mut begins = Begins::of(self.machine, &self.told, &text[base..], words);
        let is_fresh: [u64; BODY] = std::array::from_fn(|word| {
            let after = if word == 0 { after_word } else { of_words[word - 1] >> 63 };
            !(of_words[word] << 1 | after)
        });
        let some = begins.settle(&is_fresh, left);
        let (begins, of_heads) = (begins.at(Where::Anywhere), begins.at(Where::Words));
        let mut sieve = self.sieve.ready(walker);
        let is_told = self.told.is_told(self.machine);
        for word in Bits(some) {
            let word = word as usize;
            let from = base + word * WORD;
            let (begins, heads, is_fresh) = (begins[word], of_heads[word], is_fresh[word]);
            let mut padded = [0; WORD + 8];
            let window = window(text, from, &mut padded);
            let is_fresh = |bit: u32| is_fresh >> bit & 1 != 0;
            if let Some(words) = &self.words {
                for bit in Bits(heads) {
                    let place = from + bit as usize;
                    let eight = eight(window, bit);
                    if words.may(eight) && starts_at(text, place) {
                        words.look_at(text, place, eight, is_fresh(bit), within, each);
                    }
                }
            }
            let mut some = begins;
            if !is_told {
                for bit in Bits(begins) {
                    let may = self.told.exact.may(eight(window, bit), is_fresh(bit));
                    some ^= u64::from(!may) << bit;
                }
            }
            for bit in Bits(some) {
                let place = from + bit as usize;
                sieve.look(text, place, &mut |target| each(Target::Expression(target), place));
            }
        }
    }
}

/// A text to be swept.
struct Sweep<'a, 'e> {
    finder: &'a Finder,
    streams: &'a mut Streams,
    text: &'a [u8],
    heads: &'a Places,
    each: &'a mut Each<'e>,
}

impl Work for Sweep<'_, '_> {
    #[inline(always)]
    fn run(self) {
        self.finder.sweep_all(self.streams, self.text, self.heads, self.each);
    }
}

impl Output {
    /// Yields the places of a stream, or the starts that may lead to them.
    fn places(
        &self,
        text: &[u8],
        base: usize,
        slot: &Words,
        tried: &mut usize,
        each: &mut Each<'_>,
    ) {
        each_place(&slot.0, base, text.len(), |place| {
            let Some(before) = &self.before else {
                each(self.target, place);
                return;
            };
            before.starts(text, place, tried, |start| {
                each(self.target, start);
            });
        });
    }
}

/// The places of a stream of a block that lie within a text.
fn each_place(words: &[u64], base: usize, end: usize, mut each: impl FnMut(usize)) {
    let body = (end - base).div_ceil(WORD).min(BODY);
    for (eight, words) in words[..body.next_multiple_of(8)].chunks_exact(8).enumerate() {
        if words.iter().fold(0, |all, word| all | word) == 0 {
            continue;
        }
        for (word, &bits) in words.iter().enumerate() {
            let mut bits = bits;
            while bits != 0 {
                let place = base + (eight * 8 + word) * WORD + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if place >= end {
                    return;
                }
                each(place);
            }
        }
    }
}
