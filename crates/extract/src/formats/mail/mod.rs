//! Messages and mailboxes.

mod decode;
mod eml;
mod header;
mod lines;
mod lzfu;
pub(crate) mod mapi;
pub(crate) mod mapi_text;
mod mbox;
#[cfg(feature = "pst")]
mod pst;
#[cfg(feature = "pst")]
mod pst_message;
mod signed;
mod tnef;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[
    &mbox::Mbox,
    &eml::Eml,
    &signed::Signed,
    &tnef::Tnef,
    #[cfg(feature = "pst")]
    &pst::Pst,
];
