//! The operator's own tables: what settings name and this program may not carry.

use crate::config::Config;
use crate::error::ConfigError;
use dlpscan_detectors::modulus::{ModulusTable, TableFault};
use std::path::Path;

/// Reads Pay.UK's tables for the modulus check, where the settings name them.
pub fn modulus_table(config: &Config) -> Result<Option<ModulusTable>, ConfigError> {
    let Some(path) = &config.modulus_table else {
        return match &config.modulus_substitutions {
            None => Ok(None),
            Some(path) => Err(whole(
                path,
                "the settings name this table of substitutions but no weight table; add \
                 modulus_table = \"valacdos.txt\", or take modulus_substitutions out",
            )),
        };
    };
    let table = ModulusTable::parse(&read(path)?).map_err(|fault| at(path, fault))?;
    match &config.modulus_substitutions {
        None => Ok(Some(table)),
        Some(path) => {
            let table = table.with_substitutions(&read(path)?).map_err(|fault| at(path, fault))?;
            Ok(Some(table))
        }
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    let bytes = std::fs::read(path)
        .map_err(|error| whole(path, &format!("the table could not be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| {
        whole(path, "this is not a text file; name the .txt file as it was downloaded")
    })
}

fn whole(path: &Path, message: &str) -> ConfigError {
    ConfigError { file: path.display().to_string(), line: None, message: message.to_owned() }
}

fn at(path: &Path, fault: TableFault) -> ConfigError {
    let line = (fault.line > 0).then_some(fault.line);
    ConfigError { file: path.display().to_string(), line, message: fault.message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_without_weights_are_a_mistake_that_is_told() {
        let config = Config::parse("x", "modulus_substitutions = 'scsubtab.txt'\n").unwrap();
        let error = modulus_table(&config).unwrap_err();
        assert!(error.to_string().contains("modulus_table"), "{error}");
        assert_eq!(modulus_table(&Config::default()), Ok(None));
    }

    #[test]
    fn a_table_that_is_not_there_is_named() {
        let config = Config::parse("x", "modulus_table = '/nowhere/valacdos.txt'\n").unwrap();
        let error = modulus_table(&config).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/valacdos.txt: "), "{error}");
    }
}
