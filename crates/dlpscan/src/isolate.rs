//! Reading an item in a sandboxed child: what is asked, what is answered, and what it means when
//! the child dies.

use crate::basket::Landed;
use crate::used::Print;
use crate::worker::{Allowed, Core, Depth, End, Share, Worker};
use dlpscan_core::model::{Content, Finding, Ledger, Limits, Note, PartPath, Reason, Secret};
use dlpscan_extract::{Budget, Grey, Ocr, Way};
use dlpscan_sandbox::{Ending, Pool, Request, Settings, Starting};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the parent asks a child; the item's bytes come as an open file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) time: Duration,
    pub(crate) task: Task,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Task {
    /// Scan the item, or a piece of it.
    Scan(Depth, Option<Share>),
    /// Say where the item may be divided among so many.
    Divide(usize),
}

/// What a child answers, one JSON object a frame.
#[derive(Serialize, Deserialize)]
pub(crate) enum Frame {
    Finding {
        finding: Finding,
        /// Only with `--reveal`.
        secret: Option<Vec<u8>>,
        print: Option<Print>,
        rest: bool,
    },
    End(End),
    /// The pieces of an item: their bytes, and how many parts come before each.
    Pieces(Vec<(Range<u64>, u64)>),
}

/// How an item's time is shared out, in tenths: the first try stops by itself after six, is killed
/// after eight, and the second, which only looks for printable strings, is killed after the rest.
pub(crate) const FIRST: u32 = 6;
pub(crate) const FIRST_KILLED: u32 = 8;
const SECOND_KILLED: u32 = 2;

/// Starts the fork server, in which what the children need is made anew when it is first needed.
/// Call it while the process has one thread.
pub(crate) fn start<R>(
    memory: u64,
    recipe: R,
    core: impl FnOnce(R) -> Option<Core>,
) -> io::Result<(Starting, R)> {
    Pool::start(Settings { memory }, recipe, |recipe| {
        let core = core(recipe)?;
        let worker = Mutex::new(None);
        Some(Box::new(move |request: Request<'_>, answer: &mut dyn FnMut(&[u8])| {
            let mut worker = worker.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let worker: &mut Worker = worker.get_or_insert_with(|| core.worker());
            serve(&core, worker, request, answer);
        }))
    })
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
    let len = match file.metadata() {
        Ok(meta) => meta.len(),
        Err(_) => {
            say(&Frame::End(End::fault(Note::new(Reason::IoError, PartPath::root()))));
            return;
        }
    };
    let content = Content::File(file, len);
    let budget = Budget::within(ask.limits, ask.time);
    match ask.task {
        Task::Divide(most) => say(&Frame::Pieces(core.divide(&ask.name, content, &budget, most))),
        Task::Scan(depth, share) => {
            let through = Through(request);
            let ocr = core.ocr.is_some().then_some(&through as &dyn Ocr);
            let what = (depth, share.as_ref());
            let end = core.scan(worker, &ask.name, content, what, (&budget, ocr), &mut |landed| {
                let Landed { mut finding, print, rest } = landed;
                let secret = finding.secret.take().map(|s| s.reveal().to_vec());
                say(&Frame::Finding { finding, secret, print, rest });
            });
            say(&Frame::End(end));
        }
    }
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
fn look(core: &Core, left: &Mutex<Duration>, question: &[u8]) -> Vec<u8> {
    let began = Instant::now();
    let left = || left.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let read = || -> Result<Vec<u8>, Reason> {
        let ocr = core.ocr.as_ref().ok_or(Reason::NoOcr)?;
        let (head, pixels) = question.split_first_chunk::<HEAD>().ok_or(Reason::Crash)?;
        let way = *WAYS.get(usize::from(head[0])).ok_or(Reason::Crash)?;
        let number =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let within = Duration::from_millis(u64::from(number(1))).min(*left());
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
    let took = began.elapsed();
    let mut left = left();
    *left = left.saturating_sub(took);
    answer
}

/// A file that is to be read in children.
pub(crate) struct Job<'j> {
    pub(crate) pool: &'j Pool,
    pub(crate) core: &'j Core,
    pub(crate) allowed: Allowed,
    pub(crate) name: &'j str,
    pub(crate) file: &'j File,
}

/// Detector and masked value of what was found before.
pub(crate) type Seen = Vec<(Arc<str>, String)>;

/// In the parent: has a file read in a child. A child that dies costs a note; what it had found
/// stays, and a second child looks for printable strings. There is no third try.
pub(crate) fn scan(job: &Job<'_>, emit: &mut dyn FnMut(Finding)) -> End {
    let mut seen = Vec::new();
    let tenth = job.allowed.time / 10;
    let time = Time { cooperative: tenth * FIRST, killed: tenth * FIRST_KILLED };
    let first =
        job.scan(time, (Depth::All, None), &job.looking(), &mut |Landed { finding, .. }| {
            seen.push((finding.detector.clone(), finding.masked.clone()));
            emit(finding);
            ControlFlow::Continue(())
        });
    match first {
        Ok(end) => end,
        Err(reason) => {
            let mut end = End::fault(Note::new(reason, PartPath::root()));
            end.found = seen.len() as u64;
            second(job, end, seen, emit)
        }
    }
}

/// In the parent: the second try, where the first ended like this before its end and found what
/// was seen.
pub(crate) fn second(
    job: &Job<'_>,
    mut end: End,
    seen: Seen,
    emit: &mut dyn FnMut(Finding),
) -> End {
    if !seen.is_empty() {
        end.ledger.content(1);
    }
    let tenth = job.allowed.time / 10;
    let time = Time { cooperative: tenth, killed: tenth * SECOND_KILLED };
    let mut more = 0;
    let mut new = |Landed { finding, .. }: Landed| {
        if !seen.iter().any(|(d, m)| *d == finding.detector && *m == finding.masked) {
            more += 1;
            emit(finding);
        }
        ControlFlow::Continue(())
    };
    let second = job.scan(time, (Depth::Strings, None), &job.looking(), &mut new);
    end.found += more;
    if let Ok(second) = second {
        end.ledger.absorb(second.ledger);
        end.facts.absorb(second.facts);
    }
    end
}

/// One try's time: after `cooperative` it should stop by itself, after `killed` it is made to.
pub(crate) struct Time {
    pub(crate) cooperative: Duration,
    pub(crate) killed: Duration,
}

impl Job<'_> {
    /// The time for pictures, from which every child's questions draw.
    pub(crate) fn looking(&self) -> Mutex<Duration> {
        Mutex::new(Duration::from_secs(self.allowed.limits.ocr_seconds))
    }

    /// Has the file, or a piece of it, scanned in a child.
    pub(crate) fn scan(
        &self,
        time: Time,
        (depth, share): (Depth, Option<Share>),
        looking: &Mutex<Duration>,
        emit: &mut dyn FnMut(Landed) -> ControlFlow<()>,
    ) -> Result<End, Reason> {
        let mut end = None;
        self.ask(time, Task::Scan(depth, share), looking, &mut |frame| match frame {
            Frame::Finding { mut finding, secret, print, rest } => {
                finding.secret = secret.map(Secret::new);
                emit(Landed { finding, print, rest })
            }
            Frame::End(said) => {
                end = Some(said);
                ControlFlow::Continue(())
            }
            Frame::Pieces(_) => ControlFlow::Break(()),
        })?;
        end.ok_or(Reason::Crash)
    }

    /// Gives a child this task; `take` has its answers until it breaks.
    pub(crate) fn ask(
        &self,
        time: Time,
        task: Task,
        looking: &Mutex<Duration>,
        take: &mut dyn FnMut(Frame) -> ControlFlow<()>,
    ) -> Result<(), Reason> {
        let Job { pool, core, allowed, name, file } = self;
        let limits = allowed.limits.clone();
        let ask = Ask { name: (*name).to_owned(), limits, time: time.cooperative, task };
        let Ok(ask) = serde_json::to_vec(&ask) else { return Err(Reason::Crash) };
        let mut answer = |question: &[u8]| look(core, looking, question);
        // The child's memory may be anyone's by now: what it says is not believed.
        let mut take = |frame: &[u8]| match serde_json::from_slice(frame) {
            Ok(frame) => take(frame),
            Err(_) => ControlFlow::Break(()),
        };
        let deadline = Instant::now() + time.killed;
        match pool.run(&ask, Some(file.as_fd()), deadline, &mut take, &mut answer) {
            Ending::Done => Ok(()),
            Ending::TimedOut => Err(Reason::LimitTime),
            Ending::OutOfMemory => Err(Reason::LimitMemory),
            _ => Err(Reason::Crash),
        }
    }
}

impl End {
    /// Nothing was read, for this reason.
    pub(crate) fn fault(note: Note) -> Self {
        let mut ledger = Ledger::new();
        ledger.note(note);
        End { ledger, ..End::default() }
    }
}
