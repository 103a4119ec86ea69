use super::zygote::{self, Hello, SPAWN, STATUS, answer};
use super::{Confinement, Crash, Ending, Job, MAX_FRAME, Settings, wire};
use rustix::event::PollFlags;
use rustix::process::{Pid, Signal, WaitOptions, pidfd_send_signal, waitpid};
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The zygote only forks; longer than this and it is gone or the machine is on its knees.
const ZYGOTE_PATIENCE: Duration = Duration::from_secs(10);

/// A worker whose socket is closed is on its way out; how long freeing its memory may take.
const DYING: Duration = Duration::from_secs(2);

/// Requests before a worker is replaced, so that neither its memory crumbles nor what it read
/// stays around for ever.
const JOBS_A_WORKER: u32 = 500;

/// Workers to run jobs in. As many as there were callers at once; they wait for the next request.
#[derive(Debug)]
pub struct Pool {
    /// `None` once the zygote has failed to answer.
    zygote: Mutex<Option<UnixStream>>,
    zygote_pid: Pid,
    idle: Mutex<Vec<Worker>>,
    /// What the least confined worker said.
    hello: Mutex<Hello>,
}

/// A pool that has not said yet whether there can be workers.
#[derive(Debug)]
pub struct Starting(Pool);

impl Starting {
    /// Waits until it is known what holds workers, which takes no longer than to make one.
    ///
    /// # Errors
    /// When no process can be made, or the system is too old (Linux 5.9 is the oldest).
    pub fn ready(self) -> io::Result<Pool> {
        let Starting(pool) = self;
        let until = Some(Instant::now() + ZYGOTE_PATIENCE);
        let (kind, number) = hear(&lock(&pool.zygote), &mut Vec::new(), until)?;
        if kind != answer::READY {
            return Err(io::Error::from_raw_os_error(number as i32));
        }
        let [landlock, seccomp, ..] = number.to_le_bytes();
        *lock(&pool.hello) = [landlock, seccomp];
        Ok(pool)
    }
}

/// Kind and number of what the zygote says next.
fn hear(
    zygote: &Option<UnixStream>,
    fds: &mut Vec<OwnedFd>,
    until: Option<Instant>,
) -> io::Result<(u8, u32)> {
    let socket = zygote.as_ref().ok_or(ErrorKind::BrokenPipe)?;
    let mut said = [0; 5];
    wire::receive_exact(socket, &mut said, fds, until)?;
    let [kind, number @ ..] = said;
    Ok((kind, u32::from_le_bytes(number)))
}

/// A worker, killed when dropped.
#[derive(Debug)]
struct Worker {
    number: u32,
    socket: UnixStream,
    pidfd: OwnedFd,
    stderr: OwnedFd,
    jobs: u32,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already; that is as good.
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }
}

/// Why a conversation with a worker stopped before its end.
enum Broken {
    Late,
    Stopped,
    Malformed,
    /// It closed its socket: dead, or about to be.
    Gone,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::TimedOut { Broken::Late } else { Broken::Gone }
    }
}

/// A panic of one caller leaves both lists usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Forks the zygote, which makes the job of a recipe when it is first asked for a worker, where
    /// nothing can be opened. From the fork on there are two of the recipe; the caller's is given
    /// back. Call this early, while the process is small, and before it has other threads: a lock
    /// that another thread holds at this moment (of an allocator, say) stays held in every worker,
    /// and a job that wants it runs into its deadline. Workers have the stack of the thread that
    /// calls this: the main thread's is the largest.
    ///
    /// # Errors
    /// When no process can be made.
    pub fn start<R>(
        settings: Settings,
        recipe: R,
        make: impl FnOnce(R) -> Option<Box<Job>>,
    ) -> io::Result<(Starting, R)> {
        let (ours, theirs) = UnixStream::pair()?;
        let Some(zygote_pid) = zygote::fork()? else {
            drop(ours);
            zygote::live(theirs, settings, || make(recipe))
        };
        drop(theirs);
        let pool = Pool {
            zygote: Mutex::new(Some(ours)),
            zygote_pid,
            idle: Mutex::default(),
            hello: Mutex::default(),
        };
        Ok((Starting(pool), recipe))
    }

    /// What the kernel does for us.
    pub fn confinement(&self) -> Confinement {
        let [landlock, seccomp] = lock(&self.hello).map(|held| held != 0);
        let note = match (landlock, seccomp) {
            (true, true) => None,
            (false, true) => Some("this system has no Landlock; seccomp alone holds the readers"),
            (true, false) => Some("this system has no seccomp; Landlock alone holds the readers"),
            (false, false) => Some(
                "this system has neither Landlock nor seccomp; the readers have limits and can be \
                 killed, but a hostile file that takes one over is not held",
            ),
        };
        Confinement { landlock, seccomp, note: note.map(str::to_owned) }
    }

    /// Runs one job. Any number of threads may call it; each has a worker to itself meanwhile.
    ///
    /// `on_frame` gets the frames as they come; `Break` ends the job. A `file` is read by the
    /// worker with the rights it was opened with: open it for reading only. `on_question` answers
    /// what the job asks, in at most [`MAX_FRAME`] bytes; the time that takes moves the deadline.
    /// Like a frame, a question is not to be trusted.
    pub fn run(
        &self,
        request: &[u8],
        file: Option<BorrowedFd<'_>>,
        deadline: Instant,
        on_frame: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
        on_question: &mut dyn FnMut(&[u8]) -> Vec<u8>,
    ) -> Ending {
        let mut worker = loop {
            let idle = lock(&self.idle).pop();
            let waited = idle.is_some();
            let worker = match idle.map_or_else(|| self.spawn(deadline), Ok) {
                Ok(worker) => worker,
                Err(error) if error.kind() == ErrorKind::TimedOut => return Ending::TimedOut,
                Err(_) => return Ending::Crashed(Crash::NoWorker),
            };
            match worker.begin(request.len(), file, deadline) {
                Ok(()) => break worker,
                // It died while it waited, of nothing this request did.
                Err(Broken::Gone) if waited => continue,
                Err(broken) => return self.end(worker, broken),
            }
        };
        match worker.converse(request, deadline, on_frame, on_question) {
            Ok(()) => {
                worker.jobs += 1;
                if worker.jobs < JOBS_A_WORKER {
                    lock(&self.idle).push(worker);
                }
                Ending::Done
            }
            Err(broken) => self.end(worker, broken),
        }
    }

    /// What a broken conversation means. The worker is dead afterwards.
    fn end(&self, worker: Worker, broken: Broken) -> Ending {
        match broken {
            Broken::Late => Ending::TimedOut,
            Broken::Stopped => Ending::Stopped,
            Broken::Malformed => Ending::Crashed(Crash::Malformed),
            Broken::Gone => {
                let until = Some(Instant::now() + DYING);
                if !matches!(wire::wait(worker.pidfd.as_fd(), PollFlags::IN, until), Ok(true)) {
                    return Ending::Crashed(Crash::Malformed);
                }
                let last_words = worker.last_words();
                match self.ask(STATUS, worker.number, &mut Vec::new()) {
                    Ok((answer::CODE, 101)) => Ending::Crashed(Crash::Panic),
                    Ok((answer::CODE, code)) => Ending::Crashed(Crash::Code(code as i32)),
                    Ok((answer::SIGNAL, _)) if last_words.contains("memory allocation of") => {
                        Ending::OutOfMemory
                    }
                    Ok((answer::SIGNAL, _)) if last_words.contains("overflowed its stack") => {
                        Ending::Crashed(Crash::Stack)
                    }
                    // Not by us: the kernel's last resort when the machine is out of memory.
                    Ok((answer::SIGNAL, 9)) => Ending::OutOfMemory,
                    Ok((answer::SIGNAL, signal)) => Ending::Crashed(Crash::Signal(signal as i32)),
                    _ => Ending::Crashed(Crash::NoWorker),
                }
            }
        }
    }

    fn spawn(&self, deadline: Instant) -> io::Result<Worker> {
        let mut fds = Vec::new();
        let (kind, number) = self.ask(SPAWN, 0, &mut fds)?;
        let [socket, pidfd, stderr] = match <[OwnedFd; 3]>::try_from(fds) {
            Ok(fds) if kind == answer::WORKER => fds,
            _ => return Err(io::Error::from_raw_os_error(number as i32)),
        };
        let worker = Worker { number, socket: socket.into(), pidfd, stderr, jobs: 0 };
        let mut hello: Hello = [0; 2];
        wire::receive_exact(&worker.socket, &mut hello, &mut Vec::new(), Some(deadline))?;
        for (all, this) in lock(&self.hello).iter_mut().zip(hello) {
            *all &= this;
        }
        Ok(worker)
    }

    fn ask(&self, what: u8, number: u32, fds: &mut Vec<OwnedFd>) -> io::Result<(u8, u32)> {
        let until = Some(Instant::now() + ZYGOTE_PATIENCE);
        let mut zygote = lock(&self.zygote);
        let socket = zygote.as_ref().ok_or(ErrorKind::BrokenPipe)?;
        let asked = wire::send(socket.as_fd(), (&[what], &number.to_le_bytes()), &[], until);
        asked.and_then(|()| hear(&zygote, fds, until)).map_err(|error| {
            // Its next answer would be to an older question: no answer is better.
            *zygote = None;
            io::Error::new(ErrorKind::BrokenPipe, error)
        })
    }
}

impl Drop for Pool {
    /// Ends the zygote, and with it every worker.
    fn drop(&mut self) {
        *lock(&self.zygote) = None;
        lock(&self.idle).clear();
        let _ = waitpid(Some(self.zygote_pid), WaitOptions::empty());
    }
}

impl Worker {
    fn begin(
        &self,
        len: usize,
        file: Option<BorrowedFd<'_>>,
        deadline: Instant,
    ) -> Result<(), Broken> {
        let len = (len as u64).to_le_bytes();
        let has_file = [u8::from(file.is_some())];
        let fds: Vec<_> = file.into_iter().collect();
        Ok(wire::send(self.socket.as_fd(), (&len, &has_file), &fds, Some(deadline))?)
    }

    /// Sends the request, passes on frames and answers questions until the last one.
    fn converse(
        &mut self,
        request: &[u8],
        mut deadline: Instant,
        on_frame: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
        on_question: &mut dyn FnMut(&[u8]) -> Vec<u8>,
    ) -> Result<(), Broken> {
        let socket = self.socket.as_fd();
        wire::send(socket, (request, &[]), &[], Some(deadline))?;
        let mut inbox: Vec<u8> = Vec::new();
        let mut chunk = [0; 32 << 10];
        loop {
            let mut rest = &inbox[..];
            while let Some((head, body)) = rest.split_first_chunk::<4>() {
                let len = u32::from_le_bytes(*head);
                if len == wire::END {
                    // More than the end would be read as the answer to the next request.
                    return if body.is_empty() { Ok(()) } else { Err(Broken::Malformed) };
                }
                if len == wire::ASK {
                    let Some((head, body)) = body.split_first_chunk::<4>() else { break };
                    let len = u32::from_le_bytes(*head) as usize;
                    if len > MAX_FRAME {
                        return Err(Broken::Malformed);
                    }
                    let Some((question, next)) = body.split_at_checked(len) else { break };
                    let asked = Instant::now();
                    let answer = on_question(question);
                    deadline += asked.elapsed();
                    let len = (answer.len() as u32).to_le_bytes();
                    wire::send(socket, (&len, &answer), &[], Some(deadline))?;
                    rest = next;
                    continue;
                }
                if len as usize > MAX_FRAME {
                    return Err(Broken::Malformed);
                }
                let Some((frame, next)) = body.split_at_checked(len as usize) else { break };
                if on_frame(frame).is_break() {
                    return Err(Broken::Stopped);
                }
                rest = next;
            }
            let used = inbox.len() - rest.len();
            inbox.drain(..used);
            match wire::receive(socket, &mut chunk, None, Some(deadline))? {
                0 => return Err(Broken::Gone),
                n => inbox.extend_from_slice(&chunk[..n]),
            }
        }
    }

    /// What a dead worker left on standard error: the runtime's reason for an abort. Read only to
    /// tell one kind of end from another, never shown.
    fn last_words(&self) -> String {
        let mut words = vec![0; 64 << 10];
        let len = rustix::io::read(&self.stderr, &mut words).unwrap_or(0);
        String::from_utf8_lossy(&words[..len]).into_owned()
    }
}
