use crate::budget::Budget;
use crate::decode;
use crate::extractor::{Extractor, Hint, Opening, Piece, SNIFF, Sure};
use crate::formats::raw;
use crate::formats::text::{encoded, is_text, untouched};
use crate::ocr::Ocr;
use dlpscan_core::model::{
    Content, Coverage, Fate, Ledger, Note, Part, PartPath, Reason, Role, Secret, Segment, Stopped,
};
use std::borrow::Cow;
use std::cell::{Cell, LazyCell};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Go on, or stop the whole item because the taker of the segments has seen enough.
pub type Flow = ControlFlow<()>;

/// Takes the segments of an item.
pub trait Sink {
    /// One segment of the part at `path`. `Break` stops the item.
    fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) -> Flow;

    /// A part begins: its path, and its first bytes, [`SNIFF`] of them at most.
    fn begins(&mut self, path: &PartPath, head: &[u8]) {
        let _ = (path, head);
    }

    /// All of the item was given; what follows are the printable strings of bytes of its own that
    /// nobody claimed.
    fn rest(&mut self) {}

    /// The part at `path` is about to be read by the extractor of this name.
    fn read_as(&mut self, path: &PartPath, extractor: &'static str) {
        let _ = (path, extractor);
    }
}

/// The way down through an item's layers. An extractor sees the part it reads as the current one:
/// what it says is about that part.
pub struct Descent<'d> {
    sink: &'d mut dyn Sink,
    ledger: &'d mut Ledger,
    budget: &'d Budget,
    extractors: &'d [&'static dyn Extractor],
    ocr: Option<&'d dyn Ocr>,
    passwords: &'d [Secret],
    frames: Vec<Frame>,
    /// How often what is being read was decoded from within a text.
    decoded: u32,
    parsers: Parsers,
    needs_parser: bool,
    /// The piece of the item that is to be read; all of it without one.
    piece: Option<Piece>,
    indivisible: bool,
}

/// What becomes of a part that needs a parser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parsers {
    /// It is read.
    All,
    /// It stops the item.
    Stop,
    /// Its printable strings are read.
    None,
}

/// Text within text within text is read so often, and no more.
const DECODED: u32 = 4;

/// One layer that is being read.
struct Frame {
    path: PartPath,
    coverage: Coverage,
    /// Fingerprint of its bytes, 0 where they are not in memory.
    print: u64,
}

impl<'d> Descent<'d> {
    /// The way down into an item.
    pub fn new(
        sink: &'d mut dyn Sink,
        ledger: &'d mut Ledger,
        budget: &'d Budget,
        extractors: &'d [&'static dyn Extractor],
    ) -> Self {
        Descent {
            sink,
            ledger,
            budget,
            extractors,
            ocr: None,
            passwords: &[],
            frames: Vec::new(),
            decoded: 0,
            parsers: Parsers::All,
            needs_parser: false,
            piece: None,
            indivisible: false,
        }
    }

    /// The same where no parser may run. A part that needs one stops the item if `stop` says so,
    /// for it to be read anew elsewhere; else its printable strings are read.
    pub fn without_parsers(self, stop: bool) -> Self {
        Descent { parsers: if stop { Parsers::Stop } else { Parsers::None }, ..self }
    }

    /// The same with something that reads what is written in pictures.
    pub fn with_ocr(self, ocr: Option<&'d dyn Ocr>) -> Self {
        Descent { ocr, ..self }
    }

    /// The same with passwords to try on what is locked.
    pub fn with_passwords(self, passwords: &'d [Secret]) -> Self {
        Descent { passwords, ..self }
    }

    /// The same for one piece of an item that its extractor divided.
    pub fn with_piece(self, piece: Option<Piece>) -> Self {
        Descent { piece, ..self }
    }

    /// The piece of the current part that is to be read, where it is not all of it.
    pub(crate) fn piece(&self) -> Option<Piece> {
        self.piece.clone().filter(|_| self.frames.len() == 1)
    }

    /// Stops at something in the piece being read that would be read otherwise without division.
    pub(crate) fn stop_dividing(&mut self) -> Flow {
        self.indivisible = true;
        Flow::Break(())
    }

    /// True when the item was stopped because it cannot be read in pieces after all.
    pub fn indivisible(&self) -> bool {
        self.indivisible
    }

    /// The passwords to try on what is locked.
    pub(crate) fn passwords(&self) -> &'d [Secret] {
        self.passwords
    }

    /// Says that a locked part of the current part was opened with a password; without a name, the
    /// current part itself.
    pub(crate) fn opened(&mut self, name: Option<&str>) {
        let path = self.path();
        self.ledger.opened(name.map_or_else(|| path.clone(), |name| path.join(name)));
    }

    /// What reads what is written in pictures, where there is something.
    pub(crate) fn ocr(&self) -> Option<&'d dyn Ocr> {
        self.ocr
    }

    /// True when the item was stopped at a part that needs a parser. It is to be read anew where
    /// one may run.
    pub fn needs_parser(&self) -> bool {
        self.needs_parser
    }

    /// Gives a segment of the current part to be scanned, and what stands encoded in it.
    pub fn segment(&mut self, segment: &Segment<'_>) -> Flow {
        if segment.text.is_empty() {
            return Flow::Continue(());
        }
        if segment.role == Role::Content {
            self.ledger.content(segment.body.len() as u64);
        }
        self.sink.segment(self.frames.last().map_or(&PartPath::root(), |f| &f.path), segment)?;
        match segment.role {
            Role::Content | Role::Metadata => encoded::reveal(segment, self),
            Role::Raw => Flow::Continue(()),
        }
    }

    /// Gives text that stood encoded in a segment.
    pub(crate) fn decoded(&mut self, segment: &Segment<'_>) -> Flow {
        self.sink.segment(&self.path().join("decoded text"), segment)?;
        if self.decoded >= DECODED {
            return Flow::Continue(());
        }
        self.decoded += 1;
        let flow = encoded::reveal(segment, self);
        self.decoded -= 1;
        flow
    }

    /// Counts bytes of the current part that hold nothing, such as zeros, as read.
    pub fn blank(&mut self, bytes: u64) {
        self.ledger.content(bytes);
    }

    /// Says what became of a half-open range of the current part's bytes.
    pub fn claim(&mut self, range: Range<u64>, fate: Fate) {
        if let Some(frame) = self.frames.last_mut() {
            frame.coverage.claim(range, fate);
        }
    }

    /// Says what the current part turned out to be, where its reader reads several kinds of files.
    pub fn is_a(&mut self, kind: &'static str) {
        self.sink.read_as(self.frames.last().map_or(&PartPath::root(), |f| &f.path), kind);
    }

    /// Notes that something in the current part was not scanned.
    pub fn note(&mut self, reason: Reason) {
        self.note_with(reason, None, "");
    }

    /// The same with the number of bytes concerned, and plain words where the reason alone does
    /// not say it. The words never hold text of the part.
    pub fn note_with(&mut self, reason: Reason, bytes: Option<u64>, detail: &str) {
        let detail = (!detail.is_empty()).then(|| detail.to_owned());
        self.ledger.note(Note { reason, part: self.path(), bytes, detail });
    }

    /// Notes a fault of a part of the current part, such as one locked entry of an archive.
    pub fn note_inside(&mut self, name: &str, reason: Reason, bytes: Option<u64>) {
        self.ledger.note(Note { reason, part: self.path().join(name), bytes, detail: None });
    }

    /// Notes an error met while reading the current part.
    pub fn fault(&mut self, error: &io::Error) {
        self.note(Stopped::reason(error));
    }

    /// All bytes of the current part's content, where they may be in memory; what cannot be had is
    /// noted.
    pub(crate) fn whole<'c>(&mut self, content: Content<'c>) -> Option<Cow<'c, [u8]>> {
        let bytes = content.bytes(self.budget.limits().buffer);
        bytes.map_err(|error| self.fault(&error)).ok()
    }

    /// The chain of names to the current part.
    pub fn path(&self) -> PartPath {
        self.frames.last().map_or_else(PartPath::root, |f| f.path.clone())
    }

    /// What is left of the item's limits.
    pub fn budget(&self) -> &'d Budget {
        self.budget
    }

    /// The extractor that would read these first bytes, and how sure it is.
    pub fn choose(&self, head: &[u8], hint: &Hint<'_>) -> Option<(&'static dyn Extractor, Sure)> {
        choose(self.extractors, head, hint)
    }

    /// The extractor of this name, for a format that hands its part over to another.
    pub fn named(&self, name: &str) -> Option<&'static dyn Extractor> {
        self.extractors.iter().copied().find(|e| e.name() == name)
    }

    /// Reads the item itself.
    pub fn item(&mut self, part: Part<'_>) -> Flow {
        self.layer(PartPath::root(), part)
    }

    /// Reads a part of the current part: tells its type by its content, has it read, and closes
    /// its account. Over a limit it is noted instead.
    pub fn part(&mut self, part: Part<'_>) -> Flow {
        let path = self.path().join(part.name.clone());
        let over = if self.frames.len() > self.budget.limits().depth as usize {
            Some(Reason::LimitDepth)
        } else {
            self.budget.take_part().err().map(|Stopped(reason)| reason)
        };
        match over {
            Some(reason) => {
                let bytes = part.content.len();
                self.ledger.note(Note { reason, part: path, bytes, detail: None });
                Flow::Continue(())
            }
            None => self.layer(path, part),
        }
    }

    fn layer(&mut self, path: PartPath, part: Part<'_>) -> Flow {
        let (head, content) = part.content.peek(SNIFF);
        let head = match head {
            Ok(head) => head,
            Err(error) => {
                let reason = Stopped::reason(&error);
                let size = content.len().unwrap_or(0);
                self.ledger.note(Note::new(reason, path).with_bytes(size));
                let mut coverage = Coverage::default();
                coverage.claim(0..size, Fate::Unscannable(reason));
                self.ledger.layer(coverage.close(size));
                return Flow::Continue(());
            }
        };
        let media = part.media.as_deref().unwrap_or("").to_ascii_lowercase();
        let hint = Hint { name: &part.name, media: media.trim(), len: content.len() };
        let (mut extractor, _) = self.choose(&head, &hint).unwrap_or((&raw::Raw, Sure::Fallback));
        let parser = !extractor.is_plain() && extractor.name() != raw::Raw.name();
        match self.parsers {
            Parsers::Stop if parser => {
                self.needs_parser = true;
                return Flow::Break(());
            }
            Parsers::None if parser => extractor = &raw::Raw,
            _ => {}
        }
        self.sink.begins(&path, &head);
        match content {
            Content::Bytes(bytes) => {
                // What holds itself does so through something packed: text alone needs no guard.
                let print = if extractor.is_plain() { 0 } else { fingerprint(bytes) };
                if self.frames.iter().any(|f| f.print == print && print != 0) {
                    let size = bytes.len() as u64;
                    self.ledger.note(Note::new(Reason::Cycle, path).with_bytes(size));
                    let mut coverage = Coverage::default();
                    coverage.claim(0..size, Fate::Unscannable(Reason::Cycle));
                    self.ledger.layer(coverage.close(size));
                    return Flow::Continue(());
                }
                self.frames.push(Frame { path, coverage: Coverage::default(), print });
                let flow = self.read(extractor, Part { content: Content::Bytes(bytes), ..part });
                self.close(flow, bytes.len() as u64, |at| Box::new(&bytes[at as usize..]))
            }
            content @ (Content::File(..) | Content::Within(..)) => {
                self.file(path, extractor, Part { content, ..part })
            }
            Content::Stream(stream) => {
                self.stream(path, extractor, part.name, part.media, part.charset, stream)
            }
        }
    }

    /// A range of a file is read from where it lies.
    fn file(&mut self, path: PartPath, extractor: &'static dyn Extractor, part: Part<'_>) -> Flow {
        let (file, range) = match part.content {
            Content::File(file, len) => (file, 0..len),
            Content::Within(file, ref range) => (file, range.clone()),
            _ => return Flow::Continue(()),
        };
        self.frames.push(Frame { path, coverage: Coverage::default(), print: 0 });
        let len = range.end - range.start;
        let flow = self.read(extractor, part);
        self.close(flow, len, |at| Content::Within(file, range.start + at..range.end).reader())
    }

    /// What others read of the current part, where it is the item and is divided.
    fn others(&self, len: u64) -> impl Iterator<Item = Range<u64>> + use<> {
        let piece = self.piece().map(|piece| piece.bytes);
        piece.into_iter().flat_map(move |bytes| [0..bytes.start, bytes.end..len])
    }

    /// A stream is read once. What the extractor pulled counts as scanned unless it says
    /// otherwise; what it left goes to the printable-strings pass.
    fn stream(
        &mut self,
        path: PartPath,
        extractor: &'static dyn Extractor,
        name: String,
        media: Option<String>,
        charset: Option<String>,
        mut stream: Box<dyn Read + '_>,
    ) -> Flow {
        if !extractor.streams() {
            let most = self.budget.limits().buffer;
            let mut bytes = Vec::new();
            let read = (&mut stream).take(most + 1).read_to_end(&mut bytes);
            if read.is_ok() && bytes.len() as u64 <= most {
                drop(stream);
                let part = Part { name, media, charset, content: Content::Bytes(&bytes) };
                return self.layer(path, part);
            }
            // Too large to hold, or broken on the way: the whole cannot be read as its format,
            // its text still can.
            let reason = read.as_ref().err().map_or(Reason::LimitMemory, Stopped::reason);
            self.frames.push(Frame { path, coverage: Coverage::default(), print: 0 });
            self.note(reason);
            let mut flow = Flow::Continue(());
            if read.is_err() {
                let part = Part { name, media, charset, content: Content::Bytes(&bytes) };
                flow = self.read(extractor, part);
                let size = bytes.len() as u64;
                return self.close(flow, size, |at| Box::new(&bytes[at as usize..]));
            }
            let count = Cell::new(0);
            let whole = Counting { inner: io::Cursor::new(bytes).chain(stream), count: &count };
            if flow.is_continue() {
                flow = raw::strings(whole, 0, self);
            }
            self.claim(0..count.get(), Fate::Scanned);
            return self.close(flow, count.get(), |_| Box::new(io::empty()));
        }
        self.frames.push(Frame { path, coverage: Coverage::default(), print: 0 });
        let count = Cell::new(0);
        let mut counting = Counting { inner: stream, count: &count };
        let flow = self.read(
            extractor,
            Part { name, media, charset, content: Content::Stream(Box::new(&mut counting)) },
        );
        let read = count.get();
        let mut flow = flow;
        if flow.is_continue() && self.budget.check().is_ok() {
            flow = raw::strings(&mut counting, read, self);
        }
        let size = count.get();
        if let Some(frame) = self.frames.last_mut() {
            for gap in frame.coverage.gaps(size) {
                frame.coverage.claim(gap, Fate::Scanned);
            }
        }
        self.close(flow, size, |_| Box::new(io::empty()))
    }

    /// Runs an extractor. A panic in it is damage of the data, not of the run.
    fn read(&mut self, extractor: &'static dyn Extractor, part: Part<'_>) -> Flow {
        let depth = self.frames.len();
        for other in self.others(part.content.len().unwrap_or(0)) {
            self.claim(other, Fate::Scanned);
        }
        self.sink
            .read_as(self.frames.last().map_or(&PartPath::root(), |f| &f.path), extractor.name());
        match catch_unwind(AssertUnwindSafe(|| extractor.extract(part, self))) {
            Ok(flow) => flow,
            Err(_) => {
                // Layers that were open below this one when it fell are closed unread.
                self.frames.truncate(depth);
                self.note_with(Reason::Damaged, None, "its reader gave up on it");
                Flow::Continue(())
            }
        }
    }

    /// Gives what nobody claimed to the printable-strings pass, and closes the layer's account.
    fn close<'r>(
        &mut self,
        flow: Flow,
        size: u64,
        from: impl Fn(u64) -> Box<dyn Read + 'r>,
    ) -> Flow {
        let mut flow = flow;
        let gaps = self.frames.last_mut().map_or_else(Vec::new, |f| f.coverage.gaps(size));
        if self.frames.len() == 1 {
            self.sink.rest();
        }
        for gap in gaps {
            let fate = match (flow.is_break(), self.budget.check()) {
                (true, _) => Fate::Skipped(Reason::ExcludedByUser),
                (false, Err(Stopped(reason))) => {
                    self.note_with(reason, Some(gap.end - gap.start), "");
                    Fate::Unscannable(reason)
                }
                (false, Ok(())) => {
                    let reader = from(gap.start).take(gap.end - gap.start);
                    if raw::strings(reader, gap.start, self).is_break() {
                        flow = Flow::Break(());
                    }
                    Fate::Scanned
                }
            };
            self.claim(gap, fate);
        }
        let others: u64 = self.others(size).map(|other| other.end - other.start).sum();
        let further = self.piece().is_some_and(|piece| piece.bytes.start > 0);
        if let Some(frame) = self.frames.pop() {
            let mut sum = frame.coverage.close(size);
            sum.size = sum.size.saturating_sub(others);
            sum.scanned = sum.scanned.saturating_sub(others);
            match further {
                true => self.ledger.more_of_layer(sum),
                false => self.ledger.layer(sum),
            }
        }
        flow
    }
}

/// The surest extractor for these first bytes; among equals the first in the list.
pub fn choose(
    extractors: &[&'static dyn Extractor],
    head: &[u8],
    hint: &Hint<'_>,
) -> Option<(&'static dyn Extractor, Sure)> {
    let mut by_bytes: Vec<Sure> = Vec::with_capacity(extractors.len());
    for extractor in extractors {
        by_bytes.push(extractor.sniff(head, hint));
        if by_bytes.last() == Some(&Sure::Exact) {
            break;
        }
    }
    // What is told by its bytes and is nothing like text is not decoded to see whether it is text.
    let told = by_bytes.iter().any(|sure| *sure >= Sure::Certain) && !raw::begins_as_text(head);
    let opening = LazyCell::new(|| if told { None } else { opening(head, hint) });
    let (mut best, mut told) = (None, Sure::No);
    for (&extractor, mut sure) in extractors.iter().zip(by_bytes) {
        if sure.max(told) < Sure::Certain
            && let Some(opening) = &*opening
        {
            sure = sure.max(extractor.sniff_text(opening, hint));
        }
        if sure > told {
            (best, told) = (Some(extractor), sure);
        }
    }
    best.map(|extractor| (extractor, told))
}

/// First bytes as text, if they read as such.
fn opening<'h>(head: &'h [u8], hint: &Hint<'_>) -> Option<Opening<'h>> {
    let whole = hint.len.is_some_and(|len| len <= head.len() as u64);
    let text = || match untouched(head) {
        Some(text) => Cow::Borrowed(text),
        None => decode::text(head, None).text,
    };
    is_text(head, whole).then(|| Opening { text: text(), whole })
}

/// A fingerprint of a part's bytes for the cycle guard. Small parts cannot hold themselves.
fn fingerprint(bytes: &[u8]) -> u64 {
    if bytes.len() < 16 {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish().max(1)
}

struct Counting<'c, R> {
    inner: R,
    count: &'c Cell<u64>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}
