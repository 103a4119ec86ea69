//! What is told on standard error: plain words, one matter a line, nothing that could act on a
//! terminal.

use dlpscan::report::safe;
use std::fmt;
use std::io::{self, Write};

/// What keeps the command from doing what was asked: a sentence for the person who typed it.
#[derive(Debug)]
pub struct Trouble(String);

impl Trouble {
    pub fn new(message: impl Into<String>) -> Self {
        Trouble(message.into())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says it on standard error. Where that is closed there is nobody to tell.
pub fn tell(message: &str) {
    let mut err = io::stderr().lock();
    for line in message.lines() {
        _ = writeln!(err, "dlpscan: {}", safe(line));
    }
}
