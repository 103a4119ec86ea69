//! The floor under every format: runs of printable characters in bytes nobody could decode.

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Fate, Part, Place, Reason, Role, Segment, Stopped};
use std::io::Read;

/// Data of no known format: its printable strings are scanned, and it is noted as unsupported.
pub struct Raw;

impl Extractor for Raw {
    fn name(&self) -> &'static str {
        "unknown"
    }

    fn sniff(&self, _head: &[u8], _hint: &Hint<'_>) -> Sure {
        Sure::Fallback
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let len = part.content.len();
        descent.note_with(Reason::Unsupported, len, "");
        let flow = strings(part.content.reader(), 0, descent);
        if let Some(len) = len {
            descent.claim(0..len, Fate::Scanned);
        }
        flow
    }
}

/// Shortest run of printable characters worth scanning.
const SHORTEST: usize = 6;
/// Bytes read at a time.
const BLOCK: usize = 1 << 20;
/// A run still open at a block's end is kept up to so many bytes.
const LONGEST_RUN: usize = 64 << 10;

/// Scans the printable ASCII runs of a reader whose first byte is byte `base` of the current part.
/// A read error is noted.
pub fn strings(mut reader: impl Read, base: u64, descent: &mut Descent<'_>) -> Flow {
    let mut block = vec![0; BLOCK];
    let mut run = Vec::new();
    let mut at = base;
    loop {
        if let Err(Stopped(reason)) = descent.budget().check() {
            descent.note(reason);
            return Flow::Continue(());
        }
        let n = match reader.read(&mut block) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                descent.fault(&error);
                break;
            }
        };
        for &byte in &block[..n] {
            if matches!(byte, b' '..=b'~' | b'\t') && run.len() < LONGEST_RUN {
                run.push(byte);
            } else if !run.is_empty() {
                give(&run, at - run.len() as u64, descent)?;
                run.clear();
            }
            at += 1;
        }
    }
    give(&run, at - run.len() as u64, descent)
}

fn give(run: &[u8], offset: u64, descent: &mut Descent<'_>) -> Flow {
    if run.len() < SHORTEST {
        return Flow::Continue(());
    }
    let segment = Segment { role: Role::Raw, ..Segment::new(run, Place::Offset { offset }) };
    descent.segment(&segment)
}
