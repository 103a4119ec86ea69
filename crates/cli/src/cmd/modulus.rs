//! `dlpscan modulus verify`: whether Pay.UK's tables and the modulus check fit together.

use crate::args::ModulusAction;
use crate::exit::Code;
use crate::say::{self, Trouble};
use crate::setup;
use dlpscan::detectors::modulus::{Case, ModulusTable, Verdict, cases};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Pay.UK publishes a new table every few months.
const OLD: Duration = Duration::from_secs(183 * 24 * 60 * 60);

pub fn run(action: &ModulusAction) -> Result<Code, Trouble> {
    let ModulusAction::Verify { config } = action;
    let mut remarks = Vec::new();
    let config = setup::settings(config.as_deref(), &[], &mut remarks)?;
    remarks.iter().for_each(|remark| say::tell(remark));
    let table = dlpscan::modulus_table(&config).map_err(|error| Trouble::new(error.to_string()))?;
    let mut out = io::stdout().lock();
    let written = match (&table, &config.modulus_table) {
        (Some(table), Some(path)) => verify(table, path, &mut out),
        _ => without(&mut out).map(|()| Code::Trouble),
    };
    written.map_err(|error| Trouble::new(format!("the answer could not be written: {error}")))
}

fn without(out: &mut dyn Write) -> io::Result<()> {
    for case in cases() {
        line(out, &case, "needs the table")?;
    }
    writeln!(
        out,
        "\nnone of the 34 cases could be run: the settings name no table. Download valacdos.txt \
         and scsubtab.txt from https://www.vocalink.com/tools/modulus-checking/ and put into \
         dlpscan.toml:\n\n  modulus_table = \"valacdos.txt\"\n  modulus_substitutions = \
         \"scsubtab.txt\""
    )
}

fn verify(table: &ModulusTable, path: &Path, out: &mut dyn Write) -> io::Result<Code> {
    let (mut right, mut open) = (0, 0);
    let cases = cases();
    for case in &cases {
        let verdict = table.judge(&case.account);
        let answer = match verdict {
            verdict if verdict == case.expected => {
                right += 1;
                format!("{}, as it should be", verdict.as_str())
            }
            Verdict::NotListed => {
                open += 1;
                "no row of the table for its sort code".to_owned()
            }
            Verdict::NotCheckable => {
                open += 1;
                "needs the table of substitutions".to_owned()
            }
            other => format!("WRONG: {}, not {}", other.as_str(), case.expected.as_str()),
        };
        line(out, case, &answer)?;
    }
    let wrong = cases.len() - right - open;
    writeln!(out, "\n{right} right, {wrong} wrong, {open} could not be run")?;
    write!(out, "table: {}, {} rows", path.display(), table.len())?;
    match table.substitutions() {
        Some(rows) => writeln!(out, "; {rows} substitutions")?,
        None => writeln!(out, "; no substitutions (modulus_substitutions = \"scsubtab.txt\")")?,
    }
    if let Some(age) = age(path)
        && age > OLD
    {
        writeln!(
            out,
            "the table is {} days old; a newer one may be at \
             https://www.vocalink.com/tools/modulus-checking/",
            age.as_secs() / (24 * 60 * 60)
        )?;
    }
    Ok(if wrong + open == 0 { Code::Clean } else { Code::Trouble })
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?).ok()
}

fn line(out: &mut dyn Write, case: &Case, answer: &str) -> io::Result<()> {
    let text = |digits: &[u8]| digits.iter().map(ToString::to_string).collect::<String>();
    writeln!(
        out,
        "{:>2}  {} {}  {answer}  ({})",
        case.number,
        text(&case.account.sort_code),
        text(&case.account.number),
        case.about
    )
}
