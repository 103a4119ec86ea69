//! What was typed, taken together with the settings file, means this.

use crate::args::ScanArgs;
use crate::say::Trouble;
use dlpscan::detector::DetectorFile;
use dlpscan::model::{Item, Level, Limits, Reason};
use dlpscan::policy::{Names, Policy};
use dlpscan::source::{self, Missing, Selection};
use dlpscan::{Config, Key, ProtectList, Scanner, detectors};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Everything a scan needs, checked.
pub struct Plan {
    pub scanner: Scanner,
    pub items: Box<dyn Iterator<Item = Item> + Send>,
    /// Named paths that are not there.
    pub missing: Vec<Missing>,
    /// What the user should know before it starts.
    pub remarks: Vec<String>,
    /// What is missing in the confinement of those who read documents.
    pub unconfined: Option<String>,
    pub level: Level,
    pub fail_on: Level,
    pub accepted: Vec<Reason>,
    pub threads: usize,
    pub colour: bool,
}

/// Makes the plan, or says what stands in its way. Nothing is scanned before all of it is right.
pub fn plan(args: &ScanArgs) -> Result<Plan, Trouble> {
    let mut remarks = Vec::new();
    let mut config = settings(args.config.as_deref(), &args.paths, &mut remarks)?;
    override_with(&mut config, args);
    let selection = Selection::new(&config.include, &config.exclude)
        .map_err(|error| Trouble::new(error.to_string()))?;
    let policy = config.policy.as_deref().map(policy).transpose()?;
    let key = key(&config)?;
    let modulus =
        dlpscan::modulus_table(&config).map_err(|error| Trouble::new(error.to_string()))?;
    let protect = match &config.protect {
        Some(path) => Some(protect_list(path, key.clone())?),
        None => None,
    };
    // What is shown, what fails and what the policy asks about must all be found.
    let least = policy.iter().map(Policy::least).fold(config.level.min(config.fail_on), Level::min);
    let own = detector_files(&config.detectors)?;
    check_names(policy.as_ref(), &config, &own)?;
    let scanner = Scanner::builder()
        .detector_files(own)
        .enable(config.enable)
        .disable(config.disable)
        .limits(config.limits)
        .least(least)
        .reveal(args.reveal)
        .key(key)
        .modulus(modulus)
        .protect(protect)
        .policy(policy)
        .isolated(!args.no_sandbox)
        .build()
        .map_err(|error| Trouble::new(error.to_string()))?;
    let unconfined = match scanner.confinement() {
        Some(confinement) => confinement.note,
        None => Some("documents were read in this process, as you asked".to_owned()),
    };
    if !args.no_sandbox {
        remarks.extend(unconfined.clone());
    }
    let missing = source::check(&without_dash(&args.paths));
    let there: Vec<PathBuf> = args
        .paths
        .iter()
        .filter(|path| missing.iter().all(|m| m.path != **path))
        .cloned()
        .collect();
    Ok(Plan {
        scanner,
        items: items(there, selection),
        missing,
        remarks,
        unconfined,
        level: config.level,
        fail_on: config.fail_on,
        accepted: config.accept_incomplete,
        threads: config.threads,
        colour: colour(args),
    })
}

/// The items of the paths, in the order they were named; `-` is standard input, once.
fn items(paths: Vec<PathBuf>, selection: Selection) -> Box<dyn Iterator<Item = Item> + Send> {
    let mut runs: Vec<Vec<PathBuf>> = vec![Vec::new()];
    let mut stdin_at = None;
    for path in paths {
        if path.as_os_str() != "-" {
            if let Some(run) = runs.last_mut() {
                run.push(path);
            }
        } else if stdin_at.is_none() {
            stdin_at = Some(runs.len());
            runs.push(Vec::new());
        }
    }
    Box::new(runs.into_iter().enumerate().flat_map(move |(i, run)| {
        let stdin = (stdin_at == Some(i)).then(source::stdin);
        stdin.into_iter().chain(source::files(run, selection.clone()))
    }))
}

fn without_dash(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect()
}

const CONFIG: &str = "dlpscan.toml";

/// The settings file: the one named, else `DLPSCAN_CONFIG`, else `dlpscan.toml` in this folder or
/// one above it.
pub fn settings(
    named: Option<&Path>,
    looked_at: &[PathBuf],
    remarks: &mut Vec<String>,
) -> Result<Config, Trouble> {
    let load = |path: &Path| Config::load(path).map_err(|error| Trouble::new(error.to_string()));
    if let Some(path) = named {
        return load(path);
    }
    if let Some(path) = env::var_os("DLPSCAN_CONFIG").filter(|value| !value.is_empty()) {
        return load(Path::new(&path));
    }
    let Some(path) = upward() else { return Ok(Config::default()) };
    // Settings that came along on a stick must not decide how the stick is looked at.
    let inside = |root: &PathBuf| fs::canonicalize(root).is_ok_and(|root| path.starts_with(root));
    if looked_at.iter().any(inside) {
        remarks.push(format!(
            "{} lies in what is being scanned, so its settings are not used; if they are yours, \
             name them with --config",
            path.display()
        ));
        return Ok(Config::default());
    }
    remarks.push(format!("settings from {}", path.display()));
    load(&path)
}

/// The key the settings name, else the user's own.
pub fn key(config: &Config) -> Result<Option<Key>, Trouble> {
    match &config.key {
        Some(path) => Key::load(path).map(Some).map_err(|error| cannot_read("key", path, &error)),
        None => Ok(Key::of_user()),
    }
}

/// Reads a list of own accounts.
pub fn protect_list(path: &Path, key: Option<Key>) -> Result<ProtectList, Trouble> {
    let key = key.ok_or_else(|| {
        Trouble::new(
            "a list of own accounts needs a key, and there is no folder to keep yours in; name \
             one as `key` in dlpscan.toml",
        )
    })?;
    ProtectList::load(path, key).map_err(|error| Trouble::new(error.to_string()))
}

fn upward() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(CONFIG)).find(|path| path.is_file())
}

/// What was typed goes before what the settings file says.
fn override_with(config: &mut Config, args: &ScanArgs) {
    fn set<T: Clone>(field: &mut T, typed: &Option<T>) {
        if let Some(value) = typed {
            field.clone_from(value);
        }
    }
    set(&mut config.level, &args.level);
    set(&mut config.fail_on, &args.fail_on);
    set(&mut config.threads, &args.threads);
    if !args.include.is_empty() {
        config.include.clone_from(&args.include);
    }
    config.exclude.extend_from_slice(&args.exclude);
    config.detectors.extend_from_slice(&args.detectors);
    config.accept_incomplete.extend_from_slice(&args.accept_incomplete);
    if args.policy.is_some() {
        config.policy.clone_from(&args.policy);
    }
    if args.key.is_some() {
        config.key.clone_from(&args.key);
    }
    let Limits { seconds, bytes, depth, parts, findings, memory, .. } = &mut config.limits;
    set(seconds, &args.limit_time);
    set(bytes, &args.limit_bytes);
    set(depth, &args.limit_depth);
    set(parts, &args.limit_parts);
    set(findings, &args.limit_findings);
    set(memory, &args.limit_memory);
}

fn policy(path: &Path) -> Result<Policy, Trouble> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if !path.exists()
        && let Some(policy) = Policy::builtin(name)
    {
        return Ok(policy);
    }
    let text = fs::read_to_string(path).map_err(|error| cannot_read("policy", path, &error))?;
    Policy::parse(&path.display().to_string(), &text)
        .map_err(|error| Trouble::new(error.to_string()))
}

/// A misspelt name would never do anything, and nobody would notice. A detector that is switched
/// off may be named: that is the user's choice.
fn check_names(
    policy: Option<&Policy>,
    config: &Config,
    own: &[DetectorFile],
) -> Result<(), Trouble> {
    let builtin = detectors::builtin();
    let all = || builtin.iter().chain(own).flat_map(|file| &file.detectors);
    let ids: Vec<&str> = all().map(|d| d.id.as_str()).collect();
    let categories: Vec<&str> = all().map(|d| d.category.as_str()).collect();
    let kinds = dlpscan::kinds();
    let names = Names { detectors: &ids, categories: &categories, kinds: &kinds };
    let errors = policy.map(|policy| policy.unknown_names(names)).unwrap_or_default();
    let mut wrong: Vec<String> = errors.iter().map(ToString::to_string).collect();
    for id in config.enable.iter().chain(&config.disable).filter(|id| !ids.contains(&id.as_str())) {
        wrong.push(format!(
            "the settings switch the detector \"{id}\" on or off, but there is none of that name; \
             \"dlpscan detectors list\" shows all there are"
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Trouble::new(wrong.join("\n"))) }
}

/// Reads detector files; a folder stands for every `.toml` file below it. Says everything that is
/// wrong, not only the first thing.
pub fn detector_files(paths: &[PathBuf]) -> Result<Vec<DetectorFile>, Trouble> {
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
    if wrong.is_empty() { Ok(files) } else { Err(Trouble::new(wrong.join("\n"))) }
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

fn cannot_read(what: &str, path: &Path, error: &io::Error) -> Trouble {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; check its name".to_owned(),
        io::ErrorKind::PermissionDenied => "you are not allowed to read it".to_owned(),
        io::ErrorKind::InvalidData => "it is not a text file in UTF-8, or too short".to_owned(),
        _ => error.to_string(),
    };
    Trouble::new(format!("the {what} file {} could not be read: {why}", path.display()))
}

fn colour(args: &ScanArgs) -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    !args.no_color && !no_color && !dumb && args.output.is_none() && io::stdout().is_terminal()
}
