//! What is written down to be read when it is needed: most starts of a program need none of it.

use super::written::Written;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::OnceLock;

/// Something that is known, or can be read from bytes.
#[derive(Debug, Clone)]
pub(super) struct Later<T> {
    bytes: Written,
    value: OnceLock<Option<T>>,
}

impl<T> From<T> for Later<T> {
    fn from(value: T) -> Later<T> {
        Later { bytes: Written::default(), value: OnceLock::from(Some(value)) }
    }
}

impl<T: DeserializeOwned> Later<T> {
    /// What it is; `None` where the bytes are not those of such a thing.
    pub(super) fn get(&self) -> Option<&T> {
        self.value.get_or_init(|| rmp_serde::from_slice(&self.bytes).ok()).as_ref()
    }
}

impl<T: DeserializeOwned + Serialize> Serialize for Later<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.get().ok_or_else(|| S::Error::custom("what was kept cannot be read"))?;
        serializer.serialize_bytes(&rmp_serde::to_vec(value).map_err(S::Error::custom)?)
    }
}

impl<'de, T> Deserialize<'de> for Later<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Later { bytes: Written::deserialize(deserializer)?, value: OnceLock::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_when_it_is_asked_for() {
        let written = rmp_serde::to_vec(&Later::from(vec![1u64, 300, 70_000])).unwrap();
        let later: Later<Vec<u64>> = rmp_serde::from_slice(&written).unwrap();
        assert!(later.value.get().is_none());
        assert_eq!(later.get(), Some(&vec![1, 300, 70_000]));
        assert_eq!(rmp_serde::to_vec(&later).unwrap(), written);
        let other: Later<String> = rmp_serde::from_slice(&written).unwrap();
        assert_eq!(other.get(), None);
    }
}
