//! One content read: in this thread as far as that needs no parser, else in children.

use crate::basket::Landed;
use crate::divided;
use crate::isolate::{self, Job};
use crate::parallel::Idle;
use crate::scanner::Scanner;
use crate::worker::{Allowed, Depth, End, Worker};
use dlpscan_core::model::{
    Content, Finding, ItemName, Note, Origin, Outcome, PartPath, Reason, Stopped,
};
use dlpscan_extract::{Budget, Ocr, SNIFF};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, Instant};

impl Scanner {
    pub(crate) fn scan_content(
        &self,
        worker: &mut Worker,
        name: ItemName,
        origin: Origin,
        content: Content<'_>,
    ) -> Outcome {
        let allowed = self.allowed(worker);
        let most = allowed.limits.memory;
        let whole_name = name.as_str().to_owned();
        let (head, content) = content.peek(SNIFF);
        let mut findings = Vec::new();
        let mut bytes = content.len();
        let end = match (&self.pool, head) {
            (_, Err(error)) => End::fault(Note::new(Stopped::reason(&error), PartPath::root())),
            (None, Ok(_)) => {
                self.here(worker, &whole_name, content, Depth::All, &mut |f| findings.push(f))
            }
            (Some(pool), Ok(head)) => {
                let tried = match self.core.is_plain(&whole_name, &head, bytes) {
                    true => self.plain(worker, &whole_name, content, &mut findings),
                    false => Err(content),
                };
                let in_children = |file: &File, len| {
                    let job = Job { pool, core: &self.core, allowed, name: &whole_name, file };
                    in_children(job, len, worker.idle.as_deref(), &mut findings)
                };
                match tried.map_err(|content| for_child(content, most)) {
                    Ok(end) => end,
                    Err(Ok(InChild::Borrowed(file, len))) => in_children(file, len),
                    Err(Ok(InChild::Owned(file, len))) => {
                        bytes = Some(len);
                        in_children(&file, len)
                    }
                    Err(Err(error)) => {
                        End::fault(Note::new(Stopped::reason(&error), PartPath::root()))
                    }
                }
            }
        };
        self.outcome(worker, name, origin, bytes, findings, end)
    }

    /// Scans content in this thread.
    pub(crate) fn here(
        &self,
        worker: &mut Worker,
        name: &str,
        content: Content<'_>,
        depth: Depth,
        emit: &mut dyn FnMut(Finding),
    ) -> End {
        let Allowed { limits, time } = self.allowed(worker);
        let budget = Budget::within(limits, time);
        let ocr = self.core.ocr.as_ref().map(|recogniser| recogniser as &dyn Ocr);
        let mut emit = |landed: Landed| emit(landed.finding);
        self.core.scan(worker, name, content, (depth, None), (&budget, ocr), &mut emit)
    }

    /// Scans plain text in this thread, without a parser. What turns out to need one comes back,
    /// to be read in a child; what can only be read once is read as far as that goes.
    pub(crate) fn plain<'a>(
        &self,
        worker: &mut Worker,
        name: &str,
        content: Content<'a>,
        findings: &mut Vec<Finding>,
    ) -> Result<End, Content<'a>> {
        let again = content.again();
        let depth = if again.is_some() { Depth::Plain } else { Depth::Once };
        let end = self.here(worker, name, content, depth, &mut |f| findings.push(f));
        match again {
            Some(content) if end.needs_parser => {
                findings.clear();
                Err(content)
            }
            _ => Ok(end),
        }
    }

    pub(crate) fn allowed(&self, worker: &Worker) -> Allowed {
        let mut limits = self.core.limits.clone();
        let time = match worker.time {
            None => limits.time(),
            Some(time) if self.core.ocr.is_none() => time,
            Some(time) => {
                limits.ocr_seconds = limits.ocr_seconds.min(time.as_secs() / 2);
                time - Duration::from_secs(limits.ocr_seconds)
            }
        };
        Allowed { limits, time }
    }

    /// What became of an item of this name; `bytes` is its size, where known.
    pub(crate) fn outcome(
        &self,
        worker: &mut Worker,
        name: ItemName,
        origin: Origin,
        bytes: Option<u64>,
        findings: Vec<Finding>,
        end: End,
    ) -> Outcome {
        let End { mut ledger, found, facts, .. } = end;
        let listed = findings.len() as u64;
        if found > listed {
            let detail = format!("{} of {found} findings are counted, not listed", found - listed);
            let note = Note::new(Reason::LimitCount, PartPath::root()).with_detail(detail);
            ledger.note(note);
        }
        Outcome {
            item: self.shown(worker, &name),
            origin,
            bytes: bytes.unwrap_or(ledger.sum().size),
            findings,
            found,
            ledger,
            facts,
            verdict: None,
        }
    }

    /// The item's name with every value in it masked.
    pub(crate) fn shown(&self, worker: &mut Worker, name: &ItemName) -> ItemName {
        let masked = worker.eye.discreet.masked(&self.core.engine, name.as_str());
        masked.map_or_else(|| name.clone(), |shown| ItemName::from(shown.as_str()))
    }
}

/// Has a file of this length read in children: in several where it is worth it and threads of the
/// run may help, else in one.
fn in_children(
    mut job: Job<'_>,
    len: u64,
    idle: Option<&Idle>,
    findings: &mut Vec<Finding>,
) -> End {
    let began = Instant::now();
    let idle = idle.filter(|idle| idle.all() > 1 && len >= divided::LEAST);
    let divided = idle.and_then(|idle| divided::scan(&job, len, idle, &mut |f| findings.push(f)));
    divided.unwrap_or_else(|| {
        job.allowed.time = job.allowed.time.saturating_sub(began.elapsed());
        isolate::scan(&job, &mut |finding| findings.push(finding))
    })
}

/// What a child is given.
enum InChild<'a> {
    Borrowed(&'a File, u64),
    Owned(File, u64),
}

/// Content as a file for a child. What is not a file yet goes to memory, never to disk; more than
/// `most` bytes of it is a limit.
fn for_child(content: Content<'_>, most: u64) -> io::Result<InChild<'_>> {
    match content {
        Content::File(file, len) => Ok(InChild::Borrowed(file, len)),
        other => {
            let mut memory = File::from(memfd_create("item", MemfdFlags::CLOEXEC)?);
            let len = io::copy(&mut other.reader().take(most + 1), &mut memory)?;
            if len > most {
                return Err(Stopped(Reason::LimitMemory).into());
            }
            Ok(InChild::Owned(memory, len))
        }
    }
}
