//! Where a pattern may match: one pass over a text for all expressions and phrases at once.
//!
//! `anchor` chooses, from an expression alone, by what its matches are found: by how they begin
//! (`heads`, looked up in a `table`, where they are many at every word that `visits`,
//! `whole_words` and `first_bytes` leave), by their first bytes (`beginning`, put into `buckets` that `teddy` looks
//! for, told byte by byte by `exact` or `fine`, and told apart by one walk, the `sieve`), or by a `shape`, a
//! formula over bit streams (`graph`). `machine` tells bytes apart and `streams` works the formulas
//! out, 4 KiB at a time, with the widest instructions there are. Only where that finds something
//! and the `opening` of a match stands there does an `expression` run. Before all that, `marks` says
//! where a text has to be folded.

mod anchor;
mod automata;
mod background;
mod beginning;
mod buckets;
mod exact;
mod expression;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the widest instructions of a machine")]
mod fine;
pub(super) mod first_bytes;
mod graph;
mod heads;
mod kinds;
mod later;
mod leading;
mod look_up;
#[allow(unsafe_code, reason = "the widest instructions of a machine")]
mod machine;
#[allow(unsafe_code, reason = "the widest instructions of a machine")]
mod marks;
mod mixed;
mod opening;
mod pieces;
mod plan;
mod prepared;
mod program;
mod shape;
mod sieve;
mod starts;
#[allow(unsafe_code, reason = "the widest instructions of a machine")]
mod streams;
mod table;
#[allow(unsafe_code, reason = "the widest instructions of a machine")]
mod teddy;
mod told;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the widest instructions of a machine")]
mod vector;
mod visits;
mod whole_words;
mod windows;
mod within;
mod written;

pub(super) use expression::{Expression, Facts, Memory};
pub use machine::Machine;
pub(super) use marks::Marks;
pub(super) use plan::{Finder, FinderBuilder, Streams, Target};
pub use prepared::Prepared;
pub(super) use starts::{Parts, WordStarts};
pub(super) use visits::{Keywords, Places, Visits};
pub(super) use whole_words::Word;
