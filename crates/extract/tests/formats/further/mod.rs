//! Formats that stand behind a feature of their own.

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "avro")]
mod avro;
#[cfg(feature = "parquet")]
mod parquet;
mod plain;
#[cfg(feature = "pst")]
mod pst;
#[cfg(feature = "rar")]
mod rar;
#[cfg(feature = "sevenz")]
mod sevenz;
#[cfg(any(feature = "avro", feature = "parquet"))]
mod snappy;
#[cfg(feature = "sqlite")]
mod sqlite;

use crate::support;
use dlpscan_core::model::{Content, Limits, Part};
use std::path::PathBuf;

/// Reads what others have made, of kinds whose names end like this: nothing may crash or hang.
fn survives_the_files_of_others(extensions: &[&str]) {
    let mut folders: Vec<PathBuf> = ["corpora/real", "corpora/planted", "hostile"]
        .iter()
        .filter_map(|folder| support::shared(folder))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if !extensions.iter().any(|e| name.to_ascii_lowercase().ends_with(e)) {
                continue;
            }
            let bytes = std::fs::read(&path).expect("the file is read");
            let limits = Limits { seconds: 10, bytes: 64 << 20, ..Limits::default() };
            let start = std::time::Instant::now();
            let got = support::read_part(Part::new(name, Content::Bytes(&bytes)), limits);
            got.assert_balances();
            let took = start.elapsed();
            assert!(took.as_secs() < 13, "{}: took {took:?}", path.display());
            // Seen with --nocapture: what became of each.
            #[allow(clippy::print_stdout)]
            {
                let why: Vec<_> = got.ledger.notes().iter().map(|n| n.detail.clone()).collect();
                let read = got.ledger.read_content();
                println!("{} {read} {:?} {why:?}", path.display(), got.reasons());
            }
        }
    }
}
