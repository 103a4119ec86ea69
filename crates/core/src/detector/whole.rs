//! What a detector asks of an item as a whole.

use serde::{Deserialize, Serialize};

/// What a detector asks of an item as a whole, beside or in place of what stands in its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "asks", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WholeSpec {
    /// Whether a rule of the policy fires that names the detector in `finding`.
    Policy,
    /// How many people outside see each other's addresses in a mail.
    Recipients {
        /// From so many addresses on it is found, this sure; the most that is reached counts.
        steps: Vec<Step>,
        /// Domains at which everybody may have an address.
        consumers: Vec<String>,
        /// Addresses at those that make a finding of their own.
        mixed: Step,
    },
    /// Whether something that came with a mail may run a program when it is opened.
    Attachments {
        /// Endings of names, lower case, without the dot.
        endings: Vec<String>,
        /// Whole names of parts of documents.
        names: Vec<String>,
        /// How such files begin.
        contents: Vec<Beginning>,
    },
}

/// From so many on, this sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How many.
    pub count: u64,
    /// 0–100.
    pub confidence: u8,
}

/// How a kind of file begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// What it is, for people: `a Windows program`.
    pub is: String,
    /// Its first bytes, in hexadecimal; may be left out.
    #[serde(default)]
    pub bytes: String,
    /// Texts of which each stands in its first 4,096 bytes, in any case.
    #[serde(default)]
    pub holds: Vec<String>,
}

impl Beginning {
    fn fits(&self, head: &[u8]) -> bool {
        let mut bytes = (0..self.bytes.len() / 2)
            .map(|i| u8::from_str_radix(&self.bytes[2 * i..2 * i + 2], 16).ok());
        let starts = head.len() >= self.bytes.len() / 2
            && head.iter().zip(&mut bytes).all(|(byte, wanted)| Some(*byte) == wanted);
        let holds = |text: &String| {
            head.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
        };
        starts && self.holds.iter().all(holds)
    }
}

/// Turns the direction of writing round, so that `exe.pdf` is shown as `fdp.exe`.
const BACKWARDS: char = '\u{202e}';

impl WholeSpec {
    /// Why an attachment of this name and beginning may run a program; `None` where nothing says
    /// so, and for what asks something else.
    pub fn risk(&self, name: &str, head: &[u8]) -> Option<String> {
        let WholeSpec::Attachments { endings, names, contents } = self else { return None };
        if let Some(beginning) = contents.iter().find(|beginning| beginning.fits(head)) {
            return Some(beginning.is.clone());
        }
        if name.contains(BACKWARDS) {
            return Some("a name that is written backwards".to_owned());
        }
        let name = name.trim_end_matches(['.', ' ']);
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Some("a document's program".to_owned());
        }
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        // `www.box.example.com` and the subject of a mail are no names of programs.
        let address =
            ending == "com" && (name.contains(['@', ' ']) || name.matches('.').count() > 1);
        (endings.contains(&ending) && !address)
            .then(|| format!("a file whose name ends in .{ending}"))
    }

    /// What is wrong with it.
    pub(crate) fn wrong(&self) -> Option<String> {
        match self {
            WholeSpec::Policy => None,
            WholeSpec::Recipients { steps, .. } => {
                let grow = steps.windows(2).all(|pair| pair[0].count < pair[1].count);
                (!grow || steps.is_empty())
                    .then(|| "`steps` must grow in `count`, and there must be one".to_owned())
            }
            WholeSpec::Attachments { contents, .. } => {
                let hex = |b: &&Beginning| {
                    !b.bytes.len().is_multiple_of(2)
                        || !b.bytes.bytes().all(|c| c.is_ascii_hexdigit())
                };
                let empty = |b: &&Beginning| b.bytes.is_empty() && b.holds.is_empty();
                let wrong = contents.iter().find(hex).or_else(|| contents.iter().find(empty))?;
                Some(format!(
                    "\"{}\" needs `bytes` as pairs of hexadecimal digits, or `holds`",
                    wrong.is
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> WholeSpec {
        toml::from_str(
            "asks = 'attachments'\nendings = ['exe', 'com']\nnames = ['vbaProject.bin']\n\
             contents = [{ is = 'a Windows program', bytes = '4d5a90' }, { is = 'a page that makes \
             a file', holds = ['<script', 'blob('] }]",
        )
        .unwrap()
    }

    #[test]
    fn content_comes_before_the_name() {
        let spec = spec();
        let risk = |name: &str, head: &[u8]| spec.risk(name, head);
        assert_eq!(risk("notes.txt", b"MZ\x90\0").as_deref(), Some("a Windows program"));
        assert_eq!(risk("notes.txt", b"MZ is a bank"), None);
        assert!(risk("a.html", b"<SCRIPT>new Blob([x])").is_some());
        assert!(risk("invoice.pdf.EXE", b"").is_some());
        assert!(risk("annexe\u{202e}fdp.exe", b"").is_some());
        assert!(risk("vbaProject.bin", b"").is_some());
        assert_eq!(risk("minutes.docx", b""), None);
        assert_eq!(risk("Re: www.box.example.com", b""), None);
        assert_eq!(WholeSpec::Policy.risk("a.exe", b""), None);
    }
}
