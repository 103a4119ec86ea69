use serde::Deserialize;

/// A sample a rule carries to show what it does: what is given, and whether the rule fires on it.
/// `dlpscan policy test` runs it through the real scanner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sample {
    /// Whether the rule must fire.
    pub fires: bool,
    /// What the sample shows.
    pub why: String,
    /// The name of the file; where it is left out, `sample.txt`, for a mail `sample.eml`.
    pub name: Option<String>,
    /// A file's text. The mark ‖ is taken out first: it keeps secret scanners off the samples.
    pub text: Option<String>,
    /// A whole message. The mark ‖ is taken out first.
    pub mail: Option<String>,
    /// The own domains in this sample, where the policy's are not meant.
    pub own_domains: Option<Vec<String>>,
    /// Findings that no content makes, such as `volume-unencrypted`.
    #[serde(default)]
    pub volume: Vec<String>,
}

impl Sample {
    /// Text or message without the marks; `None` where it is given in another way.
    pub fn plain(&self) -> Option<String> {
        let text = self.mail.as_ref().or(self.text.as_ref())?;
        Some(text.replace('‖', ""))
    }
}
