use crate::budget::Budget;
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Content, Part};
use std::borrow::Cow;
use std::ops::Range;

/// Reads parts of one format: turns a part into segments and nested parts.
///
/// Registered in its family's list (`formats/<family>/mod.rs`). Type is told by content; the
/// name and declared media type are only hints.
///
/// The contract:
///
/// * Give text with [`Descent::segment`], nested bytes with [`Descent::part`]. Return at once when
///   either answers `Break`.
/// * Say what became of the part's own bytes with [`Descent::claim`]. Bytes that nobody claims get
///   the printable-strings pass when the extractor returns, so a format that is understood in full
///   claims all it read (structure bytes too), and one that gives up half way just stops.
/// * Anything that could not be read is a [`Descent::note`], never an error, never silence.
///   Reading past a fault is better than stopping at it.
/// * Trust nothing declared: sizes, counts, offsets, names. Loops are bounded by the bytes read,
///   memory by [`Limits::buffer`](dlpscan_core::model::Limits::buffer), recursion not at all: use
///   a stack of your own, or `Descent::part`, which counts depth.
/// * Nothing is written to disk, nothing is opened by name.
pub trait Extractor: Sync {
    /// Its name, as in `docs/formats.md`: `zip`, `docx`, `mbox`.
    fn name(&self) -> &'static str;

    /// How sure it is that these first bytes (at most [`SNIFF`] of them) are its format.
    fn sniff(&self, head: &[u8], hint: &Hint<'_>) -> Sure {
        let _ = (head, hint);
        Sure::No
    }

    /// The same for a format that is text, asked only where the first bytes read as such and no
    /// other format is certain.
    fn sniff_text(&self, opening: &Opening<'_>, hint: &Hint<'_>) -> Sure {
        let _ = (opening, hint);
        Sure::No
    }

    /// True when no parser is needed, so that it may run outside the sandbox. Only the plain text
    /// extractor says so.
    fn is_plain(&self) -> bool {
        false
    }

    /// True when it reads a [`Content::Stream`](dlpscan_core::model::Content::Stream) as it
    /// comes. Otherwise a stream is read into memory first.
    fn streams(&self) -> bool {
        false
    }

    /// Where an item of this format may be divided so that `most` readers can each read a piece
    /// of about the same weight, by [`Descent::with_piece`]. All pieces read one after another
    /// give what the undivided item gives. None where that cannot be promised.
    fn divide(&self, content: &Content<'_>, budget: &Budget, most: usize) -> Vec<Piece> {
        let _ = (content, budget, most);
        Vec::new()
    }

    /// Reads the part.
    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow;
}

/// A piece of an item that several read at once: a run of the parts of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where in the item these parts lie. The pieces of an item lie next to each other, and the
    /// last one ends where the item does.
    pub bytes: Range<u64>,
    /// How many parts come before.
    pub before: u64,
}

/// How many first bytes an extractor is shown.
pub const SNIFF: usize = 4096;

/// The first bytes of a part that read as text.
#[derive(Debug)]
pub struct Opening<'a> {
    /// In UTF-8, whatever they were in.
    pub text: Cow<'a, [u8]>,
    /// There is no more of the part.
    pub whole: bool,
}

/// What is claimed about a part; never trusted alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The part's name.
    pub name: &'a str,
    /// Its declared media type, lower case, without parameters; empty if none.
    pub media: &'a str,
    /// Its length, where known.
    pub len: Option<u64>,
}

impl Hint<'_> {
    /// True when the name ends in one of these (lower case, without dot).
    pub fn ends(&self, extensions: &[&str]) -> bool {
        self.name
            .rsplit_once('.')
            .is_some_and(|(_, e)| extensions.iter().any(|x| e.eq_ignore_ascii_case(x)))
    }
}

/// How sure an extractor is. The surest wins; among equals the first in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// It is something else.
    No,
    /// It could be read that way if nothing better is known (text).
    Fallback,
    /// It looks like it, and the name or media type says so too.
    Likely,
    /// A magic number or an unmistakable beginning.
    Certain,
    /// As certain, and more specific than another certain format (docx inside zip).
    Exact,
}
