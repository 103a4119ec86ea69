//! From what the operator wrote (settings, detector files, policies, lists) to a scanner, the same
//! for every door. What is wrong is said in whole sentences, all of it at once where that is
//! possible, before anything is scanned.

use crate::builder::ScannerBuilder;
use crate::config::Config;
use crate::key::Key;
use crate::ocr::OcrUse;
use crate::protect::ProtectList;
use crate::scanner::Scanner;
use crate::tables::modulus_table;
use dlpscan_core::detector::DetectorFile;
use dlpscan_core::model::Level;
use dlpscan_detectors::Given;
use dlpscan_policy::{Baseline, Names, Policy};
use std::fmt;
use std::fs;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What is wrong with the operator's files: sentences, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(Vec<String>);

impl Wrong {
    fn one(what: impl fmt::Display) -> Self {
        Wrong(vec![what.to_string()])
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Wrong {}

/// What the settings give to checks: Pay.UK's tables, the own accounts.
pub fn given(config: &Config) -> Result<Given, Wrong> {
    let protect = own_accounts(config, || key(config))?;
    Ok(crate::builder::given(modulus_table(config).map_err(Wrong::one)?, protect))
}

/// The list of own accounts that the settings name. The key is asked for only where there is one.
fn own_accounts(
    config: &Config,
    key: impl FnOnce() -> Result<Option<Key>, Wrong>,
) -> Result<Option<ProtectList>, Wrong> {
    config.protect.as_deref().map(|path| protect_list(path, key()?)).transpose()
}

/// A builder for everything the settings say: detectors, limits, key, own accounts, policy and
/// baseline. Whether values are revealed and documents read in children is left to the caller.
pub fn builder(config: &Config) -> Result<ScannerBuilder, Wrong> {
    let own = detector_files(&config.detectors)?;
    check_switches(config.enable.iter().chain(&config.disable), &own)?;
    let mut policy = config.policy.as_deref().map(policy).transpose()?;
    if let Some(policy) = &policy {
        check_names(policy, &own)?;
    }
    if let Some(path) = &config.baseline {
        let file = fs::File::open(path).map_err(|e| cannot_read("baseline", path, &e))?;
        let known =
            Baseline::read(BufReader::new(file)).map_err(|e| cannot_read("baseline", path, &e))?;
        policy = Some(policy.unwrap_or_default().with_baseline(known));
    }
    let key = key(config)?;
    let modulus = modulus_table(config).map_err(Wrong::one)?;
    let protect = own_accounts(config, || Ok(key.clone()))?;
    let passwords = match &config.passwords {
        Some(path) => {
            let text = Zeroizing::new(
                fs::read_to_string(path).map_err(|e| cannot_read("passwords", path, &e))?,
            );
            dlpscan_extract::passwords(&text)
        }
        None => Vec::new(),
    };
    // What is shown, what fails and what the policy asks about must all be found.
    let least = policy.iter().map(Policy::least).fold(config.level.min(config.fail_on), Level::min);
    Ok(Scanner::builder()
        .detector_files(own)
        .enable(config.enable.clone())
        .disable(config.disable.clone())
        .limits(config.limits.clone())
        .least(least)
        .key(key)
        .modulus(modulus)
        .protect(protect)
        .passwords(passwords)
        .ocr(config.ocr.unwrap_or(OcrUse::Off).recogniser())
        .policy(policy))
}

/// The key the settings name, else the user's own.
pub fn key(config: &Config) -> Result<Option<Key>, Wrong> {
    match &config.key {
        Some(path) => Key::load(path).map(Some).map_err(|error| cannot_read("key", path, &error)),
        None => Ok(Key::of_user()),
    }
}

/// Reads a list of own accounts.
pub fn protect_list(path: &Path, key: Option<Key>) -> Result<ProtectList, Wrong> {
    let key = key.ok_or_else(|| {
        Wrong::one(
            "a list of own accounts needs a key, and there is no folder to keep yours in; name \
             one as `key` in dlpscan.toml",
        )
    })?;
    ProtectList::load(path, key).map_err(Wrong::one)
}

/// Reads a policy file; where there is none of that name, one of the built-in ones.
pub fn policy(path: &Path) -> Result<Policy, Wrong> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !path.exists()
        && let Some(policy) = Policy::builtin(name)
    {
        return Ok(policy);
    }
    let text = fs::read_to_string(path).map_err(|error| cannot_read("policy", path, &error))?;
    Policy::parse(&path.display().to_string(), &text).map_err(Wrong::one)
}

/// Whether everything a policy names exists. A misspelt name would never do anything, and nobody
/// would notice. A detector that is switched off may be named: that is the user's choice.
pub fn check_names(policy: &Policy, own: &[DetectorFile]) -> Result<(), Wrong> {
    let builtin = dlpscan_detectors::builtin();
    let all = || builtin.iter().chain(own).flat_map(|file| &file.detectors);
    let ids: Vec<&str> = all().map(|d| d.id.as_str()).collect();
    let categories: Vec<&str> = all().map(|d| d.category.as_str()).collect();
    let kinds = crate::kinds();
    let names = Names { detectors: &ids, categories: &categories, kinds: &kinds };
    let wrong: Vec<String> = policy.unknown_names(names).iter().map(ToString::to_string).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Wrong(wrong)) }
}

/// Whether every detector that is to be switched on or off exists. A misspelt one would never be
/// missed.
pub fn check_switches<'a>(
    ids: impl Iterator<Item = &'a String>,
    own: &[DetectorFile],
) -> Result<(), Wrong> {
    let mut ids = ids.peekable();
    // Nothing to look up: the built-in files need not be read once more at every start.
    if ids.peek().is_none() {
        return Ok(());
    }
    let builtin = dlpscan_detectors::builtin();
    let known = |id: &str| {
        builtin.iter().chain(own).flat_map(|file| &file.detectors).any(|detector| detector.id == id)
    };
    let wrong: Vec<String> = ids
        .filter(|id| !known(id))
        .map(|id| {
            format!(
                "the settings switch \"{id}\" on or off, but there is no detector called that; \
                 \"dlpscan detectors list\" shows all there are"
            )
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Wrong(wrong)) }
}

/// Reads detector files; a folder stands for every `.toml` file below it. Says everything that is
/// wrong, not only the first thing.
pub fn detector_files(paths: &[PathBuf]) -> Result<Vec<DetectorFile>, Wrong> {
    let mut wrong = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        let mut found = Vec::new();
        match toml_files(path, &mut found) {
            Ok(()) if found.is_empty() => {
                wrong.push(format!("{}: there is no .toml file in this folder", path.display()));
            }
            Ok(()) => {}
            Err(error) => wrong.push(cannot_read("detector", path, &error).to_string()),
        }
        for file in found {
            match fs::read_to_string(&file) {
                Err(error) => wrong.push(cannot_read("detector", &file, &error).to_string()),
                Ok(text) => match DetectorFile::parse(&file.display().to_string(), &text) {
                    Ok(parsed) => files.push(parsed),
                    Err(error) => wrong.push(error.to_string()),
                },
            }
        }
    }
    if wrong.is_empty() { Ok(files) } else { Err(Wrong(wrong)) }
}

fn toml_files(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir()
            || entry.path().extension().is_some_and(|e| e == "toml") && !kind.is_symlink()
        {
            toml_files(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn cannot_read(what: &str, path: &Path, error: &io::Error) -> Wrong {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; check its name".to_owned(),
        io::ErrorKind::PermissionDenied => "you are not allowed to read it".to_owned(),
        io::ErrorKind::InvalidData => "it is not a text file in UTF-8, or too short".to_owned(),
        _ => error.to_string(),
    };
    Wrong::one(format!("the {what} file {} could not be read: {why}", path.display()))
}
