use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The Message-IDs of all messages that were answered, one a line, each written before its answer
/// is given: what an audit compares with what was delivered.
#[derive(Debug)]
pub struct SeenLog(Mutex<File>);

impl SeenLog {
    /// Opens the file to append to.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(SeenLog(Mutex::new(OpenOptions::new().append(true).create(true).open(path)?)))
    }

    /// Writes one down.
    pub fn write(&self, id: &[u8]) -> io::Result<()> {
        let mut line: Vec<u8> = id.iter().copied().filter(|b| !b.is_ascii_control()).collect();
        line.push(b'\n');
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}
