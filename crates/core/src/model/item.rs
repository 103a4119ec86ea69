use super::{Finding, Note};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, Metadata};
use std::sync::Arc;

/// The unit of decision: a file, a message, a volume, a run of memory. Small, owned, `Send`.
#[derive(Debug)]
pub struct Item {
    /// Its name, as the user gave or would give it.
    pub name: ItemName,
    /// Where it came from.
    pub origin: Origin,
    /// How to get at its bytes.
    pub handle: Handle,
    /// A mail's sender and recipients.
    pub envelope: Option<Envelope>,
}

/// An item's name. Bytes that are not UTF-8 are escaped (`\xE9`) in the display form, never lost.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ItemName {
    display: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    bytes: Option<Vec<u8>>,
}

impl ItemName {
    /// From a path's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(name) => ItemName { display: name.to_owned(), bytes: None },
            Err(_) => {
                let mut display = String::new();
                for chunk in bytes.utf8_chunks() {
                    display.push_str(chunk.valid());
                    for b in chunk.invalid() {
                        display.push_str(&format!("\\x{b:02X}"));
                    }
                }
                ItemName { display, bytes: Some(bytes.to_vec()) }
            }
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.display
    }

    /// The original bytes, where they are not UTF-8.
    pub fn raw(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// The last piece of the name.
    pub fn file_name(&self) -> &str {
        self.display.rsplit('/').find(|piece| !piece.is_empty()).unwrap_or(&self.display)
    }
}

impl From<&str> for ItemName {
    fn from(name: &str) -> Self {
        ItemName { display: name.to_owned(), bytes: None }
    }
}

impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

/// Where an item came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// A file, or a folder that could not be listed.
    File,
    /// Standard input.
    Stdin,
    /// Memory of the calling program.
    Memory,
    /// A message handed over by a mail server.
    Mail,
    /// A volume: what is known of it, not what is on it.
    Volume,
}

/// A mail's sender and recipients, as the server was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Envelope {
    /// The sender; empty for a bounce.
    pub sender: String,
    /// The recipients.
    pub recipients: Vec<String>,
}

/// How to get at an item's bytes. Nothing is opened until a worker takes the item.
pub enum Handle {
    /// A file, opened when its turn comes.
    File(Box<dyn OpenFile>),
    /// In memory.
    Memory(Arc<[u8]>),
    /// A stream that can be read once: standard input.
    Stream(Box<dyn std::io::Read + Send>),
    /// Nothing can be read: why, and what is known.
    Fault(Note),
    /// There is nothing to read: what there is to find is known already.
    Known(Vec<Finding>),
}

/// Opens an item's file without following links and without changing it.
pub trait OpenFile: Send {
    /// The open regular file and what it is now, or why it cannot be had.
    fn open(&self) -> Result<(File, Metadata), Note>;
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Handle::File(_) => f.write_str("File"),
            Handle::Memory(bytes) => write!(f, "Memory({})", bytes.len()),
            Handle::Stream(_) => f.write_str("Stream"),
            Handle::Fault(note) => write!(f, "Fault({note:?})"),
            Handle::Known(findings) => write!(f, "Known({})", findings.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_text_is_escaped_and_kept() {
        let name = ItemName::from_bytes(b"caf\xE9.txt");
        assert_eq!(name.as_str(), "caf\\xE9.txt");
        assert_eq!(name.raw(), Some(&b"caf\xE9.txt"[..]));
    }

    #[test]
    fn the_file_name_is_the_last_piece_that_is_not_empty() {
        assert_eq!(ItemName::from("a/b/c.txt").file_name(), "c.txt");
        assert_eq!(ItemName::from("a/b/").file_name(), "b");
    }
}
