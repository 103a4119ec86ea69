//! One line on the terminal for a run that takes more than a second. Never in a pipe.

use dlpscan::report::shorten;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

const QUIET_FOR: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(200);
/// Characters of a name: the line must fit a terminal of 80.
const NAME: usize = 44;

/// Shows how far the run is, from a thread of its own.
pub struct Progress {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    line: Mutex<Line>,
    wake: Condvar,
}

#[derive(Default)]
struct Line {
    items: u64,
    bytes: u64,
    /// The item that was taken last, as it is called; not to be shown like this.
    current: String,
    shown: bool,
    stop: bool,
}

impl Progress {
    /// Starts, where somebody is looking and nobody asked for quiet. `mask` makes a name one that
    /// may be shown.
    pub fn start(quiet: bool, mask: impl Fn(&str) -> String + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let thread = (!quiet && io::stderr().is_terminal())
            .then(|| {
                let shared = shared.clone();
                std::thread::Builder::new()
                    .name("progress".into())
                    .spawn(move || shared.keep_showing(&mask))
                    .ok()
            })
            .flatten();
        Progress { shared, thread }
    }

    /// A way to say which item is next, for the thread that hands them out.
    pub fn next(&self) -> impl Fn(&str) + Send + use<> {
        let shared = self.thread.is_some().then(|| self.shared.clone());
        move |name| {
            if let Some(shared) = &shared {
                name.clone_into(&mut shared.line().current);
            }
        }
    }

    /// An item is done.
    pub fn done(&self, bytes: u64) {
        let mut line = self.shared.line();
        line.items += 1;
        line.bytes = line.bytes.saturating_add(bytes);
    }

    /// Takes the line off the terminal while something else is written there.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut line = self.shared.line();
        line.clear();
        write()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let mut line = self.shared.line();
        line.stop = true;
        line.clear();
        drop(line);
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn keep_showing(&self, mask: &dyn Fn(&str) -> String) {
        let mut wait = QUIET_FOR;
        let mut line = self.line();
        loop {
            let waited = self.wake.wait_timeout_while(line, wait, |line| !line.stop);
            line = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
            if line.stop {
                return;
            }
            wait = EVERY;
            let (items, megabytes) = (line.items, line.bytes / 1_000_000);
            let name = shorten(&mask(&line.current), NAME);
            line.shown = true;
            _ = write!(io::stderr(), "\r\x1b[K{items} files, {megabytes} MB  {name}");
        }
    }
}

impl Line {
    fn clear(&mut self) {
        if self.shown {
            self.shown = false;
            _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
