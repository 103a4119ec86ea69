use super::{Confinement, Ending, Job, Settings};
use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// Workers. This system has no way to confine them that we know, so there is never one.
#[derive(Debug)]
pub struct Pool(Infallible);

/// A pool that never starts.
#[derive(Debug)]
pub struct Starting(Infallible);

impl Starting {
    /// Never comes to it.
    ///
    /// # Errors
    /// None.
    pub fn ready(self) -> io::Result<Pool> {
        match self.0 {}
    }
}

impl Pool {
    /// Always [`io::ErrorKind::Unsupported`]: the caller runs the job in its own process and says so.
    pub fn start<R>(
        _: Settings,
        _: R,
        _: impl FnOnce(R) -> Option<Box<Job>>,
    ) -> io::Result<(Starting, R)> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "readers can be shut in only on Linux; here they run inside the scanner",
        ))
    }

    /// What the kernel does for us.
    pub fn confinement(&self) -> Confinement {
        match self.0 {}
    }

    /// Runs one job.
    pub fn run(
        &self,
        _: &[u8],
        _: Option<BorrowedFd<'_>>,
        _: Instant,
        _: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
        _: &mut dyn FnMut(&[u8]) -> Vec<u8>,
    ) -> Ending {
        match self.0 {}
    }
}
