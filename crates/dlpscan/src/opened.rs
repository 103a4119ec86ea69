//! How an item comes to be read: from memory, as a stream, as a file that is small or not.

use crate::isolate::{self, Job};
use crate::salvage::Salvage;
use crate::scanner::Scanner;
use crate::worker::{Depth, Worker};
use dlpscan_core::model::{
    Content, Handle, Item, ItemName, Note, Origin, Outcome, PartPath, Reason, Stopped,
};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

impl Scanner {
    pub(crate) fn read(&self, worker: &mut Worker, item: Item) -> Outcome {
        let Item { name, origin, handle, .. } = item;
        let fault = |name: ItemName, worker: &mut Worker, note| {
            Outcome::fault(self.shown(worker, &name), origin, note)
        };
        match handle {
            Handle::Fault(note) => fault(name, worker, note),
            Handle::Known(findings) => Outcome {
                found: findings.len() as u64,
                findings,
                ..Outcome::empty(self.shown(worker, &name), origin)
            },
            Handle::Memory(bytes) => {
                self.scan_content(worker, name, origin, Content::Bytes(&bytes))
            }
            Handle::Stream(stream) => self.scan_stream(worker, name, origin, stream),
            Handle::File(opener) => match opener.open() {
                Err(note) => fault(name, worker, note),
                Ok((file, meta)) => {
                    let own_name = name.as_str().to_owned();
                    let mut outcome = self.scan_file(worker, name, origin, &file, meta.len());
                    if outcome.ledger.counts().contains_key(&Reason::IoError) {
                        self.salvage(worker, &own_name, &file, meta.len(), &mut outcome);
                    }
                    if changed(&file, &meta) {
                        outcome.ledger.note(Note::new(Reason::Changed, PartPath::root()));
                    }
                    outcome
                }
            },
        }
    }

    /// Scans an open file of this length. A small one is read once, into memory; a child that has
    /// to read it gets the file all the same.
    fn scan_file(
        &self,
        worker: &mut Worker,
        name: ItemName,
        origin: Origin,
        file: &File,
        len: u64,
    ) -> Outcome {
        if len > SMALL as u64 {
            return self.scan_content(worker, name, origin, Content::File(file, len));
        }
        let mut buffer = std::mem::take(&mut worker.buffer);
        buffer.resize(SMALL, 0);
        let bytes = &mut buffer[..len as usize];
        let outcome = match file.read_exact_at(bytes, 0) {
            Ok(()) => self.scan_small(worker, name, origin, bytes, file),
            // Shorter than it was, or not to be read: what can be had of it is read step by step.
            Err(_) => self.scan_content(worker, name, origin, Content::File(file, len)),
        };
        worker.buffer = buffer;
        outcome
    }

    /// Scans a file whose bytes are here.
    fn scan_small(
        &self,
        worker: &mut Worker,
        name: ItemName,
        origin: Origin,
        bytes: &[u8],
        file: &File,
    ) -> Outcome {
        let Some(pool) = &self.pool else {
            return self.scan_content(worker, name, origin, Content::Bytes(bytes));
        };
        let allowed = self.allowed(worker);
        let whole_name = name.as_str().to_owned();
        let mut findings = Vec::new();
        let end = match self.plain(worker, &whole_name, Content::Bytes(bytes), &mut findings) {
            Ok(end) => end,
            Err(_) => {
                let job = Job { pool, core: &self.core, allowed, name: &whole_name, file };
                isolate::scan(&job, &mut |finding| findings.push(finding))
            }
        };
        self.outcome(worker, name, origin, Some(bytes.len() as u64), findings, end)
    }

    /// Looks for printable text behind what could not be read of a file: the note of it stays.
    fn salvage(
        &self,
        worker: &mut Worker,
        name: &str,
        file: &File,
        len: u64,
        outcome: &mut Outcome,
    ) {
        let rest = Salvage::new(|buf: &mut [u8], at| file.read_at(buf, at), len);
        let known: Vec<(Arc<str>, String)> =
            outcome.findings.iter().map(|f| (f.detector.clone(), f.masked.clone())).collect();
        let mut more = Vec::new();
        self.here(worker, name, Content::Stream(Box::new(rest)), Depth::Strings, &mut |finding| {
            if !known.iter().any(|(d, m)| *d == finding.detector && *m == finding.masked) {
                more.push(finding);
            }
        });
        outcome.found += more.len() as u64;
        outcome.findings.append(&mut more);
    }

    /// Scans a stream. A short one is held in memory, so that it can be read a second time.
    fn scan_stream(
        &self,
        worker: &mut Worker,
        name: ItemName,
        origin: Origin,
        stream: Box<dyn Read + Send>,
    ) -> Outcome {
        let (head, content) = Content::Stream(stream).peek(SHORT_STREAM + 1);
        match head {
            Ok(bytes) if bytes.len() <= SHORT_STREAM => {
                let fault = io::copy(&mut content.reader(), &mut io::sink()).err();
                let mut outcome = self.scan_content(worker, name, origin, Content::Bytes(&bytes));
                if let Some(error) = fault {
                    let note = Note::new(Stopped::reason(&error), PartPath::root());
                    outcome.ledger.note(note);
                }
                outcome
            }
            _ => self.scan_content(worker, name, origin, content),
        }
    }
}

/// Files up to this size, in bytes, are read at once.
const SMALL: usize = 256 << 10;

/// Streams up to this size, in bytes, are held in memory.
const SHORT_STREAM: usize = 4 << 20;

/// Whether a file is not what it was when it was opened.
fn changed(file: &File, before: &std::fs::Metadata) -> bool {
    match (file.metadata().map(|m| (m.len(), m.modified().ok())), before.modified().ok()) {
        (Ok((len, modified)), was) => len != before.len() || modified != was,
        (Err(_), _) => true,
    }
}
