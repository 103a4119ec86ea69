//! The nouns: what is scanned, where it stood, what was found and what could not be read.

mod content;
mod evidence;
mod facts;
mod finding;
mod item;
mod ledger;
mod limits;
mod outcome;
mod part;
mod place;
mod reason;
mod secret;
mod segment;
mod spanmap;

pub use content::{Content, ReadSeek, Stopped};
pub use evidence::{Evidence, EvidenceKind, Level, Trust};
pub use facts::Facts;
pub use finding::{Finding, Location};
pub use item::{Envelope, Handle, Item, ItemName, OpenFile, Origin};
pub use ledger::{Coverage, Fate, LayerSum, Ledger, Note};
pub use limits::Limits;
pub use outcome::{Outcome, Status, Verdict};
pub use part::{Part, PartPath};
pub use place::Place;
pub use reason::Reason;
pub use secret::{Secret, mask};
pub use segment::{Cell, Layout, Mark, PlaceCursor, Role, Segment, Table};
pub use spanmap::SpanMap;
