use dlpscan_core::model::Secret;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key of fingerprints: without it nobody can tell from two reports whether they name the
/// same value.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// From 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Key(Zeroizing::new(bytes))
    }

    /// From a file: its bytes, however many, are digested.
    pub fn load(path: &Path) -> io::Result<Self> {
        let bytes = Zeroizing::new(std::fs::read(path)?);
        Self::digest(&bytes).ok_or_else(|| {
            let words = "a key file holds at least 16 random bytes";
            io::Error::new(io::ErrorKind::InvalidData, words)
        })
    }

    /// From the bytes of a key file; `None` if there are fewer than 16.
    pub fn digest(bytes: &[u8]) -> Option<Self> {
        let key = || blake3::derive_key("dlpscan 2026 fingerprint key", bytes);
        (bytes.len() >= 16).then(|| Key(Zeroizing::new(key())))
    }

    /// The user's own key, made on first use in the user's configuration folder, for that user's
    /// eyes only. `None` where there is no such folder to be had.
    pub fn of_user() -> Option<Self> {
        let config = std::env::var_os("XDG_CONFIG_HOME")
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
        let folder = config.join("dlpscan");
        let path = folder.join("fingerprint.key");
        if let Ok(key) = Self::load(&path) {
            return Some(key);
        }
        let mut random = Zeroizing::new([0u8; 32]);
        std::fs::File::open("/dev/urandom").ok()?.read_exact(&mut random[..]).ok()?;
        std::fs::create_dir_all(&folder).ok()?;
        // `create_new`: of two runs that start at once, the second uses the first one's key.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => file.write_all(&random[..]).ok()?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => return None,
        }
        Self::load(&path).ok()
    }

    /// The fingerprint of a value found by a detector: the same however it was spaced.
    pub fn fingerprint(&self, detector: &str, value: &Secret) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(detector.as_bytes()).update(&[0]);
        let value = value.reveal();
        let canonical: Zeroizing<Vec<u8>> = Zeroizing::new(
            value
                .iter()
                .filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
                .map(u8::to_ascii_uppercase)
                .collect(),
        );
        hasher.update(if canonical.is_empty() { value } else { &canonical });
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_does_not_change_a_fingerprint_but_key_and_detector_do() {
        let key = Key::from_bytes([7; 32]);
        let plain = key.fingerprint("gb-nino", &Secret::new("AB123456C"));
        assert_eq!(plain, key.fingerprint("gb-nino", &Secret::new("ab 12 34 56 c")));
        assert_ne!(plain, key.fingerprint("gb-utr", &Secret::new("AB123456C")));
        assert_ne!(
            plain,
            Key::from_bytes([8; 32]).fingerprint("gb-nino", &Secret::new("AB123456C"))
        );
    }
}
