//! Shapes as formulas over bit streams, with everything they have in common worked out once.

use super::super::bytes::ByteSet;
use super::shape::{Algebra, Grain};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// A stream: one bit for each byte of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Stream {
    /// Every bit set.
    All,
    /// No bit set.
    None,
    /// What a node of the graph comes to.
    Node(u32),
}

/// How a stream is made of others. `b >> k` is `b` seen from `k` bytes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Node {
    /// Bytes of the set of this number.
    Set(u32),
    /// Places before which no letter, digit or underscore stands.
    Fresh,
    /// Places at which no letter, digit or underscore stands, the end of the text among them.
    Over,
    /// Places of which either this byte or the one before is a letter, digit or underscore.
    Edge,
    /// `a & (b >> k)`.
    And(u32, u32, u32),
    /// `b >> k`.
    Ahead(u32, u32),
    /// `a | b`.
    Or(u32, u32),
    /// `a | (p & (a >> k))`.
    OrAnd(u32, u32, u32),
}

/// How far ahead of a place a stream may look, in bytes.
pub(super) const DEPTH: u32 = 448;
/// Runs of so many bytes are taken to lead anywhere.
pub(super) const LONG: usize = 1 << STEPS;
const STEPS: u32 = 5;
/// A run needs at most so many bytes; more is not looked at.
const LONGEST_RUN: usize = 40;

/// Nodes, each after those it is made of.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Graph {
    pub(super) sets: Vec<ByteSet>,
    pub(super) nodes: Vec<Node>,
    /// How far ahead each node looks.
    #[serde(skip)]
    depths: Vec<u32>,
    #[serde(skip)]
    known: FxHashMap<Node, u32>,
    /// How finely bytes are told apart.
    #[serde(skip)]
    pub(super) grain: Grain,
}

impl Graph {
    pub(super) fn with(grain: Grain) -> Self {
        Graph { grain, ..Graph::default() }
    }

    pub(super) fn node(&mut self, node: Node) -> u32 {
        if let Some(&known) = self.known.get(&node) {
            return known;
        }
        let depth = |i: u32| self.depths[i as usize];
        let depth = match node {
            Node::Set(_) | Node::Fresh | Node::Over | Node::Edge => 0,
            Node::And(a, b, k) => depth(a).max(depth(b) + k),
            Node::Ahead(b, k) => depth(b) + k,
            Node::Or(a, b) => depth(a).max(depth(b)),
            Node::OrAnd(a, p, k) => (depth(a) + k).max(depth(p)),
        };
        let number = self.nodes.len() as u32;
        self.nodes.push(node);
        self.depths.push(depth);
        self.known.insert(node, number);
        number
    }

    /// Takes over what a stream of another graph is made of.
    pub(super) fn adopt(&mut self, other: &Graph, stream: Stream) -> Stream {
        let Stream::Node(root) = stream else { return stream };
        let mut place = Vec::with_capacity(other.nodes.len());
        for &node in &other.nodes {
            let at = |i: u32| place[i as usize];
            let node = match node {
                Node::Set(set) => Node::Set(self.number(&other.sets[set as usize])),
                Node::Fresh | Node::Over | Node::Edge => node,
                Node::And(a, b, k) => Node::And(at(a), at(b), k),
                Node::Ahead(b, k) => Node::Ahead(at(b), k),
                Node::Or(a, b) => Node::Or(at(a).min(at(b)), at(a).max(at(b))),
                Node::OrAnd(a, p, k) => Node::OrAnd(at(a), at(p), k),
            };
            let number = self.node(node);
            place.push(number);
        }
        Stream::Node(place[root as usize])
    }

    /// Whether a stream looks no further ahead than it may.
    pub(super) fn fits(&self, stream: Stream) -> bool {
        match stream {
            Stream::Node(node) => self.depths[node as usize] <= DEPTH,
            _ => true,
        }
    }

    pub(super) fn set(&mut self, set: &ByteSet) -> Stream {
        if set.is_all() {
            return Stream::All;
        }
        if set.len() == 0 {
            return Stream::None;
        }
        let number = self.number(set);
        Stream::Node(self.node(Node::Set(number)))
    }

    fn number(&mut self, set: &ByteSet) -> u32 {
        let number = self.sets.iter().position(|other| other == set).unwrap_or_else(|| {
            self.sets.push(*set);
            self.sets.len() - 1
        });
        number as u32
    }

    pub(super) fn and(&mut self, a: Stream, b: Stream, k: u32) -> Stream {
        match (a, b) {
            (Stream::None, _) | (_, Stream::None) => Stream::None,
            (a, Stream::All) => a,
            (Stream::All, Stream::Node(b)) if k == 0 => Stream::Node(b),
            (Stream::All, Stream::Node(b)) => Stream::Node(self.node(Node::Ahead(b, k))),
            (Stream::Node(a), Stream::Node(b)) => Stream::Node(self.node(Node::And(a, b, k))),
        }
    }

    pub(super) fn or(&mut self, a: Stream, b: Stream) -> Stream {
        match (a, b) {
            (Stream::All, _) | (_, Stream::All) => Stream::All,
            (Stream::None, other) | (other, Stream::None) => other,
            (Stream::Node(a), Stream::Node(b)) if a == b => Stream::Node(a),
            (Stream::Node(a), Stream::Node(b)) => {
                Stream::Node(self.node(Node::Or(a.min(b), a.max(b))))
            }
        }
    }

    /// `n` bytes of a set one after the other.
    fn power(&mut self, set: Stream, n: u32) -> Stream {
        if n == 1 {
            return set;
        }
        let half = n.next_power_of_two() / 2;
        let (a, b) = (self.power(set, half), self.power(set, n - half));
        self.and(a, b, half)
    }

    /// Any number of bytes of a set up to `most`, perhaps more, and then `then`.
    fn star(&mut self, set: Stream, most: Option<usize>, then: Stream) -> Stream {
        let mut value = then;
        for step in 0..STEPS {
            if most.is_some_and(|most| most < 1 << step) {
                return value;
            }
            let power = self.power(set, 1 << step);
            value = match (value, power) {
                (Stream::Node(a), Stream::Node(p)) => {
                    Stream::Node(self.node(Node::OrAnd(a, p, 1 << step)))
                }
                _ => {
                    let more = self.and(power, value, 1 << step);
                    self.or(value, more)
                }
            };
        }
        if most.is_some_and(|most| most < LONG) {
            return value;
        }
        let long = self.power(set, 1 << STEPS);
        self.or(value, long)
    }
}

impl Algebra for Graph {
    type Value = Stream;

    fn round(&self, set: &ByteSet) -> ByteSet {
        self.grain.round(set)
    }

    fn anything(&mut self) -> Stream {
        Stream::All
    }

    fn nothing(&mut self) -> Stream {
        Stream::None
    }

    fn edge(&mut self, then: &Stream) -> Stream {
        let edge = Stream::Node(self.node(Node::Edge));
        self.and(edge, *then, 0)
    }

    fn one(&mut self, set: &ByteSet, then: &Stream) -> Stream {
        let set = self.set(set);
        self.and(set, *then, 1)
    }

    fn either(&mut self, a: &Stream, b: &Stream) -> Stream {
        self.or(*a, *b)
    }

    fn run(&mut self, set: &ByteSet, least: usize, most: Option<usize>, then: &Stream) -> Stream {
        let set = self.set(set);
        if least > LONGEST_RUN {
            return self.power(set, LONGEST_RUN as u32);
        }
        let tail = match most {
            Some(most) if most <= least => *then,
            _ if *then == Stream::All => Stream::All,
            _ => self.star(set, most.map(|most| most - least), *then),
        };
        match least {
            0 => tail,
            _ => {
                let all = self.power(set, least as u32);
                self.and(all, tail, least as u32)
            }
        }
    }
}
