use crate::error::ConfigError;
use crate::key::Key;
use dlpscan_core::model::Secret;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The organisation's own accounts, as keyed hashes: nobody can read them back from the file, and
/// without the key nobody can try them out either. What is on the list is found in any spacing.
///
/// The file is TOML: `version`, `key` (by which the list knows that it is read with the key it was
/// made with), and one `[[account]]` for each account, with its `name` and its `hash`.
pub struct ProtectList {
    key: Key,
    list: Listed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    version: u32,
    key: String,
    #[serde(default, rename = "account")]
    accounts: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    hash: String,
}

const VERSION: u32 = 1;
const HEAD: &str =
    "# The organisation's own bank accounts, as keyed hashes. Made by \"dlpscan protect\".\n";
/// What the hashes stand for, in [`Key::fingerprint`].
const WHAT: &str = "council-bank-details";

impl ProtectList {
    /// A list without accounts.
    pub fn new(key: Key) -> Self {
        let check = key.fingerprint(WHAT, &Secret::new("key"));
        ProtectList { key, list: Listed { version: VERSION, key: check, accounts: Vec::new() } }
    }

    /// Reads a list. One made with another key is an error: it would never find anything.
    pub fn load(path: &Path, key: Key) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let wrong = |line, message: String| ConfigError { file: file.clone(), line, message };
        let text = std::fs::read_to_string(path).map_err(|error| {
            wrong(None, format!("the list of own accounts could not be read: {error}"))
        })?;
        let list: Listed = toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|s| text[..s.start].matches('\n').count() + 1);
            wrong(line, format!("{}; only \"dlpscan protect\" writes this file", error.message()))
        })?;
        let empty = ProtectList::new(key);
        if list.version != VERSION {
            return Err(wrong(None, format!("version {} of this list is not known", list.version)));
        }
        if list.key != empty.list.key {
            return Err(wrong(
                None,
                "this list was made with another key, so it would find nothing; name that key as \
                 `key` in dlpscan.toml, or make the list anew with \"dlpscan protect add\""
                    .to_owned(),
            ));
        }
        Ok(ProtectList { key: empty.key, list })
    }

    /// Writes the list, for its owner's eyes only.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let text = toml::to_string(&self.list).map_err(io::Error::other)?;
        let beside = path.with_extension("new");
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(HEAD.as_bytes())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(beside, path)
    }

    /// Adds an account: a sort code and an account number, in any spacing, or an IBAN. False where
    /// it was on the list already. The error says what is wrong with the text, without the text.
    pub fn add(&mut self, name: &str, account: &[u8]) -> Result<bool, String> {
        let canonical = canonical(account)?;
        let hash = self.hash(&canonical);
        if self.list.accounts.iter().any(|entry| entry.hash == hash) {
            return Ok(false);
        }
        self.list.accounts.push(Entry { name: name.to_owned(), hash });
        Ok(true)
    }

    /// Takes the accounts of this name out; how many there were.
    pub fn remove(&mut self, name: &str) -> usize {
        let before = self.list.accounts.len();
        self.list.accounts.retain(|entry| entry.name != name);
        before - self.list.accounts.len()
    }

    /// The names of the accounts, in the order they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.accounts.iter().map(|entry| entry.name.as_str())
    }

    /// Whether a text is an account on the list, however it is spaced.
    pub fn has(&self, text: &[u8]) -> bool {
        canonical(text).is_ok_and(|account| {
            let hash = self.hash(&account);
            self.list.accounts.iter().any(|entry| entry.hash == hash)
        })
    }

    fn hash(&self, canonical: &[u8]) -> String {
        self.key.fingerprint(WHAT, &Secret::new(canonical))
    }
}

/// The fourteen digits of a UK account, which a UK IBAN ends with; or another country's IBAN.
fn canonical(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    let bare: Zeroizing<Vec<u8>> = Zeroizing::new(
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect(),
    );
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if digits(&bare) {
        return match bare.len() {
            14 => Ok(bare),
            n => Err(format!(
                "an account is a sort code of 6 digits and an account number of 8, together 14; \
                 this has {n}"
            )),
        };
    }
    let shaped = bare.len() >= 15
        && bare.len() <= 34
        && bare[..2].iter().all(u8::is_ascii_uppercase)
        && digits(&bare[2..4]);
    if !shaped || !mod97(&bare) {
        return Err("this is neither a sort code with an account number nor an IBAN".to_owned());
    }
    if bare.starts_with(b"GB") && bare.len() == 22 && digits(&bare[8..]) {
        return Ok(Zeroizing::new(bare[8..].to_vec()));
    }
    Ok(bare)
}

/// ISO 7064 mod 97-10, as in ISO 13616.
fn mod97(iban: &[u8]) -> bool {
    let rest = iban[4..].iter().chain(&iban[..4]).fold(0u32, |rest, &b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ProtectList {
        ProtectList::new(Key::from_bytes([7; 32]))
    }

    #[test]
    fn an_account_is_known_in_any_spacing_and_as_an_iban() {
        let mut list = list();
        assert_eq!(list.add("General", b"08-99-99 66374958"), Ok(true));
        assert_eq!(list.add("Again", b"089999 6637 4958"), Ok(false));
        for text in ["08999966374958", "08 99 99 / 66374958", "0 8 9 9 9 9 6 6 3 7 4 9 5 8"] {
            assert!(list.has(text.as_bytes()), "{text}");
        }
        assert!(!list.has(b"08-99-99 66374959"));
        assert_eq!(list.add("Deposit", b"GB27 HBUK 2303 6751 7253 49"), Ok(true));
        assert!(list.has(b"23-03-67 51725349") && list.has(b"gb27hbuk23036751725349"));
        assert_eq!(list.names().collect::<Vec<_>>(), ["General", "Deposit"]);
        assert_eq!(list.remove("General"), 1);
        assert!(!list.has(b"08999966374958"));
    }

    #[test]
    fn what_is_no_account_is_refused_without_repeating_it() {
        for text in ["12345", "IBAN GB00", "GB27HBUK23036751725340", ""] {
            let error = list().add("x", text.as_bytes()).unwrap_err();
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_list_is_read_back_with_its_own_key_only() {
        let path = std::env::temp_dir().join(format!("dlpscan-own-{}.toml", std::process::id()));
        let mut written = list();
        written.add("General", b"08999966374958").unwrap();
        written.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("66374958"), "{text}");
        let read = ProtectList::load(&path, Key::from_bytes([7; 32])).unwrap();
        assert!(read.has(b"08-99-99 66374958"));
        let error = ProtectList::load(&path, Key::from_bytes([8; 32])).err().unwrap();
        assert!(error.to_string().contains("another key"), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}
