use crate::setup::{Setup, bytes, lines};
use crate::wrong;
use dlpscan::model::{Item, Level};
use dlpscan::source::{self, Selection};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long Ctrl-C may wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// Bytes that are scanned at once in the calling thread. Longer ones go to a thread of their own,
/// so that Ctrl-C is heard.
const AT_ONCE: usize = 64 << 10;

/// Outcomes that may wait to be taken.
const WAITING: usize = 16;

/// A compiled scanner that reads in the calling process. Immutable: any number of Python threads
/// may share one.
#[pyclass(frozen, module = "dlpscan._native")]
pub(crate) struct Scanner {
    scanner: Arc<dlpscan::Scanner>,
    shown: Level,
}

#[pymethods]
impl Scanner {
    /// Compiles the detectors.
    #[new]
    fn new(py: Python<'_>, setup: &str) -> PyResult<Self> {
        let setup = Setup::parse(setup).map_err(wrong)?;
        let shown = setup.shown();
        let scanner = py.detach(|| setup.build(false)).map_err(wrong)?;
        Ok(Scanner { scanner: Arc::new(scanner), shown })
    }

    /// Scans bytes of any format; gives one JSON record a line: findings, then the item. Other
    /// Python threads run meanwhile.
    fn scan(&self, py: Python<'_>, data: &[u8], name: &str) -> PyResult<String> {
        if data.len() <= AT_ONCE {
            return Ok(py.detach(|| lines(self.scanner.scan_bytes(name, data), self.shown)));
        }
        let (scanner, shown) = (self.scanner.clone(), self.shown);
        let (data, name) = (data.to_vec(), name.to_owned());
        let (send, receive) = sync_channel(1);
        std::thread::spawn(move || {
            // Where Ctrl-C was pressed meanwhile, nobody waits for it.
            _ = send.send(lines(scanner.scan_bytes(&name, &data), shown));
        });
        Ok(wait(py, &Mutex::new(receive))?.unwrap_or_default())
    }

    /// Scans what is behind these paths, on so many threads (0: one a core).
    fn scan_paths(
        &self,
        paths: Vec<OsString>,
        include: Vec<String>,
        exclude: Vec<String>,
        threads: usize,
    ) -> PyResult<Outcomes> {
        let items = items(paths, &include, &exclude).map_err(wrong)?;
        let (scanner, shown) = (self.scanner.clone(), self.shown);
        let (send, receive) = sync_channel(WAITING);
        std::thread::spawn(move || {
            scanner.run(items, threads, &mut |outcome| match send.send(lines(outcome, shown)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            });
        });
        Ok(Outcomes(Mutex::new(receive)))
    }

    /// What became of everything in a text that looks like something: a JSON list.
    fn explain(&self, py: Python<'_>, text: &str) -> PyResult<String> {
        let all = py.detach(|| catch_unwind(AssertUnwindSafe(|| self.scanner.explain(text))));
        let all = all.map_err(|_| PyRuntimeError::new_err("a fault in dlpscan itself"))?;
        Ok(serde_json::to_string(&all).unwrap_or_default())
    }
}

/// The outcomes of a run, each as its records, one JSON object a line.
#[pyclass(frozen, module = "dlpscan._native")]
pub(crate) struct Outcomes(Mutex<Receiver<String>>);

#[pymethods]
impl Outcomes {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<String>> {
        wait(py, &self.0)
    }
}

/// Waits for what a thread has to say, and hears Ctrl-C meanwhile. `None`: it is done.
fn wait(py: Python<'_>, receive: &Mutex<Receiver<String>>) -> PyResult<Option<String>> {
    loop {
        let next = py.detach(|| {
            let receive = receive.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            receive.recv_timeout(PATIENCE)
        });
        match next {
            Ok(text) => return Ok(Some(text)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
        }
    }
}

/// The items behind these paths.
pub(crate) fn items(
    paths: Vec<OsString>,
    include: &[String],
    exclude: &[String],
) -> Result<impl Iterator<Item = Item> + Send + use<>, String> {
    let selection = Selection::new(include, exclude).map_err(|error| error.to_string())?;
    Ok(source::files(paths.into_iter().map(PathBuf::from).collect(), selection))
}

/// A path whose bytes came as characters, one each.
pub(crate) fn path(text: &str) -> Option<OsString> {
    bytes(text).map(OsString::from_vec)
}
