//! Reading a check's parameters, with errors that tell the author what to write.

use smallvec::SmallVec;
use std::cell::RefCell;

/// The parameters of one use of a check.
pub(crate) struct Parameters<'t> {
    table: &'t toml::Table,
    /// Those that were asked for.
    known: RefCell<SmallVec<[&'static str; 16]>>,
}

impl<'t> Parameters<'t> {
    pub(crate) fn new(table: &'t toml::Table) -> Self {
        Parameters { table, known: RefCell::default() }
    }

    fn get(&self, key: &'static str) -> Option<&'t toml::Value> {
        self.known.borrow_mut().push(key);
        self.table.get(key)
    }

    /// A whole number.
    pub(crate) fn integer(&self, key: &'static str) -> Result<Option<i64>, String> {
        self.get(key)
            .map(|v| v.as_integer().ok_or_else(|| format!("`{key}` must be a whole number")))
            .transpose()
    }

    /// A whole number that may not be left out.
    pub(crate) fn required_integer(&self, key: &'static str) -> Result<i64, String> {
        self.integer(key)?.ok_or_else(|| format!("`{key} = <number>` is missing"))
    }

    /// A whole number from 0 on, with a default.
    pub(crate) fn size(&self, key: &'static str, default: usize) -> Result<usize, String> {
        self.integer(key)?.map_or(Ok(default), |n| {
            usize::try_from(n).map_err(|_| format!("`{key}` may not be negative"))
        })
    }

    /// A text.
    pub(crate) fn text(&self, key: &'static str) -> Result<Option<&'t str>, String> {
        self.get(key)
            .map(|v| v.as_str().ok_or_else(|| format!("`{key}` must be a text in quotes")))
            .transpose()
    }

    /// Yes or no; no when left out.
    pub(crate) fn flag(&self, key: &'static str) -> Result<bool, String> {
        self.get(key).map_or(Ok(false), |v| {
            v.as_bool().ok_or_else(|| format!("`{key}` must be true or false"))
        })
    }

    /// A list of texts; empty when left out.
    pub(crate) fn texts(&self, key: &'static str) -> Result<Vec<String>, String> {
        let wrong = || format!("`{key}` must be a list of texts: [\"one\", \"two\"]");
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    /// A list of texts, or one text; empty when left out.
    pub(crate) fn texts_or_text(&self, key: &'static str) -> Result<Vec<String>, String> {
        match self.get(key).and_then(toml::Value::as_str) {
            Some(text) => Ok(vec![text.to_owned()]),
            None => self.texts(key),
        }
    }

    /// A whole number from 0 on, where it is one and not a word.
    pub(crate) fn place(&self, key: &'static str) -> Result<Option<usize>, String> {
        match self.get(key).and_then(toml::Value::as_integer) {
            Some(n) => {
                usize::try_from(n).map(Some).map_err(|_| format!("`{key}` may not be negative"))
            }
            None => Ok(None),
        }
    }

    /// A list of anything.
    pub(crate) fn list(&self, key: &'static str) -> Option<&'t [toml::Value]> {
        self.get(key).and_then(toml::Value::as_array).map(Vec::as_slice)
    }

    /// A list of whole numbers; empty when left out.
    pub(crate) fn integers(&self, key: &'static str) -> Result<Vec<i64>, String> {
        let wrong = || format!("`{key}` must be a list of whole numbers: [1, 2, 3]");
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter().map(|v| v.as_integer().ok_or_else(wrong)).collect()
    }

    /// Says no to parameters nobody asked for.
    pub(crate) fn done(&self) -> Result<(), String> {
        let mut known = self.known.borrow_mut();
        known.sort_unstable();
        known.dedup();
        match self.table.keys().find(|k| !known.contains(&k.as_str())) {
            None => Ok(()),
            Some(key) if known.is_empty() => {
                Err(format!("`{key}` is not known: this check has no parameters"))
            }
            Some(key) => Err(format!("`{key}` is not known; this check has: {}", known.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_parameter_is_named_with_those_there_are() {
        let table: toml::Table = toml::from_str("modulos = 11").unwrap();
        let parameters = Parameters::new(&table);
        assert_eq!(parameters.integer("modulus"), Ok(None));
        let error = parameters.done().unwrap_err();
        assert!(error.contains("modulos") && error.contains("modulus"), "{error}");
    }
}
