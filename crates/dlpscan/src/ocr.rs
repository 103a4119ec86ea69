//! Reading what is written in pictures with tesseract, where it is installed.

use dlpscan_core::model::Reason;
use dlpscan_extract::{Grey, Ocr, Way};
use dlpscan_sandbox::{Failed, Program};
use serde::Deserialize;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Whether what is written in pictures is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OcrUse {
    /// Where tesseract is installed.
    Auto,
    /// Never: a picture that may hold writing is noted as `no-ocr`.
    Off,
}

impl OcrUse {
    /// What reads pictures on this machine, if it is wanted and there is something.
    pub fn recogniser(self) -> Option<Recogniser> {
        match self {
            OcrUse::Auto => Recogniser::installed(),
            OcrUse::Off => None,
        }
    }
}

impl FromStr for OcrUse {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(OcrUse::Auto),
            "off" => Ok(OcrUse::Off),
            _ => Err("must be auto or off".to_owned()),
        }
    }
}

/// A program that reads what is written in pictures: tesseract, or one that takes the same
/// arguments. It is given grey pixels that this program decoded, never a file from outside, and
/// runs with limits on its time and memory; where the kernel has Landlock it can write nothing and
/// call nobody.
#[derive(Debug, Clone)]
pub struct Recogniser {
    program: Program,
}

/// Bytes of memory it may take: its language data, and some copies of a page.
const MEMORY: u64 = 1 << 30;
/// Bytes of words that are taken of one picture. A page of small print has 300 kB.
const OUTPUT: usize = 8 << 20;
/// Where its language data may lie beside the places of installed programs.
const DATA: &str = "TESSDATA_PREFIX";

impl Recogniser {
    /// The `tesseract` in the first folder of the search path that has one.
    pub fn installed() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            // A name in the folder one happens to stand in is anybody's.
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("tesseract"))
            .find(|file| is_program(file))
            .map(|file| Recogniser::at(&file))
    }

    /// The program at this path.
    pub fn at(path: &Path) -> Self {
        let mut environment: Vec<(String, OsString)> = vec![
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("LC_ALL".into(), "C".into()),
            // One picture, one core: the scanner keeps the others busy itself.
            ("OMP_THREAD_LIMIT".into(), "1".into()),
        ];
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut readable: Vec<PathBuf> = path.parent().map(Path::to_owned).into_iter().collect();
        if let Some(data) = std::env::var_os(DATA) {
            readable.push(PathBuf::from(&data));
            environment.push((DATA.into(), data));
        }
        let program = Program {
            path,
            args: Vec::new(),
            environment,
            readable,
            memory: MEMORY,
            output: OUTPUT,
        };
        Recogniser { program }
    }

    /// The program's file.
    pub fn path(&self) -> &Path {
        &self.program.path
    }
}

impl Ocr for Recogniser {
    fn look(&self, picture: &Grey, way: Way, within: Duration) -> Result<Vec<u8>, Reason> {
        if !picture.is_sound() {
            return Err(Reason::NoOcr);
        }
        // Page segmentation: 6 one block of text, 11 wherever there is some, 0 only which way up.
        let args: &[&str] = match way {
            Way::Block => &["-", "stdout", "--dpi", "300", "--psm", "6", "tsv"],
            Way::Sparse => &["-", "stdout", "--dpi", "300", "--psm", "11", "tsv"],
            Way::Turned => &["-", "stdout", "--dpi", "300", "--psm", "0"],
        };
        let args = args.iter().map(OsStr::new).map(OsStr::to_owned).collect();
        let program = Program { args, ..self.program.clone() };
        program.run(&pgm(picture), Instant::now() + within).map_err(|failed| match failed {
            Failed::TimedOut => Reason::LimitTime,
            Failed::TooMuch => Reason::NoOcr,
            _ => Reason::Crash,
        })
    }
}

/// The plainest picture file there is: a header of three numbers, and the pixels.
fn pgm(picture: &Grey) -> Vec<u8> {
    let mut head = String::new();
    let _ = write!(head, "P5\n{} {}\n255\n", picture.width, picture.height);
    let mut file = head.into_bytes();
    file.extend_from_slice(&picture.pixels);
    file
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
