//! `dlpscan protect`: the organisation's own accounts, kept as keyed hashes.

use crate::args::{ProtectAction, ProtectArgs};
use crate::exit::Code;
use crate::say::{self, Trouble};
use crate::setup;
use dlpscan::{Config, ProtectList};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// More than this on standard input is no list of accounts.
const MOST_INPUT: u64 = 1 << 20;

pub fn run(action: &ProtectAction) -> Result<Code, Trouble> {
    match action {
        ProtectAction::Add { name, common, typed } => add(name, common, typed.is_empty()),
        ProtectAction::List { common } => {
            let (path, list, _) = open(common)?;
            list.names().try_for_each(show).map_err(|error| cannot_write(&error))?;
            say::tell(&format!("{} accounts on {}", list.names().count(), path.display()));
            Ok(Code::Clean)
        }
        ProtectAction::Remove { name, common } => {
            let (path, mut list, _) = open(common)?;
            match list.remove(name) {
                0 => Err(Trouble::new(format!(
                    "no account of that name is on {}; \"dlpscan protect list\" shows the names",
                    path.display()
                ))),
                n => {
                    save(&list, &path)?;
                    say::tell(&format!("{n} taken out of {}", path.display()));
                    Ok(Code::Clean)
                }
            }
        }
    }
}

fn add(name: &str, common: &ProtectArgs, nothing_typed: bool) -> Result<Code, Trouble> {
    if !nothing_typed || name.bytes().filter(u8::is_ascii_digit).count() > 5 {
        return Err(Trouble::new(
            "an account is never taken from the command line, where others on this machine and \
             the shell's history can see it; start \"dlpscan protect add\" without it and type it \
             when you are asked, or send it to standard input",
        ));
    }
    let (path, mut list, named) = open(common)?;
    let (mut added, mut known) = (0, 0);
    let mut take = |number: usize, line: &[u8]| {
        match list.add(name, line) {
            Ok(true) => added += 1,
            Ok(false) => known += 1,
            Err(why) => {
                return Err(Trouble::new(format!("line {number}: {why}; nothing was added")));
            }
        }
        Ok(())
    };
    if io::stdin().is_terminal() {
        say::tell("sort code and account number, or IBAN; an empty line ends:");
    }
    let input = io::stdin().lock().take(MOST_INPUT);
    for (number, line) in input.split(b'\n').enumerate() {
        let line = line
            .map_err(|error| Trouble::new(format!("standard input could not be read: {error}")))?;
        match line.trim_ascii() {
            b"" if io::stdin().is_terminal() => break,
            b"" => {}
            account => take(number + 1, account)?,
        }
    }
    save(&list, &path)?;
    say::tell(&format!("{added} added to {}, {known} were on it already", path.display()));
    if !named {
        say::tell(&format!(
            "scans use the list once dlpscan.toml says: protect = {:?}",
            path.display().to_string()
        ));
    }
    Ok(Code::Clean)
}

/// The list, where it is kept, and whether the settings name it.
fn open(common: &ProtectArgs) -> Result<(PathBuf, ProtectList, bool), Trouble> {
    let mut remarks = Vec::new();
    let config: Config = setup::settings(common.config.as_deref(), &[], &mut remarks)?;
    let path = common.list.clone().or_else(|| config.protect.clone()).ok_or_else(|| {
        Trouble::new(
            "where is the list kept? Name a file with --list, or as `protect` in dlpscan.toml",
        )
    })?;
    let named = config.protect.as_ref() == Some(&path);
    let key = setup::key(&config)?;
    let list = match (path.exists(), key) {
        (false, Some(key)) => ProtectList::new(key),
        (_, key) => setup::protect_list(&path, key)?,
    };
    Ok((path, list, named))
}

fn save(list: &ProtectList, path: &Path) -> Result<(), Trouble> {
    list.save(path).map_err(|error| {
        Trouble::new(format!("the list {} could not be written: {error}", path.display()))
    })
}

fn show(name: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{name}")
}

fn cannot_write(error: &io::Error) -> Trouble {
    Trouble::new(format!("the answer could not be written: {error}"))
}
