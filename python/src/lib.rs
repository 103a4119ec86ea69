//! The Python door: gives text, bytes and paths to a scanner, and its records back as JSON lines,
//! which the Python half turns into objects.
//!
//! * [`scanner`]: scanning in the calling process.
//! * [`child`]: the other end of a pipe, in a process of its own that may fork: it reads in
//!   sandboxed children what the interpreter's process should not.
//! * [`setup`]: what both are built from.

mod child;
mod scanner;
mod setup;

use dlpscan::load;
use dlpscan::policy::Policy;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::ffi::OsString;

create_exception!(
    dlpscan,
    SetupError,
    PyValueError,
    "What a scanner was to be made from is wrong: a level, a limit, a detector file, a policy."
);

/// Runs the command with these words, the first of which is the program's name; its exit code.
#[pyfunction]
fn command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| dlpscan_cli::run(words))
}

/// Serves one host over standard input and output until that closes.
#[pyfunction]
fn serve(py: Python<'_>) -> PyResult<()> {
    py.detach(child::serve).map_err(Into::into)
}

/// The text of a policy that comes with dlpscan, if there is one of that name.
#[pyfunction]
fn builtin_policy(name: &str) -> Option<&'static str> {
    let (_, text) = dlpscan::policy::BUILTIN.iter().find(|(known, _)| *known == name)?;
    Some(text)
}

/// A rule's id, reason and action.
type RuleWords = (String, String, String);

/// Checks a policy: its name, and of each rule the id, the reason and the action.
#[pyfunction]
fn check_policy(file: &str, text: &str) -> PyResult<(String, Vec<RuleWords>)> {
    let policy = Policy::parse(file, text).map_err(|error| wrong(error.to_string()))?;
    load::check_names(&policy, &[]).map_err(|error| wrong(error.to_string()))?;
    let rule = |rule: &dlpscan::policy::Rule| {
        (rule.id.clone(), rule.why.clone(), rule.then.as_str().to_owned())
    };
    Ok((policy.name().to_owned(), policy.rules().iter().map(rule).collect()))
}

fn wrong(message: String) -> PyErr {
    SetupError::new_err(message)
}

/// The native half of `dlpscan`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // This library has a standard library of its own: the hook is nobody else's.
    dlpscan::tell_faults();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("SetupError", module.py().get_type::<SetupError>())?;
    module.add_function(wrap_pyfunction!(command, module)?)?;
    module.add_function(wrap_pyfunction!(serve, module)?)?;
    module.add_function(wrap_pyfunction!(builtin_policy, module)?)?;
    module.add_function(wrap_pyfunction!(check_policy, module)?)?;
    module.add_class::<scanner::Scanner>()?;
    module.add_class::<scanner::Outcomes>()
}
