use crate::error::ConfigError;
use crate::ocr::OcrUse;
use dlpscan_core::model::{Level, Limits, Reason};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What `dlpscan.toml` says. Every field has a default; a file that is not there is an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Findings below this level are not reported.
    pub level: Level,
    /// Findings at or above this level make the exit code 1.
    pub fail_on: Level,
    /// Only names that match one of these globs are scanned; empty for all.
    pub include: Vec<String>,
    /// Names that match one of these globs are left out.
    pub exclude: Vec<String>,
    /// Worker threads; 0 for one a core.
    pub threads: usize,
    /// Files or folders with detector files of your own.
    pub detectors: Vec<PathBuf>,
    /// Ids of detectors to switch on that are off by default.
    pub enable: Vec<String>,
    /// Ids of detectors to switch off.
    pub disable: Vec<String>,
    /// The policy file.
    pub policy: Option<PathBuf>,
    /// An earlier report in JSON lines: what stands in it is known.
    pub baseline: Option<PathBuf>,
    /// The file with the key for fingerprints.
    pub key: Option<PathBuf>,
    /// Pay.UK's weight table for the modulus check of UK accounts, `valacdos.txt`.
    #[serde(alias = "modulus_table")]
    pub modulus_table: Option<PathBuf>,
    /// Its table of substitutions, `scsubtab.txt`.
    #[serde(alias = "modulus_substitutions")]
    pub modulus_substitutions: Option<PathBuf>,
    /// The list of the organisation's own accounts, made by `dlpscan protect`.
    pub protect: Option<PathBuf>,
    /// The file with passwords to try on what is encrypted, one a line.
    pub passwords: Option<PathBuf>,
    /// Whether what is written in pictures is read. Left out, the command reads it where tesseract
    /// is installed, and the mail filter does not: it has no time for it.
    pub ocr: Option<OcrUse>,
    /// Reasons that do not count as incomplete in the exit code.
    pub accept_incomplete: Vec<Reason>,
    /// What one item may cost.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            level: Level::Low,
            fail_on: Level::Medium,
            include: Vec::new(),
            exclude: Vec::new(),
            threads: 0,
            detectors: Vec::new(),
            enable: Vec::new(),
            disable: Vec::new(),
            policy: None,
            baseline: None,
            key: None,
            modulus_table: None,
            modulus_substitutions: None,
            protect: None,
            passwords: None,
            ocr: None,
            accept_incomplete: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// Reads a configuration file. Paths in it are taken from the file's own folder.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: file.clone(),
            line: None,
            message: format!("the configuration file could not be read: {error}"),
        })?;
        let mut config = Self::parse(&file, &text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = { config.detectors.iter_mut() }
            .chain(&mut config.policy)
            .chain(&mut config.baseline)
            .chain(&mut config.key)
            .chain(&mut config.modulus_table)
            .chain(&mut config.modulus_substitutions)
            .chain(&mut config.protect)
            .chain(&mut config.passwords);
        for path in paths {
            *path = folder.join(&path);
        }
        Ok(config)
    }

    /// Reads a configuration from text; `file` is its name for messages.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError {
            file: file.to_owned(),
            line: error.span().map(|s| text[..s.start].matches('\n').count() + 1),
            message: error.message().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        assert_eq!(Config::parse("dlpscan.toml", ""), Ok(Config::default()));
    }

    #[test]
    fn a_wrong_word_is_named_with_its_line() {
        let error =
            Config::parse("dlpscan.toml", "level = \"low\"\nfail-on = \"hihg\"\n").unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(error.to_string().contains("hihg"), "{error}");
    }

    #[test]
    fn limits_may_be_set_one_by_one() {
        let config = Config::parse("dlpscan.toml", "[limits]\nseconds = 5\n").unwrap();
        assert_eq!(config.limits, Limits { seconds: 5, ..Limits::default() });
    }
}
