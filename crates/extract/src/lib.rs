//! Turns bytes of any format into segments that know where they stood.
//!
//! [`Descent`] is the way down: it tells a part's type by its content, has the right
//! [`Extractor`] read it within the [`Budget`], and closes the part's account in the ledger.
//! A format is one file in `formats/<family>/` and one line in that family's list.

mod base64;
mod budget;
pub mod decode;
mod descend;
mod extractor;
pub mod formats;
mod little_endian;
mod ocr;
mod unlock;

pub use budget::Budget;
pub use descend::{Descent, Flow, Sink, choose};
pub use extractor::{Extractor, Hint, Opening, Piece, SNIFF, Sure};
pub use ocr::{Grey, MOST_LOOKED_AT, Ocr, Way};
pub use unlock::passwords;
