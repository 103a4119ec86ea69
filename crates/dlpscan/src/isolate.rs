//! Reading an item in a sandboxed child: what is asked, what is answered, and what it means when
//! the child dies.

use crate::scanner::{Allowed, Core, Depth, End, Worker};
use dlpscan_core::model::{
    Content, Facts, Finding, Ledger, Limits, Note, PartPath, Reason, Secret,
};
use dlpscan_extract::{Budget, Grey, Ocr, Way};
use dlpscan_sandbox::{Ending, Pool, Request, Settings};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the parent asks a child; the item's bytes come as an open file.
#[derive(Serialize, Deserialize)]
struct Ask {
    name: String,
    depth: Depth,
    limits: Limits,
    time: Duration,
}

/// What a child answers, one JSON object a frame.
#[derive(Serialize, Deserialize)]
enum Frame {
    Finding {
        finding: Finding,
        /// Only with `--reveal`.
        secret: Option<Vec<u8>>,
    },
    End(End),
}

/// How an item's time is shared out, in tenths: the first try stops by itself after six, is killed
/// after eight, and the second, which only looks for printable strings, is killed after the rest.
const FIRST: u32 = 6;
const FIRST_KILLED: u32 = 8;
const SECOND_KILLED: u32 = 2;

/// Starts the fork server. Call it while the process has one thread.
pub(crate) fn start(core: Arc<Core>) -> io::Result<Pool> {
    let settings = Settings { memory: core.limits.memory };
    let worker = Mutex::new(None);
    Pool::start(
        settings,
        Box::new(move |request: Request<'_>, answer: &mut dyn FnMut(&[u8])| {
            let mut worker = worker.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let worker: &mut Worker = worker.get_or_insert_with(|| core.worker());
            serve(&core, worker, request, answer);
        }),
    )
}

/// In the child.
fn serve(core: &Core, worker: &mut Worker, request: Request<'_>, answer: &mut dyn FnMut(&[u8])) {
    let (Ok(ask), Some(file)) = (serde_json::from_slice::<Ask>(request.bytes), request.file) else {
        return;
    };
    let mut say = |frame: &Frame| {
        if let Ok(bytes) = serde_json::to_vec(frame) {
            answer(&bytes);
        }
    };
    let end = match file.metadata() {
        Ok(meta) => {
            let content = Content::File(file, meta.len());
            let budget = Budget::within(ask.limits, ask.time);
            let through = Through(request);
            let ocr = core.ocr.is_some().then_some(&through as &dyn Ocr);
            let means = (&budget, ocr);
            core.scan(worker, &ask.name, content, ask.depth, means, &mut |mut finding| {
                let secret = finding.secret.take().map(|s| s.reveal().to_vec());
                say(&Frame::Finding { finding, secret });
            })
        }
        Err(_) => End::fault(Note::new(Reason::IoError, PartPath::root())),
    };
    say(&Frame::End(end));
}

/// In the child: pictures are read by the parent, who may start programs.
struct Through<'r>(Request<'r>);

impl Ocr for Through<'_> {
    fn look(&self, picture: &Grey, way: Way, within: Duration) -> Result<Vec<u8>, Reason> {
        let milliseconds = u32::try_from(within.as_millis()).unwrap_or(u32::MAX);
        let mut question = Vec::with_capacity(HEAD + picture.pixels.len());
        question.push(WAYS.iter().position(|&w| w == way).unwrap_or(0) as u8);
        for number in [milliseconds, picture.width, picture.height] {
            question.extend_from_slice(&number.to_le_bytes());
        }
        question.extend_from_slice(&picture.pixels);
        let answer = self.0.ask(&question).map_err(|_| Reason::LimitPixels)?;
        match answer.split_first() {
            Some((&READ, words)) => Ok(words.to_vec()),
            Some((_, reason)) => Err(serde_json::from_slice(reason).unwrap_or(Reason::Crash)),
            None => Err(Reason::Crash),
        }
    }
}

/// What a question is about, one byte of it.
const WAYS: [Way; 3] = [Way::Block, Way::Sparse, Way::Turned];
/// Bytes of a question before the pixels: the way, and three numbers.
const HEAD: usize = 13;
/// The first byte of an answer that is words, not a reason.
const READ: u8 = 1;

/// In the parent: answers a child's question about a picture, within what is left of the item's
/// time for pictures.
fn look(core: &Core, left: &mut Duration, question: &[u8]) -> Vec<u8> {
    let began = Instant::now();
    let read = || -> Result<Vec<u8>, Reason> {
        let ocr = core.ocr.as_ref().ok_or(Reason::NoOcr)?;
        let (head, pixels) = question.split_first_chunk::<HEAD>().ok_or(Reason::Crash)?;
        let way = *WAYS.get(usize::from(head[0])).ok_or(Reason::Crash)?;
        let number =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let within = Duration::from_millis(u64::from(number(1))).min(*left);
        if within.is_zero() {
            return Err(Reason::LimitTime);
        }
        let picture = Grey { width: number(5), height: number(9), pixels: pixels.to_vec() };
        ocr.look(&picture, way, within)
    };
    let answer = match read() {
        Ok(words) => [&[READ][..], &words].concat(),
        Err(reason) => [&[0][..], &serde_json::to_vec(&reason).unwrap_or_default()].concat(),
    };
    *left = left.saturating_sub(began.elapsed());
    answer
}

/// In the parent: has a file read in a child. A child that dies costs a note; what it had found
/// stays, and a second child looks for printable strings. There is no third try.
pub(crate) fn scan(
    pool: &Pool,
    core: &Core,
    allowed: &Allowed,
    name: &str,
    file: &File,
    emit: &mut dyn FnMut(Finding),
) -> End {
    let mut seen = Vec::new();
    let tenth = allowed.time / 10;
    let time = Time { cooperative: tenth * FIRST, killed: tenth * FIRST_KILLED };
    let first = attempt(pool, core, (&allowed.limits, time), name, Depth::All, file, &mut |f| {
        seen.push((f.detector.clone(), f.masked.clone()));
        emit(f);
    });
    let reason = match first {
        Ok(end) => return end,
        Err(reason) => reason,
    };
    let mut end = End::fault(Note::new(reason, PartPath::root()));
    end.found = seen.len() as u64;
    if !seen.is_empty() {
        end.ledger.content(1);
    }
    let time = Time { cooperative: tenth, killed: tenth * SECOND_KILLED };
    let mut more = 0;
    let second =
        attempt(pool, core, (&allowed.limits, time), name, Depth::Strings, file, &mut |f| {
            if !seen.iter().any(|(d, m)| *d == f.detector && *m == f.masked) {
                more += 1;
                emit(f);
            }
        });
    end.found += more;
    if let Ok(second) = second {
        end.ledger.absorb(second.ledger);
        end.facts.absorb(second.facts);
    }
    end
}

/// One try's time: after `cooperative` it should stop by itself, after `killed` it is made to.
struct Time {
    cooperative: Duration,
    killed: Duration,
}

fn attempt(
    pool: &Pool,
    core: &Core,
    (limits, time): (&Limits, Time),
    name: &str,
    depth: Depth,
    file: &File,
    emit: &mut dyn FnMut(Finding),
) -> Result<End, Reason> {
    let limits = limits.clone();
    let mut looking = Duration::from_secs(limits.ocr_seconds);
    let ask = Ask { name: name.to_owned(), depth, limits, time: time.cooperative };
    let Ok(ask) = serde_json::to_vec(&ask) else { return Err(Reason::Crash) };
    let mut end = None;
    let mut answer = |question: &[u8]| look(core, &mut looking, question);
    let mut take = |frame: &[u8]| {
        match serde_json::from_slice(frame) {
            Ok(Frame::Finding { mut finding, secret }) => {
                finding.secret = secret.map(Secret::new);
                emit(finding);
            }
            Ok(Frame::End(said)) => end = Some(said),
            // The child's memory may be anyone's by now: what it says is not believed.
            Err(_) => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    };
    let deadline = Instant::now() + time.killed;
    let ending = pool.run(&ask, Some(file.as_fd()), deadline, &mut take, &mut answer);
    match (ending, end) {
        (Ending::Done, Some(end)) => Ok(end),
        (Ending::TimedOut, _) => Err(Reason::LimitTime),
        (Ending::OutOfMemory, _) => Err(Reason::LimitMemory),
        _ => Err(Reason::Crash),
    }
}

impl End {
    /// Nothing was read, for this reason.
    pub(crate) fn fault(note: Note) -> Self {
        let mut ledger = Ledger::new();
        ledger.note(note);
        End { ledger, found: 0, facts: Facts::default(), needs_parser: false }
    }
}
