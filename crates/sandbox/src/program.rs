//! Running another program on bytes: what goes in and what comes out is bounded, and so is the
//! program.

use crate::confine;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program that turns bytes on its standard input into bytes on its standard output. It starts
/// with an environment of its own, without a shell, in a process group of its own, with limits on
/// memory and time; where the kernel has Landlock it can write nothing, call nobody, and read only
/// what installed programs need.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program's file, by its whole path.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(String, OsString)>,
    /// Folders beside those of the system that it may read.
    pub readable: Vec<PathBuf>,
    /// Bytes of memory it may take.
    pub memory: u64,
    /// Bytes it may write to its standard output.
    pub output: usize,
}

/// Why a program gave no answer. Its text never holds anything of what went in or came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failed {
    /// It could not be started.
    NotStarted,
    /// It took longer than it may, and was killed.
    TimedOut,
    /// It wrote more than it may, and was killed.
    TooMuch,
    /// It ended with this exit code.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::NotStarted => f.write_str("it could not be started"),
            Failed::TimedOut => f.write_str("it took too long"),
            Failed::TooMuch => f.write_str("it answered without end"),
            Failed::Code(code) => write!(f, "it ended with code {code}"),
            Failed::Signal(signal) => write!(f, "it was ended by signal {signal}"),
        }
    }
}

/// How long the end of a program that has closed its output is waited for.
const DYING: Duration = Duration::from_secs(2);

impl Program {
    /// Runs it on `input` until `deadline` at the latest. Whatever happens, neither it nor a child
    /// of it in its process group is left running.
    ///
    /// # Errors
    /// When it cannot be started, breaks a limit, or says that it failed.
    pub fn run(&self, input: &[u8], deadline: Instant) -> Result<Vec<u8>, Failed> {
        let mut running = Running(self.start(deadline).map_err(|_| Failed::NotStarted)?);
        let output = running.talk(input, self.output, deadline)?;
        running.end(deadline.min(Instant::now() + DYING))?;
        Ok(output)
    }

    #[allow(unsafe_code)]
    fn start(&self, deadline: Instant) -> io::Result<Child> {
        let seconds = deadline.saturating_duration_since(Instant::now()).as_secs() + 1;
        let mut confined = confine::Confined::new(self.memory, seconds, &self.readable);
        let mut command = Command::new(&self.path);
        command
            .args(&self.args)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // SAFETY: what runs between fork and exec makes system calls only: everything it needs was
        // opened and allocated before. It takes no lock and touches nothing of the other threads.
        unsafe { command.pre_exec(move || confined.enter()) };
        command.spawn()
    }
}

/// A started program; killed with its whole group when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody else can have its number before it is waited for.
        if let Some(pid) = Pid::from_raw(self.0.id() as i32) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

impl Running {
    /// Writes the input and reads the output at once: a program may answer before it has read all.
    fn talk(&mut self, input: &[u8], most: usize, deadline: Instant) -> Result<Vec<u8>, Failed> {
        let (Some(stdin), Some(stdout)) = (self.0.stdin.take(), self.0.stdout.take()) else {
            return Err(Failed::NotStarted);
        };
        let (mut to, from) = (Some(File::from(OwnedFd::from(stdin))), OwnedFd::from(stdout));
        for fd in [to.as_ref().map(AsFd::as_fd), Some(from.as_fd())].into_iter().flatten() {
            rustix::io::ioctl_fionbio(fd, true).map_err(|_| Failed::NotStarted)?;
        }
        let mut output = Vec::new();
        let mut sent = 0;
        let mut chunk = vec![0; 16 << 10];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failed::TimedOut);
            }
            let timeout = Timespec {
                tv_sec: left.as_secs().min(1 << 30) as i64,
                tv_nsec: left.subsec_nanos().into(),
            };
            let mut fds = vec![PollFd::new(&from, PollFlags::IN)];
            if let Some(to) = &to {
                fds.push(PollFd::new(to, PollFlags::OUT));
            }
            match poll(&mut fds, Some(&timeout)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return Err(Failed::NotStarted),
            }
            let writable = fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
            let readable = !fds[0].revents().is_empty();
            if let (true, Some(fd)) = (writable, &to) {
                match rustix::io::write(fd, &input[sent..]) {
                    Ok(n) => sent += n,
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    // It does not want the rest; what it says all the same counts.
                    Err(_) => sent = input.len(),
                }
                if sent == input.len() {
                    to = None;
                }
            }
            if readable {
                match rustix::io::read(&from, &mut chunk) {
                    Ok(0) => return Ok(output),
                    Ok(n) if output.len() + n > most => return Err(Failed::TooMuch),
                    Ok(n) => output.extend_from_slice(&chunk[..n]),
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(_) => return Ok(output),
                }
            }
        }
    }

    /// Waits for its end: what it wrote counts only if it says that all went well. It is only
    /// looked at, so that its number stays its own until its group is killed.
    fn end(&self, until: Instant) -> Result<(), Failed> {
        let id = Pid::from_raw(self.0.id() as i32).map(WaitId::Pid).ok_or(Failed::NotStarted)?;
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        loop {
            match waitid(id.clone(), look) {
                Ok(Some(status)) => {
                    return match (status.exit_status(), status.terminating_signal()) {
                        (Some(0), _) => Ok(()),
                        (Some(code), _) => Err(Failed::Code(code)),
                        (None, signal) => Err(Failed::Signal(signal.unwrap_or(0))),
                    };
                }
                Ok(None) | Err(Errno::INTR) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                _ => return Err(Failed::TimedOut),
            }
        }
    }
}
