//! Runs a job in a child that can open nothing, call nobody and be killed.
//!
//! ```text
//!  caller ── Pool::run ──▶ worker   (job; memory, files, network and time taken away)
//!     └──── "one more" ──▶ zygote ──fork──▶ worker
//! ```
//!
//! [`Pool::start`] forks a **zygote** once, early, while the process is small and has one thread.
//! The zygote never sees an input. It makes the job when it is first asked for a **worker**; it forks
//! workers on demand, and each begins with everything the job needs in memory, shared copy-on-write,
//! and answers many requests. What it may not do itself, such as have a picture read by another
//! program, it asks its caller for: [`Request::ask`]. [`Program`] is how a caller runs such a program.
//!
//! A worker that hangs is killed; one that crashes or runs out of memory says so by its
//! [`Ending`]; the next request goes to another. What a worker sends back is bytes in frames and is
//! not trusted: a frame that breaks the rules counts as a crash.

use std::fmt;
use std::fs::File;
use std::io;

#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod pool;
#[cfg(target_os = "linux")]
mod program;
#[cfg(unix)]
mod startup;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod zygote;
#[cfg(target_os = "linux")]
pub use pool::{Pool, Starting};

#[cfg(target_os = "linux")]
pub use program::{Failed, Program};
#[cfg(unix)]
pub use startup::outlive_a_full_file;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Pool, Starting};

/// The longest frame a job may send, in bytes (16 MiB). A longer one is a crash.
pub const MAX_FRAME: usize = 16 << 20;

/// What a worker does with each request. It answers with any number of frames, none longer than
/// [`MAX_FRAME`]. Frames arrive in order, and those sent before a crash are kept.
///
/// It runs, and is made, where nothing can be opened: whatever it needs must be in memory before
/// [`Pool::start`]. It must not start threads. What it changes in memory is lost with its worker.
pub type Job = dyn Fn(Request<'_>, &mut dyn FnMut(&[u8]));

/// One thing to do.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What the caller sent.
    pub bytes: &'a [u8],
    /// The open file the caller sent along. Its cursor is shared with the caller: read by position.
    pub file: Option<&'a File>,
    caller: &'a dyn Fn(&[u8]) -> io::Result<Vec<u8>>,
}

impl Request<'_> {
    /// Asks the caller for what the job may not do itself, and waits for the answer. The question
    /// is no longer than [`MAX_FRAME`]. The time it takes is not counted against the job.
    ///
    /// # Errors
    /// When the question is too long.
    pub fn ask(&self, question: &[u8]) -> io::Result<Vec<u8>> {
        if question.len() > MAX_FRAME {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        (self.caller)(question)
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} bytes)", self.bytes.len())
    }
}

/// What workers are allowed.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Bytes of memory a worker may take on top of what there is once its job is made.
    pub memory: u64,
}

/// How a job ended. Only [`Ending::Done`] means that every frame arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The job returned.
    Done,
    /// The deadline passed; the worker was killed.
    TimedOut,
    /// The job needed more memory than a worker may have, or the machine had no more to give.
    OutOfMemory,
    /// The worker died or broke the rules.
    Crashed(Crash),
    /// The caller wanted no more frames; the worker was killed.
    Stopped,
}

/// What a crash looked like. Its text never holds anything from the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crash {
    /// The job panicked.
    Panic,
    /// The job recursed until its stack was full.
    Stack,
    /// The worker was ended by this signal; 31 (SIGSYS) means that it tried what is forbidden.
    Signal(i32),
    /// The worker ended itself with this exit code.
    Code(i32),
    /// The worker's answer broke the rules of the wire.
    Malformed,
    /// No worker could be had: the machine has no process or memory left for one.
    NoWorker,
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Crash::Panic => f.write_str("the reader met something it did not expect"),
            Crash::Stack => f.write_str("the reader was led too deep and ran out of stack"),
            Crash::Signal(31) => f.write_str("the reader tried something it is not allowed"),
            Crash::Signal(signal) => write!(f, "the reader was ended by signal {signal}"),
            Crash::Code(code) => write!(f, "the reader ended itself with code {code}"),
            Crash::Malformed => f.write_str("the reader's answer made no sense"),
            Crash::NoWorker => f.write_str("no reader could be started"),
        }
    }
}

/// What the kernel does for us beyond killing and limits, for every report to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confinement {
    /// Landlock takes away files, network and other processes.
    pub landlock: bool,
    /// seccomp takes away every system call a parser does not need.
    pub seccomp: bool,
    /// What is missing, in plain words; `None` when nothing is.
    pub note: Option<String>,
}
