use crate::basket::{Basket, Landed};
use crate::builder::ScannerBuilder;
use crate::collector::{Collector, Crowd, Eye, Wanted};
use crate::discreet::Discreet;
use crate::divided;
use crate::isolate::{self, Job};
use crate::ocr::Recogniser;
use crate::parallel::{self, Idle};
use crate::salvage::Salvage;
use crate::used::{Prints, Used};
use dlpscan_core::model::{
    Content, Facts, Finding, Handle, Item, ItemName, Ledger, Limits, Note, Origin, Outcome, Part,
    PartPath, Place, Reason, Role, Secret, Segment, Stopped,
};
use dlpscan_core::scan::Engine;
use dlpscan_extract::{Budget, Descent, Extractor, Hint, Ocr, Piece, SNIFF, Sink, choose};
use dlpscan_policy::{Letter, Policy};
use dlpscan_sandbox::{Confinement, Pool};
use rustix::fs::{MemfdFlags, memfd_create};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Engine, extractors and policy, built once and shared by all threads.
pub struct Scanner {
    core: Arc<Core>,
    pool: Option<Pool>,
    /// Workers of callers that scan one thing at a time.
    idle: Mutex<Vec<Worker>>,
}

/// What scans, wherever it runs: in this process or in a child.
pub(crate) struct Core {
    pub(crate) engine: Engine,
    pub(crate) extractors: Vec<&'static dyn Extractor>,
    pub(crate) limits: Limits,
    pub(crate) wanted: Wanted,
    pub(crate) policy: Option<Policy>,
    /// What reads pictures.
    pub(crate) ocr: Option<Recogniser>,
    /// What is tried on locked things.
    pub(crate) passwords: Vec<Secret>,
}

/// One thread's memory.
pub(crate) struct Worker {
    eye: Eye,
    /// Those of threads that help with a large item, and whether there are such threads.
    helpers: Vec<Eye>,
    idle: Option<Arc<Idle>>,
    /// What small files are read into, one after another.
    buffer: Vec<u8>,
    /// Wall time for the item at hand, where it is not what the limits say.
    time: Option<Duration>,
}

/// What the item at hand may cost.
pub(crate) struct Allowed {
    pub(crate) limits: Limits,
    /// Wall time, a second try included, that of pictures not.
    pub(crate) time: Duration,
}

/// How deep a scan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Depth {
    /// By format, all layers.
    All,
    /// The same up to the first part that needs a parser.
    Plain,
    /// The same, where only printable strings are read of a part that needs a parser.
    Once,
    /// Printable strings only.
    Strings,
}

/// How a scan ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) ledger: Ledger,
    /// Findings, kept or not.
    pub(crate) found: u64,
    /// What was learnt for the policy.
    pub(crate) facts: Facts,
    /// It was stopped at a part that needs a parser, and is to be done anew in a child.
    pub(crate) needs_parser: bool,
    /// It was a piece, and the item cannot be read in pieces after all.
    pub(crate) indivisible: bool,
    /// Decoded bytes and parts it cost, and the reason if something ran out.
    pub(crate) used: (u64, u64, Option<Reason>),
}

/// The piece of an item that is to be read.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Share {
    /// Where in the item it lies.
    pub(crate) bytes: Range<u64>,
    /// How many parts of the item come before it.
    pub(crate) before: u64,
    /// By what passwords are told from each other, here and in the other pieces.
    pub(crate) prints: Prints,
}

impl Core {
    pub(crate) fn worker(&self) -> Worker {
        Worker {
            eye: Eye {
                scratch: self.engine.scratch(),
                discreet: Discreet::new(&self.engine, self.wanted.reveal),
            },
            helpers: Vec::new(),
            idle: None,
            buffer: Vec::new(),
            time: None,
        }
    }

    /// Scans content and the last piece of its item's name in the calling thread.
    pub(crate) fn scan(
        &self,
        worker: &mut Worker,
        name: &str,
        content: Content<'_>,
        (depth, share): (Depth, Option<&Share>),
        (budget, ocr): (&Budget, Option<&dyn Ocr>),
        emit: &mut dyn FnMut(Landed),
    ) -> End {
        let mut ledger = Ledger::new();
        let large = content.len().is_some_and(|len| len >= LARGE);
        let idle = worker.idle.as_deref().filter(|_| large);
        let eyes = &mut worker.helpers;
        let basket = match share {
            None => Basket::new(&self.wanted, Used::default(), emit),
            Some(share) => {
                Basket::new(&self.wanted, Used::new(share.prints.clone()), emit).of_piece()
            }
        };
        let mut collector = Collector {
            engine: &self.engine,
            eye: &mut worker.eye,
            wanted: &self.wanted,
            basket,
            item: name,
            policy: self.policy.as_ref(),
            letter: Letter::new(self.policy.as_ref().map_or(&[], Policy::texts)),
            mails: Vec::new(),
            crowd: idle.map(|idle| Crowd { idle, eyes, held: Vec::new() }),
        };
        let name = file_name(name);
        let own_name = Segment::new(name.as_bytes(), Place::Name).with_role(Role::Metadata);
        if share.is_none_or(|share| share.bytes.start == 0) {
            let _ = collector.segment(&PartPath::root(), &own_name);
        }
        let extractors = match depth {
            Depth::All | Depth::Plain | Depth::Once => &self.extractors[..],
            Depth::Strings => &[],
        };
        let mut descent = Descent::new(&mut collector, &mut ledger, budget, extractors)
            .with_ocr(ocr)
            .with_passwords(&self.passwords)
            .with_piece(
                share.map(|share| Piece { bytes: share.bytes.clone(), before: share.before }),
            );
        if matches!(depth, Depth::Plain | Depth::Once) {
            descent = descent.without_parsers(depth == Depth::Plain);
        }
        let _ = descent.item(Part::new(name, content));
        let (needs_parser, indivisible) = (descent.needs_parser(), descent.indivisible());
        if !needs_parser {
            collector.settle();
        }
        let found = collector.basket.found;
        let facts = Facts { set_aside: collector.basket.set_aside, ..collector.letter.finish() };
        ledger.map_parts(|part| worker.eye.discreet.path(&self.engine, part));
        End { ledger, found, facts, needs_parser, indivisible, used: budget.used() }
    }

    /// Where an item may be divided among so many readers: the bytes of each piece, and how many
    /// parts come before it.
    pub(crate) fn divide(
        &self,
        name: &str,
        content: Content<'_>,
        budget: &Budget,
        most: usize,
    ) -> Vec<(Range<u64>, u64)> {
        let (Ok(head), content) = content.peek(SNIFF) else { return Vec::new() };
        let hint = Hint { name: file_name(name), media: "", len: content.len() };
        let Some((extractor, _)) = choose(&self.extractors, &head, &hint) else {
            return Vec::new();
        };
        let pieces = extractor.divide(&content, budget, most).into_iter();
        pieces.map(|piece| (piece.bytes, piece.before)).collect()
    }

    /// Whether content that begins like this is read without a parser.
    fn is_plain(&self, name: &str, head: &[u8], len: Option<u64>) -> bool {
        choose(&self.extractors, head, &Hint { name: file_name(name), media: "", len })
            .is_some_and(|(extractor, _)| extractor.is_plain())
    }
}

impl Scanner {
    /// A scanner with every detector that is on by default.
    pub fn builder() -> ScannerBuilder {
        ScannerBuilder::default()
    }

    pub(crate) fn new(core: Arc<Core>, pool: Option<Pool>) -> Self {
        Scanner { core, pool, idle: Mutex::new(Vec::new()) }
    }

    /// The compiled detectors.
    pub fn engine(&self) -> &Engine {
        &self.core.engine
    }

    /// The policy that judges outcomes, where there is one.
    pub fn policy(&self) -> Option<&Policy> {
        self.core.policy.as_ref()
    }

    /// Whether findings carry the value itself.
    pub(crate) fn reveals(&self) -> bool {
        self.core.wanted.reveal
    }

    /// How the children that read documents are confined; `None` when they are read in this
    /// process.
    pub fn confinement(&self) -> Option<Confinement> {
        self.pool.as_ref().map(Pool::confinement)
    }

    /// Scans a text.
    pub fn scan_text(&self, text: &str) -> Outcome {
        self.scan_bytes("text", text.as_bytes())
    }

    /// Scans bytes of any format. `name` is a hint and stands in the outcome.
    pub fn scan_bytes(&self, name: &str, bytes: &[u8]) -> Outcome {
        self.with_worker(|worker| {
            let name = ItemName::from(name);
            let outcome = self.scan_content(worker, name, Origin::Memory, Content::Bytes(bytes));
            self.judged(outcome)
        })
    }

    /// A name as it may be shown: every value in it masked, unless values may be revealed. The
    /// names in outcomes already are.
    pub fn shown_name(&self, name: &str) -> String {
        self.with_worker(|worker| worker.eye.discreet.name(&self.core.engine, name))
    }

    /// Scans one item.
    pub fn scan_item(&self, item: Item) -> Outcome {
        self.with_worker(|worker| self.scan_with(worker, item))
    }

    /// The same within this wall time, a second try and the reading of pictures included, in place
    /// of what the limits say: for who has promised an answer by a certain time.
    pub fn scan_item_within(&self, item: Item, time: Duration) -> Outcome {
        self.with_worker(|worker| {
            worker.time = Some(time);
            let outcome = self.scan_with(worker, item);
            worker.time = None;
            outcome
        })
    }

    /// Scans items on `threads` threads (0: one a core) and gives each outcome to `each`, in the
    /// order of the items whatever the number of threads. `Break` ends the run.
    pub fn run(
        &self,
        items: impl Iterator<Item = Item> + Send,
        threads: usize,
        each: &mut dyn FnMut(Outcome) -> ControlFlow<()>,
    ) {
        let idle = Arc::new(Idle::default());
        parallel::ordered(
            items,
            threads,
            &idle,
            || Worker { idle: Some(idle.clone()), ..self.core.worker() },
            |worker, item| self.scan_with(worker, item),
            each,
        );
    }

    fn with_worker<T>(&self, job: impl FnOnce(&mut Worker) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let taken = idle().pop();
        let mut worker = taken.unwrap_or_else(|| self.core.worker());
        let result = job(&mut worker);
        idle().push(worker);
        result
    }

    fn scan_with(&self, worker: &mut Worker, mut item: Item) -> Outcome {
        let told = item.envelope.take();
        let mut outcome = self.read(worker, item);
        // What the server was told counts, whatever the header claims.
        if told.is_some() {
            outcome.facts.envelope = told;
        }
        self.judged(outcome)
    }

    fn read(&self, worker: &mut Worker, item: Item) -> Outcome {
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

    fn scan_content(
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

    /// What became of an item of this name; `bytes` is its size, where known.
    fn outcome(
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

    fn allowed(&self, worker: &Worker) -> Allowed {
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

    /// Scans content in this thread.
    fn here(
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
    fn plain<'a>(
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

    /// The item's name with every value in it masked.
    fn shown(&self, worker: &mut Worker, name: &ItemName) -> ItemName {
        let masked = worker.eye.discreet.masked(&self.core.engine, name.as_str());
        masked.map_or_else(|| name.clone(), |shown| ItemName::from(shown.as_str()))
    }

    fn judged(&self, mut outcome: Outcome) -> Outcome {
        self.core.add_recipients(&mut outcome);
        if let Some(policy) = &self.core.policy {
            policy.set_aside(&mut outcome);
            outcome.verdict = Some(policy.judge(&outcome));
            self.core.add_ruled(&mut outcome);
        }
        outcome
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

/// The last piece of a name.
fn file_name(name: &str) -> &str {
    name.rsplit('/').find(|piece| !piece.is_empty()).unwrap_or(name)
}

/// Texts from this size on, in bytes, are shared out among threads that are idle.
const LARGE: u64 = 4 << 20;

/// Files up to this size, in bytes, are read at once.
const SMALL: usize = 256 << 10;

/// Streams up to this size, in bytes, are held in memory.
const SHORT_STREAM: usize = 4 << 20;

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

/// Whether a file is not what it was when it was opened.
fn changed(file: &File, before: &std::fs::Metadata) -> bool {
    match (file.metadata().map(|m| (m.len(), m.modified().ok())), before.modified().ok()) {
        (Ok((len, modified)), was) => len != before.len() || modified != was,
        (Err(_), _) => true,
    }
}
