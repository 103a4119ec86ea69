//! Containers and compression.

mod ar;
#[cfg(feature = "cab")]
mod cab;
#[cfg(feature = "cab")]
mod chm;
mod claims;
mod codec;
mod cpio;
mod iso;
mod kept;
mod locked;
mod lzw;
pub(crate) mod names;
mod packed;
mod packed_rare;
mod pgp;
#[cfg(any(feature = "rar", feature = "pst"))]
mod positioned;
mod rar;
#[cfg(any(feature = "cab", feature = "sevenz"))]
mod sequence;
#[cfg(feature = "sevenz")]
mod sevenz;
#[cfg(feature = "sevenz")]
mod sevenz_coder;
#[cfg(feature = "sevenz")]
mod sevenz_header;
#[cfg(any(feature = "avro", feature = "parquet"))]
mod snappy;
mod store;
mod tar;
mod tar_header;
#[cfg(feature = "rar")]
mod unrar;
#[cfg(feature = "rar")]
mod unrar_mend;
mod zip;
mod zip_directory;
mod zip_divide;

pub(crate) use claims::Claims;
#[cfg(feature = "avro")]
pub(crate) use codec::Codec;
#[cfg(any(feature = "arrow", feature = "parquet"))]
pub(crate) use codec::Zstd;
#[cfg(feature = "pst")]
pub(crate) use positioned::Positioned;
pub(crate) use store::Store;
pub(crate) use zip::ENTRIES;
pub(crate) use zip_directory::appended;

use crate::extractor::Extractor;

/// The family's extractors.
pub const LIST: &[&dyn Extractor] = &[
    &zip::Zip,
    &tar::Tar,
    &packed::Gz,
    &packed::BZ2,
    &packed::XZ,
    &packed::ZST,
    &packed::LZMA,
    &packed_rare::Z,
    &packed_rare::LZIP,
    #[cfg(feature = "lz4")]
    &packed_rare::LZ4,
    #[cfg(any(feature = "avro", feature = "parquet"))]
    &snappy::SZ,
    #[cfg(any(feature = "avro", feature = "parquet"))]
    &snappy::IWA,
    #[cfg(feature = "cab")]
    &cab::Cab,
    #[cfg(feature = "cab")]
    &chm::Chm,
    &cpio::Cpio,
    &ar::Ar,
    &iso::Iso,
    &packed::ZLIB,
    #[cfg(feature = "sevenz")]
    &sevenz::SevenZ,
    #[cfg(feature = "rar")]
    &unrar::Unrar,
    &rar::Rar,
    &locked::Locked,
    &pgp::Pgp,
];
