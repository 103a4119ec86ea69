use super::{Job, MAX_FRAME, Request, Settings, confine, wire};
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Signal, WaitOptions, getpid, getppid, pidfd_open,
    set_dumpable_behavior, set_parent_process_death_signal, setsid, waitpid,
};
use std::cell::LazyCell;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

/// Asks for one more worker. The answer carries its socket, pidfd and standard error.
pub const SPAWN: u8 = b'+';
/// Asks how a worker ended.
pub const STATUS: u8 = b'?';

/// The exit code of a worker whose job panicked.
pub const PANICKED: i32 = 101;

/// What the zygote answers: a kind and a number.
pub mod answer {
    /// There it is; the number is the worker's.
    pub const WORKER: u8 = b'w';
    /// There is none; the number is the system's error.
    pub const NONE: u8 = b'-';
    /// It left with the number as exit code.
    pub const CODE: u8 = b'c';
    /// It was ended by the number as signal.
    pub const SIGNAL: u8 = b's';
    /// Said first, unasked: there can be workers. The first bytes of the number are what each of
    /// them will say: [`Hello`](super::Hello).
    pub const READY: u8 = b'r';
}

/// What a worker says first: whether Landlock and seccomp hold it.
pub type Hello = [u8; 2];

/// Splits the process. `None` in the child.
#[allow(unsafe_code)]
pub fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: fork has no memory preconditions. The child goes on with this one thread; it only
    // takes locks that no other thread of the parent held, which `Pool::start` asks of its caller.
    let pid = unsafe { libc::fork() };
    if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(Pid::from_raw(pid)) }
}

/// Ends this process without running what the parent registered for its own end.
#[allow(unsafe_code)]
fn leave(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions and does not return.
    unsafe { libc::_exit(code) }
}

/// Closes every descriptor above standard error but these. Nothing that owned them is dropped
/// afterwards: both callers end in [`leave`].
#[allow(unsafe_code)]
fn close_all_but(kept: &[BorrowedFd<'_>]) -> io::Result<()> {
    let close = |first: u32, last: u32| {
        // SAFETY: close_range touches no memory; nothing uses the closed descriptors any more.
        match first > last || unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } == 0 {
            true => Ok(()),
            false => Err(io::Error::last_os_error()),
        }
    };
    let mut kept: Vec<u32> = kept.iter().map(|fd| fd.as_raw_fd() as u32).collect();
    kept.sort_unstable();
    let mut first = 3;
    for kept in kept {
        close(first, kept - 1)?;
        first = kept + 1;
    }
    close(first, u32::MAX)
}

/// The zygote's life: makes workers and tells how they ended, until the caller hangs up. The job is
/// made with the first of them.
pub fn live(socket: UnixStream, settings: Settings, make: impl FnOnce() -> Option<Box<Job>>) -> ! {
    // Afterwards nothing can be opened to learn it.
    let held = confine::Held::open();
    let outcome = prepare(&socket, &held).and_then(|landlock| {
        let job = LazyCell::new(make);
        let zygote = Zygote { socket, landlock, held, memory: settings.memory, job };
        zygote.greet().and_then(|()| zygote.serve())
    });
    leave(i32::from(outcome.is_err()))
}

/// Lets go of all that belongs to the caller; true if Landlock holds.
#[allow(unsafe_code)]
fn prepare(socket: &UnixStream, held: &confine::Held) -> io::Result<bool> {
    // A panic message could quote the input.
    set_hook(Box::new(|_| {}));
    // SAFETY: sets a disposition, installs no handler. Were it SIG_IGN, no end could be told.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    // Ctrl-C is for the caller, who may still want frames that are on their way.
    setsid()?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    std::mem::forget(null);
    let kept: Vec<_> = held.file().into_iter().chain([socket.as_fd()]).collect();
    close_all_but(&kept)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(confine::landlock())
}

struct Zygote<F> {
    socket: UnixStream,
    landlock: bool,
    held: confine::Held,
    /// Bytes a worker may take on top of what this process holds.
    memory: u64,
    job: LazyCell<Option<Box<Job>>, F>,
}

impl<F: FnOnce() -> Option<Box<Job>>> Zygote<F> {
    /// Says what holds workers. To learn it a first one is made, which ends at once: it has
    /// nothing to work with, and the caller need not wait for the job to be made.
    fn greet(&self) -> io::Result<()> {
        let first = || -> io::Result<bool> {
            let Some(pid) = fork()? else {
                let held = confine::limit(u64::MAX).is_ok() && confine::seccomp().is_ok();
                leave(i32::from(!held))
            };
            let ended = waitpid(Some(pid), WaitOptions::empty())?;
            Ok(ended.and_then(|(_, status)| status.exit_status()) == Some(0))
        };
        match first() {
            Ok(seccomp) => {
                let held = [self.landlock.into(), seccomp.into(), 0, 0];
                self.answer((answer::READY, u32::from_le_bytes(held)), &[])
            }
            Err(error) => self.answer(none(&error), &[]),
        }
    }

    fn serve(&self) -> io::Result<()> {
        let mut numbers = HashMap::new();
        let mut ended = HashMap::new();
        for next in 0u32.. {
            let mut ask = [0u8; 5];
            wire::receive_exact(&self.socket, &mut ask, &mut Vec::new(), None)?;
            while let Ok(Some((pid, status))) = waitpid(None, WaitOptions::NOHANG) {
                let Some(number) = numbers.remove(&pid) else { continue };
                ended.insert(
                    number,
                    match status.terminating_signal() {
                        Some(signal) => (answer::SIGNAL, signal as u32),
                        None => (answer::CODE, status.exit_status().unwrap_or(0) as u32),
                    },
                );
            }
            if ask[0] == SPAWN {
                match self.spawn() {
                    Ok((pid, fds)) => {
                        numbers.insert(pid, next);
                        let fds = fds.each_ref().map(AsFd::as_fd);
                        self.answer((answer::WORKER, next), &fds)?;
                    }
                    Err(error) => self.answer(none(&error), &[])?,
                }
            } else {
                let number = u32::from_le_bytes([ask[1], ask[2], ask[3], ask[4]]);
                let status = ended.remove(&number);
                self.answer(status.unwrap_or((answer::NONE, libc::ECHILD as u32)), &[])?;
            }
        }
        Ok(())
    }

    fn answer(&self, (kind, number): (u8, u32), fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        wire::send(self.socket.as_fd(), (&[kind], &number.to_le_bytes()), fds, None)
    }

    fn spawn(&self) -> io::Result<(Pid, [OwnedFd; 3])> {
        let (ours, theirs) = UnixStream::pair()?;
        // A worker that writes much to standard error loses it rather than wait for a reader.
        let flags = rustix::pipe::PipeFlags::CLOEXEC | rustix::pipe::PipeFlags::NONBLOCK;
        let (stderr, its_stderr) = rustix::pipe::pipe_with(flags)?;
        let zygote = getpid();
        let made = catch_unwind(AssertUnwindSafe(|| self.job.as_deref()));
        let Ok(Some(job)) = made else { return Err(io::Error::from_raw_os_error(libc::ENOSYS)) };
        let memory = self.held.now().saturating_add(self.memory);
        let Some(pid) = fork()? else {
            let outcome = self.confine(memory, zygote, &theirs, its_stderr);
            leave(match outcome.and_then(|()| work(&theirs, job)) {
                Ok(()) => 0,
                Err(_) => 1,
            })
        };
        // Not reaped before the next request, so the number still means this child.
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        Ok((pid, [ours.into(), pidfd, stderr]))
    }

    /// In the new worker: gives up every right, and says which ones the kernel could take.
    fn confine(
        &self,
        memory: u64,
        zygote: Pid,
        socket: &UnixStream,
        stderr: OwnedFd,
    ) -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        if getppid() != Some(zygote) {
            leave(0);
        }
        rustix::stdio::dup2_stderr(&stderr)?;
        std::mem::forget(stderr);
        close_all_but(&[socket.as_fd()])?;
        confine::limit(memory)?;
        let hello: Hello = [self.landlock.into(), confine::seccomp().is_ok().into()];
        wire::send(socket.as_fd(), (&hello, &[]), &[], None)
    }
}

/// The answer that there is no worker.
fn none(error: &io::Error) -> (u8, u32) {
    (answer::NONE, error.raw_os_error().unwrap_or(libc::EIO) as u32)
}

/// A worker's life: requests in, frames out, until the caller hangs up.
fn work(socket: &UnixStream, job: &Job) -> io::Result<()> {
    loop {
        let mut head = [0u8; 9];
        let mut fds = Vec::new();
        wire::receive_exact(socket, &mut head, &mut fds, None)?;
        let len = u64::from_le_bytes(head[..8].try_into().expect("eight bytes"));
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        wire::receive_exact(socket, &mut bytes, &mut fds, None)?;
        let file = fds.pop().map(File::from);
        let caller = |question: &[u8]| ask(socket, question);
        let request = Request { bytes: &bytes, file: file.as_ref(), caller: &caller };
        let mut answer = |frame: &[u8]| {
            assert!(frame.len() <= MAX_FRAME, "frame too long");
            let head = (frame.len() as u32).to_le_bytes();
            // Nobody listens any more: what is left of the job is for nobody.
            if wire::send(socket.as_fd(), (&head, frame), &[], None).is_err() {
                leave(0);
            }
        };
        if catch_unwind(AssertUnwindSafe(|| job(request, &mut answer))).is_err() {
            leave(PANICKED);
        }
        wire::send(socket.as_fd(), (&wire::END.to_le_bytes(), &[]), &[], None)?;
    }
}

/// Asks the caller, who answers every question or hangs up.
fn ask(socket: &UnixStream, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut head = [0; 8];
    head[..4].copy_from_slice(&wire::ASK.to_le_bytes());
    head[4..].copy_from_slice(&(question.len() as u32).to_le_bytes());
    let mut len = [0; 4];
    let told = wire::send(socket.as_fd(), (&head, question), &[], None)
        .and_then(|()| wire::receive_exact(socket, &mut len, &mut Vec::new(), None));
    if told.is_err() {
        leave(0);
    }
    let mut answer = vec![0; u32::from_le_bytes(len) as usize];
    if wire::receive_exact(socket, &mut answer, &mut Vec::new(), None).is_err() {
        leave(0);
    }
    Ok(answer)
}
