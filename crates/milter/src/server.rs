//! One thread a connection, each with its [`Session`], until the process is told to stop.

use crate::filter::{Filter, say};
use crate::frame::{self, Command, Offer};
use crate::listen::{Listener, Stream};
use crate::reply::{Reply, is_mark};
use crate::session::{Event, Session, Step};
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often a waiting connection looks whether it should stop.
const TICK: Duration = Duration::from_millis(500);
/// A frame that has begun must be whole within this time.
const FRAME: Duration = Duration::from_secs(60);

/// What all connections count together.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    connections: AtomicUsize,
    held: AtomicUsize,
}

/// Serves connections until something comes in on `stop`; then takes no more, lets messages that
/// are being received have their answer, and returns.
pub fn serve(filter: Filter, listener: Listener, stop: &UnixStream) -> io::Result<()> {
    let filter = Arc::new(filter);
    let shared = Arc::new(Shared::default());
    loop {
        let mut ready = [PollFd::new(&listener, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        match poll(&mut ready, None) {
            Err(rustix::io::Errno::INTR) => continue,
            result => result?,
        };
        if !ready[1].revents().is_empty() {
            break;
        }
        match listener.accept() {
            Ok(stream) => admit(&filter, &shared, stream),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // Out of file descriptors, a client that went away: wait a moment, do not give up.
            Err(error) => {
                say(&format!("a connection was not taken: {error}"));
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
    drop(listener);
    shared.stop.store(true, Ordering::Relaxed);
    let patience = Instant::now() + filter.settings().deadline + FRAME.min(TICK * 4);
    while shared.connections.load(Ordering::Acquire) > 0 && Instant::now() < patience {
        thread::sleep(TICK / 10);
    }
    Ok(())
}

fn admit(filter: &Arc<Filter>, shared: &Arc<Shared>, stream: Stream) {
    let count = Counted::new(shared.clone());
    if shared.connections.load(Ordering::Acquire) > filter.settings().connections {
        say("too many connections; one was closed, and the server will try again later");
        return;
    }
    let filter = filter.clone();
    let spawned = thread::Builder::new().name("connection".into()).spawn(move || {
        let mut connection = Connection::new(&filter, &count.0, stream);
        if let Err(error) = connection.run() {
            say(&format!("a connection ended: {error}"));
        }
    });
    if let Err(error) = spawned {
        say(&format!("no thread for a connection: {error}"));
    }
}

/// One connection in the count.
struct Counted(Arc<Shared>);

impl Counted {
    fn new(shared: Arc<Shared>) -> Self {
        shared.connections.fetch_add(1, Ordering::AcqRel);
        Counted(shared)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Connection<'f> {
    filter: &'f Filter,
    shared: &'f Shared,
    stream: Stream,
    session: Session,
    chosen: Option<Offer>,
    queue_id: Option<String>,
    message_id: Option<Vec<u8>>,
    /// Header fields of the current message that only we may set.
    forged: u32,
    /// Bytes of the current message in the common count.
    held: usize,
    /// The current message was let go for want of memory.
    overloaded: bool,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.shared.held.fetch_sub(self.held, Ordering::Relaxed);
    }
}

/// Longest queue id that is believed, in bytes.
const LONGEST_ID: usize = 64;
/// Longest Message-ID that is remembered, in bytes: what RFC 5322 allows a line.
const LONGEST_MESSAGE_ID: usize = 998;

impl<'f> Connection<'f> {
    fn new(filter: &'f Filter, shared: &'f Shared, stream: Stream) -> Self {
        Connection {
            filter,
            shared,
            stream,
            session: Session::new(filter.settings().message),
            chosen: None,
            queue_id: None,
            message_id: None,
            forged: 0,
            held: 0,
            overloaded: false,
        }
    }

    fn run(&mut self) -> io::Result<()> {
        self.stream.set_patience(TICK)?;
        let mut buffer = Vec::new();
        loop {
            let idle = Instant::now() + self.filter.settings().idle;
            let stop = self.session.is_idle().then_some(&self.shared.stop);
            let mut patient = Patient { stream: &mut self.stream, until: idle, begun: false, stop };
            let Some(letter) = frame::read(&mut patient, &mut buffer)? else { return Ok(()) };
            let Some(command) = frame::parse(letter, &buffer) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an unknown command"));
            };
            if !self.take(command)? {
                return Ok(());
            }
        }
    }

    /// Deals with one command. False at the end of the connection.
    fn take(&mut self, command: Command<'_>) -> io::Result<bool> {
        let Some(chosen) = self.chosen else {
            let Command::Negotiate(offer) = command else {
                let what = "the server did not negotiate first";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            };
            return self.negotiate(offer);
        };
        match command {
            Command::Negotiate(offer) => return self.negotiate(offer),
            Command::Macros(_, list) => {
                if let Some(id) = frame::macro_value(list, "i") {
                    let plain = id.len() <= LONGEST_ID && id.iter().all(u8::is_ascii_alphanumeric);
                    self.queue_id = plain.then(|| String::from_utf8_lossy(id).into_owned());
                }
            }
            Command::QuitNewConnection => {
                self.session.on(Event::Abort);
                self.forget();
            }
            Command::LastBody(run) => {
                self.step(b'B', Event::Body(run), Offer { steps: u32::MAX, ..chosen })?;
                return self.step(b'E', Event::EndOfMessage { queue_id: None }, chosen);
            }
            Command::Step(letter, event) => return self.step(letter, event, chosen),
        }
        Ok(true)
    }

    fn negotiate(&mut self, offer: Offer) -> io::Result<bool> {
        let chosen = offer.choose();
        self.chosen = Some(chosen);
        self.say(&frame::negotiation(chosen))?;
        Ok(true)
    }

    fn step(&mut self, letter: u8, event: Event<'_>, chosen: Offer) -> io::Result<bool> {
        let queue_id = self.queue_id.clone();
        let event = match event {
            Event::EndOfMessage { .. } => Event::EndOfMessage { queue_id: queue_id.as_deref() },
            event => event,
        };
        match event {
            Event::Sender(_) => self.forget_message(),
            Event::Abort => self.forget(),
            Event::Header(name, value) if name.eq_ignore_ascii_case(b"message-id") => {
                let id = value.trim_ascii();
                self.message_id = Some(id[..id.len().min(LONGEST_MESSAGE_ID)].to_vec());
            }
            Event::Header(name, _) if is_mark(name) => self.forged += 1,
            _ => {}
        }
        let step = self.session.on(event);
        self.count();
        let answers = chosen.answers(letter) && !matches!(event, Event::Abort);
        match step {
            Step::Close => return Ok(false),
            Step::Continue if answers => self.say(&Reply::Accept.frames(0, 0))?,
            Step::Continue => {}
            Step::Scan(item) => {
                let gone = || self.stream.is_closed();
                let reply = self.filter.decide(*item, self.message_id.as_deref(), &gone);
                // Who only watches changes nothing.
                let forged = if self.filter.settings().monitor { 0 } else { self.forged };
                self.say(&reply.frames(chosen.actions, forged))?;
                self.forget();
            }
            Step::OutOfOrder if answers => {
                let name = self.queue_id.as_deref().unwrap_or("message");
                let why = match self.overloaded {
                    true => "too much mail at once",
                    false => "the mail server broke the protocol",
                };
                let reply = self.filter.busy(name, why);
                self.say(&reply.frames(chosen.actions, 0))?;
                if letter == b'E' {
                    self.forget();
                }
            }
            // The end of the message gets the answer.
            Step::OutOfOrder => {}
        }
        Ok(true)
    }

    /// Keeps the common count of held bytes, and lets go of the message where it is too much.
    fn count(&mut self) {
        let now = self.session.held();
        let before = std::mem::replace(&mut self.held, now);
        if now < before {
            self.shared.held.fetch_sub(before - now, Ordering::Relaxed);
        } else if now > before {
            let total = self.shared.held.fetch_add(now - before, Ordering::Relaxed) + now - before;
            if total > self.filter.settings().held {
                self.session.give_up();
                self.overloaded = true;
                self.count();
            }
        }
    }

    fn forget_message(&mut self) {
        self.message_id = None;
        self.forged = 0;
        self.overloaded = false;
    }

    fn forget(&mut self) {
        self.forget_message();
        self.queue_id = None;
        self.count();
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}

/// Reads with patience: until the connection has been idle for too long, a frame that has begun
/// takes too long, or the process stops between two messages.
struct Patient<'s> {
    stream: &'s mut Stream,
    until: Instant,
    /// A frame has begun.
    begun: bool,
    stop: Option<&'s AtomicBool>,
}

impl Read for Patient<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buf) {
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        if !self.begun && self.stop.is_some_and(|s| s.load(Ordering::Relaxed)) {
                            return Ok(0);
                        }
                        if Instant::now() >= self.until {
                            let what = "the server said nothing for too long";
                            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
                        }
                    }
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
                Ok(read) => {
                    if !self.begun {
                        self.begun = true;
                        self.until = self.until.min(Instant::now() + FRAME);
                    }
                    return Ok(read);
                }
            }
        }
    }
}
