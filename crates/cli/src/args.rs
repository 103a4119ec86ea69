//! What was typed.

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use dlpscan::OcrUse;
use dlpscan::model::{Level, Reason};
use dlpscan::report::REPORTERS;
use std::ffi::OsString;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  everything was read and nothing was found
  1  something was found (at or above --fail-on)
  2  something is wrong with the command, a setting or dlpscan itself
  3  nothing was found, but some files could not be read in full
  4  something was found, and some files could not be read in full";

const EXAMPLES: &str = "\
Examples:
  dlpscan gate /media/usb               may this memory stick leave? one page
  dlpscan /media/usb                    everything found on it, file by file
  dlpscan letter.docx payroll.xlsx      look at two files
  dlpscan . -o report.txt               keep the report
  cat mail.eml | dlpscan -              look at what comes in
  dlpscan detectors list                what dlpscan looks for

A file that is itself called like a command, such as \"scan\", is named as ./scan.
\"dlpscan scan --help\" lists every option.";

#[derive(Debug, Parser)]
#[command(
    name = "dlpscan",
    version,
    about = "Finds bank details, personal data and confidential markings before they leave",
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
    override_usage = "dlpscan [OPTIONS] PATH…\n       dlpscan gate [OPTIONS] PATH…\n       dlpscan detectors list | show ID | check FILE… | check --vectors LIST | explain [TEXT]\n       dlpscan modulus verify\n       dlpscan protect add | list | remove NAME\n       dlpscan mail - --policy NAME\n       dlpscan policy check | explain | coverage | test NAME",
    disable_help_subcommand = true
)]
struct Typed {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at files and folders (the word "scan" may be left out)
    Scan(Box<ScanArgs>),
    /// May this volume or folder leave? The same look, judged by a policy, on one page
    Gate(Box<ScanArgs>),
    /// What dlpscan looks for: list, show, check, explain
    Detectors {
        #[command(subcommand)]
        action: DetectorsAction,
    },
    /// The modulus check of UK accounts: whether Pay.UK's tables are right
    Modulus {
        #[command(subcommand)]
        action: ModulusAction,
    },
    /// Judge one message, for a mail program that pipes it in
    Mail(MailArgs),
    /// What findings mean: check a policy, explain it, show what it covers, test it
    Policy {
        #[command(subcommand)]
        action: PolicyAction,
    },
    /// Your own accounts, which must never leave: add, list, remove
    Protect {
        #[command(subcommand)]
        action: ProtectAction,
    },
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, max_term_width = 100)]
pub struct ScanArgs {
    /// Files and folders; - is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// How to write the report [default: text; for the gate page]
    #[arg(short, long, value_parser = formats(), help_heading = "Report")]
    pub format: Option<String>,
    /// Write the report to this file (for your eyes only) instead of the terminal
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub output: Option<PathBuf>,
    /// Show findings from this level on: info, low, medium, high [default: low]
    #[arg(long, value_name = "LEVEL", help_heading = "Report")]
    pub level: Option<Level>,
    /// End with code 1 from this level on: info, low, medium, high [default: medium]
    #[arg(long, value_name = "LEVEL", help_heading = "Report")]
    pub fail_on: Option<Level>,
    /// Show the values that were found, not only their last characters
    #[arg(long, help_heading = "Report")]
    pub reveal: bool,
    /// Do not end with code 3 or 4 for these reasons (the report still shows them); for several,
    /// put commas between or repeat
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = reason, help_heading = "Report")]
    pub accept_incomplete: Vec<Reason>,
    /// No progress and no remarks, only the report
    #[arg(short, long, help_heading = "Report")]
    pub quiet: bool,
    /// No colours (NO_COLOR=1 does the same)
    #[arg(long, help_heading = "Report")]
    pub no_color: bool,

    /// Only files whose name or path matches, such as '*.docx'
    #[arg(long, value_name = "GLOB", help_heading = "What is looked at")]
    pub include: Vec<String>,
    /// Leave out files and folders whose name or path matches
    #[arg(long, value_name = "GLOB", help_heading = "What is looked at")]
    pub exclude: Vec<String>,
    /// Detector files of your own, or a folder of them
    #[arg(long, value_name = "PATH", help_heading = "What is looked at")]
    pub detectors: Vec<PathBuf>,

    /// Settings from this file [default: $DLPSCAN_CONFIG, or dlpscan.toml in this folder or above]
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Judge each file by these rules: a file, or "default" or "uk-council" [default: none; for
    /// the gate default]
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub policy: Option<PathBuf>,
    /// What an earlier report in JSON lines found is known and does not count
    #[arg(long, value_name = "REPORT", help_heading = "Settings")]
    pub baseline: Option<PathBuf>,
    /// The key of fingerprints [default: your own, made on first use]
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub key: Option<PathBuf>,
    /// Read what is written in pictures and scanned pages: auto (where tesseract is installed) or
    /// off [default: auto]
    #[arg(long, value_name = "WHEN", help_heading = "Settings")]
    pub ocr: Option<OcrUse>,
    /// Try the passwords in this file, one a line, on encrypted archives and documents
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub passwords: Option<PathBuf>,
    /// Files read at the same time [default: one for each core]
    #[arg(short = 'j', long, value_name = "NUMBER", help_heading = "Settings")]
    pub threads: Option<usize>,
    /// Read documents in this process instead of in separate, locked-up ones
    #[arg(long, help_heading = "Settings")]
    pub no_sandbox: bool,
    /// Check that every byte is accounted for; a gap is an error
    #[arg(long, help_heading = "Settings")]
    pub verify: bool,

    /// Seconds for one file [default: 20]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits for one file")]
    pub limit_time: Option<u64>,
    /// Seconds more for the pictures of one file, where they are read [default: 60]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits for one file")]
    pub limit_ocr_time: Option<u64>,
    /// Unpacked bytes of one file, such as 4GB [default: 1GB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits for one file")]
    pub limit_bytes: Option<u64>,
    /// Archives inside archives [default: 100]
    #[arg(long, value_name = "NUMBER", help_heading = "Limits for one file")]
    pub limit_depth: Option<u32>,
    /// Parts of one file: archive entries, attachments [default: 100000]
    #[arg(long, value_name = "NUMBER", help_heading = "Limits for one file")]
    pub limit_parts: Option<u64>,
    /// Findings listed of one file; all are counted [default: 10000]
    #[arg(long, value_name = "NUMBER", help_heading = "Limits for one file")]
    pub limit_findings: Option<u64>,
    /// Memory of the process that reads one file, such as 512MB [default: 256MB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits for one file")]
    pub limit_memory: Option<u64>,
}

const MAIL_CODES: &str = "\
Exit codes, as mail programs know them (sysexits.h):
  0   deliver it
  69  refuse it; what is said on standard output is for the sender
  75  keep it and try again: it is for a person to decide, or could not be decided
  78  something is wrong with the command or its settings";

#[derive(Debug, Args)]
#[command(after_help = MAIL_CODES, max_term_width = 100)]
pub struct MailArgs {
    /// The message; - is standard input
    #[arg(value_name = "FILE")]
    pub message: PathBuf,
    /// The rules: a file, or "default" or "uk-council"
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<PathBuf>,
    /// The sender, as the mail server was told [default: what the header says]
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// A recipient, as the mail server was told; repeat for several
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
    /// A domain of your own, in place of those the policy names; repeat for several
    #[arg(long, value_name = "DOMAIN")]
    pub own_domain: Vec<String>,
    /// What becomes of a message that could not be read in full and that the policy lets pass
    #[arg(long, value_enum, default_value = "try-later")]
    pub incomplete: Incomplete,
    /// The longest message, such as 64MB; what is larger counts as not read
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64MB")]
    pub max_message: u64,
    /// Settings from this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What becomes of a message that could not be read in full.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Incomplete {
    /// Refuse it
    Refuse,
    /// Keep it and try again
    TryLater,
    /// Deliver it
    Deliver,
}

#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// Check policy files: every name, date and condition in them
    Check {
        /// Policy files, or "default" or "uk-council"
        #[arg(required = true, value_name = "POLICY")]
        policies: Vec<PathBuf>,
        /// Also know these detector files, or a folder of them
        #[arg(long, value_name = "PATH")]
        detectors: Vec<PathBuf>,
    },
    /// Say what a policy does; with a file, which of its rules fire on that and why others do not
    Explain {
        /// A policy file, or "default" or "uk-council"
        policy: PathBuf,
        /// A file to judge
        path: Option<PathBuf>,
    },
    /// List the clauses of the written policy: enforced, supported, or beyond what software can do
    Coverage {
        /// A policy file, or "uk-council"
        policy: PathBuf,
    },
    /// Run the samples that the rules carry
    Test {
        /// A policy file, or "default" or "uk-council"
        policy: PathBuf,
    },
    /// Say the keyed fingerprint of a value read from standard input, for "value" in a policy
    Fingerprint {
        /// The detector that finds the value
        detector: String,
        /// The settings that name the key
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum DetectorsAction {
    /// All detectors: id, name, category, on or off
    List,
    /// Everything about one detector
    Show {
        /// Its id, as in the list
        id: String,
    },
    /// Check detector files and run the examples inside them, or judge lists of test values
    Check {
        /// Detector files, or folders of them
        #[arg(required_unless_present = "vectors", value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Judge every row of this list of test values (tab-separated: value, verdict; named after
        /// its detector, or with a column "detector"), or of every list in a folder. The values
        /// are printed as they stand: give it test data, nobody's true numbers
        #[arg(long, value_name = "FILE.tsv")]
        vectors: Vec<PathBuf>,
        /// For the test values: settings that name Pay.UK's tables and the list of own accounts
        /// [default: $DLPSCAN_CONFIG, or dlpscan.toml here or above]
        #[arg(long, value_name = "FILE", requires = "vectors")]
        config: Option<PathBuf>,
    },
    /// Say why something in a text is found, or is not
    Explain {
        /// The text; standard input where it is left out
        text: Option<String>,
        /// Show the values themselves
        #[arg(long)]
        reveal: bool,
        /// Also use these detector files, or a folder of them
        #[arg(long, value_name = "PATH")]
        detectors: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ModulusAction {
    /// Run the 34 published cases with the tables your settings name
    Verify {
        /// Settings from this file [default: $DLPSCAN_CONFIG, or dlpscan.toml here or above]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// What the commands about own accounts have in common.
#[derive(Debug, Args)]
pub struct ProtectArgs {
    /// The list [default: what `protect` names in the settings]
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// Settings from this file [default: $DLPSCAN_CONFIG, or dlpscan.toml here or above]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ProtectAction {
    /// Add accounts: asks for them, or reads one a line from standard input
    Add {
        /// What you call the account, such as "Current account"
        #[arg(long, default_value = "own account")]
        name: String,
        #[command(flatten)]
        common: ProtectArgs,
        /// Only to say that accounts are not taken from here
        #[arg(hide = true)]
        typed: Vec<OsString>,
    },
    /// The names of the accounts on the list
    List {
        #[command(flatten)]
        common: ProtectArgs,
    },
    /// Take the accounts of a name out of the list
    Remove {
        /// The name they were added under
        name: String,
        #[command(flatten)]
        common: ProtectArgs,
    },
}

/// Reads the command line. Where it cannot be understood, says why and ends with code 2.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Command {
    Typed::parse_from(with_scan(words.into_iter().collect())).command
}

/// `dlpscan PATH…` is `dlpscan scan PATH…`.
fn with_scan(mut words: Vec<OsString>) -> Vec<OsString> {
    const OWN: [&str; 11] = [
        "scan",
        "mail",
        "gate",
        "detectors",
        "modulus",
        "policy",
        "protect",
        "-h",
        "--help",
        "-V",
        "--version",
    ];
    if words.get(1).is_some_and(|first| !OWN.iter().any(|word| first == word)) {
        words.insert(1, "scan".into());
    }
    words
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(
        REPORTERS.iter().map(|kind| clap::builder::PossibleValue::new(kind.name).help(kind.about)),
    )
}

fn reason(word: &str) -> Result<Reason, String> {
    word.parse().map_err(|e| {
        let all: Vec<_> = Reason::ALL.iter().filter(|r| !r.is_skip()).map(|r| r.as_str()).collect();
        format!("{e}; the reasons are: {}", all.join(", "))
    })
}

/// A size: `500`, `500kB`, `64MB`, `1GB`, `2TB` (thousands), `64MiB` (1024s).
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" => Some(1_000),
        "m" | "mb" => Some(1_000_000),
        "g" | "gb" => Some(1_000_000_000),
        "t" | "tb" => Some(1_000_000_000_000),
        "kib" => Some(1 << 10),
        "mib" => Some(1 << 20),
        "gib" => Some(1 << 30),
        "tib" => Some(1u64 << 40),
        _ => None,
    };
    let size = number.parse::<u64>().ok().zip(factor).and_then(|(n, factor)| n.checked_mul(factor));
    match size {
        Some(0) => Err("nothing could be read with a limit of 0".to_owned()),
        Some(size) => Ok(size),
        None => Err(format!("\"{text}\" is not a size; say it as 500kB, 64MB or 1GB")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_flags_make_sense_to_clap() {
        Typed::command().debug_assert();
    }

    #[test]
    fn scan_may_be_left_out() {
        assert_eq!(with_scan(words("dlpscan a b")), words("dlpscan scan a b"));
        assert_eq!(with_scan(words("dlpscan -q a")), words("dlpscan scan -q a"));
        assert_eq!(with_scan(words("dlpscan scan a")), words("dlpscan scan a"));
        assert_eq!(with_scan(words("dlpscan detectors list")), words("dlpscan detectors list"));
        assert_eq!(with_scan(words("dlpscan")), words("dlpscan"));
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(size("1GB"), Ok(1_000_000_000));
        assert_eq!(size("64 MiB"), Ok(64 << 20));
        assert_eq!(size("12"), Ok(12));
        for wrong in ["", "GB", "1.5GB", "-1", "99999999999TB", "0"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
