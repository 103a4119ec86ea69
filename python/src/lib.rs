//! The Python door: gives text and bytes to a scanner, and its records back as JSON lines, which
//! `dlpscan/__init__.py` turns into Python objects.

use dlpscan::model::{Level, Outcome};
use dlpscan::report::record::Record;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// A compiled scanner. Immutable: any number of Python threads may share one.
#[pyclass(frozen, module = "dlpscan._native")]
struct Scanner(dlpscan::Scanner);

#[pymethods]
impl Scanner {
    /// Compiles the detectors. A wrong level is a ValueError, detectors that do not compile a
    /// RuntimeError.
    #[new]
    fn new(level: &str, reveal: bool, enable: Vec<String>, disable: Vec<String>) -> PyResult<Self> {
        let least: Level = level.parse().map_err(PyValueError::new_err)?;
        let builder = dlpscan::Scanner::builder().least(least).reveal(reveal);
        let scanner = builder.enable(enable).disable(disable).build();
        scanner.map(Scanner).map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }

    /// Scans bytes of any format; gives one JSON record a line: findings, then the item. Other
    /// Python threads run meanwhile.
    fn scan(&self, py: Python<'_>, data: &[u8], name: &str) -> PyResult<String> {
        let outcome = py.detach(|| self.0.scan_bytes(name, data));
        lines(&outcome).map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }
}

fn lines(outcome: &Outcome) -> std::io::Result<String> {
    let mut out = Vec::new();
    for record in Record::of(outcome) {
        record.write_line(&mut out)?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The native half of `dlpscan`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<Scanner>()
}
