//! By what the matches of an expression are found, chosen from the expression alone.

use super::super::MAX_MATCH;
use super::super::bytes::{ByteSet, is_word};
use super::automata::nfa;
use super::background::{Background, frequency};
use super::beginning::{BYTES, Beginning, Beginnings};
use super::graph::{Graph, Node, Stream};
use super::heads::{self, Head};
use super::later::Later;
use super::opening;
use super::pieces::{bytes_of, characters, firsts, parts, starts_word};
use super::shape::{Algebra, Grain, sequence};
use super::sieve::Sieved;
use super::within::{self, Before};
use crate::detector::Boundary;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::hir::{Hir, HirKind, Look};
use serde::{Deserialize, Serialize};

/// By what the matches of an expression are found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Anchor {
    /// They begin a word in one of few ways.
    Heads(Vec<Head>),
    /// Their shape, from their start.
    Start(Stream),
    /// The first bytes of their shape are rare already: the sieve says the rest.
    Sieve(Begin, Sieved),
    /// The shape of something within them.
    Inner(Stream, Before),
    /// A word within them, which begins in one of few ways.
    Within(Vec<Head>, Before),
    /// Nothing about them is rare: all of a text is searched.
    Nothing,
}

/// An anchor, and what its streams are made of.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Way {
    pub(super) anchor: Anchor,
    pub(super) graph: Graph,
    /// Where a match may need the start of a text, which nothing else tells there: which bytes may
    /// stand at the first places of such a match.
    pub(super) at_start: Option<Vec<ByteSet>>,
}

impl Way {
    /// Chooses for an expression without its half boundaries.
    pub(super) fn choose(background: &mut Background, hir: &Hir, boundary: Boundary) -> Way {
        let mut graph = Graph::default();
        let anchor = Anchor::choose(&mut graph, background, hir, boundary);
        let first = || match nfa(hir, false, WhichCaptures::None) {
            Ok(nfa) => opening::first(&nfa, true),
            // Any bytes, then.
            Err(_) => Vec::new(),
        };
        let at_start = hir.properties().look_set().contains(Look::Start).then(first);
        Way { anchor, graph, at_start }
    }
}

/// How the matches of an expression begin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Begin {
    /// In so many ways,
    pub(super) count: usize,
    /// which are these.
    pub(super) beginnings: Later<Vec<Beginning>>,
    /// No letter, digit or underscore stands before them.
    pub(super) fresh: bool,
}

impl Begin {
    /// The ways, and whether each begins afresh.
    pub(super) fn all(&self) -> impl Iterator<Item = (Beginning, bool)> + use<'_> {
        // What cannot be read may begin with anything.
        let ways = self.beginnings.get().map_or(&[Beginning::ANYTHING][..], |ways| ways);
        ways.iter().map(|way| (*way, self.fresh))
    }
}

/// Shapes are followed this far, in bytes, or less.
const DEPTHS: [usize; 8] = [3, 4, 6, 8, 10, 13, 17, 24];
/// And these are tried of what stands further on.
const FEW_DEPTHS: [usize; 3] = [4, 8, 13];
/// A byte that is no more often than this tells enough by itself.
const RARE: f32 = 0.0002;
/// To look at a candidate costs so many nanoseconds,
pub(super) const CANDIDATE: f32 = 60.0;
/// to walk from one that others look at as well so many,
const SHARED: f32 = 25.0;
/// to go back from a shape to the start so many,
pub(super) const BACK: f32 = 40.0;
/// to make a stream of others so many for each byte of a text,
const STEP: f32 = 0.013;
/// to tell bytes apart so many,
const SET: f32 = 0.05;
/// what costs more than this may be found by something within it,
const INNER: f32 = 0.1;
/// and what costs no more than this costs nothing.
const CHEAP: f32 = 0.05;
/// What costs more than a search through all of the text is found by that.
const WHOLE: f32 = 4.0;

impl Anchor {
    /// Chooses for an expression without its half boundaries. What it needs of streams is added
    /// to the graph.
    fn choose(
        graph: &mut Graph,
        background: &mut Background,
        hir: &Hir,
        boundary: Boundary,
    ) -> Anchor {
        let bounded = boundary != Boundary::None;
        let parts = parts(hir);
        let fresh = bounded || starts_word(&parts);
        // Any letter or figure is no way to begin.
        let first = firsts(&parts);
        let many = |from, to| (from..=to).all(|b| first.has(b));
        let told = !many(b'A', b'Z') && !many(b'a', b'z') && !first.has(b'5');
        let heads = (fresh && told).then(|| heads::heads(hir)).flatten();
        let heads = heads.filter(|heads| heads::begin_words(heads));
        // Heads cost next to nothing but for their candidates.
        let expected =
            { heads.iter().flatten() }.map(|head| CANDIDATE * background.head(head)).sum::<f32>();
        if let Some(heads) = &heads
            && expected < CHEAP
        {
            return Anchor::Heads(heads.clone());
        }
        let mut best = Choice { grain: Grain::Fine, depth: 0, frequency: 1.0, cost: f32::MAX };
        for grain in [Grain::Coarse, Grain::Fine] {
            background.grain = grain;
            let choice = cheapest(background, &parts, bounded, fresh, &DEPTHS);
            if choice.cost < best.cost {
                best = choice;
            }
            if best.cost < CHEAP {
                break;
            }
        }
        let mut from = 0;
        let (mut before, mut most) = (ByteSet::default(), 0usize);
        if best.cost > INNER {
            background.grain = Grain::Fine;
            for at in 1..parts.len() {
                before = before.union(&bytes_of(parts[at - 1]));
                most += parts[at - 1].properties().maximum_len().unwrap_or(MAX_MATCH);
                let alone = cheapest(background, &parts[at..], bounded, false, &[1]);
                let mut inner = match alone.frequency <= RARE {
                    true => alone,
                    false => cheapest(background, &parts[at..], bounded, false, &FEW_DEPTHS),
                };
                let starts = starts(background, &before, most, fresh);
                inner.cost += inner.frequency * (BACK + CANDIDATE * starts);
                if inner.cost < best.cost * 0.5 {
                    (best, from) = (inner, at);
                }
                if most >= MAX_MATCH && before.len() > 240 {
                    break;
                }
            }
        }
        if let Some(heads) = heads
            && expected <= best.cost
        {
            return Anchor::Heads(heads);
        }
        let beginnings = beginnings(background, &parts, bounded, fresh);
        let by_beginning = beginnings.as_ref().map_or(f32::MAX, |(cost, _)| *cost);
        let least = best.cost.min(by_beginning);
        if least > INNER
            && let Some((cost, words, before)) = within::rarest(background, &parts, fresh)
            && cost < least * 0.5
        {
            return Anchor::Within(words, before);
        }
        if let Some((cost, beginnings)) = beginnings
            && cost <= best.cost.min(WHOLE)
            && let Some(sieved) = Sieved::of(hir, bounded)
        {
            let begin = Begin { count: beginnings.len(), beginnings: beginnings.into(), fresh };
            return Anchor::Sieve(begin, sieved);
        }
        if best.cost > WHOLE {
            return Anchor::Nothing;
        }
        graph.grain = best.grain;
        loop {
            let stream = build(graph, &parts[from..], bounded, best.depth);
            if !graph.fits(stream) {
                match DEPTHS.iter().rev().find(|depth| **depth < best.depth) {
                    Some(depth) => best.depth = *depth,
                    None => return Anchor::Nothing,
                }
                continue;
            }
            if stream == Stream::All {
                return Anchor::Nothing;
            }
            if from > 0 {
                let (mut of, mut most) = (ByteSet::default(), 0usize);
                for part in &parts[..from] {
                    of = of.union(&bytes_of(part));
                    most += characters(part);
                }
                let before = Before { of, most: most.min(MAX_MATCH), first, bounded: fresh };
                return Anchor::Inner(stream, before);
            }
            return Anchor::Start(match fresh {
                true => {
                    let fresh = Stream::Node(graph.node(Node::Fresh));
                    graph.and(stream, fresh, 0)
                }
                false => stream,
            });
        }
    }
}

/// An expression that may begin anywhere begins with no longer run than this.
const LONGEST_RUN: u32 = 4;

/// How what is made of `parts` begins, and what it costs to walk from each such place. It ends with
/// a half boundary if `ends`, and begins with one if `fresh`.
fn beginnings(
    background: &mut Background,
    parts: &[&Hir],
    ends: bool,
    fresh: bool,
) -> Option<(f32, Vec<Beginning>)> {
    // From every byte of a run there would be a walk to its end.
    let run = |part: &&Hir| match part.kind() {
        HirKind::Repetition(run) => run.max.is_none_or(|most| most > LONGEST_RUN),
        _ => false,
    };
    if !fresh && parts.first().is_some_and(run) {
        return None;
    }
    let anything = Beginnings.anything();
    let over = ByteSet::of(|b| !is_word(b));
    let then = if ends { Beginnings.one(&over, &anything) } else { anything };
    let all = sequence(&mut Beginnings, parts, &then, BYTES);
    background.grain = Grain::Fine;
    let often = all.iter().map(|one| one.frequency(background, fresh)).sum::<f32>();
    let hits = expected(background, parts, ends, fresh, DEPTHS[DEPTHS.len() - 1]);
    Some((SHARED * often + CANDIDATE * hits, all))
}

/// How many starts to expect before a place, where at most so many bytes of a set may stand between.
pub(super) fn starts(
    background: &mut Background,
    before: &ByteSet,
    most: usize,
    fresh: bool,
) -> f32 {
    let anything = background.anything();
    let other = 1.0 - frequency(&background.one(before, &anything), false);
    let run = (most as f32).min(1.0 / other.max(0.01));
    run * if fresh { 0.2 } else { 1.0 }
}

struct Choice {
    grain: Grain,
    depth: usize,
    frequency: f32,
    /// Nanoseconds for each byte of a text.
    cost: f32,
}

/// How far to follow the shape of what begins with `parts`. It ends with a half boundary if
/// `ends`, and begins with one if `begins`.
fn cheapest(
    background: &mut Background,
    parts: &[&Hir],
    ends: bool,
    begins: bool,
    depths: &[usize],
) -> Choice {
    let grain = background.grain;
    let mut best = Choice { grain, depth: 0, frequency: 1.0, cost: f32::MAX };
    for &depth in depths {
        let frequency = expected(background, parts, ends, begins, depth);
        let mut graph = Graph::with(grain);
        build(&mut graph, parts, ends, depth);
        let streams = graph.nodes.len() as f32 * STEP + graph.sets.len() as f32 * SET;
        let cost = frequency * CANDIDATE + streams;
        if cost < best.cost {
            best = Choice { grain, depth, frequency, cost };
        }
        let len: usize = parts.iter().filter_map(|p| p.properties().minimum_len()).sum();
        if depth > len + 8 {
            break;
        }
    }
    best
}

/// How often the shape of what begins with `parts` is to be expected, as far as `depth`.
fn expected(
    background: &mut Background,
    parts: &[&Hir],
    ends: bool,
    begins: bool,
    depth: usize,
) -> f32 {
    let anything = background.anything();
    let over = ByteSet::of(|b| !is_word(b));
    let then = if ends { background.one(&over, &anything) } else { anything };
    let value = sequence(background, parts, &then, depth);
    frequency(&value, begins)
}

fn build(graph: &mut Graph, parts: &[&Hir], ends: bool, depth: usize) -> Stream {
    let then = if ends { Stream::Node(graph.node(Node::Over)) } else { Stream::All };
    sequence(graph, parts, &then, depth)
}

#[cfg(test)]
mod tests {
    use super::super::super::dialect;
    use super::*;
    use crate::detector::Case;

    fn chosen(regex: &str, boundary: Boundary) -> Anchor {
        let hir = dialect::parse(regex, Case::Sensitive).unwrap();
        Anchor::choose(&mut Graph::default(), &mut Background::default(), &hir, boundary)
    }

    #[test]
    fn an_expression_is_found_by_what_is_rare_about_it() {
        let bounded = |regex| chosen(regex, Boundary::Word);
        assert!(matches!(bounded("AKIA[A-Z0-9]{16}"), Anchor::Heads(heads) if heads.len() == 1));
        assert!(matches!(bounded(r"\d{8}"), Anchor::Sieve(..)));
        assert!(!matches!(chosen("[a-z0-9.]+@[a-z]+", Boundary::None), Anchor::Sieve(..)));
        assert!(matches!(chosen(r"\bAKIA[A-Z0-9]{16}\b", Boundary::None), Anchor::Heads(_)));
        assert!(matches!(chosen(r"[^\n]{4,}", Boundary::None), Anchor::Nothing));
        assert!(matches!(chosen(r"[^\n]{0,120}\bpwd\b", Boundary::None), Anchor::Inner(..)));
        let is_the = r"\b\w[!-~]{5,40} is the (?:[a-z]{1,9} )?(?:[Pp]assword|PASSWORD)\b";
        assert!(
            matches!(chosen(is_the, Boundary::None), Anchor::Within(words, _) if words.len() == 2)
        );
        let glued = r"\b\w[!-~]{5,40} is the(?:[a-z]{1,9} )?(?:[Pp]assword|PASSWORD)\b";
        assert!(!matches!(chosen(glued, Boundary::None), Anchor::Within(..)));
    }
}
