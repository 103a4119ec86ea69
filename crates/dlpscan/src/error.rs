use dlpscan_core::detector::SpecError;
use std::fmt;
use std::io;

/// What is wrong with a configuration file: where, what, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The line, from 1, where known.
    pub line: Option<usize>,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Why a scanner could not be built: always something the operator wrote, or the machine.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// Detector files; every error there is, not only the first.
    Detectors(Vec<SpecError>),
    /// The sandboxed children could not be started.
    Sandbox(io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Detectors(errors) => {
                for (i, error) in errors.iter().enumerate() {
                    if i > 0 {
                        f.write_str("\n")?;
                    }
                    write!(f, "{error}")?;
                }
                Ok(())
            }
            BuildError::Sandbox(error) => write!(
                f,
                "the separate processes that read documents safely could not be started ({error}); \
                 use --no-sandbox to read them in this process instead"
            ),
        }
    }
}

impl std::error::Error for BuildError {}
