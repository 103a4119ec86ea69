//! What was typed, taken together with the settings file, means this.

use crate::args::ScanArgs;
use crate::say::Trouble;
use dlpscan::detector::DetectorFile;
use dlpscan::load::{self, Wrong};
use dlpscan::model::{Item, Level, Limits, Reason};
use dlpscan::policy::Policy;
use dlpscan::source::volume::{self, Volume};
use dlpscan::source::{self, Missing, Selection};
use dlpscan::{Config, Key, OcrUse, ProtectList, Recogniser, Scanner};
use std::env;
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

/// What the user came for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// What is there?
    Look,
    /// May it leave?
    Gate,
}

impl Errand {
    /// The report that answers.
    pub fn format(self) -> &'static str {
        match self {
            Errand::Look => "text",
            Errand::Gate => "page",
        }
    }
}

/// Makes the plan, or says what stands in its way. Nothing is scanned before all of it is right.
pub fn plan(args: &ScanArgs, errand: Errand) -> Result<Plan, Trouble> {
    let mut remarks = Vec::new();
    let mut config = settings(args.config.as_deref(), &args.paths, &mut remarks)?;
    override_with(&mut config, args);
    if errand == Errand::Gate && config.policy.is_none() {
        config.policy = Some(PathBuf::from("default"));
    }
    if args.ocr == Some(OcrUse::Auto) && Recogniser::installed().is_none() {
        remarks.push(
            "there is no tesseract on this machine, so what is written in pictures is not read; \
             the package is mostly called tesseract-ocr"
                .to_owned(),
        );
    }
    let selection = Selection::new(&config.include, &config.exclude)
        .map_err(|error| Trouble::new(error.to_string()))?;
    let scanner = load::builder(&config)
        .map_err(trouble)?
        .reveal(args.reveal)
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
        items: Box::new(volumes(&there, errand).into_iter().chain(items(there, selection))),
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

/// The volumes that hold the paths and those mounted below them, once each. Who only looks at
/// files is told of volumes that can be carried away; the gate tells of all.
fn volumes(paths: &[PathBuf], errand: Errand) -> Vec<Item> {
    let wanted = |volume: &Volume| errand == Errand::Gate || volume.removable == Some(true);
    let volumes = volume::here().volumes(&without_dash(paths));
    volumes.iter().filter(|volume| wanted(volume)).map(Volume::item).collect()
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
    load::key(config).map_err(trouble)
}

/// Reads a list of own accounts.
pub fn protect_list(path: &Path, key: Option<Key>) -> Result<ProtectList, Trouble> {
    load::protect_list(path, key).map_err(trouble)
}

/// Reads detector files; a folder stands for every `.toml` file below it. Says everything that is
/// wrong, not only the first thing.
pub fn detector_files(paths: &[PathBuf]) -> Result<Vec<DetectorFile>, Trouble> {
    load::detector_files(paths).map_err(trouble)
}

/// Reads a policy, or takes a built-in one, and checks the names in it.
pub fn policy(path: &Path, own: &[DetectorFile]) -> Result<Policy, Trouble> {
    let policy = load::policy(path).map_err(trouble)?;
    load::check_names(&policy, own).map_err(trouble)?;
    Ok(policy)
}

fn trouble(wrong: Wrong) -> Trouble {
    Trouble::new(wrong.to_string())
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
    if args.baseline.is_some() {
        config.baseline.clone_from(&args.baseline);
    }
    if args.key.is_some() {
        config.key.clone_from(&args.key);
    }
    if args.passwords.is_some() {
        config.passwords.clone_from(&args.passwords);
    }
    config.ocr = args.ocr.or(config.ocr).or(Some(OcrUse::Auto));
    let Limits { seconds, bytes, depth, parts, findings, memory, ocr_seconds, .. } =
        &mut config.limits;
    set(ocr_seconds, &args.limit_ocr_time);
    set(seconds, &args.limit_time);
    set(bytes, &args.limit_bytes);
    set(depth, &args.limit_depth);
    set(parts, &args.limit_parts);
    set(findings, &args.limit_findings);
    set(memory, &args.limit_memory);
}

fn colour(args: &ScanArgs) -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    !args.no_color && !no_color && !dumb && args.output.is_none() && io::stdout().is_terminal()
}
