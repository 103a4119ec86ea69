use dlpscan_core::model::{Finding, Outcome, Place};
use serde::Deserialize;
use std::fmt;

/// Where in an item a finding stands, as a rule speaks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spot {
    /// The name of the item or of one of its parts.
    Name,
    /// A mail's header.
    Header,
    /// A mail's own text, or the content of a file that is no mail and no container.
    Body,
    /// A part of the item: an attachment, an archive's entry.
    Attachment,
    /// A page header or footer of a document.
    Footer,
    /// A property of a document: author, title, label.
    Property,
}

impl Spot {
    /// Where a finding of an item stands.
    pub fn of(finding: &Finding, outcome: &Outcome) -> Spot {
        match &finding.location.place {
            Place::Name => return Spot::Name,
            Place::Header { .. } => return Spot::Header,
            Place::Property { name } if name.contains("header") || name.contains("footer") => {
                return Spot::Footer;
            }
            Place::Property { .. } => return Spot::Property,
            _ => {}
        }
        match finding.location.part.names() {
            [] => Spot::Body,
            [name] if outcome.facts.envelope.is_some() && is_body(name) => Spot::Body,
            _ => Spot::Attachment,
        }
    }
}

/// Whether a part of a message by this name is what its writer wrote; attachments have names of
/// their own.
pub fn is_body(name: &str) -> bool {
    name == "body" || name == "body.html"
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Spot::Name => "a name",
            Spot::Header => "a mail header",
            Spot::Body => "the body",
            Spot::Attachment => "an attachment",
            Spot::Footer => "a page header or footer",
            Spot::Property => "a document property",
        })
    }
}
