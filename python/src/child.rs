//! A process that scans for a Python process: it has one thread when it starts, so that it may
//! fork its readers, and what kills it does not kill its host.
//!
//! The host writes one JSON object a line; the first is the [`Setup`]. Each is answered with the
//! records it asked for, one JSON object a line, and an [`End`].

use crate::scanner::{items, path};
use crate::setup::{Setup, lines};
use dlpscan::model::Level;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::ops::ControlFlow;

/// What the host asks for.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ask {
    /// Bytes that follow, under a name.
    Bytes { name: String, size: usize },
    /// What is behind paths.
    Paths {
        /// The host's working folder, as characters for bytes.
        folder: String,
        paths: Vec<String>,
        include: Vec<String>,
        exclude: Vec<String>,
        threads: usize,
    },
}

/// The last line of an answer.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum End {
    End,
    /// What the host asked for is wrong.
    Error {
        message: String,
    },
}

/// Serves one host until it hangs up.
pub(crate) fn serve() -> io::Result<()> {
    dlpscan::outlive_a_full_file();
    // Forked before anything else runs here.
    let mut input = io::stdin().lock();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(());
    }
    let setup = Setup::parse(&line).and_then(|setup| Ok((setup.shown(), setup.build(true)?)));
    let (shown, scanner) = match setup {
        Ok(made) => made,
        Err(message) => return end(&mut out, &End::Error { message }),
    };
    end(&mut out, &End::End)?;
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let answer = match serde_json::from_str(&line)? {
            Ask::Bytes { name, size } => {
                let mut data = Vec::new();
                (&mut input).take(size as u64).read_to_end(&mut data)?;
                let outcome = scanner.scan_bytes(&name, &data);
                out.write_all(lines(outcome, shown).as_bytes())?;
                End::End
            }
            Ask::Paths { folder, paths, include, exclude, threads } => {
                let paths = (path(&folder), paths.iter().map(|p| path(p)).collect());
                match paths {
                    (Some(folder), Some(paths)) => {
                        // A folder that is gone leaves relative paths without a meaning; they
                        // will not be there, which is said.
                        _ = std::env::set_current_dir(folder);
                        match items(paths, &include, &exclude) {
                            Ok(items) => run(&scanner, items, threads, shown, &mut out)?,
                            Err(message) => End::Error { message },
                        }
                    }
                    _ => End::Error { message: "a path came across in no known form".to_owned() },
                }
            }
        };
        end(&mut out, &answer)?;
    }
}

fn run(
    scanner: &dlpscan::Scanner,
    items: impl Iterator<Item = dlpscan::model::Item> + Send,
    threads: usize,
    shown: Level,
    out: &mut impl Write,
) -> io::Result<End> {
    let mut written = Ok(());
    scanner.run(items, threads, &mut |outcome| {
        written = out.write_all(lines(outcome, shown).as_bytes()).and_then(|()| out.flush());
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written.map(|()| End::End)
}

fn end(out: &mut impl Write, end: &End) -> io::Result<()> {
    serde_json::to_writer(&mut *out, end)?;
    out.write_all(b"\n")?;
    out.flush()
}
